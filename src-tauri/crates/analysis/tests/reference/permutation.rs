//! Permutation p by every swap there is, against refits from nothing (values made by
//! tests/reference/analysis/make.py).

use std::collections::BTreeMap;

use lens_analysis::{layer_sweep, probe_controls};
use lens_core::{ActivationMatrix, CancelToken, DirectionMethod, Seed, Silent, Split};
use serde::Deserialize;

use super::{assert_close, matrix, read};

#[derive(Deserialize)]
struct Reference {
    pairs: usize,
    train: Vec<usize>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    layers: Vec<Layer>,
    expected: BTreeMap<String, Expected>,
}

#[derive(Deserialize)]
struct Layer {
    rows: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Expected {
    observed: Vec<f64>,
    p: f64,
    p_of_layers: Vec<f64>,
}

#[test]
fn p_values_are_those_of_trying_every_swap() {
    let reference: Reference = read("permutation.json");
    let pairs = reference.pairs;
    let split = |i| if reference.train.contains(&i) { Split::Train } else { Split::Test };
    let splits: Vec<Split> = (0..pairs).map(split).collect();
    let (scenarios, cancel) = (vec![None; pairs], CancelToken::default());
    for case in &reference.cases {
        let layers: Vec<(usize, ActivationMatrix)> =
            case.layers.iter().map(|layer| matrix(&layer.rows)).enumerate().collect();
        for (name, expected) in &case.expected {
            let method = DirectionMethod::ALL.into_iter().find(|m| m.name() == name).unwrap();
            let what = format!("{name}, {}", case.name);
            let sweep =
                layer_sweep(&layers, &splits, &scenarios, method, Seed(0), &Silent, &cancel);
            let sweep = sweep.unwrap();
            let found =
                probe_controls(&layers, &splits, &scenarios, &sweep, Seed(0), &Silent, &cancel);
            let found = found.unwrap();
            assert!(found.permutation.is_complete);
            assert_eq!(found.permutation.draws, 255);
            assert_close(found.permutation.p_corrected, expected.p, 1e-12, &what);
            for (layer, (result, controls)) in sweep.layers.iter().zip(&found.layers).enumerate() {
                let area = result.test.auroc.value;
                assert_close(area, expected.observed[layer], 1e-9, &what);
                assert_close(controls.p_uncorrected, expected.p_of_layers[layer], 1e-12, &what);
            }
            let largest = expected.observed.iter().copied().fold(0.0, f64::max);
            assert_close(found.permutation.statistic, largest, 1e-9, &what);
        }
    }
}
