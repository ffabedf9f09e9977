//! Matrices from files to panels, in the type they are stored in or in the one asked for.

use std::ops::Range;
use std::slice::Chunks;

use lens_core::WeightsDtype;
use pulp::{Arch, Scalar, Simd, WithSimd};
use rayon::prelude::*;

use super::blocks::Blocks;
use super::number::{Bf16, F16, F32, Held, NumberType, bits, to_bf16};
use super::product::panel_width;

/// Rows of a matrix as they lie in a file, one below the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoredRows<'a> {
    pub(crate) dtype: NumberType,
    /// Little-endian numbers, without gaps.
    pub(crate) bytes: &'a [u8],
    /// The matrix is stored `[inputs, outputs]`: columns of the file are the rows.
    pub(crate) transposed: bool,
}

impl<'a> StoredRows<'a> {
    /// Some of the rows, of `inputs` numbers each, if they lie one below the other.
    pub(crate) fn range(&self, inputs: usize, rows: &Range<usize>) -> Self {
        let row = inputs * self.dtype.size();
        let bytes: &'a [u8] = self.bytes.get(rows.start * row..rows.end * row).unwrap_or_default();
        Self { bytes, ..*self }
    }

    pub(super) fn outputs(&self, inputs: usize) -> usize {
        self.bytes.len() / self.dtype.size() / inputs
    }

    /// Whether no number is infinite or none.
    pub(crate) fn is_finite(&self) -> bool {
        let mut numbers = self.bytes.chunks_exact(self.dtype.size());
        numbers.all(|number| self.dtype.widen(number).is_finite())
    }

    /// The same of the bf16 numbers that they are rounded to.
    pub(crate) fn is_finite_as_bf16(&self) -> bool {
        let mut numbers = self.bytes.chunks_exact(self.dtype.size());
        numbers.all(|number| Bf16::is_finite(to_bf16(self.dtype.widen(number))))
    }
}

/// Numbers of a matrix in panels of outputs, each `[inputs, panel width]`; the last is filled up
/// with zeros.
#[derive(Debug)]
pub(super) enum Panels {
    F32(Vec<f32>),
    /// Two numbers to a word.
    Bf16(Vec<u32>),
    /// Two numbers to a word.
    F16(Vec<u32>),
    /// No panels: they are made when they are needed.
    Blocks(Blocks),
}

/// One output: where its numbers lie.
#[derive(Debug, Clone, Copy)]
struct Row<'a> {
    dtype: NumberType,
    /// From its first number on.
    bytes: &'a [u8],
    /// Bytes from number to number.
    stride: usize,
}

impl<'a> Row<'a> {
    /// Its numbers from input `first` on, each at the beginning of a slice.
    #[inline(always)]
    fn numbers(&self, first: usize) -> Chunks<'a, u8> {
        self.bytes.get(first * self.stride..).unwrap_or_default().chunks(self.stride)
    }
}

/// Inputs packed at a time: so many of a panel's rows stay in the fastest cache.
const STEP: usize = 64;

impl Panels {
    /// Bytes in memory.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::F32(numbers) => size_of_val(numbers.as_slice()),
            Self::Bf16(pairs) | Self::F16(pairs) => size_of_val(pairs.as_slice()),
            Self::Blocks(blocks) => blocks.bytes(),
        }
    }

    /// The numbers of one output; `panel` is the panels' width.
    pub(super) fn row(&self, output: usize, panel: usize, to: &mut [f32]) {
        if let Self::Blocks(blocks) = self {
            return blocks.row(output, to);
        }
        let (first, lane) = (output / panel * to.len(), output % panel);
        let half = panel / 2;
        for (input, number) in to.iter_mut().enumerate() {
            let row = first + input;
            *number = match self {
                Self::F32(numbers) => numbers[row * panel + lane],
                Self::Bf16(pairs) => {
                    Bf16::widen(Scalar, pairs[row * half + lane % half])[lane / half]
                }
                Self::F16(pairs) => {
                    F16::widen(Scalar, pairs[row * half + lane % half])[lane / half]
                }
                Self::Blocks(_) => 0.0,
            };
        }
    }

    /// Packs a stack of matrices with `inputs` columns; as they are stored means f32 if they are of
    /// different types. `None` where a number is not finite.
    pub(super) fn pack(
        arch: Arch,
        stack: &[StoredRows<'_>],
        inputs: usize,
        held: WeightsDtype,
    ) -> Option<Self> {
        let width = arch.dispatch(Width);
        let mut rows: Vec<Row<'_>> = stack.iter().flat_map(|part| rows(part, inputs)).collect();
        let zeros = vec![0; inputs * size_of::<f32>()];
        let filling = Row { dtype: NumberType::F32, bytes: &zeros, stride: size_of::<f32>() };
        rows.resize(rows.len().next_multiple_of(width), filling);
        let half = width / 2;
        let pair = |rows: &[Row<'_>], lane: usize, first: usize, part: &mut [u32]| {
            let (low, high) = (rows[lane].numbers(first), rows[lane + half].numbers(first));
            for ((row, low), high) in part.chunks_exact_mut(half).zip(low).zip(high) {
                row[lane] = bits(low) | bits(high) << 16;
            }
        };
        let rounded_pair = |rows: &[Row<'_>], lane: usize, first: usize, part: &mut [u32]| {
            let [low, high] = [rows[lane], rows[lane + half]];
            let numbers = low.numbers(first).zip(high.numbers(first));
            for (row, numbers) in part.chunks_exact_mut(half).zip(numbers) {
                let [low, high] = [low.dtype.widen(numbers.0), high.dtype.widen(numbers.1)];
                row[lane] = to_bf16(low) | to_bf16(high) << 16;
            }
        };
        let dtype = stack.first()?.dtype;
        let common = stack.iter().all(|part| part.dtype == dtype).then_some(dtype);
        match (held, common) {
            (WeightsDtype::Stored | WeightsDtype::Bf16, Some(NumberType::Bf16)) => {
                fill::<Bf16>([width, half], &rows, inputs, pair).map(Self::Bf16)
            }
            (WeightsDtype::Bf16, _) => {
                fill::<Bf16>([width, half], &rows, inputs, rounded_pair).map(Self::Bf16)
            }
            (WeightsDtype::Stored, Some(NumberType::F16)) => {
                fill::<F16>([width, half], &rows, inputs, pair).map(Self::F16)
            }
            _ => fill::<F32>([width, width], &rows, inputs, |rows, lane, first, part| {
                let source = rows[lane];
                for (row, number) in part.chunks_exact_mut(width).zip(source.numbers(first)) {
                    row[lane] = source.dtype.widen(number);
                }
            })
            .map(Self::F32),
        }
    }
}

