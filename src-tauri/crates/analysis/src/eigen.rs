//! All eigenvalues of a symmetric matrix, by faer.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::prelude::default;
use faer::{Mat, MatRef, Par};

use crate::AnalysisError;

/// Eigenvalues, ascending, and the eigenvectors as columns. One thread: its number must not change
/// the result.
///
/// # Errors
/// An iteration without end.
pub(crate) fn symmetric_eigen(
    matrix: MatRef<'_, f64>,
) -> Result<(Vec<f64>, Mat<f64>), AnalysisError> {
    let size = matrix.nrows();
    let mut vectors = Mat::<f64>::zeros(size, size);
    let mut values = Diag::<f64>::zeros(size);
    let scratch =
        self_adjoint_evd_scratch::<f64>(size, ComputeEigenvectors::Yes, Par::Seq, default());
    self_adjoint_evd(
        matrix,
        values.as_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        default(),
    )
    .map_err(|_| AnalysisError::NoConvergence)?;
    Ok((values.column_vector().iter().copied().collect(), vectors))
}
