//! `activation(gate) * up` in one pass.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::contiguous;
use super::exponential::exp;

/// The nonlinearity of a feed-forward part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    /// `x / (1 + e^-x)`.
    Silu,
}

/// `[rows, 2 n]`, each row the gate and then the other half, to `[rows, n]`.
pub(crate) struct Gate(pub(crate) Activation);

/// Rows that are worth a task of their own.
const ROWS_PER_TASK: usize = 64;

impl CustomOp1 for Gate {
    fn name(&self) -> &'static str {
        "gate"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, both) = layout.shape().dims2()?;
        let half = both / 2;
        let input = contiguous(storage, layout)?;
        let mut output = vec![0.0_f32; rows * half];
        let arch = Arch::new();
        output
            .par_chunks_mut((half * ROWS_PER_TASK).max(1))
            .zip(input.par_chunks((both * ROWS_PER_TASK).max(1)))
            .for_each(|(output, input)| {
                arch.dispatch(GateRows { activation: self.0, input, half, output });
            });
        Ok((CpuStorage::F32(output), (rows, half).into()))
    }
}

struct GateRows<'a> {
    activation: Activation,
    input: &'a [f32],
    half: usize,
    output: &'a mut [f32],
}

impl WithSimd for GateRows<'_> {
    type Output = ();

    /// Plain loops: compiled for the vectors of `S`, they become vector instructions.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        match self.activation {
            Activation::Silu => self.run(|gate, up| gate * up / (1.0 + exp(-gate))),
        }
    }
}

impl GateRows<'_> {
    #[inline(always)]
    fn run(self, gated: impl Fn(f32, f32) -> f32) {
        let Self { input, half, output, .. } = self;
        for (y, x) in output.chunks_exact_mut(half).zip(input.chunks_exact(2 * half)) {
            let (gate, up) = x.split_at(half);
            for ((y, g), u) in y.iter_mut().zip(gate).zip(up) {
                *y = gated(*g, *u);
            }
        }
    }
}
