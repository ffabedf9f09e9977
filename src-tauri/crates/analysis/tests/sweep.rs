//! Directions and the layer sweep, on planted truths.

#![allow(clippy::unwrap_used, reason = "a test asserts by unwrapping")]

mod planted;

use std::sync::Mutex;

use lens_analysis::{AnalysisError, GroupedBy, LayerSweep, layer_sweep, mean_difference, project};
use lens_core::{
    ActivationMatrix, CancelToken, DirectionMethod, Progress, Reporter, Seed, Silent, Split,
};
use planted::{WIDTH, planted, seventy_thirty, unit};
use proptest::prelude::*;
use rand::Rng;

const METHOD: DirectionMethod = DirectionMethod::MeanDifference;

fn sweep(
    layers: &[(usize, ActivationMatrix)],
    splits: &[Split],
) -> Result<LayerSweep, AnalysisError> {
    let scenarios = vec![None; splits.len()];
    layer_sweep(layers, splits, &scenarios, METHOD, Seed(0), &Silent, &CancelToken::default())
}

#[test]
fn a_planted_direction_is_found() {
    let direction = unit(1);
    let rows = planted(200, 3.0, &direction, 2);
    let train: Vec<usize> = (0..200).collect();
    let found = mean_difference(&rows, &train, 5).unwrap();
    let cosine: f64 = found.vector.iter().zip(&direction).map(|(&a, b)| f64::from(a) * b).sum();
    assert!(cosine > 0.99, "cosine {cosine}");
    let norm: f64 = found.vector.iter().map(|&v| f64::from(v).powi(2)).sum();
    assert!((norm - 1.0).abs() < 1e-6);
    assert!(found.scale > 0.0);
}

#[test]
fn the_planted_layer_is_chosen_without_the_test_pairs() {
    let direction = unit(3);
    let layers: Vec<(usize, ActivationMatrix)> = [0.0, 0.4, 1.2, 2.6, 1.0]
        .into_iter()
        .zip(0..)
        .map(|(strength, i)| (2 * i, planted(100, strength, &direction, 10 + i as u32)))
        .collect();
    let found = sweep(&layers, &seventy_thirty(100)).unwrap();
    assert_eq!(found.chosen_layer, 6);
    assert_eq!(found.grouped_by, GroupedBy::Pair);
    assert_eq!(found.folds, 5);
    assert_eq!(found.layers.len(), 5);
    assert!(found.skipped.is_empty());
    let auroc = |layer: usize| {
        let result = found.layers.iter().find(|l| l.layer == layer).unwrap();
        assert_eq!(result.test.n_pairs, 30);
        assert!(result.test.auroc.low <= result.test.auroc.value);
        assert!(result.test.auroc.value <= result.test.auroc.high);
        result.test.auroc.value
    };
    assert!(auroc(6) > 0.85);
    assert!(auroc(0) < auroc(6) - 0.2);
    assert!((found.optimism - (auroc(found.best_on_test_layer) - auroc(6))).abs() < 1e-12);

    // Spoiling every test row leaves the choice and the directions as they were.
    let splits = seventy_thirty(100);
    let spoilt: Vec<(usize, ActivationMatrix)> = layers
        .iter()
        .map(|(layer, rows)| {
            let values = rows.iter_rows().enumerate().flat_map(|(i, row)| {
                let is_test = splits[i / 2] == Split::Test;
                row.iter().map(move |&v| if is_test { -3.0 * v + i as f32 } else { v })
            });
            let values = values.collect();
            (*layer, ActivationMatrix::new(rows.rows(), WIDTH, values).unwrap())
        })
        .collect();
    let other = sweep(&spoilt, &splits).unwrap();
    assert_eq!(other.chosen_layer, found.chosen_layer);
    for (a, b) in other.layers.iter().zip(&found.layers) {
        assert_eq!((&a.direction, a.train, a.cv_auroc), (&b.direction, b.train, b.cv_auroc));
        assert_ne!(a.test, b.test);
    }
}

