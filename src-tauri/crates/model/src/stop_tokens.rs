//! The tokens that end a text, as a model's files name them.

use std::path::Path;

use serde_json::Value;

use crate::ModelError;
use crate::chat::{json_object, special_tokens};
use crate::config;
use crate::folder::ModelFolder;
use crate::gguf::GgufFile;

/// `eos_token_id` of generation_config.json, or else of config.json, and the tokenizer's own
/// `eos_token`; of a GGUF file the entries that llama.cpp ends texts by. Ascending, each once.
///
/// # Errors
/// A file that is not JSON, or an entry that makes no sense.
pub(crate) fn stop_tokens(
    folder: &ModelFolder,
    token_id: impl Fn(&str) -> Option<u32>,
) -> Result<Vec<u32>, ModelError> {
    let mut tokens = match folder.gguf() {
        Some(file) => of_file(file)?,
        None => {
            let path = folder.file("generation_config.json");
            let mut named = eos(&path, json_object(&path)?.get("eos_token_id"))?;
            if named.is_empty() {
                let config: serde_json::Map<String, Value> = config::parse(folder)?;
                named = eos(&folder.config_file(), config.get("eos_token_id"))?;
            }
            named.extend(special_tokens(folder)?.get("eos_token").and_then(|text| token_id(text)));
            named
        }
    };
    tokens.sort_unstable();
    tokens.dedup();
    Ok(tokens)
}

fn of_file(file: &GgufFile) -> Result<Vec<u32>, ModelError> {
    let mut tokens = Vec::new();
    for entry in ["eos", "eot", "eom"] {
        let id = file.whole(&format!("tokenizer.ggml.{entry}_token_id"))?;
        tokens.extend(id.and_then(|id| u32::try_from(id).ok()));
    }
    Ok(tokens)
}

/// A number, or a list of them. Below 0 there is none.
fn eos(path: &Path, value: Option<&Value>) -> Result<Vec<u32>, ModelError> {
    let one = |value: &Value| match value.as_i64() {
        Some(id) if id < 0 => Ok(None),
        Some(id) => Ok(u32::try_from(id).ok()),
        None => Err(ModelError::StopTokens(path.to_path_buf())),
    };
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => {
            list.iter().filter_map(|value| one(value).transpose()).collect()
        }
        Some(value) => Ok(one(value)?.into_iter().collect()),
    }
}
