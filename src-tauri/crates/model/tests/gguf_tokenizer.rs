//! The tokenizer of a GGUF file against the same model's tokenizer.json.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use std::fs;

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::Value;
use common::gguf::{GgufModel, TOYS, reference, text, texts, toy, written};
use lens_model::LanguageModel;

const TEXTS: [&str; 12] = [
    "",
    " ",
    "She listened quietly.",
    "runs  of   spaces    and\ttabs\t\t",
    "lines\nand\r\n\n\nmore lines \n",
    "naïve café, Ελληνικά, 日本語, العربية",
    "🙂👩‍👩‍👧 flags 🇫🇷🇯🇵 and 1234567890 and ½",
    "don't we'll THEY'RE I'M it's",
    "<s>special</s> in <s> the middle</s>",
    "e\u{301} is composed or not: é",
    "a\u{a0}b\u{2003}c\u{3000}d",
    "x_y = f(z) + [1, 2] // {comment}!?",
];

#[test]
fn byte_level_tokens_are_those_of_the_folder() {
    for name in TOYS {
        let (_kept, path) = written(name, GgmlDType::F16);
        let folder = LanguageModel::load(toy(name)).unwrap();
        let file = LanguageModel::load(path).unwrap();
        for text in TEXTS {
            let [folder, file] = [&folder, &file].map(|model| model.tokenise(text, 64).unwrap());
            assert_eq!(folder, file, "{name}, {text:?}");
        }
    }
}

/// The parts of tokenizer.json that the models have by which the rules are named.
const RULES: [(&str, &str, &str); 5] = [
    (
        "qwen2",
        r#"{"type": "NFC"}"#,
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ),
    (
        "llama-bpe",
        "null",
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ),
    ("smollm", "null", ""),
    (
        "tekken",
        "null",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ),
    (
        "gpt-4o",
        "null",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ),
];

/// A byte-level vocabulary with whatever short piece of the texts there is, so that a token tells
/// where words begin and end.
fn telling_tokenizer() -> serde_json::Value {
    use tokenizers::normalizers::byte_level::ByteLevel;
    use tokenizers::{NormalizedString, Normalizer};
    let mut vocab = serde_json::Map::new();
    let add = |vocab: &mut serde_json::Map<String, serde_json::Value>, token: String| {
        let id = vocab.len();
        vocab.entry(token).or_insert(id.into());
    };
    add(&mut vocab, "<s>".to_owned());
    add(&mut vocab, "</s>".to_owned());
    let mut alphabet: Vec<char> = ByteLevel::alphabet().into_iter().collect();
    alphabet.sort_unstable();
    for byte in alphabet {
        add(&mut vocab, byte.to_string());
    }
    let mut merges = Vec::new();
    for length in 2..5 {
        for text in TEXTS {
            let mut bytes = NormalizedString::from(text);
            ByteLevel::new().normalize(&mut bytes).unwrap();
            let bytes: Vec<char> = bytes.get().chars().collect();
            for piece in bytes.windows(length) {
                let token: String = piece.iter().collect();
                if !vocab.contains_key(&token) {
                    let (left, right) = piece.split_at(length - 1);
                    merges.push([left, right].map(|half| half.iter().collect::<String>()));
                    add(&mut vocab, token);
                }
            }
        }
    }
    assert!(vocab.len() < 2560);
    for filling in vocab.len()..2560 {
        vocab.insert(format!("[{filling}]"), filling.into());
    }
    let json = fs::read(toy("toy-llama").join("tokenizer.json")).unwrap();
    let mut json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    json["model"]["vocab"] = vocab.into();
    json["model"]["merges"] = serde_json::to_value(merges).unwrap();
    json
}

