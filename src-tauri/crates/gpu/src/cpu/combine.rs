//! Sums of rows with weights, and what comes of multiplying by rows forth and back.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::project;
use crate::GpuError;
use crate::rows::{Rows, whole_rows};

/// Rows whose weighted sums are taken in f32; such sums are added up in f64.
const CHUNK: usize = 128;
/// Parts of the rows that are summed apart, whatever the number of threads.
const SHARES: usize = 8;

/// Sums `[columns, width]`, row-major: sum `k` is that of all `rows` (`[rows, width]`), each times its
/// entry in column `k` of `weights` (`[rows, columns]`). Of few rows in f32, of those sums in f64. No
/// columns where there are no rows.
///
/// # Errors
/// Values that are not whole rows, or weights that are not whole columns.
pub fn combine(rows: Rows<'_>, weights: &[f32], width: usize) -> Result<Vec<f64>, GpuError> {
    let count = whole_rows("row", rows.len(), width)?;
    let columns = whole_rows("weight", weights.len(), count)?;
    let mut sums = vec![0.0; columns * width];
    if sums.is_empty() {
        return Ok(sums);
    }
    let share = count.div_ceil(SHARES).next_multiple_of(CHUNK);
    let of_share = |number: usize| {
        let mut sums = vec![0.0; columns * width];
        let last = count.min((number + 1) * share);
        for first in (number * share..last).step_by(CHUNK) {
            let end = last.min(first + CHUNK);
            let weights = weights.get(first * columns..end * columns).unwrap_or_default();
            add(&mut sums, &rows.slice(first * width, end * width), weights, width);
        }
        sums
    };
    let shares: Vec<Vec<f64>> = (0..count.div_ceil(share)).into_par_iter().map(of_share).collect();
    for share in &shares {
        sums.iter_mut().zip(share).for_each(|(sum, part)| *sum += part);
    }
    Ok(sums)
}

/// Adds the weighted sums of some rows.
fn add(sums: &mut [f64], rows: &Rows<'_>, weights: &[f32], width: usize) {
    let count = rows.len() / width;
    let columns = weights.len() / count;
    let mut wide = vec![0.0; rows.len()];
    rows.widen_into(&mut wide);
    let rows = MatRef::from_row_major_slice(&wide, count, width);
    let weights = MatRef::from_row_major_slice(weights, count, columns);
    let mut products = vec![0.0_f32; columns * width];
    let out = MatMut::from_row_major_slice_mut(&mut products, columns, width);
    matmul(out, Accum::Replace, weights.transpose(), rows, 1.0, Par::Seq);
    sums.iter_mut().zip(&products).for_each(|(sum, &product)| *sum += f64::from(product));
}

/// `X'X c` for the rows `X` and each of the vectors `c` in `columns` (`[columns, width]`), in their
/// order: [`combine`] with the scores of [`project`].
///
/// # Errors
/// Values that are not whole rows.
pub fn image(rows: Rows<'_>, columns: &[f32], width: usize) -> Result<Vec<f64>, GpuError> {
    let scores = project(rows, columns, width)?;
    if rows.len() == 0 {
        return Ok(vec![0.0; columns.len()]);
    }
    combine(rows, &scores, width)
}
