//! Models of a folder written as GGUF files, by candle's writer and by hand.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Tensor};

use super::repository;

pub(crate) const TOYS: [&str; 2] = ["toy-llama", "toy-qwen2"];

/// A file of `tests/reference/gguf`.
pub(crate) fn reference(name: &str) -> PathBuf {
    repository().join("tests/reference/gguf").join(name)
}

/// The folder of a toy.
pub(crate) fn toy(name: &str) -> PathBuf {
    repository().join("models").join(name)
}

/// A toy as a GGUF file of such numbers, in a folder that goes when it is dropped.
pub(crate) fn written(name: &str, numbers: GgmlDType) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{name}.gguf"));
    GgufModel::of_folder(&toy(name)).write(&path, |_| numbers);
    (folder, path)
}

/// A model to be written.
pub(crate) struct GgufModel {
    pub(crate) entries: Vec<(String, Value)>,
    /// In f32, by the names of the format.
    pub(crate) tensors: Vec<(String, Tensor)>,
}

impl GgufModel {
    /// What a folder of the types llama and qwen2 holds, tokenizer included.
    pub(crate) fn of_folder(folder: &Path) -> Self {
        let json = |name: &str| -> serde_json::Value {
            serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap()
        };
        let config = json("config.json");
        let kind = config["model_type"].as_str().unwrap();
        let mut entries = vec![("general.architecture".to_owned(), text(kind))];
        entries.push(("general.name".to_owned(), text("A model of the test")));
        entries.push(("general.license".to_owned(), text("mit")));
        for (entry, key) in [
            ("block_count", "num_hidden_layers"),
            ("context_length", "max_position_embeddings"),
            ("embedding_length", "hidden_size"),
            ("feed_forward_length", "intermediate_size"),
            ("attention.head_count", "num_attention_heads"),
            ("attention.head_count_kv", "num_key_value_heads"),
        ] {
            let value = Value::U32(config[key].as_u64().unwrap() as u32);
            entries.push((format!("{kind}.{entry}"), value));
        }
        let number = |value: &serde_json::Value| Value::F32(value.as_f64().unwrap() as f32);
        let epsilon = number(&config["rms_norm_eps"]);
        entries.push((format!("{kind}.attention.layer_norm_rms_epsilon"), epsilon));
        let rope = number(&config["rope_parameters"]["rope_theta"]);
        entries.push((format!("{kind}.rope.freq_base"), rope));
        entries.extend(tokenizer(&json("tokenizer.json")));

        let heads = |key: &str| config[key].as_u64().unwrap() as usize;
        let heads = (heads("num_attention_heads"), heads("num_key_value_heads"));
        let mut tensors = Vec::new();
        for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if file.extension().is_some_and(|e| e == "safetensors")
                && file.file_name().unwrap().to_str().unwrap().starts_with("model")
            {
                for (name, tensor) in candle_core::safetensors::load(file, &Device::Cpu).unwrap() {
                    let tensor = tensor.to_dtype(DType::F32).unwrap();
                    let part = name.split('.').nth_back(1).unwrap();
                    let tensor = match part {
                        "q_proj" if kind == "llama" => pairs(&tensor, heads.0),
                        "k_proj" if kind == "llama" => pairs(&tensor, heads.1),
                        _ => tensor,
                    };
                    tensors.push((stored_name(&name), tensor));
                }
            }
        }
        tensors.sort_by(|a, b| a.0.cmp(&b.0));
        Self { entries, tensors }
    }

    /// Puts an entry, or another in its place.
    pub(crate) fn set(&mut self, key: &str, value: Value) {
        self.remove(key);
        self.entries.push((key.to_owned(), value));
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.entries.retain(|(known, _)| known != key);
    }

    /// The file, with matrices stored as `numbers` says by their names.
    pub(crate) fn write(&self, path: &Path, numbers: impl Fn(&str) -> GgmlDType) {
        let tensors: Vec<(&str, QTensor)> = self
            .tensors
            .iter()
            .map(|(name, tensor)| {
                let numbers = if tensor.rank() == 2 { numbers(name) } else { GgmlDType::F32 };
                (name.as_str(), QTensor::quantize(tensor, numbers).unwrap())
            })
            .collect();
        let tensors: Vec<_> = tensors.iter().map(|(name, tensor)| (*name, tensor)).collect();
        let entries: Vec<_> =
            self.entries.iter().map(|(key, value)| (key.as_str(), value)).collect();
        gguf_file::write(&mut fs::File::create(path).unwrap(), &entries, &tensors).unwrap();
    }
}

pub(crate) fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

pub(crate) fn texts<S: ToString>(texts: impl IntoIterator<Item = S>) -> Value {
    Value::Array(texts.into_iter().map(|text| Value::String(text.to_string())).collect())
}

/// What the converter does to queries and keys of Llama.
fn pairs(tensor: &Tensor, heads: usize) -> Tensor {
    let (rows, columns) = tensor.dims2().unwrap();
    let split = tensor.reshape((heads, 2, rows / heads / 2, columns)).unwrap();
    split.transpose(1, 2).unwrap().contiguous().unwrap().reshape((rows, columns)).unwrap()
}

fn stored_name(name: &str) -> String {
    let names: HashMap<&str, &str> = HashMap::from([
        ("model.embed_tokens", "token_embd"),
        ("model.norm", "output_norm"),
        ("lm_head", "output"),
        ("input_layernorm", "attn_norm"),
        ("post_attention_layernorm", "ffn_norm"),
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
    ]);
    let (part, kind) = name.rsplit_once('.').unwrap();
    match part.strip_prefix("model.layers.").map(|rest| rest.split_once('.').unwrap()) {
        Some((block, part)) => format!("blk.{block}.{}.{kind}", names[part]),
        None => format!("{}.{kind}", names[part]),
    }
}

/// The entries of a byte-level tokenizer.json without its own pre-tokenizer.
fn tokenizer(json: &serde_json::Value) -> Vec<(String, Value)> {
    let vocab = json["model"]["vocab"].as_object().unwrap();
    let mut tokens = vec![String::new(); vocab.len()];
    for (token, id) in vocab {
        tokens[id.as_u64().unwrap() as usize].clone_from(token);
    }
    let merges = json["model"]["merges"].as_array().unwrap().iter().map(|pair| match pair {
        serde_json::Value::String(pair) => pair.clone(),
        pair => format!("{} {}", pair[0].as_str().unwrap(), pair[1].as_str().unwrap()),
    });
    let added = json["added_tokens"].as_array().unwrap();
    let special = |token: &String| added.iter().any(|added| added["content"] == **token);
    let types = tokens.iter().map(|token| Value::I32(if special(token) { 3 } else { 1 })).collect();
    let ends = json["post_processor"]["single"].as_array().unwrap().len() == 3;
    let entry = |name: &str, value| (format!("tokenizer.ggml.{name}"), value);
    vec![
        entry("model", text("gpt2")),
        entry("pre", text("gpt-2")),
        entry("merges", texts(merges)),
        entry("token_type", Value::Array(types)),
        entry("tokens", texts(tokens)),
        entry("bos_token_id", Value::U32(0)),
        entry("eos_token_id", Value::U32(1)),
        entry("add_bos_token", Value::Bool(true)),
        entry("add_eos_token", Value::Bool(ends)),
    ]
}
