//! A matrix and perhaps a bias.

use candle_core::{Device, Tensor};

use crate::ModelError;
use crate::kernels::PackedMatrix;
use crate::weights::Weights;

/// `y = x W' + b`, with `W` of shape `[outputs, inputs]` as checkpoints store it.
#[derive(Debug)]
pub(crate) struct Linear {
    matrix: PackedMatrix,
}

impl Linear {
    /// Reads `{name}.weight` and, where there is one, `{name}.bias`.
    pub(crate) fn read(
        weights: &Weights,
        name: &str,
        [outputs, inputs]: [usize; 2],
        bias: bool,
        device: &Device,
    ) -> Result<Self, ModelError> {
        Self::read_stacked(weights, &[(name.to_owned(), outputs)], inputs, bias, device)
    }

    /// Reads several matrices that are applied to the same input as one, so that the input is
    /// passed over once. `parts` are names with their numbers of outputs.
    pub(crate) fn read_stacked(
        weights: &Weights,
        parts: &[(String, usize)],
        inputs: usize,
        bias: bool,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let mut stack = Vec::new();
        let mut biases = Vec::new();
        for (name, outputs) in parts {
            let matrix = weights.read(&format!("{name}.weight"), &[*outputs, inputs], device)?;
            stack.push(matrix.flatten_all()?.to_vec1()?);
            if bias {
                let bias = weights.read(&format!("{name}.bias"), &[*outputs], device)?;
                biases.extend(bias.to_vec1::<f32>()?);
            }
        }
        Self::packed(&stack, inputs, bias.then_some(biases))
    }

    /// Reads `{name}.weight`, stored `[inputs, outputs]`, and `{name}.bias`.
    pub(crate) fn read_transposed(
        weights: &Weights,
        name: &str,
        [outputs, inputs]: [usize; 2],
        device: &Device,
    ) -> Result<Self, ModelError> {
        let matrix = weights.read(&format!("{name}.weight"), &[inputs, outputs], device)?;
        let bias = weights.read(&format!("{name}.bias"), &[outputs], device)?;
        Self::new(&matrix.t()?, Some(&bias))
    }

    /// From `[outputs, inputs]` and perhaps `[outputs]`.
    pub(crate) fn new(matrix: &Tensor, bias: Option<&Tensor>) -> Result<Self, ModelError> {
        let (_, inputs) = matrix.dims2()?;
        let bias = bias.map(Tensor::to_vec1).transpose()?;
        Self::packed(&[matrix.flatten_all()?.to_vec1()?], inputs, bias)
    }

    fn packed(
        stack: &[Vec<f32>],
        inputs: usize,
        bias: Option<Vec<f32>>,
    ) -> Result<Self, ModelError> {
        if stack.iter().all(Vec::is_empty) {
            return Err(ModelError::Config("it asks for a matrix without numbers".to_owned()));
        }
        Ok(Self { matrix: PackedMatrix::new(stack, inputs, bias) })
    }

    /// `[batch, position, inputs]` to `[batch, position, outputs]`.
    pub(crate) fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        let (batch, positions, _) = x.dims3()?;
        let y = x.flatten_to(1)?.apply_op1_no_bwd(&&self.matrix)?;
        y.reshape((batch, positions, self.matrix.outputs()))
    }

    /// `residual + y` in one pass; `residual` has the shape of `y`.
    pub(crate) fn forward_onto(
        &self,
        residual: &Tensor,
        x: &Tensor,
    ) -> candle_core::Result<Tensor> {
        let sum = x.flatten_to(1)?.apply_op2_no_bwd(&residual.flatten_to(1)?, &&self.matrix)?;
        sum.reshape(residual.shape())
    }
}
