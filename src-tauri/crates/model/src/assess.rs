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
        let mut assessed = vec![Assessment::default(); texts.len()];
        let with_tokens: Vec<usize> = (0..texts.len())
            .filter(|i| texts.get(*i).is_some_and(|text| !text.ids.is_empty()))
            .collect();
        let texts_of = |i: &usize| texts.get(*i).copied();
        let texts: Vec<Continuation<'_>> = with_tokens.iter().filter_map(texts_of).collect();
        for text in &texts {
            let tokens = prompt.len() + text.ids.len();
            if tokens > positions {
                return Err(ModelError::TooLong { tokens, positions });
            }
        }
        let unchanged = Interventions::default();
        let changed = texts.iter().any(|text| !text.interventions.is_empty());
        if texts.is_empty() {
            return Ok(assessed);
        }
        let without = texts.iter().map(|_| &unchanged);
        let without = SharedPrompt::read(self, prompt, without, cancel)?;
        let with = changed.then(|| {
            let ways = texts.iter().map(|text| text.interventions);
            SharedPrompt::read(self, prompt, ways, cancel)
        });
        let with = with.transpose()?;
        for batch in batches(&texts) {
            let ids = |i: &usize| texts.get(*i).map(|text| text.ids);
            let plain = self.states(&without, prompt.len(), &batch, &ids, cancel)?;
            let steered_too =
                |i: &usize| texts.get(*i).is_some_and(|text| !text.interventions.is_empty());
            let steered: Vec<usize> = batch.iter().copied().filter(steered_too).collect();
            let mut states = match &with {
                Some(with) if !steered.is_empty() => {
                    self.states(with, prompt.len(), &steered, &ids, cancel)?
                }
                _ => Vec::new(),
            }
            .into_iter();
            for (i, plain) in batch.iter().zip(plain) {
                let steered = if steered_too(i) { states.next() } else { None };
                let place = with_tokens.get(*i).and_then(|place| assessed.get_mut(*place));
                if let (Some(ids), Some(place)) = (ids(i), place) {
                    *place = self.compare(ids, &plain, steered.as_ref(), cancel)?;
                }
            }
        }
        Ok(assessed)
    }

    /// For some of the texts the states that their tokens are predicted from, `[tokens, width]`.
    fn states<'b>(
        &self,
        prompt: &SharedPrompt<'_>,
        length: usize,
        which: &[usize],
        ids: &dyn Fn(&usize) -> Option<&'b [u32]>,
        cancel: &CancelToken,
    ) -> Result<Vec<Tensor>, ModelError> {
        let (generation, mut steering, first) = prompt.texts(which.iter().copied())?;
        let ids: Vec<&[u32]> = which.iter().filter_map(ids).collect();
        let read = generation.read_whole(&ids, &mut steering, cancel)?;
        let (read, rows) = read.ok_or(lens_core::Cancelled)?;
        let states = ids.iter().zip(&rows).enumerate().map(|(row, (ids, place))| {
            let read = read.get(row)?;
            if place.start < length {
                // the text was read again from its start
                return read.narrow(0, length - 1 - place.start, ids.len());
            }
            let first = first.narrow(0, row, 1)?;
            Tensor::cat(&[first, read.narrow(0, 0, ids.len() - 1)?], 0)
        });
        Ok(states.collect::<Result<_, _>>()?)
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

/// Texts by their indices, one batch after the other.
fn batches(texts: &[Continuation<'_>]) -> Vec<Vec<usize>> {
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut longest = 0;
    for (i, text) in texts.iter().enumerate() {
        longest = longest.max(text.ids.len());
        match batches.last_mut() {
            Some(batch) if (batch.len() + 1) * longest <= BATCH_TOKENS => batch.push(i),
            _ => {
                longest = text.ids.len();
                batches.push(vec![i]);
            }
        }
    }
    batches
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
