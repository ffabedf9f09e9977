//! Scores: rows projected on directions.

use lens_core::ActivationMatrix;

use crate::AnalysisError;
use crate::product::row_products;

/// Scores `[rows, directions]`, row-major: every row's dot product with every direction.
///
/// Products are summed in f64 in one fixed order for each pair of row and direction. So equal rows
/// get equal scores, wherever they stand (a tie stays a tie), and the numbers are the same on every
/// machine and for any number of threads.
///
/// # Errors
/// [`AnalysisError::DirectionWidth`] when a direction is not as wide as the rows.
pub fn project(rows: &ActivationMatrix, directions: &[&[f32]]) -> Result<Vec<f64>, AnalysisError> {
    let width = rows.width();
    if let Some(odd) = directions.iter().find(|d| d.len() != width) {
        return Err(AnalysisError::DirectionWidth { found: odd.len(), width });
    }
    if width == 0 {
        return Ok(vec![0.0; rows.rows() * directions.len()]);
    }
    Ok(row_products(&rows.iter_rows().collect::<Vec<_>>(), directions))
}
