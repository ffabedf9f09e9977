//! Dividing pairs into train and test.

use lens_core::{ContrastPair, Seed, Split};
use rand::Rng;
use serde::{Deserialize, Serialize};

mod groups;
mod strata;

use groups::Grouping;

/// The share of pairs that go to test where nothing else is asked for.
const TEST_SHARE: f64 = 0.3;

/// The least and the largest share that can be asked for: beyond, one part is too small for anything.
const TEST_SHARES: [f64; 2] = [0.05, 0.95];

/// How pairs are to be divided. A pair is never divided itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum SplitRule {
    /// Splits that the file gives are kept; the other pairs are divided at random.
    AsGiven {
        /// Share of those without a split that goes to test, 0.05 to 0.95.
        #[serde(default = "test_share")]
        test_share: f64,
    },
    /// All pairs are divided at random within each scenario, whatever the file says.
    Random {
        /// Share that goes to test, 0.05 to 0.95.
        #[serde(default = "test_share")]
        test_share: f64,
    },
    /// Scenarios are kept together: what is tested is of situations that training did not see.
    ByScenario {
        /// The scenarios that are test; none: drawn, so that about `test_share` of the pairs are.
        #[serde(default)]
        test: Vec<String>,
        /// Share that goes to test where none are named, 0.05 to 0.95.
        #[serde(default = "test_share")]
        test_share: f64,
    },
    /// Sources are kept together: what is tested was written by others than what was trained on.
    BySource {
        /// The sources that are test; none: drawn, so that about `test_share` of the pairs are.
        #[serde(default)]
        test: Vec<String>,
        /// Share that goes to test where none are named, 0.05 to 0.95.
        #[serde(default = "test_share")]
        test_share: f64,
    },
}

impl Default for SplitRule {
    fn default() -> Self {
        Self::AsGiven { test_share: TEST_SHARE }
    }
}

fn test_share() -> f64 {
    TEST_SHARE
}

/// How pairs were divided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitReport {
    /// Every pair brought its split with it, and those were kept.
    pub given: bool,
    /// Pairs in train.
    pub train: usize,
    /// Pairs in test.
    pub test: usize,
    /// The scenarios or sources in test, in alphabetical order, where pairs were divided by them.
    pub test_groups: Vec<String>,
    /// Pairs without the scenario or source by which pairs were divided: each is its own group.
    pub ungrouped: usize,
    /// What happened, in a sentence for a person.
    pub note: String,
    /// The note says something out of the ordinary: a part is empty, only some pairs brought a split,
    /// a name that no pair has, pairs without a group, or a share that cannot be.
    pub unusual: bool,
}

/// The split of every pair, in the order of `pairs`.
///
/// By default a given split is kept, and pairs without one are divided 70/30, stratified by scenario:
/// shares are rounded by largest remainder, and a scenario with two pairs or more has one at least on
/// either side. Which pair goes where depends on the seed and on its texts, not on the order of rows.
///
/// Where every pair brings its split, nothing is divided by default, even when all of them say the
/// same: a file of training pairs is meant to be one. The report then says what is missing. A share
/// outside of 0.05 to 0.95 is taken to the nearer of the two, which the report says too.
#[must_use]
pub fn assign_splits(
    pairs: &[ContrastPair],
    rule: &SplitRule,
    seed: Seed,
) -> (Vec<Split>, SplitReport) {
    let [least, most] = TEST_SHARES;
    let asked = match rule {
        SplitRule::AsGiven { test_share }
        | SplitRule::Random { test_share }
        | SplitRule::ByScenario { test_share, .. }
        | SplitRule::BySource { test_share, .. } => *test_share,
    };
    let share = if asked.is_nan() { TEST_SHARE } else { asked.clamp(least, most) };
    let salt = seed.stream("split").random::<u64>().to_string();
    let (splits, mut report) = match rule {
        SplitRule::AsGiven { .. } => as_given(pairs, share, &salt, seed),
        SplitRule::Random { .. } => at_random(pairs, share, &salt, seed),
        SplitRule::ByScenario { test, .. } => {
            groups::divide(pairs, Grouping::Scenario, test, share, seed)
        }
        SplitRule::BySource { test, .. } => {
            groups::divide(pairs, Grouping::Source, test, share, seed)
        }
    };
    if share != asked {
        report.unusual = true;
        report.note.push_str(&format!(
            " A share of {asked} for test cannot be, so {share} was taken; choose one from {least} to {most}."
        ));
    }
    (splits, report)
}

