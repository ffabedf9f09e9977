//! Against transformers, on the tiny models that `tests/reference/hidden_states.py` makes.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use candle_core::{DType, Tensor};
use common::{Reference, VARIANTS, capture, max_difference, options, single_file_copy};
use lens_core::{CancelToken, HookPoint, Pooling};
use lens_model::{Hook, HookOutcome, LanguageModel, ModelError};

const TOLERANCE: f32 = 1e-4;

/// Keeps everything it is shown.
#[derive(Default)]
struct Record(Vec<(HookPoint, Tensor)>);

impl Hook for Record {
    fn wants(&self, _point: HookPoint) -> bool {
        true
    }

    fn at(&mut self, point: HookPoint, residual: &Tensor) -> Result<HookOutcome, ModelError> {
        self.0.push((point, residual.clone()));
        Ok(HookOutcome::Keep)
    }
}

impl Record {
    /// `[positions, width]` of one row of the batch, without padding.
    fn row(&self, point: HookPoint, row: usize, positions: usize) -> Vec<f32> {
        let (_, tensor) = self.0.iter().find(|(p, _)| *p == point).unwrap();
        let row = tensor.get(row).unwrap().narrow(0, 0, positions).unwrap();
        row.flatten_all().unwrap().to_vec1().unwrap()
    }
}

#[test]
fn token_ids_are_those_of_transformers() {
    for variant in VARIANTS {
        let reference = Reference::open(variant);
        let model = reference.model();
        for (i, text) in reference.texts.iter().enumerate() {
            let whole = model.tokenise(text, 512).unwrap();
            assert_eq!(whole.ids, reference.ids[i], "{variant} {text:?}");
            assert!(!whole.truncated);
            assert!(whole.special[0], "BOS is special");
            let specials = if variant == "scaled" { 2 } else { 1 };
            assert_eq!(whole.special.iter().filter(|s| **s).count(), specials);

            let cut = model.tokenise(text, reference.limit).unwrap();
            assert_eq!(cut.ids, reference.ids_cut[i], "{variant} {text:?} cut");
            assert_eq!(cut.truncated, whole.ids.len() > reference.limit);
            assert_eq!(cut.ids.len(), cut.special.len());
        }
    }
}

#[test]
fn every_layer_equals_transformers_for_a_batch_of_all_texts() {
    for variant in VARIANTS {
        let reference = Reference::open(variant);
        let model = reference.model();
        let rows: Vec<&[u32]> = reference.ids.iter().map(Vec::as_slice).collect();
        let mut record = Record::default();
        model.forward(&rows, &mut record, &CancelToken::default()).unwrap().unwrap();
        for (i, ids) in reference.ids.iter().enumerate() {
            let mine: Vec<f32> = (0..=model.layers())
                .flat_map(|layer| record.row(HookPoint::of_layer(layer), i, ids.len()))
                .collect();
            let difference = max_difference(&mine, &reference.values("states", i));
            assert!(difference < TOLERANCE, "{variant}, text {i}: {difference}");
            let normed = record.row(HookPoint::FinalNorm, i, ids.len());
            let difference = max_difference(&normed, &reference.values("final", i));
            assert!(difference < TOLERANCE, "{variant}, text {i}, final: {difference}");
        }
    }
}

#[test]
fn logits_equal_transformers() {
    for variant in VARIANTS {
        let reference = Reference::open(variant);
        let model = reference.model();
        for (i, ids) in reference.ids.iter().enumerate() {
            let logits = model.logits(ids).unwrap().flatten_all().unwrap();
            let logits: Vec<f32> = logits.to_vec1().unwrap();
            let difference = max_difference(&logits, &reference.values("logits", i));
            assert!(difference < TOLERANCE, "{variant}, text {i}: {difference}");
        }
    }
}

#[test]
fn pooled_rows_equal_transformers() {
    for variant in VARIANTS {
        let reference = Reference::open(variant);
        let model = reference.model();
        for pooling in Pooling::ALL {
            let read = capture(&model, &reference.texts, &options(&model, pooling, 128));
            assert_eq!(read.len(), reference.texts.len());
            for (i, text) in read.iter().enumerate() {
                assert_eq!(text.tokens, reference.ids[i].len());
                let expected = reference.values(pooling.name(), i);
                let difference = max_difference(&text.values, &expected);
                assert!(difference < TOLERANCE, "{variant} {pooling} {i}: {difference}");
            }
        }
    }
}

#[test]
fn half_precision_weights_give_nearly_the_same_rows() {
    let reference = Reference::open("plain");
    let width = reference.model().width();
    for dtype in [DType::BF16, DType::F16] {
        let folder = single_file_copy(dtype);
        let model = LanguageModel::load(folder.path()).unwrap();
        assert_eq!(model.info().weights_dtype, dtype.as_str());
        let read = capture(&model, &reference.texts, &options(&model, Pooling::Mean, 128));
        for (i, text) in read.iter().enumerate() {
            let expected = reference.values("mean", i);
            assert_ne!(text.values, expected, "the weights were rounded");
            for (a, b) in text.values.chunks(width).zip(expected.chunks(width)) {
                let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>();
                let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
                assert!(cosine > 0.999, "{dtype:?}, text {i}: {cosine}");
            }
        }
    }
}
