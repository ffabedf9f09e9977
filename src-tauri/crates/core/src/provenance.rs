//! What a result rests on.

use serde::{Deserialize, Serialize};

use crate::{Digest, Pooling, Seed};

/// Everything needed to compute a number again; travels with every result and into every exported
/// file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Name of the data set, for readers.
    pub data: String,
    /// Digest over its pairs and their order.
    pub data_digest: Digest,
    /// Name of the model, for readers.
    pub model: String,
    /// Digest over its weights, configuration and tokenizer.
    pub model_digest: Digest,
    /// Number type the weights are stored in: `f32`, `f16`, `bf16`, `q8_0` ...; with what they were
    /// rounded to where they were: `f32 held as bf16`.
    pub weights_dtype: String,
    /// Number type of the forward pass.
    pub compute_dtype: String,
    /// How tokens became rows.
    pub pooling: Pooling,
    /// Texts longer than this many tokens were cut.
    pub token_limit: usize,
    /// Digest of the chat template that texts were read through, if they were.
    pub chat_template: Option<Digest>,
    /// Seed of splits and intervals.
    pub seed: Seed,
    /// Version of the program.
    pub version: String,
}

impl Provenance {
    /// One line for a caption's small print or a file's metadata.
    #[must_use]
    pub fn summary(&self) -> String {
        format!(
            "Empathy Lens {}; data {} ({}); model {} ({}, {} weights, {} arithmetic); \
             pooling {}; token limit {}{}; seed {}",
            self.version,
            self.data,
            self.data_digest.short(),
            self.model,
            self.model_digest.short(),
            self.weights_dtype,
            self.compute_dtype,
            self.pooling,
            self.token_limit,
            self.chat_template
                .as_ref()
                .map_or_else(String::new, |t| format!("; chat template {}", t.short())),
            self.seed.0,
        )
    }
}
