//! Model folders, whole and damaged. No input may panic; each error says what is wrong.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use std::fs;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use common::{Reference, repository, single_file_copy};
use lens_core::CancelToken;
use lens_model::{LanguageModel, ModelFolder};

/// A copy of the tiny model after `damage`, and what loading it says.
fn refusal(damage: impl FnOnce(&Path)) -> String {
    let folder = single_file_copy(DType::F32);
    damage(folder.path());
    let error = LanguageModel::load(folder.path()).unwrap_err();
    error.to_string()
}

fn edit_config(folder: &Path, from: &str, to: &str) {
    let path = folder.join("config.json");
    let config = fs::read_to_string(&path).unwrap();
    assert!(config.contains(from), "{from}");
    fs::write(path, config.replace(from, to)).unwrap();
}

fn edit_tensors(folder: &Path, change: impl Fn(&str, Tensor) -> Option<Tensor>) {
    let path = folder.join("model.safetensors");
    let tensors = candle_core::safetensors::load(&path, &Device::Cpu).unwrap();
    let changed = tensors.into_iter().filter_map(|(name, tensor)| {
        let tensor = change(&name, tensor)?;
        Some((name, tensor))
    });
    candle_core::safetensors::save(&changed.collect(), path).unwrap();
}

#[track_caller]
fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
}

const NORM: &str = "model.layers.1.input_layernorm.weight";

#[test]
fn inspecting_reads_headers_only_and_says_what_is_there() {
    let info = ModelFolder::open(Reference::open("plain").folder).unwrap().inspect().unwrap();
    assert_eq!((info.name.as_str(), info.family.as_str()), ("plain", "llama"));
    assert_eq!(info.architecture, "LlamaForCausalLM");
    assert_eq!((info.layers, info.width, info.heads, info.vocab), (4, 64, 4, 320));
    // 2 * 320 * 64 embeddings, 4 blocks of 46,080 + 2 norms, a final norm
    assert_eq!(info.parameters, 40_960 + 4 * (46_080 + 128) + 64);
    assert_eq!((info.weights_dtype.as_str(), info.max_positions), ("f32", 256));
    assert!(info.bytes > 4 * info.parameters);
    assert_eq!(info.licence, None);

    let folder = single_file_copy(DType::BF16);
    fs::write(folder.path().join("README.md"), "---\nlicense: mit\n---\n").unwrap();
    let info = ModelFolder::open(folder.path()).unwrap().inspect().unwrap();
    assert_eq!((info.weights_dtype.as_str(), info.licence.as_deref()), ("bf16", Some("mit")));
}

#[test]
fn the_digest_follows_every_file_that_matters() {
    let folder = single_file_copy(DType::F32);
    let digest = || {
        let folder = ModelFolder::open(folder.path()).unwrap();
        folder.digest(&CancelToken::default()).unwrap()
    };
    let first = digest();
    fs::write(folder.path().join("README.md"), "other words").unwrap();
    assert_eq!(digest(), first);
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        let path = folder.path().join(file);
        let before = fs::read(&path).unwrap();
        let mut after = before.clone();
        after.push(b' ');
        fs::write(&path, after).unwrap();
        assert_ne!(digest(), first, "{file}");
        fs::write(&path, before).unwrap();
    }
    assert_eq!(digest(), first);
    let cancel = CancelToken::default();
    cancel.cancel();
    assert!(ModelFolder::open(folder.path()).unwrap().digest(&cancel).is_err());
}

#[test]
fn folders_that_are_not_models() {
    let missing = repository().join("no such folder");
    says(&LanguageModel::load(&missing).unwrap_err().to_string(), &["is not a folder"]);
    let file = repository().join("Cargo.toml");
    says(&LanguageModel::load(&file).unwrap_err().to_string(), &["is not a folder"]);
    let remove = |name: &'static str| move |f: &Path| fs::remove_file(f.join(name)).unwrap();
    says(&refusal(remove("config.json")), &["has no config.json"]);
    says(&refusal(remove("tokenizer.json")), &["has no tokenizer.json"]);
    says(&refusal(remove("model.safetensors")), &["has no model.safetensors"]);
    let pickled = refusal(|f| {
        fs::remove_file(f.join("model.safetensors")).unwrap();
        fs::write(f.join("pytorch_model.bin"), [0x80, 2]).unwrap();
    });
    says(&pickled, &["pytorch_model.bin", "pickle", "safetensors"]);
}

