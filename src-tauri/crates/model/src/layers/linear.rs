//! A matrix and perhaps a bias.

use std::ops::Range;

use candle_core::{Device, Tensor};
use lens_core::WeightsDtype;

use crate::ModelError;
use crate::kernels::{PackedMatrix, StoredRows};
use crate::weights::{StoredTensor, Weights};

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
        let mut matrices = Vec::new();
        let mut biases = Vec::new();
        for (name, outputs) in parts {
            matrices.push(weights.stored(&format!("{name}.weight"), &[*outputs, inputs])?);
            if bias {
                let bias = weights.read(&format!("{name}.bias"), &[*outputs], device)?;
                biases.extend(bias.to_vec1::<f32>()?);
            }
        }
        Self::of_stored(&matrices, inputs, bias.then_some(biases), weights.held())
    }

    /// Reads `{name}.weight` and, where there is one, `{name}.bias`, the outputs in the order of
    /// these ranges.
    pub(crate) fn read_in_order(
        weights: &Weights,
        name: &str,
        [outputs, inputs]: [usize; 2],
        bias: bool,
        order: &[Range<usize>],
    ) -> Result<Self, ModelError> {
        let matrix = weights.stored(&format!("{name}.weight"), &[outputs, inputs])?;
        let rows = matrix.rows();
        let stack: Vec<_> =
            order.iter().map(|range| (&matrix, rows.range(inputs, range))).collect();
        if !bias {
            return Self::packed(&stack, inputs, None, weights.held());
        }
        let bias = weights.read(&format!("{name}.bias"), &[outputs], &Device::Cpu)?;
        let bias: Vec<f32> = bias.to_vec1()?;
        let parts = order.iter().filter_map(|range| bias.get(range.clone()));
        let bias = parts.flatten().copied().collect();
        Self::packed(&stack, inputs, Some(bias), weights.held())
    }

    /// Reads `{name}.weight`, stored `[inputs, outputs]`, and `{name}.bias`.
    pub(crate) fn read_transposed(
        weights: &Weights,
        name: &str,
        [outputs, inputs]: [usize; 2],
        device: &Device,
    ) -> Result<Self, ModelError> {
        let matrix = weights.stored(&format!("{name}.weight"), &[inputs, outputs])?;
        let rows = StoredRows { transposed: true, ..matrix.rows() };
        let bias = weights.read(&format!("{name}.bias"), &[outputs], device)?;
        Self::packed(&[(&matrix, rows)], inputs, Some(bias.to_vec1()?), weights.held())
    }

    /// Reads a matrix by the whole name of its tensor.
    pub(crate) fn read_matrix(
        weights: &Weights,
        name: &str,
        [outputs, inputs]: [usize; 2],
    ) -> Result<Self, ModelError> {
        let matrix = weights.stored(name, &[outputs, inputs])?;
        Self::of_stored(&[matrix], inputs, None, weights.held())
    }

    /// From a stack of matrices; as blocks if one of them is quantised, else packed.
    fn of_stored(
        matrices: &[StoredTensor],
        inputs: usize,
        bias: Option<Vec<f32>>,
        held: WeightsDtype,
    ) -> Result<Self, ModelError> {
        if !matrices.iter().any(StoredTensor::is_quantised) {
            let mut stack = Vec::new();
            for matrix in matrices {
                stack.extend(matrix.rows_in_order(inputs).into_iter().map(|rows| (matrix, rows)));
            }
            return Self::packed(&stack, inputs, bias, held);
        }
        if let Some(problem) = matrices.iter().find_map(|matrix| matrix.problem(held)) {
            return Err(problem);
        }
        let blocks: Vec<_> = matrices.iter().map(StoredTensor::blocks).collect();
        match PackedMatrix::of_blocks(&blocks, inputs, bias, held) {
            Some(matrix) => Ok(Self { matrix }),
            None => {
                let message = format!("{inputs} inputs cannot be divided into whole blocks");
                Err(ModelError::Config(message))
            }
        }
    }

    fn packed(
        stack: &[(&StoredTensor, StoredRows<'_>)],
        inputs: usize,
        bias: Option<Vec<f32>>,
        held: WeightsDtype,
    ) -> Result<Self, ModelError> {
        let rows: Vec<_> = stack.iter().map(|(_, rows)| *rows).collect();
        if inputs == 0 || rows.iter().all(|rows| rows.bytes.is_empty()) {
            return Err(ModelError::Config("it asks for a matrix without numbers".to_owned()));
        }
        match PackedMatrix::new(&rows, inputs, bias, held) {
            Some(matrix) => Ok(Self { matrix }),
            None => {
                let problem = stack.iter().find_map(|(tensor, _)| tensor.problem(held));
                Err(problem.unwrap_or_else(|| ModelError::NonFiniteWeights(String::new())))
            }
        }
    }

    /// `[outputs, inputs]`.
    pub(crate) const fn shape(&self) -> [usize; 2] {
        [self.matrix.outputs(), self.matrix.inputs()]
    }

    /// Rows of the matrix: `[indices, inputs]`.
    pub(crate) fn look_up(&self, indices: &[u32]) -> Result<Tensor, ModelError> {
        let [outputs, inputs] = self.shape();
        let Some(rows) = self.matrix.look_up(indices) else {
            let message = format!("a token beyond the {outputs} of the vocabulary");
            return Err(candle_core::Error::Msg(message).into());
        };
        Ok(Tensor::from_vec(rows, (indices.len(), inputs), &Device::Cpu)?)
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
