//! The study file: one SQLite database, `*.lens`.
//!
//! Edits go through [`Study::edit`] and [`Study::import`], which remember the state before them, so
//! that every one can be undone. Pair sets are immutable; an edit only changes which one is current.

mod import;
mod schema;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lens_core::{ContrastPair, Digest, DirectionMethod, Pooling, Seed, WeightsDtype};
use lens_dataset::{KeywordList, SplitRule};
use rusqlite::{Connection, OptionalExtension, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::EngineError;
use crate::steering::SteeringState;

pub use import::ImportRecord;

/// Steps that can be undone.
const UNDO_STEPS: u32 = 50;

/// How texts are read and probed. Part of the key of everything computed from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// How tokens become rows.
    pub pooling: Pooling,
    /// Texts longer than this many tokens are cut.
    pub token_limit: usize,
    /// Seed of splits and intervals.
    pub seed: Seed,
    /// Whether texts are read through the chat template of a model that has one.
    #[serde(default)]
    pub chat_template: bool,
    /// How directions are found.
    #[serde(default)]
    pub method: DirectionMethod,
    /// How the models' weights are held in memory.
    #[serde(default)]
    pub weights: WeightsDtype,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pooling: Pooling::Mean,
            token_limit: 512,
            seed: Seed(0),
            chat_template: false,
            method: DirectionMethod::default(),
            weights: WeightsDtype::default(),
        }
    }
}

/// Everything an edit can change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct State {
    /// Name for the title bar.
    pub name: String,
    /// Whether this is the sample study, untouched.
    #[serde(default)]
    pub sample: bool,
    /// The current pair set, if any.
    pub pair_set: Option<i64>,
    /// How texts are read.
    pub settings: Settings,
    /// Ids of the models that read the pairs.
    pub chosen_models: Vec<String>,
    /// Model folders added to the bundled ones.
    pub model_folders: Vec<PathBuf>,
    /// How the pairs are divided into train and test.
    #[serde(default)]
    pub split: SplitRule,
    /// Words that the ablation control replaces; the shipped list when there is none.
    #[serde(default)]
    pub keywords: Option<KeywordList>,
    /// What is steered, and along what.
    #[serde(default)]
    pub steering: SteeringState,
}

/// The pairs of a study, in memory.
#[derive(Debug)]
pub struct PairSet {
    /// What the import said.
    pub record: ImportRecord,
    /// The pairs, in file order.
    pub pairs: Vec<ContrastPair>,
}

/// An open study file.
#[derive(Debug)]
pub struct Study {
    db: Connection,
    path: PathBuf,
    state: State,
    pairs: Option<Arc<PairSet>>,
}

