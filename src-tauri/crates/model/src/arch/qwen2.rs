//! Qwen 2 and 2.5: Llama with biases on queries, keys and values, and windows in the upper layers
//! where they are switched on.

use std::sync::Arc;

use candle_core::Device;
use serde::Deserialize;

use super::Transformer;
use super::relatives::{self, Keys, Variation};
use crate::ModelError;
use crate::config;
use crate::folder::ModelFolder;
use crate::weights::Weights;

/// config.json of Qwen 2 and 3.
#[derive(Debug, Deserialize)]
pub(super) struct QwenConfig {
    #[serde(flatten)]
    pub(super) keys: Keys,
    #[serde(default)]
    use_sliding_window: bool,
    max_window_layers: Option<usize>,
}

impl QwenConfig {
    pub(super) fn windows(&self) -> Result<Vec<Option<usize>>, ModelError> {
        if !self.use_sliding_window {
            return Ok(Vec::new());
        }
        // the lower layers see everything, despite the key's name
        self.keys.windows(|layer| layer >= self.max_window_layers.unwrap_or(28))
    }
}

pub(super) fn build(
    folder: &ModelFolder,
    weights: &Arc<Weights>,
    device: &Device,
) -> Result<Transformer, ModelError> {
    let config: QwenConfig = config::parse(folder)?;
    let variation =
        Variation { input_bias: true, windows: config.windows()?, ..Variation::default() };
    relatives::build(&config.keys, &variation, weights, device)
}
