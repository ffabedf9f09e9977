//! Llama, Llama 2, Llama 3 and everything that calls itself `"model_type": "llama"`.

use std::sync::Arc;

use candle_core::Device;

use super::Transformer;
use super::relatives::{self, Keys, Variation};
use crate::ModelError;
use crate::config;
use crate::folder::ModelFolder;
use crate::weights::Weights;

pub(super) fn build(
    folder: &ModelFolder,
    weights: &Arc<Weights>,
    device: &Device,
) -> Result<Transformer, ModelError> {
    let keys: Keys = config::parse(folder)?;
    let variation = Variation {
        input_bias: keys.attention_bias,
        output_bias: keys.attention_bias,
        mlp_bias: keys.mlp_bias,
        ..Variation::default()
    };
    relatives::build(&keys, &variation, weights, device)
}
