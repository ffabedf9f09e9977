//! Llama and its relatives: the same parts under the same names, with variations.

use std::sync::Arc;

use candle_core::Device;
use serde::Deserialize;

use super::{Block, Embedding, Head, Norms, Transformer};
use crate::ModelError;
use crate::config::{RopeConfig, RopeSettings, Sizes};
use crate::kernels::Activation;
use crate::layers::{
    Attention, AttentionOptions, AttentionShape, HeadNorms, Linear, Mlp, Norm, Rope, Sight,
};
use crate::weights::Weights;

/// The keys of config.json that relatives of Llama share. What is absent has the value that
/// transformers assumes.
#[derive(Debug, Deserialize)]
pub(super) struct Keys {
    #[serde(flatten)]
    pub(super) sizes: Sizes,
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

    fn shape(&self, variation: &Variation) -> Result<AttentionShape, ModelError> {
        let heads = self.sizes.num_attention_heads;
        let groups = self.num_key_value_heads.unwrap_or(heads);
        let head_dim =
            self.head_dim.or(variation.head_dim).unwrap_or(self.sizes.hidden_size / heads);
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

    fn activation(&self, variation: &Variation) -> Result<Activation, ModelError> {
        match (&self.hidden_act, variation.activation) {
            (_, Some(activation)) => Ok(activation),
            (None, None) => Ok(Activation::Silu),
            (Some(name), None) => super::activation(name),
        }
    }

    fn rope(&self, variation: &Variation) -> Result<RopeSettings, ModelError> {
        let positions = self.sizes.max_position_embeddings;
        let settings = self.rope.resolve(variation.theta, 1.0, positions)?;
        if settings.partial != 1.0 && !variation.partial_rotation {
            return Err(ModelError::Config(
                "a partial_rotary_factor other than 1 is not supported for models of this type"
                    .to_owned(),
            ));
        }
        Ok(settings)
    }
}

/// Names of a block's norms: of what its halves read, and of what they make before it is added.
pub(super) struct NormNames {
    pub(super) attention: [Option<&'static str>; 2],
    pub(super) mlp: [Option<&'static str>; 2],
}

/// Norms of queries and keys, `q_norm` and `k_norm`.
#[derive(Clone, Copy)]
pub(super) enum HeadNormKind {
    /// Of each head by itself.
    Each,
    /// Of all heads together.
    All,
}

/// What a layer rotates queries and keys by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rotation {
    Usual,
    /// By the base for layers with a window (Gemma 3).
    Local,
    None,
}

/// In what a relative differs. The default is Llama without biases.
pub(super) struct Variation {
    /// Epsilon of the norms where config.json has none.
    pub(super) epsilon: f64,
    /// Base of the rotary frequencies where config.json has none.
    pub(super) theta: f64,
    /// Whether the head is the embedding where config.json does not say.
    pub(super) tied: bool,
    /// Dimensions of a head where config.json has none, rather than width / heads.
    pub(super) head_dim: Option<usize>,
    /// The activation, whatever `hidden_act` says.
    pub(super) activation: Option<Activation>,
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
    /// Rotation of each layer; layers beyond the end have the usual one.
    pub(super) rotations: Vec<Rotation>,
    pub(super) norms: NormNames,
    /// Added to the gains of all norms.
    pub(super) norm_base: f64,
    pub(super) head_norms: Option<HeadNormKind>,
    /// Queries are divided by the root of this rather than of the head's dimensions.
    pub(super) query_scalar: Option<f64>,
    pub(super) attention_cap: Option<f64>,
    pub(super) logit_cap: Option<f64>,
    pub(super) embedding_scale: Option<f64>,
}

impl Default for Variation {
    fn default() -> Self {
        Self {
            epsilon: 1e-6,
            theta: 10_000.0,
            tied: false,
            head_dim: None,
            activation: None,
            input_bias: false,
            output_bias: false,
            mlp_bias: false,
            fused: false,
            partial_rotation: false,
            windows: Vec::new(),
            rotations: Vec::new(),
            norms: NormNames {
                attention: [Some("input_layernorm"), None],
                mlp: [Some("post_attention_layernorm"), None],
            },
            norm_base: 0.0,
            head_norms: None,
            query_scalar: None,
            attention_cap: None,
            logit_cap: None,
            embedding_scale: None,
        }
    }
}

/// Reads a relative of Llama.
pub(super) fn build(
    keys: &Keys,
    variation: &Variation,
    weights: &Arc<Weights>,
    device: &Device,
) -> Result<Transformer, ModelError> {
    keys.sizes.check()?;
    if keys.intermediate_size == 0 {
        return Err(ModelError::Config("intermediate_size is 0".to_owned()));
    }
    let Sizes { hidden_size: width, vocab_size: vocab, .. } = keys.sizes;
    let shape = keys.shape(variation)?;
    let usual = Arc::new(Rope::new(&keys.rope(variation)?, shape.head_dim)?);
    let local = Arc::new(Rope::new(&keys.rope.resolve_local()?, shape.head_dim)?);
    let none = Arc::new(Rope::none());
    let reader = Reader {
        weights,
        variation,
        width,
        inner: keys.intermediate_size,
        activation: keys.activation(variation)?,
        epsilon: keys.rms_norm_eps.unwrap_or(variation.epsilon),
        norm_base: if weights.gains_are_whole() { 0.0 } else { variation.norm_base },
        device,
    };
    let mut options = AttentionOptions::new(shape);
    if let Some(scalar) = variation.query_scalar {
        options.scale = scalar.powf(-0.5) as f32;
    }
    options.soft_cap = variation.attention_cap.map(|cap| cap as f32);

    let tokens = Linear::read_matrix(weights, "model.embed_tokens.weight", [vocab, width])?;
    let mut blocks = Vec::new();
    for index in 0..keys.sizes.num_hidden_layers {
        let name = format!("model.layers.{index}");
        let window = variation.windows.get(index).copied().flatten();
        let rope = match variation.rotations.get(index) {
            None | Some(Rotation::Usual) => &usual,
            Some(Rotation::Local) => &local,
            Some(Rotation::None) => &none,
        };
        let options = AttentionOptions { sight: Sight::Back { window }, ..options };
        blocks.push(Block {
            attention_norms: reader.norms(&name, variation.norms.attention)?,
            attention: reader.attention(&name, options)?,
            rope: rope.clone(),
            mlp_norms: reader.norms(&name, variation.norms.mlp)?,
            mlp: reader.mlp(&name)?,
            parallel: false,
        });
    }
    let norm = Some(reader.norm("model.norm")?);
    let tied = keys.tie_word_embeddings.unwrap_or(variation.tied);
    let head = Head::open(weights, "lm_head.weight", tied, [vocab, width])?;
    Ok(Transformer {
        embedding: Embedding { scale: variation.embedding_scale, ..Embedding::plain(tokens) },
        blocks,
        norm,
        head: Some(head.capped(variation.logit_cap)),
    })
}

struct Reader<'a> {
    weights: &'a Weights,
    variation: &'a Variation,
    width: usize,
    inner: usize,
    activation: Activation,
    epsilon: f64,
    /// Added to the gains of all norms.
    norm_base: f64,
    device: &'a Device,
}

impl Reader<'_> {
    fn norm(&self, name: &str) -> Result<Norm, ModelError> {
        let constants = (self.epsilon, self.norm_base);
        Norm::root_mean_square(self.weights, name, self.width, constants, self.device)
    }

