//! Directions written for other tools.

use std::path::{Path, PathBuf};

use lens_steering::direction_file::{Contents, Format, Mode, check_holds, write};
use serde::Serialize;

use crate::EngineError;
use crate::probe::layer_scores;
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;

/// What was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WrittenDirection {
    /// Name of the model.
    pub model: String,
    /// Layer of the residual stream, 0 being the embedding output.
    pub layer: usize,
    /// How it was found.
    pub method: &'static str,
    /// Euclidean norm of the components that were written.
    pub norm: f64,
    /// The file.
    pub file: PathBuf,
    /// What it rests on.
    pub provenance: String,
}

/// Whether a file has a place for a direction at a layer: to be asked before a model is read.
///
/// # Errors
/// When its name asks for no known format, or the format cannot hold the layer.
pub fn check_direction_file(path: &Path, layer: usize) -> Result<Format, EngineError> {
    let format = Format::of_path(path).ok_or_else(|| EngineError::BadValue {
        what: format!("{} ends in none of .npy, .safetensors and .gguf.", path.display()),
        hint: "Choose one of these formats by the ending.".into(),
    })?;
    check_holds(format, layer, Mode::Add)?;
    Ok(format)
}

/// Fits the direction of a layer on the training pairs and writes it, to be added, in the format that
/// the file's name asks for.
///
/// # Errors
/// When the layer was not read, the pairs allow no direction there, the format cannot hold it, or the
/// file cannot be written.
pub fn write_direction(
    snapshot: &Snapshot,
    store: &ActivationStore,
    layer: usize,
    path: &Path,
) -> Result<WrittenDirection, EngineError> {
    let direction = layer_scores(snapshot, store, layer)?.direction;
    let info = snapshot.model.usable()?;
    let provenance = snapshot.provenance()?.summary();
    let contents = Contents {
        direction: &direction,
        mode: Mode::Add,
        model: &info.name,
        family: &info.family,
        provenance: &provenance,
    };
    write(path, &contents)?;
    let squares = direction.vector.iter().map(|&v| f64::from(v) * f64::from(v));
    Ok(WrittenDirection {
        model: info.name.clone(),
        layer,
        method: direction.method.name(),
        norm: squares.sum::<f64>().sqrt(),
        file: path.to_path_buf(),
        provenance,
    })
}
