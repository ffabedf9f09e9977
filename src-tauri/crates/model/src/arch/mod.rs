//! Model families. Each has a file that turns its config.json and tensor names into a [`Decoder`]
//! made of shared layers; adding a family is adding a file and a line to [`FAMILIES`].

mod decoder;
mod llama;
mod phi3;
mod qwen2;
mod relatives;

use candle_core::Device;

pub(crate) use decoder::Decoder;

use crate::ModelError;
use crate::folder::ModelFolder;
use crate::weights::Weights;

/// Builds a decoder from a folder whose weights are open.
type Build = fn(&ModelFolder, Weights, &Device) -> Result<Decoder, ModelError>;

/// `model_type` in config.json, and who builds it.
const FAMILIES: [(&str, Build); 3] =
    [("llama", llama::build), ("phi3", phi3::build), ("qwen2", qwen2::build)];

/// The builder for a `model_type`.
pub(crate) fn family(model_type: &str) -> Result<Build, ModelError> {
    FAMILIES.iter().find(|(name, _)| *name == model_type).map(|(_, build)| *build).ok_or_else(
        || ModelError::UnknownFamily {
            found: model_type.to_owned(),
            supported: FAMILIES.iter().map(|(name, _)| *name).collect(),
        },
    )
}
