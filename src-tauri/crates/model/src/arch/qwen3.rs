//! Qwen 3: Llama with a norm of each head's queries and keys, and windows as Qwen 2 has them.

use std::sync::Arc;

use candle_core::Device;

use super::Transformer;
use super::qwen2::QwenConfig;
use super::relatives::{self, HeadNormKind, Variation};
use crate::ModelError;
use crate::config;
use crate::folder::ModelFolder;
use crate::weights::Weights;

pub(super) fn build(
    folder: &ModelFolder,
    weights: &Arc<Weights>,
    device: &Device,
) -> Result<Transformer, ModelError> {
    let config: QwenConfig = config::parse(folder)?;
    let variation = Variation {
        head_dim: Some(128),
        input_bias: config.keys.attention_bias,
        output_bias: config.keys.attention_bias,
        windows: config.windows()?,
        head_norms: Some(HeadNormKind::Each),
        ..Variation::default()
    };
    relatives::build(&config.keys, &variation, weights, device)
}
