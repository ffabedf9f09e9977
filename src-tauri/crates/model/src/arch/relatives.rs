//! Llama and its relatives: the same parts under the same names, with variations.

use candle_core::Device;
use serde::Deserialize;

use super::Decoder;
use super::decoder::{Block, Head};
use crate::ModelError;
use crate::config::{RopeConfig, Sizes};
use crate::kernels::Activation;
use crate::layers::{Attention, AttentionOptions, AttentionShape, Linear, Mlp, Norm, Rope, Sight};
use crate::weights::Weights;

/// The keys of config.json that relatives of Llama share. What is absent has the value that
/// transformers assumes.
#[derive(Debug, Deserialize)]
pub(super) struct Keys {
    #[serde(flatten)]
    sizes: Sizes,
    intermediate_size: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    rms_norm_eps: Option<f64>,
    hidden_act: Option<String>,
    #[serde(default)]
    pub(super) attention_bias: bool,
    #[serde(default)]
    pub(super) mlp_bias: bool,
    tie_word_embeddings: Option<bool>,
    pub(super) sliding_window: Option<usize>,
    layer_types: Option<Vec<LayerType>>,
    #[serde(flatten)]
    rope: RopeConfig,
}

/// An entry of `layer_types`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LayerType {
    FullAttention,
    SlidingAttention,
}

impl Keys {
    /// For each layer its window, if it has one: as `layer_types` says or, without that, as
    /// `otherwise` does for the layer.
    pub(super) fn windows(
        &self,
        otherwise: impl Fn(usize) -> bool,
    ) -> Result<Vec<Option<usize>>, ModelError> {
        let layers = self.sizes.num_hidden_layers;
        let types = self.layer_types.as_deref();
        if types.is_some_and(|types| types.len() != layers) {
            return Err(ModelError::Config(format!(
                "layer_types does not have one entry for each of {layers} layers"
            )));
        }
        let window = |layer: usize| {
            let slides = match types.and_then(|types| types.get(layer)) {
                Some(kind) => *kind == LayerType::SlidingAttention,
                None => otherwise(layer),
            };
            match self.sliding_window {
                _ if !slides => Ok(None),
                Some(window) if window > 0 => Ok(Some(window)),
                _ => Err(ModelError::Config(format!(
                    "layer {layer} attends to a sliding window, but sliding_window is not a \
                     positive number"
                ))),
            }
        };
        (0..layers).map(window).collect()
    }

