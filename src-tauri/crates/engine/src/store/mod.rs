//! Activations by content: what a model made of a text is kept under the digest of everything it
//! depends on, so nothing is read twice, and a reading that was stopped goes on where it was.
//!
//! Pooled activations of many texts lie together in a *shard*, a safetensors file with one tensor
//! `layer.{l}` of shape `[texts, width]` (f32) per layer. An SQLite index says in which shard and
//! row a text is. A shard is written whole and moved into place before the index names it.

mod shard;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use lens_core::{ActivationMatrix, Digest, Pooling, WeightsDtype};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{EngineError, tensors};

pub use shard::StoredText;

/// Raised when the forward pass or pooling changes its numbers, so that old ones are not reused.
const NUMBERS_VERSION: &str = "1";

/// The folder of shards with its index.
#[derive(Debug)]
pub struct ActivationStore {
    folder: PathBuf,
    index: Mutex<Connection>,
}

/// What the activations of a text depend on, besides the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingKey {
    /// Weights, configuration and tokenizer.
    pub model: Digest,
    /// Layers captured, ascending.
    pub layers: Vec<usize>,
    /// How tokens became a row.
    pub pooling: Pooling,
    /// Tokens after which texts are cut.
    pub token_limit: usize,
    /// The chat template that the texts are written by, if they are.
    pub template: Option<Digest>,
    /// What the weights were rounded to; as they are stored also where they were widened, which changes
    /// no number.
    pub weights: WeightsDtype,
}

impl ReadingKey {
    /// The key of one text, given in its parts: one where it is read as it is, the turns of the
    /// conversation where it is read through a chat template.
    #[must_use]
    pub fn of_text(&self, parts: &[&str]) -> Digest {
        let layers = self.layers.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        let limit = self.token_limit.to_string();
        let how = [
            Some(NUMBERS_VERSION),
            Some(self.model.as_str()),
            Some(&layers),
            Some(self.pooling.name()),
            Some(&limit),
        ];
        let template = self.template.as_ref().map(|template| Some(template.as_str()));
        let parts = parts.iter().map(|part| Some(*part));
        Digest::of_fields(how.into_iter().chain(template).chain(self.rounding()).chain(parts))
    }

    /// A field for a digest where the weights were rounded: keys are then others.
    pub(crate) fn rounding(&self) -> Option<Option<&'static str>> {
        self.weights.rounds().then(|| Some(self.weights.name()))
    }
}

/// Where a text's activations are, and what is known of its reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPlace {
    /// Shard name.
    pub shard: String,
    /// Row within each of its tensors.
    pub row: u32,
    /// Tokens read.
    pub tokens: u32,
    /// Whether the text was cut at the token limit.
    pub truncated: bool,
}

