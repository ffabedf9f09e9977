//! Matrices from files to panels, in the type they are stored in.

use std::ops::Range;
use std::slice::Chunks;

use pulp::{Arch, Scalar, Simd, WithSimd};
use rayon::prelude::*;

use super::blocks::Blocks;
use super::number::{Bf16, F16, F32, Held, NumberType, bits};
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

    /// Packs a stack of matrices with `inputs` columns; f32 if they are of different types. `None`
    /// where a number is not finite.
    pub(super) fn pack(arch: Arch, stack: &[StoredRows<'_>], inputs: usize) -> Option<Self> {
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
        let dtype = stack.first()?.dtype;
        match dtype {
            NumberType::Bf16 if stack.iter().all(|part| part.dtype == dtype) => {
                fill::<Bf16>([width, half], &rows, inputs, pair).map(Self::Bf16)
            }
            NumberType::F16 if stack.iter().all(|part| part.dtype == dtype) => {
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
