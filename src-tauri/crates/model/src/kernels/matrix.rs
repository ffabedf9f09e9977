//! `y = x W' + b` with `W` packed once, when the model is loaded, in the type it is stored in or
//! another.
//!
//! Products and sums are of f32 numbers: weights are widened right before they are multiplied.

use std::ops::Range;

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape};
use lens_core::WeightsDtype;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::blocks::{Blocks, QuantisedRows};
use super::contiguous;
use super::number::{Bf16, F16, F32, Held};
use super::pack::{Panels, StoredRows, Width};
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
    panels: Panels,
    /// As many numbers as all panels are wide; zeros where there is no bias.
    bias: Vec<f32>,
}

/// Inputs taken at a time: a panel of so many stays in the fastest cache.
const DEPTH: usize = 256;

/// Rows of a task at most; a multiple of the rows computed at once. Every task goes over the whole
/// matrix: a batch of the usual size is one.
const ROWS_PER_TASK: usize = 43 * MANY_ROWS;

/// Rows for each thread from which on the rows are divided among the threads. Of fewer, each thread
/// computes some outputs, so that the matrix comes from memory once.
const ROWS_OF_A_THREAD: usize = 4 * MANY_ROWS;

/// Numbers of a matrix that are worth a task of their own.
const NUMBERS_PER_TASK: usize = 1 << 16;

