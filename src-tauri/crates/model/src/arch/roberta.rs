//! RoBERTa and XLM-RoBERTa: BERT with positions that begin after those kept for padding.

use std::sync::Arc;

use candle_core::Device;

use super::Transformer;
use super::bert::{self, BertConfig};
use crate::ModelError;
use crate::config;
use crate::folder::ModelFolder;
use crate::weights::Weights;

pub(super) fn build(
    folder: &ModelFolder,
    weights: &Arc<Weights>,
    device: &Device,
) -> Result<Transformer, ModelError> {
    let config: BertConfig = config::parse(folder)?;
    let reserved = config::positions_for_padding(config.pad_token_id);
    bert::build_named(&config, "roberta.", reserved, weights, device)
}
