//! Random numbers by position: the n-th is had without those before it, so that work which is shared
//! among threads draws the same numbers however it is shared.

use lens_core::Seed;
use rand::Rng;

/// The golden ratio's fraction of 2^64, an odd number: consecutive multiples are spread evenly.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A sequence of random numbers, each known by its position.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draws(u64);

impl Draws {
    /// The sequence for the use called `name`.
    pub(crate) fn new(seed: Seed, name: &str) -> Self {
        Self(seed.stream(name).random())
    }

    /// Another sequence for each number.
    #[inline]
    pub(crate) fn stream(self, number: u64) -> Self {
        Self(mixed(self.0 ^ mixed(number.wrapping_add(STEP))))
    }

    /// The number at a position: SplitMix64 (Steele, Lea and Flood 2014).
    #[inline]
    pub(crate) fn at(self, position: u64) -> u64 {
        mixed(self.0.wrapping_add(STEP.wrapping_mul(position.wrapping_add(1))))
    }

    /// A number below `bound` (or 0), which has to be far below 2^32.
    #[inline]
    pub(crate) fn below(self, position: u64, bound: usize) -> usize {
        scaled(self.at(position), bound)
    }

    /// Cheaper numbers, to be drawn one after the other.
    #[inline]
    pub(crate) fn sequence(self) -> Sequence {
        Sequence(self.0)
    }
}

/// A linear congruential generator (Knuth's MMIX), of which the upper half is used.
#[derive(Debug, Clone)]
pub(crate) struct Sequence(u64);

impl Sequence {
    /// A number below `bound` (or 0), which has to be far below 2^32.
    #[inline(always)]
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        scaled(self.0, bound)
    }
}

/// The upper half of `bits`, as a share of 2^32, of `bound`.
#[inline(always)]
fn scaled(bits: u64, bound: usize) -> usize {
    (((bits >> 32) * bound as u64) >> 32) as usize
}

#[inline]
fn mixed(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_fill_the_range_evenly_and_streams_differ() {
        let draws = Draws::new(Seed(1), "test");
        let mut sequence = draws.sequence();
        let mut counts = [[0_usize; 10]; 2];
        for position in 0..10_000 {
            counts[0][draws.below(position, 10)] += 1;
            counts[1][sequence.below(10)] += 1;
        }
        // 1,000 each; the standard deviation is 30
        assert!(counts.iter().flatten().all(|count| count.abs_diff(1000) < 150), "{counts:?}");
        assert_ne!(draws.stream(0).at(0), draws.stream(1).at(0));
        assert_ne!(draws.at(0), Draws::new(Seed(2), "test").at(0));
    }
}
