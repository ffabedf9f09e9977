//! Dividing pairs into train and test.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use lens_core::{ContrastPair, Digest, Seed, Split};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// The share of pairs that go to train where nothing is given.
const TRAIN_SHARE: f64 = 0.7;

/// How pairs were divided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitReport {
    /// Every pair brought its split with it.
    pub given: bool,
    /// Pairs in train.
    pub train: usize,
    /// Pairs in test.
    pub test: usize,
    /// What happened, in a sentence for a person.
    pub note: String,
}

/// The split of every pair, in the order of `pairs`.
///
/// A given split is kept. Pairs without one are divided 70/30, stratified by scenario: shares are
/// rounded by largest remainder, and a scenario with two pairs or more has one at least on either
/// side. Which pair goes where depends on the seed and on its texts, not on the order of rows.
///
/// Where every pair brings its split, nothing is divided, even when all of them say the same: a file
/// of training pairs is meant to be one. The report then says what is missing.
#[must_use]
pub fn assign_splits(pairs: &[ContrastPair], seed: Seed) -> (Vec<Split>, SplitReport) {
    let salt: u64 = seed.stream("split").random();
    let mut splits: Vec<Split> = pairs.iter().map(|p| p.split.unwrap_or(Split::Train)).collect();
    let mut strata: BTreeMap<Option<&str>, Vec<(Digest, usize)>> = BTreeMap::new();
    for (index, pair) in pairs.iter().enumerate().filter(|(_, p)| p.split.is_none()) {
        let stratum = strata.entry(pair.scenario.as_deref()).or_default();
        stratum.push((key(&salt.to_string(), pair), index));
    }
    let assigned: usize = strata.values().map(Vec::len).sum();
    // equal remainders are served in the order of the scenarios' first keys, which is random
    let mut strata: Vec<Vec<(Digest, usize)>> = strata.into_values().collect();
    for stratum in &mut strata {
        stratum.sort();
    }
    strata.sort();
    let sizes: Vec<usize> = strata.iter().map(Vec::len).collect();
    for (stratum, train) in strata.iter().zip(train_sizes(&sizes)) {
        for (_, index) in stratum.iter().skip(train) {
            if let Some(split) = splits.get_mut(*index) {
                *split = Split::Test;
            }
        }
    }
    let train = splits.iter().filter(|s| **s == Split::Train).count();
    let test = splits.len() - train;
    let note = note(pairs.len(), assigned, train, test, seed);
    (splits, SplitReport { given: assigned == 0, train, test, note })
}

/// The place of a pair in the random order of its stratum. The id has no part in it: it may be no
/// more than the number of the row.
fn key(salt: &str, pair: &ContrastPair) -> Digest {
    Digest::of_fields([
        Some(salt),
        pair.prompt.as_deref(),
        Some(pair.positive.as_str()),
        Some(pair.negative.as_str()),
    ])
}

