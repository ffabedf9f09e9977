//! How well scores tell the two sides apart. Definitions: METHODS, section 3.

use serde::{Deserialize, Serialize};
use statrs::function::beta::inv_beta_reg;

use crate::AnalysisError;

/// A spread smaller than this share of the largest score is rounding, not spread.
const ROUNDING: f64 = 1e-12;

/// The scores of pairs: entry `i` of both sides belongs to pair `i`.
#[derive(Debug, Clone, Copy)]
pub struct PairScores<'a> {
    /// Scores of the positive sides.
    pub positive: &'a [f64],
    /// Scores of the negative sides.
    pub negative: &'a [f64],
    /// The decision threshold, from the train split.
    pub threshold: f64,
}

impl PairScores<'_> {
    /// Number of pairs.
    ///
    /// # Errors
    /// Sides of different length, no pair at all, or a score or threshold that is not finite.
    pub fn check(&self) -> Result<usize, AnalysisError> {
        let pairs = self.positive.len();
        if self.negative.len() != pairs {
            let found = self.negative.len();
            return Err(AnalysisError::EntryCount { what: "negative scores", found, pairs });
        }
        check_side(self.positive, "positive")?;
        check_side(self.negative, "negative")?;
        check_finite(&[self.threshold])?;
        Ok(pairs)
    }

    /// Pairs with the positive side above the negative one.
    pub(crate) fn pairs_right(&self) -> usize {
        self.positive.iter().zip(self.negative).filter(|(p, n)| p > n).count()
    }
}

/// Every probe statistic, without intervals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PointStatistics {
    /// Area under the ROC curve; ties count one half.
    pub auroc: f64,
    /// Share of texts on the right side of the train midpoint.
    pub accuracy: f64,
    /// The same with the midpoint of these very scores' class means as threshold: as some studies
    /// publish it, although it looks at the labels it is tested on.
    pub accuracy_at_own_midpoint: f64,
    /// Share of pairs with the positive side strictly above the negative one.
    pub paired_accuracy: f64,
    /// Distance of the class means.
    pub separation: f64,
    /// Difference of the class means (positive - negative) over the pooled standard deviation; none
    /// where neither class spreads.
    pub cohens_d: Option<f64>,
    /// Standard deviation of the positive scores (divisor n - 1; 0 for one score).
    pub std_positive: f64,
    /// Standard deviation of the negative scores (divisor n - 1; 0 for one score).
    pub std_negative: f64,
}

impl PointStatistics {
    /// All statistics of some pairs' scores.
    ///
    /// # Errors
    /// See [`PairScores::check`].
    pub fn of(scores: &PairScores<'_>) -> Result<Self, AnalysisError> {
        scores.check()?;
        let (positive, negative) = (scores.positive, scores.negative);
        let own_midpoint = f64::midpoint(mean(positive), mean(negative));
        Ok(Self {
            auroc: auroc(positive, negative)?,
            accuracy: accuracy(positive, negative, scores.threshold)?,
            accuracy_at_own_midpoint: accuracy(positive, negative, own_midpoint)?,
            paired_accuracy: paired_accuracy(positive, negative)?,
            separation: separation(positive, negative)?,
            cohens_d: cohens_d(positive, negative)?,
            std_positive: standard_deviation(positive),
            std_negative: standard_deviation(negative),
        })
    }
}

/// The probability that a positive score is above a negative one, ties counting one half: the area
/// under the ROC curve (the Mann-Whitney statistic). O(n log n). Swapping the sides gives `1 - a`.
///
/// # Errors
/// An empty side, or a score that is not finite.
pub fn auroc(positive: &[f64], negative: &[f64]) -> Result<f64, AnalysisError> {
    check_side(positive, "positive")?;
    check_side(negative, "negative")?;
    let mut ascending = negative.to_vec();
    ascending.sort_unstable_by(f64::total_cmp);
    let combinations = positive.len() as u128 * negative.len() as u128;
    Ok(twice_wins(positive, &ascending) as f64 / (2 * combinations) as f64)
}

/// Twice the number of (positive, negative) combinations with the positive above, ties counting one
/// half. In integers: exact, so swapping the sides is exactly symmetric.
pub(crate) fn twice_wins(positive: &[f64], ascending_negative: &[f64]) -> u128 {
    positive
        .iter()
        .map(|score| {
            let below = ascending_negative.partition_point(|n| n < score);
            let not_above = ascending_negative.partition_point(|n| n <= score);
            (below + not_above) as u128
        })
        .sum()
}

