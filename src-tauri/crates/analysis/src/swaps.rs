//! Which pairs have their sides swapped in which draw.

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

    /// -1 for each of `pairs` that is swapped in `draw`, 1 for each other.
    pub(crate) fn signs(&self, draw: usize, pairs: &[usize]) -> impl Iterator<Item = f64> {
        let words = self.words.chunks_exact(self.pairs.div_ceil(64).max(1)).nth(draw);
        pairs.iter().map(move |pair| {
            let word = words.and_then(|words| words.get(pair / 64)).copied().unwrap_or(0);
            if word >> (pair % 64) & 1 == 1 { -1.0 } else { 1.0 }
        })
    }
}
