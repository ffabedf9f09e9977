//! Controls on planted and on absent concepts.

#![allow(clippy::unwrap_used, reason = "a test asserts by unwrapping")]

mod planted;

use std::sync::Mutex;

use lens_analysis::{
    AnalysisError, LayerSweep, PERMUTATIONS, ProbeControls, layer_sweep, probe_controls,
};
use lens_core::{
    ActivationMatrix, CancelToken, DirectionMethod, Progress, Reporter, Seed, Silent, Split,
};
use planted::{WIDTH, planted, seventy_thirty, unit};
use rand::Rng;

type Layers = Vec<(usize, ActivationMatrix)>;

fn sweep(layers: &Layers, splits: &[Split], method: DirectionMethod) -> LayerSweep {
    let (scenarios, cancel) = (vec![None; splits.len()], CancelToken::default());
    layer_sweep(layers, splits, &scenarios, method, Seed(0), &Silent, &cancel).unwrap()
}

fn controls(
    layers: &Layers,
    splits: &[Split],
    method: DirectionMethod,
    seed: Seed,
) -> ProbeControls {
    let (scenarios, cancel) = (vec![None; splits.len()], CancelToken::default());
    let sweep = sweep(layers, splits, method);
    probe_controls(layers, splits, &scenarios, &sweep, seed, &Silent, &cancel).unwrap()
}

/// The rows with the sides of some pairs swapped: which ones is drawn.
fn shuffled(rows: &ActivationMatrix, seed: u32) -> ActivationMatrix {
    let mut random = Seed(seed).stream("swaps");
    let pairs = (0..rows.rows() / 2).flat_map(|pair| {
        let first = usize::from(random.random::<bool>());
        [2 * pair + first, 2 * pair + 1 - first]
    });
    rows.select(&pairs.collect::<Vec<_>>())
}

#[test]
fn every_method_beats_its_controls_on_a_planted_concept() {
    let direction = unit(1);
    let layers: Layers =
        vec![(0, planted(60, 0.0, &direction, 3)), (4, planted(60, 4.0, &direction, 2))];
    let splits = seventy_thirty(60);
    for method in DirectionMethod::ALL {
        let found = controls(&layers, &splits, method, Seed(0));
        let name = method.name();
        assert_eq!(found.method, method);
        let permutation = &found.permutation;
        assert!(!permutation.is_complete);
        assert_eq!(permutation.p_corrected, 1.0 / (1.0 + permutation.draws as f64), "{name}");
        assert_eq!(
            permutation.p_of_layers,
            found.layers.iter().map(|l| l.p_uncorrected).collect::<Vec<_>>()
        );
        let [absent, present] = found.layers.as_slice() else { panic!("two layers") };
        assert_eq!((absent.layer, present.layer), (0, 4));
        assert!(absent.p_uncorrected > 0.01, "{name}: {}", absent.p_uncorrected);
        assert_eq!(present.p_uncorrected, permutation.p_corrected);
        for random in [&present.random_isotropic, &present.random_covariance] {
            assert_eq!(random.draws, 1_000);
            assert!((random.mean - 0.5).abs() < 0.05, "{name}: {random:?}");
            assert!(random.low < random.mean && random.mean < random.p95);
            assert!(random.p95 < random.high && random.high < 1.0);
            assert!(random.p95 <= random.folded_p95 && random.folded_mean > 0.5);
            assert!(random.p < 0.01, "{name}: {random:?}");
        }
        assert!(absent.random_isotropic.p > 0.02, "{name}: {:?}", absent.random_isotropic);
        assert!((present.selectivity.mean - 0.5).abs() < 0.1, "{name}: {:?}", present.selectivity);
        assert!(present.selectivity.value > 0.3);
        assert!(absent.selectivity.value.abs() < 0.35);
    }
}

