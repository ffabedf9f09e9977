//! A tiny encoder as a model folder that can be read: the weights of the references with words for its
//! tokens.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::programs;

/// Makes the folder `tiny-bert` in `folder`. Its tokens are the first words of `text`; other words are
/// all the same to it.
///
/// # Errors
/// When the references lack the model, or the folder cannot be written.
pub fn write(folder: &Path, text: &str) -> Result<PathBuf> {
    let model = folder.join("tiny-bert");
    fs::create_dir(&model)?;
    let reference = programs::models().with_file_name("tests/reference/families/bert");
    fs::copy(reference.join("model.safetensors"), model.join("model.safetensors"))?;
    let config = fs::read(reference.join("config.json"))?;
    fs::write(model.join("config.json"), &config)?;
    let config: Value = serde_json::from_slice(&config)?;
    let size = config["vocab_size"].as_u64().context("a vocabulary")?;

    let mut vocabulary = BTreeMap::from([("[UNK]".to_owned(), 0)]);
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let next = vocabulary.len() as u64;
        if next < size {
            vocabulary.entry(word.to_lowercase()).or_insert(next);
        }
    }
    let tokenizer = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": null,
        "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
    });
    fs::write(model.join("tokenizer.json"), tokenizer.to_string())?;
    Ok(model)
}
