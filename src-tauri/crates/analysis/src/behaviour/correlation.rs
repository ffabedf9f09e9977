//! Scores against human labels or outcomes.

use lens_core::NORMAL_QUANTILE;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{TAIL, check_columns, check_numbers};
use crate::AgreementError;
use crate::agreement::{Moments, Ordered};

/// Most rows for which every order is tried: 9! are 362,880.
const MOST_EXACT: usize = 9;
/// Correlations closer than this are equal.
const TIE: f64 = 1e-12;

/// How scores go with labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    /// Number of rows.
    pub n: usize,
    /// Pearson's r.
    pub pearson: f64,
    /// Its two-sided p-value by the t test with n - 2 degrees of freedom.
    pub pearson_p: f64,
    /// 95 % interval by Fisher's z; none for fewer than four rows.
    pub pearson_ci: Option<[f64; 2]>,
    /// Spearman's rho.
    pub spearman: f64,
    /// Its two-sided p-value: exact by all orders of the rows up to nine rows, else by the t
    /// approximation.
    pub spearman_p: f64,
    /// Share of right decisions among the rows in [`Self::confusion`]; none where there are none.
    pub binary_accuracy: Option<f64>,
    /// Labels above their cut against scores above theirs.
    pub confusion: Confusion,
    /// What a score has to be above: the threshold given, or the median score of the rows counted.
    pub score_threshold: f64,
    /// What a label has to be above: half way between the lowest and the highest label.
    pub human_threshold: f64,
    /// Rows whose label is exactly half way, and so neither: not in [`Self::confusion`].
    pub undecided: usize,
}

/// Decisions by score against decisions by label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// High label, high score.
    pub true_positive: usize,
    /// Low label, high score.
    pub false_positive: usize,
    /// High label, low score.
    pub false_negative: usize,
    /// Low label, low score.
    pub true_negative: usize,
}

impl Confusion {
    /// Rows counted.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.true_positive + self.false_positive + self.false_negative + self.true_negative
    }

    /// Share of right decisions; none of no rows.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        let right = (self.true_positive + self.true_negative) as f64;
        (self.total() > 0).then(|| right / self.total() as f64)
    }
}

/// How the column `score` goes with the column `human`, which has the labels in the same order.
///
/// The binary part calls a label high above half way between the lowest and the highest label, and
/// leaves labels exactly half way out, as published studies with labels of 0, 1 and 2 do. A score is
/// high above `threshold`, the probe's own; without one the median of the scores counted stands in,
/// which calls half of the rows high whatever the labels are.
///
/// # Errors
/// Fewer than three rows, columns of unequal length, values that are not finite, or a column that
/// does not vary.
pub fn correlate(
    score: &[f64],
    human: &[f64],
    threshold: Option<f64>,
) -> Result<Correlation, AgreementError> {
    let n = check_columns(score, human)?;
    if let Some(threshold) = threshold {
        check_numbers(&[threshold], "threshold")?;
    }
    for (values, column) in [(score, "score"), (human, "human")] {
        if Moments::of(values, values, &vec![1.0; n]).correlation().is_none() {
            return Err(AgreementError::Constant { column });
        }
    }
    let weights = vec![1.0; n];
    let r = |x: &[f64], y: &[f64]| Moments::of(x, y, &weights).correlation().unwrap_or(0.0);
    let pearson = r(score, human);
    let (ranks, human_ranks) =
        (Ordered::new(score).ranks(&weights), Ordered::new(human).ranks(&weights));
    let spearman = r(&ranks, &human_ranks);
    let spearman_p =
        if n <= MOST_EXACT { exact_p(&ranks, &human_ranks) } else { t_test_p(spearman, n) };

    let human_threshold = half_way(human);
    let decided: Vec<(f64, bool)> = score
        .iter()
        .zip(human)
        .filter(|(_, label)| **label != human_threshold)
        .map(|(&score, &label)| (score, label > human_threshold))
        .collect();
    let score_threshold =
        threshold.unwrap_or_else(|| median(decided.iter().map(|(score, _)| *score).collect()));
    let mut confusion = Confusion::default();
    for &(score, is_high) in &decided {
        let count = match (is_high, score > score_threshold) {
            (true, true) => &mut confusion.true_positive,
            (true, false) => &mut confusion.false_negative,
            (false, true) => &mut confusion.false_positive,
            (false, false) => &mut confusion.true_negative,
        };
        *count += 1;
    }
    Ok(Correlation {
        n,
        pearson,
        pearson_p: t_test_p(pearson, n),
        pearson_ci: fisher_interval(pearson, n),
        spearman,
        spearman_p,
        binary_accuracy: confusion.accuracy(),
        confusion,
        score_threshold,
        human_threshold,
        undecided: n - decided.len(),
    })
}