#[test]
fn a_direction_in_one_dimension_is_named() {
    let mut axis = vec![0.0; WIDTH];
    axis[17] = 1.0;
    let layers: Layers = vec![(2, planted(60, 8.0, &axis, 5)), (3, planted(60, 8.0, &unit(8), 5))];
    let found = controls(&layers, &seventy_thirty(60), DirectionMethod::MeanDifference, Seed(0));
    let [sink, spread] = found.layers.as_slice() else { panic!("two layers") };
    assert_eq!(sink.sink.dimensions.len(), 3);
    assert_eq!(sink.sink.dimensions[0], 17);
    assert!(sink.sink.share > 0.9 && sink.sink.is_sink);
    // In 24 dimensions three hold more than a fifth of any direction.
    assert!(spread.sink.share > 0.2 && !spread.sink.is_sink, "{:?}", spread.sink);
}

/// Under the null hypothesis p is uniform. 100 data sets without a concept: the distribution of p
/// stays within 0.163 of the uniform one (the 1 % bound of Kolmogorov and Smirnov), and p < 0.05
/// comes up 1 to 11 times (outside of that with a chance of 1 %).
#[test]
fn without_a_concept_p_is_uniform() {
    for method in [DirectionMethod::MeanDifference, DirectionMethod::Whitened] {
        let mut p: Vec<f64> = (0..100)
            .map(|seed| {
                let layers: Layers = (0..2)
                    .map(|layer| {
                        (layer, planted(20, 0.0, &unit(0), 1_000 + 2 * seed + layer as u32))
                    })
                    .collect();
                controls(&layers, &seventy_thirty(20), method, Seed(seed)).permutation.p_corrected
            })
            .collect();
        p.sort_by(f64::total_cmp);
        let rejected = p.iter().filter(|p| **p < 0.05).count();
        assert!((1..=11).contains(&rejected), "{}: {rejected} of 100", method.name());
        let far = p.iter().enumerate().map(|(i, p)| {
            let (below, above) = (i as f64 / 100.0, (i + 1) as f64 / 100.0);
            (p - below).abs().max((above - p).abs())
        });
        let far = far.fold(0.0, f64::max);
        assert!(far < 0.163, "{}: {far} from uniform", method.name());
    }
}

/// Sides that are told apart perfectly, and then swapped within pairs by the toss of a coin: in 95 of
/// 100 tosses nothing may be found. The bound leaves three standard deviations for chance (2.2 each).
#[test]
fn on_shuffled_labels_nothing_is_found() {
    let direction = unit(3);
    let separable: Layers =
        (0..3).map(|layer| (layer, planted(20, 8.0, &direction, 40 + layer as u32))).collect();
    let splits = seventy_thirty(20);
    let method = DirectionMethod::MeanDifference;
    assert_eq!(sweep(&separable, &splits, method).layers[0].test.auroc.value, 1.0);
    let passed = (0..100)
        .filter(|&seed| {
            let layers: Layers =
                separable.iter().map(|(layer, rows)| (*layer, shuffled(rows, seed))).collect();
            controls(&layers, &splits, method, Seed(seed)).permutation.p_corrected < 0.05
        })
        .count();
    assert!(passed <= 11, "{passed} of 100 shuffles passed");
}

#[test]
fn one_thread_or_four_give_the_same_bytes() {
    let layers: Layers = (0..2).map(|i| (i, planted(20, 0.8, &unit(4), 7 + i as u32))).collect();
    let splits = seventy_thirty(20);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            DirectionMethod::ALL.map(|method| {
                let sweep = serde_json::to_string(&sweep(&layers, &splits, method)).unwrap();
                let controls = controls(&layers, &splits, method, Seed(5));
                (sweep, serde_json::to_string(&controls).unwrap())
            })
        })
    };
    let found = run(1);
    assert_eq!(found, run(4));
    for (_, json) in &found {
        let read: ProbeControls = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), *json);
    }
}

