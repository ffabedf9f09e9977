//! A block: attention, then the feed-forward part, each added to the residual stream.

use std::ops::Range;
use std::sync::Arc;

use candle_core::Tensor;

use crate::kernels::KeysValues;
use crate::layers::{Attention, Linear, Mlp, Norm, Place, Rope};

/// One block. Families differ in where its norms are.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) attention_norms: Norms,
    pub(crate) attention: Attention,
    pub(crate) rope: Arc<Rope>,
    pub(crate) mlp_norms: Norms,
    pub(crate) mlp: Mlp,
    /// Whether the feed-forward part reads what goes into the block rather than what attention
    /// made of it (GPT-NeoX).
    pub(crate) parallel: bool,
}

/// The norms around one half of a block.
#[derive(Debug, Default)]
pub(crate) struct Norms {
    /// Of what the half reads.
    pub(crate) input: Option<Norm>,
    /// Of what it makes, before that is added to the residual stream.
    pub(crate) output: Option<Norm>,
    /// Of the residual stream after that.
    pub(crate) sum: Option<Norm>,
}

impl Norms {
    /// Before the half only, as most families have it.
    pub(crate) const fn before(norm: Norm) -> Self {
        Self { input: Some(norm), output: None, sum: None }
    }

    /// After the sum only (BERT).
    pub(crate) const fn after(norm: Norm) -> Self {
        Self { input: None, output: None, sum: Some(norm) }
    }

    fn read(&self, residual: &Tensor) -> candle_core::Result<Tensor> {
        match &self.input {
            Some(norm) => norm.forward(residual),
            None => Ok(residual.clone()),
        }
    }

    /// Adds `last(inner)` to the residual stream.
    fn add(&self, residual: &Tensor, inner: &Tensor, last: &Linear) -> candle_core::Result<Tensor> {
        let sum = match &self.output {
            Some(norm) => (residual + norm.forward(&last.forward(inner)?)?)?,
            None => last.forward_onto(residual, inner)?,
        };
        match &self.sum {
            Some(norm) => norm.forward(&sum),
            None => Ok(sum),
        }
    }
}

impl Block {
    /// The residual stream after attention, from that before the block; `rows` are the positions
    /// that each row of the batch holds, and `memory` the keys and values before them.
    pub(crate) fn attend(
        &self,
        residual: &Tensor,
        rows: &[Range<usize>],
        memory: Option<&mut [KeysValues]>,
    ) -> candle_core::Result<Tensor> {
        let place = Place { rows, angles: &self.rope.angles(rows), memory };
        let mixed = self.attention.inner(&self.attention_norms.read(residual)?, place)?;
        self.attention_norms.add(residual, &mixed, &self.attention.output)
    }

    /// The residual stream after the block, from that before it and that after attention.
    pub(crate) fn feed(&self, before: &Tensor, mid: &Tensor) -> candle_core::Result<Tensor> {
        let source = if self.parallel { before } else { mid };
        let inner = self.mlp.inner(&self.mlp_norms.read(source)?)?;
        self.mlp_norms.add(mid, &inner, &self.mlp.output)
    }
}
