//! The parts of config.json that families share, in the spellings of transformers 4 and 5.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::ModelError;
use crate::folder::ModelFolder;
use crate::layers::AttentionShape;

/// What says which family a model is of, and the sizes that every family names alike.
#[derive(Debug, Deserialize)]
pub(crate) struct Outline {
    pub(crate) model_type: Option<String>,
    /// Some files have -1 for none.
    pub(crate) pad_token_id: Option<i64>,
    #[serde(default)]
    pub(crate) architectures: Vec<String>,
    #[serde(rename = "_name_or_path")]
    pub(crate) name_or_path: Option<String>,
}

/// Sizes that every family has, under the names of Llama, GPT-2 or DistilBERT; read only once the
/// family is known to be supported.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Sizes {
    #[serde(alias = "n_layer", alias = "n_layers")]
    pub(crate) num_hidden_layers: usize,
    #[serde(alias = "n_embd", alias = "dim")]
    pub(crate) hidden_size: usize,
    #[serde(alias = "n_head", alias = "n_heads")]
    pub(crate) num_attention_heads: usize,
    pub(crate) vocab_size: usize,
    #[serde(alias = "n_positions", default = "default_positions")]
    pub(crate) max_position_embeddings: usize,
}

/// What transformers assumes for Llama where a file does not say.
const fn default_positions() -> usize {
    2048
}

/// Layers that no model comes near.
const MAX_LAYERS: usize = 10_000;

impl Sizes {
    /// Refuses sizes of 0, which no arithmetic survives, and layers without end, for which lists are
    /// made before any weight is looked at.
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        for (name, value) in [
            ("num_hidden_layers", self.num_hidden_layers),
            ("hidden_size", self.hidden_size),
            ("num_attention_heads", self.num_attention_heads),
            ("vocab_size", self.vocab_size),
            ("max_position_embeddings", self.max_position_embeddings),
        ] {
            if value == 0 {
                return Err(ModelError::Config(format!("{name} is 0")));
            }
        }
        if self.num_hidden_layers > MAX_LAYERS {
            return Err(ModelError::Config(format!(
                "num_hidden_layers is {}, more than any model has",
                self.num_hidden_layers
            )));
        }
        Ok(())
    }

    /// Heads that divide the width among them, each with keys and values of its own.
    pub(crate) fn equal_heads(&self) -> Result<AttentionShape, ModelError> {
        let Self { hidden_size: width, num_attention_heads: heads, .. } = *self;
        if heads == 0 || !width.is_multiple_of(heads) {
            return Err(ModelError::Config(format!(
                "{heads} attention heads cannot divide a width of {width} evenly"
            )));
        }
        Ok(AttentionShape { heads, groups: heads, head_dim: width / heads })
    }
}

/// Positions that RoBERTa keeps for padding: those up to the number of its token.
pub(crate) fn positions_for_padding(pad_token_id: Option<usize>) -> usize {
    pad_token_id.unwrap_or(1).saturating_add(1)
}

/// Reads config.json as `T`; an error holds line and column.
pub(crate) fn parse<T: DeserializeOwned>(folder: &ModelFolder) -> Result<T, ModelError> {
    serde_json::from_str(folder.config_text())
        .map_err(|source| ModelError::Json { path: folder.config_file(), source })
}

/// Rotary position settings: `rope_parameters` (transformers 5) or `rope_theta` with
/// `rope_scaling` (transformers 4, and most files on the hub).
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RopeConfig {
    rope_parameters: Option<RopeFields>,
    rope_scaling: Option<RopeFields>,
    rope_theta: Option<f64>,
    partial_rotary_factor: Option<f64>,
    original_max_position_embeddings: Option<f64>,
    /// Base and share in files of GPT-NeoX.
    rotary_emb_base: Option<f64>,
    rotary_pct: Option<f64>,
    /// Base for layers with a window in files of Gemma 3.
    rope_local_base_freq: Option<f64>,
}