    fn norms(&self, block: &str, [input, output]: [Option<&str>; 2]) -> Result<Norms, ModelError> {
        let norm =
            |name: Option<&str>| name.map(|n| self.norm(&format!("{block}.{n}"))).transpose();
        Ok(Norms { input: norm(input)?, output: norm(output)?, sum: None })
    }

    fn attention(&self, block: &str, options: AttentionOptions) -> Result<Attention, ModelError> {
        let Self { weights, variation, width, device, .. } = *self;
        let name = |part: &str| format!("{block}.self_attn.{part}");
        let (inner, shared) = options.shape.widths();
        let parts = if variation.fused {
            vec![(name("qkv_proj"), inner.saturating_add(shared.saturating_mul(2)))]
        } else {
            vec![(name("q_proj"), inner), (name("k_proj"), shared), (name("v_proj"), shared)]
        };
        let shape = [width, inner];
        Ok(Attention {
            input: Linear::read_stacked(weights, &parts, width, variation.input_bias, device)?,
            norms: variation
                .head_norms
                .map(|kind| self.head_norms(block, kind, options.shape))
                .transpose()?,
            options,
            output: Linear::read(weights, &name("o_proj"), shape, variation.output_bias, device)?,
        })
    }

    fn head_norms(
        &self,
        block: &str,
        kind: HeadNormKind,
        shape: AttentionShape,
    ) -> Result<HeadNorms, ModelError> {
        let (queries, keys) = match kind {
            HeadNormKind::Each => (shape.head_dim, shape.head_dim),
            HeadNormKind::All => shape.widths(),
        };
        let gain = |part: &str, width: usize| {
            let name = format!("{block}.self_attn.{part}.weight");
            let gain = (self.weights.read(&name, &[width], self.device)? + self.norm_base)?;
            Ok::<_, ModelError>(gain.to_vec1()?)
        };
        Ok(HeadNorms {
            queries: gain("q_norm", queries)?,
            keys: gain("k_norm", keys)?,
            epsilon: self.epsilon as f32,
        })
    }

    fn mlp(&self, block: &str) -> Result<Mlp, ModelError> {
        let Self { weights, variation, width, inner, device, .. } = *self;
        let name = |part: &str| format!("{block}.mlp.{part}");
        let parts = if variation.fused {
            // a width that does not fit is found out by the tensor's shape
            vec![(name("gate_up_proj"), inner.saturating_mul(2))]
        } else {
            vec![(name("gate_proj"), inner), (name("up_proj"), inner)]
        };
        let bias = variation.mlp_bias;
        Ok(Mlp {
            input: Linear::read_stacked(weights, &parts, width, bias, device)?,
            gated: true,
            activation: self.activation,
            output: Linear::read(weights, &name("down_proj"), [width, inner], bias, device)?,
        })
    }
}
