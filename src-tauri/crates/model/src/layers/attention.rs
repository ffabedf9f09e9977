//! Self-attention with grouped keys and values.

use std::ops::Range;
use std::sync::Arc;

use candle_core::Tensor;

use super::{Angles, Linear};
use crate::kernels::{KeysValues, NormaliseHeads, SelfAttention};

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
    /// Keys and values of the positions before them, `[rows, groups]`, where there are any; those of
    /// the rows are added.
    pub(crate) memory: Option<&'a mut [KeysValues]>,
}

/// Root-mean-square norms of queries and of keys, before they are rotated. A gain as long as a head
/// norms each head by itself, one as long as all of them norms them together.
#[derive(Debug)]
pub(crate) struct HeadNorms {
    pub(crate) queries: Vec<f32>,
    pub(crate) keys: Vec<f32>,
    pub(crate) epsilon: f32,
}

/// Attention with the products before and after it.
#[derive(Debug)]
pub(crate) struct Attention {
    /// To queries, keys and values, side by side.
    pub(crate) input: Linear,
    pub(crate) norms: Option<HeadNorms>,
    pub(crate) options: AttentionOptions,
    pub(crate) output: Linear,
}

impl Attention {
    /// All but the last product: `[batch, position, width]` to `[batch, position, heads *
    /// head_dim]`.
    pub(crate) fn inner(&self, x: &Tensor, place: Place<'_>) -> candle_core::Result<Tensor> {
        let mut all = self.input.forward(x)?;
        if let Some(norms) = &self.norms {
            all = all.apply_op1_no_bwd(&NormaliseHeads { norms, shape: self.options.shape })?;
        }
        all.apply_op1_no_bwd(&SelfAttention::new(&self.options, place))
    }
}