#[test]
fn configurations_that_cannot_be() {
    let broken = refusal(|f| fs::write(f.join("config.json"), "{\n \"model_type\": ").unwrap());
    says(&broken, &["config.json", "line 2 column"]);
    let other = refusal(|f| edit_config(f, "\"llama\"", "\"mamba\""));
    says(&other, &["\"mamba\"", "supported are llama"]);
    let none = refusal(|f| fs::write(f.join("config.json"), "{}").unwrap());
    says(&none, &["not supported", "llama"]);
    let missing = refusal(|f| edit_config(f, "hidden_size", "hidden"));
    says(&missing, &["config.json", "hidden_size"]);
    let negative =
        refusal(|f| edit_config(f, "\"num_hidden_layers\": 4", "\"num_hidden_layers\": -4"));
    says(&negative, &["config.json", "line"]);
    let zero = |key: &'static str, value: &'static str| {
        refusal(move |f| edit_config(f, &format!("\"{key}\": {value}"), &format!("\"{key}\": 0")))
    };
    says(&zero("num_attention_heads", "4"), &["num_attention_heads is 0"]);
    says(&zero("num_key_value_heads", "2"), &["key-value heads"]);
    says(&zero("vocab_size", "320"), &["vocab_size is 0"]);
    says(&zero("head_dim", "16"), &["head of 0 dimensions"]);
    let act = refusal(|f| edit_config(f, "\"silu\"", "\"relu6\""));
    says(&act, &["\"relu6\"", "not supported"]);
    let rope =
        refusal(|f| edit_config(f, "\"rope_type\": \"default\"", "\"rope_type\": \"dynamic\""));
    says(&rope, &["\"dynamic\"", "llama3"]);
    let huge = "\"num_attention_heads\": 4611686018427387904";
    says(&refusal(|f| edit_config(f, "\"num_attention_heads\": 4", huge)), &["heads"]);
    let huge = "\"intermediate_size\": 18446744073709551615";
    says(&refusal(|f| edit_config(f, "\"intermediate_size\": 176", huge)), &["shape"]);
}

#[test]
fn weights_that_are_damaged() {
    let weights =
        |bytes: Vec<u8>| refusal(|f| fs::write(f.join("model.safetensors"), bytes).unwrap());
    says(&weights(vec![]), &["is empty (0 bytes)"]);
    says(&weights(vec![1, 2, 3]), &["ends too early", "8 bytes"]);
    says(&weights(u64::MAX.to_le_bytes().to_vec()), &["ends too early"]);
    says(&weights([&1000_u64.to_le_bytes()[..], b"{}"].concat()), &["claims 1008 bytes", "has 10"]);
    says(&weights([&2_u64.to_le_bytes()[..], b"no"].concat()), &["not a safetensors file"]);
    let overlapping = br#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#;
    let header = (overlapping.len() as u64).to_le_bytes();
    says(&weights([&header[..], overlapping].concat()), &["not a safetensors file"]);

    let folder = single_file_copy(DType::F32);
    let whole = fs::read(folder.path().join("model.safetensors")).unwrap();
    let claim = format!("claims {} bytes", whole.len());
    says(&weights(whole[..whole.len() - 1].to_vec()), &["ends too early", &claim]);
    says(&weights(whole[..whole.len() / 2].to_vec()), &["ends too early", &claim]);
    says(&weights([&whole[..], b"x"].concat()), &["not a safetensors file"]);
    // any cut of the header is an error too
    for end in (0..300).step_by(7) {
        assert!(!weights(whole[..end].to_vec()).is_empty());
    }
}

