//! The entries of a file as the config.json of a model folder.

use serde_json::{Map, Value, json};

use super::GgufFile;
use super::names::FACTORS;
use crate::ModelError;

/// An architecture, and the `model_type` it is in a folder.
const ARCHITECTURES: [(&str, &str); 6] = [
    ("llama", "llama"),
    ("qwen2", "qwen2"),
    ("qwen3", "qwen3"),
    ("phi3", "phi3"),
    ("gemma2", "gemma2"),
    ("gemma3", "gemma3_text"),
];

/// What an entry must be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Must {
    /// A whole number from 1 on.
    Count,
    /// The same, if it is there; 0 is as if it were not.
    PerhapsCount,
    /// A finite number.
    Number,
    /// The same, if it is there.
    PerhapsNumber,
}

/// Entries, after the architecture's name, with the key of config.json that says the same.
const ENTRIES: [(&str, &str, Must); 13] = [
    ("block_count", "num_hidden_layers", Must::Count),
    ("embedding_length", "hidden_size", Must::Count),
    ("feed_forward_length", "intermediate_size", Must::Count),
    ("context_length", "max_position_embeddings", Must::Count),
    ("attention.head_count", "num_attention_heads", Must::Count),
    ("attention.head_count_kv", "num_key_value_heads", Must::PerhapsCount),
    ("attention.key_length", "head_dim", Must::PerhapsCount),
    ("attention.layer_norm_rms_epsilon", "rms_norm_eps", Must::Number),
    ("attention.sliding_window", "sliding_window", Must::PerhapsCount),
    ("attn_logit_softcapping", "attn_logit_softcapping", Must::PerhapsNumber),
    ("final_logit_softcapping", "final_logit_softcapping", Must::PerhapsNumber),
    ("rope.freq_base", "rope_theta", Must::PerhapsNumber),
    ("rope.freq_base_swa", "rope_local_base_freq", Must::PerhapsNumber),
];

/// Pairs of dimensions that no head comes near.
const MOST_FACTORS: usize = 32_768;

/// Layers that no model comes near.
const MOST_LAYERS: usize = 10_000;

/// The text of config.json.
///
/// # Errors
/// Another architecture, entries that are missing or cannot be, and what is not supported.
pub(crate) fn configuration(file: &GgufFile) -> Result<String, ModelError> {
    let architecture = file.text("general.architecture")?.unwrap_or_default();
    let Some((_, model_type)) = ARCHITECTURES.iter().find(|(known, _)| *known == architecture)
    else {
        return Err(ModelError::UnknownFamily {
            found: architecture,
            supported: ARCHITECTURES.iter().map(|(known, _)| *known).collect(),
        });
    };
    let entries = Entries { file, architecture: &architecture };
    entries.refuse_what_is_not_read()?;
    let mut config = Map::new();
    for (entry, key, must) in ENTRIES {
        if let Some(value) = entries.value(entry, must)? {
            config.insert(key.to_owned(), value);
        }
    }
    let tensor = |name: &str| file.tensors().get(name);
    let embedding = tensor("token_embd.weight").and_then(|tensor| tensor.shape.first());
    let vocab =
        embedding.ok_or_else(|| ModelError::MissingTensor("token_embd.weight".to_owned()))?;
    let mut set = |key: &str, value: Value| config.insert(key.to_owned(), value);
    set("model_type", json!(model_type));
    set("architectures", json!([architecture]));
    set("vocab_size", json!(vocab));
    set("tie_word_embeddings", json!(tensor("output.weight").is_none()));
    set("attention_bias", json!(tensor("blk.0.attn_q.bias").is_some()));
    set("mlp_bias", json!(tensor("blk.0.ffn_gate.bias").is_some()));
    if let Some(scaling) = entries.rope_scaling()? {
        set("rope_scaling", scaling);
    }
    if let Some(share) = entries.rotated_share()? {
        set("partial_rotary_factor", json!(share));
    }
    if architecture.starts_with("gemma") {
        set("query_pre_attn_scalar", json!(entries.query_scalar()?));
    }
    let types = entries.layer_types()?;
    if entries.whole("attention.sliding_window")?.is_some_and(|window| window > 0) {
        match architecture.as_str() {
            "llama" => {
                set("model_type", json!("mistral"));
            }
            "qwen2" | "qwen3" if types.is_none() => {
                return Err(file.bad("it has a sliding window and does not say on which layers"));
            }
            "qwen2" | "qwen3" => {
                set("use_sliding_window", json!(true));
            }
            _ => {}
        }
        if let Some(types) = types {
            set("layer_types", types);
        }
    }
    Ok(Value::Object(config).to_string())
}

