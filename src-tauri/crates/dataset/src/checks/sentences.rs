//! The checks in words: what was found, with its number, and what to do about it.

use lens_core::{ContrastPair, Split};
use serde::{Deserialize, Serialize};

use super::Checks;
use crate::problem::{Problem, ProblemCode};

/// Fewer test pairs than this get a sentence on how little they can show.
const FEW_TEST_PAIRS: usize = 20;

/// Above this imbalance one author is said to have written mostly one side.
const MOST_AUTHORSHIP: f64 = 0.2;

/// As far from 0.5 may the AUROC of the word count be and still be called balanced.
const MOST_LENGTH: f64 = 0.05;

/// Above this total variation the scenarios of train and test are said to differ.
const MOST_SCENARIO: f64 = 0.2;

/// How much a sentence matters; the worst is first in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A result would be wrong or impossible, or mean something else than it seems to.
    Warning,
    /// To be known when reading a result.
    Note,
    /// Looked at and found in order.
    Fine,
}

/// What a sentence is about; serialised in kebab case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckCode {
    /// No pair in test.
    NoTestPart,
    /// No pair in train.
    NoTrainPart,
    /// Sides of nothing but white space.
    EmptySide,
    /// Pairs with the same text on both sides.
    IdenticalSides,
    /// Test texts that are in train as well, or nearly.
    Leakage,
    /// Texts that come more than once.
    Duplicates,
    /// An author mostly on one side.
    Authorship,
    /// Sides of different length.
    Length,
    /// Train and test of different scenarios.
    Scenarios,
    /// A test part too small for narrow intervals.
    FewTestPairs,
}

impl CheckCode {
    /// Its stable name: `no-test-part`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoTestPart => "no-test-part",
            Self::NoTrainPart => "no-train-part",
            Self::EmptySide => "empty-side",
            Self::IdenticalSides => "identical-sides",
            Self::Leakage => "leakage",
            Self::Duplicates => "duplicates",
            Self::Authorship => "authorship",
            Self::Length => "length",
            Self::Scenarios => "scenarios",
            Self::FewTestPairs => "few-test-pairs",
        }
    }
}

/// One check in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckSentence {
    /// What it is about.
    pub code: CheckCode,
    /// How much it matters.
    pub severity: Severity,
    /// What was found, with its number.
    pub sentence: String,
    /// What to do about it, where there is something to do.
    pub advice: Option<String>,
}

impl CheckSentence {
    fn new(code: CheckCode, severity: Severity, sentence: String, advice: &str) -> Self {
        let advice = (!advice.is_empty()).then(|| advice.to_owned());
        Self { code, severity, sentence, advice }
    }

    fn warning(code: CheckCode, sentence: String, advice: &str) -> Self {
        Self::new(code, Severity::Warning, sentence, advice)
    }

    fn note(code: CheckCode, sentence: String, advice: &str) -> Self {
        Self::new(code, Severity::Note, sentence, advice)
    }
}

/// What there is to say about pairs whose splits are `splits` and whose checks are `checks`, the
/// worst first. `problems` are those of reading the file (rows that were left out are no longer among
/// the pairs); `length_auroc` is the AUROC of the word count alone, where there is one. Texts cut by
/// a token limit are not known here.
#[must_use]
pub fn check_sentences(
    pairs: &[ContrastPair],
    splits: &[Split],
    checks: &Checks,
    problems: &[Problem],
    length_auroc: Option<f64>,
) -> Vec<CheckSentence> {
    let test = splits.iter().filter(|s| **s == Split::Test).count();
    let train = splits.len() - test;
    let mut sentences: Vec<CheckSentence> = parts(train, test)
        .into_iter()
        .chain(sides(pairs, problems))
        .chain(leakage(checks))
        .chain(duplicates(checks))
        .chain(authorship(checks))
        .chain(length_auroc.map(length))
        .chain(scenarios(checks))
        .chain(few(train, test))
        .collect();
    sentences.sort_by_key(|s| s.severity);
    sentences
}

