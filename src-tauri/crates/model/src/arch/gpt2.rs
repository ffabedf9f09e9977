//! GPT-2: learned positions, norms with mean and bias, matrices stored the other way round.

use std::sync::Arc;

use candle_core::Device;
use serde::Deserialize;

use super::{Block, Embedding, Head, Norms, Transformer};
use crate::ModelError;
use crate::config::{self, Sizes};
use crate::folder::ModelFolder;
use crate::layers::{Attention, AttentionOptions, Linear, Mlp, Norm, Rope};
use crate::weights::Weights;

#[derive(Debug, Deserialize)]
struct Gpt2Config {
    #[serde(flatten)]
    sizes: Sizes,
    n_inner: Option<usize>,
    activation_function: Option<String>,
    layer_norm_epsilon: Option<f64>,
    #[serde(default = "default_true")]
    scale_attn_weights: bool,
    #[serde(default)]
    scale_attn_by_inverse_layer_idx: bool,
    #[serde(default = "default_true")]
    tie_word_embeddings: bool,
}

const fn default_true() -> bool {
    true
}

pub(super) fn build(
    folder: &ModelFolder,
    weights: &Arc<Weights>,
    device: &Device,
) -> Result<Transformer, ModelError> {
    let config: Gpt2Config = config::parse(folder)?;
    config.sizes.check()?;
    let Sizes { hidden_size: width, vocab_size: vocab, .. } = config.sizes;
    let inner = config.n_inner.unwrap_or(width.saturating_mul(4));
    let shape = config.sizes.equal_heads()?;
    let activation =
        super::activation(config.activation_function.as_deref().unwrap_or("gelu_new"))?;
    let epsilon = config.layer_norm_epsilon.unwrap_or(1e-5);
    // files on the hub leave the first part of the names out
    let prefix = if weights.has("wte.weight") { "" } else { "transformer." };
    let norm = |name: &str| Norm::mean_variance(weights, name, width, epsilon, device);
    let linear =
        |name: String, shape: [usize; 2]| Linear::read_transposed(weights, &name, shape, device);

    let tokens = Linear::read_matrix(weights, &format!("{prefix}wte.weight"), [vocab, width])?;
    let shape_of_places = [config.sizes.max_position_embeddings, width];
    let places = weights.read(&format!("{prefix}wpe.weight"), &shape_of_places, device)?;
    let embedding = Embedding { positions: Some(places), ..Embedding::plain(tokens) };
    let rope = Arc::new(Rope::none());
    let mut blocks = Vec::new();
    for index in 0..config.sizes.num_hidden_layers {
        let name = format!("{prefix}h.{index}");
        let mut options = AttentionOptions::new(shape);
        if !config.scale_attn_weights {
            options.scale = 1.0;
        }
        if config.scale_attn_by_inverse_layer_idx {
            options.scale /= (index + 1) as f32;
        }
        blocks.push(Block {
            attention_norms: Norms::before(norm(&format!("{name}.ln_1"))?),
            attention: Attention {
                input: linear(format!("{name}.attn.c_attn"), [width.saturating_mul(3), width])?,
                norms: None,
                options,
                output: linear(format!("{name}.attn.c_proj"), [width, width])?,
            },
            rope: rope.clone(),
            mlp_norms: Norms::before(norm(&format!("{name}.ln_2"))?),
            mlp: Mlp {
                input: linear(format!("{name}.mlp.c_fc"), [inner, width])?,
                gated: false,
                activation,
                output: linear(format!("{name}.mlp.c_proj"), [width, inner])?,
            },
            parallel: false,
        });
    }
    let norm = Some(norm(&format!("{prefix}ln_f"))?);
    let head = Head::open(weights, "lm_head.weight", config.tie_word_embeddings, [vocab, width])?;
    Ok(Transformer { embedding, blocks, norm, head: Some(head) })
}
