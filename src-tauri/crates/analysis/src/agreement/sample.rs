//! All agreement statistics of one draw of pairs.

use super::association::{Moments, Ordered, equal_share, kappa, tau_b};
use crate::PairScores;

/// Number of statistics in a [`Sample`].
pub(super) const STATISTICS: usize = 11;

/// Pearson, Spearman, tau-b, sign agreement, kappa; Pearson and Spearman within classes, within
/// positives, within negatives. NaN where a statistic does not exist.
pub(super) type Sample = [f64; STATISTICS];

/// Two columns of scores with their order.
struct Columns {
    a: Vec<f64>,
    b: Vec<f64>,
    a_order: Ordered,
    b_order: Ordered,
}

impl Columns {
    fn new(a: Vec<f64>, b: Vec<f64>) -> Self {
        let (a_order, b_order) = (Ordered::new(&a), Ordered::new(&b));
        Self { a, b, a_order, b_order }
    }

    fn of_values(&self, weights: &[f64]) -> Moments {
        Moments::of(&self.a, &self.b, weights)
    }

    fn of_ranks(&self, weights: &[f64]) -> Moments {
        Moments::of(&self.a_order.ranks(weights), &self.b_order.ranks(weights), weights)
    }
}

/// Two models' scores, prepared so that a draw costs O(n log n) without sorting.
pub(super) struct Compared {
    /// All texts: the positive sides of all pairs, then the negative ones.
    all: Columns,
    positive: Columns,
    negative: Columns,
    /// Whether a text lies above the model's own threshold.
    a_above: Vec<bool>,
    b_above: Vec<bool>,
}

impl Compared {
    pub(super) fn new(a: &PairScores<'_>, b: &PairScores<'_>) -> Self {
        let all = |scores: &PairScores<'_>| [scores.positive, scores.negative].concat();
        let above = |scores: &PairScores<'_>| -> Vec<bool> {
            all(scores).iter().map(|&score| score > scores.threshold).collect()
        };
        Self {
            all: Columns::new(all(a), all(b)),
            positive: Columns::new(a.positive.to_vec(), b.positive.to_vec()),
            negative: Columns::new(a.negative.to_vec(), b.negative.to_vec()),
            a_above: above(a),
            b_above: above(b),
        }
    }

    /// The statistics when pair `i` is there `weights[i]` times.
    pub(super) fn sample(&self, weights: &[f64]) -> Sample {
        let texts = [weights, weights].concat();
        let (positive, negative) =
            (self.positive.of_values(weights), self.negative.of_values(weights));
        let (positive_ranks, negative_ranks) =
            (self.positive.of_ranks(weights), self.negative.of_ranks(weights));
        let r = |moments: Moments| moments.correlation().unwrap_or(f64::NAN);
        [
            r(self.all.of_values(&texts)),
            r(self.all.of_ranks(&texts)),
            tau_b(&self.all.a_order, &self.all.b_order, &texts).unwrap_or(f64::NAN),
            equal_share(&self.a_above, &self.b_above, &texts),
            kappa(&self.a_above, &self.b_above, &texts).unwrap_or(f64::NAN),
            r(positive.plus(negative)),
            r(positive_ranks.plus(negative_ranks)),
            r(positive),
            r(positive_ranks),
            r(negative),
            r(negative_ranks),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bootstrap::{draw_weights, stream};
    use lens_core::Seed;
    use rand::Rng;

    /// Every statistic of a draw against the same on the texts written out.
    #[test]
    fn weights_mean_what_repeating_pairs_means() {
        let mut random = Seed(6).stream("test");
        for pairs in [2, 3, 9, 30] {
            // A coarse grid, so that there are ties.
            let mut side = || -> Vec<f64> {
                (0..pairs).map(|_| f64::from(random.random_range(-4..5)) / 2.0).collect()
            };
            let sides = [side(), side(), side(), side()];
            let compare = |sides: &[Vec<f64>; 4]| {
                let [a, b, c, d] = sides;
                Compared::new(
                    &PairScores { positive: a, negative: b, threshold: 0.25 },
                    &PairScores { positive: c, negative: d, threshold: -0.25 },
                )
            };
            let whole = compare(&sides);
            for draw in 0..100 {
                let weights = draw_weights(pairs, stream(Seed(2), draw));
                let written_out = sides.each_ref().map(|side| -> Vec<f64> {
                    let each = side.iter().zip(&weights);
                    each.flat_map(|(&s, &w)| std::iter::repeat_n(s, w as usize)).collect()
                });
                let expected = compare(&written_out).sample(&vec![1.0; pairs]);
                for (at, (found, expected)) in
                    whole.sample(&weights).into_iter().zip(expected).enumerate()
                {
                    assert_eq!(found.is_nan(), expected.is_nan(), "statistic {at}");
                    assert!(found.is_nan() || (found - expected).abs() < 1e-12, "statistic {at}");
                }
            }
        }
    }
}
