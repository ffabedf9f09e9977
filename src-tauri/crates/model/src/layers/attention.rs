//! Self-attention with grouped keys and values.

use std::ops::Range;
use std::sync::Arc;

use candle_core::Tensor;

use super::{Angles, Linear};
use crate::kernels::SelfAttention;

/// Head counts and sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AttentionShape {
    /// Query heads.
    pub(crate) heads: usize,
    /// Key and value heads; divides `heads`.
    pub(crate) groups: usize,
    /// Dimensions of a head.
    pub(crate) head_dim: usize,
}

impl AttentionShape {
    /// Width of all queries, and of all keys, which is that of all values.
    pub(crate) const fn widths(self) -> (usize, usize) {
        (self.heads * self.head_dim, self.groups * self.head_dim)
    }
}

/// Which positions a position attends to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Itself and those before it: all of them, or with itself at most `window`.
    Back { window: Option<usize> },
    /// The whole text.
    #[allow(dead_code, reason = "for encoders, which come next")]
    Everywhere,
}

impl Sight {
    /// What `position` attends to in a text of which `row` is the part to be computed: a range that
    /// moves ahead with the position and is never empty.
    #[inline(always)]
    pub(crate) fn of(self, position: usize, row: &Range<usize>) -> Range<usize> {
        let end = position + 1;
        match self {
            Self::Back { window: None } => 0..end,
            Self::Back { window: Some(window) } => end.saturating_sub(window)..end,
            Self::Everywhere => 0..row.end,
        }
    }
}

/// How scores are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct AttentionOptions {
    pub(crate) shape: AttentionShape,
    /// The products of queries and keys are multiplied by this.
    pub(crate) scale: f32,
    /// `cap * tanh(score / cap)` instead of the score.
    pub(crate) soft_cap: Option<f32>,
    pub(crate) sight: Sight,
}

impl AttentionOptions {
    /// Causal, without a window, scaled by `1 / sqrt(head_dim)`.
    pub(crate) fn new(shape: AttentionShape) -> Self {
        Self {
            shape,
            scale: 1.0 / (shape.head_dim as f32).sqrt(),
            soft_cap: None,
            sight: Sight::Back { window: None },
        }
    }
}

/// Where the rows of a batch are in their texts.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    /// The positions each row holds, from its first column on; columns after them are padding.
    pub(crate) rows: &'a [Range<usize>],
    /// What each row's queries and keys are rotated by.
    pub(crate) angles: &'a [Arc<Angles>],
}

/// Attention with the products before and after it.
#[derive(Debug)]
pub(crate) struct Attention {
    /// To queries, keys and values, side by side.
    pub(crate) input: Linear,
    pub(crate) options: AttentionOptions,
    pub(crate) output: Linear,
}

impl Attention {
    /// Adds what it makes of `x` to the residual stream; all are `[batch, position, width]`.
    pub(crate) fn forward_onto(
        &self,
        residual: &Tensor,
        x: &Tensor,
        place: &Place<'_>,
    ) -> candle_core::Result<Tensor> {
        self.output.forward_onto(residual, &self.mix(x, place)?)
    }

    fn mix(&self, x: &Tensor, place: &Place<'_>) -> candle_core::Result<Tensor> {
        let all = self.input.forward(x)?;
        all.apply_op1_no_bwd(&SelfAttention::new(&self.options, place.rows, place.angles))
    }
}
