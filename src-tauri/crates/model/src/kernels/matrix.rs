//! `y = x W' + b` with `W` packed once, when the model is loaded.

use std::ops::Range;

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::contiguous;
use super::product::{
    FEW_ROWS, FEWEST_ROWS, MANY_ROWS, add_interleaved, has_many_registers, interleave, panel_width,
};

/// A matrix `[outputs, inputs]` and perhaps a bias, laid out for this processor.
#[derive(Debug)]
pub(crate) struct PackedMatrix {
    /// The vectors that the panels are as wide as.
    arch: Arch,
    inputs: usize,
    outputs: usize,
    /// Outputs in a panel.
    panel: usize,
    /// Panels of outputs, each `[inputs, panel width]`; the last is filled up with zeros.
    panels: Vec<f32>,
    /// As many numbers as all panels are wide; zeros where there is no bias.
    bias: Vec<f32>,
}

/// Inputs taken at a time: a panel of so many stays in the fastest cache.
const DEPTH: usize = 256;

/// Rows of a task at most; a multiple of the rows computed at once.
const ROWS_PER_TASK: usize = 16 * MANY_ROWS;

/// Numbers of a matrix that are worth a task of their own.
const NUMBERS_PER_TASK: usize = 1 << 16;

impl PackedMatrix {
    /// Packs matrices of `inputs` columns, row-major, stacked one below the other. A bias has a
    /// number for every row of the stack.
    pub(crate) fn new(stack: &[Vec<f32>], inputs: usize, bias: Option<Vec<f32>>) -> Self {
        Self::for_arch(Arch::new(), stack, inputs, bias)
    }

    fn for_arch(arch: Arch, stack: &[Vec<f32>], inputs: usize, bias: Option<Vec<f32>>) -> Self {
        arch.dispatch(PackMatrix { arch, stack, inputs, bias })
    }

    pub(crate) const fn outputs(&self) -> usize {
        self.outputs
    }

    fn rows(&self, input: &Layout) -> Result<usize> {
        let (rows, inputs) = input.shape().dims2()?;
        if inputs != self.inputs {
            candle_core::bail!("{inputs} inputs for a matrix of {}", self.inputs);
        }
        Ok(rows)
    }

    /// `[rows, inputs]` to `[rows, outputs]`; `addend`, of the latter shape, is added at the end.
    fn multiply(&self, rows: usize, input: &[f32], addend: Option<&[f32]>) -> Vec<f32> {
        let threads = rayon::current_num_threads();
        let tasks = threads.min(self.panels.len() / NUMBERS_PER_TASK);
        if rows <= FEWEST_ROWS && tasks > 1 {
            return self.multiply_divided(rows, input, addend, tasks);
        }
        let mut output = vec![0.0_f32; rows * self.outputs];
        let share = rows.div_ceil(threads).next_multiple_of(MANY_ROWS);
        let task = share.clamp(MANY_ROWS, ROWS_PER_TASK);
        output
            .par_chunks_mut(task * self.outputs)
            .zip(input.par_chunks(task * self.inputs))
            .enumerate()
            .for_each(|(number, (output, input))| {
                let addend = addend.and_then(|a| a.get(number * task * self.outputs..));
                let outputs = 0..self.outputs;
                self.arch.dispatch(Multiply { matrix: self, input, addend, outputs, output });
            });
        output
    }

