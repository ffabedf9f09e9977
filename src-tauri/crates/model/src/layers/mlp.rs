//! The feed-forward part.

use candle_core::Tensor;

use super::Linear;
use crate::kernels::{Activation, Gate};

/// `output(activation(gate(x)) * up(x))` (gated linear units, Shazeer 2020).
#[derive(Debug)]
pub(crate) struct Mlp {
    /// To the gate and what it is multiplied with, side by side.
    pub(crate) input: Linear,
    pub(crate) activation: Activation,
    pub(crate) output: Linear,
}

impl Mlp {
    /// Adds what it makes of `x` to the residual stream; all are `[batch, position, width]`.
    pub(crate) fn forward_onto(
        &self,
        residual: &Tensor,
        x: &Tensor,
    ) -> candle_core::Result<Tensor> {
        self.output.forward_onto(residual, &self.inner(x)?)
    }

    fn inner(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        let (batch, positions, _) = x.dims3()?;
        let wide = self.input.forward(x)?.flatten_to(1)?;
        wide.apply_op1_no_bwd(&Gate(self.activation))?.reshape((batch, positions, ()))
    }
}
