//! BERT: an encoder. Every token attends to the whole text, and norms come after each sum, so that
//! the residual stream itself is normed. For capture only: there is no head.

use std::sync::Arc;

use candle_core::{Device, Tensor};
use serde::Deserialize;

use super::{Block, Embedding, Norms, Transformer};
use crate::ModelError;
use crate::config::{self, Sizes};
use crate::folder::ModelFolder;
use crate::kernels::Activation;
use crate::layers::{Attention, AttentionOptions, AttentionShape, Linear, Mlp, Norm, Rope, Sight};
use crate::weights::Weights;

/// config.json of BERT and RoBERTa.
#[derive(Debug, Deserialize)]
pub(super) struct BertConfig {
    #[serde(flatten)]
    pub(super) sizes: Sizes,
    intermediate_size: usize,
    hidden_act: Option<String>,
    layer_norm_eps: Option<f64>,
    type_vocab_size: Option<usize>,
    position_embedding_type: Option<String>,
    #[serde(default)]
    is_decoder: bool,
    pub(super) pad_token_id: Option<usize>,
}

pub(super) fn build(
    folder: &ModelFolder,
    weights: &Arc<Weights>,
    device: &Device,
) -> Result<Transformer, ModelError> {
    build_named(&config::parse(folder)?, "bert.", 0, weights, device)
}

/// Reads a BERT whose tensors have names with this prefix or none, and which does not use the
/// first `reserved` positions of its table.
pub(super) fn build_named(
    config: &BertConfig,
    prefix: &str,
    reserved: usize,
    weights: &Arc<Weights>,
    device: &Device,
) -> Result<Transformer, ModelError> {
    config.sizes.check()?;
    if config.is_decoder {
        return Err(ModelError::Config("is_decoder is not supported for encoders".to_owned()));
    }
    if config.position_embedding_type.as_deref().is_some_and(|kind| kind != "absolute") {
        return Err(ModelError::Config(
            "position_embedding_type has to be \"absolute\"".to_owned(),
        ));
    }
    let prefix = if weights.has("embeddings.word_embeddings.weight") { "" } else { prefix };
    let Sizes { hidden_size: width, vocab_size, max_position_embeddings: positions, .. } =
        config.sizes;
    let encoder = Encoder {
        weights,
        width,
        inner: config.intermediate_size,
        shape: config.sizes.equal_heads()?,
        activation: super::activation(config.hidden_act.as_deref().unwrap_or("gelu"))?,
        epsilon: config.layer_norm_eps.unwrap_or(1e-12),
        device,
    };
    let table = |name: &str, rows: usize| {
        encoder.table(&format!("{prefix}embeddings.{name}_embeddings.weight"), rows)
    };
    // every token is of the first type
    let types = table("token_type", config.type_vocab_size.unwrap_or(2))?;
    let usable = positions.checked_sub(reserved).filter(|usable| *usable > 0).ok_or_else(|| {
        ModelError::Config(format!("{positions} positions leave none beside padding's"))
    })?;
    let places = table("position", positions)?.narrow(0, reserved, usable)?;
    let embedding = Embedding {
        positions: Some(places.broadcast_add(&types.narrow(0, 0, 1)?)?),
        norm: Some(encoder.norm(&format!("{prefix}embeddings.LayerNorm"))?),
        ..Embedding::plain(
            encoder.tokens(&format!("{prefix}embeddings.word_embeddings.weight"), vocab_size)?,
        )
    };
    let names = BlockNames {
        input: ["attention.self.query", "attention.self.key", "attention.self.value"],
        output: "attention.output.dense",
        attention_norm: "attention.output.LayerNorm",
        mlp: ["intermediate.dense", "output.dense"],
        mlp_norm: "output.LayerNorm",
    };
    let layers = config.sizes.num_hidden_layers;
    let blocks = encoder.blocks(&format!("{prefix}encoder.layer"), layers, &names)?;
    // what comes after the residual stream: not needed to read it
    weights.leave(&[&format!("{prefix}pooler."), "cls.", "lm_head.", "classifier.", "qa_outputs."]);
    weights.expect_no_others()?;
    Ok(Transformer { embedding, blocks, norm: None, head: None })
}

/// Names of the parts of a block.
pub(super) struct BlockNames {
    /// Queries, keys, values.
    pub(super) input: [&'static str; 3],
    pub(super) output: &'static str,
    pub(super) attention_norm: &'static str,
    pub(super) mlp: [&'static str; 2],
    pub(super) mlp_norm: &'static str,
}

/// What is needed to read an encoder's parts.
pub(super) struct Encoder<'a> {
    pub(super) weights: &'a Weights,
    pub(super) width: usize,
    pub(super) inner: usize,
    pub(super) shape: AttentionShape,
    pub(super) activation: Activation,
    pub(super) epsilon: f64,
    pub(super) device: &'a Device,
}

impl Encoder<'_> {
    /// A table of so many rows.
    pub(super) fn table(&self, name: &str, rows: usize) -> Result<Tensor, ModelError> {
        self.weights.read(name, &[rows, self.width], self.device)
    }

    /// The embedding of so many tokens.
    pub(super) fn tokens(&self, name: &str, vocab: usize) -> Result<Linear, ModelError> {
        Linear::read_matrix(self.weights, name, [vocab, self.width])
    }

    pub(super) fn norm(&self, name: &str) -> Result<Norm, ModelError> {
        Norm::mean_variance(self.weights, name, self.width, self.epsilon, self.device)
    }

    /// `layers` blocks called `{stack}.0` and so on.
    pub(super) fn blocks(
        &self,
        stack: &str,
        layers: usize,
        names: &BlockNames,
    ) -> Result<Vec<Block>, ModelError> {
        (0..layers).map(|index| self.block(&format!("{stack}.{index}"), names)).collect()
    }

    fn block(&self, block: &str, names: &BlockNames) -> Result<Block, ModelError> {
        let Self { weights, width, inner, device, .. } = *self;
        let linear = |name: &str, shape: [usize; 2]| {
            Linear::read(weights, &format!("{block}.{name}"), shape, true, device)
        };
        let norm =
            |name: &str| Ok::<_, ModelError>(Norms::after(self.norm(&format!("{block}.{name}"))?));
        let input = names.input.map(|name| (format!("{block}.{name}"), width));
        let [wide, narrow] = names.mlp;
        Ok(Block {
            attention_norms: norm(names.attention_norm)?,
            attention: Attention {
                input: Linear::read_stacked(weights, &input, width, true, device)?,
                norms: None,
                options: AttentionOptions {
                    sight: Sight::Everywhere,
                    ..AttentionOptions::new(self.shape)
                },
                output: linear(names.output, [width, width])?,
            },
            rope: Rope::none().into(),
            mlp_norms: norm(names.mlp_norm)?,
            mlp: Mlp {
                input: linear(wide, [inner, width])?,
                gated: false,
                activation: self.activation,
                output: linear(narrow, [width, inner])?,
            },
            parallel: false,
        })
    }
}
