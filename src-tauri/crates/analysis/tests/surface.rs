//! The surface baselines: against scikit-learn (values made by tests/reference/surface/make.py),
//! planted truths, and bad input.

#![allow(clippy::unwrap_used, reason = "a test asserts by unwrapping")]

use std::collections::BTreeMap;
use std::path::Path;

use lens_analysis::{
    AnalysisError, PointStatistics, SurfaceBaselineKind, SurfaceCeiling, SurfaceOutcome,
    surface_ceiling,
};
use lens_core::{CancelToken, Seed, Silent, Split};
use serde::Deserialize;

use SurfaceBaselineKind::{BagOfWords, FunctionWords, Marks, TfIdfLogistic, WordCount};

#[derive(Deserialize)]
struct Reference {
    train: Vec<[String; 2]>,
    test: Vec<[String; 2]>,
    baselines: BTreeMap<String, Expected>,
}

#[derive(Deserialize)]
struct Expected {
    /// Positive and negative in turn.
    scores: Vec<f64>,
    threshold: f64,
    auroc: f64,
    accuracy: f64,
}

fn read() -> Reference {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/reference/surface/surface.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn ceiling(train: &[[String; 2]], test: &[[String; 2]]) -> Result<SurfaceCeiling, AnalysisError> {
    let texts: Vec<[&str; 2]> =
        train.iter().chain(test).map(|[p, n]| [p.as_str(), n.as_str()]).collect();
    let splits: Vec<Split> = (0..texts.len())
        .map(|i| if i < train.len() { Split::Train } else { Split::Test })
        .collect();
    surface_ceiling(&texts, &splits, Seed(0), &Silent, &CancelToken::default())
}

fn pairs(n: usize, text: impl Fn(usize, bool) -> String) -> Vec<[String; 2]> {
    (0..n).map(|i| [text(i, true), text(i, false)]).collect()
}

fn auroc(found: &SurfaceCeiling, kind: SurfaceBaselineKind) -> f64 {
    found.baseline(kind).unwrap().tested().unwrap().0.auroc.value
}

fn reason(found: &SurfaceCeiling, kind: SurfaceBaselineKind) -> Option<&str> {
    match &found.baseline(kind).unwrap().outcome {
        SurfaceOutcome::NotTestable { reason } => Some(reason),
        SurfaceOutcome::Tested { .. } => None,
    }
}

#[test]
fn every_baseline_agrees_with_scikit_learn() {
    let reference = read();
    let found = ceiling(&reference.train, &reference.test).unwrap();
    assert_eq!(found.baselines.len(), reference.baselines.len());
    assert_eq!((found.train_pairs, found.test_pairs), (24, 16));
    for baseline in &found.baselines {
        let name = baseline.kind.name();
        let expected = &reference.baselines[name];
        let (statistics, scores) = baseline.tested().unwrap();
        let largest = expected.scores.iter().fold(0.0_f64, |m, s| m.max(s.abs()));
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9 * largest, "{name}: {a} for {b}");
        for (i, pair) in expected.scores.chunks_exact(2).enumerate() {
            close(scores.positive[i], pair[0]);
            close(scores.negative[i], pair[1]);
        }
        close(scores.threshold, expected.threshold);
        assert!((statistics.auroc.value - expected.auroc).abs() < 1e-12, "{name}");
        assert!((statistics.accuracy.value - expected.accuracy).abs() < 1e-12, "{name}");
        assert!(statistics.auroc.low <= expected.auroc && expected.auroc <= statistics.auroc.high);
        let point = PointStatistics::of(&scores.as_pair_scores()).unwrap();
        assert_eq!(point.paired_accuracy, statistics.paired_accuracy.value);
    }
    let best = found.ceiling().unwrap().tested().unwrap().0.auroc.value;
    assert!(reference.baselines.values().all(|e| e.auroc <= best + 1e-12));
}

#[test]
fn sides_of_the_same_words_cannot_be_told_apart_by_words() {
    const WORDS: [&str; 7] = ["the", "guard", "stops", "and", "helps", "a", "man"];
    let text = |i: usize, positive: bool| {
        let mut words = WORDS.to_vec();
        words.rotate_left(i % 7);
        words.truncate(3 + i % 5);
        if positive {
            words.reverse();
        }
        words.join(" ")
    };
    let found = ceiling(&pairs(30, text), &pairs(20, |i, side| text(i + 3, side))).unwrap();
    for kind in [BagOfWords, FunctionWords, Marks, WordCount] {
        assert_eq!(auroc(&found, kind), 0.5, "{kind:?}");
    }
    assert!((auroc(&found, TfIdfLogistic) - 0.5).abs() < 1e-12);
    let top = found.top_words.unwrap();
    assert!(top.positive.is_empty() && top.negative.is_empty());

    // the sides of different pairs swapped: sums in another order, but the same words
    let across = pairs(30, |i, positive| text(if positive { i } else { 29 - i }, true));
    let found = ceiling(&across, &pairs(20, text)).unwrap();
    for kind in [BagOfWords, WordCount, TfIdfLogistic] {
        assert_eq!(auroc(&found, kind), 0.5, "{kind:?}");
    }
    assert_eq!(found.ceiling().unwrap().tested().unwrap().1.positive, [0.0; 20]);
}

