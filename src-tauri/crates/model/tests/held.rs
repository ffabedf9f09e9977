//! Weights held in memory as another type than the one they are stored in.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use std::collections::HashMap;
use std::path::Path;

use candle_core::quantized::GgmlDType;
use candle_core::{DType, Device, Tensor};
use common::families::{Family, Record, numbers};
use common::gguf::{TOYS, written};
use common::least_cosine;
use lens_core::WeightsDtype;
use lens_model::{LanguageModel, ModelError};

fn load(path: &Path, held: WeightsDtype) -> LanguageModel {
    LanguageModel::load_as(path, held).unwrap()
}

/// The residual stream of every text at every layer, and the logits where there are some.
fn all_numbers(model: &LanguageModel, texts: &[Vec<u32>]) -> Vec<Vec<f32>> {
    let record = Record::of(model, texts);
    let states =
        texts.iter().enumerate().map(|(i, ids)| record.states(model.layers(), i, ids.len()));
    let logits = texts.iter().filter(|_| model.has_logits());
    states.chain(logits.map(|ids| numbers(&model.logits(ids).unwrap()))).collect()
}

/// Whether a tensor of a checkpoint is a matrix that the model multiplies by or looks tokens up in:
/// what the choice is about.
fn is_matrix(name: &str) -> bool {
    let tables = ["wpe.", "position_embeddings.", "token_type_embeddings."];
    let plain = ["norm", "ln_", "LayerNorm", "layer_norm", "bias"];
    !tables.iter().chain(&plain).any(|part| name.contains(part))
}

#[test]
fn rounded_when_loaded_is_the_checkpoint_written_as_bf16() {
    for family in Family::all() {
        let texts = family.texts();
        let rounded = load(family.copy(DType::F32).path(), WeightsDtype::Bf16);
        let matrices = |name: &str| if is_matrix(name) { DType::BF16 } else { DType::F32 };
        let written = load(family.copy_by(matrices).path(), WeightsDtype::Stored);
        assert!(all_numbers(&rounded, &texts) == all_numbers(&written, &texts), "{}", family.name);
        // and of one stored as f16, the matrices of that one
        let half = family.copy(DType::F16);
        let rounded = all_numbers(&load(half.path(), WeightsDtype::Bf16), &texts);
        assert!(rounded != all_numbers(&load(half.path(), WeightsDtype::Stored), &texts));
    }
}

#[test]
fn rounded_when_loaded_is_nearly_what_transformers_computes_in_f32() {
    for family in Family::all() {
        let model = load(family.copy(DType::F32).path(), WeightsDtype::Bf16);
        let texts = family.texts();
        let record = Record::of(&model, &texts);
        for (i, ids) in texts.iter().enumerate() {
            let mine = record.states(model.layers(), i, ids.len());
            let expected = family.values("states", i).unwrap();
            assert_ne!(mine, expected, "{}: the weights were rounded", family.name);
            let cosine = least_cosine(&mine, &expected, model.width());
            assert!(cosine > 0.999, "{}, text {i}: {cosine}", family.name);
        }
    }
}

#[test]
fn widened_when_loaded_is_the_same_to_the_last_bit() {
    for family in Family::all() {
        let texts = family.texts();
        for dtype in [DType::F32, DType::BF16, DType::F16] {
            let folder = family.copy(dtype);
            let [stored, widened] = [WeightsDtype::Stored, WeightsDtype::F32]
                .map(|held| all_numbers(&load(folder.path(), held), &texts));
            assert!(stored == widened, "{}, {dtype:?}", family.name);
        }
    }
}

#[test]
fn quantised_weights_can_be_widened_and_rounded_too() {
    for name in TOYS {
        for kind in [GgmlDType::F16, GgmlDType::Q8_0, GgmlDType::Q5_1, GgmlDType::Q4_0] {
            let (_kept, path) = written(name, kind);
            let [stored, widened, rounded] = WeightsDtype::ALL.map(|held| load(&path, held));
            let ids =
                stored.tokenise("Mia is cold. Mia asks Sam for a coat. Sam", 512).unwrap().ids;
            let texts = [ids];
            let truth = all_numbers(&stored, &texts);
            assert!(all_numbers(&widened, &texts) == truth, "{name}, {kind:?}");
            let rounded_numbers = all_numbers(&rounded, &texts);
            // the toys are stored in bf16: rounding gives that back where the file has more digits
            assert_eq!(rounded_numbers == truth, kind == GgmlDType::F16, "{name}, {kind:?}");
            let cosine = least_cosine(&rounded_numbers[0], &truth[0], stored.width());
            assert!(cosine > 0.999, "{name}, {kind:?}: {cosine}");
        }
    }
}

#[test]
fn a_number_too_large_for_bf16_is_named() {
    let family = Family::open("qwen2");
    let folder = family.copy(DType::F32);
    let file = folder.path().join("model.safetensors");
    let mut tensors: HashMap<String, Tensor> =
        candle_core::safetensors::load(&file, &Device::Cpu).unwrap();
    let name = "model.layers.1.mlp.up_proj.weight";
    let large = tensors[name].ones_like().unwrap();
    tensors.insert(name.to_owned(), (large * f64::from(f32::MAX)).unwrap());
    candle_core::safetensors::save(&tensors, &file).unwrap();
    assert!(LanguageModel::load_as(folder.path(), WeightsDtype::F32).is_ok());
    match LanguageModel::load_as(folder.path(), WeightsDtype::Bf16) {
        Err(ModelError::TooLargeForBf16(found)) => assert_eq!(found, name),
        other => panic!("{:?}", other.map(|_| ())),
    }
}
