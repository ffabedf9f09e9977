//! Every way of finding a direction: what it recovers, what it does not depend on, what it refuses.

#![allow(clippy::unwrap_used, reason = "a test asserts by unwrapping")]

mod planted;

use lens_analysis::{AnalysisError, fit_direction, layer_sweep};
use lens_core::{ActivationMatrix, CancelToken, Direction, DirectionMethod, Seed, Silent};
use planted::{WIDTH, planted, seventy_thirty, unit};

fn fit(
    method: DirectionMethod,
    rows: &ActivationMatrix,
    train: &[usize],
) -> Result<Direction, AnalysisError> {
    fit_direction(method, rows, train, &vec![None; rows.rows() / 2], 5, Seed(0))
}

fn cosine(a: &[f32], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(&a, b)| f64::from(a) * b).sum()
}

/// The rows with every value changed.
fn changed(rows: &ActivationMatrix, change: impl Fn(usize, f32) -> f32) -> ActivationMatrix {
    let width = rows.width();
    let values = rows.values().iter().enumerate().map(|(i, &v)| change(i % width, v)).collect();
    ActivationMatrix::new(rows.rows(), width, values).unwrap()
}

#[test]
fn a_planted_direction_is_recovered_by_every_method() {
    let direction = unit(1);
    let rows = planted(200, 3.0, &direction, 2);
    let train: Vec<usize> = (0..200).collect();
    for method in DirectionMethod::ALL {
        let found = fit(method, &rows, &train).unwrap();
        assert_eq!((found.method, found.layer, found.vector.len()), (method, 5, WIDTH));
        let norm: f64 = found.vector.iter().map(|&v| f64::from(v).powi(2)).sum();
        assert!((norm - 1.0).abs() < 1e-6);
        let cosine = cosine(&found.vector, &direction);
        assert!(cosine > 0.97, "{}: cosine {cosine}", method.name());
        assert!(found.scale > 0.0);
    }
}

/// One dimension is loud and says nothing. The mean difference trips over it; the discriminant, which
/// weighs it by its spread, does not.
#[test]
fn whitening_looks_past_loud_dimensions() {
    let direction = unit(1);
    let rows = planted(60, 1.5, &direction, 2);
    let rows = changed(&rows, |column, value| if column == 3 { 40.0 * value } else { value });
    let splits = seventy_thirty(60);
    let area = |method| {
        let cancel = CancelToken::default();
        let layers = [(0, rows.clone())];
        let none = vec![None; 60];
        let found = layer_sweep(&layers, &splits, &none, method, Seed(0), &Silent, &cancel);
        found.unwrap().layers[0].test.auroc.value
    };
    let (plain, whitened) =
        (area(DirectionMethod::MeanDifference), area(DirectionMethod::Whitened));
    assert!(whitened > plain + 0.1, "{whitened} whitened, {plain} plain");
}

#[test]
fn unit_and_origin_of_the_activations_do_not_matter() {
    let rows = planted(30, 1.5, &unit(3), 4);
    let train: Vec<usize> = (0..30).collect();
    for method in DirectionMethod::ALL {
        let expected: Vec<f64> =
            fit(method, &rows, &train).unwrap().vector.iter().map(|&v| f64::from(v)).collect();
        for scale in [1e-25_f32, 1e-3, 1e20] {
            let found = fit(method, &changed(&rows, |_, v| scale * v), &train).unwrap();
            let cosine = cosine(&found.vector, &expected);
            assert!(cosine > 1.0 - 1e-6, "{} at {scale}: {cosine}", method.name());
            assert!(found.midpoint.is_finite() && found.scale.is_finite());
        }
        let found = fit(method, &changed(&rows, |column, v| v + column as f32 - 9.0), &train);
        let cosine = cosine(&found.unwrap().vector, &expected);
        assert!(cosine > 1.0 - 1e-6, "{} elsewhere: {cosine}", method.name());
    }
}