    fn shape(&self) -> Result<AttentionShape, ModelError> {
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

    fn activation(&self) -> Result<Activation, ModelError> {
        match self.hidden_act.as_deref() {
            None | Some("silu") => Ok(Activation::Silu),
            Some(other) => Err(ModelError::Config(format!(
                "the activation {other:?} is not supported for models of this type, only \"silu\""
            ))),
        }
    }
}

/// In what a relative differs. The default is Llama.
pub(super) struct Variation {
    /// Epsilon of the norms where config.json has none.
    pub(super) epsilon: f64,
    /// Whether queries, keys and values have biases.
    pub(super) input_bias: bool,
    /// Whether the product after attention has a bias.
    pub(super) output_bias: bool,
    /// Whether the products of the feed-forward part have biases.
    pub(super) mlp_bias: bool,
    /// Whether queries, keys and values are one matrix, `qkv_proj`, and so gate and up,
    /// `gate_up_proj`.
    pub(super) fused: bool,
    /// Whether `partial_rotary_factor` counts.
    pub(super) partial_rotation: bool,
    /// Window of each layer; layers beyond the end have none.
    pub(super) windows: Vec<Option<usize>>,
}

impl Default for Variation {
    fn default() -> Self {
        Self {
            epsilon: 1e-6,
            input_bias: false,
            output_bias: false,
            mlp_bias: false,
            fused: false,
            partial_rotation: false,
            windows: Vec::new(),
        }
    }
}

const HEAD: &str = "lm_head.weight";

/// Reads a relative of Llama.
pub(super) fn build(
    keys: &Keys,
    variation: &Variation,
    weights: Weights,
    device: &Device,
) -> Result<Decoder, ModelError> {
    keys.sizes.check()?;
    if keys.intermediate_size == 0 {
        return Err(ModelError::Config("intermediate_size is 0".to_owned()));
    }
    let activation = keys.activation()?;
    let shape = keys.shape()?;
    let Sizes { hidden_size: width, vocab_size: vocab, .. } = keys.sizes;
    let settings = keys.rope.resolve(10_000.0, keys.sizes.max_position_embeddings)?;
    if settings.partial != 1.0 && !variation.partial_rotation {
        return Err(ModelError::Config(
            "a partial_rotary_factor other than 1 is not supported for models of this type"
                .to_owned(),
        ));
    }
    let rope = Rope::new(&settings, shape.head_dim)?;
    let epsilon = keys.rms_norm_eps.unwrap_or(variation.epsilon) as f32;
    let norm = |name: &str| Norm::read(&weights, name, width, epsilon, device);

    let embedding = weights.read("model.embed_tokens.weight", &[vocab, width], device)?;
    let mut blocks = Vec::new();
    for index in 0..keys.sizes.num_hidden_layers {
        let name = format!("model.layers.{index}");
        let window = variation.windows.get(index).copied().flatten();
        let options =
            AttentionOptions { sight: Sight::Back { window }, ..AttentionOptions::new(shape) };
        blocks.push(Block {
            attention_norm: norm(&format!("{name}.input_layernorm"))?,
            attention: attention(&weights, &name, width, options, variation, device)?,
            mlp_norm: norm(&format!("{name}.post_attention_layernorm"))?,
            mlp: mlp(
                &weights,
                &name,
                width,
                (keys.intermediate_size, activation),
                variation,
                device,
            )?,
        });
    }
    let norm = norm("model.norm")?;
    let tied = keys.tie_word_embeddings.unwrap_or(false);
    // some files store a tied head all the same
    if !tied || weights.has(HEAD) {
        weights.expect(HEAD, &[vocab, width])?;
    }
    weights.expect_no_others()?;
    let head = if tied { Head::Tied } else { Head::Own(HEAD) };
    Ok(Decoder { embedding, blocks, rope, norm, head, weights, device: device.clone() })
}

fn attention(
    weights: &Weights,
    block: &str,
    width: usize,
    options: AttentionOptions,
    variation: &Variation,
    device: &Device,
) -> Result<Attention, ModelError> {
    let name = |part: &str| format!("{block}.self_attn.{part}");
    let (inner, shared) = options.shape.widths();
    let parts = if variation.fused {
        vec![(name("qkv_proj"), inner + 2 * shared)]
    } else {
        vec![(name("q_proj"), inner), (name("k_proj"), shared), (name("v_proj"), shared)]
    };
    let input = Linear::read_stacked(weights, &parts, width, variation.input_bias, device)?;
    let output =
        Linear::read(weights, &name("o_proj"), [width, inner], variation.output_bias, device)?;
    Ok(Attention { input, options, output })
}

fn mlp(
    weights: &Weights,
    block: &str,
    width: usize,
    (inner, activation): (usize, Activation),
    variation: &Variation,
    device: &Device,
) -> Result<Mlp, ModelError> {
    let name = |part: &str| format!("{block}.mlp.{part}");
    let parts = if variation.fused {
        vec![(name("gate_up_proj"), 2 * inner)]
    } else {
        vec![(name("gate_proj"), inner), (name("up_proj"), inner)]
    };
    let bias = variation.mlp_bias;
    Ok(Mlp {
        input: Linear::read_stacked(weights, &parts, width, bias, device)?,
        activation,
        output: Linear::read(weights, &name("down_proj"), [width, inner], bias, device)?,
    })
}
