//! Everything that a result about one model is computed from, taken at one moment.

use std::sync::Arc;

use lens_core::Provenance;
use lens_model::LanguageModel;

use crate::models::ModelEntry;
use crate::pairs::PreparedPairs;
use crate::read::Reading;
use crate::study::Settings;
use crate::{EngineError, VERSION};

/// Pairs, model, reading and settings that belong together.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The pairs with split and checks.
    pub pairs: Arc<PreparedPairs>,
    /// The model that read them.
    pub model: ModelEntry,
    /// Its activations.
    pub reading: Reading,
    /// How it read, and the seed.
    pub settings: Settings,
}

impl Snapshot {
    /// What a result rests on that human scores are part of, in one line: [`provenance`](Self::provenance)
    /// and the table that the scores are from, where they are not from the file of the pairs.
    ///
    /// # Errors
    /// When the model's files cannot be used.
    pub fn provenance_with_scores(&self) -> Result<String, EngineError> {
        let mut line = self.provenance()?.summary();
        if let Some(scores) = self.pairs.human_scores() {
            line.push_str(&format!("; {}", scores.words()));
        }
        Ok(line)
    }

    /// What a result computed from this rests on.
    ///
    /// # Errors
    /// When the model's files cannot be used.
    pub fn provenance(&self) -> Result<Provenance, EngineError> {
        let info = self.model.usable()?;
        let key = &self.reading.key;
        Ok(Provenance {
            data: self.pairs.name().to_owned(),
            data_digest: self.pairs.digest().clone(),
            model: info.name.clone(),
            model_digest: key.model.clone(),
            weights_dtype: key.weights.of_stored(&info.weights_dtype),
            compute_dtype: LanguageModel::COMPUTE_DTYPE.to_owned(),
            pooling: key.pooling,
            token_limit: key.token_limit,
            chat_template: key.template.clone(),
            seed: self.settings.seed,
            version: VERSION.to_owned(),
        })
    }
}
