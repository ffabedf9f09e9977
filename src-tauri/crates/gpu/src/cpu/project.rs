//! Products of rows with directions.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use crate::GpuError;
use crate::rows::{Rows, whole_rows};

/// Partial sums of a dot product.
const LANES: usize = 16;
/// Directions up to which single dot products are faster than products of matrices.
const FEW: usize = 4;
/// Rows that one task takes.
const ROWS_PER_TASK: usize = 128;

/// Scores `[rows, directions]`, row-major, in f32: dot products of `rows` `[rows, width]` with
/// `directions` `[directions, width]`.
///
/// # Errors
/// [`GpuError::Shape`] when either is not whole rows of `width`.
pub fn project(rows: Rows<'_>, directions: &[f32], width: usize) -> Result<Vec<f32>, GpuError> {
    let n = whole_rows("row", rows.len(), width)?;
    let k = whole_rows("direction", directions.len(), width)?;
    let mut scores = vec![0.0; n * k];
    if scores.is_empty() {
        return Ok(scores);
    }
    scores.par_chunks_mut(ROWS_PER_TASK * k).enumerate().for_each(|(task, out)| {
        let first = task * ROWS_PER_TASK;
        let count = out.len() / k;
        match rows.slice(first * width, (first + count) * width) {
            Rows::F32(rows) => products(rows, directions, width, out),
            half @ Rows::F16(_) => {
                let mut wide = vec![0.0; count * width];
                half.widen_into(&mut wide);
                products(&wide, directions, width, out);
            }
        }
    });
    Ok(scores)
}

/// `out[i, j]`: the product of row `i` of `a` with row `j` of `b`, on one thread.
pub(super) fn products(a: &[f32], b: &[f32], width: usize, out: &mut [f32]) {
    let (rows, columns) = (a.len() / width, b.len() / width);
    if columns <= FEW {
        for (out, row) in out.chunks_exact_mut(columns).zip(a.chunks_exact(width)) {
            for (out, direction) in out.iter_mut().zip(b.chunks_exact(width)) {
                *out = dot(row, direction);
            }
        }
        return;
    }
    let a = MatRef::from_row_major_slice(a, rows, width);
    let b = MatRef::from_row_major_slice(b, columns, width);
    let out = MatMut::from_row_major_slice_mut(out, rows, columns);
    matmul(out, Accum::Replace, a, b.transpose(), 1.0, Par::Seq);
}

/// One partial sum for each lane, which the compiler keeps in vector registers.
fn dot(row: &[f32], direction: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let ((a, a_rest), (b, b_rest)) = (row.as_chunks::<LANES>(), direction.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for ((sum, x), y) in sums.iter_mut().zip(a).zip(b) {
            *sum += x * y;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f32>() + rest
}
