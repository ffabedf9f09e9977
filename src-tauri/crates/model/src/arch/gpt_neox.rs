//! GPT-NeoX and Pythia: both halves of a block read its input, part of each head is rotated, and
//! queries, keys and values of a head are stored together.

use std::sync::Arc;

use candle_core::Device;
use serde::Deserialize;

use super::{Block, Embedding, Head, Norms, Transformer};
use crate::ModelError;
use crate::config::{self, RopeConfig, Sizes};
use crate::folder::ModelFolder;
use crate::layers::{Attention, AttentionOptions, AttentionShape, Linear, Mlp, Norm, Rope};
use crate::weights::Weights;

#[derive(Debug, Deserialize)]
struct GptNeoXConfig {
    #[serde(flatten)]
    sizes: Sizes,
    intermediate_size: usize,
    hidden_act: Option<String>,
    layer_norm_eps: Option<f64>,
    #[serde(default = "default_true")]
    use_parallel_residual: bool,
    #[serde(default = "default_true")]
    attention_bias: bool,
    #[serde(default)]
    tie_word_embeddings: bool,
    #[serde(flatten)]
    rope: RopeConfig,
}

const fn default_true() -> bool {
    true
}

pub(super) fn build(
    folder: &ModelFolder,
    weights: &Arc<Weights>,
    device: &Device,
) -> Result<Transformer, ModelError> {
    let config: GptNeoXConfig = config::parse(folder)?;
    config.sizes.check()?;
    let Sizes { hidden_size: width, vocab_size: vocab, .. } = config.sizes;
    let shape = config.sizes.equal_heads()?;
    let settings = config.rope.resolve(10_000.0, 0.25, config.sizes.max_position_embeddings)?;
    let rope = Arc::new(Rope::new(&settings, shape.head_dim)?);
    let activation = super::activation(config.hidden_act.as_deref().unwrap_or("gelu"))?;
    let epsilon = config.layer_norm_eps.unwrap_or(1e-5);
    let norm = |name: &str| Norm::mean_variance(weights, name, width, epsilon, device);
    let linear = |name: String, shape: [usize; 2], bias: bool| {
        Linear::read(weights, &name, shape, bias, device)
    };

    let tokens = Linear::read_matrix(weights, "gpt_neox.embed_in.weight", [vocab, width])?;
    let mut blocks = Vec::new();
    for index in 0..config.sizes.num_hidden_layers {
        let name = format!("gpt_neox.layers.{index}");
        let bias = config.attention_bias;
        blocks.push(Block {
            attention_norms: Norms::before(norm(&format!("{name}.input_layernorm"))?),
            attention: Attention {
                input: queries_keys_values(weights, &name, shape, bias)?,
                norms: None,
                options: AttentionOptions::new(shape),
                output: linear(format!("{name}.attention.dense"), [width, width], bias)?,
            },
            rope: rope.clone(),
            mlp_norms: Norms::before(norm(&format!("{name}.post_attention_layernorm"))?),
            mlp: Mlp {
                input: linear(
                    format!("{name}.mlp.dense_h_to_4h"),
                    [config.intermediate_size, width],
                    true,
                )?,
                gated: false,
                activation,
                output: linear(
                    format!("{name}.mlp.dense_4h_to_h"),
                    [width, config.intermediate_size],
                    true,
                )?,
            },
            parallel: config.use_parallel_residual,
        });
    }
    let norm = Some(norm("gpt_neox.final_layer_norm")?);
    let head = Head::open(weights, "embed_out.weight", config.tie_word_embeddings, [vocab, width])?;
    Ok(Transformer { embedding: Embedding::plain(tokens), blocks, norm, head: Some(head) })
}

/// From head by head (its queries, keys and values) to all queries, all keys, all values.
fn queries_keys_values(
    weights: &Weights,
    block: &str,
    AttentionShape { heads, head_dim, .. }: AttentionShape,
    bias: bool,
) -> Result<Linear, ModelError> {
    let width = heads * head_dim;
    let name = format!("{block}.attention.query_key_value");
    let order: Vec<_> = (0..3)
        .flat_map(|part| (0..heads).map(move |head| (3 * head + part) * head_dim))
        .map(|start| start..start + head_dim)
        .collect();
    Linear::read_in_order(weights, &name, [width.saturating_mul(3), width], bias, &order)
}