#[test]
fn weights_that_do_not_fit_the_configuration() {
    let lost = refusal(|f| edit_tensors(f, |name, t| (name != NORM).then_some(t)));
    says(&lost, &["no tensor", NORM]);
    let short = refusal(|f| {
        edit_tensors(f, |name, t| if name == NORM { t.narrow(0, 0, 63).ok() } else { Some(t) });
    });
    says(&short, &[NORM, "[63]", "[64]"]);
    let head = refusal(|f| edit_tensors(f, |name, t| (name != "lm_head.weight").then_some(t)));
    says(&head, &["lm_head.weight"]);
    let extra = refusal(|f| {
        let path = f.join("model.safetensors");
        let mut tensors = candle_core::safetensors::load(&path, &Device::Cpu).unwrap();
        let bias = Tensor::ones(64, DType::F32, &Device::Cpu).unwrap();
        tensors.insert("model.layers.0.self_attn.q_proj.bias".to_owned(), bias);
        candle_core::safetensors::save(&tensors, path).unwrap();
    });
    says(&extra, &["q_proj.bias", "does not account for"]);
    let integers = refusal(|f| {
        edit_tensors(f, |name, t| if name == NORM { t.to_dtype(DType::I64).ok() } else { Some(t) });
    });
    says(&integers, &[NORM, "I64", "BF16"]);
    for bad in [f32::NAN, f32::INFINITY] {
        let damaged = refusal(|f| {
            edit_tensors(
                f,
                |name, t| {
                    if name == NORM { (t * f64::from(bad)).ok() } else { Some(t) }
                },
            );
        });
        says(&damaged, &[NORM, "NaN or infinite"]);
    }
    // large but finite numbers are not mistaken for infinities
    let folder = single_file_copy(DType::F32);
    edit_tensors(
        folder.path(),
        |name, t| if name == NORM { t.affine(0.0, 3e38).ok() } else { Some(t) },
    );
    assert!(LanguageModel::load(folder.path()).is_ok());
}

#[test]
fn shards_that_are_missing_or_elsewhere() {
    let sharded = |edit: &dyn Fn(&Path)| {
        let source = Reference::open("plain").folder;
        let copy = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(source).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
        edit(copy.path());
        LanguageModel::load(copy.path()).map(|_| ()).map_err(|e| e.to_string())
    };
    assert_eq!(sharded(&|_| ()), Ok(()));
    let shard = "model-00003-of-00004.safetensors";
    let gone = sharded(&|f| fs::remove_file(f.join(shard)).unwrap());
    says(&gone.unwrap_err(), &["has no model-00003"]);
    let index = "model.safetensors.index.json";
    let elsewhere = sharded(&|f| {
        let text = fs::read_to_string(f.join(index)).unwrap();
        fs::write(f.join(index), text.replace(shard, "../secret.safetensors")).unwrap();
    });
    says(&elsewhere.unwrap_err(), &["has no ../secret"]);
    let broken = sharded(&|f| fs::write(f.join(index), "[").unwrap());
    says(&broken.unwrap_err(), &[index, "line 1"]);
}

#[test]
fn tokenizers_that_do_not_work() {
    let broken = refusal(|f| fs::write(f.join("tokenizer.json"), "{\"model\": 3}").unwrap());
    says(&broken, &["tokenizer.json", "cannot be used"]);
    // a tokenizer with more tokens than the model has embeddings
    let folder = single_file_copy(DType::F32);
    edit_config(folder.path(), "\"vocab_size\": 320", "\"vocab_size\": 280");
    edit_tensors(folder.path(), |name, t| match name {
        "model.embed_tokens.weight" | "lm_head.weight" => t.narrow(0, 0, 280).ok(),
        _ => Some(t),
    });
    let model = LanguageModel::load(folder.path()).unwrap();
    let error = model.tokenise("I am here with you, and I am listening.", 512).unwrap_err();
    says(&error.to_string(), &["the model knows 280 tokens"]);
    assert!(model.logits(&[0, 310]).is_err());
}
