//! Llama, Llama 2, Llama 3 and everything that calls itself `"model_type": "llama"`.

use candle_core::Device;
use serde::Deserialize;

use super::Decoder;
use super::decoder::{Block, Head};
use crate::ModelError;
use crate::config::{self, RopeConfig, Sizes};
use crate::folder::ModelFolder;
use crate::layers::{Attention, AttentionShape, GatedMlp, RmsNorm, Rope};
use crate::weights::Weights;

/// config.json; what is absent has the value that transformers assumes.
#[derive(Debug, Deserialize)]
struct LlamaConfig {
    #[serde(flatten)]
    sizes: Sizes,
    intermediate_size: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    #[serde(default = "default_epsilon")]
    rms_norm_eps: f64,
    #[serde(default = "default_activation")]
    hidden_act: String,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    mlp_bias: bool,
    #[serde(default)]
    tie_word_embeddings: bool,
    #[serde(flatten)]
    rope: RopeConfig,
}

const HEAD: &str = "lm_head.weight";

const fn default_epsilon() -> f64 {
    1e-6
}

fn default_activation() -> String {
    "silu".to_owned()
}

impl LlamaConfig {
    fn attention_shape(&self) -> Result<AttentionShape, ModelError> {
        let heads = self.sizes.num_attention_heads;
        let groups = self.num_key_value_heads.unwrap_or(heads);
        let head_dim = self.head_dim.unwrap_or(self.sizes.hidden_size / heads);
        let reason = if groups == 0 || !heads.is_multiple_of(groups) {
            format!("{heads} attention heads cannot share {groups} key-value heads evenly")
        } else if head_dim == 0 || !head_dim.is_multiple_of(2) {
            format!("a head of {head_dim} dimensions cannot be rotated in pairs")
        } else if heads.checked_mul(head_dim).is_none() {
            format!("{heads} heads of {head_dim} dimensions are too many")
        } else {
            return Ok(AttentionShape { heads, groups, head_dim });
        };
        Err(ModelError::Config(reason))
    }
}

pub(super) fn build(
    folder: &ModelFolder,
    weights: Weights,
    device: &Device,
) -> Result<Decoder, ModelError> {
    let config: LlamaConfig = config::parse(folder)?;
    config.sizes.check()?;
    if config.intermediate_size == 0 {
        return Err(ModelError::Config("intermediate_size is 0".to_owned()));
    }
    if config.hidden_act != "silu" {
        return Err(ModelError::Config(format!(
            "the activation {:?} is not supported for Llama models, only \"silu\"",
            config.hidden_act
        )));
    }
    let shape = config.attention_shape()?;
    let (theta, scaling) = config.rope.resolve()?;
    let Sizes { hidden_size: width, vocab_size: vocab, .. } = config.sizes;
    let epsilon = config.rms_norm_eps as f32;
    let norm = |name: &str| RmsNorm::read(&weights, name, width, epsilon, device);

    let embedding = weights.read("model.embed_tokens.weight", &[vocab, width], device)?;
    let mut blocks = Vec::new();
    for index in 0..config.sizes.num_hidden_layers {
        let name = format!("model.layers.{index}");
        blocks.push(Block {
            attention_norm: norm(&format!("{name}.input_layernorm"))?,
            attention: Attention::read(
                &weights,
                &format!("{name}.self_attn"),
                width,
                shape,
                config.attention_bias,
                device,
            )?,
            mlp_norm: norm(&format!("{name}.post_attention_layernorm"))?,
            mlp: GatedMlp::read(
                &weights,
                &format!("{name}.mlp"),
                width,
                config.intermediate_size,
                config.mlp_bias,
                device,
            )?,
        });
    }
    let norm = norm("model.norm")?;
    // some files store a tied head all the same
    if !config.tie_word_embeddings || weights.has(HEAD) {
        weights.expect(HEAD, &[vocab, width])?;
    }
    weights.expect_no_others()?;
    let head = if config.tie_word_embeddings { Head::Tied } else { Head::Own(HEAD) };
    let rope = Rope::new(theta, scaling, shape.head_dim, device);
    Ok(Decoder { embedding, blocks, rope, norm, head, weights, device: device.clone() })
}
