//! Where things are kept on this machine.

use std::path::{Path, PathBuf};

use crate::EngineError;

/// Folder names and environment variables in one place.
const APP_FOLDER: &str = "empathy-lens";
const HOME_VARIABLE: &str = "EMPATHY_LENS_HOME";
const MODELS_VARIABLE: &str = "EMPATHY_LENS_MODELS";

/// The folders the program writes to and the one its bundled models are in.
#[derive(Debug, Clone)]
pub struct Places {
    /// Studies without a place of their own, and the list of recent ones.
    pub data: PathBuf,
    /// What can be computed again: activations.
    pub cache: PathBuf,
    /// Bundled models and pair sets.
    pub models: PathBuf,
}

impl Places {
    /// The operating system's folders for this person, or those under `EMPATHY_LENS_HOME` where
    /// that is set. Bundled models are looked for in `EMPATHY_LENS_MODELS`, then in the source tree
    /// that the program runs in, then in `bundled` (the window knows its resource folder), then
    /// beside and above the program.
    ///
    /// # Errors
    /// When the system names no home folder, or no bundled models are found.
    pub fn find(bundled: Option<&Path>) -> Result<Self, EngineError> {
        let (data, cache) = match std::env::var_os(HOME_VARIABLE).map(PathBuf::from) {
            Some(home) => (home.join("data"), home.join("cache")),
            None => (
                dirs::data_local_dir().ok_or(EngineError::NoHome)?.join(APP_FOLDER),
                dirs::cache_dir().ok_or(EngineError::NoHome)?.join(APP_FOLDER),
            ),
        };
        Ok(Self { data, cache, models: find_models(bundled)? })
    }

    /// The same with another folder for what can be computed again.
    #[must_use]
    pub fn with_cache(mut self, cache: PathBuf) -> Self {
        self.cache = cache;
        self
    }
}

/// Bundled models are told from other folders named `models` by the pairs beside them. A program
/// that runs in its own source tree takes the models there: a build leaves a copy beside the
/// program, which ages.
fn find_models(bundled: Option<&Path>) -> Result<PathBuf, EngineError> {
    let named = std::env::var_os(MODELS_VARIABLE).map(PathBuf::from);
    let program = std::env::current_exe().unwrap_or_default();
    let around = || program.ancestors().skip(1);
    let sources = around().filter(|f| f.join("src-tauri").is_dir()).map(|f| f.join("models"));
    let beside = around().map(|folder| folder.join("models"));
    named
        .into_iter()
        .chain(sources)
        .chain(bundled.map(Path::to_path_buf))
        .chain(beside)
        .find(|folder| folder.join("pairs").is_dir())
        .ok_or(EngineError::NoBundledModels)
}