/// How many of each stratum go to train: 70 % of all, by largest remainder, within the bounds that
/// keep one pair of every stratum of two or more on either side.
fn train_sizes(sizes: &[usize]) -> Vec<usize> {
    let bounds = |n: usize| if n >= 2 { (1, n - 1) } else { (0, n) };
    let wanted = |n: usize| TRAIN_SHARE * n as f64;
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

fn note(pairs: usize, assigned: usize, train: usize, test: usize, seed: Seed) -> String {
    let counts = format!("{train} train, {test} test");
    let seed = seed.0;
    match (assigned, train, test) {
        _ if pairs == 0 => "There are no pairs to divide.".to_owned(),
        (0, _, 0) => format!(
            "Every pair is marked train ({counts}), so nothing is left to measure on. Add a test \
             file, or remove the split field to have 30 % held out."
        ),
        (0, 0, _) => format!(
            "Every pair is marked test ({counts}), so no direction can be found. Add a train file, \
             or remove the split field to have the pairs divided 70/30."
        ),
        (0, ..) => format!("As the file says: {counts}."),
        (_, _, 0) | (_, 0, _) => {
            format!("Too few pairs to divide: {counts}. Two pairs without a split are needed.")
        }
        (n, ..) if n == pairs => {
            format!("Divided 70/30 within each scenario with seed {seed}: {counts}.")
        }
        (n, ..) => format!(
            "As the file says where it does; {n} pairs without a split divided 70/30 within each \
             scenario with seed {seed}: {counts}."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pair(text: usize, scenario: usize) -> ContrastPair {
        ContrastPair {
            id: format!("row-{text}"),
            positive: format!("kind {text}"),
            negative: format!("curt {text}"),
            scenario: (scenario > 0).then(|| format!("s{scenario}")),
            ..ContrastPair::default()
        }
    }

    #[test]
    fn given_splits_are_kept_and_the_rest_is_divided() {
        let mut pairs: Vec<_> = (0..12).map(|i| pair(i, 0)).collect();
        pairs[0].split = Some(Split::Test);
        pairs[1].split = Some(Split::Train);
        let (splits, report) = assign_splits(&pairs, Seed(0));
        assert_eq!((splits[0], splits[1]), (Split::Test, Split::Train));
        assert_eq!((report.train, report.test, report.given), (8, 4, false));
    }

    #[test]
    fn all_of_one_kind_stays_so_and_is_said() {
        let mut pairs: Vec<_> = (0..3).map(|i| pair(i, 0)).collect();
        pairs.iter_mut().for_each(|p| p.split = Some(Split::Train));
        let (splits, report) = assign_splits(&pairs, Seed(0));
        assert_eq!(splits, [Split::Train; 3]);
        assert!(report.given && report.note.contains("nothing is left to measure on"));
        assert_eq!(assign_splits(&[], Seed(0)).1.note, "There are no pairs to divide.");
    }

    #[test]
    fn the_seed_matters() {
        let pairs: Vec<_> = (0..40).map(|i| pair(i, 0)).collect();
        assert_ne!(assign_splits(&pairs, Seed(0)).0, assign_splits(&pairs, Seed(1)).0);
    }

    #[test]
    fn five_scenarios_of_ten_give_seven_to_three_each() {
        let pairs: Vec<_> = (0..50).map(|i| pair(i, 1 + i % 5)).collect();
        let (splits, report) = assign_splits(&pairs, Seed(7));
        assert_eq!((report.train, report.test), (35, 15));
        for scenario in 0..5 {
            let test = (0..50).filter(|i| i % 5 == scenario && splits[*i] == Split::Test).count();
            assert_eq!(test, 3);
        }
    }

    proptest! {
        #[test]
        fn shares_bounds_and_independence_of_order(
            scenarios in prop::collection::vec(0_usize..6, 0..60), seed: u32,
        ) {
            let pairs: Vec<_> = scenarios.iter().enumerate().map(|(i, s)| pair(i, *s)).collect();
            let (splits, report) = assign_splits(&pairs, Seed(seed));
            prop_assert_eq!(report.train + report.test, pairs.len());
            let mut reversed = pairs.clone();
            reversed.reverse();
            // ids made from row numbers change with the order
            for (i, p) in reversed.iter_mut().enumerate() {
                p.id = format!("row-{i}");
            }
            let mut again = assign_splits(&reversed, Seed(seed)).0;
            again.reverse();
            prop_assert_eq!(&splits, &again);
            let mut strata: BTreeMap<usize, [usize; 2]> = BTreeMap::new();
            for (s, split) in scenarios.iter().zip(&splits) {
                strata.entry(*s).or_default()[usize::from(*split == Split::Test)] += 1;
            }
            for [train, test] in strata.values() {
                let n = train + test;
                if n >= 2 {
                    prop_assert!(*train >= 1 && *test >= 1);
                }
            }
            // scenarios of two or three pull the total off, for which the larger ones make up
            if strata.values().all(|[a, b]| a + b >= 4) {
                prop_assert_eq!(report.train, (0.7 * pairs.len() as f64).round() as usize);
                for [train, test] in strata.values() {
                    let wanted = 0.7 * (train + test) as f64;
                    prop_assert!((*train as f64 - wanted).abs() < 1.0);
                }
            }
        }
    }
}