#[test]
fn swapping_all_sides_turns_the_direction_round() {
    let rows = planted(30, 1.5, &unit(3), 4);
    let order: Vec<usize> = (0..60).map(|row| row ^ 1).collect();
    let train: Vec<usize> = (0..30).collect();
    for method in DirectionMethod::ALL {
        let found = fit(method, &rows, &train).unwrap();
        let turned = fit(method, &rows.select(&order), &train).unwrap();
        let turned: Vec<f64> = turned.vector.iter().map(|&v| f64::from(v)).collect();
        let cosine = cosine(&found.vector, &turned);
        assert!(cosine < -1.0 + 1e-6, "{}: {cosine}", method.name());
    }
}

#[test]
fn two_pairs_are_enough_and_copies_of_them_change_nothing_but_certainty() {
    let rows = planted(2, 4.0, &unit(7), 8);
    let copies = rows.select(&[0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
    for method in DirectionMethod::ALL {
        assert_eq!(fit(method, &rows, &[0, 1]).unwrap().vector.len(), WIDTH, "{}", method.name());
        let found = fit(method, &copies, &[0, 1, 2, 3, 4, 5]).unwrap();
        assert!(found.vector.iter().all(|v| v.is_finite()));
    }
}

#[test]
fn a_sweep_by_every_method_names_itself_and_chooses_without_the_test_pairs() {
    let direction = unit(3);
    let layers: Vec<(usize, ActivationMatrix)> = [0.0, 0.5, 2.6, 1.0]
        .into_iter()
        .enumerate()
        .map(|(layer, strength)| (layer, planted(60, strength, &direction, 10 + layer as u32)))
        .collect();
    let same: Vec<usize> = (0..120).map(|row| row - row % 2).collect();
    let mut layers = layers;
    layers.push((9, layers[2].1.select(&same)));
    for method in DirectionMethod::ALL {
        let cancel = CancelToken::default();
        let none = vec![None; 60];
        let splits = seventy_thirty(60);
        let found = layer_sweep(&layers, &splits, &none, method, Seed(0), &Silent, &cancel);
        let found = found.unwrap();
        assert_eq!(found.chosen_layer, 2, "{}", method.name());
        assert!(found.layers.iter().all(|l| l.direction.method == method));
        assert_eq!(found.skipped.len(), 1);
        assert!(found.skipped[0].reason.contains("layer 9"));
        let absent = &found.layers[0];
        assert!((absent.cv_auroc - 0.5).abs() < 0.25, "{}: {}", method.name(), absent.cv_auroc);
    }
}

#[test]
fn what_no_direction_can_come_of_is_refused_by_every_method() {
    let rows = planted(20, 1.0, &unit(9), 1);
    let train: Vec<usize> = (0..20).collect();
    for method in DirectionMethod::ALL {
        for bad in [f32::NAN, f32::INFINITY] {
            let values = rows.values().iter().enumerate();
            let values = values.map(|(i, &v)| if i == 5 * WIDTH + 2 { bad } else { v }).collect();
            let spoilt = ActivationMatrix::new(40, WIDTH, values).unwrap();
            let place = AnalysisError::NonFiniteActivation { layer: Some(5), row: 5, column: 2 };
            assert_eq!(fit(method, &spoilt, &train), Err(place));
        }
        let few = fit(method, &rows, &[4]);
        assert_eq!(few, Err(AnalysisError::TooFewPairs { split: "train", found: 1, needed: 2 }));
        let unknown = fit(method, &rows, &[0, 20]);
        assert_eq!(unknown, Err(AnalysisError::UnknownPair { index: 20, pairs: 20 }));
        let constant = changed(&rows, |column, _| column as f32 / 10.0);
        let error = fit(method, &constant, &train);
        assert_eq!(error, Err(AnalysisError::NoDifference { layer: 5 }));
        // Sides that differ in every pair and not on average.
        let order: Vec<usize> = (0..40).map(|row| (row ^ usize::from(row >= 20)) % 20).collect();
        let error = fit(method, &rows.select(&order), &train);
        assert_eq!(error, Err(AnalysisError::NoDifference { layer: 5 }));
    }
}
