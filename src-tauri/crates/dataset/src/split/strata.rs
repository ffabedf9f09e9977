//! A random division within each scenario.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use lens_core::{ContrastPair, Digest};

/// Which of the pairs `indices` go to test: about `test_share` of them, stratified by scenario.
/// Shares are rounded by largest remainder, and a stratum of two pairs or more has one at least on
/// either side.
pub(super) fn drawn(
    pairs: &[ContrastPair],
    indices: impl Iterator<Item = usize>,
    test_share: f64,
    salt: &str,
) -> Vec<usize> {
    let mut strata: BTreeMap<Option<&str>, Vec<(Digest, usize)>> = BTreeMap::new();
    for index in indices {
        if let Some(pair) = pairs.get(index) {
            let stratum = strata.entry(pair.scenario.as_deref()).or_default();
            stratum.push((key(salt, pair), index));
        }
    }
    // equal remainders are served in the order of the scenarios' first keys, which is random
    let mut strata: Vec<Vec<(Digest, usize)>> = strata.into_values().collect();
    for stratum in &mut strata {
        stratum.sort();
    }
    strata.sort();
    let sizes: Vec<usize> = strata.iter().map(Vec::len).collect();
    let train = train_sizes(&sizes, 1.0 - test_share);
    let test = strata.iter().zip(train).flat_map(|(stratum, train)| stratum.iter().skip(train));
    test.map(|(_, index)| *index).collect()
}

/// The place of a pair in the random order of its stratum. The id has no part in it: it may be no
/// more than the number of the row.
pub(super) fn key(salt: &str, pair: &ContrastPair) -> Digest {
    Digest::of_fields([
        Some(salt),
        pair.prompt.as_deref(),
        Some(pair.positive.as_str()),
        Some(pair.negative.as_str()),
    ])
}

/// How many of each stratum go to train: the share of all, by largest remainder, within the bounds that
/// keep one pair of every stratum of two or more on either side.
fn train_sizes(sizes: &[usize], share: f64) -> Vec<usize> {
    let bounds = |n: usize| if n >= 2 { (1, n - 1) } else { (0, n) };
    let wanted = |n: usize| share * n as f64;
    let total: usize = sizes.iter().sum();
    let target = wanted(total).round() as usize;
    let mut train: Vec<usize> = sizes
        .iter()
        .map(|&n| {
            let (least, most) = bounds(n);
            (wanted(n).floor() as usize).clamp(least, most)
        })
        .collect();
    loop {
        let sum: usize = train.iter().sum();
        let order = sum.cmp(&target);
        let short = |i: usize| {
            let (size, now) = (sizes.get(i).copied()?, train.get(i).copied()?);
            let (least, most) = bounds(size);
            let gap = wanted(size) - now as f64;
            match order {
                Ordering::Less if now < most => Some(gap),
                Ordering::Greater if now > least => Some(-gap),
                _ => None,
            }
        };
        // the first of equals
        let next = (0..sizes.len())
            .filter_map(|i| Some((short(i)?, i)))
            .reduce(|best, other| if other.0 > best.0 { other } else { best });
        let Some(slot) = next.and_then(|(_, i)| train.get_mut(i)) else {
            return train;
        };
        if order == Ordering::Less {
            *slot += 1;
        } else {
            *slot -= 1;
        }
    }
}
