//! The stream of a text, token by token, is what pooling takes its means of.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use common::Reference;
use lens_core::{CancelToken, Pooling, Silent};
use lens_model::{CaptureOptions, Interventions, ModelError};

#[test]
fn rows_average_to_the_pooled_row() {
    let model = Reference::open("plain").model();
    let (text, cancel) = ("a small hand in the dark", CancelToken::default());
    let tokens = model.tokenise(text, 64).unwrap();
    let content: Vec<usize> = tokens.content().collect();
    assert!(content.len() > 1);
    for layer in 0..=model.layers() {
        let options = CaptureOptions {
            layers: vec![layer],
            pooling: Pooling::Mean,
            token_limit: 64,
            batch_tokens: CaptureOptions::BATCH_TOKENS,
            interventions: Interventions::default(),
        };
        let mut pooled = Vec::new();
        model
            .capture(&[text], &options, &Silent, &cancel, &mut |text| {
                pooled = text.values;
                Ok::<(), ModelError>(())
            })
            .unwrap();
        let rows = model.residual_rows(&tokens.ids, layer, &cancel).unwrap();
        assert_eq!(rows.len(), tokens.ids.len() * model.width());
        for (column, pooled) in pooled.iter().enumerate() {
            let values = content.iter().map(|p| f64::from(rows[p * model.width() + column]));
            let mean = values.sum::<f64>() / content.len() as f64;
            assert!((mean - f64::from(*pooled)).abs() < 1e-5, "layer {layer}, column {column}");
        }
    }
    let beyond = model.residual_rows(&tokens.ids, model.layers() + 1, &cancel);
    assert!(matches!(beyond, Err(ModelError::NoSuchLayer { .. })));
    assert!(model.residual_rows(&[], 0, &cancel).is_err());
}
