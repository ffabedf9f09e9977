//! Activations to take away: one safetensors file a layer, and an index that says what the rows are.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use lens_core::{ActivationMatrix, Provenance, Side};
use safetensors::tensor::{Dtype, TensorView};
use serde::Serialize;

use crate::EngineError;
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;

/// What was written.
#[derive(Debug, Clone, Serialize)]
pub struct ActivationFiles {
    /// Texts: two per pair.
    pub rows: usize,
    /// Tokens read.
    pub tokens: u64,
    /// Texts cut at the token limit.
    pub truncated: usize,
    /// Texts that had been read before.
    pub from_store: usize,
    /// Seconds of forward passes.
    pub seconds: f64,
    /// Tokens a second; absent when any text came from the store.
    pub tokens_per_second: Option<f64>,
    /// Files, without their folder.
    pub files: Vec<String>,
}

/// The content of index.json.
#[derive(Debug, Serialize)]
struct Index<'a> {
    provenance: &'a Provenance,
    layers: &'a [usize],
    rows: Vec<IndexRow<'a>>,
}

#[derive(Debug, Serialize)]
struct IndexRow<'a> {
    pair: &'a str,
    side: Side,
    scenario: Option<&'a str>,
    split: &'static str,
    tokens: u32,
    truncated: bool,
}

/// Writes `layer-{l}.safetensors` (one tensor `resid_post` of shape `[texts, width]`, f32) for every
/// layer of the reading, and `index.json`.
///
/// # Errors
/// When the folder cannot be written or the store cannot be read.
pub fn write_activations(
    snapshot: &Snapshot,
    store: &ActivationStore,
    folder: &Path,
) -> Result<ActivationFiles, EngineError> {
    fs::create_dir_all(folder).map_err(|e| EngineError::io(folder, e))?;
    let provenance = snapshot.provenance()?;
    let reading = &snapshot.reading;
    let mut files = Vec::new();
    for &layer in &reading.key.layers {
        let name = format!("layer-{layer}.safetensors");
        write_layer(&reading.layer(store, layer)?, &provenance, &folder.join(&name))?;
        files.push(name);
    }
    let rows = snapshot
        .pairs
        .pairs()
        .iter()
        .zip(snapshot.pairs.splits())
        .flat_map(|(pair, split)| Side::BOTH.map(|side| (pair, split, side)))
        .zip(&reading.places)
        .map(|((pair, split, side), place)| IndexRow {
            pair: &pair.id,
            side,
            scenario: pair.scenario.as_deref(),
            split: split.name(),
            tokens: place.tokens,
            truncated: place.truncated,
        })
        .collect();
    let index = Index { provenance: &provenance, layers: &reading.key.layers, rows };
    let path = folder.join("index.json");
    fs::write(&path, serde_json::to_vec_pretty(&index)?).map_err(|e| EngineError::io(&path, e))?;
    files.push("index.json".to_owned());

    let fresh = reading.from_store == 0 && reading.seconds > 0.0;
    #[expect(clippy::cast_precision_loss, reason = "a rate, shown rounded")]
    let rate = reading.tokens() as f64 / reading.seconds;
    Ok(ActivationFiles {
        rows: reading.places.len(),
        tokens: reading.tokens(),
        truncated: reading.truncated(),
        from_store: reading.from_store,
        seconds: reading.seconds,
        tokens_per_second: fresh.then_some(rate),
        files,
    })
}

fn write_layer(
    rows: &ActivationMatrix,
    provenance: &Provenance,
    path: &Path,
) -> Result<(), EngineError> {
    let bytes: Vec<u8> = rows.values().iter().flat_map(|v| v.to_le_bytes()).collect();
    let view = TensorView::new(Dtype::F32, vec![rows.rows(), rows.width()], &bytes)?;
    let about = HashMap::from([("provenance".to_owned(), provenance.summary())]);
    let file = safetensors::serialize([("resid_post", view)], Some(about))?;
    fs::write(path, file).map_err(|e| EngineError::io(path, e))
}
