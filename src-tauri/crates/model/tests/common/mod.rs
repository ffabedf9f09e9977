//! The committed reference of `tests/reference/hidden_states.py`.
#![allow(dead_code, reason = "each test file uses its share")]

pub(crate) mod families;
pub(crate) mod gguf;
pub(crate) mod sampling;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use lens_core::{CancelToken, Pooling, Silent};
use lens_model::{CaptureOptions, CapturedText, Interventions, LanguageModel, ModelError};

/// Folder of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// A tiny model and what transformers computes with it.
pub(crate) struct Reference {
    pub(crate) folder: PathBuf,
    pub(crate) texts: Vec<String>,
    pub(crate) limit: usize,
    pub(crate) ids: Vec<Vec<u32>>,
    pub(crate) ids_cut: Vec<Vec<u32>>,
    tensors: HashMap<String, Tensor>,
}

pub(crate) const VARIANTS: [&str; 2] = ["plain", "scaled"];

impl Reference {
    pub(crate) fn open(variant: &str) -> Self {
        let root = repository().join("tests/reference/tiny-llama");
        let folder = root.join(variant);
        let texts = fs::read_to_string(root.join("texts.json")).unwrap();
        let json: serde_json::Value = serde_json::from_str(&texts).unwrap();
        let take = |value: &serde_json::Value| serde_json::from_value(value.clone()).unwrap();
        let mut tensors = HashMap::new();
        for file in ["hidden.safetensors", "logits.safetensors"] {
            tensors
                .extend(candle_core::safetensors::load(folder.join(file), &Device::Cpu).unwrap());
        }
        Self {
            texts: serde_json::from_value(json["texts"].clone()).unwrap(),
            limit: serde_json::from_value(json["limit"].clone()).unwrap(),
            ids: take(&json[variant]["ids"]),
            ids_cut: take(&json[variant]["ids_cut"]),
            folder,
            tensors,
        }
    }

    pub(crate) fn model(&self) -> LanguageModel {
        LanguageModel::load(&self.folder).unwrap()
    }

    /// `{kind}.{text}`, flat.
    pub(crate) fn values(&self, kind: &str, text: usize) -> Vec<f32> {
        self.tensors[&format!("{kind}.{text}")].flatten_all().unwrap().to_vec1().unwrap()
    }
}

/// Largest absolute difference.
pub(crate) fn max_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// The smallest cosine of two rows, among rows of `width`.
pub(crate) fn least_cosine(a: &[f32], b: &[f32], width: usize) -> f32 {
    assert_eq!(a.len(), b.len());
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>();
    let rows = a.chunks(width).zip(b.chunks(width));
    rows.map(|(a, b)| dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()).fold(1.0, f32::min)
}

pub(crate) fn options(
    model: &LanguageModel,
    pooling: Pooling,
    batch_tokens: usize,
) -> CaptureOptions {
    CaptureOptions {
        layers: (0..=model.layers()).collect(),
        pooling,
        token_limit: CaptureOptions::TOKEN_LIMIT,
        batch_tokens,
        interventions: Interventions::default(),
    }
}

/// Captures and puts the texts back in the order given.
pub(crate) fn capture<S: AsRef<str> + Sync>(
    model: &LanguageModel,
    texts: &[S],
    options: &CaptureOptions,
) -> Vec<CapturedText> {
    let mut all = Vec::new();
    let mut sink = |text| -> Result<(), ModelError> {
        all.push(text);
        Ok(())
    };
    model.capture(texts, options, &Silent, &CancelToken::default(), &mut sink).unwrap();
    all.sort_by_key(|text| text.index);
    all
}

/// A copy of the plain tiny model with its weights in one file, to be damaged.
pub(crate) fn single_file_copy(dtype: candle_core::DType) -> tempfile::TempDir {
    let source = Reference::open("plain").folder;
    let copy = tempfile::tempdir().unwrap();
    for file in ["config.json", "tokenizer.json"] {
        fs::copy(source.join(file), copy.path().join(file)).unwrap();
    }
    let mut tensors = HashMap::new();
    for shard in 1..=4 {
        let file = source.join(format!("model-0000{shard}-of-00004.safetensors"));
        tensors.extend(candle_core::safetensors::load(file, &Device::Cpu).unwrap());
    }
    let tensors: HashMap<_, _> =
        tensors.into_iter().map(|(name, t)| (name, t.to_dtype(dtype).unwrap())).collect();
    candle_core::safetensors::save(&tensors, copy.path().join("model.safetensors")).unwrap();
    copy
}
