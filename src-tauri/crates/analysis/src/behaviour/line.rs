//! A straight line through labels over scores, with its band.

use serde::{Deserialize, Serialize};

use super::check_columns;
use super::correlation::t_quantile;
use crate::AgreementError;
use crate::agreement::Moments;
use crate::statistics::mean;

/// Points of the line and its band.
const POINTS: usize = 101;

/// A line by least squares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Change of the label per unit of score.
    pub slope: f64,
    /// Label at a score of zero.
    pub intercept: f64,
    /// Standard deviation of the labels about the line (divisor n - 2).
    pub residual: f64,
    /// Evenly spaced from the lowest score to the highest.
    pub points: Vec<LinePoint>,
}

/// The line at one score, with the 95 % confidence interval of the mean label there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LinePoint {
    /// Score.
    pub score: f64,
    /// The line.
    pub fit: f64,
    /// Lower end of the band.
    pub low: f64,
    /// Upper end of the band.
    pub high: f64,
}

/// Labels over scores by ordinary least squares, with the pointwise 95 % confidence band of the mean
/// (t with n - 2 degrees of freedom): where the line may run, not where labels may lie.
///
/// # Errors
/// Fewer than three rows, columns of unequal length, values that are not finite, or scores that do
/// not vary.
pub fn fit_line(score: &[f64], human: &[f64]) -> Result<Line, AgreementError> {
    let n = check_columns(score, human)?;
    let weights = vec![1.0; n];
    if Moments::of(score, score, &weights).correlation().is_none() {
        return Err(AgreementError::Constant { column: "score" });
    }
    let moments = Moments::of(score, human, &weights);
    let (centre, level) = (mean(score), mean(human));
    let slope = moments.xy / moments.xx;
    let squares: f64 =
        score.iter().zip(human).map(|(x, y)| (y - level - slope * (x - centre)).powi(2)).sum();
    let freedom = n as f64 - 2.0;
    let residual = (squares / freedom).sqrt();
    let reach = t_quantile(freedom) * residual;
    let low = score.iter().copied().fold(f64::INFINITY, f64::min);
    let high = score.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let points = (0..POINTS)
        .map(|i| {
            let score = low + (high - low) * (i as f64 / (POINTS - 1) as f64);
            let fit = level + slope * (score - centre);
            let half = reach * ((n as f64).recip() + (score - centre).powi(2) / moments.xx).sqrt();
            LinePoint { score, fit, low: fit - half, high: fit + half }
        })
        .collect();
    Ok(Line { slope, intercept: level - slope * centre, residual, points })
}
