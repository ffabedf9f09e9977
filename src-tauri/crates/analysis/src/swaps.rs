//! Which pairs have their sides swapped in which draw.

use std::ops::Range;

use lens_core::Seed;
use rand::RngCore;

/// Swaps of the sides of `pairs` pairs, in a number of draws. None of an enumeration is the
/// arrangement that was observed.
pub(crate) struct Swaps {
    pairs: usize,
    draws: usize,
    /// One bit for each pair, in whole words for each draw.
    words: Vec<u64>,
    /// Every arrangement there is, rather than a sample of them.
    pub(crate) is_complete: bool,
}

impl Swaps {
    /// `most` draws from the streams `{name}/{draw}`, or, where there are no more than `most`
    /// arrangements beside the observed one, each of them once.
    pub(crate) fn new(pairs: usize, most: usize, seed: Seed, name: &str) -> Self {
        let others = u32::try_from(pairs).ok().and_then(|n| 1_usize.checked_shl(n)).map(|n| n - 1);
        if let Some(others) = others.filter(|&others| others <= most) {
            let words = (1..=others as u64).collect();
            return Self { pairs, draws: others, words, is_complete: true };
        }
        let mut words = Vec::with_capacity(most * pairs.div_ceil(64));
        for draw in 0..most {
            let mut random = seed.stream(&format!("{name}/{draw}"));
            words.extend((0..pairs.div_ceil(64)).map(|_| random.next_u64()));
        }
        Self { pairs, draws: most, words, is_complete: false }
    }

    pub(crate) fn draws(&self) -> usize {
        self.draws
    }

    /// `[draws, pairs]`: -1 for each of `pairs` that is swapped in a draw, 1 for each other.
    pub(crate) fn signs<T: From<i8>>(&self, draws: Range<usize>, pairs: &[usize]) -> Vec<T> {
        let sign = |words, pair| if is_swapped(words, pair) { T::from(-1) } else { T::from(1) };
        let of_draws = self.of_draws(draws);
        of_draws.flat_map(|words| pairs.iter().map(move |&pair| sign(words, pair))).collect()
    }

    /// The same as bits, in whole words for each draw: bit `i` of them is 1 where `pairs[i]` is swapped.
    pub(crate) fn words(&self, draws: Range<usize>, pairs: &[usize]) -> Vec<u32> {
        let word = |words: &[u64], pairs: &[usize]| {
            let bits =
                pairs.iter().zip(0..).map(|(&pair, at)| u32::from(is_swapped(words, pair)) << at);
            bits.fold(0, |word, bit| word | bit)
        };
        let of_draws = self.of_draws(draws);
        of_draws.flat_map(|words| pairs.chunks(32).map(move |pairs| word(words, pairs))).collect()
    }

    fn of_draws(&self, draws: Range<usize>) -> impl Iterator<Item = &[u64]> {
        let each = self.pairs.div_ceil(64).max(1);
        self.words.chunks_exact(each).skip(draws.start).take(draws.len())
    }
}

/// Whether a pair is swapped, by a draw's words.
fn is_swapped(words: &[u64], pair: usize) -> bool {
    let word = words.get(pair / 64).copied().unwrap_or(0);
    word >> (pair % 64) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_pairs_are_enumerated_without_the_observed_arrangement() {
        let swaps = Swaps::new(3, 7, Seed(0), "test");
        assert!(swaps.is_complete);
        assert_eq!(swaps.draws(), 7);
        let signs: Vec<f64> = swaps.signs(0..7, &[0, 1, 2]);
        let mut seen: Vec<&[f64]> = signs.chunks(3).collect();
        seen.sort_by(|a, b| a.partial_cmp(b).unwrap());
        seen.dedup();
        assert_eq!(seen.len(), 7);
        assert!(!seen.contains(&[1.0; 3].as_slice()));
        assert!(!Swaps::new(3, 6, Seed(0), "test").is_complete);
    }

    #[test]
    fn half_of_many_pairs_are_swapped_whatever_part_is_asked_for() {
        let swaps = Swaps::new(130, 500, Seed(1), "test");
        assert!(!swaps.is_complete);
        let all: Vec<usize> = (0..130).collect();
        let signs: Vec<f64> = swaps.signs(0..500, &all);
        let sum: f64 = signs.iter().sum();
        // 65,000 fair signs: four standard deviations are 1,020.
        assert!(sum.abs() < 1_020.0, "{sum}");
        let last: Vec<f64> = signs.chunks(130).map(|draw| draw[129]).collect();
        assert_eq!(swaps.signs::<f64>(0..500, &[129]), last);
        assert_eq!(swaps.signs::<f64>(499..500, &all), signs[499 * 130..]);
    }

    #[test]
    fn words_hold_the_same_swaps_as_signs() {
        let swaps = Swaps::new(130, 50, Seed(2), "test");
        for pairs in [vec![5, 129, 64], (3..128).collect(), (0..32).collect()] {
            let each = pairs.len().div_ceil(32);
            let words = swaps.words(10..40, &pairs);
            assert_eq!(words.len(), 30 * each);
            let signs: Vec<f32> = swaps.signs(10..40, &pairs);
            for (at, sign) in signs.iter().enumerate() {
                let (draw, pair) = (at / pairs.len(), at % pairs.len());
                let bit = words[draw * each + pair / 32] >> (pair % 32) & 1;
                assert_eq!(bit == 1, *sign < 0.0);
            }
        }
    }
}
