//! Percentile bootstrap over pairs.
//!
//! A draw gives every pair a weight: how often it was drawn. All statistics of all layers are then
//! weighted sums, and the AUROC is one walk over scores that were sorted once. Every layer sees the
//! same draws, so layers can be compared.

use lens_core::{CancelToken, Progress, Reporter, Seed};
use rand::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::AnalysisError;
use crate::statistics::{
    PairScores, PointStatistics, auroc, clopper_pearson_lower, pooled, standardised,
};

/// Draws that an interval rests on.
pub const DRAWS: usize = 2_000;
/// Draws between two looks at the cancel token.
const DRAWS_PER_REPORT: usize = 100;
/// Share of the draws outside of an interval, at each end.
const TAIL: f64 = 0.025;
/// Confidence of the exact one-sided bound.
const BOUND_CONFIDENCE: f64 = 0.95;

/// A value with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The statistic of the pairs there are.
    pub value: f64,
    /// 2.5th percentile of the draws.
    pub low: f64,
    /// 97.5th percentile of the draws.
    pub high: f64,
}

/// [`PointStatistics`] with intervals over pairs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ProbeStatistics {
    /// Number of pairs.
    pub n_pairs: usize,
    /// See [`PointStatistics::auroc`].
    pub auroc: Estimate,
    /// See [`PointStatistics::accuracy`].
    pub accuracy: Estimate,
    /// See [`PointStatistics::accuracy_at_own_midpoint`]; the midpoint moves with every draw.
    pub accuracy_at_own_midpoint: Estimate,
    /// See [`PointStatistics::paired_accuracy`].
    pub paired_accuracy: Estimate,
    /// Exact one-sided 95 % lower bound of the paired accuracy, where all pairs are right: there
    /// every draw is right too, and the interval says nothing.
    pub paired_accuracy_bound: Option<f64>,
    /// See [`PointStatistics::separation`].
    pub separation: Estimate,
    /// See [`PointStatistics::cohens_d`]; draws without any spread are left out of its interval.
    pub cohens_d: Option<Estimate>,
    /// See [`PointStatistics::std_positive`].
    pub std_positive: Estimate,
    /// See [`PointStatistics::std_negative`].
    pub std_negative: Estimate,
}

