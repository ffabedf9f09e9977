//! The ROC curve.

use serde::{Deserialize, Serialize};

use crate::AnalysisError;
use crate::statistics::check_side;

/// A corner of the ROC curve: what calling every score of at least `threshold` positive gives.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RocPoint {
    /// Share of the negative scores that are called positive.
    pub false_positive_rate: f64,
    /// Share of the positive scores that are called positive.
    pub true_positive_rate: f64,
    /// Lowest score that is called positive; none at the first point, where no score is.
    pub threshold: Option<f64>,
}

/// The ROC curve from (0, 0) to (1, 1), one point for each distinct score: scores that tie are one
/// straight piece. The area below it is the AUROC.
///
/// # Errors
/// An empty side, or a score that is not finite.
pub fn roc_curve(positive: &[f64], negative: &[f64]) -> Result<Vec<RocPoint>, AnalysisError> {
    check_side(positive, "positive")?;
    check_side(negative, "negative")?;
    let sides = positive.iter().map(|&s| (s, true)).chain(negative.iter().map(|&s| (s, false)));
    let mut falling: Vec<(f64, bool)> = sides.collect();
    falling.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut curve =
        vec![RocPoint { false_positive_rate: 0.0, true_positive_rate: 0.0, threshold: None }];
    let (mut true_positives, mut false_positives) = (0_usize, 0_usize);
    // `==`, and not the order used for sorting: -0 and 0 are a tie.
    for tied in falling.chunk_by(|a, b| a.0 == b.0) {
        let positives = tied.iter().filter(|(_, is_positive)| *is_positive).count();
        true_positives += positives;
        false_positives += tied.len() - positives;
        curve.push(RocPoint {
            false_positive_rate: false_positives as f64 / negative.len() as f64,
            true_positive_rate: true_positives as f64 / positive.len() as f64,
            threshold: tied.last().map(|(score, _)| *score),
        });
    }
    Ok(curve)
}
