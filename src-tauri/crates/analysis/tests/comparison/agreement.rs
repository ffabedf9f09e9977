//! Properties of agreement, and what is refused.

use lens_analysis::{
    Agreement, AgreementError, AnalysisError, Convention, LayerChoice, ModelScores, PairScores,
    Reliability, agreement_matrix, cohens_kappa, kendall_tau_b, mean_difference, pearson,
    score_agreement, spearman, split_digest, split_half_reliability,
};
use lens_core::{ActivationMatrix, CancelToken, Digest, Pooling, Seed, Silent, Split};
use proptest::prelude::*;
use rand::Rng;
use rand_distr::StandardNormal;

use crate::convention::convention;
use crate::on;

/// Positive and negative scores with their threshold.
#[derive(Debug, Clone)]
struct Scores(Vec<f64>, Vec<f64>, f64);

impl Scores {
    fn of<'a>(&'a self, name: &'a str, convention: &'a Convention) -> ModelScores<'a> {
        let Self(positive, negative, threshold) = self;
        let scores = PairScores { positive, negative, threshold: *threshold };
        ModelScores { name, convention, scores, reliability: None }
    }

    fn map(&self, change: impl Fn(f64) -> f64) -> Self {
        let side = |side: &[f64]| side.iter().map(|&s| change(s)).collect();
        Self(side(&self.0), side(&self.1), change(self.2))
    }
}

fn agree(a: &Scores, b: &Scores) -> Agreement {
    let convention = convention();
    let (a, b) = (a.of("a", &convention), b.of("b", &convention));
    score_agreement(&a, &b, Seed(4), &CancelToken::default()).unwrap()
}