#[test]
fn planted_differences_are_found_by_the_baseline_made_for_them() {
    let filler = |i: usize| ["rain", "gate", "queue", "form", "clock"][i % 5];
    let only = |text: &dyn Fn(usize, bool) -> String| {
        let found = ceiling(&pairs(20, text), &pairs(12, |i, side| text(i + 2, side))).unwrap();
        let best = found.ceiling().unwrap().kind;
        (found, best)
    };
    let (found, best) = only(&|i, side| {
        let word = if side { "kindly" } else { "coldly" };
        format!("We {word} waited, {} {}.", filler(i), filler(i / 5))
    });
    assert_eq!((best, auroc(&found, BagOfWords)), (BagOfWords, 1.0));
    let top = found.top_words.as_ref().unwrap();
    assert_eq!(top.positive[0].word, "kindly");
    assert_eq!((top.positive[0].positive, top.positive[0].negative), (20, 0));
    assert_eq!(top.negative[0].word, "coldly");
    // of five words one differs: both weights are 1/5, and nothing else separates
    assert!((top.positive[0].weight - 0.2).abs() < 1e-12);
    assert!((top.positive[0].share - 0.5).abs() < 1e-12);
    assert_eq!((top.positive.len(), top.negative.len()), (1, 1));
    assert_eq!(auroc(&found, FunctionWords), 0.5);

    let (found, best) = only(&|i, side| {
        format!("{}{} waits {}", if side { "- " } else { "" }, filler(i), filler(i / 5))
    });
    assert_eq!((best, auroc(&found, Marks)), (Marks, 1.0));
    assert_eq!(auroc(&found, BagOfWords), 0.5);
}

/// Turning a baseline round after looking at the test labels would be a fit on test.
#[test]
fn a_baseline_that_fails_on_test_stays_below_one_half() {
    let longer = |positive: bool, n: usize| "word ".repeat(if positive { 9 + n } else { 3 });
    let train = pairs(10, |i, side| longer(side, i));
    let test = pairs(10, |i, side| longer(!side, i));
    let found = ceiling(&train, &test).unwrap();
    assert_eq!(auroc(&found, WordCount), 0.0);
    assert_eq!(auroc(&found, BagOfWords), 0.5);
    assert_eq!(found.ceiling().unwrap().kind, BagOfWords, "the first of those that tie");
}

#[test]
fn texts_without_english_words_leave_the_other_baselines() {
    let russian = |i: usize, side: bool| {
        format!(
            "{} {}.",
            if side {
                "\u{43f}\u{43e}\u{43c}\u{43e}\u{433}\u{443}"
            } else {
                "\u{443}\u{439}\u{434}\u{443}"
            },
            i % 3
        )
    };
    let found = ceiling(&pairs(12, russian), &pairs(8, russian)).unwrap();
    assert!(reason(&found, BagOfWords).unwrap().contains("English"));
    assert!(reason(&found, FunctionWords).unwrap().contains("English"));
    assert!(found.top_words.is_none());
    assert_eq!(auroc(&found, TfIdfLogistic), 1.0);
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<SurfaceCeiling>(&json).unwrap(), found);

    let digits = |i: usize, side: bool| format!("{} {}!", i % 4, u8::from(side));
    let found = ceiling(&pairs(12, digits), &pairs(8, digits)).unwrap();
    assert!(reason(&found, TfIdfLogistic).unwrap().contains("no letters"));
    assert_eq!(auroc(&found, Marks), 0.5);
}

#[test]
fn bad_input_is_refused_in_a_sentence() {
    let text = |i: usize, side: bool| format!("text {i} {side}");
    let (many, one) = (pairs(5, text), pairs(1, text));
    let too_few = |train: &[[String; 2]], test: &[[String; 2]], split: &str| {
        let error = ceiling(train, test).unwrap_err();
        assert!(matches!(&error, AnalysisError::TooFewPairs { split: s, .. } if *s == split));
    };
    too_few(&one, &many, "train");
    too_few(&many, &one, "test");
    too_few(&many, &[], "test");
    let cancel = CancelToken::default();
    let run = |splits: &[Split]| {
        surface_ceiling(&[["a", "b"]; 4], splits, Seed(0), &Silent, &cancel).unwrap_err()
    };
    assert!(matches!(run(&[Split::Train]), AnalysisError::EntryCount { .. }));
    cancel.cancel();
    let splits = [Split::Train, Split::Train, Split::Test, Split::Test];
    assert!(matches!(run(&splits), AnalysisError::Cancelled(_)));
    // empty texts are texts: every baseline gives them the same score or says that it cannot
    let found = ceiling(&pairs(4, |_, _| String::new()), &pairs(4, |_, _| String::new())).unwrap();
    assert!(reason(&found, BagOfWords).is_some());
    assert_eq!((auroc(&found, WordCount), auroc(&found, Marks)), (0.5, 0.5));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let reference = read();
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| ceiling(&reference.train, &reference.test)).unwrap()
    };
    assert_eq!(with(1), with(5));
}
