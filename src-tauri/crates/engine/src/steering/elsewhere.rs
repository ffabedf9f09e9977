//! Steering samples made elsewhere.

use std::path::Path;

use lens_core::{CancelToken, Reporter};
use lens_steering::ModelSamples;

use crate::EngineError;

/// Scores a file of samples by language, while it is read.
///
/// # Errors
/// When the file cannot be read, has another shape, holds nothing that can be scored, or on cancel.
pub fn score_samples(
    path: &Path,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<Vec<ModelSamples>, EngineError> {
    Ok(lens_steering::score_samples(path, reporter, cancel)?)
}
