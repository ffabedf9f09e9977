//! Do scores track what people said or what happened? Definitions: METHODS, section 6.

mod calibration;
mod correlation;
mod line;

pub use self::calibration::{Calibration, CalibrationBin, calibration};
pub use self::correlation::{Confusion, Correlation, correlate};
pub use self::line::{Line, LinePoint, fit_line};

use crate::AgreementError;

/// Fewest rows for a correlation.
const FEWEST_ROWS: usize = 3;
/// Share outside of an interval, at each end.
const TAIL: f64 = 0.025;

/// The number of rows of a column of scores and one of labels.
fn check_columns(score: &[f64], human: &[f64]) -> Result<usize, AgreementError> {
    if score.len() != human.len() {
        let (scores, labels) = (score.len(), human.len());
        return Err(AgreementError::UnlikeColumns { scores, labels });
    }
    check_numbers(score, "score")?;
    check_numbers(human, "human")?;
    if score.len() < FEWEST_ROWS {
        let (found, needed) = (score.len(), FEWEST_ROWS);
        return Err(AgreementError::TooFewRows { found, needed });
    }
    Ok(score.len())
}

fn check_numbers(values: &[f64], column: &'static str) -> Result<(), AgreementError> {
    match values.iter().zip(1..).find(|(value, _)| !value.is_finite()) {
        Some((value, row)) => {
            Err(AgreementError::NotANumber { row, column, value: value.to_string() })
        }
        None => Ok(()),
    }
}
