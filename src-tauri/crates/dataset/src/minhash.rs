//! Near-duplicate texts: MinHash signatures (Broder 1997) to find candidates, the exact Jaccard
//! index of word 5-grams to decide.

use std::collections::{HashMap, HashSet};

use lens_core::Seed;
use rand::Rng;

/// Words per shingle.
pub(crate) const SHINGLE_WORDS: usize = 5;

/// Texts with at least this Jaccard index are near-duplicates.
pub(crate) const THRESHOLD: f64 = 0.8;

const HASHES: usize = 128;

/// Hashes per band. A pair of texts with Jaccard index 0.8 shares none of the 32 bands with
/// probability (1 - 0.8^4)^32 < 1e-7; candidates that are less alike cost time, not correctness.
const BAND: usize = 4;

/// The hash functions: x -> the upper half of a x + b modulo 2^64, a odd.
pub(crate) struct Hashes(Vec<(u64, u64)>);

/// The distinct shingles of a text as sorted hashes.
pub(crate) type Shingles = Vec<u64>;

impl Hashes {
    pub(crate) fn new(seed: Seed) -> Self {
        let mut random = seed.stream("minhash");
        Self((0..HASHES).map(|_| (random.random::<u64>() | 1, random.random())).collect())
    }

    fn signature(&self, shingles: &[u64]) -> Vec<u32> {
        let least = |&(a, b): &(u64, u64)| {
            let hash = |x: &u64| (x.wrapping_mul(a).wrapping_add(b) >> 32) as u32;
            shingles.iter().map(hash).min().unwrap_or(u32::MAX)
        };
        self.0.iter().map(least).collect()
    }
}

/// Runs of five words, lower-cased; words are runs of letters and digits. A text of fewer words is
/// one shingle, so that it is like another only if it has the same words.
pub(crate) fn shingles(text: &str) -> Shingles {
    let lower = text.to_lowercase();
    let words: Vec<u64> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(fnv).collect();
    let of_words = |words: &[u64]| words.iter().fold(0, |h, w| mix(h ^ w));
    let mut shingles: Shingles = if words.len() < SHINGLE_WORDS {
        vec![of_words(&words)]
    } else {
        words.windows(SHINGLE_WORDS).map(of_words).collect()
    };
    shingles.sort_unstable();
    shingles.dedup();
    shingles
}

/// The hash of a word: FNV-1a, which is the same on every machine and for every compiler.
fn fnv(word: &str) -> u64 {
    word.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))
}

/// The finaliser of SplitMix64: every bit depends on every other.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Size of the intersection by size of the union.
pub(crate) fn jaccard(a: &[u64], b: &[u64]) -> f64 {
    let (mut i, mut j, mut both) = (0, 0, 0_usize);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        both += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    let union = a.len() + b.len() - both;
    if union == 0 { 0.0 } else { both as f64 / union as f64 }
}

/// For each of `queries` the first of `corpus` that is most like it, with the Jaccard index, where
/// that reaches [`THRESHOLD`].
pub(crate) fn nearest(
    hashes: &Hashes,
    corpus: &[Shingles],
    queries: &[Shingles],
) -> Vec<Option<(usize, f64)>> {
    let signatures: Vec<Vec<u32>> = corpus.iter().map(|s| hashes.signature(s)).collect();
    let mut buckets: HashMap<(usize, &[u32]), Vec<usize>> = HashMap::new();
    for (index, signature) in signatures.iter().enumerate() {
        for (band, values) in signature.chunks_exact(BAND).enumerate() {
            buckets.entry((band, values)).or_default().push(index);
        }
    }
    let mut tried = HashSet::new();
    queries
        .iter()
        .map(|query| {
            tried.clear();
            let signature = hashes.signature(query);
            let mut best: Option<(usize, f64)> = None;
            for (band, values) in signature.chunks_exact(BAND).enumerate() {
                for &index in buckets.get(&(band, values)).into_iter().flatten() {
                    if !tried.insert(index) {
                        continue;
                    }
                    let likeness = corpus.get(index).map_or(0.0, |other| jaccard(query, other));
                    let better = best.is_none_or(|(at, least)| {
                        likeness > least || (likeness == least && index < at)
                    });
                    if likeness >= THRESHOLD && better {
                        best = Some((index, likeness));
                    }
                }
            }
            best
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_count_and_not_case_or_punctuation() {
        assert_eq!(shingles("One, two: THREE four five!"), shingles("one two three four five"));
        assert_ne!(shingles("one two three four five"), shingles("five four three two one"));
        assert_eq!(shingles("a b c d e f").len(), 2);
        assert_eq!(shingles("a").len(), 1);
        assert_ne!(shingles("a"), shingles("b"));
    }

    #[test]
    fn jaccard_is_intersection_by_union() {
        assert_eq!(jaccard(&[1, 2, 3], &[2, 3, 4]), 0.5);
        assert_eq!(jaccard(&[1], &[2]), 0.0);
        assert_eq!(jaccard(&[], &[]), 0.0);
    }

    proptest! {
        /// The share of equal signature entries estimates the Jaccard index.
        #[test]
        fn signatures_estimate_the_index(shared in 1_u64..200, own in 0_u64..200, from: u64) {
            let set = |tag: u64| -> Shingles {
                let mut all: Shingles = (0..shared).map(|i| mix(from ^ i)).collect();
                all.extend((0..own).map(|i| mix(from ^ (tag << 32) ^ i)));
                all.sort_unstable();
                all
            };
            let (a, b) = (set(1), set(2));
            let hashes = Hashes::new(Seed(3));
            let pairs = hashes.signature(&a).into_iter().zip(hashes.signature(&b));
            let equal = pairs.filter(|(x, y)| x == y).count() as f64 / HASHES as f64;
            // five standard deviations of a share of 128
            prop_assert!((equal - jaccard(&a, &b)).abs() < 5.0 * (0.25 / HASHES as f64).sqrt());
        }

        /// Against comparing all with all.
        #[test]
        fn finds_what_comparing_all_with_all_finds(
            texts in prop::collection::vec("[ab]( [ab]){5,12}", 2..12), cut in 1_usize..11,
        ) {
            let all: Vec<Shingles> = texts.iter().map(|t| shingles(t)).collect();
            let (corpus, queries) = all.split_at(cut.min(all.len() - 1));
            let found = nearest(&Hashes::new(Seed(0)), corpus, queries);
            for (query, hit) in queries.iter().zip(found) {
                let best = corpus.iter().map(|c| jaccard(query, c)).fold(0.0, f64::max);
                match hit {
                    Some((_, likeness)) => prop_assert_eq!(likeness, best),
                    None => prop_assert!(best < THRESHOLD),
                }
            }
        }
    }
}
