//! Carried directions on planted truths, and what is refused.

use std::sync::Mutex;

use lens_analysis::{
    AgreementError, AnalysisError, GroupedBy, MapKind, MapSettings, ModelSide, Transfer,
    mean_difference, transfer,
};
use lens_core::{ActivationMatrix, CancelToken, Progress, Reporter, Seed, Silent, Split};
use rand::Rng;
use rand_distr::StandardNormal;

use crate::{on, orthonormal, turned};

/// A model's rows of `pairs` pairs: noise whose spread falls along the axes, and a class difference
/// along a few of them.
fn model(pairs: usize, width: usize, strength: f64, seed: u32) -> ActivationMatrix {
    let mut random = Seed(seed).stream("model");
    let mut values = Vec::new();
    for row in 0..2 * pairs {
        for axis in 0..width {
            let spread = 0.97_f64.powi(axis as i32);
            let planted = if row % 2 == 0 && axis % 5 == 0 { strength } else { 0.0 };
            values.push((spread * random.sample::<f64, _>(StandardNormal) + planted) as f32);
        }
    }
    ActivationMatrix::new(2 * pairs, width, values).unwrap()
}

fn splits(pairs: usize) -> Vec<Split> {
    (0..pairs).map(|i| if i % 10 < 7 { Split::Train } else { Split::Test }).collect()
}

fn direction(rows: &ActivationMatrix) -> Vec<f32> {
    let train: Vec<usize> = (0..rows.rows() / 2).filter(|i| i % 10 < 7).collect();
    mean_difference(rows, &train, 1).unwrap().vector
}

fn carry(a: &ActivationMatrix, b: &ActivationMatrix) -> Result<Transfer, AgreementError> {
    let (from, to) = (direction(a), direction(b));
    let pairs = a.rows() / 2;
    transfer(
        &ModelSide { rows: a, direction: &from },
        &ModelSide { rows: b, direction: &to },
        &splits(pairs),
        &vec![None; pairs],
        Seed(0),
        &Silent,
        &CancelToken::default(),
    )
}

/// The second model is the first one turned: directions have nothing in common, until the spaces
/// are aligned.
#[test]
fn a_rotated_model_gets_its_direction_back() {
    for (width, to_width) in [(64, 64), (40, 90)] {
        let a = model(100, width, 0.5, 1);
        let turn = orthonormal(width, to_width, 2);
        let b = turned(&a, &turn, 7.5, 3.0);
        let found = carry(&a, &b).unwrap();
        assert_eq!(found.raw_cosine.is_some(), width == to_width);
        assert!(found.raw_cosine.unwrap_or(0.0).abs() < 0.4, "{:?}", found.raw_cosine);
        assert!(found.native_auroc.value > 0.8, "{:?}", found.native_auroc);
        assert_eq!((found.grouped_by, found.folds), (GroupedBy::Pair, 5));
        let kinds: Vec<MapKind> = found.maps.iter().map(|map| map.settings.kind()).collect();
        assert_eq!(kinds, MapKind::ALL);
        for map in &found.maps {
            let kind = map.settings.kind().name();
            assert!(map.cosine > 0.999, "{kind}: {}", map.cosine);
            assert!(map.explained > 0.999, "{kind}: {}", map.explained);
            assert!((map.auroc.value - found.native_auroc.value).abs() < 0.01, "{kind}");
            assert!(map.auroc.low <= map.auroc.value && map.auroc.value <= map.auroc.high);

            let shuffled = &map.shuffled;
            assert_eq!(shuffled.draws, 100);
            assert!((shuffled.auroc.mean - 0.5).abs() < 0.08, "{kind}: {shuffled:?}");
            assert!(shuffled.cosine.mean.abs() < 0.1, "{kind}: {shuffled:?}");
            assert!(shuffled.auroc.high < map.auroc.value, "{kind}: {shuffled:?}");
            assert!(shuffled.cosine.high < 0.6, "{kind}: {shuffled:?}");

            let random = &map.random;
            assert_eq!(random.draws, 200);
            assert!((random.auroc.mean - 0.5).abs() < 0.06, "{kind}: {random:?}");
            assert!(random.auroc.low < 0.5 && 0.5 < random.auroc.high, "{kind}: {random:?}");
            assert!(random.cosine.high < 0.6, "{kind}: {random:?}");
        }

        // The rotation itself, to six digits.
        let procrustes = &found.maps[0];
        assert_eq!(procrustes.settings, MapSettings::Procrustes { rank: width });
        let sent = direction(&a);
        let mut expected = vec![0.0; to_width];
        for (&component, axis) in sent.iter().zip(&turn) {
            expected.iter_mut().zip(axis).for_each(|(e, a)| *e += f64::from(component) * a);
        }
        for (&found, expected) in procrustes.direction.iter().zip(&expected) {
            assert!((f64::from(found) - expected).abs() < 1e-6, "{found} instead of {expected}");
        }
    }
}

