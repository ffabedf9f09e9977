//! A division that keeps scenarios, or sources, together.

use std::collections::{BTreeMap, BTreeSet};

use lens_core::{ContrastPair, Seed, Split};
use rand::seq::SliceRandom;

use super::{NO_PAIRS, SplitReport, counts, report, strata, to_test};

/// So many random orders are tried for one that comes close to the share.
const TRIES: usize = 32;

/// So many names are written out in a sentence.
const NAMES: usize = 5;

/// By what pairs are kept together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grouping {
    Scenario,
    Source,
}

impl Grouping {
    fn of(self, pair: &ContrastPair) -> Option<&str> {
        match self {
            Self::Scenario => pair.scenario.as_deref(),
            Self::Source => pair.source.as_deref(),
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Scenario => "scenario",
            Self::Source => "source",
        }
    }
}

/// Pairs that stay together: those of one name, or one pair without any.
struct Group<'a> {
    name: Option<&'a str>,
    pairs: Vec<usize>,
}

/// Divides by scenario or source: into test go the groups called `wanted`, or, when there are none
/// of them, groups drawn so that about `share` of the pairs are test.
pub(super) fn divide(
    pairs: &[ContrastPair],
    by: Grouping,
    wanted: &[String],
    share: f64,
    seed: Seed,
) -> (Vec<Split>, SplitReport) {
    let groups = groups(pairs, by);
    let test: Vec<&Group<'_>> = if wanted.is_empty() {
        drawn(&groups, pairs.len(), share, by, seed)
    } else {
        let is_wanted = |g: &&Group<'_>| g.name.is_some_and(|n| wanted.iter().any(|w| w == n));
        groups.iter().filter(is_wanted).collect()
    };
    let mut splits = vec![Split::Train; pairs.len()];
    for group in &test {
        to_test(&mut splits, &group.pairs);
    }
    let mut report = report(&splits);
    report.test_groups = test.iter().filter_map(|g| g.name.map(str::to_owned)).collect();
    report.test_groups.sort();
    report.ungrouped = groups.iter().filter(|g| g.name.is_none()).count();
    let known: BTreeSet<&str> = groups.iter().filter_map(|g| g.name).collect();
    let unknown: BTreeSet<&str> =
        wanted.iter().map(String::as_str).filter(|w| !known.contains(w)).collect();
    report.unusual |= report.ungrouped > 0 || !unknown.is_empty();
    report.note = note(&report, by, &known, &unknown, wanted, seed);
    (splits, report)
}

/// The groups in an order that does not depend on that of the rows: names in alphabetical order,
/// then single pairs by their texts.
fn groups(pairs: &[ContrastPair], by: Grouping) -> Vec<Group<'_>> {
    let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut alone = Vec::new();
    for (index, pair) in pairs.iter().enumerate() {
        match by.of(pair) {
            Some(name) => named.entry(name).or_default().push(index),
            None => alone.push((strata::key("group", pair), index)),
        }
    }
    alone.sort();
    let named = named.into_iter().map(|(name, pairs)| Group { name: Some(name), pairs });
    named
        .chain(alone.into_iter().map(|(_, index)| Group { name: None, pairs: vec![index] }))
        .collect()
}

/// Groups whose pairs are about `share` of all: in random order, each is taken if that brings the
/// count closer to the share. The best of several orders; a group at least is left to either part.
fn drawn<'g, 'a>(
    groups: &'g [Group<'a>],
    pairs: usize,
    share: f64,
    by: Grouping,
    seed: Seed,
) -> Vec<&'g Group<'a>> {
    if groups.len() < 2 {
        return Vec::new();
    }
    let target = share * pairs as f64;
    let distance = |taken: usize| (taken as f64 - target).abs();
    let mut random = seed.stream(&format!("split/by-{}", by.noun()));
    let mut order: Vec<&Group<'a>> = groups.iter().collect();
    let mut best: Option<(f64, Vec<&Group<'a>>)> = None;
    for _ in 0..TRIES {
        order.shuffle(&mut random);
        let mut taken = 0;
        let mut test = Vec::new();
        for group in &order {
            let with = taken + group.pairs.len();
            // the first is taken in any case; another try may do better
            if with < pairs && (test.is_empty() || distance(with) < distance(taken)) {
                taken = with;
                test.push(*group);
            }
        }
        if best.as_ref().is_none_or(|(least, _)| distance(taken) < *least) {
            best = Some((distance(taken), test));
        }
    }
    best.map(|(_, test)| test).unwrap_or_default()
}

fn note(
    report: &SplitReport,
    by: Grouping,
    known: &BTreeSet<&str>,
    unknown: &BTreeSet<&str>,
    wanted: &[String],
    seed: Seed,
) -> String {
    let (noun, counts) = (by.noun(), counts(report));
    if report.train + report.test == 0 {
        return NO_PAIRS.to_owned();
    }
    let mut note = if report.test == 0 && wanted.is_empty() {
        let all = match known.first() {
            Some(name) => format!("All pairs are of one {noun} ({name:?})"),
            None => "There is only one pair".to_owned(),
        };
        format!(
            "{all}, so there is nothing to divide by {noun}: {counts}. Divide at random, or add \
             pairs of another {noun}."
        )
    } else if report.test == 0 {
        format!(
            "No pair is of a {noun} that is named for test, so nothing is left to measure on: \
             {counts}. Name one of: {}.",
            list(known.iter().copied())
        )
    } else if report.train == 0 {
        format!(
            "Every {noun} is named for test, so no direction can be found: {counts}. Leave one \
             {noun} at least for training."
        )
    } else {
        let how = if wanted.is_empty() {
            format!("drawn with seed {}", seed.0)
        } else {
            "as named".to_owned()
        };
        let which = match report.test_groups.len() {
            0 => format!("no named {noun} in test"),
            1 => format!("the {noun} {} in test", list(test_names(report))),
            n => format!("{n} {noun}s in test: {}", list(test_names(report))),
        };
        format!("Divided by {noun}, {how}; {which} ({counts}).")
    };
    if report.ungrouped > 0 && known.is_empty() {
        note.push_str(&format!(
            " No pair names a {noun}, so each is a group of its own: this is a random division."
        ));
    } else if report.ungrouped > 0 {
        let (verb, which) =
            if report.ungrouped == 1 { ("names", "it is") } else { ("name", "each is") };
        note.push_str(&format!(
            " {} of the pairs {verb} no {noun}; {which} a group of its own.",
            report.ungrouped
        ));
    }
    if !unknown.is_empty() && report.test > 0 {
        note.push_str(&format!(" No pair is of {}.", list(unknown.iter().copied())));
    }
    note
}

fn test_names(report: &SplitReport) -> impl Iterator<Item = &str> {
    report.test_groups.iter().map(String::as_str)
}

/// Names in quotes, the first few.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|n| format!("{n:?}")).collect();
    let shown = names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES) {
        0 if names.is_empty() => "none".to_owned(),
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