/// Statistics with intervals from 2,000 draws of pairs with replacement, for each of `layers` (the
/// same pairs at each). Draw `b` comes from the seed's stream `bootstrap/b`.
///
/// # Errors
/// Fewer than two pairs, layers with different pairs, scores that are not finite, or a cancelled
/// token.
pub fn bootstrap(
    layers: &[PairScores<'_>],
    seed: Seed,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<Vec<ProbeStatistics>, AnalysisError> {
    let Some(first) = layers.first() else { return Ok(Vec::new()) };
    let pairs = first.check()?;
    if pairs < 2 {
        return Err(AnalysisError::TooFewPairs { split: "test", found: pairs, needed: 2 });
    }
    let points = layers.iter().map(PointStatistics::of).collect::<Result<Vec<_>, _>>()?;
    if let Some(odd) = layers.iter().find(|l| l.positive.len() != pairs) {
        let found = odd.positive.len();
        return Err(AnalysisError::EntryCount { what: "positive scores", found, pairs });
    }
    let weighted: Vec<WeightedScores<'_>> = layers.iter().map(WeightedScores::new).collect();

    let mut drawn: Vec<Vec<Sample>> = Vec::with_capacity(DRAWS);
    while drawn.len() < DRAWS {
        cancel.check()?;
        let block = drawn.len()..DRAWS.min(drawn.len() + DRAWS_PER_REPORT);
        drawn.par_extend(block.into_par_iter().map(|draw| {
            let weights = draw_weights(pairs, stream(seed, draw));
            weighted.iter().map(|layer| layer.sample(&weights)).collect::<Vec<_>>()
        }));
        reporter.report(Progress {
            stage: "Computing intervals".to_owned(),
            done: drawn.len() as u64,
            total: DRAWS as u64,
            unit: "draws",
        });
    }

    Ok((0..layers.len())
        .into_par_iter()
        .zip(points.par_iter().zip(layers))
        .map(|(layer, (point, scores))| {
            let samples = drawn.iter().filter_map(|draw| draw.get(layer));
            summarise(scores, point, &samples.collect::<Vec<_>>())
        })
        .collect())
}

/// A statistic that compares two columns of scores of the same pairs: the AUROC of `a` less that of
/// `b` (a probe and the surface ceiling, the original texts and shuffled ones), with an interval over
/// pairs. Both columns see the same draws of pairs, which are those of [`bootstrap`]; so what makes a
/// pair hard for both does not widen the interval.
///
/// # Errors
/// Fewer than two pairs, columns of different pairs, or scores that are not finite.
pub fn difference(
    a: PairScores<'_>,
    b: PairScores<'_>,
    seed: Seed,
) -> Result<Estimate, AnalysisError> {
    let pairs = a.check()?;
    let found = b.check()?;
    if found != pairs {
        return Err(AnalysisError::EntryCount { what: "scores to compare with", found, pairs });
    }
    if pairs < 2 {
        return Err(AnalysisError::TooFewPairs { split: "test", found: pairs, needed: 2 });
    }
    let value = auroc(a.positive, a.negative)? - auroc(b.positive, b.negative)?;
    let (a, b) = (WeightedScores::new(&a), WeightedScores::new(&b));
    let drawn = (0..DRAWS).into_par_iter().map(|draw| {
        let weights = draw_weights(pairs, stream(seed, draw));
        a.auroc(&weights) - b.auroc(&weights)
    });
    Ok(interval(value, drawn.collect()))
}

/// The stream that draw number `draw` of all intervals over pairs comes from.
pub(crate) fn stream(seed: Seed, draw: usize) -> impl Rng {
    seed.stream(&format!("bootstrap/{draw}"))
}

/// How often each pair is in a draw with replacement.
pub(crate) fn draw_weights(pairs: usize, mut random: impl Rng) -> Vec<f64> {
    let mut weights = vec![0.0; pairs];
    for _ in 0..pairs {
        if let Some(weight) = weights.get_mut(random.random_range(0..pairs)) {
            *weight += 1.0;
        }
    }
    weights
}

/// The statistics of one draw; Cohen's d is NaN where there is none.
#[derive(Clone, Copy)]
struct Sample {
    auroc: f64,
    accuracy: f64,
    accuracy_at_own_midpoint: f64,
    paired_accuracy: f64,
    separation: f64,
    cohens_d: f64,
    std_positive: f64,
    std_negative: f64,
}

/// One text in the order of scores.
#[derive(Clone, Copy)]
struct Ranked {
    pair: u32,
    is_positive: bool,
    /// The next score is larger: a group of ties ends here.
    ends_tie: bool,
}

/// One layer's scores, prepared so that a draw costs one pass.
pub(crate) struct WeightedScores<'a> {
    scores: PairScores<'a>,
    /// All texts by ascending score.
    ranked: Vec<Ranked>,
    largest: f64,
}

impl<'a> WeightedScores<'a> {
    pub(crate) fn new(scores: &PairScores<'a>) -> Self {
        let sides = [(scores.positive, true), (scores.negative, false)];
        let mut order: Vec<(f64, u32, bool)> = sides
            .into_iter()
            .flat_map(|(side, is_positive)| {
                side.iter().zip(0..).map(move |(&score, pair)| (score, pair, is_positive))
            })
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        let next = order.iter().skip(1).map(|&(score, ..)| Some(score)).chain([None]);
        let ranked = order
            .iter()
            .zip(next)
            // `!=` and not the order used for sorting: -0 and 0 are a tie.
            .map(|(&(score, pair, is_positive), next)| Ranked {
                pair,
                is_positive,
                ends_tie: next.is_none_or(|next| next != score),
            })
            .collect();
        let largest = order.iter().fold(0.0_f64, |m, (score, ..)| m.max(score.abs()));
        Self { scores: *scores, ranked, largest }
    }

    /// The statistics when pair `i` is there `weights[i]` times.
    fn sample(&self, weights: &[f64]) -> Sample {
        let PairScores { positive, negative, threshold } = self.scores;
        let total: f64 = weights.iter().sum();
        let (mean_positive, squares_positive) = moments(positive, weights, total);
        let (mean_negative, squares_negative) = moments(negative, weights, total);
        let own_midpoint = f64::midpoint(mean_positive, mean_negative);

        let (mut right, mut right_own, mut right_pairs) = (0.0, 0.0, 0.0);
        for ((&p, &n), &weight) in positive.iter().zip(negative).zip(weights) {
            right += weight * (f64::from(p > threshold) + f64::from(n <= threshold));
            right_own += weight * (f64::from(p > own_midpoint) + f64::from(n <= own_midpoint));
            right_pairs += weight * f64::from(p > n);
        }
        let difference = mean_positive - mean_negative;
        let deviation = pooled(squares_positive + squares_negative, 2.0 * total - 2.0);
        Sample {
            auroc: self.auroc(weights),
            accuracy: right / (2.0 * total),
            accuracy_at_own_midpoint: right_own / (2.0 * total),
            paired_accuracy: right_pairs / total,
            separation: difference.abs(),
            cohens_d: standardised(difference, deviation, self.largest).unwrap_or(f64::NAN),
            std_positive: pooled(squares_positive, total - 1.0),
            std_negative: pooled(squares_negative, total - 1.0),
        }
    }

    /// The AUROC when pair `i` is there `weights[i]` times: the weighted share of (positive,
    /// negative) combinations with the positive above, ties counting one half.
    pub(crate) fn auroc(&self, weights: &[f64]) -> f64 {
        let total: f64 = weights.iter().sum();
        let (mut wins, mut negatives_below) = (0.0, 0.0);
        let (mut tied_positives, mut tied_negatives) = (0.0, 0.0);
        for text in &self.ranked {
            let weight = weights.get(text.pair as usize).copied().unwrap_or(0.0);
            if text.is_positive {
                tied_positives += weight;
            } else {
                tied_negatives += weight;
            }
            if text.ends_tie {
                wins += tied_positives * (negatives_below + 0.5 * tied_negatives);
                negatives_below += tied_negatives;
                (tied_positives, tied_negatives) = (0.0, 0.0);
            }
        }
        wins / (total * total)
    }
}

/// Weighted mean and weighted sum of squared deviations from it.
fn moments(values: &[f64], weights: &[f64], total: f64) -> (f64, f64) {
    let sum: f64 = values.iter().zip(weights).map(|(v, w)| v * w).sum();
    let mean = sum / total;
    (mean, values.iter().zip(weights).map(|(v, w)| w * (v - mean).powi(2)).sum())
}

fn summarise(
    scores: &PairScores<'_>,
    point: &PointStatistics,
    samples: &[&Sample],
) -> ProbeStatistics {
    let estimate = |value: f64, of: fn(&Sample) -> f64| {
        interval(value, samples.iter().map(|s| of(s)).filter(|v| !v.is_nan()).collect())
    };
    let n_pairs = scores.positive.len();
    let right = scores.pairs_right();
    ProbeStatistics {
        n_pairs,
        auroc: estimate(point.auroc, |s| s.auroc),
        accuracy: estimate(point.accuracy, |s| s.accuracy),
        accuracy_at_own_midpoint: estimate(point.accuracy_at_own_midpoint, |s| {
            s.accuracy_at_own_midpoint
        }),
        paired_accuracy: estimate(point.paired_accuracy, |s| s.paired_accuracy),
        paired_accuracy_bound: (right == n_pairs)
            .then(|| clopper_pearson_lower(right, n_pairs, BOUND_CONFIDENCE)),
        separation: estimate(point.separation, |s| s.separation),
        cohens_d: point.cohens_d.map(|d| estimate(d, |s| s.cohens_d)),
        std_positive: estimate(point.std_positive, |s| s.std_positive),
        std_negative: estimate(point.std_negative, |s| s.std_negative),
    }
}

/// A value with the interval that holds the middle 95 % of its draws.
pub(crate) fn interval(value: f64, mut draws: Vec<f64>) -> Estimate {
    draws.sort_unstable_by(f64::total_cmp);
    match (percentile(&draws, TAIL), percentile(&draws, 1.0 - TAIL)) {
        (Some(low), Some(high)) => Estimate { value, low, high },
        // Not one of 2,000 draws has the statistic: nothing is known beyond the value.
        _ => Estimate { value, low: value, high: value },
    }
}

/// The `share` quantile of ascending values, linear between neighbours as in numpy.
pub(crate) fn percentile(ascending: &[f64], share: f64) -> Option<f64> {
    let at = share * ascending.len().checked_sub(1)? as f64;
    let below = *ascending.get(at.floor() as usize)?;
    let above = *ascending.get(at.ceil() as usize)?;
    Some(below + (above - below) * at.fract())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lens_core::Silent;

    /// Every statistic of a draw against the plain functions on the texts written out.
    #[test]
    fn weights_mean_what_repeating_pairs_means() {
        let mut random = Seed(5).stream("test");
        for pairs in [2, 3, 8, 31] {
            // A coarse grid, so that there are ties within and across the sides.
            let mut scores = || -> Vec<f64> {
                (0..pairs).map(|_| f64::from(random.random_range(-6..7)) / 4.0 + 100.0).collect()
            };
            let (positive, negative) = (scores(), scores());
            let layer = PairScores { positive: &positive, negative: &negative, threshold: 100.25 };
            let weighted = WeightedScores::new(&layer);
            for draw in 0..200 {
                let weights = draw_weights(pairs, stream(Seed(1), draw));
                assert_eq!(weights.iter().sum::<f64>(), pairs as f64);
                let repeat = |side: &[f64]| -> Vec<f64> {
                    let each = side.iter().zip(&weights);
                    each.flat_map(|(&s, &w)| std::iter::repeat_n(s, w as usize)).collect()
                };
                let (p, n) = (repeat(&positive), repeat(&negative));
                let written_out = PairScores { positive: &p, negative: &n, threshold: 100.25 };
                let expected = PointStatistics::of(&written_out).unwrap();
                let found = weighted.sample(&weights);
                let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
                assert!(close(found.auroc, expected.auroc));
                assert!(close(found.accuracy, expected.accuracy));
                assert!(close(found.accuracy_at_own_midpoint, expected.accuracy_at_own_midpoint));
                assert!(close(found.paired_accuracy, expected.paired_accuracy));
                assert!(close(found.separation, expected.separation));
                assert!(close(found.std_positive, expected.std_positive));
                assert!(close(found.std_negative, expected.std_negative));
                match expected.cohens_d {
                    Some(d) => assert!(close(found.cohens_d, d)),
                    None => assert!(found.cohens_d.is_nan()),
                }
            }
        }
    }

    #[test]
    fn percentiles_interpolate() {
        assert_eq!(percentile(&[1.0, 2.0, 4.0], 0.75), Some(3.0));
        assert_eq!(percentile(&[7.0], 0.025), Some(7.0));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn every_layer_sees_the_same_draws() {
        let positive = [0.3, 1.0, 2.0, 0.1, 0.9];
        let negative = [0.2, 1.1, 0.4, 0.0, 1.9];
        let layer = PairScores { positive: &positive, negative: &negative, threshold: 0.5 };
        let run = |layers: &[PairScores<'_>]| {
            bootstrap(layers, Seed(3), &Silent, &CancelToken::default()).unwrap()
        };
        let alone = run(&[layer]);
        let twice = run(&[layer, layer]);
        assert_eq!([alone[0], alone[0]], *twice);
    }
}
