//! Normalisation of rows.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, CustomOp3, Layout, Result, Shape};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::contiguous;
use crate::layers::{AttentionShape, HeadNorms};

/// Takes rows over the last dimension and one gain for each of its numbers.
pub(crate) struct RootMeanSquare {
    pub(crate) epsilon: f32,
}

/// Rows that are worth a task of their own.
const ROWS_PER_TASK: usize = 256;

impl CustomOp2 for RootMeanSquare {
    fn name(&self) -> &'static str {
        "root-mean-square"
    }

    fn cpu_fwd(
        &self,
        storage: &CpuStorage,
        layout: &Layout,
        gain: &CpuStorage,
        gain_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let input = contiguous(storage, layout)?;
        let gain = contiguous(gain, gain_layout)?;
        if layout.dims().last() != Some(&gain.len()) {
            candle_core::bail!("{} gains for {:?}", gain.len(), layout.shape());
        }
        let mut output = vec![0.0_f32; input.len()];
        let arch = Arch::new();
        let task = (ROWS_PER_TASK * gain.len()).max(1);
        output.par_chunks_mut(task).zip(input.par_chunks(task)).for_each(|(output, input)| {
            arch.dispatch(Normalise { input, gain, epsilon: self.epsilon, output });
        });
        Ok((CpuStorage::F32(output), layout.shape().clone()))
    }
}

struct Normalise<'a> {
    input: &'a [f32],
    gain: &'a [f32],
    epsilon: f32,
    output: &'a mut [f32],
}

impl WithSimd for Normalise<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { input, gain, epsilon, output } = self;
        let width = gain.len();
        for (x, y) in input.chunks_exact(width).zip(output.chunks_exact_mut(width)) {
            let (vectors, rest) = S::as_simd_f32s(x);
            let mut squares = simd.splat_f32s(0.0);
            for vector in vectors {
                squares = simd.mul_add_e_f32s(*vector, *vector, squares);
            }
            let sum = rest.iter().fold(simd.reduce_sum_f32s(squares), |sum, v| sum + v * v);
            let factor = 1.0 / (sum / width as f32 + epsilon).sqrt();
            for ((y, x), g) in y.iter_mut().zip(x).zip(gain) {
                *y = x * factor * g;
            }
        }
    }
}

/// Takes rows over the last dimension, and one gain and one bias for each of its numbers; mean and
/// variance become 0 and 1 before them.
pub(crate) struct MeanVariance {
    pub(crate) epsilon: f32,
}

impl CustomOp3 for MeanVariance {
    fn name(&self) -> &'static str {
        "mean-variance"
    }

    fn cpu_fwd(
        &self,
        storage: &CpuStorage,
        layout: &Layout,
        gain: &CpuStorage,
        gain_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let input = contiguous(storage, layout)?;
        let gain = contiguous(gain, gain_layout)?;
        let bias = contiguous(bias, bias_layout)?;
        if layout.dims().last() != Some(&gain.len()) || gain.len() != bias.len() {
            candle_core::bail!(
                "{} gains and {} biases for {:?}",
                gain.len(),
                bias.len(),
                layout.shape()
            );
        }
        let mut output = vec![0.0_f32; input.len()];
        let arch = Arch::new();
        let task = (ROWS_PER_TASK * gain.len()).max(1);
        output.par_chunks_mut(task).zip(input.par_chunks(task)).for_each(|(output, input)| {
            arch.dispatch(Standardise { input, gain, bias, epsilon: self.epsilon, output });
        });
        Ok((CpuStorage::F32(output), layout.shape().clone()))
    }
}

struct Standardise<'a> {
    input: &'a [f32],
    gain: &'a [f32],
    bias: &'a [f32],
    epsilon: f32,
    output: &'a mut [f32],
}

impl WithSimd for Standardise<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { input, gain, bias, epsilon, output } = self;
        let width = gain.len();
        let count = width as f32;
        for (x, y) in input.chunks_exact(width).zip(output.chunks_exact_mut(width)) {
            let (vectors, rest) = S::as_simd_f32s(x);
            let mut sums = simd.splat_f32s(0.0);
            for vector in vectors {
                sums = simd.add_f32s(sums, *vector);
            }
            let mean = rest.iter().fold(simd.reduce_sum_f32s(sums), |sum, v| sum + v) / count;
            let means = simd.splat_f32s(mean);
            let mut squares = simd.splat_f32s(0.0);
            for vector in vectors {
                let centred = simd.sub_f32s(*vector, means);
                squares = simd.mul_add_e_f32s(centred, centred, squares);
            }
            let sum = rest
                .iter()
                .fold(simd.reduce_sum_f32s(squares), |sum, v| sum + (v - mean) * (v - mean));
            let factor = 1.0 / (sum / count + epsilon).sqrt();
            for (((y, x), g), b) in y.iter_mut().zip(x).zip(gain).zip(bias) {
                *y = (x - mean) * factor * g + b;
            }
        }
    }
}

/// Norms the queries and the keys of `[batch, position, (heads + 2 groups) head_dim]`; values stay.
pub(crate) struct NormaliseHeads<'a> {
    pub(crate) norms: &'a HeadNorms,
    pub(crate) shape: AttentionShape,
}

impl CustomOp1 for NormaliseHeads<'_> {
    fn name(&self) -> &'static str {
        "normalise-heads"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let input = contiguous(storage, layout)?;
        let (queries, keys) = self.shape.widths();
        let columns = queries + 2 * keys;
        let gains = [&self.norms.queries, &self.norms.keys].map(|gain| gain.len().max(1));
        if layout.dims().last() != Some(&columns) || queries % gains[0] + keys % gains[1] != 0 {
            candle_core::bail!("{gains:?} gains do not fit {:?}", layout.shape());
        }
        let mut output = input.to_vec();
        let arch = Arch::new();
        let task = (ROWS_PER_TASK * columns).max(1);
        output.par_chunks_mut(task).zip(input.par_chunks(task)).for_each(|(output, input)| {
            arch.dispatch(HeadRows { norms: self.norms, queries, keys, input, output });
        });
        Ok((CpuStorage::F32(output), layout.shape().clone()))
    }
}

struct HeadRows<'a> {
    norms: &'a HeadNorms,
    queries: usize,
    keys: usize,
    input: &'a [f32],
    output: &'a mut [f32],
}

impl WithSimd for HeadRows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { norms, queries, keys, input, output } = self;
        let columns = queries + 2 * keys;
        for (input, output) in input.chunks_exact(columns).zip(output.chunks_exact_mut(columns)) {
            let parts = [(0..queries, &norms.queries), (queries..queries + keys, &norms.keys)];
            for (part, gain) in parts {
                let (input, output) = (&input[part.clone()], &mut output[part]);
                Normalise { input, gain, epsilon: norms.epsilon, output }.with_simd(simd);
            }
        }
    }
}