fn parts(train: usize, test: usize) -> Option<CheckSentence> {
    match (train, test) {
        (0, 0) => None,
        (_, 0) => Some(CheckSentence::warning(
            CheckCode::NoTestPart,
            format!("All {train} pairs are training pairs: nothing is left to measure on."),
            "Add a file of test pairs, or divide the pairs by another rule.",
        )),
        (0, _) => Some(CheckSentence::warning(
            CheckCode::NoTrainPart,
            format!("All {test} pairs are test pairs: no direction can be found."),
            "Add a file of training pairs, or divide the pairs by another rule.",
        )),
        _ => None,
    }
}

fn sides(pairs: &[ContrastPair], problems: &[Problem]) -> Vec<CheckSentence> {
    let dropped = |code| problems.iter().filter(|p| p.code == code && p.dropped).count();
    let among = |is: fn(&ContrastPair) -> bool| pairs.iter().filter(|p| is(p)).count();
    let blank = |p: &ContrastPair| p.positive.trim().is_empty() || p.negative.trim().is_empty();
    let same = |p: &ContrastPair| p.positive.trim() == p.negative.trim();
    let counted = [
        (CheckCode::EmptySide, "an empty side", dropped(ProblemCode::EmptySide), among(blank)),
        (
            CheckCode::IdenticalSides,
            "the same text on both sides",
            dropped(ProblemCode::IdenticalSides),
            among(same),
        ),
    ];
    let mut sentences = Vec::new();
    for (code, what, dropped, kept) in counted {
        if kept > 0 {
            sentences.push(CheckSentence::warning(
                code,
                format!("{} {what}: they teach nothing and count all the same.", has(kept, "pair")),
                "Fill in or remove these pairs.",
            ));
        }
        if dropped > 0 {
            let verb = if dropped == 1 { "was" } else { "were" };
            sentences.push(CheckSentence::note(
                code,
                format!("{} {what} and {verb} left out.", has(dropped, "row")),
                "Correct them in the file and read it again if they were meant to count.",
            ));
        }
    }
    sentences
}

fn leakage(checks: &Checks) -> Option<CheckSentence> {
    let found = &checks.leakage;
    let kinds = match (found.exact_texts, found.near_texts) {
        (exact, 0) => format!("{exact} word for word"),
        (0, near) => format!("{near} nearly"),
        (exact, near) => format!("{exact} word for word, {near} nearly"),
    };
    (found.pairs > 0).then(|| {
        CheckSentence::warning(
            CheckCode::Leakage,
            format!(
                "{} a text that also stands in the training pairs ({kinds}): test results will be \
                 too good.",
                has(found.pairs, "test pair")
            ),
            "Remove the repeated pairs, or divide so that they stay together: by scenario, if they \
             share one.",
        )
    })
}

fn duplicates(checks: &Checks) -> Option<CheckSentence> {
    let texts = checks.duplicates.texts;
    let verb = if texts == 1 { "stands" } else { "stand" };
    (texts > 0).then(|| {
        CheckSentence::warning(
            CheckCode::Duplicates,
            format!(
                "{} {verb} in more than one place: N is smaller than it looks.",
                counted(texts, "text")
            ),
            "Keep each text once; intervals count every pair as new evidence.",
        )
    })
}

fn authorship(checks: &Checks) -> Option<CheckSentence> {
    let source = checks.source_imbalance.as_ref().filter(|s| s.imbalance > MOST_AUTHORSHIP)?;
    Some(CheckSentence::warning(
        CheckCode::Authorship,
        format!(
            "{:?} wrote {} positive and {} negative texts: a probe may find the author instead of \
             the concept.",
            source.source, source.positive, source.negative,
        ),
        "Let every author write both sides, or test on the pairs of an author that training did \
         not see.",
    ))
}

