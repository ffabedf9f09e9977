//! Gemma 3, text only: Gemma 2 with norms of each head's queries and keys instead of soft caps, and
//! windows on all but every sixth layer, which rotate by a base of their own.

use std::sync::Arc;

use candle_core::Device;
use serde::Deserialize;

use super::Transformer;
use super::gemma2::GemmaConfig;
use super::relatives::{self, HeadNormKind, Rotation, Variation};
use crate::ModelError;
use crate::config;
use crate::folder::ModelFolder;
use crate::weights::Weights;

#[derive(Debug, Deserialize)]
struct Gemma3Config {
    #[serde(flatten)]
    gemma: GemmaConfig,
    sliding_window_pattern: Option<usize>,
    /// Not those of Gemma 2: absent means none.
    final_logit_softcapping: Option<f64>,
}

pub(super) fn build(
    folder: &ModelFolder,
    weights: &Arc<Weights>,
    device: &Device,
) -> Result<Transformer, ModelError> {
    let config: Gemma3Config = config::parse(folder)?;
    let keys = &config.gemma.keys;
    let pattern = config.sliding_window_pattern.unwrap_or(6).max(1);
    let windows = keys.windows(|layer| !(layer + 1).is_multiple_of(pattern))?;
    let rotation = |window: &Option<usize>| match window {
        Some(_) => Rotation::Local,
        None => Rotation::Usual,
    };
    let variation = Variation {
        theta: 1_000_000.0,
        rotations: windows.iter().map(rotation).collect(),
        windows,
        head_norms: Some(HeadNormKind::Each),
        // transformers reads attn_logit_softcapping for Gemma 3 too, and does not use it
        attention_cap: None,
        logit_cap: config.final_logit_softcapping,
        ..config.gemma.variation()?
    };
    relatives::build(keys, &variation, weights, device)
}
