//! The shipped pairs in natural English: that no cheap difference tells their sides apart.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use lens_analysis::auroc;
use lens_core::{Side, Split};

use crate::toy::PairSet;

/// The pairs, and the same situations with a caring side that uses none of [`KEYWORDS`].
const SETS: [&str; 2] = ["everyday.jsonl", "everyday-without-keywords.jsonl"];

/// The words that the study "Detecting and Steering LLMs' Empathy in Action" replaces to see how
/// much of a probe is vocabulary.
const KEYWORDS: [&str; 41] = [
    "empathy",
    "empathic",
    "empathetic",
    "compassion",
    "compassionate",
    "help",
    "helping",
    "helped",
    "helps",
    "care",
    "caring",
    "cared",
    "cares",
    "support",
    "supporting",
    "supported",
    "supports",
    "together",
    "share",
    "sharing",
    "shared",
    "feel",
    "feeling",
    "felt",
    "feels",
    "understand",
    "understanding",
    "understood",
    "understands",
    "listen",
    "listening",
    "listened",
    "listens",
    "wellbeing",
    "well-being",
    "comfort",
    "comforting",
    "kindness",
    "kind",
    "gentle",
    "gently",
];

/// Runs of letters and apostrophes, lower-cased (METHODS, section 4).
fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !(c.is_ascii_lowercase() || c == '\''))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Relative word frequencies.
fn bag(text: &str) -> BTreeMap<String, f64> {
    let words = words(text);
    let share = 1.0 / words.len().max(1) as f64;
    words.into_iter().fold(BTreeMap::new(), |mut bag, word| {
        *bag.entry(word).or_default() += share;
        bag
    })
}

/// Test AUROC of the mean difference of relative word frequencies, fitted on the train pairs.
pub(crate) fn bag_of_words_auroc(set: &PairSet) -> Result<f64> {
    let mut weights = BTreeMap::<String, f64>::new();
    for (side, sign) in [(Side::Positive, 1.0), (Side::Negative, -1.0)] {
        for text in set.texts(&set.of(Split::Train), side) {
            for (word, share) in bag(text) {
                *weights.entry(word).or_default() += sign * share;
            }
        }
    }
    let score = |side| -> Vec<f64> {
        let texts = set.texts(&set.of(Split::Test), side);
        let of =
            |text: &&str| bag(text).iter().filter_map(|(w, s)| Some(weights.get(w)? * s)).sum();
        texts.iter().map(of).collect()
    };
    Ok(auroc(&score(Side::Positive), &score(Side::Negative))?)
}

#[test]
fn the_sides_do_not_differ_in_length_or_format() -> Result<()> {
    for file in SETS {
        let set = PairSet::open(file)?;
        let all: Vec<usize> = (0..set.pairs.len()).collect();
        let scenarios: BTreeSet<_> = set.scenarios().into_iter().flatten().collect();
        ensure!(all.len() >= 120 && scenarios.len() >= 12, "{file} is too small");
        let by = |measure: fn(&str) -> usize| -> Result<f64> {
            let of = |side| -> Vec<f64> {
                set.texts(&all, side).iter().map(|text| measure(text) as f64).collect()
            };
            Ok(auroc(&of(Side::Positive), &of(Side::Negative))?)
        };
        for (what, value) in
            [("words", by(|text| words(text).len())?), ("characters", by(str::len)?)]
        {
            println!("{file}: AUROC of the number of {what} alone {value:.3}");
            ensure!((0.45..=0.55).contains(&value), "{file}: {what} alone give AUROC {value}");
        }
        for (what, value) in [
            ("sentences", by(|text| text.matches(['.', '!', '?']).count())?),
            ("commas", by(|text| text.matches(',').count())?),
            ("quotation marks", by(|text| text.matches(['"', '\u{201c}']).count())?),
        ] {
            println!("{file}: AUROC of the number of {what} alone {value:.3}");
            ensure!((0.4..=0.6).contains(&value), "{file}: {what} alone give AUROC {value}");
        }
        let markdown = |text: &str| text.contains(['\n', '*', '#', '\u{2022}']);
        for pair in &set.pairs {
            ensure!(!Side::BOTH.iter().any(|&side| markdown(pair.text(side))), "{}", pair.id);
            ensure!(pair.source.as_deref() == Some("project"), "{} has no author", pair.id);
            ensure!(matches!(pair.score, Some(1.0 | 2.0)), "{}: score {:?}", pair.id, pair.score);
        }
        println!("{file}: bag of words, test AUROC {:.3}", bag_of_words_auroc(&set)?);
    }
    Ok(())
}

#[test]
fn the_scenarios_are_of_equal_size_in_both_sets() -> Result<()> {
    let sizes = |file| -> Result<BTreeMap<Option<String>, usize>> {
        let scenarios = PairSet::open(file)?.scenarios();
        Ok(scenarios.into_iter().fold(BTreeMap::new(), |mut sizes, scenario| {
            *sizes.entry(scenario).or_default() += 1;
            sizes
        }))
    };
    let first = sizes(SETS[0])?;
    ensure!(first == sizes(SETS[1])?, "the sets have other scenarios");
    let counts: BTreeSet<usize> = first.values().copied().collect();
    ensure!(counts.len() == 1, "scenarios of different sizes: {first:?}");
    Ok(())
}

#[test]
fn the_second_set_does_without_the_keywords() -> Result<()> {
    let set = PairSet::open(SETS[1])?;
    for pair in &set.pairs {
        // A hyphenated keyword is one word here.
        let lower = pair.positive.to_lowercase();
        let found: Vec<&str> = lower
            .split(|c: char| !(c.is_ascii_lowercase() || c == '-'))
            .filter(|word| KEYWORDS.contains(word))
            .collect();
        ensure!(found.is_empty(), "{}: {found:?}", pair.id);
    }
    Ok(())
}
