//! The study that the program opens on: bundled models, bundled pairs.

use std::path::{Path, PathBuf};

use lens_core::{CancelToken, Digest, Pooling, Silent};
use lens_dataset::ReadOptions;

use crate::models::ModelEntry;
use crate::study::Study;
use crate::{EngineError, Places};

/// Name in the title bar.
const NAME: &str = "Sample study";
/// Its pairs, among the bundled ones.
const PAIRS: &str = "toy-matched.jsonl";

/// Opens the sample study, making it where there is none. Its file is named after the pairs, so
/// that another version of the program with other pairs makes its own.
///
/// # Errors
/// When the bundled pairs cannot be read or the study cannot be written.
pub(crate) fn open(places: &Places, bundled: &[ModelEntry]) -> Result<Study, EngineError> {
    let pairs = places.models.join("pairs").join(PAIRS);
    let bytes = std::fs::read(&pairs).map_err(|e| EngineError::io(&pairs, e))?;
    let path = places.data.join(format!("sample-{}.lens", Digest::of(&bytes).short()));
    if path.is_file() {
        let study = Study::open(&path)?;
        if study.state().sample {
            return Ok(study);
        }
        // Left half-made by a crash.
        discard(study);
    }
    let mut study = Study::open(&path)?;
    let (options, cancel) = (ReadOptions::default(), CancelToken::default());
    study.import(&pairs, &options, &Silent, &cancel, |_| {})?;
    study.set_up(|state| {
        NAME.clone_into(&mut state.name);
        state.sample = true;
        state.chosen_models = bundled.iter().map(|m| m.id.clone()).collect();
        // Both sides of these pairs hold the same words, so the difference is not in a mean over
        // words: it is where the model, at the last token, is about to say what happens.
        state.settings.pooling = Pooling::Last;
    })?;
    Ok(study)
}

/// A copy of the sample study to put other pairs into, so that the sample itself stays as it is.
/// It lies among the program's own files until the person saves it elsewhere, under the name of
/// the pairs file.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn leave(places: &Places, sample: &Study, pairs: &Path) -> Result<Study, EngineError> {
    let stem = pairs.file_stem().unwrap_or_default().to_string_lossy();
    let folder = places.data.join("studies");
    let path = free_name(&folder, &stem);
    sample.copy_to(&path)
}

/// Removes a study that was begun and not used.
pub(crate) fn discard(study: Study) {
    let path = study.path().to_path_buf();
    drop(study);
    // Nothing depends on it being gone.
    std::fs::remove_file(path).ok();
}

fn free_name(folder: &Path, stem: &str) -> PathBuf {
    let numbered = (2_u32..).map(|n| folder.join(format!("{stem}-{n}.lens")));
    let mut names = std::iter::once(folder.join(format!("{stem}.lens"))).chain(numbered);
    names.find(|path| !path.exists()).unwrap_or_else(|| folder.join("study.lens"))
}
