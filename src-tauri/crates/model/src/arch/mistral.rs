//! Mistral: Llama with a window on every layer, where config.json has one.

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
    let windows = keys.windows(|_| keys.sliding_window.is_some())?;
    relatives::build(&keys, &Variation { windows, ..Variation::default() }, weights, device)
}
