//! The gated feed-forward part.

use candle_core::{Device, Tensor};

use super::Linear;
use crate::ModelError;
use crate::kernels::SiluGate;
use crate::weights::Weights;

/// `down(silu(gate(x)) * up(x))` (SwiGLU, Shazeer 2020).
#[derive(Debug)]
pub(crate) struct GatedMlp {
    gate_up: Linear,
    down: Linear,
}

impl GatedMlp {
    /// Reads `{name}.gate_proj`, `up_proj` and `down_proj`.
    pub(crate) fn read(
        weights: &Weights,
        name: &str,
        width: usize,
        inner: usize,
        bias: bool,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let parts = [(format!("{name}.gate_proj"), inner), (format!("{name}.up_proj"), inner)];
        Ok(Self {
            gate_up: Linear::read_stacked(weights, &parts, width, bias, device)?,
            down: Linear::read(
                weights,
                &format!("{name}.down_proj"),
                [width, inner],
                bias,
                device,
            )?,
        })
    }

    /// Adds what it makes of `x` to the residual stream; all are `[batch, position, width]`.
    pub(crate) fn forward_onto(
        &self,
        residual: &Tensor,
        x: &Tensor,
    ) -> candle_core::Result<Tensor> {
        let (batch, positions, _) = x.dims3()?;
        let both = self.gate_up.forward(x)?.flatten_to(1)?;
        let gated = both.apply_op1_no_bwd(&SiluGate)?;
        self.down.forward_onto(residual, &gated.reshape((batch, positions, ()))?)
    }
}
