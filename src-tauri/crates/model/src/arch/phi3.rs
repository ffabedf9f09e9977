//! Phi-3, Phi-3.5 and Phi-4-mini: Llama with fused matrices, a window on every layer where there is
//! one, and rotary positions for long texts (longrope) or of a part of the head.

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
        epsilon: 1e-5,
        fused: true,
        partial_rotation: true,
        windows: keys.windows(|_| keys.sliding_window.is_some())?,
        ..Variation::default()
    };
    relatives::build(&keys, &variation, weights, device)
}
