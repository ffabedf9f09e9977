//! Products and decompositions of dense matrices by faer. Blocks, and not threads, divide the work,
//! so that their number changes no bit of a result.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::matmul::matmul;
use faer::linalg::svd::{ComputeSvdVectors, svd, svd_scratch};
use faer::prelude::default;
use faer::{Accum, Mat, MatRef, Par};
use rayon::prelude::*;

use crate::AnalysisError;

/// Columns of a product that are computed together.
const PANEL: usize = 64;

/// `a b`.
pub(crate) fn product(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    let starts: Vec<usize> = (0..b.ncols()).step_by(PANEL).collect();
    let panels: Vec<Mat<f64>> = starts
        .par_iter()
        .map(|&start| {
            let columns = b.subcols(start, PANEL.min(b.ncols() - start));
            let mut panel = Mat::zeros(a.nrows(), columns.ncols());
            matmul(panel.as_mut(), Accum::Replace, a, columns, 1.0, Par::Seq);
            panel
        })
        .collect();
    let mut whole = Mat::zeros(a.nrows(), b.ncols());
    for (start, panel) in starts.into_iter().zip(&panels) {
        whole.subcols_mut(start, panel.ncols()).copy_from(panel);
    }
    whole
}

/// `x' x`: only one triangle is computed.
pub(crate) fn scatter(x: MatRef<'_, f64>) -> Mat<f64> {
    let size = x.ncols();
    let starts: Vec<usize> = (0..size).step_by(PANEL).collect();
    let panels: Vec<Mat<f64>> = starts
        .par_iter()
        .map(|&start| {
            let mut panel = Mat::zeros(size - start, PANEL.min(size - start));
            let below = x.subcols(start, size - start);
            let own = x.subcols(start, panel.ncols());
            matmul(panel.as_mut(), Accum::Replace, below.transpose(), own, 1.0, Par::Seq);
            panel
        })
        .collect();
    let mut scatter = Mat::zeros(size, size);
    for (start, panel) in starts.into_iter().zip(&panels) {
        let (long, short) = panel.shape();
        scatter.submatrix_mut(start, start, long, short).copy_from(panel);
        scatter.submatrix_mut(start, start, short, long).copy_from(panel.transpose());
    }
    scatter
}

/// Singular vectors and values of a square matrix: `u diag(values) v'`, falling.
pub(crate) struct Singular {
    pub(crate) u: Mat<f64>,
    pub(crate) values: Vec<f64>,
    pub(crate) v: Mat<f64>,
}

/// The singular value decomposition of a square matrix.
pub(crate) fn singular(square: MatRef<'_, f64>) -> Result<Singular, AnalysisError> {
    let size = square.nrows();
    let (mut u, mut v) = (Mat::<f64>::zeros(size, size), Mat::<f64>::zeros(size, size));
    let mut values = Diag::<f64>::zeros(size);
    let thin = ComputeSvdVectors::Thin;
    let scratch = svd_scratch::<f64>(size, size, thin, thin, Par::Seq, default());
    svd(
        square,
        values.as_mut(),
        Some(u.as_mut()),
        Some(v.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        default(),
    )
    .map_err(|_| AnalysisError::NoConvergence)?;
    Ok(Singular { u, values: values.column_vector().iter().copied().collect(), v })
}