/// Two models' scores of the same pairs on a coarse grid: ties are common.
fn two_models() -> impl Strategy<Value = (Scores, Scores)> {
    let score = || (-12i32..12).prop_map(|s| f64::from(s) / 4.0);
    prop::collection::vec((score(), score(), score(), score()), 2..16).prop_map(|pairs| {
        let column = |of: fn(&(f64, f64, f64, f64)) -> f64| pairs.iter().map(of).collect();
        (
            Scores(column(|p| p.0), column(|p| p.1), 0.1),
            Scores(column(|p| p.2), column(|p| p.3), -0.4),
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_the_models_does_not_matter((a, b) in two_models()) {
        prop_assert_eq!(agree(&a, &b), agree(&b, &a));
    }

    #[test]
    fn unit_and_origin_of_scores_do_not_matter((a, b) in two_models()) {
        // Powers of two and whole numbers: exact in binary.
        let (found, moved) = (agree(&a, &b), agree(&a.map(|s| 4.0 * s + 3.0), &b));
        let same = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() < 1e-12,
            (a, b) => a.is_none() && b.is_none(),
        };
        prop_assert!(same(found.pearson.map(|e| e.value), moved.pearson.map(|e| e.value)));
        prop_assert_eq!(found.spearman, moved.spearman);
        prop_assert_eq!(found.kendall_tau_b, moved.kendall_tau_b);
        prop_assert_eq!(found.sign_agreement, moved.sign_agreement);
        prop_assert_eq!(found.cohens_kappa, moved.cohens_kappa);
    }

    #[test]
    fn every_statistic_keeps_its_bounds((a, b) in two_models()) {
        let found = agree(&a, &b);
        let within = found.within_class;
        let correlations = [found.pearson, found.spearman, found.kendall_tau_b, found.cohens_kappa,
            within.pearson, within.spearman, within.positive_pearson, within.negative_spearman];
        for estimate in correlations.into_iter().flatten() {
            prop_assert!(-1.0 <= estimate.low && estimate.low <= estimate.high);
            prop_assert!(estimate.high <= 1.0 && (-1.0..=1.0).contains(&estimate.value));
        }
        let signs = found.sign_agreement.unwrap();
        prop_assert!(0.0 <= signs.low && signs.low <= signs.value && signs.value <= signs.high);
        prop_assert!(signs.high <= 1.0);
    }

    #[test]
    fn tau_b_counts_every_two_observations(
        observations in prop::collection::vec((-5i32..5, -5i32..5), 2..40),
    ) {
        let (x, y): (Vec<f64>, Vec<f64>) =
            observations.iter().map(|&(x, y)| (f64::from(x), f64::from(y))).unzip();
        let sign = |a: f64, b: f64| f64::from(i8::from(a > b) - i8::from(a < b));
        let (mut both, mut in_x, mut in_y) = (0.0, 0.0, 0.0);
        for i in 0..x.len() {
            for j in 0..i {
                both += sign(x[i], x[j]) * sign(y[i], y[j]);
                in_x += sign(x[i], x[j]).abs();
                in_y += sign(y[i], y[j]).abs();
            }
        }
        match kendall_tau_b(&x, &y).unwrap() {
            Some(tau) => prop_assert!((tau - both / (in_x * in_y).sqrt()).abs() < 1e-12),
            None => prop_assert!(in_x == 0.0 || in_y == 0.0),
        }
    }

    #[test]
    fn rank_statistics_see_only_the_order(
        observations in prop::collection::vec((-9i32..9, -9i32..9), 2..30),
    ) {
        let (x, y): (Vec<f64>, Vec<f64>) =
            observations.iter().map(|&(x, y)| (f64::from(x), f64::from(y))).unzip();
        let bent: Vec<f64> = x.iter().map(|x| (x / 3.0).exp()).collect();
        prop_assert_eq!(spearman(&x, &y).unwrap(), spearman(&bent, &y).unwrap());
        prop_assert_eq!(kendall_tau_b(&x, &y).unwrap(), kendall_tau_b(&bent, &y).unwrap());
    }
}

#[test]
fn a_model_agrees_with_itself_and_not_with_its_opposite() {
    let a = Scores(vec![1.0, 0.4, 2.0, -0.3, 0.9], vec![-1.0, 0.2, -0.7, -0.2, 0.1], 0.15);
    let same = agree(&a, &a);
    let opposite = agree(&a, &a.map(|s| -s));
    for (same, opposite) in [
        (same.pearson, opposite.pearson),
        (same.spearman, opposite.spearman),
        (same.kendall_tau_b, opposite.kendall_tau_b),
        (same.within_class.pearson, opposite.within_class.pearson),
    ] {
        let (same, opposite) = (same.unwrap(), opposite.unwrap());
        assert!((same.value - 1.0).abs() < 1e-12 && same.low > 1.0 - 1e-12, "{same:?}");
        assert!((opposite.value + 1.0).abs() < 1e-12, "{opposite:?}");
    }
    assert_eq!(same.sign_agreement.unwrap().value, 1.0);
    assert_eq!(same.cohens_kappa.unwrap().value, 1.0);
    assert_eq!(opposite.sign_agreement.unwrap().value, 0.0);
}

#[test]
fn the_gap_between_the_classes_is_not_agreement_within_them() {
    let mut random = Seed(7).stream("gap");
    let mut side = |mean: f64| -> Vec<f64> {
        (0..200).map(|_| mean + random.sample::<f64, _>(StandardNormal)).collect()
    };
    let a = Scores(side(3.0), side(-3.0), 0.0);
    let b = Scores(side(3.0), side(-3.0), 0.0);
    let found = agree(&a, &b);
    assert!(found.pearson.unwrap().low > 0.8);
    let within = found.within_class.pearson.unwrap();
    assert!(within.low < 0.0 && within.high > 0.0, "{within:?}");
}

#[test]
fn scores_that_do_not_vary_have_no_correlation_and_still_signs() {
    let flat = Scores(vec![1.0; 4], vec![1.0; 4], 0.0);
    let other = Scores(vec![1.0, 2.0, 0.5, 3.0], vec![-1.0, 0.2, -2.0, 0.0], 0.0);
    let found = agree(&flat, &other);
    assert_eq!((found.pearson, found.spearman, found.kendall_tau_b), (None, None, None));
    assert_eq!(found.within_class.pearson, None);
    assert_eq!(found.sign_agreement.unwrap().value, 5.0 / 8.0);
    assert_eq!(cohens_kappa(&[true; 3], &[true; 3]).unwrap(), None);
    assert_eq!(cohens_kappa(&[], &[]).unwrap(), None);
    assert_eq!(pearson(&[], &[]).unwrap(), None);
}

#[test]
fn models_read_in_different_ways_are_refused_in_a_sentence_that_names_what_differs() {
    type Change = (&'static str, fn(&mut Convention));
    let (ours, scores) = (convention(), Scores(vec![1.0, 2.0], vec![0.0, -1.0], 0.5));
    let changes: [Change; 8] = [
        ("the layer was chosen", |c| c.layer_choice = LayerChoice::BestOnTest),
        ("the pooling is mean for toy-a and last for toy-b", |c| c.pooling = Pooling::Last),
        ("the token limit is 512 for toy-a and 128 for toy-b", |c| c.token_limit = 128),
        ("through the chat template for toy-b", |c| c.chat_template = true),
        ("the digest of the pairs is", |c| c.data = Digest::of(b"other pairs")),
        ("the digest of the split is", |c| c.split = split_digest(&[Split::Train])),
        ("the test pairs for toy-a and all pairs for toy-b", |c| c.part = None),
        ("the token limit is 512 for toy-a and 64 for toy-b, the digest of the pairs is", |c| {
            c.token_limit = 64;
            c.data = Digest::of(b"other pairs");
        }),
    ];
    for (words, change) in changes {
        let mut theirs = convention();
        change(&mut theirs);
        let models = [scores.of("toy-a", &ours), scores.of("toy-b", &theirs)];
        let error =
            agreement_matrix(&models, Seed(0), &Silent, &CancelToken::default()).unwrap_err();
        assert!(matches!(error, AgreementError::UnlikeConventions { .. }));
        let sentence = error.to_string();
        assert!(sentence.contains(words), "{sentence}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let convention = convention();
    let run = |a: &Scores, b: &Scores| {
        let (a, b) = (a.of("a", &convention), b.of("b", &convention));
        score_agreement(&a, &b, Seed(0), &CancelToken::default()).unwrap_err()
    };
    let two = Scores(vec![1.0, 2.0], vec![0.0, 0.5], 0.0);
    let one = Scores(vec![1.0], vec![0.0], 0.0);
    let bad = Scores(vec![1.0, f64::NAN], vec![0.0, 0.5], 0.0);
    assert!(matches!(run(&two, &one), AgreementError::UnlikeTexts { second_pairs: 1, .. }));
    assert!(matches!(run(&one, &one), AgreementError::Analysis(AnalysisError::TooFewPairs { .. })));
    assert!(matches!(
        run(&two, &bad),
        AgreementError::Analysis(AnalysisError::NonFiniteScore { index: 1, .. })
    ));
    assert!(pearson(&[1.0], &[1.0, 2.0]).is_err());
    let cancel = CancelToken::default();
    cancel.cancel();
    let model = two.of("a", &convention);
    let stopped = score_agreement(&model, &model, Seed(0), &cancel);
    assert!(matches!(stopped, Err(AgreementError::Analysis(AnalysisError::Cancelled(_)))));
}

#[test]
fn the_matrix_has_every_two_models_once_with_the_same_draws() {
    let convention = convention();
    let mut random = Seed(8).stream("matrix");
    let mut side = || -> Vec<f64> { (0..12).map(|_| random.random_range(-1.0..1.0)).collect() };
    let scores = [0; 3].map(|_| Scores(side(), side(), 0.0));
    let models: Vec<ModelScores<'_>> =
        scores.iter().zip(["a", "b", "c"]).map(|(s, name)| s.of(name, &convention)).collect();
    let run = || agreement_matrix(&models, Seed(4), &Silent, &CancelToken::default()).unwrap();
    let cells = run();
    let places: Vec<(usize, usize)> = cells.iter().map(|cell| (cell.first, cell.second)).collect();
    assert_eq!(places, [(0, 1), (0, 2), (1, 2)]);
    for cell in &cells {
        assert_eq!(cell.agreement, agree(&scores[cell.first], &scores[cell.second]));
    }
    assert_eq!(on(1, run), on(3, run));
    assert!(
        agreement_matrix(&models[..1], Seed(0), &Silent, &CancelToken::default())
            .unwrap()
            .is_empty()
    );
}

/// Rows of pairs: noise, and `strength` along the first axis on the positive side.
fn rows(pairs: usize, width: usize, strength: f32, seed: u32) -> ActivationMatrix {
    let mut random = Seed(seed).stream("rows");
    let values = (0..2 * pairs * width)
        .map(|i| {
            let planted = (i / width).is_multiple_of(2) && i.is_multiple_of(width);
            random.sample::<f32, _>(StandardNormal) + if planted { strength } else { 0.0 }
        })
        .collect();
    ActivationMatrix::new(2 * pairs, width, values).unwrap()
}

fn reliability(rows: &ActivationMatrix, train: usize) -> Reliability {
    let (train, scored): (Vec<usize>, Vec<usize>) =
        ((0..train).collect(), (train..rows.rows() / 2).collect());
    let fit = |rows: &ActivationMatrix, train: &[usize]| mean_difference(rows, train, 1);
    split_half_reliability(rows, &train, &scored, Seed(0), &fit, &CancelToken::default()).unwrap()
}

/// The estimate, stepped up from halves, against the correlation of scores by two directions that
/// were each fitted on as many fresh pairs: what reliability means.
#[test]
fn reliability_is_the_correlation_of_scores_by_other_training_pairs() {
    const TRAIN: usize = 30;
    let (mut estimates, mut truths) = (Vec::new(), Vec::new());
    for seed in 0..20 {
        let rows = rows(2 * TRAIN + 100, 20, 1.5, seed);
        let scored: Vec<usize> = (2 * TRAIN..2 * TRAIN + 100).collect();
        let scores = |train: Vec<usize>| -> Vec<f64> {
            let d = mean_difference(&rows, &train, 1).unwrap().vector;
            let score = |row: usize| -> f64 {
                rows.row(row).iter().zip(&d).map(|(&h, &d)| f64::from(h) * f64::from(d)).sum()
            };
            scored.iter().flat_map(|pair| [score(2 * pair), score(2 * pair + 1)]).collect()
        };
        let (one, other) = (scores((0..TRAIN).collect()), scores((TRAIN..2 * TRAIN).collect()));
        truths.push(pearson(&one, &other).unwrap().unwrap());
        let train: Vec<usize> = (0..TRAIN).collect();
        let fit = |rows: &ActivationMatrix, train: &[usize]| mean_difference(rows, train, 1);
        let cancel = CancelToken::default();
        let found = split_half_reliability(&rows, &train, &scored, Seed(0), &fit, &cancel).unwrap();
        estimates.push(found.overall.unwrap());
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (estimate, truth) = (mean(&estimates), mean(&truths));
    assert!((estimate - truth).abs() < 0.06, "{estimate} instead of {truth}");
    assert!(truth < 0.97, "nothing to estimate: {truth}");
}

#[test]
fn disattenuation_divides_by_the_root_of_both_reliabilities() {
    let convention = convention();
    let (a, b) = (
        Scores(vec![1.0, 0.4, 2.0, -0.3], vec![-1.0, 0.2, -0.7, -0.2], 0.0),
        Scores(vec![0.5, 0.9, 1.0, 0.3], vec![-1.0, -0.2, 0.7, -0.6], 0.0),
    );
    let run = |first: Option<f64>, second: Option<f64>| {
        let with = |overall| Some(Reliability { overall, within_class: None });
        let a = ModelScores { reliability: with(first), ..a.of("a", &convention) };
        let b = ModelScores { reliability: with(second), ..b.of("b", &convention) };
        score_agreement(&a, &b, Seed(0), &CancelToken::default()).unwrap()
    };
    let found = run(Some(0.9), Some(0.4));
    let (r, corrected) = (found.pearson.unwrap(), found.disattenuated.unwrap());
    assert!((corrected.value - r.value / 0.6).abs() < 1e-12);
    assert!((corrected.low - r.low / 0.6).abs() < 1e-12);
    assert_eq!(found.disattenuated_within_class, None);
    assert_eq!(run(None, Some(0.4)).disattenuated, None);
    assert_eq!(run(Some(-0.1), Some(-0.4)).disattenuated, None);
}

#[test]
fn noise_has_no_reliability_and_few_pairs_no_estimate() {
    let rows = rows(60, 200, 0.0, 3);
    let within = reliability(&rows, 40).within_class.unwrap_or(0.0);
    assert!(within < 0.45, "{within}");
    assert_eq!(reliability(&rows, 3), Reliability { overall: None, within_class: None });
    let fit = |rows: &ActivationMatrix, train: &[usize]| mean_difference(rows, train, 1);
    let cancel = CancelToken::default();
    let unknown = split_half_reliability(&rows, &[0, 1, 2, 3], &[60], Seed(0), &fit, &cancel);
    assert!(matches!(
        unknown,
        Err(AgreementError::Analysis(AnalysisError::UnknownPair { index: 60, pairs: 60 }))
    ));
}
