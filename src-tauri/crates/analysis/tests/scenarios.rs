//! Held-out scenarios, and scores of single pairs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test asserts by unwrapping")]

mod planted;

use lens_analysis::{
    AnalysisError, HeldOutScenarios, ScenarioTransfer, held_out_scenarios, layer_sweep, roc_curve,
    scores,
};
use lens_core::{ActivationMatrix, CancelToken, DirectionMethod, Seed, Silent, Split};
use planted::{WIDTH, planted, seventy_thirty, unit};

fn named(names: &[&str]) -> Vec<Option<String>> {
    names.iter().map(|n| (!n.is_empty()).then(|| (*n).to_owned())).collect()
}

fn run(
    rows: &ActivationMatrix,
    scenarios: &[Option<String>],
    method: DirectionMethod,
) -> Result<HeldOutScenarios, AnalysisError> {
    held_out_scenarios(rows, 3, scenarios, method, Seed(0), &Silent, &CancelToken::default())
}

fn tested(rows: &ActivationMatrix, scenarios: &[Option<String>]) -> ScenarioTransfer {
    match run(rows, scenarios, DirectionMethod::MeanDifference).unwrap() {
        HeldOutScenarios::Tested(found) => found,
        HeldOutScenarios::NotTestable { reason } => panic!("{reason}"),
    }
}

/// Pairs of three scenarios in turn; in the third the concept points the other way.
fn opposed() -> (ActivationMatrix, Vec<Option<String>>) {
    let direction = unit(1);
    let (same, other) = (planted(60, 6.0, &direction, 2), planted(60, -6.0, &direction, 3));
    let values = (0..120).flat_map(|row| {
        let rows = if (row / 2) % 3 == 2 { &other } else { &same };
        rows.row(row).to_vec()
    });
    let rows = ActivationMatrix::new(120, WIDTH, values.collect()).unwrap();
    let scenarios = (0..60).map(|i| Some(["a", "b", "c"][i % 3].to_owned())).collect();
    (rows, scenarios)
}

#[test]
fn a_scenario_that_differs_is_seen() {
    let (rows, scenarios) = opposed();
    let found = tested(&rows, &scenarios);
    assert_eq!((found.layer, found.method), (3, DirectionMethod::MeanDifference));
    let of: Vec<(&str, usize)> =
        found.scenarios.iter().map(|s| (s.scenario.as_str(), s.n_pairs)).collect();
    assert_eq!(of, [("a", 20), ("b", 20), ("c", 20)]);
    let area = |at: usize| found.scenarios[at].auroc.unwrap().value;
    // Fitted on a and b alone the third is exactly the wrong way round.
    assert!(area(2) < 0.05, "{}", area(2));
    let mean = (area(0) + area(1) + area(2)) / 3.0;
    assert!((found.macro_auroc.value - mean).abs() < 1e-12);
    assert!(found.macro_auroc.low <= mean && mean <= found.macro_auroc.high);
}

#[test]
fn a_concept_that_is_the_same_everywhere_extends_by_every_method() {
    let rows = planted(30, 8.0, &unit(2), 5);
    let scenarios = named(&["x", "y", "z", "x", "y"].repeat(6));
    for method in DirectionMethod::ALL {
        let HeldOutScenarios::Tested(found) = run(&rows, &scenarios, method).unwrap() else {
            panic!("enough scenarios");
        };
        assert!(found.macro_auroc.low > 0.9, "{}: {found:?}", method.name());
        let json = serde_json::to_string(&HeldOutScenarios::Tested(found.clone())).unwrap();
        let read: HeldOutScenarios = serde_json::from_str(&json).unwrap();
        assert_eq!(read, HeldOutScenarios::Tested(found));
    }
}

#[test]
fn small_scenarios_are_fitted_on_and_not_measured() {
    let rows = planted(9, 8.0, &unit(2), 5);
    let scenarios = named(&["x", "x", "y", "y", "z", "z", "alone", "", ""]);
    let found = tested(&rows, &scenarios);
    assert_eq!(found.scenarios.len(), 3);
    assert_eq!(found.too_small, ["alone"]);

    for names in [["x"; 9], ["x", "x", "x", "x", "y", "y", "y", "y", "z"], [""; 9]] {
        let found = run(&rows, &named(&names), DirectionMethod::MeanDifference).unwrap();
        let HeldOutScenarios::NotTestable { reason } = found else { panic!("{names:?}") };
        assert!(reason.contains("3 are needed"), "{reason}");
    }
    let short = run(&rows, &scenarios[1..], DirectionMethod::MeanDifference);
    assert_eq!(short, Err(AnalysisError::RowCount { layer: 3, rows: 18, pairs: 8 }));
}

#[test]
fn others_without_a_direction_count_one_half() {
    // Only the pairs of x differ at all.
    let full = planted(6, 5.0, &unit(2), 5);
    let order: Vec<usize> = (0..12).map(|row| if row < 4 { row } else { row - row % 2 }).collect();
    let rows = full.select(&order);
    let found = tested(&rows, &named(&["x", "x", "y", "y", "z", "z"]));
    assert_eq!(found.scenarios[0].auroc, None);
    assert!(found.scenarios[1].auroc.is_some_and(|a| a.value == 0.5));
    assert_eq!((found.macro_auroc.low, found.macro_auroc.high), (0.5, 0.5));
}

#[test]
fn scores_are_those_that_the_statistics_rest_on() {
    let rows = planted(40, 1.0, &unit(3), 4);
    let splits = seventy_thirty(40);
    let test: Vec<usize> = (0..40).filter(|&i| splits[i] == Split::Test).collect();
    let layers = [(6, rows.clone())];
    for method in DirectionMethod::ALL {
        let (scenarios, cancel) = (vec![None; 40], CancelToken::default());
        let sweep = layer_sweep(&layers, &splits, &scenarios, method, Seed(0), &Silent, &cancel);
        let probe = &sweep.unwrap().layers[0];
        let found = scores(&rows, &probe.direction, &test).unwrap();
        let statistics =
            lens_analysis::PointStatistics::of(&found.with_threshold(probe.direction.midpoint));
        let statistics = statistics.unwrap();
        assert_eq!(statistics.auroc, probe.test.auroc.value);
        assert_eq!(statistics.accuracy, probe.test.accuracy.value);
        assert_eq!(statistics.cohens_d, probe.test.cohens_d.map(|d| d.value));
        let curve = roc_curve(&found.positive, &found.negative).unwrap();
        assert_eq!(curve.last().map(|p| p.true_positive_rate), Some(1.0));

        let error = scores(&rows, &probe.direction, &[40]);
        assert_eq!(error, Err(AnalysisError::UnknownPair { index: 40, pairs: 40 }));
        let mut cut = probe.direction.clone();
        cut.vector.pop();
        assert!(matches!(scores(&rows, &cut, &test), Err(AnalysisError::DirectionWidth { .. })));
    }
}
