//! Where samples are kept: in the study, or in a folder.

use std::io::ErrorKind;
use std::path::PathBuf;

use lens_core::Digest;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::cells::KeptCell;
use super::measures::TokenMeasures;
use crate::session::Session;
use crate::{EngineError, Places, tensors};

/// A place for cells and what coefficients are measured by, both under what they rest on.
pub(super) trait Keep {
    /// The cell of a key.
    fn find(&self, key: &Digest) -> Result<Option<KeptCell>, EngineError>;
    /// Keeps it.
    fn keep(&self, key: &Digest, cell: &KeptCell) -> Result<(), EngineError>;
    /// The measures of a key.
    fn find_measures(&self, key: &Digest) -> Result<Option<TokenMeasures>, EngineError>;
    /// Keeps them.
    fn keep_measures(&self, key: &Digest, measures: &TokenMeasures) -> Result<(), EngineError>;
}

/// What the window samples lies in the study.
impl Keep for Session {
    fn find(&self, key: &Digest) -> Result<Option<KeptCell>, EngineError> {
        self.study()?.result(key)
    }

    fn keep(&self, key: &Digest, cell: &KeptCell) -> Result<(), EngineError> {
        self.study()?.keep_result(key, cell)
    }

    fn find_measures(&self, key: &Digest) -> Result<Option<TokenMeasures>, EngineError> {
        self.study()?.result(key)
    }

    fn keep_measures(&self, key: &Digest, measures: &TokenMeasures) -> Result<(), EngineError> {
        self.study()?.keep_result(key, measures)
    }
}

/// What the command line samples: a folder of the cache with a file of JSON for each cell, under the
/// keys that a study has them under.
#[derive(Debug, Clone)]
pub struct SampleStore {
    folder: PathBuf,
}

impl SampleStore {
    /// That of these places; its folder is made when the first cell is kept.
    #[must_use]
    pub fn of(places: &Places) -> Self {
        Self { folder: places.cache.join("steering") }
    }

    fn path(&self, key: &Digest) -> PathBuf {
        tensors::place(&self.folder, key.as_str()).with_extension("json")
    }

    /// A file that is damaged, or of another version's shape, counts as not there.
    fn read<T: DeserializeOwned>(&self, key: &Digest) -> Result<Option<T>, EngineError> {
        let path = self.path(key);
        match std::fs::read(&path) {
            Ok(json) => Ok(serde_json::from_slice(&json).ok()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(EngineError::io(&path, error)),
        }
    }

    fn write(&self, key: &Digest, value: &impl Serialize) -> Result<(), EngineError> {
        tensors::write_bytes(&self.path(key), &serde_json::to_vec(value)?)
    }
}

impl Keep for SampleStore {
    fn find(&self, key: &Digest) -> Result<Option<KeptCell>, EngineError> {
        self.read(key)
    }

    fn keep(&self, key: &Digest, cell: &KeptCell) -> Result<(), EngineError> {
        self.write(key, cell)
    }

    fn find_measures(&self, key: &Digest) -> Result<Option<TokenMeasures>, EngineError> {
        self.read(key)
    }

    fn keep_measures(&self, key: &Digest, measures: &TokenMeasures) -> Result<(), EngineError> {
        self.write(key, measures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_damaged_counts_as_not_there() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("steering");
        let store = SampleStore { folder };
        let key = Digest::of(b"a cell");
        assert!(store.find(&key).unwrap().is_none());
        let cell = KeptCell { prompt: "So".into(), samples: Vec::new() };
        store.keep(&key, &cell).unwrap();
        assert_eq!(store.find(&key).unwrap(), Some(cell.clone()));
        std::fs::write(store.path(&key), "{\"prompt\": \"S").unwrap();
        assert!(store.find(&key).unwrap().is_none());
        store.keep(&key, &cell).unwrap();
        assert_eq!(store.find(&key).unwrap(), Some(cell));
        let measures = TokenMeasures { residual_norm: 0.1 + 0.2, score_spread: 1.0 / 3.0 };
        store.keep_measures(&key, &measures).unwrap();
        // to the last bit: keys of cells are made of it
        assert_eq!(store.find_measures(&key).unwrap(), Some(measures));
    }
}