struct Entries<'a> {
    file: &'a GgufFile,
    architecture: &'a str,
}

impl Entries<'_> {
    fn key(&self, entry: &str) -> String {
        format!("{}.{entry}", self.architecture)
    }

    fn whole(&self, entry: &str) -> Result<Option<u64>, ModelError> {
        let key = self.key(entry);
        if !self.file.is_list(&key) {
            return self.file.whole(&key);
        }
        // one number for every layer: fine as long as it is the same
        let all = self.file.wholes(&key)?.unwrap_or_default();
        match all.split_first() {
            Some((first, others)) if others.iter().all(|other| other == first) => Ok(Some(*first)),
            _ => Err(self
                .file
                .bad(format!("its {key} differs from layer to layer, which is not supported"))),
        }
    }

    fn number(&self, entry: &str) -> Result<Option<f64>, ModelError> {
        let key = self.key(entry);
        let number = self.file.number(&key)?;
        if number.is_some_and(|number| !number.is_finite()) {
            return Err(self.file.bad(format!("its {key} is not a finite number")));
        }
        Ok(number)
    }

    fn value(&self, entry: &str, must: Must) -> Result<Option<Value>, ModelError> {
        let value = match must {
            Must::Count | Must::PerhapsCount => {
                let count = self.whole(entry)?;
                if must == Must::Count && count == Some(0) {
                    return Err(self.file.bad(format!("its {} is 0", self.key(entry))));
                }
                count.filter(|count| *count > 0).map(Value::from)
            }
            Must::Number | Must::PerhapsNumber => self.number(entry)?.map(Value::from),
        };
        if value.is_none() && matches!(must, Must::Count | Must::Number) {
            return Err(self.file.bad(format!("it has no {}", self.key(entry))));
        }
        Ok(value)
    }

    fn refuse_what_is_not_read(&self) -> Result<(), ModelError> {
        if self.file.whole("split.count")?.is_some_and(|count| count > 1) {
            return Err(self.file.bad(
                "it is one of several parts of a model; join them with llama.cpp's \
                 `llama-gguf-split --merge`",
            ));
        }
        if self.whole("expert_count")?.is_some_and(|count| count > 0) {
            return Err(self.file.bad("it is a mixture of experts, which is not supported"));
        }
        let (keys, values) = (self.head()?, self.whole("attention.value_length")?);
        if let Some(values) = values.filter(|values| *values != keys) {
            return Err(self.file.bad(format!(
                "its keys have {keys} dimensions and its values {values}, which is not supported"
            )));
        }
        Ok(())
    }

    /// Dimensions of a head.
    fn head(&self) -> Result<u64, ModelError> {
        if let Some(length) = self.whole("attention.key_length")? {
            return Ok(length);
        }
        let (width, heads) = (self.whole("embedding_length")?, self.whole("attention.head_count")?);
        Ok(width.unwrap_or_default() / heads.unwrap_or_default().max(1))
    }

    /// Share of a head's dimensions that is rotated, unless it is all of them.
    fn rotated_share(&self) -> Result<Option<f64>, ModelError> {
        let (head, rotated) = (self.head()?, self.whole("rope.dimension_count")?);
        // half a dimension more, because what is multiplied out of it is rounded down
        Ok(rotated.filter(|r| *r < head).map(|rotated| (rotated as f64 + 0.5) / head as f64))
    }

    /// Files do not hold `query_pre_attn_scalar`. It is the dimensions of a head but in the largest
    /// models of both generations, known by their layers, where it is width / heads.
    fn query_scalar(&self) -> Result<f64, ModelError> {
        if let Some(scale) = self.number("attention.scale")?.filter(|scale| *scale > 0.0) {
            return Ok(scale.powi(-2));
        }
        let layers = self.whole("block_count")?;
        let largest = match self.architecture {
            "gemma2" => layers == Some(46),
            _ => layers == Some(62),
        };
        let (width, heads) = (self.whole("embedding_length")?, self.whole("attention.head_count")?);
        match (largest, width, heads) {
            (true, Some(width), Some(heads)) if heads > 0 => Ok((width / heads) as f64),
            _ => Ok(self.head()? as f64),
        }
    }

    /// Which layers have a window, where the file says it: by a flag each, or as all but every n-th.
    fn layer_types(&self) -> Result<Option<Value>, ModelError> {
        let key = self.key("attention.sliding_window_pattern");
        let slides = if self.file.is_list(&key) {
            self.file.flags(&key)?
        } else {
            let layers = self.whole("block_count")?.and_then(|layers| usize::try_from(layers).ok());
            let pattern = self.file.whole(&key)?.and_then(|n| usize::try_from(n).ok());
            layers.zip(pattern).map(|(layers, n)| {
                let layers = 0..layers.min(MOST_LAYERS);
                layers.map(|layer| n == 0 || layer % n < n - 1).collect()
            })
        };
        let name = |slides: bool| if slides { "sliding_attention" } else { "full_attention" };
        Ok(slides.map(|slides| slides.into_iter().map(name).collect()))
    }

    /// How rotary frequencies are stretched: as entries say it, or tensors of factors.
    fn rope_scaling(&self) -> Result<Option<Value>, ModelError> {
        let [all, short, long] = FACTORS.map(|name| self.factors(name));
        let original = self.number("rope.scaling.original_context_length")?;
        if let (Some(short), Some(long)) = (short?, long?) {
            return Ok(Some(json!({
                "rope_type": "longrope",
                "short_factor": short,
                "long_factor": long,
                "original_max_position_embeddings": original,
                "attention_factor": self.number("rope.scaling.attn_factor")?,
            })));
        }
        if let Some(all) = all? {
            // Llama 3: one set of factors for texts of every length
            return Ok(Some(json!({
                "rope_type": "longrope",
                "short_factor": all,
                "long_factor": all,
                "original_max_position_embeddings": self.number("context_length")?,
                "attention_factor": 1,
            })));
        }
        let factor = self.number("rope.scaling.factor")?;
        let factor = factor.or(self.number("rope.scale_linear")?).filter(|factor| *factor != 0.0);
        let kind = self.file.text(&self.key("rope.scaling.type"))?;
        match kind.as_deref() {
            None | Some("linear") => {
                Ok(factor.map(|factor| json!({"rope_type": "linear", "factor": factor})))
            }
            // longrope with its factors has been dealt with; without them there is nothing to do
            Some("none" | "longrope") => Ok(None),
            Some(other) => Ok(Some(json!({"rope_type": other, "factor": factor}))),
        }
    }

    /// A tensor of factors, if it is there.
    fn factors(&self, name: &str) -> Result<Option<Vec<f64>>, ModelError> {
        let Some(tensor) = self.file.tensors().get(name) else { return Ok(None) };
        let bytes = self.file.map().get(tensor.bytes.clone()).unwrap_or_default();
        if tensor.numbers.name != "f32" || bytes.len() > MOST_FACTORS * 4 {
            return Err(self.file.bad(format!("its tensor {name:?} is not a short list of f32")));
        }
        let (numbers, _) = bytes.as_chunks();
        let factors: Vec<f64> =
            numbers.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))).collect();
        if factors.iter().all(|factor| factor.is_finite() && *factor > 0.0) {
            return Ok(Some(factors));
        }
        Err(self.file.bad(format!("its tensor {name:?} holds a factor that is not positive")))
    }
}
