//! Agreement, similarity, transfer and behaviour against SciPy, scikit-learn and statsmodels: values
//! made by tests/reference/agreement/make.py.

use std::collections::BTreeMap;

use lens_analysis::{
    Agreement, Confusion, Estimate, Form, LinePoint, MapSettings, ModelScores, ModelSide,
    PairScores, Representation, calibration, cohens_kappa, correlate, fit_line, kendall_tau_b,
    pearson, score_agreement, similarity, spearman, transfer,
};
use lens_core::{CancelToken, Seed, Silent, Split};
use serde::Deserialize;

use super::convention::convention;
use super::{assert_close, matrix, read};

#[derive(Deserialize)]
struct AgreementReference {
    cases: Vec<AgreementCase>,
    decisions: Vec<Decisions>,
    bootstrap: Bootstrap,
}

#[derive(Deserialize)]
struct AgreementCase {
    name: String,
    a: Sides,
    b: Sides,
    thresholds: [f64; 2],
    expected: BTreeMap<String, Option<f64>>,
}

#[derive(Deserialize)]
struct Sides {
    positive: Vec<f64>,
    negative: Vec<f64>,
}

impl Sides {
    fn scores(&self, threshold: f64) -> PairScores<'_> {
        PairScores { positive: &self.positive, negative: &self.negative, threshold }
    }
}

#[derive(Deserialize)]
struct Decisions {
    a: Vec<bool>,
    b: Vec<bool>,
    kappa: Option<f64>,
}

#[derive(Deserialize)]
struct Bootstrap {
    case: String,
    intervals: BTreeMap<String, Interval>,
}

#[derive(Deserialize)]
struct Interval {
    low: f64,
    high: f64,
}

impl AgreementCase {
    fn agreement(&self) -> Agreement {
        let convention = convention();
        let [a, b] = self.thresholds;
        let model =
            |name, scores| ModelScores { name, convention: &convention, scores, reliability: None };
        let (a, b) = (model("a", self.a.scores(a)), model("b", self.b.scores(b)));
        score_agreement(&a, &b, Seed(0), &CancelToken::default()).unwrap()
    }
}

fn by_name(agreement: &Agreement) -> BTreeMap<&'static str, Option<Estimate>> {
    let within = &agreement.within_class;
    BTreeMap::from([
        ("pearson", agreement.pearson),
        ("spearman", agreement.spearman),
        ("kendall_tau_b", agreement.kendall_tau_b),
        ("sign_agreement", agreement.sign_agreement),
        ("cohens_kappa", agreement.cohens_kappa),
        ("within_pearson", within.pearson),
        ("within_spearman", within.spearman),
        ("positive_pearson", within.positive_pearson),
        ("positive_spearman", within.positive_spearman),
        ("negative_pearson", within.negative_pearson),
        ("negative_spearman", within.negative_spearman),
    ])
}

#[test]
fn agreement_equals_scipys_and_scikit_learns() {
    let reference: AgreementReference = read("../agreement/agreement.json");
    assert_eq!(reference.cases.len(), 6);
    for case in &reference.cases {
        let found = by_name(&case.agreement());
        assert_eq!(case.expected.len(), found.len());
        for (name, expected) in &case.expected {
            let what = format!("{name} of {}", case.name);
            let found = found[name.as_str()].map(|estimate| estimate.value);
            assert_eq!(found.is_some(), expected.is_some(), "{what}");
            if let Some((found, expected)) = found.zip(*expected) {
                assert_close(found, expected, 1e-9, &what);
            }
        }
        let all = |sides: &Sides| [sides.positive.as_slice(), &sides.negative].concat();
        let (a, b) = (all(&case.a), all(&case.b));
        for (name, found) in [
            ("pearson", pearson(&a, &b)),
            ("spearman", spearman(&a, &b)),
            ("kendall_tau_b", kendall_tau_b(&a, &b)),
        ] {
            assert_close(found.unwrap().unwrap(), case.expected[name].unwrap(), 1e-9, name);
        }
    }
    for case in &reference.decisions {
        let found = cohens_kappa(&case.a, &case.b).unwrap();
        assert_close(found.unwrap(), case.kappa.unwrap(), 1e-12, "kappa");
    }
}

