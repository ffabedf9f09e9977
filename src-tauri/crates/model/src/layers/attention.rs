//! Causal self-attention with grouped keys and values.

use candle_core::{Device, Tensor};

use super::Linear;
use crate::ModelError;
use crate::kernels::CausalAttention;
use crate::weights::Weights;

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

/// Attention of each position to itself and those before it.
#[derive(Debug)]
pub(crate) struct Attention {
    queries_keys_values: Linear,
    output: Linear,
    shape: AttentionShape,
}

impl Attention {
    /// Reads `{name}.q_proj`, `k_proj`, `v_proj` and `o_proj`.
    pub(crate) fn read(
        weights: &Weights,
        name: &str,
        width: usize,
        shape: AttentionShape,
        bias: bool,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let inner = shape.heads * shape.head_dim;
        let shared = shape.groups * shape.head_dim;
        let parts = [
            (format!("{name}.q_proj"), inner),
            (format!("{name}.k_proj"), shared),
            (format!("{name}.v_proj"), shared),
        ];
        Ok(Self {
            queries_keys_values: Linear::read_stacked(weights, &parts, width, bias, device)?,
            output: Linear::read(weights, &format!("{name}.o_proj"), [width, inner], bias, device)?,
            shape,
        })
    }

    /// Adds what it makes of `x` to the residual stream; all are `[batch, position, width]`. `cos` and `sin` are the rotary tables. Texts start
    /// at position 0, so padding after them is never looked at by a token.
    pub(crate) fn forward_onto(
        &self,
        residual: &Tensor,
        x: &Tensor,
        cos: &Tensor,
        sin: &Tensor,
    ) -> candle_core::Result<Tensor> {
        let all = self.queries_keys_values.forward(x)?;
        let mixed = all.apply_op3_no_bwd(cos, sin, &CausalAttention::new(self.shape))?;
        self.output.forward_onto(residual, &mixed)
    }
}
