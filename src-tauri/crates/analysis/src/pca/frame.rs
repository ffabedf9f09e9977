//! Where the origin lies and how long a unit is: what rows are centred by, block after block.

use std::ops::Range;

use faer::traits::ComplexField;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::blocks::{RowBlocks, even_blocks};
use crate::AnalysisError;

/// Rows that are read together.
const BLOCK: usize = 4096;
/// Rows whose sums are taken together; fixed, so that threads change no sum.
const CHUNK: usize = 256;

/// The number type of a product.
pub(super) trait Element: ComplexField + Copy + Default + Into<f64> + Send + Sync {
    /// Rounded.
    fn of(value: f64) -> Self;
}

impl Element for f32 {
    #[inline(always)]
    fn of(value: f64) -> Self {
        value as Self
    }
}

impl Element for f64 {
    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }
}

/// The mean row, and a scale at which squares neither overflow nor vanish.
pub(super) struct Frame {
    pub(super) rows: usize,
    pub(super) width: usize,
    /// Everything is first taken relative to the first row, so that equal values leave exactly zero
    /// and a distant origin costs no digits.
    first: Vec<f32>,
    offset: Vec<f64>,
    /// A power of two, so that scaling rounds nothing; none where all rows are equal.
    pub(super) scale: Option<f64>,
}

impl Frame {
    /// Of no rows.
    pub(super) const fn empty() -> Self {
        Self { rows: 0, width: 0, first: Vec::new(), offset: Vec::new(), scale: None }
    }

    /// Reads all rows once.
    pub(super) fn of<S: RowBlocks>(source: &mut S) -> Result<Self, S::Error> {
        let width = source.width();
        let mut first: Vec<f32> = Vec::new();
        let mut total = Sums { sums: vec![0.0; width], farthest: 0.0 };
        let rows = even_blocks(source, BLOCK, |before, block| {
            if before == 0 {
                first = block.iter().take(width).copied().collect();
            }
            let arch = Arch::new();
            let chunks: Vec<Sums> = block
                .par_chunks(CHUNK * width.max(1))
                .map(|rows| arch.dispatch(Summed { rows, first: &first }))
                .collect();
            for chunk in &chunks {
                total.add(chunk);
            }
            // No sum of finite f32 values leaves f64.
            if total.sums.iter().all(|sum| sum.is_finite()) {
                return Ok(());
            }
            let at = block.iter().position(|value| !value.is_finite()).unwrap_or_default();
            let (row, column) = (before + at / width.max(1), at % width.max(1));
            Err(AnalysisError::NonFiniteActivation { layer: None, row, column })
        })?;
        let offset = total.sums.iter().map(|sum| sum / rows.max(1) as f64).collect();
        let farthest = total.farthest;
        let scale = (farthest > 0.0).then(|| (-farthest.log2().floor()).exp2());
        Ok(Self { rows, width, first, offset, scale })
    }

    /// The mean row.
    pub(super) fn mean(&self) -> Vec<f64> {
        self.first
            .iter()
            .zip(&self.offset)
            .map(|(&first, offset)| f64::from(first) + offset)
            .collect()
    }

    /// As [`even_blocks`], for the rows that this frame is of.
    pub(super) fn each_block<S: RowBlocks>(
        &self,
        source: &mut S,
        rows: usize,
        mut take: impl FnMut(usize, &[f32]),
    ) -> Result<(), S::Error> {
        let changed = AnalysisError::RowsChanged { expected: self.rows };
        let found = even_blocks(source, rows, |before, block| {
            if before + block.len() / self.width.max(1) > self.rows {
                return Err(changed.clone());
            }
            take(before, block);
            Ok(())
        })?;
        if found == self.rows { Ok(()) } else { Err(changed.into()) }
    }

    /// Some columns of some whole rows around the mean, scaled.
    pub(super) fn centre<T: Element>(&self, rows: &[f32], columns: Range<usize>, out: &mut [T]) {
        let scale = self.scale.unwrap_or(1.0);
        Arch::new().dispatch(Centred { frame: self, rows, columns, scale, out });
    }
}

/// Sums of rows less the first row, and how far from that the farthest value lies.
struct Sums {
    sums: Vec<f64>,
    farthest: f64,
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, other)| *sum += other);
        self.farthest = self.farthest.max(other.farthest);
    }
}

/// The sums of some rows, compiled for each set of vector instructions.
struct Summed<'a> {
    rows: &'a [f32],
    first: &'a [f32],
}

impl WithSimd for Summed<'_> {
    type Output = Sums;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Sums {
        let width = self.first.len();
        let mut sums = vec![0.0_f64; width];
        let mut farthest = vec![0.0_f64; width];
        for row in self.rows.chunks_exact(width.max(1)) {
            let of_column = sums.iter_mut().zip(&mut farthest).zip(row).zip(self.first);
            for (((sum, farthest), &value), &first) in of_column {
                let off = f64::from(value) - f64::from(first);
                *sum += off;
                *farthest = if off.abs() > *farthest { off.abs() } else { *farthest };
            }
        }
        Sums { sums, farthest: farthest.into_iter().fold(0.0, f64::max) }
    }
}

/// Rows around the mean, compiled for each set of vector instructions.
struct Centred<'a, T> {
    frame: &'a Frame,
    rows: &'a [f32],
    columns: Range<usize>,
    scale: f64,
    out: &'a mut [T],
}

impl<T: Element> WithSimd for Centred<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { frame, rows, columns, scale, out } = self;
        let (first, offset) = (&frame.first[columns.clone()], &frame.offset[columns.clone()]);
        let rows = rows.chunks_exact(frame.width.max(1));
        for (out, row) in out.chunks_exact_mut(columns.len().max(1)).zip(rows) {
            let of_column = out.iter_mut().zip(&row[columns.clone()]).zip(first).zip(offset);
            for (((out, &value), &first), offset) in of_column {
                *out = T::of((f64::from(value) - f64::from(first) - offset) * scale);
            }
        }
    }
}
