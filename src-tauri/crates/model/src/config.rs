//! The parts of config.json that families share, in the spellings of transformers 4 and 5.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::ModelError;
use crate::folder::ModelFolder;

/// What says which family a model is of, and the sizes that every family names alike.
#[derive(Debug, Deserialize)]
pub(crate) struct Outline {
    pub(crate) model_type: Option<String>,
    #[serde(default)]
    pub(crate) architectures: Vec<String>,
    #[serde(rename = "_name_or_path")]
    pub(crate) name_or_path: Option<String>,
}

/// Sizes that every family names alike; read only once the family is known to be supported.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Sizes {
    pub(crate) num_hidden_layers: usize,
    pub(crate) hidden_size: usize,
    pub(crate) num_attention_heads: usize,
    pub(crate) vocab_size: usize,
    #[serde(default = "default_positions")]
    pub(crate) max_position_embeddings: usize,
}

/// What transformers assumes for Llama where a file does not say.
const fn default_positions() -> usize {
    2048
}

impl Sizes {
    /// Refuses sizes of 0, which no arithmetic survives.
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
        Ok(())
    }
}

/// Reads config.json as `T`; an error holds line and column.
pub(crate) fn parse<T: DeserializeOwned>(folder: &ModelFolder) -> Result<T, ModelError> {
    serde_json::from_str(folder.config_text())
        .map_err(|source| ModelError::Json { path: folder.file("config.json"), source })
}

/// Rotary position settings: `rope_parameters` (transformers 5) or `rope_theta` with
/// `rope_scaling` (transformers 4, and most files on the hub).
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RopeConfig {
    rope_parameters: Option<RopeFields>,
    rope_scaling: Option<RopeFields>,
    rope_theta: Option<f64>,
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
    original_max_position_embeddings: Option<f64>,
    partial_rotary_factor: Option<f64>,
}

/// How rotary frequencies are stretched beyond the positions a model was first trained on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum RopeScaling {
    /// Not at all.
    None,
    /// Every frequency divided by the factor.
    Linear { factor: f64 },
    /// Low frequencies divided, high ones kept, a ramp between (Llama 3.1).
    Llama3 { factor: f64, low: f64, high: f64, original: f64 },
}

impl RopeConfig {
    /// Base and scaling.
    pub(crate) fn resolve(&self) -> Result<(f64, RopeScaling), ModelError> {
        let fields = self.rope_parameters.clone().or(self.rope_scaling.clone()).unwrap_or_default();
        let theta = fields.rope_theta.or(self.rope_theta).unwrap_or(10_000.0);
        if !(theta.is_finite() && theta > 0.0) {
            return Err(ModelError::Config(format!("rope_theta is {theta}")));
        }
        if fields.partial_rotary_factor.is_some_and(|f| f != 1.0) {
            return Err(ModelError::Config(
                "a partial_rotary_factor other than 1 is not supported".to_owned(),
            ));
        }
        let need = |name: &str, value: Option<f64>| {
            value.filter(|v| v.is_finite() && *v > 0.0).ok_or_else(|| {
                ModelError::Config(format!("rope scaling needs a positive number {name}"))
            })
        };
        let kind = fields.rope_type.as_deref().or(fields.old_type.as_deref()).unwrap_or("default");
        let scaling = match kind {
            "default" => RopeScaling::None,
            "linear" => RopeScaling::Linear { factor: need("factor", fields.factor)? },
            "llama3" => RopeScaling::Llama3 {
                factor: need("factor", fields.factor)?,
                low: need("low_freq_factor", fields.low_freq_factor)?,
                high: need("high_freq_factor", fields.high_freq_factor)?,
                original: need(
                    "original_max_position_embeddings",
                    fields.original_max_position_embeddings,
                )?,
            },
            other => {
                return Err(ModelError::Config(format!(
                    "rope scaling of the type {other:?} is not supported; supported are default, \
                     linear and llama3"
                )));
            }
        };
        Ok((theta, scaling))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(json: &str) -> Result<(f64, RopeScaling), ModelError> {
        serde_json::from_str::<RopeConfig>(json).unwrap().resolve()
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
        assert_eq!(resolve(r#"{"rope_scaling": null}"#).unwrap(), (10_000.0, RopeScaling::None));
    }

    #[test]
    fn what_is_not_supported_is_named() {
        let refusal = resolve(r#"{"rope_scaling": {"rope_type": "yarn", "factor": 4}}"#);
        assert!(refusal.unwrap_err().to_string().contains("\"yarn\""));
        let refusal = resolve(r#"{"rope_scaling": {"rope_type": "linear"}}"#);
        assert!(refusal.unwrap_err().to_string().contains("factor"));
        assert!(resolve(r#"{"rope_theta": 0}"#).is_err());
        assert!(resolve(r#"{"rope_parameters": {"partial_rotary_factor": 0.5}}"#).is_err());
    }
}
