//! The pre-norm decoder that the families share: embedding, blocks, final norm, head.

use std::ops::Range;

use candle_core::{Device, Tensor};
use lens_core::{CancelToken, HookPoint};

use crate::ModelError;
use crate::hook::{Hook, HookOutcome};
use crate::layers::{Attention, Mlp, Norm, Place, Rope};
use crate::weights::Weights;

/// One block: attention, then the feed-forward part, each on a normed copy of the residual stream
/// and added back to it.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) attention_norm: Norm,
    pub(crate) attention: Attention,
    pub(crate) mlp_norm: Norm,
    pub(crate) mlp: Mlp,
}

/// Where the matrix of the head is.
#[derive(Debug)]
pub(crate) enum Head {
    /// The embedding, used again.
    Tied,
    /// A tensor of its own, read when logits are first asked for: capture never does.
    Own(&'static str),
}

/// A decoder with hook points.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// `[vocabulary, width]`.
    pub(crate) embedding: Tensor,
    pub(crate) blocks: Vec<Block>,
    pub(crate) rope: Rope,
    pub(crate) norm: Norm,
    pub(crate) head: Head,
    pub(crate) weights: Weights,
    pub(crate) device: Device,
}

impl Decoder {
    pub(crate) const fn layers(&self) -> usize {
        self.blocks.len()
    }

    /// Tokens the model knows, and width of the residual stream.
    pub(crate) fn embedding_shape(&self) -> (usize, usize) {
        self.embedding.dims2().unwrap_or_default()
    }

    /// Runs `tokens` (`[batch, position]`, padded at the end; `rows` are the positions that each
    /// row holds) up to and including the final norm: `[batch, position, width]`. `None` when the
    /// hook stopped it.
    pub(crate) fn forward(
        &self,
        tokens: &Tensor,
        rows: &[Range<usize>],
        hook: &mut dyn Hook,
        cancel: &CancelToken,
    ) -> Result<Option<Tensor>, ModelError> {
        let (batch, positions) = tokens.dims2()?;
        let (_, width) = self.embedding_shape();
        let mut residual = self
            .embedding
            .index_select(&tokens.flatten_all()?, 0)?
            .reshape((batch, positions, width))?;
        if visit(hook, HookPoint::Embedding, &mut residual)? {
            return Ok(None);
        }
        let angles = self.rope.angles(rows);
        let place = Place { rows, angles: &angles };
        for (index, block) in self.blocks.iter().enumerate() {
            cancel.check()?;
            let normed = block.attention_norm.forward(&residual)?;
            residual = block.attention.forward_onto(&residual, &normed, &place)?;
            if visit(hook, HookPoint::ResidualMid(index), &mut residual)? {
                return Ok(None);
            }
            let normed = block.mlp_norm.forward(&residual)?;
            residual = block.mlp.forward_onto(&residual, &normed)?;
            if visit(hook, HookPoint::ResidualPost(index), &mut residual)? {
                return Ok(None);
            }
        }
        let mut normed = self.norm.forward(&residual)?;
        let stopped = visit(hook, HookPoint::FinalNorm, &mut normed)?;
        Ok((!stopped).then_some(normed))
    }

    /// Logits of what [`Self::forward`] gives: `[batch, position, vocabulary]`.
    pub(crate) fn logits(&self, normed: &Tensor) -> Result<Tensor, ModelError> {
        let matrix = match self.head {
            Head::Tied => self.embedding.clone(),
            Head::Own(name) => {
                let (vocab, width) = self.embedding_shape();
                self.weights.read(name, &[vocab, width], &self.device)?
            }
        };
        Ok(normed.broadcast_matmul(&matrix.t()?)?)
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