fn length(auroc: f64) -> CheckSentence {
    if (auroc - 0.5).abs() <= MOST_LENGTH {
        return CheckSentence::new(
            CheckCode::Length,
            Severity::Fine,
            format!(
                "Lengths are balanced: word count alone tells the sides apart with AUROC {auroc:.2}."
            ),
            "",
        );
    }
    let longer = if auroc >= 0.5 { "positive" } else { "negative" };
    CheckSentence::warning(
        CheckCode::Length,
        format!(
            "The {longer} texts are longer: word count alone tells the sides apart with AUROC \
             {:.2}, so part of any result may be length.",
            auroc.max(1.0 - auroc)
        ),
        "Cut or lengthen one side of the pairs that differ most, and compare a result with the \
         surface ceiling.",
    )
}

fn scenarios(checks: &Checks) -> Option<CheckSentence> {
    let found = &checks.scenario_imbalance;
    let apart = found.counts.iter().all(|c| c.train == 0 || c.test == 0);
    (found.total_variation > MOST_SCENARIO).then(|| {
        if apart {
            CheckSentence::note(
                CheckCode::Scenarios,
                "Train and test share no scenario: a result says whether a direction carries over \
                 to situations it was not trained on."
                    .to_owned(),
                "",
            )
        } else {
            CheckSentence::warning(
                CheckCode::Scenarios,
                format!(
                    "Train and test differ in scenarios by {:.0} % of their pairs: a low result may \
                     be the situations instead of the concept.",
                    100.0 * found.total_variation
                ),
                "Divide at random, which keeps scenarios in proportion, or by scenario, which keeps \
                 them apart.",
            )
        }
    })
}

/// What so few pairs can show: the half width of a 95 % interval at a paired accuracy of 0.80, and
/// the exact one-sided bound when all are right, 0.05^(1/n).
fn few(train: usize, test: usize) -> Option<CheckSentence> {
    (train > 0 && (1..FEW_TEST_PAIRS).contains(&test)).then(|| {
        let n = test as f64;
        let half = 1.96 * (0.8 * 0.2 / n).sqrt();
        let bound = 0.05_f64.powf(1.0 / n);
        CheckSentence::note(
            CheckCode::FewTestPairs,
            format!(
                "{} only: a paired accuracy of 0.80 would be uncertain by about \u{b1}{half:.2}, and \
                 if all are right that shows no more than {bound:.2} (95 %).",
                counted(test, "test pair")
            ),
            "Collect pairs until 20 or more are in test, or give test a larger share.",
        )
    })
}

fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