/// Share of scores on the right side of `threshold`: a positive one above it, a negative one not
/// above it.
///
/// # Errors
/// An empty side, or a score or threshold that is not finite.
pub fn accuracy(positive: &[f64], negative: &[f64], threshold: f64) -> Result<f64, AnalysisError> {
    check_side(positive, "positive")?;
    check_side(negative, "negative")?;
    check_finite(&[threshold])?;
    let right = positive.iter().filter(|&&s| s > threshold).count()
        + negative.iter().filter(|&&s| s <= threshold).count();
    Ok(right as f64 / (positive.len() + negative.len()) as f64)
}

/// Share of pairs with the positive side strictly above the negative one; a tie is not right.
///
/// # Errors
/// See [`PairScores::check`].
pub fn paired_accuracy(positive: &[f64], negative: &[f64]) -> Result<f64, AnalysisError> {
    let scores = PairScores { positive, negative, threshold: 0.0 };
    let pairs = scores.check()?;
    Ok(scores.pairs_right() as f64 / pairs as f64)
}

/// Distance of the two means.
///
/// # Errors
/// An empty side, or a score that is not finite.
pub fn separation(positive: &[f64], negative: &[f64]) -> Result<f64, AnalysisError> {
    check_side(positive, "positive")?;
    check_side(negative, "negative")?;
    Ok((mean(positive) - mean(negative)).abs())
}

/// Cohen's d: difference of the means (positive - negative) over the pooled standard deviation,
/// `sqrt(((n - 1) s+^2 + (m - 1) s-^2) / (n + m - 2))`. None where that deviation is zero or no more
/// than rounding.
///
/// # Errors
/// An empty side, or a score that is not finite.
pub fn cohens_d(positive: &[f64], negative: &[f64]) -> Result<Option<f64>, AnalysisError> {
    check_side(positive, "positive")?;
    check_side(negative, "negative")?;
    let (a, b) = (mean(positive), mean(negative));
    let squares = sum_of_squares(positive, a) + sum_of_squares(negative, b);
    let freedom = (positive.len() + negative.len()) as f64 - 2.0;
    let largest = positive.iter().chain(negative).fold(0.0_f64, |m, s| m.max(s.abs()));
    Ok(standardised(a - b, pooled(squares, freedom), largest))
}

/// Pooled standard deviation from the squared deviations of both classes; 0 without any freedom.
pub(crate) fn pooled(squares: f64, freedom: f64) -> f64 {
    if freedom > 0.0 { (squares / freedom).sqrt() } else { 0.0 }
}

/// `difference / deviation`, where the deviation is more than the rounding of scores as large as
/// `largest`.
pub(crate) fn standardised(difference: f64, deviation: f64, largest: f64) -> Option<f64> {
    (deviation > ROUNDING * largest).then(|| difference / deviation)
}

/// Arithmetic mean; 0 of nothing.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    // Around the first value: the mean of equal values is then exactly that value.
    let Some(&first) = values.first() else { return 0.0 };
    first + values.iter().map(|v| v - first).sum::<f64>() / values.len() as f64
}

/// Standard deviation with divisor `n - 1`; 0 of fewer than two values.
#[must_use]
pub fn standard_deviation(values: &[f64]) -> f64 {
    pooled(sum_of_squares(values, mean(values)), values.len() as f64 - 1.0)
}

pub(crate) fn sum_of_squares(values: &[f64], mean: f64) -> f64 {
    values.iter().map(|v| (v - mean).powi(2)).sum()
}

/// The exact (Clopper-Pearson) one-sided lower bound of a share of which `right` out of `pairs` were
/// seen, at `confidence` (0.95: the true share is below it in at most 5 % of samples). 0 when none
/// was right, there are no pairs, or `confidence` is outside of 0 to 1.
#[must_use]
pub fn clopper_pearson_lower(right: usize, pairs: usize, confidence: f64) -> f64 {
    if right == 0 || right > pairs || !(0.0..1.0).contains(&confidence) {
        return 0.0;
    }
    let alpha = 1.0 - confidence;
    if right == pairs {
        // The quantile of Beta(n, 1) in closed form.
        return alpha.powf(1.0 / pairs as f64);
    }
    inv_beta_reg(right as f64, (pairs - right + 1) as f64, alpha)
}

pub(crate) fn check_side(scores: &[f64], side: &'static str) -> Result<(), AnalysisError> {
    if scores.is_empty() {
        return Err(AnalysisError::NoScores { side });
    }
    check_finite(scores)
}

pub(crate) fn check_finite(scores: &[f64]) -> Result<(), AnalysisError> {
    match scores.iter().enumerate().find(|(_, s)| !s.is_finite()) {
        Some((index, value)) => {
            Err(AnalysisError::NonFiniteScore { index, value: value.to_string() })
        }
        None => Ok(()),
    }
}
