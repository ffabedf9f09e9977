//! Properties of the statistics and of their intervals.

#![allow(clippy::unwrap_used, reason = "a test asserts by unwrapping")]

use lens_analysis::{
    AnalysisError, PairScores, PointStatistics, auroc, bootstrap, clopper_pearson_lower,
};
use lens_core::{CancelToken, Seed, Silent};
use proptest::prelude::*;
use rand::Rng;

/// Scores on a coarse grid: ties within and across sides are common.
fn scores(most: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-20i32..20).prop_map(|s| f64::from(s) / 4.0), 1..most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn auroc_counts_every_combination(positive in scores(30), negative in scores(30)) {
        let wins: f64 = positive
            .iter()
            .flat_map(|p| negative.iter().map(move |n| f64::from(p > n) + 0.5 * f64::from(p == n)))
            .sum();
        let expected = wins / (positive.len() * negative.len()) as f64;
        prop_assert!((auroc(&positive, &negative).unwrap() - expected).abs() < 1e-12);
    }

    #[test]
    fn auroc_turns_round_when_the_sides_are_swapped(positive in scores(30), negative in scores(30)) {
        let a = auroc(&positive, &negative).unwrap();
        let b = auroc(&negative, &positive).unwrap();
        prop_assert!((a + b - 1.0).abs() < 1e-15);
    }

    #[test]
    fn auroc_sees_only_the_order(positive in scores(30), negative in scores(30)) {
        let bend = |side: &[f64]| -> Vec<f64> { side.iter().map(|s| (s / 3.0).exp() - 7.0).collect() };
        let bent = auroc(&bend(&positive), &bend(&negative)).unwrap();
        prop_assert_eq!(auroc(&positive, &negative).unwrap(), bent);
    }

    #[test]
    fn cohens_d_does_not_change_with_unit_or_origin(
        side in prop::collection::vec((-20i32..20, -20i32..20), 3..30), shift in -50.0..50.0,
        unit in 0.01..100.0,
    ) {
        let (positive, negative): (Vec<f64>, Vec<f64>) =
            side.into_iter().map(|(p, n)| (f64::from(p), f64::from(n))).unzip();
        let moved = |side: &[f64]| -> Vec<f64> { side.iter().map(|s| s * unit + shift).collect() };
        let d = |p: &[f64], n: &[f64]| {
            let scores = PairScores { positive: p, negative: n, threshold: 0.0 };
            PointStatistics::of(&scores).unwrap().cohens_d
        };
        match (d(&positive, &negative), d(&moved(&positive), &moved(&negative))) {
            (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-8 * a.abs().max(1.0)),
            (a, b) => prop_assert_eq!(a, b),
        }
    }

    #[test]
    fn shares_keep_their_value_within_the_interval_and_bounds_in_order(
        side in prop::collection::vec((-8i32..8, -8i32..8), 2..25), seed in any::<u32>(),
    ) {
        let (positive, negative): (Vec<f64>, Vec<f64>) =
            side.into_iter().map(|(p, n)| (f64::from(p), f64::from(n))).unzip();
        let scores = PairScores { positive: &positive, negative: &negative, threshold: 0.5 };
        let cancel = CancelToken::default();
        let found = bootstrap(&[scores], Seed(seed), &Silent, &cancel).unwrap()[0];
        // The mean of the draws of a share is the share itself, so it lies between their tails.
        for share in [found.accuracy, found.paired_accuracy] {
            prop_assert!(0.0 <= share.low && share.low <= share.value);
            prop_assert!(share.value <= share.high && share.high <= 1.0);
        }
        for estimate in [found.auroc, found.separation, found.std_positive, found.std_negative] {
            prop_assert!(estimate.low <= estimate.high);
        }
        let all_right = positive.iter().zip(&negative).all(|(p, n)| p > n);
        prop_assert_eq!(found.paired_accuracy_bound.is_some(), all_right);
    }
}

