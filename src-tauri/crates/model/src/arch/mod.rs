//! Model families. Each has a file that turns its config.json and tensor names into a
//! [`Transformer`] made of shared layers; adding a family is adding a file and a line to
//! [`FAMILIES`].

mod bert;
mod block;
mod distilbert;
mod embedding;
mod gemma2;
mod gemma3;
mod gpt2;
mod gpt_neox;
mod head;
mod llama;
mod memory;
mod mistral;
mod olmo2;
mod phi3;
mod qwen2;
mod qwen3;
mod relatives;
mod roberta;
mod smollm3;
mod transformer;

use std::sync::Arc;

use candle_core::Device;

pub(crate) use memory::Memory;
pub(crate) use transformer::Transformer;

use block::{Block, Norms};
use embedding::Embedding;
use head::Head;

use crate::ModelError;
use crate::folder::ModelFolder;
use crate::kernels::Activation;
use crate::weights::Weights;

/// Builds a model from a folder whose weights are open.
type Build = fn(&ModelFolder, &Arc<Weights>, &Device) -> Result<Transformer, ModelError>;

/// A `model_type` in config.json.
#[derive(Debug)]
pub(crate) struct Family {
    model_type: &'static str,
    pub(crate) build: Build,
    /// Whether its table of positions begins with entries for padding, up to `pad_token_id`, which
    /// texts cannot use.
    pub(crate) positions_after_padding: bool,
    /// Whether its models have a head that predicts the next token.
    pub(crate) has_logits: bool,
}

const fn family_of(model_type: &'static str, build: Build) -> Family {
    Family { model_type, build, positions_after_padding: false, has_logits: true }
}

const fn encoder(model_type: &'static str, build: Build) -> Family {
    Family { has_logits: false, ..family_of(model_type, build) }
}

const FAMILIES: [Family; 15] = [
    family_of("llama", llama::build),
    family_of("mistral", mistral::build),
    family_of("qwen2", qwen2::build),
    family_of("qwen3", qwen3::build),
    family_of("phi3", phi3::build),
    family_of("gemma2", gemma2::build),
    family_of("gemma3_text", gemma3::build),
    family_of("olmo2", olmo2::build),
    family_of("smollm3", smollm3::build),
    family_of("gpt2", gpt2::build),
    family_of("gpt_neox", gpt_neox::build),
    encoder("bert", bert::build),
    encoder("distilbert", distilbert::build),
    Family { positions_after_padding: true, ..encoder("roberta", roberta::build) },
    Family { positions_after_padding: true, ..encoder("xlm-roberta", roberta::build) },
];

/// The family of a `model_type`.
pub(crate) fn family(model_type: &str) -> Result<&'static Family, ModelError> {
    FAMILIES.iter().find(|family| family.model_type == model_type).ok_or_else(|| {
        ModelError::UnknownFamily {
            found: model_type.to_owned(),
            supported: FAMILIES.iter().map(|family| family.model_type).collect(),
        }
    })
}

/// An activation by its name in config.json.
fn activation(name: &str) -> Result<Activation, ModelError> {
    Activation::of_name(name).ok_or_else(|| {
        ModelError::Config(format!(
            "the activation {name:?} is not supported; supported are silu, gelu, gelu_new and \
             gelu_pytorch_tanh"
        ))
    })
}
