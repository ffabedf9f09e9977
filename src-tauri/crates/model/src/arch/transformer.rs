//! What every family is in the end: embedding, blocks, perhaps a final norm, perhaps a head.

use std::ops::Range;

use candle_core::Tensor;
use lens_core::{CancelToken, HookPoint};

use super::{Block, Embedding, Head, Memory};
use crate::ModelError;
use crate::hook::{Hook, HookOutcome};
use crate::layers::Norm;

/// A model with hook points.
#[derive(Debug)]
pub(crate) struct Transformer {
    pub(crate) embedding: Embedding,
    pub(crate) blocks: Vec<Block>,
    /// After the last block; encoders have none.
    pub(crate) norm: Option<Norm>,
    /// Encoders have none.
    pub(crate) head: Option<Head>,
}

impl Transformer {
    pub(crate) const fn layers(&self) -> usize {
        self.blocks.len()
    }

    /// Runs `tokens` (`[batch, position]`, padded at the end; `rows` are the positions that each
    /// row holds) up to and including the final norm: `[batch, position, width]`. `None` when the
    /// hook stopped it. With a memory, rows go on from what it holds, and it holds them then.
    pub(crate) fn forward(
        &self,
        tokens: &Tensor,
        rows: &[Range<usize>],
        mut memory: Option<&mut Memory>,
        hook: &mut dyn Hook,
        cancel: &CancelToken,
    ) -> Result<Option<Tensor>, ModelError> {
        hook.begins(rows);
        let mut residual = self.embedding.forward(tokens, rows)?;
        if visit(hook, HookPoint::Embedding, &mut residual)? {
            return Ok(None);
        }
        for (index, block) in self.blocks.iter().enumerate() {
            cancel.check()?;
            let before = memory.as_deref_mut().and_then(|memory| memory.layer(index));
            let mut mid = block.attend(&residual, rows, before)?;
            if visit(hook, HookPoint::ResidualMid(index), &mut mid)? {
                return Ok(None);
            }
            residual = block.feed(&residual, &mid)?;
            if visit(hook, HookPoint::ResidualPost(index), &mut residual)? {
                return Ok(None);
            }
        }
        let mut normed = match &self.norm {
            Some(norm) => norm.forward(&residual)?,
            None => residual,
        };
        let stopped = visit(hook, HookPoint::FinalNorm, &mut normed)?;
        Ok((!stopped).then_some(normed))
    }

    /// An empty memory for so many texts.
    pub(crate) fn memory(&self, texts: usize) -> Memory {
        Memory::new(&self.blocks, texts)
    }

    /// Whether a text of `known` positions is rotated by other angles than one of `length`.
    pub(crate) fn turns_between(&self, known: usize, length: usize) -> bool {
        self.blocks.iter().any(|block| block.rope.turns_between(known, length))
    }

    /// Logits of what [`Self::forward`] gives: `[batch, position, vocabulary]`.
    pub(crate) fn logits(&self, normed: &Tensor) -> Result<Tensor, ModelError> {
        let head = self.head.as_ref().ok_or(ModelError::NoLogits)?;
        head.forward(normed, &self.embedding.tokens)
    }
}

/// Shows the residual stream to the hook if it wants to see it; says whether to stop.
fn visit(hook: &mut dyn Hook, point: HookPoint, residual: &mut Tensor) -> Result<bool, ModelError> {
    if !hook.wants(point) {
        return Ok(false);
    }
    match hook.at(point, residual)? {
        HookOutcome::Keep => Ok(false),
        HookOutcome::Stop => Ok(true),
        HookOutcome::Replace(other) => {
            if other.shape() != residual.shape() {
                return Err(candle_core::Error::ShapeMismatchBinaryOp {
                    lhs: residual.shape().clone(),
                    rhs: other.shape().clone(),
                    op: "replace at a hook point",
                }
                .into());
            }
            *residual = other;
            Ok(false)
        }
    }
}
