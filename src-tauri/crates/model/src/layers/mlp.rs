//! The feed-forward part.

use candle_core::Tensor;

use super::Linear;
use crate::kernels::{Activate, Activation, Gate};

/// `output(activation(input(x)))`, or with a gate `output(activation(gate(x)) * up(x))` (Shazeer
/// 2020), where `input` gives the gate and what it is multiplied with side by side.
#[derive(Debug)]
pub(crate) struct Mlp {
    pub(crate) input: Linear,
    pub(crate) gated: bool,
    pub(crate) activation: Activation,
    pub(crate) output: Linear,
}

impl Mlp {
    /// All but the last product: `[batch, position, width]` to `[batch, position, inner width]`.
    pub(crate) fn inner(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        let (batch, positions, _) = x.dims3()?;
        let wide = self.input.forward(x)?.flatten_to(1)?;
        let inner = if self.gated {
            wide.apply_op1_no_bwd(&Gate(self.activation))?
        } else {
            wide.apply_op1_no_bwd(&Activate(self.activation))?
        };
        inner.reshape((batch, positions, ()))
    }
}