/// 2,000 draws against numpy's 10,000: 10 % of the width are six standard errors of the difference.
#[test]
fn intervals_come_close_to_numpys() {
    let reference: AgreementReference = read("../agreement/agreement.json");
    let case = reference.cases.iter().find(|c| c.name == reference.bootstrap.case).unwrap();
    let found = by_name(&case.agreement());
    assert_eq!(reference.bootstrap.intervals.len(), found.len());
    for (name, expected) in &reference.bootstrap.intervals {
        let found = found[name.as_str()].unwrap();
        let allowed = 0.1 * (expected.high - expected.low);
        assert!((found.low - expected.low).abs() < allowed, "{name}: {found:?}");
        assert!((found.high - expected.high).abs() < allowed, "{name}: {found:?}");
    }
}

#[derive(Deserialize)]
struct SimilarityReference {
    cases: Vec<SimilarityCase>,
}

#[derive(Deserialize)]
struct SimilarityCase {
    name: String,
    first: Vec<Vec<Vec<f32>>>,
    second: Vec<Vec<Vec<f32>>>,
    cka: Vec<f64>,
    rsa: Vec<f64>,
}

#[test]
fn similarity_equals_the_definition_and_scipys_in_both_forms() {
    let reference: SimilarityReference = read("../agreement/similarity.json");
    assert_eq!(reference.cases.len(), 4);
    for case in &reference.cases {
        for form in [Form::Gram, Form::Features] {
            let prepare = |layers: &[Vec<Vec<f32>>]| -> Vec<Representation> {
                layers.iter().map(|rows| Representation::of(&matrix(rows), form).unwrap()).collect()
            };
            let (first, second) = (prepare(&case.first), prepare(&case.second));
            let found = similarity(&first, &second, &Silent, &CancelToken::default()).unwrap();
            assert_eq!((found.first_layers, found.second_layers), (first.len(), second.len()));
            assert_eq!(found.cka.len(), case.cka.len());
            for (found, &expected) in found.cka.iter().zip(&case.cka) {
                // f32 holds the centred rows and products.
                assert_close(found.unwrap(), expected, 3e-6, &format!("CKA, {}", case.name));
            }
            for (found, &expected) in found.rsa.iter().zip(&case.rsa) {
                assert_close(found.unwrap(), expected, 1e-9, &format!("RSA, {}", case.name));
            }
        }
    }
}

#[derive(Deserialize)]
struct TransferReference {
    cases: Vec<TransferCase>,
}

#[derive(Deserialize)]
struct TransferCase {
    name: String,
    a: Vec<Vec<f32>>,
    b: Vec<Vec<f32>>,
    directions: [Vec<f32>; 2],
    train: Vec<bool>,
    scenario: Vec<usize>,
    maps: Vec<ExpectedMap>,
}

#[derive(Deserialize)]
struct ExpectedMap {
    settings: MapSettings,
    explained: f64,
    direction: Vec<f64>,
    cosine: f64,
    auroc: f64,
}

#[test]
fn maps_equal_scipys_and_scikit_learns() {
    let reference: TransferReference = read("../agreement/transfer.json");
    assert_eq!(reference.cases.len(), 3);
    for case in &reference.cases {
        let (a, b) = (matrix(&case.a), matrix(&case.b));
        let splits: Vec<Split> = case
            .train
            .iter()
            .map(|&train| if train { Split::Train } else { Split::Test })
            .collect();
        let scenarios: Vec<Option<String>> =
            case.scenario.iter().map(|scenario| Some(scenario.to_string())).collect();
        let found = transfer(
            &ModelSide { rows: &a, direction: &case.directions[0] },
            &ModelSide { rows: &b, direction: &case.directions[1] },
            &splits,
            &scenarios,
            Seed(0),
            &Silent,
            &CancelToken::default(),
        )
        .unwrap();
        assert_eq!((found.folds, found.maps.len()), (5, 3));
        for (found, expected) in found.maps.iter().zip(&case.maps) {
            let what = format!("{:?}, {}", expected.settings, case.name);
            match (found.settings, expected.settings) {
                (MapSettings::Ridge { penalty: a }, MapSettings::Ridge { penalty: b }) => {
                    assert_close(a / b, 1.0, 1e-9, &what);
                }
                (found, expected) => assert_eq!(found, expected, "{what}"),
            }
            assert_close(found.explained, expected.explained, 1e-8, &what);
            assert_close(found.cosine, expected.cosine, 1e-6, &what);
            assert_close(found.auroc.value, expected.auroc, 1e-12, &what);
            let product: f64 = found
                .direction
                .iter()
                .zip(&expected.direction)
                .map(|(&a, b)| f64::from(a) * b)
                .sum();
            assert_close(product, 1.0, 1e-7, &what);
        }
    }
}

