//! Activations of the feed-forward part, with a gate or without, in one pass.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::contiguous;
use super::exponential::{erf, exp};

/// The nonlinearity of a feed-forward part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    /// `x / (1 + e^-x)`.
    Silu,
    /// `x (1 + erf(x / sqrt 2)) / 2` (Hendrycks and Gimpel 2016).
    Gelu,
    /// Its approximation `x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2`.
    GeluTanh,
}

impl Activation {
    /// By its name in config.json.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        match name {
            "silu" | "swish" => Some(Self::Silu),
            "gelu" => Some(Self::Gelu),
            "gelu_new" | "gelu_pytorch_tanh" => Some(Self::GeluTanh),
            _ => None,
        }
    }
}

#[inline(always)]
fn silu(x: f32) -> f32 {
    x / (1.0 + exp(-x))
}

#[inline(always)]
fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// `(1 + tanh y) / 2` is `1 / (1 + e^-2y)`.
#[inline(always)]
fn gelu_tanh(x: f32) -> f32 {
    /// `2 sqrt(2 / pi)`.
    const SLOPE: f32 = 1.595_769;
    x / (1.0 + exp(-SLOPE * (x + 0.044_715 * x * x * x)))
}

/// `[rows, 2 n]`, each row the gate and then the other half, to `[rows, n]`.
pub(crate) struct Gate(pub(crate) Activation);

/// Each number of `[rows, n]`.
pub(crate) struct Activate(pub(crate) Activation);

/// Rows that are worth a task of their own.
const ROWS_PER_TASK: usize = 64;

impl CustomOp1 for Activate {
    fn name(&self) -> &'static str {
        "activate"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (_, columns) = layout.shape().dims2()?;
        let mut output = contiguous(storage, layout)?.to_vec();
        let arch = Arch::new();
        output.par_chunks_mut((columns * ROWS_PER_TASK).max(1)).for_each(|numbers| {
            arch.dispatch(ActivateAll { activation: self.0, numbers });
        });
        Ok((CpuStorage::F32(output), layout.shape().clone()))
    }
}

struct ActivateAll<'a> {
    activation: Activation,
    numbers: &'a mut [f32],
}

impl WithSimd for ActivateAll<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        match self.activation {
            Activation::Silu => self.run(silu),
            Activation::Gelu => self.run(gelu),
            Activation::GeluTanh => self.run(gelu_tanh),
        }
    }
}

impl ActivateAll<'_> {
    #[inline(always)]
    fn run(self, activation: impl Fn(f32) -> f32) {
        for x in self.numbers {
            *x = activation(*x);
        }
    }
}

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
            // in this order of operations since the first version: results stay the same bits
            Activation::Silu => self.run(|gate, up| gate * up / (1.0 + exp(-gate))),
            Activation::Gelu => self.run(|gate, up| gelu(gate) * up),
            Activation::GeluTanh => self.run(|gate, up| gelu_tanh(gate) * up),
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

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::*;

    #[test]
    fn they_are_the_activations_by_definition_with_a_gate_and_without() {
        let x: Vec<f32> = (-800..=800).map(|i| i as f32 / 100.0 + 0.001).collect();
        let up: Vec<f32> = x.iter().map(|x| 1.0 - x / 3.0).collect();
        let row = |numbers: &[f32]| Tensor::from_slice(numbers, (1, numbers.len()), &Device::Cpu);
        let plain = row(&x).unwrap();
        let gated = row(&[&x[..], &up[..]].concat()).unwrap();
        // candle's own, which share no code with ours
        let truths = [
            (Activation::Silu, plain.silu().unwrap()),
            (Activation::Gelu, plain.gelu_erf().unwrap()),
            (Activation::GeluTanh, plain.gelu().unwrap()),
        ];
        for (activation, truth) in truths {
            let mine = plain.apply_op1_no_bwd(&Activate(activation)).unwrap();
            let gated = gated.apply_op1_no_bwd(&Gate(activation)).unwrap();
            let numbers = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let rows = numbers(&mine).into_iter().zip(numbers(&gated)).zip(numbers(&truth));
            for (i, ((mine, gated), truth)) in rows.enumerate() {
                assert!((mine - truth).abs() < 2e-6, "{activation:?} {}: {mine} {truth}", x[i]);
                assert!((gated - truth * up[i]).abs() < 6e-6, "{activation:?} {}", x[i]);
            }
        }
    }
}
