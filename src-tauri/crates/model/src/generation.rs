//! Reading on: what was computed for the tokens before is kept, and each pass reads only new ones.

use std::ops::Range;

use candle_core::Tensor;
use lens_core::CancelToken;

use crate::ModelError;
use crate::arch::Memory;
use crate::hook::Hook;
use crate::model::LanguageModel;

/// Texts that grow token by token, read together. Made by [`LanguageModel::start`].
///
/// Logits and activations are the same bits as those of a pass over the whole texts, whatever other
/// texts grow beside them, provided that the hook does the same at the same positions.
///
/// A hook is shown the new positions only; [`Hook::begins`] tells it which they are. What a hook
/// changes stays changed for all that follows. (Models whose rotary positions depend on the text's
/// length, longrope, read a text once again from its start when it grows beyond the length that the
/// change is at; the hook sees that pass.)
#[derive(Debug)]
pub struct Generation<'a> {
    model: &'a LanguageModel,
    texts: Vec<Vec<u32>>,
    /// Positions of each text that `memory` holds.
    known: Vec<usize>,
    memory: Memory,
}

impl LanguageModel {
    /// Begins with prompts; they are not read yet.
    ///
    /// # Errors
    /// An encoder, no prompts, or one without tokens.
    pub fn start(&self, prompts: &[&[u32]]) -> Result<Generation<'_>, ModelError> {
        if !self.has_logits() {
            return Err(ModelError::NoLogits);
        }
        if prompts.is_empty() || prompts.iter().any(|prompt| prompt.is_empty()) {
            return Err(ModelError::NoTokens);
        }
        Ok(Generation {
            model: self,
            texts: prompts.iter().map(|prompt| prompt.to_vec()).collect(),
            known: vec![0; prompts.len()],
            memory: self.transformer.memory(prompts.len()),
        })
    }
}

impl Generation<'_> {
    /// Reads the prompts. Gives the logits after the last token of each, `[texts, vocabulary]`, or
    /// `None` when the hook stopped the pass.
    ///
    /// # Errors
    /// Prompts that have been read already, a text longer than the positions a model has learned,
    /// what the hook returns, a cancellation, or a failed computation. After an error, as after a
    /// stop, the same call can be made again.
    pub fn read_prompts(
        &mut self,
        hook: &mut dyn Hook,
        cancel: &CancelToken,
    ) -> Result<Option<Tensor>, ModelError> {
        self.read(hook, cancel)
    }

    /// Adds a token to each text and reads it (and the prompts, if they have not been read). Gives
    /// the logits after it, `[texts, vocabulary]`, or `None` when the hook stopped the pass: then,
    /// and after an error, the tokens are not added.
    ///
    /// # Errors
    /// Another number of tokens than of texts, and what [`Self::read_prompts`] says.
    pub fn step(
        &mut self,
        next: &[u32],
        hook: &mut dyn Hook,
        cancel: &CancelToken,
    ) -> Result<Option<Tensor>, ModelError> {
        if next.len() != self.texts.len() {
            let (texts, tokens) = (self.texts.len(), next.len());
            return Err(ModelError::TokensForTexts { texts, tokens });
        }
        for (text, token) in self.texts.iter_mut().zip(next) {
            text.push(*token);
        }
        let read = self.read(hook, cancel);
        if !matches!(read, Ok(Some(_))) {
            for text in &mut self.texts {
                text.pop();
            }
        }
        read
    }

    /// The texts so far, prompts included.
    #[must_use]
    pub fn texts(&self) -> &[Vec<u32>] {
        &self.texts
    }

    pub(crate) const fn model(&self) -> &LanguageModel {
        self.model
    }

    /// Goes on with some of the texts only: those for whose index `keep` is true, in the same order.
    pub fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        self.memory.retain(self.texts.len(), &keep);
        retain(&mut self.texts, &keep);
        retain(&mut self.known, &keep);
    }

    /// Some of the texts, in this order and as often as they are named, apart from these.
    pub(crate) fn share_out(&self, rows: &[usize]) -> Self {
        Self {
            model: self.model,
            texts: pick(&self.texts, rows),
            known: pick(&self.known, rows),
            memory: self.memory.share_out(self.texts.len(), rows),
        }
    }

    /// Adds tokens to each text and reads them, once. Gives the stream after the final norm, `[texts,
    /// column, width]`, and which positions of its text each row holds; or `None` when the hook
    /// stopped the pass.
    pub(crate) fn read_whole(
        mut self,
        more: &[&[u32]],
        hook: &mut dyn Hook,
        cancel: &CancelToken,
    ) -> Result<Option<(Tensor, Vec<Range<usize>>)>, ModelError> {
        for (text, more) in self.texts.iter_mut().zip(more) {
            text.extend_from_slice(more);
        }
        self.advance(hook, cancel)
    }

    fn read(
        &mut self,
        hook: &mut dyn Hook,
        cancel: &CancelToken,
    ) -> Result<Option<Tensor>, ModelError> {
        let Some((last, rows)) = self.advance_to_last(hook, cancel)? else { return Ok(None) };
        let logits = self.model.transformer.logits(&last.unsqueeze(1)?)?.squeeze(1)?;
        self.known = rows.iter().map(|row| row.end).collect();
        Ok(Some(logits))
    }

    /// Reads the prompts; gives the stream after the final norm at the last token of each, `[texts,
    /// width]`, or `None` when the hook stopped the pass.
    pub(crate) fn read_states(
        &mut self,
        hook: &mut dyn Hook,
        cancel: &CancelToken,
    ) -> Result<Option<Tensor>, ModelError> {
        let Some((last, rows)) = self.advance_to_last(hook, cancel)? else { return Ok(None) };
        self.known = rows.iter().map(|row| row.end).collect();
        Ok(Some(last))
    }

    fn advance_to_last(
        &mut self,
        hook: &mut dyn Hook,
        cancel: &CancelToken,
    ) -> Result<Option<(Tensor, Vec<Range<usize>>)>, ModelError> {
        let Some((normed, rows)) = self.advance(hook, cancel)? else { return Ok(None) };
        let last = rows.iter().enumerate().map(|(i, row)| {
            let column = row.len().checked_sub(1).ok_or(ModelError::NoTokens)?;
            Ok(normed.get(i)?.get(column)?)
        });
        let last = last.collect::<Result<Vec<_>, ModelError>>()?;
        Ok(Some((Tensor::stack(&last, 0)?, rows)))
    }

    /// Reads what is new of the texts, which counts as known once the caller says so.
    fn advance(
        &mut self,
        hook: &mut dyn Hook,
        cancel: &CancelToken,
    ) -> Result<Option<(Tensor, Vec<Range<usize>>)>, ModelError> {
        let transformer = &self.model.transformer;
        let rows: Vec<Range<usize>> = self
            .texts
            .iter()
            .zip(&self.known)
            .map(|(text, known)| {
                let again = transformer.turns_between(*known, text.len());
                if again { 0..text.len() } else { *known..text.len() }
            })
            .collect();
        let new: Vec<&[u32]> =
            self.texts.iter().zip(&rows).filter_map(|(text, row)| text.get(row.clone())).collect();
        let normed = self.model.pass(&new, &rows, Some(&mut self.memory), hook, cancel)?;
        Ok(normed.map(|normed| (normed, rows)))
    }
}

fn pick<T: Clone>(items: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().filter_map(|row| items.get(*row).cloned()).collect()
}

fn retain<T>(items: &mut Vec<T>, keep: &impl Fn(usize) -> bool) {
    let mut index = 0..;
    items.retain(|_| index.next().is_some_and(keep));
}
