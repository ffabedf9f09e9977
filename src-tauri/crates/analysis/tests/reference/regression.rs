//! Logistic regression against scikit-learn (values made by tests/reference/analysis/make.py), and
//! what it refuses.

use lens_analysis::{AnalysisError, logistic};
use serde::Deserialize;

use super::{read, relative_difference};

#[derive(Deserialize)]
struct Regression {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    features: usize,
    rows: Vec<Vec<f32>>,
    labels: Vec<bool>,
    fits: Vec<Fit>,
}

#[derive(Deserialize)]
struct Fit {
    strength: f64,
    weights: Vec<f64>,
    intercept: f64,
}

#[test]
fn weights_are_those_of_scikit_learn() {
    let regression: Regression = read("regression.json");
    for case in regression.cases {
        let rows: Vec<f64> = case.rows.concat().into_iter().map(f64::from).collect();
        for fit in case.fits {
            let what = format!("{} at {}", case.name, fit.strength);
            let found = logistic(&rows, case.features, &case.labels, fit.strength).unwrap();
            let off = relative_difference(&found.weights, &fit.weights);
            assert!(off < 1e-6, "weights of {what} are off by {off}");
            let off = (found.intercept - fit.intercept).abs();
            assert!(off < 1e-6 * fit.intercept.abs().max(1.0), "intercept of {what} by {off}");
        }
    }
}

#[test]
fn a_fit_is_where_the_gradient_is_zero() {
    let rows = [0.5, 1.0, -2.0, 0.1, 3.0, 0.3, 0.2, -1.0, 1.4, 2.2];
    let labels = [true, false, true, false, false];
    for strength in [1e-6, 1e-2, 1.0, 1e4] {
        let found = logistic(&rows, 2, &labels, strength).unwrap();
        let mut gradient = [found.weights[0] * strength, found.weights[1] * strength, 0.0];
        for ((row, odds), label) in rows.chunks(2).zip(found.log_odds(&rows)).zip(labels) {
            let error = 1.0 / (1.0 + (-odds).exp()) - f64::from(u8::from(label));
            for (sum, value) in gradient.iter_mut().zip([row[0], row[1], 1.0]) {
                *sum += error * value;
            }
        }
        assert!(gradient.iter().all(|g| g.abs() < 1e-8), "{strength}: {gradient:?}");
    }
}

#[test]
fn rows_that_say_nothing_leave_the_intercept() {
    let found = logistic(&[7.0; 8], 2, &[true, true, true, false], 1.0).unwrap();
    assert_eq!(found.weights, [0.0, 0.0]);
    assert!((found.intercept - 3.0_f64.ln()).abs() < 1e-9);
}

#[test]
fn what_cannot_be_fitted_is_refused_in_a_sentence() {
    let rows = [1.0, 2.0, 3.0, 4.0];
    let labels = [true, false, true, false];
    assert_eq!(logistic(&rows, 1, &[true; 4], 1.0), Err(AnalysisError::OneClass));
    assert_eq!(logistic(&rows, 1, &[false; 4], 1.0), Err(AnalysisError::OneClass));
    assert_eq!(logistic(&[], 1, &[], 1.0), Err(AnalysisError::OneClass));
    let error = logistic(&rows, 1, &labels[..3], 1.0);
    assert_eq!(error, Err(AnalysisError::LabelCount { labels: 3, rows: 4 }));
    for strength in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = logistic(&rows, 1, &labels, strength).unwrap_err();
        assert!(error.to_string().contains("above zero"), "{error}");
    }
    for bad in [f64::NAN, f64::NEG_INFINITY] {
        let error = logistic(&[1.0, 2.0, bad, 4.0], 2, &[true, false], 1.0);
        assert_eq!(error, Err(AnalysisError::NonFiniteFeature { row: 1, column: 0 }));
    }
}
