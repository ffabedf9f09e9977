//! Qwen 2 and 2.5: Llama with biases on queries, keys and values, and windows in the upper layers
//! where they are switched on.

use candle_core::Device;
use serde::Deserialize;

use super::Decoder;
use super::relatives::{self, Keys, Variation};
use crate::ModelError;
use crate::config;
use crate::folder::ModelFolder;
use crate::weights::Weights;

#[derive(Debug, Deserialize)]
struct Qwen2Config {
    #[serde(flatten)]
    keys: Keys,
    #[serde(default)]
    use_sliding_window: bool,
    max_window_layers: Option<usize>,
}

pub(super) fn build(
    folder: &ModelFolder,
    weights: Weights,
    device: &Device,
) -> Result<Decoder, ModelError> {
    let Qwen2Config { keys, use_sliding_window, max_window_layers } = config::parse(folder)?;
    let windows = if use_sliding_window {
        // the lower layers see everything, despite the key's name
        keys.windows(|layer| layer >= max_window_layers.unwrap_or(28))?
    } else {
        Vec::new()
    };
    let variation = Variation { input_bias: true, windows, ..Variation::default() };
    relatives::build(&keys, &variation, weights, device)
}
