//! What the unsteered model makes of texts that were drawn.

use std::ops::Range;

use candle_core::Tensor;
use lens_core::CancelToken;
use rayon::prelude::*;

use crate::ModelError;
use crate::intervene::Interventions;
use crate::model::LanguageModel;
use crate::prompt::SharedPrompt;

/// A text that goes on from a prompt.
#[derive(Debug, Clone, Copy)]
pub struct Continuation<'a> {
    /// Its tokens, without the prompt's.
    pub ids: &'a [u32],
    /// How it was steered.
    pub interventions: &'a Interventions,
}

/// Numbers for each token of a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Assessment {
    /// Natural logarithm of the token's probability under the model without changes.
    pub log_probabilities: Vec<f64>,
    /// KL(steered || unsteered) of the distributions that the token stands in, in nats; 0 where
    /// nothing is changed.
    pub divergences: Vec<f64>,
}

impl Assessment {
    /// exp of the mean negative log-probability; `None` without tokens.
    #[must_use]
    pub fn perplexity(&self) -> Option<f64> {
        mean(&self.log_probabilities).map(|mean| (-mean).exp())
    }

    /// Mean KL(steered || unsteered) per token; `None` without tokens.
    #[must_use]
    pub fn divergence(&self) -> Option<f64> {
        mean(&self.divergences)
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Tokens read in one pass, padding included (one text is always allowed).
const BATCH_TOKENS: usize = 1024;

/// Logits held at once: positions are taken in pieces of so many.
const LOGITS: usize = 1 << 23;

impl LanguageModel {
    /// Reads texts that go on from a prompt, without changes and, where they were steered, with them.
    /// A text's numbers are the same bits whatever other texts are given.
    ///
    /// # Errors
    /// An encoder, no prompt, a text longer than the model has positions for, changes that do not fit
    /// the model, a cancellation, or a failed computation.
    pub fn assess(
        &self,
        prompt: &[u32],
        texts: &[Continuation<'_>],
        cancel: &CancelToken,
    ) -> Result<Vec<Assessment>, ModelError> {
        let positions = self.info().max_positions;
        let written: Vec<(usize, Continuation<'_>)> =
            texts.iter().copied().enumerate().filter(|(_, text)| !text.ids.is_empty()).collect();
        for (_, text) in &written {
            let tokens = prompt.len() + text.ids.len();
            if tokens > positions {
                return Err(ModelError::TooLong { tokens, positions });
            }
        }
        let mut assessed = vec![Assessment::default(); texts.len()];
        if written.is_empty() {
            return Ok(assessed);
        }
        let unchanged = Interventions::default();
        let ways = texts.iter().map(|_| &unchanged);
        let plain = SharedPrompt::read(self, prompt, ways, cancel)?;
        let changed = written.iter().any(|(_, text)| !text.interventions.is_empty());
        let ways = texts.iter().map(|text| text.interventions);
        let steered =
            changed.then(|| SharedPrompt::read(self, prompt, ways, cancel)).transpose()?;
        for batch in batches(&written) {
            let all: Vec<_> = batch.iter().map(|(i, text)| (*i, text.ids)).collect();
            let changed = batch.iter().filter(|(_, text)| !text.interventions.is_empty());
            let changed: Vec<_> = changed.map(|(i, text)| (*i, text.ids)).collect();
            let plain = plain.states_of(&all, cancel)?;
            let steered = steered.as_ref().map(|prompt| prompt.states_of(&changed, cancel));
            let steered = steered.transpose()?.unwrap_or_default();
            for (i, ids) in all {
                if let (Some(plain), Some(place)) = (plain.get(&i), assessed.get_mut(i)) {
                    *place = self.compare(ids, plain, steered.get(&i), cancel)?;
                }
            }
        }
        Ok(assessed)
    }

    fn compare(
        &self,
        ids: &[u32],
        plain: &Tensor,
        steered: Option<&Tensor>,
        cancel: &CancelToken,
    ) -> Result<Assessment, ModelError> {
        let positions = (LOGITS / self.info().vocab).max(1);
        let mut assessment = Assessment::default();
        for (piece, ids) in ids.chunks(positions).enumerate() {
            cancel.check()?;
            let place = piece * positions..piece * positions + ids.len();
            let plain = self.logits_of(plain, &place)?;
            let steered = steered.map(|states| self.logits_of(states, &place)).transpose()?;
            let vocab = plain.len() / ids.len();
            let numbers: Vec<(f64, f64)> = ids
                .par_iter()
                .enumerate()
                .map(|(i, id)| {
                    let row = i * vocab..(i + 1) * vocab;
                    let plain = Distribution::of(&plain[row.clone()]);
                    let steered = steered.as_ref().map(|logits| Distribution::of(&logits[row]));
                    let divergence = steered.map_or(0.0, |steered| steered.divergence(&plain));
                    (plain.log_probability(*id as usize), divergence)
                })
                .collect();
            assessment.log_probabilities.extend(numbers.iter().map(|(log, _)| log));
            assessment.divergences.extend(numbers.iter().map(|(_, divergence)| divergence));
        }
        Ok(assessment)
    }

    /// `[positions, vocabulary]`, flat.
    fn logits_of(&self, states: &Tensor, place: &Range<usize>) -> Result<Vec<f32>, ModelError> {
        let states = states.narrow(0, place.start, place.len())?.contiguous()?.unsqueeze(0)?;
        Ok(self.transformer.logits(&states)?.flatten_all()?.to_vec1()?)
    }
}

/// The texts, one batch after the other.
fn batches<'a, 'b>(
    texts: &'a [(usize, Continuation<'b>)],
) -> impl Iterator<Item = &'a [(usize, Continuation<'b>)]> {
    let mut rest = texts;
    std::iter::from_fn(move || {
        let mut longest = 0;
        let fits = rest.iter().enumerate().take_while(|(before, (_, text))| {
            longest = longest.max(text.ids.len());
            *before == 0 || (before + 1) * longest <= BATCH_TOKENS
        });
        let (batch, others) = rest.split_at(fits.count());
        rest = others;
        (!batch.is_empty()).then_some(batch)
    })
}

/// What a token is drawn from.
struct Distribution<'a> {
    logits: &'a [f32],
    /// Logarithm of the sum of the logits' exponentials.
    log_sum: f64,
}

impl<'a> Distribution<'a> {
    fn of(logits: &'a [f32]) -> Self {
        let most = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let sum: f64 = logits.iter().map(|logit| (f64::from(*logit) - most).exp()).sum();
        Self { logits, log_sum: most + sum.ln() }
    }

    fn log_probability(&self, token: usize) -> f64 {
        self.logits.get(token).map_or(f64::NEG_INFINITY, |logit| f64::from(*logit) - self.log_sum)
    }

    /// KL(self || other).
    fn divergence(&self, other: &Self) -> f64 {
        let both = self.logits.iter().zip(other.logits);
        let part = |(mine, theirs): (&f32, &f32)| {
            let log = f64::from(*mine) - self.log_sum;
            log.exp() * (log - (f64::from(*theirs) - other.log_sum))
        };
        both.map(part).sum::<f64>().max(0.0)
    }
}
