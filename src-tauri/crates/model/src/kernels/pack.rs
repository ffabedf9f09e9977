//! Matrices from files to panels, in the type they are stored in.

use std::ops::Range;

use pulp::{Arch, Scalar, Simd, WithSimd};
use rayon::prelude::*;

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
    /// Of zeros.
    const NONE: Self = Self { dtype: NumberType::F32, bytes: &[], stride: 0 };

    #[inline(always)]
    fn at(&self, input: usize) -> &'a [u8] {
        self.bytes.get(input * self.stride..).unwrap_or_default()
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
        }
    }

    /// The numbers of one output; `panel` is the panels' width.
    pub(super) fn row(&self, output: usize, panel: usize, to: &mut [f32]) {
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
            };
        }
    }

    /// Packs a stack of matrices with `inputs` columns; f32 if they are of different types. `None`
    /// where a number is not finite.
    pub(super) fn pack(arch: Arch, stack: &[StoredRows<'_>], inputs: usize) -> Option<Self> {
        let width = arch.dispatch(Width);
        let rows: Vec<Row<'_>> = stack.iter().flat_map(|part| rows(part, inputs)).collect();
        let half = width / 2;
        let pair = |panel: &[Row<'_>], lane: usize, input: usize| {
            let number = |lane| panel.get(lane).map_or(0, |row: &Row<'_>| bits(row.at(input)));
            number(lane) | number(lane + half) << 16
        };
        let dtype = stack.first()?.dtype;
        match dtype {
            NumberType::Bf16 if stack.iter().all(|part| part.dtype == dtype) => {
                fill::<Bf16>([width, half], &rows, inputs, pair).map(Self::Bf16)
            }
            NumberType::F16 if stack.iter().all(|part| part.dtype == dtype) => {
                fill::<F16>([width, half], &rows, inputs, pair).map(Self::F16)
            }
            _ => fill::<F32>([width, width], &rows, inputs, |panel, lane, input| {
                let row = panel.get(lane).unwrap_or(&Row::NONE);
                row.dtype.widen(row.at(input))
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

/// All panels: `width` outputs and `words` to a row of one, each word by its panel's outputs, its
/// place in the row, and the input.
fn fill<H: Held>(
    [width, words]: [usize; 2],
    rows: &[Row<'_>],
    inputs: usize,
    word: impl Fn(&[Row<'_>], usize, usize) -> H::Word + Sync,
) -> Option<Vec<H::Word>> {
    let mut panels = vec![H::Word::default(); rows.len().div_ceil(width) * inputs * words];
    let finite =
        panels.par_chunks_mut(inputs * words).zip(rows.par_chunks(width)).map(|(panel, rows)| {
            for (step, part) in panel.chunks_mut(STEP * words).enumerate() {
                for lane in 0..words {
                    let targets = part.iter_mut().skip(lane).step_by(words);
                    for (input, target) in targets.enumerate() {
                        *target = word(rows, lane, step * STEP + input);
                    }
                }
            }
            panel.iter().fold(true, |all, word| all & H::is_finite(*word))
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