/// More dimensions than training texts: what lies along the texts is carried.
#[test]
fn fewer_texts_than_dimensions_are_enough() {
    let a = model(40, 200, 0.4, 3);
    let b = turned(&a, &orthonormal(200, 200, 4), 0.2, 0.0);
    let found = carry(&a, &b).unwrap();
    for map in &found.maps {
        let kind = map.settings.kind().name();
        assert!(map.cosine > 0.9, "{kind}: {}", map.cosine);
        assert!(map.shuffled.cosine.high < map.cosine, "{kind}");
        assert_eq!(map.direction.len(), 200);
        let norm: f32 = map.direction.iter().map(|d| d * d).sum();
        assert!((norm - 1.0).abs() < 1e-5);
    }
}

/// Two models of different texts: no map can do better than maps of shuffled texts, but by chance
/// (5 % each, so 0 to 6 of 30 but for one time in 10,000).
#[test]
fn unrelated_models_stay_within_the_band_of_shuffled_texts() {
    let mut outside = 0;
    for seed in 0..10 {
        let (a, b) = (model(40, 10, 0.0, 100 + seed), model(40, 12, 0.0, 200 + seed));
        for map in carry(&a, &b).unwrap().maps {
            let band = map.shuffled.cosine;
            outside += usize::from(map.cosine < band.low || map.cosine > band.high);
        }
    }
    assert!(outside <= 6, "{outside} of 30");
}

#[test]
fn what_cannot_be_carried_is_refused() {
    let (a, b) = (model(10, 5, 1.0, 1), model(10, 6, 1.0, 2));
    let (from, to) = (direction(&a), direction(&b));
    let run = |a: &ActivationMatrix, from: &[f32], splits: &[Split], scenarios: usize| {
        transfer(
            &ModelSide { rows: a, direction: from },
            &ModelSide { rows: &b, direction: &to },
            splits,
            &vec![None; scenarios],
            Seed(0),
            &Silent,
            &CancelToken::default(),
        )
        .unwrap_err()
    };
    let all = splits(10);
    assert!(matches!(
        run(&a, &from[..4], &all, 10),
        AgreementError::Analysis(AnalysisError::DirectionWidth { found: 4, width: 5 })
    ));
    assert!(matches!(
        run(&a, &from, &all, 9),
        AgreementError::Analysis(AnalysisError::EntryCount { .. })
    ));
    assert_eq!(
        run(&model(9, 5, 1.0, 1), &from, &all, 10),
        AgreementError::UnlikeRows { first: 18, second: 20 }
    );
    assert_eq!(run(&a, &from, &all[..9], 9), AgreementError::RowsPerPair { rows: 20, pairs: 9 });
    let few: Vec<Split> = (0..10).map(|i| if i < 3 { Split::Train } else { Split::Test }).collect();
    assert!(matches!(
        run(&a, &from, &few, 10),
        AgreementError::Analysis(AnalysisError::TooFewPairs {
            split: "train",
            found: 3,
            needed: 4
        })
    ));
    let untested = [Split::Train; 10];
    assert!(matches!(
        run(&a, &from, &untested, 10),
        AgreementError::Analysis(AnalysisError::TooFewPairs { split: "test", .. })
    ));
    let mut values = a.values().to_vec();
    values[7] = f32::INFINITY;
    let bad = ActivationMatrix::new(20, 5, values).unwrap();
    assert!(matches!(
        run(&bad, &from, &all, 10),
        AgreementError::Analysis(AnalysisError::NonFiniteActivation { row: 1, column: 2, .. })
    ));
    let same = ActivationMatrix::new(20, 5, vec![1.0; 100]).unwrap();
    assert_eq!(run(&same, &from, &all, 10), AgreementError::NoSpread);
    assert!(matches!(run(&a, &[0.0; 5], &all, 10), AgreementError::NothingCarried { .. }));
}

#[test]
fn a_transfer_reports_in_order_and_stops_when_asked() {
    struct Log(Mutex<Vec<Progress>>);
    impl Reporter for Log {
        fn report(&self, progress: Progress) {
            self.0.lock().unwrap().push(progress);
        }
    }
    let (a, b) = (model(20, 5, 1.0, 1), model(20, 6, 1.0, 2));
    let (from, to) = (direction(&a), direction(&b));
    let (log, cancel) = (Log(Mutex::new(Vec::new())), CancelToken::default());
    let run = || {
        transfer(
            &ModelSide { rows: &a, direction: &from },
            &ModelSide { rows: &b, direction: &to },
            &splits(20),
            &vec![None; 20],
            Seed(0),
            &log,
            &cancel,
        )
    };
    run().unwrap();
    let seen = std::mem::take(&mut *log.0.lock().unwrap());
    let done: Vec<u64> =
        seen.iter().filter(|p| p.stage == "Aligning models").map(|p| p.done).collect();
    assert_eq!(done, [0, 1, 2, 3, 4]);
    cancel.cancel();
    assert!(matches!(run(), Err(AgreementError::Analysis(AnalysisError::Cancelled(_)))));
}

#[test]
fn threads_change_no_bit_and_results_come_back_from_json() {
    let a = model(30, 70, 0.5, 1);
    let b = turned(&a, &orthonormal(70, 80, 2), 1.0, 0.0);
    let run = |threads| on(threads, || carry(&a, &b).unwrap());
    let found = run(1);
    assert_eq!(found, run(4));
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Transfer>(&json).unwrap(), found);
}