impl Panels {
    /// From blocks: as they are, or widened, or rounded after that.
    pub(super) fn of_blocks(arch: Arch, blocks: Blocks, inputs: usize, held: WeightsDtype) -> Self {
        let width = arch.dispatch(Width);
        let outputs = blocks.outputs();
        let panels = outputs.div_ceil(width);
        let widen = |panel: usize, to: &mut [f32]| {
            let rows = panel * width..outputs.min((panel + 1) * width);
            blocks.fill(&rows, &(0..inputs), to, width);
        };
        match held {
            WeightsDtype::Stored => Self::Blocks(blocks),
            WeightsDtype::F32 => {
                let mut all = vec![0.0_f32; panels * inputs * width];
                let parts = all.par_chunks_mut(inputs * width).enumerate();
                parts.for_each(|(panel, part)| widen(panel, part));
                Self::F32(all)
            }
            WeightsDtype::Bf16 => {
                let half = width / 2;
                let mut all = vec![0_u32; panels * inputs * half];
                let parts = all.par_chunks_mut(inputs * half).enumerate();
                parts.for_each(|(panel, part)| {
                    let mut wide = vec![0.0_f32; inputs * width];
                    widen(panel, &mut wide);
                    for (words, row) in part.chunks_exact_mut(half).zip(wide.chunks_exact(width)) {
                        let (low, high) = row.split_at(half);
                        for ((word, low), high) in words.iter_mut().zip(low).zip(high) {
                            *word = to_bf16(*low) | to_bf16(*high) << 16;
                        }
                    }
                });
                Self::Bf16(all)
            }
        }
    }
}

fn rows<'a>(part: &StoredRows<'a>, inputs: usize) -> impl Iterator<Item = Row<'a>> {
    let StoredRows { dtype, bytes, transposed } = *part;
    let (outputs, size) = (part.outputs(inputs), dtype.size());
    let (stride, between) = if transposed { (outputs * size, size) } else { (size, inputs * size) };
    (0..outputs).map(move |output| Row {
        dtype,
        bytes: bytes.get(output * between..).unwrap_or_default(),
        stride,
    })
}

/// All panels of `width` outputs, `words` to a row; there are rows for whole panels. `put` fills a
/// lane of a part of a panel, from input `first` on.
fn fill<H: Held>(
    [width, words]: [usize; 2],
    rows: &[Row<'_>],
    inputs: usize,
    put: impl Fn(&[Row<'_>], usize, usize, &mut [H::Word]) + Sync,
) -> Option<Vec<H::Word>> {
    let mut panels = vec![H::Word::default(); rows.len() / width * inputs * words];
    let finite =
        panels.par_chunks_mut(inputs * words).zip(rows.par_chunks(width)).map(|(panel, rows)| {
            let mut finite = true;
            for (step, part) in panel.chunks_mut(STEP * words).enumerate() {
                for lane in 0..words {
                    put(rows, lane, step * STEP, part);
                }
                finite &= part.iter().fold(true, |all, word| all & H::is_finite(*word));
            }
            finite
        });
    finite.reduce(|| true, |a, b| a & b).then_some(panels)
}

/// The panels' width.
pub(super) struct Width;

impl WithSimd for Width {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> usize {
        panel_width::<S>()
    }
}
