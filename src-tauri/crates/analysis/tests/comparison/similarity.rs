//! Properties of debiased CKA and RSA, and what is refused.

use lens_analysis::{
    AgreementError, AnalysisError, Form, RSA_TEXTS, Representation, Similarity, similarity,
};
use lens_core::{ActivationMatrix, CancelToken, Seed, Silent};
use proptest::prelude::*;
use rand::Rng;
use rand_distr::StandardNormal;

use crate::{on, orthonormal, turned};

fn noise(rows: usize, width: usize, seed: u32) -> ActivationMatrix {
    let mut random = Seed(seed).stream("noise");
    let values = (0..rows * width).map(|_| random.sample(StandardNormal)).collect();
    ActivationMatrix::new(rows, width, values).unwrap()
}

fn compare(
    first: &[&ActivationMatrix],
    second: &[&ActivationMatrix],
    form: Form,
) -> Result<Similarity, AgreementError> {
    let prepare = |layers: &[&ActivationMatrix]| {
        layers.iter().map(|rows| Representation::of(rows, form)).collect::<Result<Vec<_>, _>>()
    };
    similarity(&prepare(first)?, &prepare(second)?, &Silent, &CancelToken::default())
}

fn one(a: &ActivationMatrix, b: &ActivationMatrix, form: Form) -> (f64, f64) {
    let found = compare(&[a], &[b], form).unwrap();
    (found.cka[0].unwrap(), found.rsa[0].unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rotation_and_isotropic_scale_do_not_matter(
        texts in 6usize..40, width in 2usize..24, seed in 0u32..1000, scale in 0.05..20.0,
    ) {
        let (a, b) = (noise(texts, width, seed), noise(texts, 7, seed + 1));
        // The other model shares half of its first dimensions, so that there is something to keep.
        let mixed = ActivationMatrix::new(texts, 7, (0..texts * 7).map(|i| {
            b.values()[i] + a.row(i / 7)[(i % 7) % width]
        }).collect()).unwrap();
        let image = turned(&a, &orthonormal(width, width, seed), scale, 0.0);
        for form in [Form::Gram, Form::Features] {
            let (before, after) = (one(&a, &mixed, form), one(&image, &mixed, form));
            prop_assert!((before.0 - after.0).abs() < 2e-5, "{before:?} {after:?}");
            prop_assert!((before.1 - after.1).abs() < 2e-3, "{before:?} {after:?}");
            let (cka, rsa) = one(&a, &image, form);
            prop_assert!(cka > 1.0 - 1e-6 && rsa > 1.0 - 1e-3, "{cka} {rsa}");
            // A shift leaves CKA as it is; angles change.
            let shifted = turned(&a, &orthonormal(width, width, seed), scale, scale);
            prop_assert!(one(&a, &shifted, form).0 > 1.0 - 1e-5);
        }
    }

    #[test]
    fn both_forms_are_the_same_estimator(
        texts in 5usize..50, widths in (1usize..30, 1usize..30), seed in 0u32..1000,
    ) {
        let (a, b) = (noise(texts, widths.0, seed), noise(texts, widths.1, seed + 1));
        let (gram, features) = (one(&a, &b, Form::Gram), one(&a, &b, Form::Features));
        // Of few texts both estimates of the norms are noisy, and errors are relative to them.
        prop_assert!((gram.0 - features.0).abs() < 1e-4, "{gram:?} {features:?}");
        prop_assert_eq!(gram.1, features.1);
        let turned_over = one(&b, &a, Form::Gram);
        prop_assert!((gram.0 - turned_over.0).abs() < 1e-12);
        prop_assert!((gram.1 - turned_over.1).abs() < 1e-12);
    }
}

/// Unrelated rows: the plain estimator would give these about 100 / (100 + 20) = 0.83.
#[test]
fn unrelated_layers_have_none_on_average() {
    let values: Vec<f64> = (0..200)
        .map(|seed| one(&noise(20, 100, 2 * seed), &noise(20, 100, 2 * seed + 1), Form::Gram).0)
        .collect();
    let mean = values.iter().sum::<f64>() / 200.0;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 199.0).sqrt();
    assert!(mean.abs() < 4.0 * deviation / 200.0_f64.sqrt(), "{mean} of deviation {deviation}");
    assert!(mean.abs() < 0.05 && deviation < 0.3);
}

#[test]
fn every_layer_meets_every_layer_in_its_place() {
    let first = [noise(30, 8, 1), noise(30, 8, 2)];
    let second =
        [noise(30, 12, 3), turned(&first[1], &orthonormal(8, 8, 9), 2.0, 0.0), noise(30, 5, 4)];
    for form in [Form::Gram, Form::Features] {
        let found = compare(&first.each_ref()[..], &second.each_ref()[..], form).unwrap();
        assert_eq!((found.first_layers, found.second_layers, found.texts), (2, 3, 30));
        for (at, (cka, rsa)) in found.cka.iter().zip(&found.rsa).enumerate() {
            let (cka, rsa) = (cka.unwrap(), rsa.unwrap());
            let alone = one(&first[at / 3], &second[at % 3], form);
            assert!((cka - alone.0).abs() < 1e-12 && (rsa - alone.1).abs() < 1e-12);
            assert_eq!(at == 4, cka > 0.99, "{at}: {cka}");
        }
    }
}

