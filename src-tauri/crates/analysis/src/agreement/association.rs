//! Correlations and agreement, with weights: an observation of weight `w` is there `w` times.

use rayon::prelude::*;

use crate::AnalysisError;
use crate::statistics::check_finite;

/// A spread smaller than this share of the largest value is rounding, not spread.
const ROUNDING: f64 = 1e-12;

/// Pearson's r. None where either column does not vary by more than rounding.
///
/// # Errors
/// Columns of unequal length, or values that are not finite.
pub fn pearson(x: &[f64], y: &[f64]) -> Result<Option<f64>, AnalysisError> {
    check_columns(x, y)?;
    Ok(Moments::of(x, y, &vec![1.0; x.len()]).correlation())
}

/// Spearman's rho: Pearson's r of the mid-ranks. None where either column does not vary.
///
/// # Errors
/// See [`pearson`].
pub fn spearman(x: &[f64], y: &[f64]) -> Result<Option<f64>, AnalysisError> {
    check_columns(x, y)?;
    let weights = vec![1.0; x.len()];
    let (x, y) = (Ordered::new(x).ranks(&weights), Ordered::new(y).ranks(&weights));
    Ok(Moments::of(&x, &y, &weights).correlation())
}

/// Kendall's tau-b: concordant less discordant pairs of observations over the geometric mean of the
/// pairs not tied in either column. None where either column does not vary. O(n log n).
///
/// # Errors
/// See [`pearson`].
pub fn kendall_tau_b(x: &[f64], y: &[f64]) -> Result<Option<f64>, AnalysisError> {
    check_columns(x, y)?;
    Ok(tau_b(&Ordered::new(x), &Ordered::new(y), &vec![1.0; x.len()]))
}

/// Cohen's kappa of two yes-or-no decisions about the same things: `(p - e) / (1 - e)` with `p` the
/// share of equal decisions and `e` that share if both kept their rates and decided independently.
/// None where both always decide the same one way, or nothing was decided.
///
/// # Errors
/// Lists of unequal length.
pub fn cohens_kappa(a: &[bool], b: &[bool]) -> Result<Option<f64>, AnalysisError> {
    check_lengths(a.len(), b.len())?;
    Ok(kappa(a, b, &vec![1.0; a.len()]))
}

fn check_lengths(x: usize, y: usize) -> Result<(), AnalysisError> {
    if x == y {
        return Ok(());
    }
    Err(AnalysisError::EntryCount { what: "values of the second column", found: y, pairs: x })
}

fn check_columns(x: &[f64], y: &[f64]) -> Result<(), AnalysisError> {
    check_lengths(x.len(), y.len())?;
    check_finite(x)?;
    check_finite(y)
}

/// Weighted sums of squares and products about the means. Sums of different classes may be added:
/// each class is then centred on its own means.
#[derive(Clone, Copy)]
pub(crate) struct Moments {
    weight: f64,
    pub(crate) xx: f64,
    yy: f64,
    pub(crate) xy: f64,
    largest_x: f64,
    largest_y: f64,
}

impl Moments {
    pub(crate) fn of(x: &[f64], y: &[f64], weights: &[f64]) -> Self {
        let weight: f64 = weights.iter().sum();
        let (mean_x, mean_y) =
            (weighted_mean(x, weights, weight), weighted_mean(y, weights, weight));
        let zero = Self { weight, xx: 0.0, yy: 0.0, xy: 0.0, largest_x: 0.0, largest_y: 0.0 };
        x.iter().zip(y).zip(weights).fold(zero, |sums, ((&x, &y), &w)| {
            let (dx, dy) = (x - mean_x, y - mean_y);
            Self {
                weight,
                xx: sums.xx + w * dx * dx,
                yy: sums.yy + w * dy * dy,
                xy: sums.xy + w * (dx * dy),
                largest_x: sums.largest_x.max(x.abs()),
                largest_y: sums.largest_y.max(y.abs()),
            }
        })
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            weight: self.weight + other.weight,
            xx: self.xx + other.xx,
            yy: self.yy + other.yy,
            xy: self.xy + other.xy,
            largest_x: self.largest_x.max(other.largest_x),
            largest_y: self.largest_y.max(other.largest_y),
        }
    }

    /// Pearson's r, where both vary.
    pub(crate) fn correlation(&self) -> Option<f64> {
        let varies =
            |squares: f64, largest: f64| squares > (ROUNDING * largest).powi(2) * self.weight;
        (varies(self.xx, self.largest_x) && varies(self.yy, self.largest_y))
            .then(|| (self.xy / (self.xx.sqrt() * self.yy.sqrt())).clamp(-1.0, 1.0))
    }
}

/// Around the first value, so that equal values leave exactly zero.
fn weighted_mean(values: &[f64], weights: &[f64], total: f64) -> f64 {
    let Some(&first) = values.first() else { return 0.0 };
    first + values.iter().zip(weights).map(|(v, w)| w * (v - first)).sum::<f64>() / total
}

