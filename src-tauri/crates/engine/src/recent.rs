//! Studies opened before.

use std::fs;
use std::path::{Path, PathBuf};

use crate::EngineError;
use crate::contract::RecentStudy;

/// How many are remembered.
const REMEMBERED: usize = 10;

/// The list, kept as a small JSON file.
#[derive(Debug, Clone)]
pub(crate) struct RecentStudies {
    file: PathBuf,
}

impl RecentStudies {
    /// The list kept in `folder`.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { file: folder.join("recent.json") }
    }

    /// Those that still exist, the latest first. A list that cannot be read counts as empty.
    pub(crate) fn list(&self) -> Vec<RecentStudy> {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        let studies: Vec<RecentStudy> = serde_json::from_str(&text).unwrap_or_default();
        studies.into_iter().filter(|s| Path::new(&s.path).is_file()).collect()
    }

    /// The one opened last.
    pub(crate) fn latest(&self) -> Option<PathBuf> {
        self.list().into_iter().next().map(|s| PathBuf::from(s.path))
    }

    /// Puts a study first.
    ///
    /// # Errors
    /// When the list cannot be written.
    pub(crate) fn add(&self, path: &Path, name: &str) -> Result<(), EngineError> {
        let path = path.to_string_lossy().into_owned();
        let mut studies = self.list();
        studies.retain(|s| s.path != path);
        studies.insert(0, RecentStudy { path, name: name.to_owned() });
        studies.truncate(REMEMBERED);
        let folder = self.file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(|e| EngineError::io(folder, e))?;
        let json = serde_json::to_string_pretty(&studies)?;
        fs::write(&self.file, json).map_err(|e| EngineError::io(&self.file, e))
    }
}