#[derive(Deserialize)]
struct BehaviourReference {
    cases: Vec<BehaviourCase>,
    calibration: CalibrationCase,
}

#[derive(Deserialize)]
struct BehaviourCase {
    name: String,
    score: Vec<f64>,
    human: Vec<f64>,
    pearson: f64,
    pearson_p: f64,
    pearson_ci: Option<[f64; 2]>,
    spearman: f64,
    spearman_p: f64,
    binary_accuracy: f64,
    confusion: Confusion,
    slope: f64,
    intercept: f64,
    residual: f64,
    points: Vec<LinePoint>,
}

#[derive(Deserialize)]
struct CalibrationCase {
    z: Vec<f64>,
    outcome: Vec<bool>,
    bins: usize,
    brier: f64,
    predicted: Vec<f64>,
    observed: Vec<f64>,
    wilson: Vec<[f64; 2]>,
}

#[test]
fn correlations_with_labels_equal_scipys() {
    let reference: BehaviourReference = read("../agreement/behaviour.json");
    assert_eq!(reference.cases.len(), 7);
    for case in &reference.cases {
        let found = correlate(&case.score, &case.human, None).unwrap();
        let close = |found: f64, expected: f64, what: &str| {
            assert_close(found, expected, 1e-8, &format!("{what}, {}", case.name));
        };
        assert_eq!(found.n, case.score.len());
        close(found.pearson, case.pearson, "pearson");
        close(found.pearson_p, case.pearson_p, "pearson p");
        assert_eq!(found.pearson_ci.is_some(), case.pearson_ci.is_some(), "{}", case.name);
        for (found, expected) in
            found.pearson_ci.iter().flatten().zip(case.pearson_ci.iter().flatten())
        {
            close(*found, *expected, "end of the interval");
        }
        close(found.spearman, case.spearman, "spearman");
        close(found.spearman_p, case.spearman_p, "spearman p");
        close(found.binary_accuracy.unwrap(), case.binary_accuracy, "accuracy");
        assert_eq!(found.confusion, case.confusion, "{}", case.name);
        assert_eq!(found.undecided + found.confusion.total(), found.n);

        let line = fit_line(&case.score, &case.human).unwrap();
        close(line.slope, case.slope, "slope");
        close(line.intercept, case.intercept, "intercept");
        close(line.residual, case.residual, "residual");
        for (at, expected) in [0, 30, 100].into_iter().zip(&case.points) {
            let found = line.points[at];
            close(found.score, expected.score, "score");
            close(found.fit, expected.fit, "line");
            close(found.low, expected.low, "low");
            close(found.high, expected.high, "high");
        }
    }
}

#[test]
fn calibration_equals_scikit_learns_and_its_intervals_statsmodels() {
    let case = read::<BehaviourReference>("../agreement/behaviour.json").calibration;
    let found = calibration(&case.z, &case.outcome, case.bins).unwrap();
    assert_close(found.brier, case.brier, 1e-12, "Brier score");
    assert_eq!(found.bins.len(), case.predicted.len());
    assert_eq!(found.bins.iter().map(|bin| bin.n).sum::<usize>(), found.n);
    assert_eq!(found.bins.len(), case.wilson.len());
    for (i, bin) in found.bins.iter().enumerate() {
        assert_close(bin.predicted, case.predicted[i], 1e-12, "prediction");
        assert_close(bin.observed, case.observed[i], 1e-12, "share");
        assert_close(bin.low, case.wilson[i][0], 1e-9, "lower end");
        assert_close(bin.high, case.wilson[i][1], 1e-9, "upper end");
    }
}