fn has(n: usize, noun: &str) -> String {
    format!("{} {}", counted(n, noun), if n == 1 { "has" } else { "have" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SourceImbalance;
    use crate::checks::checks;

    fn pairs(n: usize) -> Vec<ContrastPair> {
        let pair = |i: usize| ContrastPair {
            id: i.to_string(),
            positive: format!("I stay with {i} and ask what happened there."),
            negative: format!("I pass by {i} and do not look at anyone."),
            ..ContrastPair::default()
        };
        (0..n).map(pair).collect()
    }

    fn half(n: usize) -> Vec<Split> {
        (0..n).map(|i| if i % 2 == 0 { Split::Train } else { Split::Test }).collect()
    }

    fn said(sentences: &[CheckSentence], code: CheckCode) -> &CheckSentence {
        sentences.iter().find(|s| s.code == code).unwrap()
    }

    #[test]
    fn sound_pairs_are_said_to_be_so() {
        let (pairs, splits) = (pairs(60), half(60));
        let found = check_sentences(&pairs, &splits, &checks(&pairs, &splits), &[], Some(0.52));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].code, found[0].severity), (CheckCode::Length, Severity::Fine));
        assert!(found[0].sentence.contains("AUROC 0.52") && found[0].advice.is_none());
        assert!(check_sentences(&[], &[], &checks(&[], &[]), &[], None).is_empty());
    }

    #[test]
    fn every_finding_has_its_number_and_what_to_do() {
        let mut pairs = pairs(10);
        pairs[1].positive = pairs[0].positive.clone();
        pairs[2].negative = " ".into();
        pairs[4].negative = pairs[4].positive.clone();
        for (i, pair) in pairs.iter_mut().enumerate() {
            pair.scenario = Some(if i < 5 { "gate" } else { "game" }.into());
        }
        let splits: Vec<Split> =
            (0..10).map(|i| if i < 4 && i != 1 { Split::Train } else { Split::Test }).collect();
        let mut checks = checks(&pairs, &splits);
        checks.source_imbalance = Some(SourceImbalance {
            imbalance: 0.6,
            source: "ann".into(),
            positive: 8,
            negative: 2,
        });
        let problem = |code| Problem {
            file: "x".into(),
            line: 1,
            field: None,
            code,
            message: String::new(),
            dropped: true,
        };
        let problems = [problem(ProblemCode::EmptySide), problem(ProblemCode::BadJson)];
        let found = check_sentences(&pairs, &splits, &checks, &problems, Some(0.1));
        let severities: Vec<Severity> = found.iter().map(|s| s.severity).collect();
        assert!(severities.is_sorted(), "{severities:?}");
        for (code, number) in [
            (CheckCode::EmptySide, "1 pair has an empty side"),
            (CheckCode::IdenticalSides, "1 pair has the same text"),
            (
                CheckCode::Leakage,
                "1 test pair has a text that also stands in the training pairs (1 word for word)",
            ),
            (CheckCode::Duplicates, "2 texts stand"),
            (CheckCode::Authorship, "\"ann\" wrote 8 positive and 2 negative"),
            (
                CheckCode::Length,
                "The negative texts are longer: word count alone tells the sides apart with AUROC 0.90",
            ),
            (CheckCode::Scenarios, "by 71 %"),
            (CheckCode::FewTestPairs, "7 test pairs only"),
        ] {
            let sentence = said(&found, code);
            assert!(sentence.sentence.contains(number), "{}", sentence.sentence);
            assert!(sentence.advice.as_ref().is_some_and(|a| a.ends_with('.')), "{code:?}");
            assert!(sentence.sentence.ends_with('.'));
        }
        let dropped: Vec<_> =
            found.iter().filter(|s| s.sentence.contains("was left out")).collect();
        assert_eq!(dropped.len(), 1);
        assert_eq!((dropped[0].code, dropped[0].severity), (CheckCode::EmptySide, Severity::Note));
    }

    #[test]
    fn a_missing_part_is_a_warning() {
        let pairs = pairs(3);
        for (split, code) in
            [(Split::Train, CheckCode::NoTestPart), (Split::Test, CheckCode::NoTrainPart)]
        {
            let splits = [split; 3];
            let found = check_sentences(&pairs, &splits, &checks(&pairs, &splits), &[], None);
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!((found[0].code, found[0].severity), (code, Severity::Warning));
        }
    }

    #[test]
    fn scenarios_kept_apart_are_no_fault() {
        let mut pairs = pairs(60);
        for (i, pair) in pairs.iter_mut().enumerate() {
            pair.scenario = Some(if i % 2 == 0 { "gate" } else { "game" }.into());
        }
        let splits = half(60);
        let found = check_sentences(&pairs, &splits, &checks(&pairs, &splits), &[], None);
        let sentence = said(&found, CheckCode::Scenarios);
        assert_eq!((sentence.severity, &sentence.advice), (Severity::Note, &None));
    }

    /// 0.05^(1/n) is the Clopper-Pearson bound at n of n.
    #[test]
    fn few_pairs_say_what_they_can_show() {
        let sentence = few(5, 15).unwrap().sentence;
        assert!(sentence.contains("\u{b1}0.20") && sentence.contains("than 0.82"), "{sentence}");
        assert_eq!(few(5, 20), None);
    }
}
