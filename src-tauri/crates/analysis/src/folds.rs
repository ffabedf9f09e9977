//! Grouped K-fold: which training pairs are held out together.

use std::collections::BTreeMap;

use lens_core::Seed;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// Most folds that are made.
const MOST_FOLDS: usize = 5;
/// With fewer scenarios than this, pairs are held out one by one instead.
const FEWEST_SCENARIOS: usize = 3;

/// What is never divided between folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupedBy {
    /// All pairs of a scenario; a pair without one is its own group.
    Scenario,
    /// The two sides of a pair.
    Pair,
}

/// Training pairs in folds.
pub(crate) struct Folds {
    /// What was kept together.
    pub(crate) grouped_by: GroupedBy,
    /// Pair indices by fold; no fold is empty.
    pub(crate) pairs: Vec<Vec<usize>>,
}

/// Deals the pairs `train` into `min(5, groups)` folds of nearly equal size. Groups are scenarios
/// where the training pairs have three or more of them, else pairs. Groups are shuffled, then dealt
/// largest first to the smallest fold.
pub(crate) fn folds(train: &[usize], scenarios: &[Option<String>], seed: Seed) -> Folds {
    let mut by_scenario: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for &pair in train {
        match scenarios.get(pair).and_then(Option::as_deref) {
            Some(scenario) => by_scenario.entry(scenario).or_default().push(pair),
            None => groups.push(vec![pair]),
        }
    }
    let grouped_by = if by_scenario.len() >= FEWEST_SCENARIOS {
        groups.extend(by_scenario.into_values());
        GroupedBy::Scenario
    } else {
        groups = train.iter().map(|&pair| vec![pair]).collect();
        GroupedBy::Pair
    };

    groups.shuffle(&mut seed.stream("folds"));
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let mut pairs: Vec<Vec<usize>> = vec![Vec::new(); groups.len().min(MOST_FOLDS)];
    for group in groups {
        if let Some(smallest) = pairs.iter_mut().min_by_key(|fold| fold.len()) {
            smallest.extend(group);
        }
    }
    Folds { grouped_by, pairs }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenarios(names: &[&str]) -> Vec<Option<String>> {
        names.iter().map(|n| (!n.is_empty()).then(|| (*n).to_owned())).collect()
    }

    #[test]
    fn scenarios_stay_together_and_every_pair_is_held_out_once() {
        let names = scenarios(&["a", "b", "a", "c", "", "c", "b", "a", "d", "e", "f", "f"]);
        let train: Vec<usize> = (0..12).filter(|&i| i != 8).collect();
        let folds = folds(&train, &names, Seed(0));
        assert_eq!(folds.grouped_by, GroupedBy::Scenario);
        assert_eq!(folds.pairs.len(), 5);
        let mut seen: Vec<usize> = folds.pairs.concat();
        seen.sort_unstable();
        assert_eq!(seen, train);
        for name in ["a", "b", "c", "e", "f"] {
            let holding = folds
                .pairs
                .iter()
                .filter(|fold| fold.iter().any(|&i| names[i].as_deref() == Some(name)));
            assert_eq!(holding.count(), 1, "{name}");
        }
    }

    #[test]
    fn two_scenarios_are_too_few_to_hold_one_out() {
        let names = scenarios(&["a", "b", "a", "b", "a", "", ""]);
        let folds = folds(&[0, 1, 2, 3, 4, 5, 6], &names, Seed(0));
        assert_eq!(folds.grouped_by, GroupedBy::Pair);
        let mut sizes: Vec<usize> = folds.pairs.iter().map(Vec::len).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [1, 1, 1, 2, 2]);
    }

    #[test]
    fn the_seed_deals_and_the_same_seed_deals_the_same() {
        let train: Vec<usize> = (0..40).collect();
        let names = vec![None; 40];
        let deal = |seed| folds(&train, &names, Seed(seed)).pairs;
        assert_eq!(deal(1), deal(1));
        assert_ne!(deal(1), deal(2));
    }
}
