//! Where a model folder keeps its chat template and special tokens.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::SpecialTokens;
use crate::ModelError;
use crate::folder::ModelFolder;
use crate::gguf::GgufFile;

const DEFAULT: &str = "default";
const CONFIG: &str = "tokenizer_config.json";

/// Text of the template for plain conversations. Files of their own come before those in
/// tokenizer_config.json, as in transformers.
pub(super) fn source(folder: &ModelFolder) -> Result<Option<String>, ModelError> {
    let mut templates = BTreeMap::new();
    let single = folder.file("chat_template.jinja");
    if single.is_file() {
        templates.insert(DEFAULT.to_owned(), read(single)?);
    }
    let more = folder.file("additional_chat_templates");
    if more.is_dir() {
        let unreadable = |source| ModelError::Read { path: more.clone(), source };
        for entry in fs::read_dir(&more).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
            if let Some(name) = name.filter(|_| path.extension().is_some_and(|e| e == "jinja")) {
                templates.insert(name, read(path)?);
            }
        }
    }
    if templates.is_empty() {
        match json_object(&folder.file(CONFIG))?.remove("chat_template") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(template)) => return Ok(Some(template)),
            Some(Value::Array(named)) => templates.extend(named.iter().filter_map(named_template)),
            Some(_) => {}
        }
        if templates.is_empty() {
            let message = format!("chat_template in {CONFIG} is neither a text nor a list of them");
            return Err(ModelError::ChatTemplate { line: None, message });
        }
    }
    let Some(template) = templates.remove(DEFAULT) else {
        let names = templates.into_keys().collect();
        return Err(ModelError::NoDefaultTemplate { folder: folder.path().to_path_buf(), names });
    };
    Ok(Some(template))
}

/// Every `.._token` that a GGUF file names.
pub(super) fn gguf_tokens(file: &GgufFile) -> Result<SpecialTokens, ModelError> {
    let texts = file.texts("tokenizer.ggml.tokens")?.unwrap_or_default();
    let mut tokens = SpecialTokens::new();
    for (name, entry) in [
        ("bos_token", "bos"),
        ("eos_token", "eos"),
        ("unk_token", "unknown"),
        ("pad_token", "padding"),
    ] {
        let id = file.whole(&format!("tokenizer.ggml.{entry}_token_id"))?;
        let text = id.and_then(|id| texts.get(usize::try_from(id).ok()?));
        tokens.extend(text.map(|text| (name.to_owned(), text.clone())));
    }
    Ok(tokens)
}

fn named_template(entry: &Value) -> Option<(String, String)> {
    let field = |name| entry.get(name)?.as_str().map(str::to_owned);
    Some((field("name")?, field("template")?))
}

/// Every `.._token` that the folder names. special_tokens_map.json is older and counts only where
/// tokenizer_config.json does not list the added tokens itself, as in transformers.
pub(crate) fn special_tokens(folder: &ModelFolder) -> Result<SpecialTokens, ModelError> {
    let mut config = json_object(&folder.file(CONFIG))?;
    if !config.contains_key("added_tokens_decoder") {
        config.extend(json_object(&folder.file("special_tokens_map.json"))?);
    }
    if let Some(Value::Object(extra)) = config.remove("extra_special_tokens") {
        config.extend(extra);
    }
    let named = config.into_iter().filter(|(name, _)| name.ends_with("_token"));
    Ok(named.filter_map(|(name, token)| Some((name, content(&token)?))).collect())
}

/// A token is a text, or an object with more about it.
fn content(token: &Value) -> Option<String> {
    token.as_str().or_else(|| token.get("content")?.as_str()).map(str::to_owned)
}

/// The object in a JSON file; empty where there is no such file.
pub(crate) fn json_object(path: &Path) -> Result<Map<String, Value>, ModelError> {
    if !path.is_file() {
        return Ok(Map::new());
    }
    let text = read(path.to_path_buf())?;
    serde_json::from_str(&text)
        .map_err(|source| ModelError::Json { path: path.to_path_buf(), source })
}

fn read(path: PathBuf) -> Result<String, ModelError> {
    fs::read_to_string(&path).map_err(|source| ModelError::Read { path, source })
}