#[derive(Debug, Default, Clone, Deserialize)]
struct RopeFields {
    rope_type: Option<String>,
    #[serde(rename = "type")]
    old_type: Option<String>,
    rope_theta: Option<f64>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    short_factor: Option<Vec<f64>>,
    long_factor: Option<Vec<f64>>,
    attention_factor: Option<f64>,
    original_max_position_embeddings: Option<f64>,
    partial_rotary_factor: Option<f64>,
    /// Settings for layers without and with a window, where they differ (Gemma 3).
    full_attention: Option<Box<RopeFields>>,
    sliding_attention: Option<Box<RopeFields>>,
}

/// How rotary frequencies are stretched beyond the positions a model was first trained on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RopeScaling {
    /// Not at all.
    None,
    /// Every frequency divided by the factor.
    Linear { factor: f64 },
    /// Low frequencies divided, high ones kept, a ramp between (Llama 3.1).
    Llama3 { factor: f64, low: f64, high: f64, original: f64 },
    /// Each frequency divided by its own factor, one set of factors for texts of up to `original`
    /// positions and another for longer ones; cosines and sines times `attention` (Phi-3).
    LongRope { short: Vec<f64>, long: Vec<f64>, original: usize, attention: f64 },
}

/// What rotary positions are made from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RopeSettings {
    /// Base of the frequencies.
    pub(crate) theta: f64,
    /// Share of a head's dimensions that is rotated.
    pub(crate) partial: f64,
    pub(crate) scaling: RopeScaling,
}

impl RopeConfig {
    /// Base, share and scaling; `theta` and `partial` are base and share where the file has none,
    /// and `max_positions` the positions the model is for.
    pub(crate) fn resolve(
        &self,
        theta: f64,
        partial: f64,
        max_positions: usize,
    ) -> Result<RopeSettings, ModelError> {
        let mut fields =
            self.rope_parameters.clone().or(self.rope_scaling.clone()).unwrap_or_default();
        if let Some(full) = fields.full_attention {
            fields = *full;
        }
        let theta = fields.rope_theta.or(self.rope_theta).or(self.rotary_emb_base).unwrap_or(theta);
        check_theta(theta)?;
        let partial = fields
            .partial_rotary_factor
            .or(self.partial_rotary_factor)
            .or(self.rotary_pct)
            .unwrap_or(partial);
        if !(partial > 0.0 && partial <= 1.0) {
            return Err(ModelError::Config(format!("partial_rotary_factor is {partial}")));
        }
        // a value beside the others takes precedence, as in transformers
        let original =
            self.original_max_position_embeddings.or(fields.original_max_position_embeddings);
        let scaling = fields.scaling(original, max_positions as f64)?;
        Ok(RopeSettings { theta, partial, scaling })
    }

    /// The same for the layers that have a window and rotate by settings of their own (Gemma 3).
    pub(crate) fn resolve_local(&self) -> Result<RopeSettings, ModelError> {
        let fields = self.rope_parameters.as_ref().and_then(|f| f.sliding_attention.as_deref());
        let fields = fields.cloned().unwrap_or_default();
        let theta = fields.rope_theta.or(self.rope_local_base_freq).unwrap_or(10_000.0);
        check_theta(theta)?;
        let scaling = fields.scaling(None, 0.0)?;
        Ok(RopeSettings { theta, partial: 1.0, scaling })
    }
}

fn check_theta(theta: f64) -> Result<(), ModelError> {
    if theta.is_finite() && theta > 0.0 {
        return Ok(());
    }
    Err(ModelError::Config(format!("rope_theta is {theta}")))
}

