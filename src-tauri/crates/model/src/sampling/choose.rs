//! Drawing the next token.

use candle_core::Tensor;
use candle_transformers::generation::{LogitsProcessor, Sampling};
use candle_transformers::utils::apply_repeat_penalty;

use super::SamplingOptions;
use crate::ModelError;

/// Temperatures below this are 0, as candle has it.
const COLDEST: f64 = 1e-7;

/// Draws the tokens of one sample.
pub(super) struct Chooser {
    processor: LogitsProcessor,
    /// The sum to be reached where the whole vocabulary is cut to its likeliest tokens.
    nucleus: Option<f32>,
    penalty: f32,
    window: usize,
}

impl Chooser {
    pub(super) fn new(options: &SamplingOptions, seed: u64) -> Self {
        let temperature = options.temperature;
        let top_p = options.top_p.filter(|p| *p < 1.0);
        let mut nucleus = None;
        let sampling = match (options.top_k, top_p) {
            _ if temperature < COLDEST => Sampling::ArgMax,
            (None, p) => {
                nucleus = p.map(|p| p as f32);
                Sampling::All { temperature }
            }
            (Some(k), None) => Sampling::TopK { k, temperature },
            (Some(k), Some(p)) => Sampling::TopKThenTopP { k, p, temperature },
        };
        Self {
            processor: LogitsProcessor::from_sampling(seed, sampling),
            nucleus,
            penalty: options.repetition_penalty,
            window: options.repetition_window,
        }
    }

    /// The token after a text, by its logits, `[vocabulary]`; `None` where those are not all finite.
    pub(super) fn choose(
        &mut self,
        logits: &Tensor,
        text: &[u32],
    ) -> Result<Option<u32>, ModelError> {
        let sum = logits.abs()?.sum_all()?.to_scalar::<f32>()?;
        if !sum.is_finite() {
            return Ok(None);
        }
        let recent = text.get(text.len().saturating_sub(self.window)..).unwrap_or(text);
        let penalised = if self.penalty == 1.0 || recent.is_empty() {
            logits.clone()
        } else {
            apply_repeat_penalty(logits, self.penalty, recent)?
        };
        let nucleus = self.nucleus;
        let token = self.processor.sample_f(&penalised, |probabilities| {
            if let Some(p) = nucleus {
                keep_nucleus(probabilities, p);
            }
        })?;
        Ok(Some(token))
    }
}

/// Sets all probabilities to 0 but the largest that reach the sum `p` together, of equal ones those
/// that come first. candle's own top-p keeps the same ones, but sorts the whole vocabulary for it,
/// which would take longer than a forward pass of a small model.
fn keep_nucleus(probabilities: &mut [f32], p: f32) {
    const FIRST: usize = 256;
    let mut order: Vec<u32> = (0..).take(probabilities.len()).collect();
    let of = |index: u32| probabilities.get(index as usize).copied().unwrap_or(0.0);
    let larger_first = |a: &u32, b: &u32| of(*b).total_cmp(&of(*a)).then(a.cmp(b));
    let (mut sorted, mut reached) = (0, 0.0_f32);
    let mut kept = vec![false; probabilities.len()];
    let mut size = FIRST;
    while sorted < order.len() && reached < p {
        let end = size.min(order.len());
        let rest = order.get_mut(sorted..).unwrap_or_default();
        if end - sorted < rest.len() {
            rest.select_nth_unstable_by(end - sorted, larger_first);
        }
        let next = rest.get_mut(..end - sorted).unwrap_or_default();
        next.sort_unstable_by(larger_first);
        for index in next.iter() {
            if reached >= p {
                break;
            }
            reached += of(*index);
            if let Some(kept) = kept.get_mut(*index as usize) {
                *kept = true;
            }
        }
        sorted = end;
        size *= 8;
    }
    for (probability, kept) in probabilities.iter_mut().zip(kept) {
        if !kept {
            *probability = 0.0;
        }
    }
}
