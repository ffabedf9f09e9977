//! The leading eigenvectors of a matrix of products that is at hand.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{cholesky_in_place, cholesky_in_place_scratch};
use faer::linalg::matmul::matmul;
use faer::prelude::default;
use faer::{Accum, Mat, MatRef, Par};
use rayon::prelude::*;

use super::Axis;
use super::krylov::{Search, leading};
use crate::AnalysisError;
use crate::eigen::symmetric_eigen;

/// Most rows whose eigenvectors are all computed.
const SMALL: usize = 192;
/// Rows for each eigenvector wanted from which those are searched for by themselves.
const FEW: usize = 8;
/// Vectors that the matrix is multiplied by at once.
const BLOCK: usize = 16;
/// Rows of the matrix that one task multiplies.
const ROWS: usize = 256;
/// An eigenvalue missed, as a share of the last one found, that is a tie.
const TIE: f64 = 1e-5;

/// The first `wanted` eigenvectors of `matrix`, whose entries are sums of `summed` products, or as
/// many as there are.
pub(super) fn axes(
    matrix: &Mat<f64>,
    summed: usize,
    wanted: usize,
) -> Result<Vec<Axis>, AnalysisError> {
    match quick(matrix, summed, wanted)? {
        Some(axes) => Ok(axes),
        None => all(matrix, summed, wanted),
    }
}

/// The same, or none where a search for so few of so many does not settle them.
pub(super) fn quick(
    matrix: &Mat<f64>,
    summed: usize,
    wanted: usize,
) -> Result<Option<Vec<Axis>>, AnalysisError> {
    let size = matrix.nrows();
    if size <= SMALL || size < FEW * wanted {
        return all(matrix, summed, wanted).map(Some);
    }
    let rounding = rounding(size, summed);
    let most = (BLOCK * 8 + 6 * wanted).min(size);
    let search = Search { block: BLOCK, residual: 1e-8, floor: 1e-14, rounding, most };
    let found =
        leading(size, wanted, &search, |columns| Ok::<_, AnalysisError>(times(matrix, columns)))?;
    Ok(found.filter(|axes| is_all(matrix, axes, wanted, rounding)))
}

/// What lies below this share of the largest eigenvalue is no variance of the rows.
pub(super) fn rounding(size: usize, summed: usize) -> f64 {
    4.0 * f64::EPSILON * size.max(summed) as f64
}

fn all(matrix: &Mat<f64>, summed: usize, wanted: usize) -> Result<Vec<Axis>, AnalysisError> {
    let size = matrix.nrows();
    let (values, vectors) = symmetric_eigen(matrix.as_ref())?;
    let least = rounding(size, summed) * values.last().copied().unwrap_or(0.0);
    Ok((0..size)
        .rev()
        .take(wanted)
        .take_while(|&i| values[i] > least)
        .map(|i| Axis { vector: vectors.col(i).iter().copied().collect(), squares: values[i] })
        .collect())
}

/// `matrix columns`, for a symmetric matrix.
fn times(matrix: &Mat<f64>, columns: MatRef<'_, f64>) -> Mat<f64> {
    let starts: Vec<usize> = (0..matrix.ncols()).step_by(ROWS).collect();
    let parts: Vec<Mat<f64>> = starts
        .par_iter()
        .map(|&start| {
            let rows = matrix.subcols(start, ROWS.min(matrix.ncols() - start)).transpose();
            let mut part = Mat::zeros(rows.nrows(), columns.ncols());
            matmul(part.as_mut(), Accum::Replace, rows, columns, 1.0, Par::Seq);
            part
        })
        .collect();
    let mut whole = Mat::zeros(matrix.nrows(), columns.ncols());
    for (start, part) in starts.into_iter().zip(&parts) {
        whole.subrows_mut(start, part.nrows()).copy_from(part);
    }
    whole
}

/// Whether no eigenvalue beside those of `axes` is larger than the last of them (or than rounding,
/// where there are fewer than wanted): then what is left of `matrix` without them, taken from that
/// number times the identity, is positive definite.
fn is_all(matrix: &Mat<f64>, axes: &[Axis], wanted: usize, rounding: f64) -> bool {
    let size = matrix.nrows();
    let largest = axes.first().map_or(0.0, |axis| axis.squares);
    let smallest = axes.last().map_or(0.0, |axis| axis.squares);
    let bound = if axes.len() < wanted { 2.0 * rounding * largest } else { (1.0 + TIE) * smallest };
    let vectors = Mat::from_fn(size, axes.len(), |row, i| axes[i].vector[row]);
    let scaled = Mat::from_fn(size, axes.len(), |row, i| axes[i].squares * axes[i].vector[row]);
    let mut left = Mat::from_fn(size, size, |row, column| {
        let bound = if row == column { bound } else { 0.0 };
        bound - matrix[(row, column)]
    });
    matmul(left.as_mut(), Accum::Add, &scaled, vectors.transpose(), 1.0, Par::Seq);
    pivots(left).is_some()
}

/// The diagonal of a symmetric matrix' Cholesky factor; none where it is not positive definite.
pub(super) fn pivots(mut matrix: Mat<f64>) -> Option<Vec<f64>> {
    let scratch = cholesky_in_place_scratch::<f64>(matrix.nrows(), Par::Seq, default());
    let stack = &mut MemBuffer::new(scratch);
    let stack = MemStack::new(stack);
    cholesky_in_place(matrix.as_mut(), default(), Par::Seq, stack, default()).ok()?;
    Some(matrix.diagonal().column_vector().iter().copied().collect())
}