    /// The same with the outputs divided among the threads rather than the rows.
    fn multiply_divided(
        &self,
        rows: usize,
        input: &[f32],
        addend: Option<&[f32]>,
        tasks: usize,
    ) -> Vec<f32> {
        let share = self.outputs.div_ceil(tasks).next_multiple_of(self.panel);
        let parts: Vec<(Range<usize>, Vec<f32>)> = (0..self.outputs.div_ceil(share))
            .into_par_iter()
            .map(|task| {
                let outputs = task * share..self.outputs.min((task + 1) * share);
                let mut part = vec![0.0_f32; rows * outputs.len()];
                let (outputs_of_part, output) = (outputs.clone(), &mut part);
                self.arch.dispatch(Multiply {
                    matrix: self,
                    input,
                    addend,
                    outputs: outputs_of_part,
                    output,
                });
                (outputs, part)
            })
            .collect();
        let mut output = vec![0.0_f32; rows * self.outputs];
        for (outputs, part) in parts {
            let rows = output.chunks_exact_mut(self.outputs);
            for (row, part) in rows.zip(part.chunks_exact(outputs.len())) {
                row[outputs.clone()].copy_from_slice(part);
            }
        }
        output
    }
}

/// `[rows, inputs]` to `[rows, outputs]`.
impl CustomOp1 for &PackedMatrix {
    fn name(&self) -> &'static str {
        "packed-matrix"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let rows = self.rows(layout)?;
        let output = self.multiply(rows, contiguous(storage, layout)?, None);
        Ok((CpuStorage::F32(output), (rows, self.outputs).into()))
    }
}

/// `[rows, inputs]` and `[rows, outputs]` to the product plus the second.
impl CustomOp2 for &PackedMatrix {
    fn name(&self) -> &'static str {
        "packed-matrix-add"
    }

    fn cpu_fwd(
        &self,
        storage: &CpuStorage,
        layout: &Layout,
        addend: &CpuStorage,
        addend_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let rows = self.rows(layout)?;
        if addend_layout.shape().dims2()? != (rows, self.outputs) {
            candle_core::bail!("a sum of {rows}x{} and {addend_layout:?}", self.outputs);
        }
        let addend = contiguous(addend, addend_layout)?;
        let output = self.multiply(rows, contiguous(storage, layout)?, Some(addend));
        Ok((CpuStorage::F32(output), (rows, self.outputs).into()))
    }
}

struct PackMatrix<'a> {
    arch: Arch,
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
        PackedMatrix { arch: self.arch, inputs: self.inputs, outputs, panel: width, panels, bias }
    }
}

struct Multiply<'a> {
    matrix: &'a PackedMatrix,
    input: &'a [f32],
    /// `[rows, all outputs]`.
    addend: Option<&'a [f32]>,
    /// Outputs to compute, from the first of a panel on.
    outputs: Range<usize>,
    /// `[rows, these outputs]`.
    output: &'a mut [f32],
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if self.input.len() <= FEWEST_ROWS * self.matrix.inputs {
            self.run::<S, FEWEST_ROWS>(simd);
        } else if has_many_registers::<S>() {
            self.run::<S, MANY_ROWS>(simd);
        } else {
            self.run::<S, FEW_ROWS>(simd);
        }
    }
}

impl Multiply<'_> {
    #[inline(always)]
    fn run<S: Simd, const R: usize>(self, simd: S) {
        let Self { matrix, input, addend, outputs, output } = self;
        let PackedMatrix { inputs, outputs: all, .. } = *matrix;
        let (skipped, outputs) = (outputs.start, outputs.len());
        let width = panel_width::<S>();
        let panels =
            matrix.panels.chunks_exact(inputs * width).zip(matrix.bias.chunks_exact(width));
        let panels = panels.skip(skipped / width).take(outputs.div_ceil(width));
        let tiles = (input.len() / inputs).div_ceil(R);
        let mut interleaved = vec![0.0_f32; tiles * R * DEPTH.min(inputs)];
        for first in (0..inputs).step_by(DEPTH) {
            let depth = DEPTH.min(inputs - first);
            interleave::<R>(input, inputs, first, depth, &mut interleaved);
            for (number, (panel, bias)) in panels.clone().enumerate() {
                let panel = &panel[first * width..][..depth * width];
                let start = number * width;
                let columns = width.min(outputs - start);
                let tiles = output.chunks_mut(R * outputs).zip(interleaved.chunks_exact(R * depth));
                for (tile, (output, rows)) in tiles.enumerate() {
                    let mut sums = [load(simd, bias); R];
                    if first > 0 {
                        for (sum, row) in sums.iter_mut().zip(output.chunks_exact(outputs)) {
                            *sum = load(simd, &row[start..][..columns]);
                        }
                    }
                    let mut sums = add_interleaved(simd, rows, panel, sums);
                    if let Some(addend) = addend.filter(|_| first + depth == inputs) {
                        let rows = addend[tile * R * all..].chunks_exact(all);
                        for (sum, row) in sums.iter_mut().zip(rows) {
                            let other = load(simd, &row[skipped + start..][..columns]);
                            *sum =
                                [simd.add_f32s(sum[0], other[0]), simd.add_f32s(sum[1], other[1])];
                        }
                    }
                    for (row, sum) in output.chunks_exact_mut(outputs).zip(sums) {
                        store(simd, sum, &mut row[start..][..columns]);
                    }
                }
            }
        }
    }
}

