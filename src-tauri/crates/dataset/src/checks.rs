//! Is this data set fit to conclude from? What can be said without a model.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use lens_core::{ContrastPair, Seed, Side, Split};
use serde::{Deserialize, Serialize};

use crate::layout::normal;
use crate::minhash::{Hashes, SHINGLE_WORDS, Shingles, nearest, shingles};

pub use sentences::{CheckCode, CheckSentence, Severity, check_sentences};

/// So many examples are listed of each kind.
const EXAMPLES: usize = 20;

/// A source counts as one-sided only if it wrote at least this share of the texts.
const LEAST_SOURCE_SHARE: f64 = 0.05;

/// What [`checks`] found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checks {
    /// Texts and pairs that come more than once.
    pub duplicates: Duplicates,
    /// Test texts that are in train as well, or nearly.
    pub leakage: Leakage,
    /// The source that is most on one side; `None` where no pair names a source per side.
    pub source_imbalance: Option<SourceImbalance>,
    /// Words of every text, for a check of length.
    pub word_counts: WordCounts,
    /// How differently train and test are made up of scenarios.
    pub scenario_imbalance: ScenarioImbalance,
}

/// Exact repetitions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Duplicates {
    /// Pairs that have the prompt and both texts of an earlier pair.
    pub pairs: usize,
    /// Different texts that stand in more than one place (in either side of any pair).
    pub texts: usize,
    /// The first of those texts, 20 at most.
    pub examples: Vec<DuplicateExample>,
}

/// One text that comes more than once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateExample {
    /// How it begins.
    pub text: String,
    /// How often it comes.
    pub count: usize,
    /// The pairs it is in and on which side, 20 at most.
    pub places: Vec<(String, Side)>,
}

/// What the test part shares with the train part.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Leakage {
    /// Test pairs with at least one such text.
    pub pairs: usize,
    /// Test texts that are in train word for word (case and punctuation aside).
    pub exact_texts: usize,
    /// Test texts with a Jaccard index of 0.8 or more to one in train, but not the same words.
    pub near_texts: usize,
    /// The first of them, 20 at most.
    pub examples: Vec<LeakageExample>,
}

/// One test text and the train text most like it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeakageExample {
    /// Id of the pair in test.
    pub test_id: String,
    /// Which of its texts.
    pub test_side: Side,
    /// Id of the pair in train.
    pub train_id: String,
    /// Which of its texts.
    pub train_side: Side,
    /// Share of word 5-grams in common.
    pub jaccard: f64,
}

/// Whether one side was written by others than the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceImbalance {
    /// |share of the source's texts that are positive - 1/2| * 2: 0 even, 1 all on one side.
    pub imbalance: f64,
    /// The source with the largest, of those with 5 % of the texts or more (the more frequent one, if
    /// several).
    pub source: String,
    /// Its texts on the positive side.
    pub positive: usize,
    /// Its texts on the negative side.
    pub negative: usize,
}

/// Words (runs between white space) of each text, in the order of the pairs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WordCounts {
    /// Of the positive texts.
    pub positive: Vec<u32>,
    /// Of the negative texts.
    pub negative: Vec<u32>,
}

/// Scenarios in train against scenarios in test.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ScenarioImbalance {
    /// Total variation distance between the two distributions: half the sum of |share in train -
    /// share in test|; 0 the same, 1 nothing in common. 0 when either part is empty.
    pub total_variation: f64,
    /// Every scenario, in alphabetical order, pairs without one first.
    pub counts: Vec<ScenarioCount>,
}

/// Pairs of one scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioCount {
    /// The scenario; `None` for pairs without one.
    pub scenario: Option<String>,
    /// Its pairs in train.
    pub train: usize,
    /// Its pairs in test.
    pub test: usize,
}

/// Checks pairs whose splits are `splits`, in the same order.
///
/// Texts are compared without their prompt, but those of fewer than five words with it: answers like
/// "(A)" are the same everywhere and mean something else every time.
#[must_use]
pub fn checks(pairs: &[ContrastPair], splits: &[Split]) -> Checks {
    Checks {
        duplicates: duplicates(pairs),
        leakage: leakage(pairs, splits),
        source_imbalance: source_imbalance(pairs),
        word_counts: WordCounts {
            positive: pairs.iter().map(|p| words(&p.positive)).collect(),
            negative: pairs.iter().map(|p| words(&p.negative)).collect(),
        },
        scenario_imbalance: scenario_imbalance(pairs, splits),
    }
}

fn words(text: &str) -> u32 {
    u32::try_from(text.split_whitespace().count()).unwrap_or(u32::MAX)
}

/// The text by which a side is compared with others.
fn compared(pair: &ContrastPair, side: Side) -> Cow<'_, str> {
    let text = pair.text(side);
    let few = text.split_whitespace().nth(SHINGLE_WORDS - 1).is_none();
    if few { pair.reading(side).into() } else { text.into() }
}