fn as_given(
    pairs: &[ContrastPair],
    share: f64,
    salt: &str,
    seed: Seed,
) -> (Vec<Split>, SplitReport) {
    let mut splits: Vec<Split> = pairs.iter().map(|p| p.split.unwrap_or(Split::Train)).collect();
    let free = |i: &usize| pairs.get(*i).is_some_and(|p| p.split.is_none());
    let drawn = strata::drawn(pairs, (0..pairs.len()).filter(free), share, salt);
    to_test(&mut splits, &drawn);
    let assigned = pairs.iter().filter(|p| p.split.is_none()).count();
    let mut report = report(&splits);
    report.given = assigned == 0;
    report.unusual |= assigned > 0 && assigned < pairs.len();
    report.note = given_note(&report, pairs.len(), assigned, share, seed);
    (splits, report)
}

fn at_random(
    pairs: &[ContrastPair],
    share: f64,
    salt: &str,
    seed: Seed,
) -> (Vec<Split>, SplitReport) {
    let mut splits = vec![Split::Train; pairs.len()];
    to_test(&mut splits, &strata::drawn(pairs, 0..pairs.len(), share, salt));
    let mut report = report(&splits);
    let aside = match pairs.iter().filter(|p| p.split.is_some()).count() {
        0 => "",
        _ => ", the splits in the file aside",
    };
    report.note = if pairs.is_empty() {
        NO_PAIRS.to_owned()
    } else if report.train == 0 || report.test == 0 {
        too_few(&report)
    } else {
        let ratio = ratio(share);
        format!(
            "Divided {ratio} within each scenario with seed {}{aside}: {}.",
            seed.0,
            counts(&report)
        )
    };
    (splits, report)
}

const NO_PAIRS: &str = "There are no pairs to divide.";

fn to_test(splits: &mut [Split], indices: &[usize]) {
    for index in indices {
        if let Some(split) = splits.get_mut(*index) {
            *split = Split::Test;
        }
    }
}

/// Counts of a division; the note is still to be written.
fn report(splits: &[Split]) -> SplitReport {
    let train = splits.iter().filter(|s| **s == Split::Train).count();
    let test = splits.len() - train;
    SplitReport {
        given: false,
        train,
        test,
        test_groups: Vec::new(),
        ungrouped: 0,
        note: String::new(),
        unusual: train == 0 || test == 0,
    }
}

fn counts(report: &SplitReport) -> String {
    format!("{} train, {} test", report.train, report.test)
}

/// "70/30", with as many digits as the share needs.
fn ratio(test_share: f64) -> String {
    let percent = |share: f64| (share * 1000.0).round() / 10.0;
    format!("{}/{}", percent(1.0 - test_share), percent(test_share))
}

fn too_few(report: &SplitReport) -> String {
    format!("Too few pairs to divide: {}. Two pairs without a split are needed.", counts(report))
}

fn given_note(
    report: &SplitReport,
    pairs: usize,
    assigned: usize,
    share: f64,
    seed: Seed,
) -> String {
    let (counts, ratio) = (counts(report), ratio(share));
    let seed = seed.0;
    match (assigned, report.train, report.test) {
        _ if pairs == 0 => NO_PAIRS.to_owned(),
        (0, _, 0) => format!(
            "Every pair is marked train ({counts}), so nothing is left to measure on. Add a test \
             file, or have the pairs divided at random instead of as given."
        ),
        (0, 0, _) => format!(
            "Every pair is marked test ({counts}), so no direction can be found. Add a train file, \
             or have the pairs divided at random instead of as given."
        ),
        (0, ..) => format!("As the file says: {counts}."),
        (_, _, 0) | (_, 0, _) => too_few(report),
        (n, ..) if n == pairs => {
            format!("Divided {ratio} within each scenario with seed {seed}: {counts}.")
        }
        (n, ..) => format!(
            "As the file says where it does; {n} pairs without a split divided {ratio} within each \
             scenario with seed {seed}: {counts}."
        ),
    }
}

#[cfg(test)]
mod tests;
