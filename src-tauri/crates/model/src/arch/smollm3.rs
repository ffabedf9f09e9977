//! SmolLM 3: Llama with layers that do not rotate queries and keys (NoPE), every fourth by default.

use std::sync::Arc;

use candle_core::Device;
use serde::Deserialize;

use super::Transformer;
use super::relatives::{self, Keys, Rotation, Variation};
use crate::ModelError;
use crate::config;
use crate::folder::ModelFolder;
use crate::weights::Weights;

#[derive(Debug, Deserialize)]
struct SmolLm3Config {
    #[serde(flatten)]
    keys: Keys,
    /// For each layer 1 if it rotates, 0 if not, despite the key's name.
    no_rope_layers: Option<Vec<u8>>,
    no_rope_layer_interval: Option<usize>,
    #[serde(default)]
    use_sliding_window: bool,
}

impl SmolLm3Config {
    fn rotations(&self) -> Result<Vec<Rotation>, ModelError> {
        let layers = self.keys.sizes.num_hidden_layers;
        let interval = self.no_rope_layer_interval.unwrap_or(4);
        let listed = self.no_rope_layers.as_deref();
        if listed.is_some_and(|listed| listed.len() < layers) || interval == 0 {
            return Err(ModelError::Config(format!(
                "no_rope_layers does not have an entry for each of {layers} layers, or \
                 no_rope_layer_interval is 0"
            )));
        }
        let rotation = |layer: usize| {
            let rotates = match listed.and_then(|listed| listed.get(layer)) {
                Some(entry) => *entry != 0,
                None => !(layer + 1).is_multiple_of(interval),
            };
            if rotates { Rotation::Usual } else { Rotation::None }
        };
        Ok((0..layers).map(rotation).collect())
    }
}

pub(super) fn build(
    folder: &ModelFolder,
    weights: &Arc<Weights>,
    device: &Device,
) -> Result<Transformer, ModelError> {
    let config: SmolLm3Config = config::parse(folder)?;
    let rotations = config.rotations()?;
    let windows = if config.use_sliding_window {
        config.keys.windows(|layer| {
            config.keys.sliding_window.is_some() && rotations.get(layer) == Some(&Rotation::None)
        })?
    } else {
        Vec::new()
    };
    let variation = Variation {
        theta: 2_000_000.0,
        tied: true,
        input_bias: config.keys.attention_bias,
        output_bias: config.keys.attention_bias,
        mlp_bias: config.keys.mlp_bias,
        windows,
        rotations,
        ..Variation::default()
    };
    relatives::build(&config.keys, &variation, weights, device)
}
