//! Directions against scikit-learn (values made by tests/reference/analysis/make.py).

use lens_analysis::{fit_direction, logistic};
use lens_core::{DirectionMethod, Seed};
use serde::Deserialize;

use super::{matrix, read, relative_difference};

#[derive(Deserialize)]
struct Probes {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    pairs: usize,
    rows: Vec<Vec<f32>>,
    train: Vec<usize>,
    whitened: Vec<f64>,
    pca_of_differences: Vec<f64>,
    logistic: Vec<LogisticFit>,
}

#[derive(Deserialize)]
struct LogisticFit {
    strength: f64,
    vector: Vec<f64>,
}

#[test]
fn directions_are_those_of_scikit_learn() {
    let probes: Probes = read("probes.json");
    assert_eq!(probes.cases.len(), 6);
    for case in probes.cases {
        let rows = matrix(&case.rows);
        for (method, expected) in [
            (DirectionMethod::Whitened, &case.whitened),
            (DirectionMethod::PcaOfDifferences, &case.pca_of_differences),
        ] {
            let scenarios = vec![None; case.pairs];
            let found = fit_direction(method, &rows, &case.train, &scenarios, 3, Seed(0)).unwrap();
            assert_eq!((found.method, found.layer), (method, 3));
            let vector: Vec<f64> = found.vector.iter().map(|&v| f64::from(v)).collect();
            let off = relative_difference(&vector, expected);
            assert!(off < 1e-5, "{} of {} is off by {off}", method.name(), case.name);
        }
    }
}

#[test]
fn logistic_weights_of_training_rows_point_where_scikit_learns_do() {
    for case in read::<Probes>("probes.json").cases {
        let width = case.rows[0].len();
        let rows: Vec<f64> = case
            .train
            .iter()
            .flat_map(|pair| [&case.rows[2 * pair], &case.rows[2 * pair + 1]])
            .flatten()
            .map(|&v| f64::from(v))
            .collect();
        let labels: Vec<bool> = (0..2 * case.train.len()).map(|row| row % 2 == 0).collect();
        for fit in &case.logistic {
            let found = logistic(&rows, width, &labels, fit.strength).unwrap().weights;
            let norm = found.iter().map(|w| w * w).sum::<f64>().sqrt();
            let unit: Vec<f64> = found.iter().map(|w| w / norm).collect();
            let off = relative_difference(&unit, &fit.vector);
            assert!(off < 1e-6, "{} at {} is off by {off}", case.name, fit.strength);
        }
    }
}
