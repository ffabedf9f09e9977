//! All eigenvalues of the scatter matrix, by faer. Holds for any rank and any shape.

use faer::Mat;

use super::Axis;
use super::scatter::Centred;
use crate::AnalysisError;
use crate::eigen::symmetric_eigen;

/// The first `dimensions` principal axes, or as many as there are.
pub(super) fn axes(
    centred: &Centred,
    scatter: &Mat<f64>,
    dimensions: usize,
) -> Result<Vec<Axis>, AnalysisError> {
    let size = scatter.nrows();
    let (values, vectors) = symmetric_eigen(scatter.as_ref())?;
    // What lies below the rounding of the largest is no variance of the rows.
    let largest = values.last().copied().unwrap_or(0.0);
    let rounding = 4.0 * f64::EPSILON * centred.rows().max(centred.width()) as f64 * largest;
    Ok((0..size)
        .rev()
        .take(dimensions)
        .take_while(|&i| values[i] > rounding)
        .map(|i| Axis { vector: row_space(centred, &vectors, i), squares: values[i] })
        .collect())
}

/// Eigenvector `i` as a unit vector as wide as the rows.
fn row_space(centred: &Centred, vectors: &Mat<f64>, i: usize) -> Vec<f64> {
    let eigenvector = vectors.col(i);
    if !centred.is_wide() {
        return eigenvector.iter().copied().collect();
    }
    // Of XX' the eigenvectors weigh rows: X'u is the axis, its norm the singular value.
    let mut axis = vec![0.0; centred.width()];
    for (row, weight) in centred.values().chunks_exact(centred.width()).zip(eigenvector.iter()) {
        axis.iter_mut().zip(row).for_each(|(a, v)| *a += weight * v);
    }
    let norm = axis.iter().map(|a| a * a).sum::<f64>().sqrt();
    axis.iter_mut().for_each(|a| *a /= norm);
    axis
}
