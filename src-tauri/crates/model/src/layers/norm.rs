//! Normalisation of rows.

use candle_core::{Device, Tensor};

use crate::ModelError;
use crate::kernels::{MeanVariance, RootMeanSquare};
use crate::weights::Weights;

/// A norm over the last dimension.
#[derive(Debug, Clone)]
pub(crate) enum Norm {
    /// `x / sqrt(mean(x^2) + epsilon) * gain` (Zhang and Sennrich 2019).
    RootMeanSquare { gain: Tensor, epsilon: f32 },
    /// `(x - mean(x)) / sqrt(variance(x) + epsilon) * gain + bias` (Ba et al. 2016).
    MeanVariance { gain: Tensor, bias: Tensor, epsilon: f32 },
}

impl Norm {
    /// Reads `{name}.weight` of `width` numbers; the gain is `base` more than what is stored.
    pub(crate) fn root_mean_square(
        weights: &Weights,
        name: &str,
        width: usize,
        (epsilon, base): (f64, f64),
        device: &Device,
    ) -> Result<Self, ModelError> {
        let mut gain = weights.read(&format!("{name}.weight"), &[width], device)?;
        if base != 0.0 {
            gain = (gain + base)?;
        }
        Ok(Self::RootMeanSquare { gain, epsilon: epsilon as f32 })
    }

    /// Reads `{name}.weight` and `{name}.bias`, called `gamma` and `beta` in old files.
    pub(crate) fn mean_variance(
        weights: &Weights,
        name: &str,
        width: usize,
        epsilon: f64,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let read = |new: &str, old: &str| {
            let old = format!("{name}.{old}");
            let name = if weights.has(&old) { old } else { format!("{name}.{new}") };
            weights.read(&name, &[width], device)
        };
        let (gain, bias) = (read("weight", "gamma")?, read("bias", "beta")?);
        Ok(Self::MeanVariance { gain, bias, epsilon: epsilon as f32 })
    }

    pub(crate) fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        match self {
            Self::RootMeanSquare { gain, epsilon } => {
                x.apply_op2_no_bwd(gain, &RootMeanSquare { epsilon: *epsilon })
            }
            Self::MeanVariance { gain, bias, epsilon } => {
                x.apply_op3_no_bwd(gain, bias, &MeanVariance { epsilon: *epsilon })
            }
        }
    }
}
