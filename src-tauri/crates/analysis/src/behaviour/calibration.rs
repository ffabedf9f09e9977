//! Do scores, read as probabilities, happen as often as they say?

use lens_core::Share;
use serde::{Deserialize, Serialize};

use super::check_numbers;
use crate::AgreementError;

/// Scores read as probabilities against outcomes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Number of rows.
    pub n: usize,
    /// Mean squared difference of prediction and outcome (Brier 1950): 0 is perfect, 0.25 is what
    /// always saying one half gets.
    pub brier: f64,
    /// From low predictions to high.
    pub bins: Vec<CalibrationBin>,
}

/// Rows of similar predictions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Number of rows.
    pub n: usize,
    /// Mean prediction.
    pub predicted: f64,
    /// Share of rows with the outcome.
    pub observed: f64,
    /// Wilson's 95 % interval of the observed share, lower end: the rows are few in most tables.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// Calibration of `1 / (1 + exp(-z))` against outcomes, in up to `bins` bins of nearly equal numbers
/// of rows. Equal scores share a bin, so there may be fewer.
///
/// # Errors
/// No rows, columns of unequal length, no bins, or scores that are not finite.
pub fn calibration(
    z: &[f64],
    outcome: &[bool],
    bins: usize,
) -> Result<Calibration, AgreementError> {
    if z.len() != outcome.len() {
        let (scores, labels) = (z.len(), outcome.len());
        return Err(AgreementError::UnlikeColumns { scores, labels });
    }
    check_numbers(z, "score")?;
    if z.is_empty() {
        return Err(AgreementError::TooFewRows { found: 0, needed: 1 });
    }
    if bins == 0 {
        return Err(AgreementError::NoBins);
    }
    let mut rows: Vec<(f64, bool)> = z
        .iter()
        .zip(outcome)
        .map(|(z, &happened)| ((1.0 + (-z).exp()).recip(), happened))
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = rows.len();
    let brier = rows.iter().map(|&(p, y)| (p - f64::from(y)).powi(2)).sum::<f64>() / n as f64;

    let mut found: Vec<CalibrationBin> = Vec::new();
    let mut start = 0;
    for bin in 1..=bins {
        let mut end = (bin * n / bins).max(start);
        // Equal scores stay together.
        while let (Some(last), Some(next)) =
            (end.checked_sub(1).and_then(|i| rows.get(i)), rows.get(end))
        {
            if end == start || last.0 < next.0 {
                break;
            }
            end += 1;
        }
        let members = rows.get(start..end).unwrap_or_default();
        let hits = members.iter().filter(|row| row.1).count();
        let share = Share { hits, n: members.len() };
        // neither is there of no rows
        if let (Some(observed), Some(interval)) = (share.value(), share.wilson()) {
            let predicted = members.iter().map(|row| row.0).sum::<f64>() / members.len() as f64;
            let (low, high) = (interval.low, interval.high);
            found.push(CalibrationBin { n: members.len(), predicted, observed, low, high });
        }
        start = end;
    }
    Ok(Calibration { n, brier, bins: found })
}
