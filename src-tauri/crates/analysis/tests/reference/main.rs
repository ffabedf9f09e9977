//! Against numpy, SciPy and scikit-learn: values made by
//! tests/reference/analysis/make.py and tests/reference/agreement/make.py.

#![allow(clippy::unwrap_used, reason = "a test asserts by unwrapping")]

mod agreement;
#[path = "../comparison/convention.rs"]
mod convention;
mod permutation;
mod probes;
mod regression;

use std::path::Path;

use lens_analysis::{
    PairScores, PointStatistics, RocPoint, auroc, bootstrap, clopper_pearson_lower, difference,
    mean_difference, pca, project, roc_curve,
};
use lens_core::{ActivationMatrix, CancelToken, Seed, Silent};
use serde::Deserialize;
use serde::de::DeserializeOwned;

fn read<T: DeserializeOwned>(name: &str) -> T {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/reference/analysis");
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn matrix(rows: &[Vec<f32>]) -> ActivationMatrix {
    ActivationMatrix::new(rows.len(), rows[0].len(), rows.concat()).unwrap()
}

/// Relative where the expected value is large, absolute where it is near zero.
#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    let allowed = tolerance * expected.abs().max(1.0);
    assert!((found - expected).abs() <= allowed, "{what}: {found} instead of {expected}");
}

#[derive(Deserialize)]
struct Statistics {
    cases: Vec<Case>,
    unequal: Vec<Unequal>,
    clopper_pearson: Vec<Bound>,
    curves: Vec<Curve>,
    bootstrap: Bootstrap,
    difference: Difference,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    positive: Vec<f64>,
    negative: Vec<f64>,
    threshold: f64,
    #[serde(flatten)]
    expected: PointStatistics,
}

#[derive(Deserialize)]
struct Unequal {
    positive: Vec<f64>,
    negative: Vec<f64>,
    auroc: f64,
}

#[derive(Deserialize)]
struct Bound {
    right: usize,
    pairs: usize,
    low: f64,
}

#[derive(Deserialize)]
struct Curve {
    case: String,
    false_positive_rate: Vec<f64>,
    true_positive_rate: Vec<f64>,
    thresholds: Vec<f64>,
}

/// A second column of scores of the pairs of the bootstrap's case.
#[derive(Deserialize)]
struct Difference {
    positive: Vec<f64>,
    negative: Vec<f64>,
    value: f64,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct Bootstrap {
    case: String,
    intervals: std::collections::BTreeMap<String, Interval>,
}

#[derive(Deserialize)]
struct Interval {
    low: f64,
    high: f64,
}

impl Case {
    fn scores(&self) -> PairScores<'_> {
        PairScores { positive: &self.positive, negative: &self.negative, threshold: self.threshold }
    }
}

#[test]
fn statistics_equal_scikit_learns_and_numpys() {
    let reference: Statistics = read("statistics.json");
    assert_eq!(reference.cases.len(), 9);
    for case in &reference.cases {
        let found = PointStatistics::of(&case.scores()).unwrap();
        let close = |found: f64, expected: f64, what: &str| {
            assert_close(found, expected, 1e-9, &format!("{what} of {}", case.name));
        };
        let expected = &case.expected;
        close(found.auroc, expected.auroc, "auroc");
        close(found.accuracy, expected.accuracy, "accuracy");
        close(
            found.accuracy_at_own_midpoint,
            expected.accuracy_at_own_midpoint,
            "accuracy at own midpoint",
        );
        close(found.paired_accuracy, expected.paired_accuracy, "paired accuracy");
        close(found.separation, expected.separation, "separation");
        close(found.std_positive, expected.std_positive, "std of positive");
        close(found.std_negative, expected.std_negative, "std of negative");
        assert_eq!(found.cohens_d.is_some(), expected.cohens_d.is_some(), "{}", case.name);
        if let (Some(found), Some(expected)) = (found.cohens_d, expected.cohens_d) {
            close(found, expected, "Cohen's d");
        }
    }
}

#[test]
fn auroc_of_unequal_sides_equals_scikit_learns() {
    for case in read::<Statistics>("statistics.json").unequal {
        assert_close(auroc(&case.positive, &case.negative).unwrap(), case.auroc, 1e-12, "auroc");
    }
}

#[test]
fn exact_bounds_equal_scipys() {
    for bound in read::<Statistics>("statistics.json").clopper_pearson {
        let found = clopper_pearson_lower(bound.right, bound.pairs, 0.95);
        assert_close(found, bound.low, 1e-8, &format!("{} of {}", bound.right, bound.pairs));
    }
}

/// 2,000 draws against SciPy's 100,000. The standard error of a 2.5th percentile from 2,000 draws
/// is about 6 % of the statistic's own standard error, here about 1.5 % of the interval's width;
/// 8 % of the width is five of them.
#[test]
fn intervals_come_close_to_scipys() {
    let reference: Statistics = read("statistics.json");
    let case = reference.cases.iter().find(|c| c.name == reference.bootstrap.case).unwrap();
    let found = bootstrap(&[case.scores()], Seed(0), &Silent, &CancelToken::default()).unwrap()[0];
    assert_eq!(reference.bootstrap.intervals.len(), 4);
    for (name, expected) in &reference.bootstrap.intervals {
        let found = match name.as_str() {
            "auroc" => found.auroc,
            "paired" => found.paired_accuracy,
            "separation" => found.separation,
            "cohens_d" => found.cohens_d.unwrap(),
            other => panic!("{other} is not compared"),
        };
        let allowed = 0.08 * (expected.high - expected.low);
        assert!((found.low - expected.low).abs() < allowed, "{name}: {found:?}");
        assert!((found.high - expected.high).abs() < allowed, "{name}: {found:?}");
    }
}

