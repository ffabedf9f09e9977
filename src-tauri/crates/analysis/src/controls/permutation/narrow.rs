//! What products in f32 settle about draws: bounds that the count in f64 lies between.

use std::ops::Range;

use super::Part;
use crate::probe::SignedSums;
use crate::swaps::Swaps;
use crate::{Accelerator, PairedRows};

/// Rounding of one operation in f32, with room for devices that miss the last bit, and in f64.
const UNIT: f64 = f32::EPSILON as f64;
const FINE_UNIT: f64 = f64::EPSILON;
/// What a device may take for zero.
const TINY: f64 = f32::MIN_POSITIVE as f64;
/// Most terms of a sum whose rounding is still in proportion to their number.
const MOST_TERMS: usize = 1 << 20;

/// Sums in f32, with how far apart they have to be to be told apart.
pub(super) struct Narrow {
    /// `[test rows, training pairs]`, around the mean row and scaled to be at most 2: neither changes
    /// the order of sums.
    rows: Vec<f32>,
    width: usize,
    margin: f32,
}

impl Narrow {
    /// None where f32 says nothing.
    pub(super) fn of(sums: &SignedSums<'_>) -> Option<Self> {
        let SignedSums { products, pairs } = *sums;
        let count = products.len().checked_div(pairs)?;
        let mut mean = vec![0.0; pairs];
        for row in products.chunks_exact(pairs) {
            mean.iter_mut().zip(row).for_each(|(mean, v)| *mean += v / count as f64);
        }
        let centred: Vec<f64> =
            products.iter().zip(mean.iter().cycle()).map(|(v, mean)| v - mean).collect();
        let largest = centred.iter().fold(0.0_f64, |top, v| top.max(v.abs()));
        // A power of two, so that nothing is rounded.
        let scale = (-largest.log2().floor()).exp2();
        let is_scaled = largest > 0.0 && largest.is_finite() && scale.is_normal();
        if !is_scaled || pairs > MOST_TERMS {
            return None;
        }
        let most = |values: &[f64]| -> f64 {
            let of_row = |row: &[f64]| row.iter().map(|v| (v * scale).abs()).sum::<f64>();
            values.chunks_exact(pairs).map(of_row).fold(0.0, f64::max)
        };
        let margin = margin(pairs, most(&centred), most(products));
        let rows = centred.iter().map(|v| (v * scale) as f32).collect();
        margin.is_finite().then_some(Self { rows, width: pairs, margin })
    }

    /// For each draw, what twice its number of combinations in the right order is not below and not
    /// above; none where the accelerator does not say.
    pub(super) fn bounds(
        &self,
        accelerator: &dyn Accelerator,
        part: &Part<'_>,
        swaps: &Swaps,
        draws: Range<usize>,
    ) -> Option<Vec<[u128; 2]>> {
        let directions: Vec<f32> = swaps.signs(draws.clone(), part.train);
        let paired = PairedRows { rows: &self.rows, width: self.width, margin: self.margin };
        let words = swaps.words(draws.clone(), part.test);
        let found = accelerator.wins(paired, &directions, &words)?;
        let all = part.test.len() as u64 * part.test.len() as u64;
        let is_sound = |&[sure, possible]: &[u64; 2]| sure <= possible && possible <= all;
        (found.len() == draws.len() && found.iter().all(is_sound))
            .then(|| found.into_iter().map(|wins| wins.map(|wins| 2 * u128::from(wins))).collect())
    }
}