#[test]
fn words_are_divided_as_the_rule_of_the_file_says() {
    let source = tempfile::tempdir().unwrap();
    for file in ["config.json", "model.safetensors"] {
        fs::copy(toy("toy-llama").join(file), source.path().join(file)).unwrap();
    }
    let json = source.path().join("tokenizer.json");
    let plain = telling_tokenizer();
    fs::write(&json, plain.to_string()).unwrap();
    let path = source.path().join("model.gguf");
    let mut model = GgufModel::of_folder(source.path());
    let mut seen = Vec::new();
    for (rule, normalizer, expression) in RULES {
        let mut changed = plain.clone();
        changed["normalizer"] = serde_json::from_str(normalizer).unwrap();
        let first = if expression.is_empty() {
            serde_json::json!({"type": "Digits", "individual_digits": true})
        } else {
            serde_json::json!({
                "type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated",
                "invert": false
            })
        };
        let bytes = serde_json::json!({
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
            "use_regex": expression.is_empty()
        });
        changed["pre_tokenizer"] =
            serde_json::json!({"type": "Sequence", "pretokenizers": [first, bytes]});
        changed["model"]["ignore_merges"] = (["llama-bpe", "tekken"].contains(&rule)).into();
        fs::write(&json, changed.to_string()).unwrap();
        model.set("tokenizer.ggml.pre", text(rule));
        model.write(&path, |_| GgmlDType::F16);
        let [folder, file] = [source.path(), &path].map(|path| LanguageModel::load(path).unwrap());
        let mut all = Vec::new();
        for text in TEXTS {
            let [folder, file] = [&folder, &file].map(|model| model.tokenise(text, 512).unwrap());
            assert_eq!(folder, file, "{rule}, {text:?}");
            all.push(file.ids);
        }
        assert!(!seen.contains(&all), "the texts do not tell {rule} from another rule");
        seen.push(all);
    }
}

#[test]
fn sentence_piece_tokens_are_those_of_the_converted_tokenizer() {
    let model = LanguageModel::load(reference("sentence-piece.gguf")).unwrap();
    let rows = fs::read(reference("sentence-piece.json")).unwrap();
    let rows: serde_json::Value = serde_json::from_slice(&rows).unwrap();
    for row in rows.as_array().unwrap() {
        let text = row["text"].as_str().unwrap();
        let ids: Vec<u32> = serde_json::from_value(row["ids"].clone()).unwrap();
        let tokens = model.tokenise(text, 512).unwrap();
        assert_eq!(tokens.ids, ids, "{text:?}");
        assert!(tokens.special[0]);
    }
    // it computes as well
    assert_eq!(model.logits(&[1, 300, 400]).unwrap().dims(), [3, 512]);
}

#[test]
fn a_tokenizer_begins_and_ends_texts_as_the_file_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    let mut model = GgufModel::of_folder(&toy("toy-llama"));
    let mut ids = |begins: Option<bool>, ends: Option<bool>, rule: &str| {
        for (key, value) in [("add_bos_token", begins), ("add_eos_token", ends)] {
            let key = format!("tokenizer.ggml.{key}");
            match value {
                Some(value) => model.set(&key, Value::Bool(value)),
                None => model.remove(&key),
            }
        }
        model.set("tokenizer.ggml.pre", text(rule));
        model.write(&path, |_| GgmlDType::F16);
        LanguageModel::load(&path).unwrap().tokenise("so", 512).unwrap().ids
    };
    let bare = ids(None, None, "default");
    assert!(!bare.contains(&0) && !bare.contains(&1));
    assert_eq!(ids(Some(true), Some(true), "default"), [&[0], &bare[..], &[1]].concat());
    assert_eq!(ids(None, Some(true), "default"), [&bare[..], &[1]].concat());
    assert_eq!(ids(None, None, "llama-bpe"), [&[0], &bare[..]].concat());
    assert_eq!(ids(Some(false), None, "llama-bpe"), bare);
}

#[test]
fn lists_of_texts_are_lists_of_texts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    let mut model = GgufModel::of_folder(&toy("toy-llama"));
    model.set("tokenizer.ggml.tokens", texts(["a"]));
    model.write(&path, |_| GgmlDType::F16);
    let error = LanguageModel::load(path).unwrap_err().to_string();
    assert!(error.contains("1 tokens have 2560 types"), "{error}");
}