/// As close as 2,000 draws come; see above.
#[test]
fn a_paired_difference_and_its_interval_come_close_to_scipys() {
    let reference: Statistics = read("statistics.json");
    let case = reference.cases.iter().find(|c| c.name == reference.bootstrap.case).unwrap();
    let expected = reference.difference;
    let other =
        PairScores { positive: &expected.positive, negative: &expected.negative, threshold: 0.0 };
    let found = difference(case.scores(), other, Seed(0)).unwrap();
    assert_close(found.value, expected.value, 1e-12, "difference");
    let allowed = 0.08 * (expected.high - expected.low);
    assert!((found.low - expected.low).abs() < allowed, "{found:?}");
    assert!((found.high - expected.high).abs() < allowed, "{found:?}");
    let back = difference(other, case.scores(), Seed(0)).unwrap();
    assert_close(back.low, -found.high, 1e-12, "low end the other way round");
}

#[test]
fn curves_are_those_of_scikit_learn() {
    let reference: Statistics = read("statistics.json");
    assert_eq!(reference.curves.len(), reference.cases.len());
    for curve in &reference.curves {
        let case = reference.cases.iter().find(|c| c.name == curve.case).unwrap();
        let found = roc_curve(&case.positive, &case.negative).unwrap();
        let rate = |of: fn(&RocPoint) -> f64| found.iter().map(of).collect::<Vec<_>>();
        assert_eq!(rate(|p| p.false_positive_rate), curve.false_positive_rate, "{}", case.name);
        assert_eq!(rate(|p| p.true_positive_rate), curve.true_positive_rate, "{}", case.name);
        let thresholds: Vec<f64> = found.iter().filter_map(|p| p.threshold).collect();
        assert_eq!(thresholds, curve.thresholds, "{}", case.name);
        let area: f64 = found
            .windows(2)
            .map(|p| {
                let height = f64::midpoint(p[0].true_positive_rate, p[1].true_positive_rate);
                (p[1].false_positive_rate - p[0].false_positive_rate) * height
            })
            .sum();
        assert_close(area, case.expected.auroc, 1e-12, &case.name);
    }
}

#[derive(Deserialize)]
struct DirectionReference {
    rows: Vec<Vec<f32>>,
    train: Vec<usize>,
    vector: Vec<f64>,
    midpoint: f64,
    scale: f64,
    scores: Vec<f64>,
}

#[test]
fn mean_difference_and_scores_equal_numpys() {
    let reference: DirectionReference = read("direction.json");
    let rows = matrix(&reference.rows);
    let direction = mean_difference(&rows, &reference.train, 3).unwrap();
    assert_eq!(direction.layer, 3);
    assert_eq!(direction.vector.len(), reference.vector.len());
    for (&found, &expected) in direction.vector.iter().zip(&reference.vector) {
        assert_close(f64::from(found), expected, 1e-7, "component");
    }
    // One dimension is 40 everywhere, so scores carry 40 times the f32 rounding of a component.
    assert_close(direction.midpoint, reference.midpoint, 5e-6, "midpoint");
    assert_close(direction.scale, reference.scale, 1e-6, "scale");
    let scores = project(&rows, &[&direction.vector]).unwrap();
    assert_eq!(scores.len(), reference.scores.len());
    for (&found, &expected) in scores.iter().zip(&reference.scores) {
        assert_close(found, expected, 5e-6, "score");
    }
}

#[derive(Deserialize)]
struct PcaReference {
    cases: Vec<PcaCase>,
}

#[derive(Deserialize)]
struct PcaCase {
    name: String,
    k: usize,
    rows: Vec<Vec<f32>>,
    mean: Vec<f64>,
    components: Vec<Vec<f64>>,
    explained_variance: Vec<f64>,
    explained_variance_ratio: Vec<f64>,
    total_variance: f64,
    coordinates: Vec<Vec<f64>>,
}

/// The largest difference of two vectors, as a share of the second's largest entry.
fn relative_difference(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let differences = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    differences.fold(0.0_f64, f64::max) / largest
}

#[test]
fn principal_components_equal_scikit_learns_up_to_sign() {
    const TOLERANCE: f64 = 1e-4;
    let reference: PcaReference = read("pca.json");
    assert_eq!(reference.cases.len(), 12);
    for case in &reference.cases {
        let name = &case.name;
        let found = pca(&matrix(&case.rows), case.k, None).unwrap();
        assert_eq!(found.components.len(), case.k, "{name}");
        assert!(relative_difference(&found.mean, &case.mean) < 1e-12, "{name}");
        assert_close(found.total_variance / case.total_variance, 1.0, 1e-9, name);
        for axis in 0..case.k {
            let variance = found.explained_variance[axis] / case.explained_variance[axis];
            assert_close(variance, 1.0, TOLERANCE, &format!("variance {axis}, {name}"));
            assert_close(
                found.explained_variance_ratio[axis],
                case.explained_variance_ratio[axis],
                TOLERANCE * case.explained_variance_ratio[axis],
                &format!("ratio {axis}, {name}"),
            );
            let same: f64 =
                found.components[axis].iter().zip(&case.components[axis]).map(|(a, b)| a * b).sum();
            let sign = same.signum();
            let expected: Vec<f64> = case.components[axis].iter().map(|v| sign * v).collect();
            let off = relative_difference(&found.components[axis], &expected);
            assert!(off < TOLERANCE, "component {axis} of {name} is off by {off}");

            let column: Vec<f64> =
                found.coordinates.iter().skip(axis).step_by(case.k).copied().collect();
            let expected: Vec<f64> = case.coordinates.iter().map(|row| sign * row[axis]).collect();
            let off = relative_difference(&column, &expected);
            assert!(off < TOLERANCE, "coordinate {axis} of {name} is off by {off}");
        }
    }
}