/// A column put in order once: its weighted ranks then cost one pass.
pub(crate) struct Ordered {
    /// Positions by ascending value.
    order: Vec<usize>,
    /// For each position, the number of smaller distinct values.
    level: Vec<usize>,
    levels: usize,
}

impl Ordered {
    pub(crate) fn new(values: &[f64]) -> Self {
        let mut sorted: Vec<(f64, usize)> = values.iter().copied().zip(0..).collect();
        sorted.par_sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut level = vec![0; values.len()];
        let (mut current, mut previous) = (0, None);
        for &(value, position) in &sorted {
            // `!=` and not the order used for sorting: -0 and 0 are a tie.
            if previous.is_some_and(|previous| previous != value) {
                current += 1;
            }
            previous = Some(value);
            if let Some(level) = level.get_mut(position) {
                *level = current;
            }
        }
        let levels = if values.is_empty() { 0 } else { current + 1 };
        Self { order: sorted.into_iter().map(|(_, position)| position).collect(), level, levels }
    }

    /// Mid-ranks from 1, ties sharing their mean.
    pub(crate) fn ranks(&self, weights: &[f64]) -> Vec<f64> {
        let mut below = 0.0;
        let rank: Vec<f64> = self
            .level_weights(weights)
            .into_iter()
            .map(|weight| {
                let rank = below + f64::midpoint(weight, 1.0);
                below += weight;
                rank
            })
            .collect();
        self.level.iter().map(|&level| rank.get(level).copied().unwrap_or(0.0)).collect()
    }

    fn level_weights(&self, weights: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.levels];
        for (&level, weight) in self.level.iter().zip(weights) {
            if let Some(sum) = sums.get_mut(level) {
                *sum += weight;
            }
        }
        sums
    }

    /// Pairs of observations with different values.
    fn untied(&self, weights: &[f64]) -> f64 {
        let pairs = |weight: f64| 0.5 * weight * (weight - 1.0);
        let tied: f64 = self.level_weights(weights).into_iter().map(pairs).sum();
        pairs(weights.iter().sum()) - tied
    }
}

/// Kendall's tau-b of weighted observations. Counts are whole numbers, so that swapping the columns
/// changes no bit.
pub(crate) fn tau_b(x: &Ordered, y: &Ordered, weights: &[f64]) -> Option<f64> {
    let untied = (x.untied(weights), y.untied(weights));
    if untied.0 <= 0.0 || untied.1 <= 0.0 {
        return None;
    }
    let of = |position: usize| {
        let level = y.level.get(position).copied().unwrap_or(0);
        (level, weights.get(position).copied().unwrap_or(0.0))
    };
    let mut seen = Counts::new(y.levels);
    let mut concordance = 0.0;
    let same_x = |a: &usize, b: &usize| x.level.get(*a) == x.level.get(*b);
    for group in x.order.chunk_by(same_x) {
        for (level, weight) in group.iter().map(|&position| of(position)) {
            let above = seen.total - seen.up_to(level + 1);
            concordance += weight * (seen.up_to(level) - above);
        }
        for (level, weight) in group.iter().map(|&position| of(position)) {
            seen.add(level, weight);
        }
    }
    Some((concordance / (untied.0.sqrt() * untied.1.sqrt())).clamp(-1.0, 1.0))
}

/// Running counts by level, with sums over the lowest levels in O(log n) (a Fenwick tree).
struct Counts {
    sums: Vec<f64>,
    total: f64,
}

impl Counts {
    fn new(levels: usize) -> Self {
        Self { sums: vec![0.0; levels + 1], total: 0.0 }
    }

    fn add(&mut self, level: usize, weight: f64) {
        self.total += weight;
        let mut node = level + 1;
        while let Some(sum) = self.sums.get_mut(node) {
            *sum += weight;
            node += node & node.wrapping_neg();
        }
    }

    /// Sum over the levels below `level`.
    fn up_to(&self, level: usize) -> f64 {
        let (mut node, mut sum) = (level, 0.0);
        while node > 0 {
            sum += self.sums.get(node).copied().unwrap_or(0.0);
            node &= node - 1;
        }
        sum
    }
}

/// Share of equal decisions.
pub(crate) fn equal_share(a: &[bool], b: &[bool], weights: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    let equal: f64 =
        a.iter().zip(b).zip(weights).filter(|((a, b), _)| a == b).map(|(_, w)| w).sum();
    equal / total
}

/// Cohen's kappa of weighted decisions.
pub(crate) fn kappa(a: &[bool], b: &[bool], weights: &[f64]) -> Option<f64> {
    let total: f64 = weights.iter().sum();
    let rate = |side: &[bool]| -> f64 {
        side.iter().zip(weights).filter(|(yes, _)| **yes).map(|(_, w)| w).sum::<f64>() / total
    };
    let (yes_a, yes_b) = (rate(a), rate(b));
    let by_chance = yes_a * yes_b + (1.0 - yes_a) * (1.0 - yes_b);
    // Not so for NaN either, which nothing decided gives.
    (by_chance < 1.0)
        .then(|| ((equal_share(a, b, weights) - by_chance) / (1.0 - by_chance)).clamp(-1.0, 1.0))
}
