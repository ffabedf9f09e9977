//! Directions against scikit-learn (values made by tests/reference/analysis/make.py).

use lens_analysis::fit_direction;
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