impl RopeFields {
    fn scaling(self, original: Option<f64>, positions: f64) -> Result<RopeScaling, ModelError> {
        let need = |name: &str, value: Option<f64>| {
            value.filter(|v| v.is_finite() && *v > 0.0).ok_or_else(|| {
                ModelError::Config(format!("rope scaling needs a positive number {name}"))
            })
        };
        let kind = self.rope_type.as_deref().or(self.old_type.as_deref()).unwrap_or("default");
        match kind {
            "default" => Ok(RopeScaling::None),
            "linear" => Ok(RopeScaling::Linear { factor: need("factor", self.factor)? }),
            "llama3" => Ok(RopeScaling::Llama3 {
                factor: need("factor", self.factor)?,
                low: need("low_freq_factor", self.low_freq_factor)?,
                high: need("high_freq_factor", self.high_freq_factor)?,
                original: need("original_max_position_embeddings", original)?,
            }),
            // "su" is its name in the first files
            "longrope" | "su" => {
                let original = need("original_max_position_embeddings", original)?;
                let factors = |name: &str, factors: Option<Vec<f64>>| {
                    factors.filter(|f| f.iter().all(|v| v.is_finite() && *v > 0.0)).ok_or_else(
                        || {
                            ModelError::Config(format!(
                                "rope scaling needs positive numbers {name}"
                            ))
                        },
                    )
                };
                let stretch = self.factor.unwrap_or(positions / original);
                let attention =
                    if stretch <= 1.0 { 1.0 } else { (1.0 + stretch.ln() / original.ln()).sqrt() };
                Ok(RopeScaling::LongRope {
                    short: factors("short_factor", self.short_factor)?,
                    long: factors("long_factor", self.long_factor)?,
                    original: original as usize,
                    attention: need("attention_factor", self.attention_factor.or(Some(attention)))?,
                })
            }
            other => Err(ModelError::Config(format!(
                "rope scaling of the type {other:?} is not supported; supported are default, \
                 linear, llama3 and longrope"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(json: &str) -> Result<RopeSettings, ModelError> {
        serde_json::from_str::<RopeConfig>(json).unwrap().resolve(10_000.0, 1.0, 4096)
    }

    #[test]
    fn both_spellings_say_the_same() {
        let old = resolve(
            r#"{"rope_theta": 5e5, "rope_scaling": {"type": "llama3", "factor": 8,
                "low_freq_factor": 1, "high_freq_factor": 4,
                "original_max_position_embeddings": 8192}}"#,
        );
        let new = resolve(
            r#"{"rope_parameters": {"rope_theta": 5e5, "rope_type": "llama3", "factor": 8,
                "low_freq_factor": 1, "high_freq_factor": 4,
                "original_max_position_embeddings": 8192}}"#,
        );
        assert_eq!(old.unwrap(), new.unwrap());
        let plain = RopeSettings { theta: 1e4, partial: 1.0, scaling: RopeScaling::None };
        assert_eq!(resolve(r#"{"rope_scaling": null}"#).unwrap(), plain);
    }

    #[test]
    fn longrope_stretches_by_the_positions_unless_told() {
        let resolved = |more: &str| {
            let text = format!(
                r#"{{"original_max_position_embeddings": 1024, "rope_scaling": {{"type": "su",
                    "short_factor": [1, 1.5], "long_factor": [2, 3] {more}}}}}"#
            );
            match resolve(&text).unwrap().scaling {
                RopeScaling::LongRope { short, long, original, attention } => {
                    assert_eq!((short, long, original), (vec![1.0, 1.5], vec![2.0, 3.0], 1024));
                    attention
                }
                other => panic!("{other:?}"),
            }
        };
        // 4096 positions are 4 times 1024: sqrt(1 + ln 4 / ln 1024)
        assert!((resolved("") - 1.2_f64.sqrt()).abs() < 1e-12);
        assert_eq!(resolved(r#", "factor": 1"#), 1.0);
        assert_eq!(resolved(r#", "attention_factor": 1.25"#), 1.25);
    }

    #[test]
    fn what_is_not_supported_is_named() {
        let refusal = resolve(r#"{"rope_scaling": {"rope_type": "yarn", "factor": 4}}"#);
        assert!(refusal.unwrap_err().to_string().contains("\"yarn\""));
        let refusal = resolve(r#"{"rope_scaling": {"rope_type": "linear"}}"#);
        assert!(refusal.unwrap_err().to_string().contains("factor"));
        assert!(resolve(r#"{"rope_theta": 0}"#).is_err());
        assert!(resolve(r#"{"rope_parameters": {"partial_rotary_factor": 1.5}}"#).is_err());
        let refusal = resolve(
            r#"{"rope_scaling": {"type": "longrope", "short_factor": [1], "long_factor": [0],
                "original_max_position_embeddings": 64}}"#,
        );
        assert!(refusal.unwrap_err().to_string().contains("long_factor"));
    }
}
