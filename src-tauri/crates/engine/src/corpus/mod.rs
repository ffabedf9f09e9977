//! The tokens of all pairs along the probe's direction, each token that is told apart by itself
//! (METHODS, section 6, "The tokens of all pairs").

mod excerpt;
mod job;
mod table;
mod view;

use std::path::Path;

use lens_analysis::Run;
use lens_core::{CancelToken, Digest, Pooling, Reporter};

pub use job::score_tokens;
pub use table::{TokenRow, TokenTable};

use crate::compute::{Compute, with_note};
use crate::map::{MapSettings, TokenIndex, TokenStore, scored, token_rows};
use crate::models::LoadedModels;
use crate::probe::sweep_key;
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;
use crate::{EngineError, figure};

/// Raised when scores change their numbers, so that kept ones are computed again.
const VERSION: &str = "tokens-along/1";

/// Content tokens of all texts with their scores at one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredTokens {
    pub(crate) layer: usize,
    pub(crate) index: TokenIndex,
    /// Whether a text's score is the mean of its tokens' scores.
    pub(crate) are_parts: bool,
    pub(crate) provenance: String,
}

/// The key under which scores are kept.
pub(crate) fn key(snapshot: &Snapshot, layer: usize) -> Digest {
    let sweep = sweep_key(snapshot);
    Digest::of_fields([Some(VERSION), Some(sweep.as_str()), Some(&layer.to_string())])
}

impl ScoredTokens {
    /// Scores that were computed for `snapshot`.
    ///
    /// # Errors
    /// When the model's files cannot be used.
    pub(crate) fn new(
        snapshot: &Snapshot,
        layer: usize,
        index: TokenIndex,
        note: Option<String>,
    ) -> Result<Self, EngineError> {
        let method = snapshot.settings.method.name();
        let rests_on = snapshot.provenance()?.summary();
        Ok(Self {
            layer,
            index,
            are_parts: snapshot.reading.key.pooling == Pooling::Mean,
            provenance: with_note(
                format!("{rests_on}; {method} direction of the training pairs, layer {layer}"),
                note,
            ),
        })
    }

    /// Writes every token that occurs at least `fewest` times as CSV, by falling mean, behind a comment
    /// that says what it rests on.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_csv(&self, fewest: usize, path: &Path) -> Result<(), EngineError> {
        let table = TokenTable::of(&self.index, fewest, self.are_parts);
        let bytes = figure::csv(&self.provenance, &table.cells(&self.index))?;
        std::fs::write(path, bytes).map_err(|e| EngineError::io(path, e))
    }
}

/// Scores the content tokens of all texts along the probe's direction at `layer`; the model reads them
/// unless they are in the store.
///
/// # Errors
/// When the layer was not read, the pairs allow no probe there, the model fails, or on cancel.
#[expect(clippy::too_many_arguments, reason = "what a command of the program has at hand")]
pub fn score(
    snapshot: &Snapshot,
    store: &ActivationStore,
    tokens: &TokenStore,
    layer: usize,
    models: &mut LoadedModels,
    compute: &Compute,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<ScoredTokens, EngineError> {
    let settings = MapSettings::of_tokens(layer);
    let rows = token_rows(snapshot, &settings, models, tokens, reporter, cancel)?;
    let accelerator = compute.accelerator();
    let run = Run { accelerator: &accelerator, reporter, cancel };
    let index = scored(snapshot, store, rows, layer, run)?;
    ScoredTokens::new(snapshot, layer, index, accelerator.note())
}