#[test]
fn scores_that_are_all_equal_leave_every_control_at_one_half() {
    // The test pairs' two sides are the same text, so every direction scores them alike.
    let rows = planted(20, 5.0, &unit(6), 9);
    let splits = seventy_thirty(20);
    let order: Vec<usize> = (0..40)
        .map(|row| if splits[row / 2] == Split::Test { row - row % 2 } else { row })
        .collect();
    let layers: Layers = vec![(1, rows.select(&order))];
    for method in DirectionMethod::ALL {
        let found = controls(&layers, &splits, method, Seed(0));
        assert_eq!(found.permutation.statistic, 0.5);
        assert_eq!(found.permutation.p_corrected, 1.0, "{}", method.name());
        let layer = &found.layers[0];
        assert_eq!((layer.selectivity.mean, layer.selectivity.value), (0.5, 0.0));
        for random in [&layer.random_isotropic, &layer.random_covariance] {
            assert_eq!((random.low, random.high, random.p), (0.5, 0.5, 1.0));
        }
    }
}

#[test]
fn two_training_and_two_test_pairs_are_tried_in_every_arrangement() {
    use Split::{Test, Train};
    let layers: Layers = vec![(1, planted(4, 9.0, &unit(2), 1))];
    for method in DirectionMethod::ALL {
        let found = controls(&layers, &[Train, Train, Test, Test], method, Seed(0)).permutation;
        assert_eq!((found.draws, found.is_complete), (15, true));
        // Turned round as a whole, the pairs are told apart as well.
        assert!(found.p_corrected >= 2.0 / 16.0);
    }
}

#[test]
fn what_cannot_be_checked_is_refused() {
    let splits = seventy_thirty(20);
    let layers: Layers = vec![(1, planted(20, 2.0, &unit(2), 1))];
    let found = sweep(&layers, &splits, DirectionMethod::MeanDifference);
    let (scenarios, cancel) = (vec![None; 20], CancelToken::default());
    let other: Layers = vec![(2, layers[0].1.clone())];
    let run = |layers: &Layers, splits: &[Split]| {
        probe_controls(layers, splits, &scenarios, &found, Seed(0), &Silent, &cancel)
    };
    assert_eq!(run(&other, &splits), Err(AnalysisError::LayerMissing { layer: 1 }));
    assert!(matches!(run(&layers, &[Split::Train; 20]), Err(AnalysisError::TooFewPairs { .. })));
    assert!(matches!(run(&layers, &splits[1..]), Err(AnalysisError::EntryCount { .. })));
    assert_eq!(run(&Vec::new(), &splits), Err(AnalysisError::NoLayers));
}

#[test]
fn controls_report_in_order_and_stop_when_asked() {
    struct Log {
        seen: Mutex<Vec<Progress>>,
        stop_after: usize,
        cancel: CancelToken,
    }
    impl Reporter for Log {
        fn report(&self, progress: Progress) {
            let mut seen = self.seen.lock().unwrap();
            seen.push(progress);
            if seen.len() == self.stop_after {
                self.cancel.cancel();
            }
        }
    }
    let splits = seventy_thirty(20);
    let layers: Layers = (0..3).map(|i| (i, planted(20, 2.0, &unit(2), i as u32))).collect();
    let found = sweep(&layers, &splits, DirectionMethod::MeanDifference);
    let run = |stop_after: usize| {
        let cancel = CancelToken::default();
        let log = Log { seen: Mutex::new(Vec::new()), stop_after, cancel: cancel.clone() };
        let scenarios = vec![None; 20];
        let done = probe_controls(&layers, &splits, &scenarios, &found, Seed(0), &log, &cancel);
        (done, log.seen.into_inner().unwrap())
    };
    let (done, seen) = run(0);
    assert_eq!(done.unwrap().permutation.draws, PERMUTATIONS);
    for (stage, total) in [("Trying random directions", 3), ("Swapping sides", 30_000)] {
        let of_stage: Vec<&Progress> = seen.iter().filter(|p| p.stage == stage).collect();
        assert!(of_stage.iter().map(|p| p.done).is_sorted());
        assert!(of_stage.iter().all(|p| p.total == total));
        assert_eq!(of_stage.last().unwrap().done, total);
    }
    // Among the random directions, and in the middle of a layer's draws.
    for stop_after in [1, 2, 10, 50] {
        let (done, seen) = run(stop_after);
        assert!(matches!(done, Err(AnalysisError::Cancelled(_))));
        assert_eq!(seen.len(), stop_after);
    }
}