fn duplicates(pairs: &[ContrastPair]) -> Duplicates {
    let mut seen = HashSet::new();
    let texts = pairs.iter().map(|p| (&p.prompt, &p.positive, &p.negative));
    let repeated = texts.filter(|texts| !seen.insert(*texts)).count();
    let mut order: Vec<Cow<'_, str>> = Vec::new();
    let mut places: HashMap<Cow<'_, str>, Vec<(usize, Side)>> = HashMap::new();
    for (index, pair) in pairs.iter().enumerate() {
        for side in Side::BOTH {
            let text = compared(pair, side);
            let at = places.entry(text).or_insert_with_key(|text| {
                order.push(text.clone());
                Vec::new()
            });
            at.push((index, side));
        }
    }
    let several = order.iter().filter_map(|text| {
        let at = places.get(text).filter(|at| at.len() > 1)?;
        Some((text, at))
    });
    let example = |(text, at): (&Cow<'_, str>, &Vec<(usize, Side)>)| DuplicateExample {
        text: text.chars().take(80).collect(),
        count: at.len(),
        places: at
            .iter()
            .filter_map(|(index, side)| Some((pairs.get(*index)?.id.clone(), *side)))
            .take(EXAMPLES)
            .collect(),
    };
    Duplicates {
        pairs: repeated,
        texts: several.clone().count(),
        examples: several.take(EXAMPLES).map(example).collect(),
    }
}

fn leakage(pairs: &[ContrastPair], splits: &[Split]) -> Leakage {
    let part = |wanted: Split| -> (Vec<(usize, Side)>, Vec<Shingles>) {
        let members = pairs.iter().zip(splits).enumerate().filter(|(_, (_, s))| **s == wanted);
        members
            .flat_map(|(index, (pair, _))| {
                Side::BOTH.map(|side| ((index, side), shingles(&compared(pair, side))))
            })
            .unzip()
    };
    let (train, train_shingles) = part(Split::Train);
    let (test, test_shingles) = part(Split::Test);
    // any seed finds the same: candidates are decided exactly
    let found = nearest(&Hashes::new(Seed(0)), &train_shingles, &test_shingles);
    let mut leakage = Leakage::default();
    let mut leaking = HashSet::new();
    for ((index, side), hit) in test.into_iter().zip(found) {
        let Some((nearest, jaccard)) = hit else {
            continue;
        };
        leaking.insert(index);
        if jaccard == 1.0 {
            leakage.exact_texts += 1;
        } else {
            leakage.near_texts += 1;
        }
        let pair = pairs.get(index);
        let other = train.get(nearest).and_then(|(i, s)| Some((pairs.get(*i)?, *s)));
        if let (Some(pair), Some((other, train_side))) = (pair, other)
            && leakage.examples.len() < EXAMPLES
        {
            leakage.examples.push(LeakageExample {
                test_id: pair.id.clone(),
                test_side: side,
                train_id: other.id.clone(),
                train_side,
                jaccard,
            });
        }
    }
    leakage.pairs = leaking.len();
    leakage
}

/// The source of one side: its own field in the metadata, else that of the pair.
fn side_source(pair: &ContrastPair, side: Side) -> (Option<&str>, bool) {
    let name = format!("{}_source", side.name());
    let own = pair.metadata.iter().find(|(field, _)| normal(field) == name).map(|(_, v)| v.trim());
    match own.filter(|v| !v.is_empty()) {
        Some(own) => (Some(own), true),
        None => (pair.source.as_deref(), false),
    }
}

fn source_imbalance(pairs: &[ContrastPair]) -> Option<SourceImbalance> {
    let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    let (mut any_own, mut total) = (false, 0_usize);
    for pair in pairs {
        for (slot, side) in Side::BOTH.into_iter().enumerate() {
            let (source, own) = side_source(pair, side);
            any_own |= own;
            if let Some(source) = source {
                total += 1;
                let [positive, negative] = counts.entry(source).or_default();
                *if slot == 0 { positive } else { negative } += 1;
            }
        }
    }
    if !any_own {
        return None;
    }
    counts
        .into_iter()
        .filter(|(_, [p, n])| (p + n) as f64 >= LEAST_SOURCE_SHARE * total as f64)
        .map(|(source, [positive, negative])| {
            let share = positive as f64 / (positive + negative) as f64;
            let imbalance = (share - 0.5).abs() * 2.0;
            SourceImbalance { imbalance, source: source.to_owned(), positive, negative }
        })
        .reduce(|best, other| {
            let size = |s: &SourceImbalance| s.positive + s.negative;
            let larger = other.imbalance > best.imbalance
                || (other.imbalance == best.imbalance && size(&other) > size(&best));
            if larger { other } else { best }
        })
}

fn scenario_imbalance(pairs: &[ContrastPair], splits: &[Split]) -> ScenarioImbalance {
    let mut counts: BTreeMap<Option<&str>, [usize; 2]> = BTreeMap::new();
    for (pair, split) in pairs.iter().zip(splits) {
        let [train, test] = counts.entry(pair.scenario.as_deref()).or_default();
        *if *split == Split::Train { train } else { test } += 1;
    }
    let sum = |i: usize| counts.values().filter_map(|c| c.get(i)).sum::<usize>() as f64;
    let (train, test) = (sum(0), sum(1));
    let total_variation = if train == 0.0 || test == 0.0 {
        0.0
    } else {
        let apart = |c: &[usize; 2]| (c[0] as f64 / train - c[1] as f64 / test).abs();
        counts.values().map(apart).sum::<f64>() / 2.0
    };
    let counts = counts
        .into_iter()
        .map(|(scenario, [train, test])| ScenarioCount {
            scenario: scenario.map(str::to_owned),
            train,
            test,
        })
        .collect();
    ScenarioImbalance { total_variation, counts }
}

mod sentences;

#[cfg(test)]
mod tests;
