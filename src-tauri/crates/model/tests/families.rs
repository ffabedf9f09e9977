//! Every family against transformers, on the tiny models of `tests/reference/families`.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use std::fs;
use std::path::Path;

use candle_core::{DType, Device};
use common::families::{Family, Record, numbers};
use common::{least_cosine, max_difference};
use lens_core::{CancelToken, HookPoint};
use lens_model::{LanguageModel, ModelError, NoHook};

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
            let writes = family.values("logits", i).is_some();
            assert_eq!((model.has_logits(), model.info().has_logits), (writes, writes));
            match family.values("logits", i) {
                Some(expected) => check("logits", numbers(&model.logits(ids).unwrap()), expected),
                None => assert!(matches!(model.logits(ids), Err(ModelError::NoLogits))),
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
            let cosine = least_cosine(&mine, &expected, model.width());
            assert!(cosine > 0.999, "{}, text {i}: {cosine}", family.name);
        }
    }
}

/// A setting of a family, and another value for it.
const SETTINGS: [(&str, &str, &str); 34] = [
    ("qwen2", "rms_norm_eps", "1e-2"),
    ("qwen2-window", "use_sliding_window", "false"),
    ("qwen2-window", "max_window_layers", "2"),
    ("qwen2-window", "sliding_window", "9"),
    ("qwen2-window", "rope_theta", "1e5"),
    ("phi3", "sliding_window", "9"),
    ("phi3-long", "original_max_position_embeddings", "16"),
    ("phi3-long", "max_position_embeddings", "64"),
    ("mistral", "sliding_window", "null"),
    ("qwen3", "use_sliding_window", "false"),
    ("qwen3", "rms_norm_eps", "1e-2"),
    ("gemma2", "sliding_window", "9"),
    ("gemma2", "attn_logit_softcapping", "null"),
    ("gemma2", "final_logit_softcapping", "null"),
    ("gemma2", "query_pre_attn_scalar", "21"),
    ("gemma2", "hidden_activation", "\"gelu\""),
    ("gemma3", "sliding_window", "9"),
    ("gemma3", "sliding_window_pattern", "2"),
    ("gemma3", "rope_theta", "600"),
    ("gemma3", "rope_local_base_freq", "60"),
    ("gemma3", "rope_scaling", "null"),
    ("gemma3-new", "final_logit_softcapping", "null"),
    ("olmo2", "rms_norm_eps", "1e-2"),
    ("smollm3", "no_rope_layers", "[1, 1, 1]"),
    ("gpt2", "activation_function", "\"gelu\""),
    ("gpt2", "scale_attn_weights", "false"),
    ("gpt2-scaled", "scale_attn_by_inverse_layer_idx", "false"),
    ("gpt-neox", "rotary_pct", "0.5"),
    ("gpt-neox", "rotary_emb_base", "100"),
    ("gpt-neox", "use_parallel_residual", "false"),
    ("gpt-neox-sequential", "hidden_act", "\"gelu_new\""),
    ("bert", "layer_norm_eps", "1e-2"),
    ("bert-masked", "hidden_act", "\"gelu\""),
    ("roberta", "pad_token_id", "0"),
];

#[test]
fn the_references_notice_every_setting() {
    for (name, key, value) in SETTINGS {
        let family = Family::open(name);
        let folder = family.copy(DType::F32);
        set(folder.path(), key, value);
        let model = LanguageModel::load(folder.path()).unwrap();
        let texts = family.texts();
        let longest = &texts[0];
        let record = Record::of(&model, &texts[..1]);
        let states = record.states(model.layers(), 0, longest.len());
        let mut difference = max_difference(&states, &family.values("states", 0).unwrap());
        if let Some(expected) = family.values("logits", 0) {
            let logits = numbers(&model.logits(longest).unwrap());
            difference = difference.max(max_difference(&logits, &expected));
        }
        assert!(difference > 2.0 * TOLERANCE, "{name}, {key}: {difference}");
    }
}

