//! Against candle-transformers' own Llama, which shares no code with ours above the tensors.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use std::fs;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::llama::{Cache, Llama, LlamaConfig};
use common::{max_difference, repository, single_file_copy};
use lens_model::LanguageModel;

const TEXTS: [&str; 3] = [
    "I hear how tired you are. Let us sit down together before the next shift begins.",
    "Finish the task. Winning is what counts, whatever it costs the others.",
    "No.",
];

/// The peer's logits after every token, fed one at a time through its cache.
fn peer_logits(folder: &Path, texts: &[Vec<u32>]) -> Vec<Vec<f32>> {
    let text = fs::read_to_string(folder.join("config.json")).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    // the peer reads the keys of transformers 4 only
    if let Some(theta) = json.pointer("/rope_parameters/rope_theta").cloned() {
        json["rope_theta"] = theta;
    }
    let config: LlamaConfig = serde_json::from_value(json).unwrap();
    let config = config.into_config(false);
    let device = Device::Cpu;
    let tensors =
        candle_core::safetensors::load(folder.join("model.safetensors"), &device).unwrap();
    let weights = VarBuilder::from_tensors(tensors, DType::F32, &device);
    let llama = Llama::load(weights, &config).unwrap();
    let logits = |ids: &Vec<u32>| {
        let mut cache = Cache::new(true, DType::F32, &config, &device).unwrap();
        ids.iter()
            .enumerate()
            .flat_map(|(position, id)| {
                let token = Tensor::new(&[[*id]], &device).unwrap();
                let logits = llama.forward(&token, position, &mut cache).unwrap();
                logits.flatten_all().unwrap().to_vec1::<f32>().unwrap()
            })
            .collect()
    };
    texts.iter().map(logits).collect()
}

fn compare(folder: &Path) {
    let model = LanguageModel::load(folder).unwrap();
    let tokens = TEXTS.map(|text| model.tokenise(text, 512).unwrap().ids).to_vec();
    for (ids, expected) in tokens.iter().zip(peer_logits(folder, &tokens)) {
        let mine: Vec<f32> = model.logits(ids).unwrap().flatten_all().unwrap().to_vec1().unwrap();
        let size = expected.iter().fold(1.0_f32, |a, b| a.max(b.abs()));
        let difference = max_difference(&mine, &expected);
        assert!(difference < 1e-4 * size, "{difference} among numbers up to {size}");
    }
}

#[test]
fn logits_of_the_tiny_model() {
    compare(single_file_copy(DType::F32).path());
}

#[test]
fn logits_of_the_shipped_model() {
    compare(&repository().join("models/toy-llama"));
}
