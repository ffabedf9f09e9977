//! `y = x W' + b` with `W` packed once, when the model is loaded.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::contiguous;
use super::product::{FEW_ROWS, MANY_ROWS, add_tile, has_many_registers, panel_width};

/// A matrix `[outputs, inputs]` and perhaps a bias, laid out for this processor.
#[derive(Debug)]
pub(crate) struct PackedMatrix {
    inputs: usize,
    outputs: usize,
    /// Panels of outputs, each `[inputs, panel width]`; the last is filled up with zeros.
    panels: Vec<f32>,
    /// As many numbers as all panels are wide; zeros where there is no bias.
    bias: Vec<f32>,
}

/// Inputs taken at a time: a panel of so many stays in the fastest cache.
const DEPTH: usize = 256;

/// Rows of a task at most; a multiple of the rows computed at once.
const ROWS_PER_TASK: usize = 16 * MANY_ROWS;

impl PackedMatrix {
    /// Packs matrices of `inputs` columns, row-major, stacked one below the other. A bias has a
    /// number for every row of the stack.
    pub(crate) fn new(stack: &[Vec<f32>], inputs: usize, bias: Option<Vec<f32>>) -> Self {
        Arch::new().dispatch(PackMatrix { stack, inputs, bias })
    }

    pub(crate) const fn outputs(&self) -> usize {
        self.outputs
    }

    fn multiply(&self, rows: usize, input: &[f32]) -> Vec<f32> {
        let mut output = vec![0.0_f32; rows * self.outputs];
        let share = rows.div_ceil(rayon::current_num_threads()).next_multiple_of(MANY_ROWS);
        let task = share.clamp(MANY_ROWS, ROWS_PER_TASK);
        let arch = Arch::new();
        output
            .par_chunks_mut(task * self.outputs)
            .zip(input.par_chunks(task * self.inputs))
            .for_each(|(output, input)| arch.dispatch(Multiply { matrix: self, input, output }));
        output
    }
}

/// `[rows, inputs]` to `[rows, outputs]`.
impl CustomOp1 for &PackedMatrix {
    fn name(&self) -> &'static str {
        "packed-matrix"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, inputs) = layout.shape().dims2()?;
        if inputs != self.inputs {
            candle_core::bail!("{inputs} inputs for a matrix of {}", self.inputs);
        }
        let output = self.multiply(rows, contiguous(storage, layout)?);
        Ok((CpuStorage::F32(output), (rows, self.outputs).into()))
    }
}

struct PackMatrix<'a> {
    stack: &'a [Vec<f32>],
    inputs: usize,
    bias: Option<Vec<f32>>,
}

impl WithSimd for PackMatrix<'_> {
    type Output = PackedMatrix;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> PackedMatrix {
        let width = panel_width::<S>();
        let outputs = self.stack.iter().map(|matrix| matrix.len() / self.inputs).sum::<usize>();
        let padded = outputs.next_multiple_of(width);
        let mut panels = vec![0.0; padded * self.inputs];
        let rows = self.stack.iter().flat_map(|matrix| matrix.chunks_exact(self.inputs));
        for (output, row) in rows.enumerate() {
            let panel = &mut panels[output / width * width * self.inputs..];
            let column = panel.iter_mut().skip(output % width).step_by(width);
            for (target, value) in column.zip(row) {
                *target = *value;
            }
        }
        let mut bias = self.bias.unwrap_or_default();
        bias.resize(padded, 0.0);
        PackedMatrix { inputs: self.inputs, outputs, panels, bias }
    }
}

struct Multiply<'a> {
    matrix: &'a PackedMatrix,
    input: &'a [f32],
    output: &'a mut [f32],
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if has_many_registers::<S>() {
            self.run::<S, MANY_ROWS>(simd);
        } else {
            self.run::<S, FEW_ROWS>(simd);
        }
    }
}

impl Multiply<'_> {
    #[inline(always)]
    fn run<S: Simd, const R: usize>(self, simd: S) {
        let Self { matrix, input, output } = self;
        let PackedMatrix { inputs, outputs, .. } = *matrix;
        let width = panel_width::<S>();
        let panels =
            matrix.panels.chunks_exact(inputs * width).zip(matrix.bias.chunks_exact(width));
        let last = input.len() / inputs - 1;
        for first in (0..inputs).step_by(DEPTH) {
            let depth = DEPTH.min(inputs - first);
            for (number, (panel, bias)) in panels.clone().enumerate() {
                let panel = &panel[first * width..][..depth * width];
                let columns = width.min(outputs - number * width);
                for (tile, output) in output.chunks_mut(R * outputs).enumerate() {
                    // rows that are missing in the last tile repeat the last and are dropped
                    let rows: [&[f32]; R] = std::array::from_fn(|r| {
                        &input[(tile * R + r).min(last) * inputs + first..][..depth]
                    });
                    let mut sums = [[simd.splat_f32s(0.0); 2]; R];
                    let there = output.chunks_exact(outputs).map(|row| &row[number * width..]);
                    if first == 0 {
                        sums.fill(load(simd, bias));
                    } else {
                        for (sum, row) in sums.iter_mut().zip(there) {
                            *sum = load(simd, &row[..columns]);
                        }
                    }
                    add_tile(simd, rows, panel, &mut sums);
                    for (row, sum) in output.chunks_exact_mut(outputs).zip(&sums) {
                        store(simd, *sum, &mut row[number * width..][..columns]);
                    }
                }
            }
        }
    }
}

/// Two vectors from up to a panel's width of numbers, filled up with zeros.
#[inline(always)]
fn load<S: Simd>(simd: S, from: &[f32]) -> [S::f32s; 2] {
    let (low, high) = from.split_at(from.len().min(S::F32_LANES));
    [simd.partial_load_f32s(low), simd.partial_load_f32s(high)]
}

/// As many numbers of two vectors as there is room for.
#[inline(always)]
fn store<S: Simd>(simd: S, [first, second]: [S::f32s; 2], to: &mut [f32]) {
    let (low, high) = to.split_at_mut(to.len().min(S::F32_LANES));
    simd.partial_store_f32s(low, first);
    simd.partial_store_f32s(high, second);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Small whole numbers: every order of summation gives the same exact sum.
    fn numbers(count: usize, step: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * step) % 13) as f32 - 6.0).collect()
    }

    #[test]
    fn it_is_the_product_for_every_shape_around_the_tiles() {
        for inputs in [1, 7, 64, DEPTH, DEPTH + 1, 2 * DEPTH + 3] {
            for outputs in [1, 15, 16, 31, 33, 64, 100] {
                let upper = numbers(inputs * (outputs / 2), 7);
                let lower = numbers(inputs * (outputs - outputs / 2), 5);
                let bias = (outputs % 2 == 0).then(|| numbers(outputs, 3));
                let matrix =
                    PackedMatrix::new(&[upper.clone(), lower.clone()], inputs, bias.clone());
                let weights = [upper, lower].concat();
                for rows in [1, 5, 6, 7, 11, 12, 13, 25] {
                    let input = numbers(rows * inputs, 11);
                    let output = matrix.multiply(rows, &input);
                    for (x, y) in input.chunks(inputs).zip(output.chunks(outputs)) {
                        for (j, (w, y)) in weights.chunks(inputs).zip(y).enumerate() {
                            let dot: f32 = x.iter().zip(w).map(|(x, w)| x * w).sum();
                            assert_eq!(*y, dot + bias.as_ref().map_or(0.0, |b| b[j]));
                        }
                    }
                }
            }
        }
    }
}
