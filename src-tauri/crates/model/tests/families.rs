//! Every family against transformers, on the tiny models of `tests/reference/families`.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use candle_core::DType;
use common::families::{Family, Record, numbers};
use common::max_difference;
use lens_core::HookPoint;

const TOLERANCE: f32 = 1e-4;

#[test]
fn every_layer_of_a_batch_equals_transformers() {
    for family in Family::all() {
        let model = family.model(DType::F32);
        let texts = family.texts();
        let record = Record::of(&model, &texts);
        for (i, ids) in texts.iter().enumerate() {
            let check = |kind: &str, mine: Vec<f32>, expected: Vec<f32>| {
                let difference = max_difference(&mine, &expected);
                assert!(difference < TOLERANCE, "{}, {kind} {i}: {difference}", family.name);
            };
            let states = record.states(model.layers(), i, ids.len());
            check("states", states, family.values("states", i).unwrap());
            let mids = record.mids(model.layers(), i, ids.len());
            check("mid", mids, family.values("mid", i).unwrap());
            if let Some(expected) = family.values("final", i) {
                check("final", record.row(HookPoint::FinalNorm, i, ids.len()), expected);
            }
            if let Some(expected) = family.values("logits", i) {
                check("logits", numbers(&model.logits(ids).unwrap()), expected);
            }
        }
    }
}

#[test]
fn a_text_has_the_same_bits_alone_and_in_a_batch() {
    for family in Family::all() {
        let model = family.model(DType::F32);
        let texts = family.texts();
        let batch = Record::of(&model, &texts);
        for (i, ids) in texts.iter().enumerate() {
            let alone = Record::of(&model, std::slice::from_ref(ids));
            for (point, _) in &batch.0 {
                let rows = [batch.row(*point, i, ids.len()), alone.row(*point, 0, ids.len())];
                assert_eq!(rows[0], rows[1], "{}, text {i}, {point}", family.name);
            }
        }
    }
}

#[test]
fn weights_in_bf16_give_nearly_the_same_activations() {
    for family in Family::all() {
        let model = family.model(DType::BF16);
        let texts = family.texts();
        let record = Record::of(&model, &texts);
        for (i, ids) in texts.iter().enumerate() {
            let mine = record.states(model.layers(), i, ids.len());
            let expected = family.values("states", i).unwrap();
            assert_ne!(mine, expected, "the weights were rounded");
            for (a, b) in mine.chunks(model.width()).zip(expected.chunks(model.width())) {
                let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>();
                let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
                assert!(cosine > 0.999, "{}, text {i}: {cosine}", family.name);
            }
        }
    }
}