/// How far apart two sums of `terms` in f32 have to be for those in f64 to lie in the same order.
/// Absolute values sum to no more than `most`, and to `far` before they were centred, as they are in f64.
///
/// A sum in any order is off by at most `(terms - 1) UNIT most` and what its terms were rounded by,
/// `UNIT most`; in f64 the same holds for `FINE_UNIT far`. Two sums are compared, after the margin was
/// added to one of them in f32, which rounds once more. Where a device takes numbers for zero, each
/// operation is off by no more than the smallest that it does not.
fn margin(terms: usize, most: f64, far: f64) -> f32 {
    let terms = (terms + 4) as f64;
    let each = 2.4 * UNIT * most + 4.0 * FINE_UNIT * far + 8.0 * TINY;
    ((each * terms) as f32).next_up()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lens_core::Seed;
    use proptest::prelude::*;
    use rand::Rng;

    /// One way of summing: forth, back, or by halves.
    fn summed(terms: &[f32], way: usize) -> f32 {
        match (way, terms) {
            (0, _) => terms.iter().fold(0.0, |sum, v| sum + v),
            (1, _) => terms.iter().rev().fold(0.0, |sum, v| sum + v),
            (_, []) => 0.0,
            (_, [one]) => *one,
            _ => {
                let (a, b) = terms.split_at(terms.len() / 2);
                summed(a, way) + summed(b, way)
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Rows of the same terms in another order, and hardly anything more: whatever the order of the
        /// sums and the scale of the products, sums in f64 are in the order in which those in f32 surely
        /// are.
        #[test]
        fn sums_that_are_a_margin_apart_are_in_order(
            pairs in 1usize..400, scale in -40i32..40, spread in 0i32..6, far in -3i32..8,
            more in -12i32..0, seed in any::<u32>(),
        ) {
            const ROWS: usize = 4;
            let mut random = Seed(seed).stream("products");
            let [unit, far, more] = [scale, far, more].map(|power| 10.0_f64.powi(power));
            let signs: Vec<f64> =
                (0..pairs).map(|_| if random.random() { 1.0 } else { -1.0 }).collect();
            let mut within = |size: f64| size * random.random_range(-1.0..1.0);
            let common: Vec<f64> = (0..pairs).map(|_| within(far)).collect();
            let terms: Vec<f64> = (0..pairs)
                .map(|at| within(if at % 7 == 0 { 10.0_f64.powi(spread) } else { 1.0 }))
                .collect();
            let products: Vec<f64> = (0..ROWS * pairs)
                .map(|at| {
                    let (row, pair) = (at / pairs, at % pairs);
                    let term = terms[(pair + row * pairs / ROWS) % pairs] + within(more);
                    unit * (common[pair] + signs[pair] * term)
                })
                .collect();
            let Some(narrow) = Narrow::of(&SignedSums { products: &products, pairs }) else {
                prop_assert!(products.chunks(pairs).all(|row| *row == products[..pairs]));
                return Ok(());
            };
            let signed = |values: &[f64]| -> f64 {
                values.iter().zip(&signs).map(|(v, sign)| v * sign).sum()
            };
            let exact: Vec<f64> = products.chunks(pairs).map(signed).collect();
            for way in 0..3 {
                let signed = |row: &[f32]| {
                    let terms = row.iter().zip(&signs).map(|(v, sign)| v * *sign as f32);
                    summed(&terms.collect::<Vec<_>>(), way)
                };
                let sums: Vec<f32> = narrow.rows.chunks(pairs).map(signed).collect();
                for (p, n) in (0..ROWS).flat_map(|p| (0..ROWS).map(move |n| (p, n))) {
                    let is_surely_below = sums[n] < sums[p] - narrow.margin;
                    let may_be_below = sums[n] <= sums[p] + narrow.margin;
                    prop_assert!(!is_surely_below || exact[n] < exact[p]);
                    prop_assert!(may_be_below || exact[n] > exact[p]);
                }
            }
        }
    }

    #[test]
    fn the_margin_is_a_small_share_of_what_sums_differ_by() {
        // A thousand products, a million give or take one: signed sums differ by some 64.
        let products: Vec<f64> = (0..2000)
            .map(|at| 1e6 + if (at % 1000 + at / 1000) % 2 == 0 { 1.0 } else { -1.0 })
            .collect();
        let narrow = Narrow::of(&SignedSums { products: &products, pairs: 1000 }).unwrap();
        assert!(narrow.margin < 0.5, "{}", narrow.margin);
        assert!(narrow.margin > 1e-3);
    }

    #[test]
    fn products_that_f32_cannot_hold_are_left_to_f64() {
        for products in [[3.0; 2], [f64::INFINITY, 1.0], [1e-310, 0.0]] {
            assert!(Narrow::of(&SignedSums { products: &products, pairs: 1 }).is_none());
        }
        assert!(Narrow::of(&SignedSums { products: &[1e300, 1.0], pairs: 1 }).is_some());
    }
}