#[test]
fn without_a_concept_the_test_is_at_chance_whatever_train_says() {
    let direction = unit(4);
    let (mut test, mut train, mut held_out) = (0.0, 0.0, 0.0);
    for seed in 0..40 {
        let rows = planted(40, 0.0, &direction, 100 + seed);
        let found = sweep(&[(1, rows)], &seventy_thirty(40)).unwrap();
        test += found.layers[0].test.auroc.value / 40.0;
        train += found.layers[0].train.auroc / 40.0;
        held_out += found.layers[0].cv_auroc / 40.0;
    }
    assert!((test - 0.5).abs() < 0.06, "mean test AUROC {test}");
    assert!((held_out - 0.5).abs() < 0.06, "mean held-out AUROC {held_out}");
    assert!(train > 0.6, "mean train AUROC {train}");
}

#[test]
fn scenarios_are_held_out_whole() {
    let rows = planted(60, 2.0, &unit(5), 6);
    let scenarios: Vec<Option<String>> =
        (0..60).map(|i| Some(["dog", "rain", "exam"][i % 3].to_owned())).collect();
    let cancel = CancelToken::default();
    let layers = [(2, rows)];
    let found =
        layer_sweep(&layers, &seventy_thirty(60), &scenarios, METHOD, Seed(0), &Silent, &cancel);
    let found = found.unwrap();
    assert_eq!((found.grouped_by, found.folds), (GroupedBy::Scenario, 3));
}

#[test]
fn of_layers_that_tie_the_lowest_is_chosen() {
    let rows = planted(40, 30.0, &unit(6), 7);
    let layers = [(7, rows.clone()), (3, rows.clone()), (5, rows)];
    let found = sweep(&layers, &seventy_thirty(40)).unwrap();
    assert_eq!((found.chosen_layer, found.best_on_test_layer), (3, 3));
    assert_eq!(found.optimism, 0.0);
    assert!(found.layers[0].test.paired_accuracy_bound.is_some());
    assert_eq!(found.layers.iter().map(|l| l.layer).collect::<Vec<_>>(), [7, 3, 5]);
}

#[test]
fn a_layer_that_is_the_same_for_both_sides_is_named_and_left_out() {
    let same: Vec<f32> = (0..40).flat_map(|_| (0..WIDTH).map(|c| c as f32 / 10.0)).collect();
    let same = ActivationMatrix::new(40, WIDTH, same).unwrap();
    let planted = planted(20, 3.0, &unit(7), 8);
    let splits = seventy_thirty(20);
    let found = sweep(&[(0, same.clone()), (1, planted)], &splits).unwrap();
    assert_eq!(found.layers.len(), 1);
    assert_eq!(found.skipped[0].layer, 0);
    assert!(found.skipped[0].reason.contains("layer 0"));
    assert_eq!(sweep(&[(0, same)], &splits), Err(AnalysisError::NoDifferenceAnywhere));
}

#[test]
fn few_pairs_are_used_and_too_few_refused_in_a_sentence() {
    use Split::{Test, Train};
    let rows = planted(4, 3.0, &unit(8), 9);
    let found = sweep(&[(1, rows.clone())], &[Train, Train, Test, Test]).unwrap();
    assert_eq!((found.folds, found.layers[0].test.n_pairs), (2, 2));
    let few = |splits: &[Split]| sweep(&[(1, rows.clone())], splits).unwrap_err();
    let error = few(&[Train, Test, Test, Test]);
    assert_eq!(error, AnalysisError::TooFewPairs { split: "train", found: 1, needed: 2 });
    assert!(error.to_string().contains("train split has 1 of the 2 pairs"));
    let error = few(&[Train; 4]);
    assert_eq!(error, AnalysisError::TooFewPairs { split: "test", found: 0, needed: 2 });
}

#[test]
fn bad_rows_and_lists_are_refused() {
    let splits = seventy_thirty(20);
    let mut values = planted(20, 1.0, &unit(9), 1).values().to_vec();
    values[5 * WIDTH + 2] = f32::NAN;
    let nan = ActivationMatrix::new(40, WIDTH, values).unwrap();
    let place = AnalysisError::NonFiniteActivation { layer: Some(4), row: 5, column: 2 };
    assert_eq!(sweep(&[(4, nan.clone())], &splits), Err(place.clone()));
    assert_eq!(mean_difference(&nan, &[0, 1], 4), Err(place));

    let good = planted(20, 1.0, &unit(9), 1);
    assert_eq!(sweep(&[], &splits), Err(AnalysisError::NoLayers));
    let short = sweep(&[(4, good.clone())], &splits[1..]);
    assert_eq!(short, Err(AnalysisError::RowCount { layer: 4, rows: 40, pairs: 19 }));
    let cancel = CancelToken::default();
    let layers = [(4, good.clone())];
    let lists = layer_sweep(&layers, &splits, &[], METHOD, Seed(0), &Silent, &cancel);
    assert!(matches!(lists, Err(AnalysisError::EntryCount { .. })));
    let unknown = mean_difference(&good, &[0, 20], 4);
    assert_eq!(unknown, Err(AnalysisError::UnknownPair { index: 20, pairs: 20 }));
    assert!(matches!(mean_difference(&good, &[0], 4), Err(AnalysisError::TooFewPairs { .. })));
    let narrow = project(&good, &[&[1.0; WIDTH], &[1.0; 3]]);
    assert_eq!(narrow, Err(AnalysisError::DirectionWidth { found: 3, width: WIDTH }));
}