/// Over 100 samples from a known population the 95 % interval of the AUROC has to hold the true
/// value about 95 times; percentile intervals of 40 pairs are a little short, say 93 %. The bounds
/// are four standard errors from that. Half the width would hold it some 67 times, double the width
/// every time.
#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    let normal = |random: &mut rand_chacha::ChaCha8Rng| -> f64 {
        (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0
    };
    // Two unit normals one apart: AUROC = Phi(1 / sqrt 2).
    let truth = 0.760_249_938_9;
    let mut random = Seed(9).stream("population");
    let mut held = 0;
    for sample in 0..100 {
        let positive: Vec<f64> = (0..40).map(|_| normal(&mut random) + 1.0).collect();
        let negative: Vec<f64> = (0..40).map(|_| normal(&mut random)).collect();
        let scores = PairScores { positive: &positive, negative: &negative, threshold: 0.5 };
        let found = bootstrap(&[scores], Seed(sample), &Silent, &CancelToken::default()).unwrap();
        let interval = found[0].auroc;
        held += i32::from(interval.low <= truth && truth <= interval.high);
    }
    assert!((83..100).contains(&held), "{held} of 100 intervals hold the truth");
}

#[test]
fn at_the_boundary_the_exact_bound_says_what_the_interval_cannot() {
    let (positive, negative) = ([5.0; 15], [1.0; 15]);
    let scores = PairScores { positive: &positive, negative: &negative, threshold: 3.0 };
    let found = bootstrap(&[scores], Seed(0), &Silent, &CancelToken::default()).unwrap()[0];
    assert_eq!((found.auroc.low, found.auroc.high), (1.0, 1.0));
    assert!((found.paired_accuracy_bound.unwrap() - 0.05_f64.powf(1.0 / 15.0)).abs() < 1e-12);
    assert_eq!(found.cohens_d, None);
}

#[test]
fn two_pairs_are_enough_and_one_is_not() {
    let (positive, negative) = ([2.0, 1.0], [0.0, 1.5]);
    let scores = |n: usize| PairScores {
        positive: &positive[..n],
        negative: &negative[..n],
        threshold: 1.0,
    };
    let run = |n| bootstrap(&[scores(n)], Seed(0), &Silent, &CancelToken::default());
    let found = run(2).unwrap()[0];
    assert!(found.cohens_d.is_some_and(|d| d.low.is_finite() && d.high.is_finite()));
    assert_eq!(run(1), Err(AnalysisError::TooFewPairs { split: "test", found: 1, needed: 2 }));
    assert_eq!(run(0), Err(AnalysisError::NoScores { side: "positive" }));
}

#[test]
fn scores_that_are_not_numbers_are_refused() {
    let good = [1.0, 2.0];
    for bad in [f64::NAN, f64::INFINITY] {
        let side = [0.0, bad];
        let error = auroc(&good, &side).unwrap_err();
        assert!(error.to_string().contains("score 1"), "{error}");
        let scores = PairScores { positive: &good, negative: &side, threshold: 0.0 };
        assert!(bootstrap(&[scores], Seed(0), &Silent, &CancelToken::default()).is_err());
        let scores = PairScores { positive: &good, negative: &good, threshold: bad };
        assert!(PointStatistics::of(&scores).is_err());
    }
    assert!(auroc(&good, &[]).is_err());
    let uneven = PairScores { positive: &good, negative: &good[..1], threshold: 0.0 };
    assert!(PointStatistics::of(&uneven).is_err());
}

#[test]
fn zero_and_negative_zero_tie() {
    assert_eq!(auroc(&[0.0], &[-0.0]).unwrap(), 0.5);
    let (positive, negative) = ([0.0, 0.0], [-0.0, -0.0]);
    let scores = PairScores { positive: &positive, negative: &negative, threshold: 0.0 };
    let found = bootstrap(&[scores], Seed(0), &Silent, &CancelToken::default()).unwrap()[0];
    assert_eq!((found.auroc.low, found.auroc.high), (0.5, 0.5));
}

#[test]
fn bounds_outside_of_their_range_are_zero() {
    assert_eq!(clopper_pearson_lower(0, 0, 0.95), 0.0);
    assert_eq!(clopper_pearson_lower(4, 3, 0.95), 0.0);
    assert_eq!(clopper_pearson_lower(1, 3, 1.5), 0.0);
    assert_eq!(clopper_pearson_lower(1, 3, f64::NAN), 0.0);
}

#[test]
fn a_cancelled_bootstrap_stops() {
    let side = [1.0, 2.0, 3.0];
    let scores = PairScores { positive: &side, negative: &side, threshold: 0.0 };
    let cancel = CancelToken::default();
    cancel.cancel();
    let stopped = bootstrap(&[scores], Seed(0), &Silent, &cancel);
    assert!(matches!(stopped, Err(AnalysisError::Cancelled(_))));
}
