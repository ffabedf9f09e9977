//! Reading texts token by token at one layer.

use candle_core::Tensor;
use lens_core::{CancelToken, HookPoint, Reporter};

use crate::ModelError;
use crate::capture::{Batch, CaptureOptions, Plan};
use crate::hook::{Hook, HookOutcome};
use crate::model::LanguageModel;
use crate::pool::with_values;
use crate::tokens::TokenisedText;

/// The content tokens of one text at one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenRows {
    /// Which of the given texts.
    pub index: usize,
    /// `[content tokens, width]`, row-major, in the order of the text.
    pub values: Vec<f32>,
}

impl LanguageModel {
    /// Reads texts and hands the rows of each one's content tokens at `layer` to `sink`, batch by
    /// batch, longest texts first. What was handed over is not kept, so that memory holds a few
    /// batches only. The mean of a text's rows is what [`Self::capture`] gives by `Pooling::Mean`,
    /// to the last bit where it is summed in the order of the text.
    ///
    /// # Errors
    /// A layer that the model does not have, a number that is not finite, a cancellation (checked
    /// at every block of every batch), or what `sink` returns.
    pub fn capture_tokens<E: From<ModelError>>(
        &self,
        texts: &[TokenisedText],
        layer: usize,
        reporter: &dyn Reporter,
        cancel: &CancelToken,
        sink: &mut dyn FnMut(TokenRows) -> Result<(), E>,
    ) -> Result<(), E> {
        if layer > self.layers() {
            return Err(ModelError::NoSuchLayer { layer, layers: self.layers() }.into());
        }
        let plan = Plan::new(texts, CaptureOptions::BATCH_TOKENS);
        let total = texts.iter().map(|text| text.ids.len() as u64).sum();
        self.report(reporter, 0, total);
        let read = |batch: &Batch<'_>| {
            cancel.check()?;
            let rows: Vec<&[u32]> = batch.iter().map(|(_, text)| text.ids.as_slice()).collect();
            let mut hook = ContentHook { layer, width: self.width(), batch, rows: Vec::new() };
            self.forward(&rows, &mut hook, cancel)?;
            let read: u64 = rows.iter().map(|row| row.len() as u64).sum();
            Ok((hook.rows, read))
        };
        let mut done = 0;
        plan.run(&read, &mut |(rows, read)| -> Result<(), E> {
            rows.into_iter().try_for_each(&mut *sink)?;
            done += read;
            self.report(reporter, done, total);
            Ok(())
        })
    }
}

/// Takes the content tokens of every text of a batch at one layer and ends the pass there.
struct ContentHook<'a> {
    layer: usize,
    width: usize,
    batch: &'a Batch<'a>,
    rows: Vec<TokenRows>,
}

impl Hook for ContentHook<'_> {
    fn wants(&self, point: HookPoint) -> bool {
        point == HookPoint::of_layer(self.layer)
    }

    fn at(&mut self, _point: HookPoint, residual: &Tensor) -> Result<HookOutcome, ModelError> {
        let (_, positions, _) = residual.dims3()?;
        with_values(residual, |values| {
            let per_text = values.chunks_exact(positions * self.width);
            for ((index, text), tokens) in self.batch.iter().zip(per_text) {
                let content = text.content();
                let values: Vec<f32> = content
                    .flat_map(|position| &tokens[position * self.width..][..self.width])
                    .copied()
                    .collect();
                if !values.iter().all(|value| value.is_finite()) {
                    let layer = self.layer;
                    return Err(ModelError::NonFiniteActivation { index: *index, layer });
                }
                self.rows.push(TokenRows { index: *index, values });
            }
            Ok(())
        })?;
        Ok(HookOutcome::Stop)
    }
}