/// Two vectors from up to a panel's width of numbers, filled up with zeros.
#[inline(always)]
fn load<S: Simd>(simd: S, from: &[f32]) -> [S::f32s; 2] {
    if let Some(pair) = S::as_simd_f32s(from).0.first_chunk::<2>() {
        return *pair;
    }
    let (low, high) = from.split_at(from.len().min(S::F32_LANES));
    [simd.partial_load_f32s(low), simd.partial_load_f32s(high)]
}

/// As many numbers of two vectors as there is room for.
#[inline(always)]
fn store<S: Simd>(simd: S, pair: [S::f32s; 2], to: &mut [f32]) {
    if let Some(target) = S::as_mut_simd_f32s(to).0.first_chunk_mut::<2>() {
        *target = pair;
        return;
    }
    let (low, high) = to.split_at_mut(to.len().min(S::F32_LANES));
    simd.partial_store_f32s(low, pair[0]);
    simd.partial_store_f32s(high, pair[1]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::every_arch;

    /// Small whole numbers: every order of summation gives the same exact sum.
    fn numbers(count: usize, step: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * step) % 13) as f32 - 6.0).collect()
    }

    #[test]
    fn it_is_the_product_for_every_shape_around_the_tiles() {
        for arch in every_arch() {
            check(arch);
        }
    }

    fn check(arch: Arch) {
        for inputs in [1, 7, 64, DEPTH, DEPTH + 1, 2 * DEPTH + 3] {
            for outputs in [1, 15, 16, 31, 33, 64, 100] {
                let upper = numbers(inputs * (outputs / 2), 7);
                let lower = numbers(inputs * (outputs - outputs / 2), 5);
                let bias = (outputs % 2 == 0).then(|| numbers(outputs, 3));
                let matrix = PackedMatrix::for_arch(
                    arch,
                    &[upper.clone(), lower.clone()],
                    inputs,
                    bias.clone(),
                );
                let weights = [upper, lower].concat();
                for rows in [1, 3, 4, 5, 6, 7, 11, 12, 13, 25] {
                    let input = numbers(rows * inputs, 11);
                    let addend = numbers(rows * outputs, 2);
                    let plain = matrix.multiply(rows, &input, None);
                    let added = matrix.multiply(rows, &input, Some(&addend));
                    for tasks in 1..4 {
                        let divided = matrix.multiply_divided(rows, &input, Some(&addend), tasks);
                        assert_eq!(divided, added);
                    }
                    for (i, x) in input.chunks(inputs).enumerate() {
                        for (j, w) in weights.chunks(inputs).enumerate() {
                            let dot: f32 = x.iter().zip(w).map(|(x, w)| x * w).sum();
                            let sum = dot + bias.as_ref().map_or(0.0, |b| b[j]);
                            let at = i * outputs + j;
                            assert_eq!(plain[at], sum);
                            assert_eq!(added[at], sum + addend[at]);
                        }
                    }
                }
            }
        }
    }
}