#[test]
fn one_thread_or_four_give_the_same_bytes() {
    let direction = unit(10);
    let layers: Vec<(usize, ActivationMatrix)> =
        (0..5).map(|i| (i, planted(60, 0.5 * i as f64, &direction, 50 + i as u32))).collect();
    let splits = seventy_thirty(60);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let components = lens_analysis::pca(&layers[3].1, 3, None).unwrap();
            let scores = project(&layers[3].1, &[[0.5; WIDTH].as_slice(); 200]).unwrap();
            let json = serde_json::to_string(&sweep(&layers, &splits).unwrap()).unwrap();
            (json, serde_json::to_string(&components).unwrap(), scores)
        })
    };
    assert_eq!(run(1), run(4));
}

#[test]
fn results_round_trip_through_json() {
    let layers = [(1, planted(20, 2.0, &unit(11), 3))];
    let found = sweep(&layers, &seventy_thirty(20)).unwrap();
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<LayerSweep>(&json).unwrap(), found);
}

#[test]
fn a_sweep_reports_in_order_and_stops_when_asked() {
    struct Log(Mutex<Vec<Progress>>);
    impl Reporter for Log {
        fn report(&self, progress: Progress) {
            self.0.lock().unwrap().push(progress);
        }
    }
    let layers: Vec<(usize, ActivationMatrix)> =
        (0..7).map(|i| (i, planted(20, 2.0, &unit(12), i as u32))).collect();
    let (splits, scenarios) = (seventy_thirty(20), vec![None; 20]);
    let log = Log(Mutex::new(Vec::new()));
    let cancel = CancelToken::default();
    layer_sweep(&layers, &splits, &scenarios, METHOD, Seed(0), &log, &cancel).unwrap();
    let seen = log.0.into_inner().unwrap();
    for stage in ["Fitting probes", "Computing intervals"] {
        let done: Vec<u64> = seen.iter().filter(|p| p.stage == stage).map(|p| p.done).collect();
        let total = seen.iter().find(|p| p.stage == stage).unwrap().total;
        assert!(done.is_sorted() && done.last() == Some(&total), "{stage}: {done:?}");
    }
    cancel.cancel();
    let stopped = layer_sweep(&layers, &splits, &scenarios, METHOD, Seed(0), &Silent, &cancel);
    assert!(matches!(stopped, Err(AnalysisError::Cancelled(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Scores against a sum in plain order, at widths with and without a rest after whole blocks;
    /// equal rows score equal to the last bit.
    #[test]
    fn scores_are_dot_products(width in 1usize..70, seed in any::<u32>()) {
        let mut random = Seed(seed).stream("scores");
        let mut values: Vec<f32> = (0..3 * width).map(|_| random.random_range(-9.0..9.0)).collect();
        let (first, rest) = values.split_at_mut(width);
        rest[width..].copy_from_slice(first);
        let directions: Vec<Vec<f32>> =
            (0..2).map(|_| (0..width).map(|_| random.random_range(-1.0..1.0)).collect()).collect();
        let rows = ActivationMatrix::new(3, width, values).unwrap();
        let found = project(&rows, &[&directions[0], &directions[1]]).unwrap();
        for (at, score) in found.iter().enumerate() {
            let products = rows.row(at / 2).iter().zip(&directions[at % 2]);
            let expected: f64 = products.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
            prop_assert!((score - expected).abs() < 1e-10);
        }
        prop_assert_eq!(&found[..2], &found[4..]);
    }
}