/// Writes a setting that config.json has already.
fn set(folder: &Path, key: &str, value: &str) {
    let path = folder.join("config.json");
    let mut config: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let entry = config.get_mut(key).unwrap();
    *entry = serde_json::from_str(value).unwrap();
    fs::write(path, config.to_string()).unwrap();
}

#[test]
fn settings_that_cannot_be() {
    let refusals = [
        ("qwen2-window", "sliding_window", "0", "sliding_window is not"),
        ("qwen3", "layer_types", "[\"full_attention\"]", "layer_types"),
        ("qwen3", "layer_types", "[\"linear_attention\"]", "linear_attention"),
        ("phi3-long", "partial_rotary_factor", "1", "longrope needs 4 factors"),
        ("phi3-long", "partial_rotary_factor", "0.4", "cannot be rotated in pairs"),
        ("phi3-long", "original_max_position_embeddings", "0", "original_max_position_embeddings"),
        ("gemma2", "query_pre_attn_scalar", "0", "query_pre_attn_scalar"),
        ("gemma2", "final_logit_softcapping", "-1", "final_logit_softcapping"),
        ("gemma3-new", "use_bidirectional_attention", "true", "use_bidirectional_attention"),
        ("smollm3", "no_rope_layers", "[1]", "no_rope_layers"),
        ("gemma2", "num_hidden_layers", "1000000000000", "more than any model has"),
        ("qwen3", "head_dim", "2000000000000", "cannot be rotated"),
        ("phi3", "num_attention_heads", "4611686018427387904", "head of 0 dimensions"),
        ("gpt2", "n_head", "5", "cannot divide a width of 32"),
        ("gpt2", "n_inner", "18446744073709551615", "shape"),
        ("gpt2", "activation_function", "\"relu6\"", "relu6"),
        ("gpt-neox", "rotary_pct", "2", "partial_rotary_factor is 2"),
        ("bert", "num_attention_heads", "3", "cannot divide a width of 32"),
        ("bert", "is_decoder", "true", "is_decoder"),
        ("distilbert", "n_heads", "0", "num_attention_heads is 0"),
        ("roberta", "max_position_embeddings", "2", "max_position_embeddings is 0"),
    ];
    for (name, key, value, words) in refusals {
        let folder = Family::open(name).copy(DType::F32);
        set(folder.path(), key, value);
        let error = LanguageModel::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains(words), "{name}, {key}: {error}");
    }
}

#[test]
fn a_matrix_without_numbers_is_refused() {
    let folder = Family::open("gpt2-scaled").copy(DType::F32);
    let file = folder.path().join("model.safetensors");
    let tensors = candle_core::safetensors::load(&file, &Device::Cpu).unwrap();
    let emptied = tensors.into_iter().map(|(name, tensor)| {
        let part = name.split("mlp.").nth(1).unwrap_or_default();
        let tensor = match part {
            "c_fc.weight" => tensor.narrow(1, 0, 0),
            "c_fc.bias" | "c_proj.weight" => tensor.narrow(0, 0, 0),
            _ => Ok(tensor),
        };
        (name, tensor.unwrap())
    });
    candle_core::safetensors::save(&emptied.collect(), file).unwrap();
    set(folder.path(), "n_inner", "0");
    let error = LanguageModel::load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("without numbers"), "{error}");
}

#[test]
fn positions_that_were_learned_have_an_end() {
    for (name, known) in [("gpt2", 64), ("bert", 64), ("distilbert", 64), ("roberta", 62)] {
        let model = Family::open(name).model(DType::F32);
        assert_eq!(model.info().max_positions, known, "{name}");
        assert!(model.tokenise(&"d".repeat(100), 512).unwrap().ids.len() == known);
        let read = |length: usize| {
            model.forward(&[&vec![2; length]], &mut NoHook, &CancelToken::default())
        };
        assert!(read(known).is_ok());
        let error = read(known + 1).unwrap_err().to_string();
        assert!(error.contains(&format!("{known} positions")), "{name}: {error}");
    }
}