#[test]
fn a_layer_where_all_texts_are_the_same_has_no_value() {
    let same = ActivationMatrix::new(8, 3, [0.1, 5.0, -2.0].repeat(8)).unwrap();
    let other = noise(8, 3, 1);
    for form in [Form::Gram, Form::Features] {
        let found = compare(&[&same, &other], &[&other], form).unwrap();
        assert_eq!((found.cka[0], found.rsa[0]), (None, None));
        assert!((found.cka[1].unwrap() - 1.0).abs() < 1e-6);
        assert!((found.rsa[1].unwrap() - 1.0).abs() < 1e-9);
    }
    // A row without length has no angle to the others; distances from the mean it has.
    let mut values = noise(8, 3, 2).values().to_vec();
    values[..3].fill(0.0);
    let zero = ActivationMatrix::new(8, 3, values).unwrap();
    let found = compare(&[&zero], &[&other], Form::Gram).unwrap();
    assert!(found.cka[0].is_some() && found.rsa[0].is_none());
}

#[test]
fn extreme_magnitudes_neither_overflow_nor_vanish() {
    let (a, b) = (noise(20, 4, 1), noise(20, 6, 2));
    for form in [Form::Gram, Form::Features] {
        let expected = one(&a, &b, form);
        for scale in [1e-30_f32, 1e30, 1e37] {
            let values = a.values().iter().map(|v| v * scale).collect();
            let scaled = ActivationMatrix::new(20, 4, values).unwrap();
            let found = one(&scaled, &b, form);
            assert!((found.0 - expected.0).abs() < 1e-4 && (found.1 - expected.1).abs() < 1e-3);
        }
    }
}

#[test]
fn of_many_texts_the_distances_of_evenly_spaced_pairs_are_ranked() {
    let texts = RSA_TEXTS + 300;
    let (a, b) = (noise(texts, 6, 1), noise(texts, 6, 2));
    let mixed = ActivationMatrix::new(
        texts,
        6,
        a.values().iter().zip(b.values()).map(|(a, b)| a + b).collect(),
    )
    .unwrap();
    assert_eq!(Form::for_shape(texts, 6), Form::Features);
    assert_eq!(Form::for_shape(texts, 4_096), Form::Gram);
    let found = compare(&[&a], &[&mixed], Form::Features).unwrap();
    assert_eq!((found.texts, found.rsa_texts), (texts, RSA_TEXTS));
    let pairs = texts / 2;
    let kept: Vec<usize> = (0..RSA_TEXTS / 2)
        .map(|i| i * pairs / (RSA_TEXTS / 2))
        .flat_map(|pair| [2 * pair, 2 * pair + 1])
        .collect();
    let part = one(&a.select(&kept), &mixed.select(&kept), Form::Gram);
    assert!((found.rsa[0].unwrap() - part.1).abs() < 1e-12);
}

#[test]
fn what_cannot_be_compared_is_refused_in_a_sentence() {
    let error = Representation::of(&noise(3, 5, 0), Form::Gram).unwrap_err();
    assert_eq!(error, AgreementError::TooFewTexts { found: 3, needed: 4 });
    assert!(error.to_string().contains("at least 4 texts and there are 3"));
    let bad = ActivationMatrix::new(4, 1, vec![0.0, 1.0, f32::NAN, 2.0]).unwrap();
    assert!(matches!(
        Representation::of(&bad, Form::Gram),
        Err(AgreementError::Analysis(AnalysisError::NonFiniteActivation { row: 2, .. }))
    ));
    let unlike = compare(&[&noise(6, 2, 0)], &[&noise(7, 2, 0)], Form::Gram).unwrap_err();
    assert_eq!(unlike, AgreementError::UnlikeRows { first: 6, second: 7 });
    let rows = noise(6, 2, 0);
    let (gram, features) = (
        Representation::of(&rows, Form::Gram).unwrap(),
        Representation::of(&rows, Form::Features).unwrap(),
    );
    let cancel = CancelToken::default();
    assert_eq!(
        similarity(std::slice::from_ref(&gram), &[features], &Silent, &cancel),
        Err(AgreementError::UnlikeRepresentations)
    );
    cancel.cancel();
    let layer = std::slice::from_ref(&gram);
    let stopped = similarity(layer, layer, &Silent, &cancel);
    assert!(matches!(stopped, Err(AgreementError::Analysis(AnalysisError::Cancelled(_)))));
}

#[test]
fn threads_change_no_bit() {
    let first = [noise(90, 100, 1), noise(90, 100, 2)];
    let second = [noise(90, 80, 3), noise(90, 80, 4)];
    let run = |threads, form| {
        on(threads, || compare(&first.each_ref()[..], &second.each_ref()[..], form).unwrap())
    };
    for form in [Form::Gram, Form::Features] {
        assert_eq!(run(1, form), run(4, form));
    }
}
