//! DistilBERT: BERT without token types, under other names.

use std::sync::Arc;

use candle_core::Device;
use serde::Deserialize;

use super::bert::{BlockNames, Encoder};
use super::{Embedding, Transformer};
use crate::ModelError;
use crate::config::{self, Sizes};
use crate::folder::ModelFolder;
use crate::weights::Weights;

#[derive(Debug, Deserialize)]
struct DistilBertConfig {
    #[serde(flatten)]
    sizes: Sizes,
    hidden_dim: usize,
    activation: Option<String>,
}

pub(super) fn build(
    folder: &ModelFolder,
    weights: &Arc<Weights>,
    device: &Device,
) -> Result<Transformer, ModelError> {
    let config: DistilBertConfig = config::parse(folder)?;
    config.sizes.check()?;
    let prefix = if weights.has("embeddings.word_embeddings.weight") { "" } else { "distilbert." };
    let encoder = Encoder {
        weights,
        width: config.sizes.hidden_size,
        inner: config.hidden_dim,
        shape: config.sizes.equal_heads()?,
        activation: super::activation(config.activation.as_deref().unwrap_or("gelu"))?,
        epsilon: 1e-12,
        device,
    };
    let table = |name: &str, rows: usize| {
        encoder.table(&format!("{prefix}embeddings.{name}_embeddings.weight"), rows)
    };
    let embedding = Embedding {
        positions: Some(table("position", config.sizes.max_position_embeddings)?),
        norm: Some(encoder.norm(&format!("{prefix}embeddings.LayerNorm"))?),
        ..Embedding::plain(encoder.tokens(
            &format!("{prefix}embeddings.word_embeddings.weight"),
            config.sizes.vocab_size,
        )?)
    };
    let names = BlockNames {
        input: ["attention.q_lin", "attention.k_lin", "attention.v_lin"],
        output: "attention.out_lin",
        attention_norm: "sa_layer_norm",
        mlp: ["ffn.lin1", "ffn.lin2"],
        mlp_norm: "output_layer_norm",
    };
    let layers = config.sizes.num_hidden_layers;
    let blocks = encoder.blocks(&format!("{prefix}transformer.layer"), layers, &names)?;
    weights.leave(&["vocab_", "pre_classifier.", "classifier.", "qa_outputs."]);
    weights.expect_no_others()?;
    Ok(Transformer { embedding, blocks, norm: None, head: None })
}
