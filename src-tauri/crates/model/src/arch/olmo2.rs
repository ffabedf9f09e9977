//! OLMo 2: Llama with norms of what each half of a block makes instead of what it reads, and of all
//! queries and all keys.

use std::sync::Arc;

use candle_core::Device;

use super::Transformer;
use super::relatives::{self, HeadNormKind, Keys, NormNames, Variation};
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
        input_bias: keys.attention_bias,
        output_bias: keys.attention_bias,
        norms: NormNames {
            attention: [None, Some("post_attention_layernorm")],
            mlp: [None, Some("post_feedforward_layernorm")],
        },
        head_norms: Some(HeadNormKind::All),
        ..Variation::default()
    };
    relatives::build(&keys, &variation, weights, device)
}
