//! The samples of a cell, drawn by a model.

use lens_core::CancelToken;
use lens_model::{
    Change, Continuation, Control, Draw, Intervention, Interventions, LanguageModel, Positions,
    SampleEnd, SamplingOptions, ScoreDirection,
};
use lens_steering::Scenario;

use super::along::Along;
use super::cells::{Basis, CellId, Condition, KeptCell, KeptSample, sample_seed};
use super::prompt::Prompting;
use crate::EngineError;
use crate::contract::{SteeredPositions, SteeringMode, SteeringPlanView};

/// Samples drawn together: enough to read each weight for many, few enough that their keys and values
/// are small beside the weights.
const TOGETHER: usize = 16;

impl Basis<'_> {
    /// Draws the samples of a cell that are not among those kept.
    ///
    /// # Errors
    /// A prompt or a direction that does not fit the model, or on cancel; what was kept is as it was.
    pub(super) fn sample(
        &self,
        model: &LanguageModel,
        id: CellId,
        scenario: &Scenario,
        prompting: &Prompting,
        kept: Option<KeptCell>,
        cancel: &CancelToken,
    ) -> Result<KeptCell, EngineError> {
        let seed = self.snapshot.settings.seed;
        let question = scenario.question();
        let prompt = prompting.tokens(model, &question)?;
        let mut cell = match kept {
            Some(cell) => cell,
            None => KeptCell { prompt: prompting.text(&question)?, samples: Vec::new() },
        };
        let course = match id.random {
            Some(index) => &self.course.random(seed, index),
            None => self.course,
        };
        let along = course.steered.iter();
        let changes: Vec<(&Along, SteeringMode, f64)> = match id.condition {
            Condition::Coefficient(0.0) => Vec::new(),
            Condition::Coefficient(a) => {
                let lengths = along.zip(self.lengths(a));
                lengths.map(|(along, length)| (along, self.plan.mode, length)).collect()
            }
            Condition::ProjectedOut => {
                along.map(|along| (along, SteeringMode::ProjectOut, 0.0)).collect()
            }
        };
        let interventions = interventions(model, &changes, self.plan.positions)?;
        let options = options(self.plan);
        let score = id.random.is_none().then(|| scored(&self.course.scored));
        while cell.samples.len() < self.plan.samples as usize {
            let first = cell.samples.len();
            let last = (first + TOGETHER).min(self.plan.samples as usize);
            let draws: Vec<Draw> = (first..last)
                .map(|index| Draw {
                    seed: sample_seed(seed, &scenario.id, index),
                    interventions: interventions.clone(),
                })
                .collect();
            let mut pieces = vec![Vec::new(); draws.len()];
            let mut on_token = |token: lens_model::SampledToken<'_>| {
                if let Some(pieces) = pieces.get_mut(token.sample) {
                    pieces.push(token.text.to_owned());
                }
                Control::Go
            };
            let score = score.as_ref();
            let drawn =
                model.sample(&prompt.ids, &draws, &options, score, &mut on_token, cancel)?;
            // Along random directions the outcome is counted, and no more is told.
            let assessed = if score.is_some() {
                let texts: Vec<Continuation<'_>> = drawn
                    .iter()
                    .map(|s| Continuation { ids: &s.ids, interventions: &interventions })
                    .collect();
                model.assess(&prompt.ids, &texts, cancel)?
            } else {
                vec![lens_model::Assessment::default(); drawn.len()]
            };
            for ((sample, pieces), assessed) in drawn.into_iter().zip(pieces).zip(assessed) {
                cell.samples.push(KeptSample {
                    pieces: match score {
                        Some(_) => whole(pieces, &sample.text),
                        None => Vec::new(),
                    },
                    scores: sample.scores,
                    end: end_name(sample.end).to_owned(),
                    perplexity: assessed.perplexity(),
                    divergence: assessed.divergence(),
                    text: sample.text,
                });
            }
        }
        Ok(cell)
    }
}

/// The pieces of a text with what was held back at its end; as long as the text in all.
fn whole(mut pieces: Vec<String>, text: &str) -> Vec<String> {
    let told: usize = pieces.iter().map(String::len).sum();
    if let Some(rest) = text.get(told..).filter(|rest| !rest.is_empty()) {
        match pieces.last_mut() {
            Some(last) => last.push_str(rest),
            None => pieces.push(rest.to_owned()),
        }
    }
    pieces
}

/// What is changed: the stream at each direction's layer, by so much; nothing without any.
///
/// # Errors
/// A direction that does not fit the model.
pub(super) fn interventions(
    model: &LanguageModel,
    changes: &[(&Along, SteeringMode, f64)],
    positions: SteeredPositions,
) -> Result<Interventions, EngineError> {
    let positions = match positions {
        SteeredPositions::Generated => Positions::Generated,
        SteeredPositions::Prompt => Positions::Prompt,
        SteeredPositions::Both => Positions::Both,
    };
    let changes = changes.iter().map(|&(along, mode, length)| {
        let change = match mode {
            SteeringMode::Add => Change::Add { shift: along.shift(length) },
            SteeringMode::ProjectOut => Change::ProjectOut { direction: along.vector.clone() },
            SteeringMode::Clamp => Change::Clamp {
                direction: along.vector.clone(),
                #[expect(clippy::cast_possible_truncation, reason = "the stream is f32")]
                value: length as f32,
            },
        };
        Intervention { layer: along.layer, change, positions }
    });
    Ok(Interventions::new(model, changes.collect())?)
}

/// What tokens are scored by.
pub(super) fn scored(along: &Along) -> ScoreDirection {
    ScoreDirection { layer: along.layer, vector: along.vector.clone(), midpoint: along.midpoint }
}

fn options(plan: &SteeringPlanView) -> SamplingOptions {
    #[expect(clippy::cast_possible_truncation, reason = "logits are f32")]
    let repetition_penalty = plan.repetition_penalty as f32;
    SamplingOptions {
        temperature: plan.temperature,
        top_p: (plan.top_p < 1.0).then_some(plan.top_p),
        top_k: (plan.top_k > 0).then_some(plan.top_k as usize),
        repetition_penalty,
        max_tokens: plan.max_tokens as usize,
        ..SamplingOptions::default()
    }
}

/// Why a text ended.
pub(super) const fn end_name(end: SampleEnd) -> &'static str {
    match end {
        SampleEnd::StopToken | SampleEnd::StopText => "stop",
        SampleEnd::Length => "length",
        SampleEnd::Context => "context",
        SampleEnd::Stopped => "stopped",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_held_back_is_put_at_the_end() {
        let pieces = |list: &[&str]| list.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>();
        assert_eq!(whole(pieces(&["a", "", "b"]), "abé"), ["a", "", "bé"]);
        assert_eq!(whole(pieces(&["a"]), "a"), ["a"]);
        assert_eq!(whole(Vec::new(), "é"), ["é"]);
        assert!(whole(Vec::new(), "").is_empty());
    }
}
