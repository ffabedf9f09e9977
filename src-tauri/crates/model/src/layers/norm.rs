//! Normalisation of rows.

use candle_core::{Device, Tensor};

use crate::ModelError;
use crate::kernels::RootMeanSquare;
use crate::weights::Weights;

/// `x / sqrt(mean(x^2) + epsilon) * g` over the last dimension (Zhang and Sennrich 2019).
#[derive(Debug, Clone)]
pub(crate) struct Norm {
    gain: Tensor,
    epsilon: f32,
}

impl Norm {
    /// Reads `{name}.weight` of `width` numbers.
    pub(crate) fn read(
        weights: &Weights,
        name: &str,
        width: usize,
        epsilon: f32,
        device: &Device,
    ) -> Result<Self, ModelError> {
        Ok(Self { gain: weights.read(&format!("{name}.weight"), &[width], device)?, epsilon })
    }

    pub(crate) fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        x.apply_op2_no_bwd(&self.gain, &RootMeanSquare { epsilon: self.epsilon })
    }
}