impl Study {
    /// Opens a study file, or makes one where there is none.
    ///
    /// # Errors
    /// When the file cannot be read or written, is not a study, or is newer than this program.
    pub fn open(path: &Path) -> Result<Self, EngineError> {
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|e| EngineError::io(folder, e))?;
        }
        let db = Connection::open(path)?;
        schema::prepare(&db)?;
        let state = match schema::meta(&db, "state")? {
            Some(json) => serde_json::from_str(&json)?,
            None => {
                let name =
                    path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into());
                State { name, ..State::default() }
            }
        };
        let mut study = Self { db, path: path.to_path_buf(), state, pairs: None };
        study.load_pairs()?;
        Ok(study)
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The current state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The current pairs, if any. Cheap to clone; stays valid when the study moves on.
    #[must_use]
    pub fn pairs(&self) -> Option<Arc<PairSet>> {
        self.pairs.clone()
    }

    /// Changes the state and remembers the one before under `label` ("change of pooling").
    ///
    /// # Errors
    /// When the file cannot be written; the state is then as it was.
    pub fn edit(
        &mut self,
        label: &str,
        change: impl FnOnce(&mut State),
    ) -> Result<(), EngineError> {
        let mut next = self.state.clone();
        change(&mut next);
        if next == self.state {
            return Ok(());
        }
        let before = serde_json::to_string(&self.state)?;
        let after = serde_json::to_string(&next)?;
        let transaction = self.db.transaction()?;
        transaction.execute("INSERT INTO undo (label, state) VALUES (?1, ?2)", [label, &before])?;
        transaction.execute(
            "DELETE FROM undo WHERE id <= (SELECT max(id) FROM undo) - ?1",
            [UNDO_STEPS],
        )?;
        schema::set_meta(&transaction, "state", &after)?;
        transaction.commit()?;
        let moved = next.pair_set != self.state.pair_set;
        self.state = next;
        if moved { self.load_pairs() } else { Ok(()) }
    }

    /// Sets the state without a way back: for a study being made.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_up(&mut self, change: impl FnOnce(&mut State)) -> Result<(), EngineError> {
        change(&mut self.state);
        schema::set_meta(&self.db, "state", &serde_json::to_string(&self.state)?)?;
        self.db.execute("DELETE FROM undo", [])?;
        Ok(())
    }

    /// What [`undo`](Self::undo) would take back.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn undo_label(&self) -> Result<Option<String>, EngineError> {
        let label = "SELECT label FROM undo ORDER BY id DESC LIMIT 1";
        Ok(self.db.query_row(label, [], |r| r.get(0)).optional()?)
    }

    /// Goes back to the state before the last edit; does nothing when there is none.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn undo(&mut self) -> Result<(), EngineError> {
        let last = "SELECT id, state FROM undo ORDER BY id DESC LIMIT 1";
        let found: Option<(i64, String)> =
            self.db.query_row(last, [], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
        let Some((id, before)) = found else { return Ok(()) };
        let state: State = serde_json::from_str(&before)?;
        let transaction = self.db.transaction()?;
        transaction.execute("DELETE FROM undo WHERE id = ?1", [id])?;
        schema::set_meta(&transaction, "state", &before)?;
        transaction.commit()?;
        self.state = state;
        self.load_pairs()
    }

    /// A result kept under `key`, if it is there and still has its shape.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn result<T: DeserializeOwned>(&self, key: &Digest) -> Result<Option<T>, EngineError> {
        let value: Option<String> = self
            .db
            .query_row("SELECT value FROM result WHERE key = ?1", [key.as_str()], |r| r.get(0))
            .optional()?;
        // A result written by another version may have another shape: it is computed again.
        Ok(value.and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// Whether a result is kept under `key`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn has_result(&self, key: &Digest) -> Result<bool, EngineError> {
        let count = "SELECT count(*) FROM result WHERE key = ?1";
        let found: u32 = self.db.query_row(count, [key.as_str()], |r| r.get(0))?;
        Ok(found > 0)
    }

    /// Keeps a result under `key`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep_result(&self, key: &Digest, value: &impl Serialize) -> Result<(), EngineError> {
        self.db.execute(
            "INSERT OR REPLACE INTO result (key, value) VALUES (?1, ?2)",
            params![key.as_str(), serde_json::to_string(value)?],
        )?;
        Ok(())
    }

    /// Writes a copy to `path`, replacing what is there, and goes on in the copy under its name.
    ///
    /// # Errors
    /// When it cannot be written; the study then stays where it is.
    pub fn save_as(&mut self, path: &Path) -> Result<(), EngineError> {
        let mut copy = self.copy_to(path)?;
        copy.state.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        copy.state.sample = false;
        schema::set_meta(&copy.db, "state", &serde_json::to_string(&copy.state)?)?;
        *self = copy;
        Ok(())
    }

    /// A copy at `path`, opened; undo steps and results come along. What is at `path` is replaced
    /// only once the copy is whole.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn copy_to(&self, path: &Path) -> Result<Self, EngineError> {
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(|e| EngineError::io(folder, e))?;
        // A folder of its own: SQLite wants to make the file itself.
        let fresh = tempfile::Builder::new()
            .prefix(".saving-")
            .tempdir_in(folder)
            .map_err(|e| EngineError::io(folder, e))?;
        let file = fresh.path().join("study.lens");
        let target = file.to_str().ok_or_else(|| EngineError::odd_path(path))?;
        self.db.execute("VACUUM INTO ?1", [target])?;
        std::fs::rename(&file, path).map_err(|e| EngineError::io(path, e))?;
        Self::open(path)
    }

    fn load_pairs(&mut self) -> Result<(), EngineError> {
        self.pairs = None;
        let Some(id) = self.state.pair_set else { return Ok(()) };
        let report: String =
            self.db.query_row("SELECT report FROM pair_set WHERE id = ?1", [id], |r| r.get(0))?;
        let record = serde_json::from_str(&report)?;
        let mut query =
            self.db.prepare("SELECT pair FROM pair WHERE set_id = ?1 ORDER BY ordinal")?;
        let mut pairs: Vec<ContrastPair> = Vec::new();
        for row in query.query_map([id], |r| r.get::<_, String>(0))? {
            pairs.push(serde_json::from_str(&row?)?);
        }
        self.pairs = Some(Arc::new(PairSet { record, pairs }));
        Ok(())
    }
}
