//! Gemma 2: Llama with scaled embeddings, norms before and after each half of a block, soft caps on
//! scores and logits, and a window on every other layer.

use std::sync::Arc;

use candle_core::Device;
use serde::Deserialize;

use super::Transformer;
use super::relatives::{self, Keys, NormNames, Variation};
use crate::ModelError;
use crate::config;
use crate::folder::ModelFolder;
use crate::kernels::Activation;
use crate::weights::Weights;

/// config.json of Gemma 2 and 3.
#[derive(Debug, Deserialize)]
pub(super) struct GemmaConfig {
    #[serde(flatten)]
    pub(super) keys: Keys,
    /// Counts instead of `hidden_act`, which files have too.
    hidden_activation: Option<String>,
    query_pre_attn_scalar: Option<f64>,
    #[serde(default = "default_attention_cap")]
    attn_logit_softcapping: Option<f64>,
    #[serde(default = "default_logit_cap")]
    final_logit_softcapping: Option<f64>,
    #[serde(default)]
    use_bidirectional_attention: Option<bool>,
}

#[allow(clippy::unnecessary_wraps, reason = "serde asks for the field's own type")]
const fn default_attention_cap() -> Option<f64> {
    Some(50.0)
}

#[allow(clippy::unnecessary_wraps, reason = "serde asks for the field's own type")]
const fn default_logit_cap() -> Option<f64> {
    Some(30.0)
}

impl GemmaConfig {
    /// What Gemma 2 and 3 have in common.
    pub(super) fn variation(&self) -> Result<Variation, ModelError> {
        if self.use_bidirectional_attention == Some(true) {
            return Err(ModelError::Config(
                "use_bidirectional_attention is not supported for models of this type".to_owned(),
            ));
        }
        let scalar = self.query_pre_attn_scalar.unwrap_or(256.0);
        for (name, value) in [
            ("query_pre_attn_scalar", Some(scalar)),
            ("attn_logit_softcapping", self.attn_logit_softcapping),
            ("final_logit_softcapping", self.final_logit_softcapping),
        ] {
            if value.is_some_and(|value| !(value.is_finite() && value > 0.0)) {
                return Err(ModelError::Config(format!("{name} is not a positive number")));
            }
        }
        let activation = match &self.hidden_activation {
            Some(name) => super::activation(name)?,
            None => Activation::GeluTanh,
        };
        Ok(Variation {
            tied: true,
            head_dim: Some(256),
            activation: Some(activation),
            input_bias: self.keys.attention_bias,
            output_bias: self.keys.attention_bias,
            norms: NormNames {
                attention: [Some("input_layernorm"), Some("post_attention_layernorm")],
                mlp: [Some("pre_feedforward_layernorm"), Some("post_feedforward_layernorm")],
            },
            norm_base: 1.0,
            query_scalar: Some(scalar),
            attention_cap: self.attn_logit_softcapping,
            logit_cap: self.final_logit_softcapping,
            embedding_scale: Some((self.keys.sizes.hidden_size as f64).sqrt()),
            ..Variation::default()
        })
    }
}

pub(super) fn build(
    folder: &ModelFolder,
    weights: &Arc<Weights>,
    device: &Device,
) -> Result<Transformer, ModelError> {
    let config: GemmaConfig = config::parse(folder)?;
    let windows = config.keys.windows(|layer| layer.is_multiple_of(2))?;
    let variation = Variation { windows, ..config.variation()? };
    relatives::build(&config.keys, &variation, weights, device)
}
