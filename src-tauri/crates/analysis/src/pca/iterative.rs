//! The leading eigenvalues by linfa-reduction's `Pca` (LOBPCG), where it holds.
//!
//! That solver panics on rows of low rank, stops at an absolute tolerance, may stop early without a
//! word, divides variances by the number of components less one, and its ratios sum to 1 over the
//! components kept. So it is asked only about tall rows of certain full rank, scaled to a total of
//! 1; only its vectors are used, and only once they have been checked to be eigenvectors.

use faer::Mat;
use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_reduction::Pca;
use ndarray::Array2;

use super::Axis;
use super::dense::pivots;

/// Most values (rows by columns) that it is given: a few milliseconds. Above, faer's full solver is
/// faster by far (2,000 x 192: 6 ms instead of 33; 10,000 x 1,024: 0.4 s instead of 2.7).
const MOST_VALUES: usize = 1 << 16;
/// Rows per column from which rows are tall.
const TALL: usize = 4;
/// Columns per dimension that the solver's search space (three vectors for each) needs.
const ROOM: usize = 5;
/// Smallest squared pivot, as a share of the largest, of a scatter matrix of certain full rank.
const WELL_CONDITIONED: f64 = 1e-6;
/// Largest error of an eigenvector, as a share of the total variance.
const RESIDUAL: f64 = 1e-9;

/// Whether rows of this shape are its.
pub(super) fn is_asked(rows: usize, width: usize, dimensions: usize) -> bool {
    rows * width <= MOST_VALUES && rows >= TALL * width && width >= ROOM * dimensions
}

/// The first `dimensions` principal axes of centred rows with these products of columns, or none
/// where the solver is not to be relied on.
pub(super) fn axes(values: &[f64], scatter: &Mat<f64>, dimensions: usize) -> Option<Vec<Axis>> {
    if !is_well_conditioned(scatter) {
        return None;
    }
    let width = scatter.nrows();
    let total: f64 = values.iter().map(|v| v * v).sum();
    let scale = total.sqrt().recip();
    let scaled = values.iter().map(|v| v * scale).collect();
    let records = Array2::from_shape_vec((values.len() / width.max(1), width), scaled).ok()?;
    let fitted = Pca::params(dimensions).fit(&DatasetBase::from(records)).ok()?;
    let components = fitted.components();
    if components.nrows() < dimensions {
        return None;
    }
    components.rows().into_iter().map(|row| checked(&row.to_vec(), scatter, total)).collect()
}

/// Whether a Cholesky factorisation succeeds with pivots far from zero.
fn is_well_conditioned(scatter: &Mat<f64>) -> bool {
    let Some(pivots) = pivots(scatter.clone()) else { return false };
    let squares = pivots.iter().map(|p| p * p);
    let (smallest, largest) =
        squares.fold((f64::INFINITY, 0.0_f64), |(low, high), p| (low.min(p), high.max(p)));
    smallest > WELL_CONDITIONED * largest
}

/// The vector at length 1 with its eigenvalue, if it is an eigenvector.
fn checked(vector: &[f64], scatter: &Mat<f64>, total: f64) -> Option<Axis> {
    let norm = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
    let unit: Vec<f64> = vector.iter().map(|v| v / norm).collect();
    let image: Vec<f64> = scatter
        .col_iter()
        .map(|column| column.iter().zip(&unit).map(|(s, u)| s * u).sum())
        .collect();
    let squares: f64 = image.iter().zip(&unit).map(|(a, b)| a * b).sum();
    let error: f64 = image.iter().zip(&unit).map(|(a, b)| (a - squares * b).powi(2)).sum();
    // Not so for NaN either.
    (error.sqrt() <= RESIDUAL * total).then_some(Axis { vector: unit, squares })
}
