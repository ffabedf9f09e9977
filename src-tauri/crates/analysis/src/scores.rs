//! The scores of pairs on one direction, for views that show every pair.

use lens_core::{ActivationMatrix, Direction};
use serde::{Deserialize, Serialize};

use crate::AnalysisError;
use crate::direction::{check_rows, pair_scores};
use crate::statistics::PairScores;

/// Scores by pair: entry `i` of both sides belongs to the pair that was asked for at place `i`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SideScores {
    /// Scores of the positive sides.
    pub positive: Vec<f64>,
    /// Scores of the negative sides.
    pub negative: Vec<f64>,
}

impl SideScores {
    /// The same with a decision threshold, as statistics take them.
    #[must_use]
    pub fn with_threshold(&self, threshold: f64) -> PairScores<'_> {
        PairScores { positive: &self.positive, negative: &self.negative, threshold }
    }
}

/// The scores of `pairs` on `direction`: products, in the unit of the activations. They are those
/// that the sweep's statistics of this direction rest on.
///
/// # Errors
/// NaN or an infinity in `rows`, an index without a pair, or a direction of another width.
pub fn scores(
    rows: &ActivationMatrix,
    direction: &Direction,
    pairs: &[usize],
) -> Result<SideScores, AnalysisError> {
    check_rows(rows, direction.layer)?;
    let (found, width) = (direction.vector.len(), rows.width());
    if found != width {
        return Err(AnalysisError::DirectionWidth { found, width });
    }
    let count = rows.rows() / 2;
    if let Some(&index) = pairs.iter().find(|&&pair| pair >= count) {
        return Err(AnalysisError::UnknownPair { index, pairs: count });
    }
    let (positive, negative) = pair_scores(rows, pairs, &direction.vector);
    Ok(SideScores { positive, negative })
}