impl ActivationStore {
    /// Opens the store in `folder`, making it where there is none.
    ///
    /// # Errors
    /// When the folder or its index cannot be read or written.
    pub fn open(folder: &Path) -> Result<Self, EngineError> {
        fs::create_dir_all(folder).map_err(|e| EngineError::io(folder, e))?;
        let index = Connection::open(folder.join("index.sqlite"))?;
        index.busy_timeout(std::time::Duration::from_secs(10))?;
        index.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
             CREATE TABLE IF NOT EXISTS activation (
                 key TEXT PRIMARY KEY, shard TEXT NOT NULL, row INTEGER NOT NULL,
                 tokens INTEGER NOT NULL, truncated INTEGER NOT NULL
             ) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS model_digest (
                 path TEXT PRIMARY KEY, stamp TEXT NOT NULL, digest TEXT NOT NULL
             ) WITHOUT ROWID;",
        )?;
        Ok(Self { folder: folder.to_path_buf(), index: Mutex::new(index) })
    }

    /// Where each key's activations are; `None` for those not there. A shard that is missing or
    /// cut short counts as not there.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn find(&self, keys: &[Digest]) -> Result<Vec<Option<StoredPlace>>, EngineError> {
        let index = self.index()?;
        let mut query =
            index.prepare("SELECT shard, row, tokens, truncated FROM activation WHERE key = ?1")?;
        let mut whole: BTreeMap<String, bool> = BTreeMap::new();
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            let place = query
                .query_row([key.as_str()], |r| {
                    Ok(StoredPlace {
                        shard: r.get(0)?,
                        row: r.get(1)?,
                        tokens: r.get(2)?,
                        truncated: r.get(3)?,
                    })
                })
                .optional()?;
            found.push(place.filter(|p| {
                *whole
                    .entry(p.shard.clone())
                    .or_insert_with(|| shard::is_whole(&self.shard_path(&p.shard)))
            }));
        }
        Ok(found)
    }

    /// Keeps a batch of texts read under one [`ReadingKey`].
    ///
    /// # Errors
    /// When the shard or the index cannot be written; nothing is then kept.
    pub fn keep(&self, layers: &[usize], texts: &[StoredText]) -> Result<(), EngineError> {
        if texts.is_empty() {
            return Ok(());
        }
        let name = Digest::of_fields(texts.iter().map(|t| Some(t.key.as_str())));
        let path = self.shard_path(name.as_str());
        shard::write(&path, layers, texts)?;
        let mut index = self.index()?;
        let transaction = index.transaction()?;
        {
            let mut insert = transaction.prepare(
                "INSERT OR REPLACE INTO activation (key, shard, row, tokens, truncated)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for (row, text) in (0_u32..).zip(texts) {
                insert.execute(params![
                    text.key.as_str(),
                    name.as_str(),
                    row,
                    text.tokens,
                    text.truncated
                ])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Activations `[places, width]` at one layer, in the order of `places`.
    ///
    /// # Errors
    /// When a shard cannot be read or lacks the layer.
    pub fn layer(
        &self,
        places: &[StoredPlace],
        layer: usize,
    ) -> Result<ActivationMatrix, EngineError> {
        let mut by_shard: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, place) in places.iter().enumerate() {
            by_shard.entry(place.shard.as_str()).or_default().push(at);
        }
        let mut width = 0;
        let mut values: Vec<f32> = Vec::new();
        for (name, positions) in by_shard {
            let rows = shard::read_layer(&self.shard_path(name), layer)?;
            if values.is_empty() {
                width = rows.width();
                values.resize(places.len() * width, 0.0);
            }
            for at in positions {
                let row = places.get(at).map_or(&[][..], |place| rows.row(place.row as usize));
                let target = values.get_mut(at * width..(at + 1) * width);
                match target {
                    Some(target) if target.len() == row.len() => target.copy_from_slice(row),
                    _ => return Err(tensors::damaged(&self.shard_path(name))),
                }
            }
        }
        ActivationMatrix::new(places.len(), width, values)
            .map_err(|_| tensors::damaged(&self.folder))
    }

    /// Digest of a model folder's content, remembered by path, sizes and times of change, so that
    /// gigabytes are not hashed at every start.
    ///
    /// # Errors
    /// When the index cannot be read, or `compute` fails.
    pub fn model_digest(
        &self,
        path: &Path,
        stamp: &str,
        compute: impl FnOnce() -> Result<Digest, EngineError>,
    ) -> Result<Digest, EngineError> {
        let path = path.to_string_lossy();
        let known: Option<String> = self
            .index()?
            .query_row(
                "SELECT digest FROM model_digest WHERE path = ?1 AND stamp = ?2",
                [path.as_ref(), stamp],
                |r| r.get(0),
            )
            .optional()?;
        if let Some(hex) = known {
            return Ok(Digest::from_hex(hex));
        }
        let digest = compute()?;
        self.index()?.execute(
            "INSERT OR REPLACE INTO model_digest (path, stamp, digest) VALUES (?1, ?2, ?3)",
            [path.as_ref(), stamp, digest.as_str()],
        )?;
        Ok(digest)
    }

    fn shard_path(&self, name: &str) -> PathBuf {
        tensors::place(&self.folder.join("shards"), name)
    }

    fn index(&self) -> Result<std::sync::MutexGuard<'_, Connection>, EngineError> {
        self.index.lock().map_err(|_| EngineError::WorkerGone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ReadingKey {
        ReadingKey {
            model: Digest::of(b"model"),
            layers: vec![0, 3],
            pooling: Pooling::Mean,
            token_limit: 512,
            template: None,
            weights: WeightsDtype::Stored,
        }
    }

    fn text(key: &ReadingKey, text: &str, start: f32) -> StoredText {
        StoredText {
            key: key.of_text(&[text]),
            tokens: 7,
            truncated: text.len() > 3,
            layers: vec![start, start + 1., start + 2., start + 3.],
        }
    }

    #[test]
    fn what_was_kept_comes_back_in_the_order_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let store = ActivationStore::open(folder.path()).unwrap();
        let key = key();
        store.keep(&[0, 3], &[text(&key, "a", 0.), text(&key, "b", 10.)]).unwrap();
        store.keep(&[0, 3], &[text(&key, "long", 20.)]).unwrap();

        let asked = ["long", "b", "missing", "a"].map(|t| key.of_text(&[t]));
        let found = store.find(&asked).unwrap();
        assert!(found[2].is_none());
        assert!(found[0].as_ref().unwrap().truncated);
        let places: Vec<_> = found.into_iter().flatten().collect();
        assert_eq!(store.layer(&places, 0).unwrap().values(), [20., 21., 10., 11., 0., 1.]);
        assert_eq!(store.layer(&places, 3).unwrap().values(), [22., 23., 12., 13., 2., 3.]);
        assert!(store.layer(&places, 1).is_err(), "a layer that was not captured");
    }

    #[test]
    fn a_key_changes_with_everything_the_numbers_depend_on() {
        let base = key();
        let mut seen = vec![base.of_text(&["t"])];
        let mut others = vec![base.clone(); 5];
        others[0].model = Digest::of(b"other");
        others[1].layers = vec![0, 2];
        others[2].pooling = Pooling::Last;
        others[3].token_limit = 128;
        others[4].weights = WeightsDtype::Bf16;
        seen.extend(others.iter().map(|k| k.of_text(&["t"])));
        seen.push(base.of_text(&["u"]));
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 7);
    }

    #[test]
    fn a_damaged_shard_counts_as_not_there_and_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = ActivationStore::open(folder.path()).unwrap();
        let key = key();
        let batch = [text(&key, "a", 0.)];
        store.keep(&[0, 3], &batch).unwrap();
        let place = store.find(&[key.of_text(&["a"])]).unwrap().remove(0).unwrap();
        let path = store.shard_path(&place.shard);
        for cut in [0, 6, 20] {
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..cut]).unwrap();
            assert_eq!(store.find(&[key.of_text(&["a"])]).unwrap(), [None], "cut to {cut} bytes");
            store.keep(&[0, 3], &batch).unwrap();
            assert!(store.find(&[key.of_text(&["a"])]).unwrap()[0].is_some());
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(store.find(&[key.of_text(&["a"])]).unwrap(), [None]);
    }

    #[test]
    fn model_digests_are_computed_once_per_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let store = ActivationStore::open(folder.path()).unwrap();
        let path = Path::new("/models/a");
        let first = store.model_digest(path, "1", || Ok(Digest::of(b"x"))).unwrap();
        let again = store.model_digest(path, "1", || Err(EngineError::NoHome)).unwrap();
        assert_eq!(first, again);
        let changed = store.model_digest(path, "2", || Ok(Digest::of(b"y"))).unwrap();
        assert_ne!(first, changed);
    }
}
