//! The leading eigenvectors of a symmetric matrix that is known by its products with a few vectors:
//! block Lanczos from a random start, every block made orthogonal to all before (Golub and Underwood
//! 1977; Musco and Musco 2015 on why this finds principal components in few passes).

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use lens_core::Seed;
use rand::Rng;
use rand_distr::StandardNormal;

use super::Axis;
use crate::AnalysisError;
use crate::eigen::symmetric_eigen;
use crate::product::dot;

/// A vector of which no more than this share of the matrix' scale is left is no new direction.
const NOTHING: f64 = 1e-13;

/// When vectors count as found, and how far to look.
pub(super) struct Search {
    /// Vectors that the matrix is multiplied by at once.
    pub(super) block: usize,
    /// Largest residual of an eigenvector, as a share of its eigenvalue.
    pub(super) residual: f64,
    /// The same as a share of the largest eigenvalue: what cannot be had any better.
    pub(super) floor: f64,
    /// Eigenvalues below this share of the largest are none.
    pub(super) rounding: f64,
    /// Most vectors that are looked among.
    pub(super) most: usize,
}

/// The first `wanted` eigenvectors of a matrix of this size without negative eigenvalues, by falling
/// eigenvalue, or as many as there are; none where that many vectors did not settle them. `times`
/// multiplies the matrix by some columns.
pub(super) fn leading<E: From<AnalysisError>>(
    size: usize,
    wanted: usize,
    search: &Search,
    mut times: impl FnMut(MatRef<'_, f64>) -> Result<Mat<f64>, E>,
) -> Result<Option<Vec<Axis>>, E> {
    let mut random = Seed::default().stream("pca/start");
    let most = search.most.min(size);
    let start: Mat<f64> =
        Mat::from_fn(size, search.block.min(most), |_, _| random.sample(StandardNormal));
    let mut basis = Mat::<f64>::zeros(size, most);
    let mut inner = Mat::<f64>::zeros(most, most);
    let mut known = 0;
    let mut next = orthonormal(&start, basis.subcols(0, 0), 0.0);
    let mut due = wanted + 1;
    loop {
        let own = next.ncols();
        basis.subcols_mut(known, own).copy_from(&next);
        let mut rest = times(next.as_ref())?;
        let scale = longest(&rest);
        let before = basis.subcols(0, known + own);
        let along = without(&mut rest, before);
        inner.submatrix_mut(0, known, known + own, own).copy_from(&along);
        inner.submatrix_mut(known, 0, own, known + own).copy_from(along.transpose());
        known += own;
        let left = products(&rest, &rest);
        next = orthonormal(&rest, before, NOTHING * scale);
        let is_last = next.ncols() == 0 || known + next.ncols() > most;
        if is_last || known >= due {
            let found = Found::of(inner.submatrix(0, 0, known, known), &left, wanted, search)?;
            if found.is_settled {
                return Ok(Some(found.axes(basis.subcols(0, known))));
            }
            due = known + known / 4;
        }
        if is_last {
            return Ok(None);
        }
    }
}

/// The best approximations in the span of a basis (Rayleigh and Ritz).
struct Found {
    /// Falling.
    values: Vec<f64>,
    /// `[basis, values]`.
    weights: Mat<f64>,
    is_settled: bool,
}

impl Found {
    /// `left`: products of what the last block's images have outside of the basis.
    fn of(
        inner: MatRef<'_, f64>,
        left: &Mat<f64>,
        wanted: usize,
        search: &Search,
    ) -> Result<Self, AnalysisError> {
        let size = inner.nrows();
        let (values, vectors) = symmetric_eigen(inner)?;
        let largest = values.last().copied().unwrap_or(0.0);
        let kept: Vec<usize> = (0..size)
            .rev()
            .take(wanted)
            .take_while(|&i| values[i] > search.rounding * largest)
            .collect();
        let last = size - left.nrows();
        let is_good = |&i: &usize| {
            let weights = vectors.col(i).subrows(last, left.nrows());
            let squares = weights.transpose() * left * weights;
            let bound = (search.residual * values[i]).max(search.floor * largest);
            squares <= bound * bound
        };
        Ok(Self {
            is_settled: kept.iter().all(is_good),
            weights: Mat::from_fn(size, kept.len(), |row, i| vectors[(row, kept[i])]),
            values: kept.iter().map(|&i| values[i]).collect(),
        })
    }

    fn axes(&self, basis: MatRef<'_, f64>) -> Vec<Axis> {
        let mut vectors = Mat::<f64>::zeros(basis.nrows(), self.values.len());
        matmul(vectors.as_mut(), Accum::Replace, basis, &self.weights, 1.0, Par::Seq);
        let of_column = vectors.col_iter().zip(&self.values);
        of_column
            .map(|(column, &squares)| Axis { vector: column.iter().copied().collect(), squares })
            .collect()
    }
}

/// `a' b`.
fn products(a: &Mat<f64>, b: &Mat<f64>) -> Mat<f64> {
    let mut products = Mat::zeros(a.ncols(), b.ncols());
    matmul(products.as_mut(), Accum::Replace, a.transpose(), b, 1.0, Par::Seq);
    products
}

/// Takes what lies along an orthonormal basis out of some columns, twice, and gives it back.
fn without(columns: &mut Mat<f64>, basis: MatRef<'_, f64>) -> Mat<f64> {
    let mut along = Mat::<f64>::zeros(basis.ncols(), columns.ncols());
    let mut whole = Mat::zeros(basis.ncols(), columns.ncols());
    for _ in 0..2 {
        matmul(along.as_mut(), Accum::Replace, basis.transpose(), &*columns, 1.0, Par::Seq);
        matmul(columns.as_mut(), Accum::Add, basis, &along, -1.0, Par::Seq);
        whole += &along;
    }
    whole
}

/// An orthonormal basis of what columns add to an orthonormal basis. Those that add no more than
/// `nothing` are left out.
fn orthonormal(columns: &Mat<f64>, basis: MatRef<'_, f64>, nothing: f64) -> Mat<f64> {
    // Whatever is scaled up brings rounding along, which the second round takes out.
    let mut found = among_themselves(columns, nothing);
    without(&mut found, basis);
    among_themselves(&found, 0.0)
}

/// Gram and Schmidt, twice for each column.
fn among_themselves(columns: &Mat<f64>, nothing: f64) -> Mat<f64> {
    let mut found: Vec<Vec<f64>> = Vec::with_capacity(columns.ncols());
    for column in columns.col_iter() {
        let mut column: Vec<f64> = column.iter().copied().collect();
        for other in found.iter().chain(&found) {
            let along = dot(&column, other);
            column.iter_mut().zip(other).for_each(|(value, other)| *value -= along * other);
        }
        let length = dot(&column, &column).sqrt();
        if length > nothing {
            column.iter_mut().for_each(|value| *value /= length);
            found.push(column);
        }
    }
    Mat::from_fn(columns.nrows(), found.len(), |row, column| found[column][row])
}

fn longest(columns: &Mat<f64>) -> f64 {
    columns.col_iter().map(|column| column.norm_l2()).fold(0.0, f64::max)
}
