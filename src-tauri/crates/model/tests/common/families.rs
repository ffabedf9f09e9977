//! The committed references of `tests/reference/families`.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use candle_core::{DType, Device, Tensor};
use lens_core::{CancelToken, HookPoint};
use lens_model::{Hook, HookOutcome, LanguageModel, ModelError};

use super::repository;

/// A tiny model of a family and what transformers computes with it.
pub(crate) struct Family {
    pub(crate) name: String,
    folder: PathBuf,
    expected: HashMap<String, Tensor>,
}

impl Family {
    /// Every one that there is a folder of.
    pub(crate) fn all() -> Vec<Self> {
        let root = repository().join("tests/reference/families");
        let mut names: Vec<String> = fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().join("config.json").is_file())
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert!(!names.is_empty());
        names.iter().map(|name| Self::open(name)).collect()
    }

    pub(crate) fn open(name: &str) -> Self {
        let folder = repository().join("tests/reference/families").join(name);
        let file = folder.join("expected.safetensors");
        let expected = candle_core::safetensors::load(file, &Device::Cpu).unwrap();
        Self { name: name.to_owned(), folder, expected }
    }

    /// The model with its weights stored as `dtype`.
    pub(crate) fn model(&self, dtype: DType) -> LanguageModel {
        LanguageModel::load(self.copy(dtype).path()).unwrap()
    }

    /// A folder of the model, to be changed. The tokenizer is any: references are made of token ids.
    pub(crate) fn copy(&self, dtype: DType) -> tempfile::TempDir {
        self.copy_by(|_| dtype)
    }

    /// The same with the type of each tensor by its name.
    pub(crate) fn copy_by(&self, dtype: impl Fn(&str) -> DType) -> tempfile::TempDir {
        let copy = tempfile::tempdir().unwrap();
        let tokenizer = repository().join("tests/reference/tiny-llama/plain/tokenizer.json");
        fs::copy(tokenizer, copy.path().join("tokenizer.json")).unwrap();
        fs::copy(self.folder.join("config.json"), copy.path().join("config.json")).unwrap();
        let (from, to) = ("model.safetensors", copy.path().join("model.safetensors"));
        let weights = candle_core::safetensors::load(self.folder.join(from), &Device::Cpu).unwrap();
        let weights: HashMap<_, _> = weights
            .into_iter()
            .map(|(name, tensor)| {
                let tensor = tensor.to_dtype(dtype(&name)).unwrap();
                (name, tensor)
            })
            .collect();
        candle_core::safetensors::save(&weights, to).unwrap();
        copy
    }

    /// Token ids of the reference's texts, longest first.
    pub(crate) fn texts(&self) -> Vec<Vec<u32>> {
        (0..)
            .map_while(|i| self.expected.get(&format!("ids.{i}")))
            .map(|ids| ids.to_dtype(DType::U32).unwrap().to_vec1().unwrap())
            .collect()
    }

    /// `{kind}.{text}`, if the model has such.
    pub(crate) fn values(&self, kind: &str, text: usize) -> Option<Vec<f32>> {
        self.expected.get(&format!("{kind}.{text}")).map(numbers)
    }
}

/// All numbers of a tensor.
pub(crate) fn numbers(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// Keeps everything it is shown.
#[derive(Default)]
pub(crate) struct Record(pub(crate) Vec<(HookPoint, Tensor)>);

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
    /// What a batch of texts shows.
    pub(crate) fn of(model: &LanguageModel, texts: &[Vec<u32>]) -> Self {
        let rows: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let mut record = Self::default();
        model.forward(&rows, &mut record, &CancelToken::default()).unwrap().unwrap();
        record
    }

    /// `[positions, width]` of one row of the batch, without padding.
    pub(crate) fn row(&self, point: HookPoint, row: usize, positions: usize) -> Vec<f32> {
        let (_, tensor) = self.0.iter().find(|(p, _)| *p == point).unwrap();
        numbers(&tensor.get(row).unwrap().narrow(0, 0, positions).unwrap())
    }

    /// The residual stream at all layers, `[layers + 1, positions, width]`.
    pub(crate) fn states(&self, layers: usize, row: usize, positions: usize) -> Vec<f32> {
        let layer = |layer| self.row(HookPoint::of_layer(layer), row, positions);
        (0..=layers).flat_map(layer).collect()
    }

    /// The stream between the halves of all blocks, `[layers, positions, width]`.
    pub(crate) fn mids(&self, layers: usize, row: usize, positions: usize) -> Vec<f32> {
        let block = |block| self.row(HookPoint::ResidualMid(block), row, positions);
        (0..layers).flat_map(block).collect()
    }
}