/// Two-sided p-value of a correlation of `n` rows under independence: t with n - 2 degrees of
/// freedom.
fn t_test_p(r: f64, n: usize) -> f64 {
    let freedom = n as f64 - 2.0;
    let t = r * (freedom / (1.0 - r * r)).sqrt();
    // A perfect correlation: t is infinite.
    if !t.is_finite() {
        return 0.0;
    }
    StudentsT::new(0.0, 1.0, freedom).map_or(1.0, |t_of| (2.0 * t_of.sf(t.abs())).min(1.0))
}

/// 95 % interval by Fisher's z: `tanh(atanh r +- 1.96 / sqrt(n - 3))`.
fn fisher_interval(r: f64, n: usize) -> Option<[f64; 2]> {
    let freedom = n.checked_sub(3).filter(|&freedom| freedom > 0)?;
    let half = NORMAL_QUANTILE / (freedom as f64).sqrt();
    Some([(r.atanh() - half).tanh(), (r.atanh() + half).tanh()])
}

/// Share of all orders of `y` with a rank correlation at least as far from zero.
fn exact_p(x: &[f64], y: &[f64]) -> f64 {
    let mean = 0.5 * (x.len() as f64 + 1.0);
    let centred = |ranks: &[f64]| -> Vec<f64> { ranks.iter().map(|rank| rank - mean).collect() };
    let (x, mut y) = (centred(x), centred(y));
    let product = |y: &[f64]| x.iter().zip(y).map(|(a, b)| a * b).sum::<f64>().abs();
    // Ranks are whole or half, so equal products differ by rounding only.
    let bound = product(&y) - TIE;
    let (mut orders, mut as_far) = (0_u32, 0_u32);
    for_each_order(&mut y, &mut |y| {
        orders += 1;
        as_far += u32::from(product(y) >= bound);
    });
    f64::from(as_far) / f64::from(orders)
}

/// Calls `visit` with every order of `values` (Heap's algorithm).
fn for_each_order(values: &mut [f64], visit: &mut impl FnMut(&[f64])) {
    let mut swaps = vec![0; values.len()];
    visit(values);
    let mut at = 1;
    while let Some(done) = swaps.get_mut(at) {
        if *done < at {
            values.swap(if at % 2 == 0 { 0 } else { *done }, at);
            *done += 1;
            at = 1;
            visit(values);
        } else {
            *done = 0;
            at += 1;
        }
    }
}

/// Half way between the lowest and the highest value.
fn half_way(values: &[f64]) -> f64 {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    f64::midpoint(low, high)
}

/// The middle value, or the mean of the two in the middle; 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |index: usize| values.get(index).copied().unwrap_or(0.0);
    if values.len() % 2 == 1 {
        at(middle)
    } else {
        f64::midpoint(at(middle.saturating_sub(1)), at(middle))
    }
}

/// The two-sided 95 % quantile of t.
pub(super) fn t_quantile(freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(NORMAL_QUANTILE, |t_of| t_of.inverse_cdf(1.0 - TAIL))
}
