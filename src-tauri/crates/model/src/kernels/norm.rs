//! Root-mean-square normalisation of rows.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::contiguous;

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