impl PackedMatrix {
    /// Packs matrices of `inputs` columns, stacked one below the other. A bias has a number for
    /// every row of the stack. `None` where a number is not finite.
    pub(crate) fn new(
        stack: &[StoredRows<'_>],
        inputs: usize,
        bias: Option<Vec<f32>>,
        held: WeightsDtype,
    ) -> Option<Self> {
        Self::for_arch(Arch::new(), stack, inputs, bias, held)
    }

    pub(super) fn for_arch(
        arch: Arch,
        stack: &[StoredRows<'_>],
        inputs: usize,
        bias: Option<Vec<f32>>,
        held: WeightsDtype,
    ) -> Option<Self> {
        let panels = Panels::pack(arch, stack, inputs, held)?;
        let outputs = stack.iter().map(|part| part.outputs(inputs)).sum::<usize>();
        Some(Self::with_panels(arch, [outputs, inputs], panels, bias))
    }

    /// Takes matrices of `inputs` columns, stacked one below the other, each quantised in its own way,
    /// which they stay unless another type is asked for. `None` where rows are not whole blocks.
    pub(crate) fn of_blocks(
        stack: &[QuantisedRows<'_>],
        inputs: usize,
        bias: Option<Vec<f32>>,
        held: WeightsDtype,
    ) -> Option<Self> {
        let (arch, blocks) = (Arch::new(), Blocks::new(stack, inputs)?);
        let shape = [blocks.outputs(), inputs];
        Some(Self::with_panels(arch, shape, Panels::of_blocks(arch, blocks, inputs, held), bias))
    }

    pub(super) fn with_panels(
        arch: Arch,
        [outputs, inputs]: [usize; 2],
        panels: Panels,
        bias: Option<Vec<f32>>,
    ) -> Self {
        let panel = arch.dispatch(Width);
        let mut bias = bias.unwrap_or_default();
        bias.resize(outputs.next_multiple_of(panel), 0.0);
        Self { arch, inputs, outputs, panel, panels, bias }
    }

    /// Rows of the matrix, `[indices, inputs]`; `None` where there is no such row.
    pub(crate) fn look_up(&self, indices: &[u32]) -> Option<Vec<f32>> {
        if indices.iter().any(|index| *index as usize >= self.outputs) {
            return None;
        }
        let mut rows = vec![0.0; indices.len() * self.inputs];
        for (row, index) in rows.chunks_exact_mut(self.inputs).zip(indices) {
            self.panels.row(*index as usize, self.panel, row);
        }
        Some(rows)
    }

    pub(crate) const fn inputs(&self) -> usize {
        self.inputs
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
    pub(super) fn multiply(&self, rows: usize, input: &[f32], addend: Option<&[f32]>) -> Vec<f32> {
        let threads = rayon::current_num_threads();
        if matches!(self.panels, Panels::Blocks(_)) {
            // widening them costs as much for one row as for all, so each is widened only once
            return self.multiply_divided(rows, input, addend, threads);
        }
        let tasks = threads.min(self.bias.len() * self.inputs / NUMBERS_PER_TASK);
        if rows < threads * ROWS_OF_A_THREAD && tasks > 1 {
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
    pub(super) fn multiply_divided(
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
        match &self.matrix.panels {
            Panels::F32(panels) => self.choose(simd, &Packed::<F32>(panels)),
            Panels::Bf16(panels) => self.choose(simd, &Packed::<Bf16>(panels)),
            Panels::F16(panels) => self.choose(simd, &Packed::<F16>(panels)),
            Panels::Blocks(blocks) => self.choose(simd, blocks),
        }
    }
}

impl Multiply<'_> {
    #[inline(always)]
    fn choose<S: Simd>(self, simd: S, from: &impl Source) {
        let rows = self.input.len() / self.matrix.inputs;
        if rows <= FEWEST_ROWS {
            self.run::<S, FEWEST_ROWS, _>(simd, from);
        } else if has_many_registers::<S>() && rows > FEW_ROWS {
            self.run::<S, MANY_ROWS, _>(simd, from);
        } else {
            self.run::<S, FEW_ROWS, _>(simd, from);
        }
    }

    #[inline(always)]
    fn run<S: Simd, const R: usize, F: Source>(self, simd: S, from: &F) {
        let Self { matrix, input, addend, outputs, output } = self;
        let PackedMatrix { inputs, outputs: all, .. } = *matrix;
        let width = panel_width::<S>();
        let tiles = (input.len() / inputs).div_ceil(R);
        // with one tile nothing is used twice, and panels are best read from front to back
        let most = if F::IS_READ && tiles == 1 { inputs } else { DEPTH.min(inputs) };
        let mut interleaved = vec![0.0_f32; tiles * R * most];
        let mut scratch = vec![0.0_f32; width * DEPTH.min(inputs)];
        for first in (0..inputs).step_by(most) {
            let depth = most.min(inputs - first);
            interleave::<R>(input, inputs, first, depth, &mut interleaved);
            let biases = matrix.bias.chunks_exact(width).skip(outputs.start / width);
            for (start, bias) in outputs.clone().step_by(width).zip(biases) {
                let strip = Strip {
                    rows: &interleaved,
                    inputs: first..first + depth,
                    outputs: start..outputs.end.min(start + width),
                    bias: (first == 0).then_some(bias),
                    addend: addend.filter(|_| first + depth == inputs),
                    addend_columns: all,
                    columns: outputs.len(),
                    skipped: outputs.start,
                };
                from.add::<S, R>(simd, inputs, strip, &mut scratch, output);
            }
        }
    }
}

/// What panels are made from.
trait Source {
    /// Whether panels are read as they lie in memory, rather than made.
    const IS_READ: bool;

    /// Adds the strip's part of the product, of a matrix with so many inputs, to the output.
    /// `scratch` has room for a panel of the strip's inputs.
    fn add<S: Simd, const R: usize>(
        &self,
        simd: S,
        inputs: usize,
        strip: Strip<'_>,
        scratch: &mut [f32],
        output: &mut [f32],
    );
}

/// Panels that are there.
struct Packed<'a, H: Held>(&'a [H::Word]);

impl<H: Held> Source for Packed<'_, H> {
    const IS_READ: bool = true;

    #[inline(always)]
    fn add<S: Simd, const R: usize>(
        &self,
        simd: S,
        inputs: usize,
        strip: Strip<'_>,
        scratch: &mut [f32],
        output: &mut [f32],
    ) {
        let words = H::words::<S>();
        let panel = strip.outputs.start / panel_width::<S>() * inputs;
        let start = (panel + strip.inputs.start) * words;
        let panel = &self.0[start..][..strip.inputs.len() * words];
        if output.len() <= R * strip.columns {
            // one tile: numbers are widened on their way from memory to the product
            strip.add::<S, R, H>(simd, panel, output);
        } else {
            let panel = H::widen_all(simd, panel, scratch);
            strip.add::<S, R, F32>(simd, panel, output);
        }
    }
}

impl Source for Blocks {
    const IS_READ: bool = false;

    #[inline(always)]
    fn add<S: Simd, const R: usize>(
        &self,
        simd: S,
        _inputs: usize,
        strip: Strip<'_>,
        scratch: &mut [f32],
        output: &mut [f32],
    ) {
        let width = panel_width::<S>();
        self.fill(&strip.outputs, &strip.inputs, scratch, width);
        let panel = &scratch[..strip.inputs.len() * width];
        strip.add::<S, R, F32>(simd, panel, output);
    }
}

/// The part of a product that goes with some inputs and the outputs of one panel.
struct Strip<'a> {
    /// The inputs of all rows, interleaved.
    rows: &'a [f32],
    /// Which inputs.
    inputs: Range<usize>,
    /// Which outputs.
    outputs: Range<usize>,
    /// What sums begin with; where there is none, with what the output holds.
    bias: Option<&'a [f32]>,
    /// Added at the end, with as many columns.
    addend: Option<&'a [f32]>,
    addend_columns: usize,
    /// Columns of the output, and the matrix's outputs before them.
    columns: usize,
    skipped: usize,
}

impl Strip<'_> {
    #[inline(always)]
    fn add<S: Simd, const R: usize, H: Held>(self, simd: S, panel: &[H::Word], output: &mut [f32]) {
        let Self { rows, inputs, outputs, bias, addend, columns, skipped, .. } = self;
        let range = outputs.start - skipped..outputs.end - skipped;
        let tiles = output.chunks_mut(R * columns).zip(rows.chunks_exact(R * inputs.len()));
        for (tile, (output, rows)) in tiles.enumerate() {
            let mut sums = [[simd.splat_f32s(0.0); 2]; R];
            if let Some(bias) = bias {
                sums = [load(simd, bias); R];
            } else {
                for (sum, row) in sums.iter_mut().zip(output.chunks_exact(columns)) {
                    *sum = load(simd, &row[range.clone()]);
                }
            }
            let mut sums = add_interleaved::<S, R, H>(simd, rows, panel, sums);
            if let Some(addend) = addend {
                let rows = &addend[tile * R * self.addend_columns..];
                for (sum, row) in sums.iter_mut().zip(rows.chunks_exact(self.addend_columns)) {
                    let other = load(simd, &row[outputs.clone()]);
                    *sum = [simd.add_f32s(sum[0], other[0]), simd.add_f32s(sum[1], other[1])];
                }
            }
            for (row, sum) in output.chunks_exact_mut(columns).zip(sums) {
                store(simd, sum, &mut row[range.clone()]);
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
mod tests;
