//! Content tokens as rows, read once and kept in a file for the maps that follow.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use lens_core::{CancelToken, Digest, Reporter, grouped};
use lens_model::{LanguageModel, TokenisedText};
use rayon::prelude::*;

use super::filed::{FiledRows, ROWS};
use super::rows::{Source, laid_over, side};
use super::{MapRows, MapSettings, TokenIndex};
use crate::models::LoadedModels;
use crate::read::{Passages, passages};
use crate::snapshot::Snapshot;
use crate::tensors::{Tensor, TensorFile, TensorWriter};
use crate::{EngineError, memory};

/// Raised when token rows change their numbers, so that old ones are not reused.
const TOKENS_VERSION: &str = "tokens/1";
/// Bytes that files of tokens may take in all; the oldest go first. One is kept whatever its size.
const MOST_BYTES: u64 = 4 << 30;
/// The entry that holds the different tokens.
const WORDS: &str = "words";

/// The folder of files of tokens.
#[derive(Debug, Clone)]
pub struct TokenStore {
    folder: PathBuf,
}

impl TokenStore {
    /// The store in `folder`, which is made when the first file is written.
    #[must_use]
    pub const fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Whether the tokens of these pairs were read with this model at this layer, and all are there.
    pub(crate) fn has(&self, snapshot: &Snapshot, layer: usize) -> bool {
        self.find(snapshot, layer).is_ok()
    }

    /// The file of these tokens, and which they are.
    ///
    /// # Errors
    /// When it is not there, cut, or not what it should be.
    fn find(
        &self,
        snapshot: &Snapshot,
        layer: usize,
    ) -> Result<(TensorFile, TokenIndex), EngineError> {
        let mut file = TensorFile::open(&self.place(snapshot, layer))?;
        let words = file.about(WORDS).ok_or_else(|| file.damaged())?;
        let index = TokenIndex {
            words: serde_json::from_str(words).map_err(|_| file.damaged())?,
            text: file.u32s("text")?,
            word: file.u32s("word")?,
            position: file.u32s("position")?,
            score: Vec::new(),
        };
        let count = file.shape(ROWS)?.0;
        let is_whole = [&index.text, &index.word, &index.position].map(Vec::len) == [count; 3]
            && index.word.iter().all(|&word| (word as usize) < index.words.len());
        if is_whole { Ok((file, index)) } else { Err(file.damaged()) }
    }

    fn place(&self, snapshot: &Snapshot, layer: usize) -> PathBuf {
        let key = &snapshot.reading.key;
        let name = Digest::of_fields(
            [
                Some(TOKENS_VERSION),
                Some(key.model.as_str()),
                Some(&layer.to_string()),
                Some(&key.token_limit.to_string()),
                Some(snapshot.pairs.digest().as_str()),
                key.template.as_ref().map(Digest::as_str),
            ]
            .into_iter()
            .chain(key.rounding()),
        );
        self.folder.join(format!("{}.safetensors", name.as_str()))
    }

    /// Removes the oldest files until there is room for so many bytes more.
    fn make_room(&self, bytes: u64) -> Result<(), EngineError> {
        let Ok(files) = fs::read_dir(&self.folder) else { return Ok(()) };
        let mut files: Vec<(SystemTime, u64, PathBuf)> = files
            .filter_map(|file| {
                let (file, about) = file.and_then(|f| Ok((f.path(), f.metadata()?))).ok()?;
                Some((about.modified().ok()?, about.len(), file))
            })
            .collect();
        files.sort();
        let mut taken: u64 = files.iter().map(|(_, length, _)| length).sum();
        for (_, length, file) in files {
            if taken.saturating_add(bytes) <= MOST_BYTES {
                break;
            }
            fs::remove_file(&file).map_err(|e| EngineError::io(&file, e))?;
            taken -= length;
        }
        Ok(())
    }
}

/// The content tokens of all texts at one layer, read by the model unless they are in the store.
///
/// # Errors
/// When the model fails, memory or disk have no room for so many tokens, or on cancel.
pub fn token_rows(
    snapshot: &Snapshot,
    settings: &MapSettings,
    models: &mut LoadedModels,
    store: &TokenStore,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<MapRows, EngineError> {
    settings.check(snapshot)?;
    if !store.has(snapshot, settings.layer) {
        read(snapshot, settings.layer, models, store, reporter, cancel)?;
    }
    open(snapshot, settings, store)
}

/// Reads the tokens with the model into a file. Memory holds a few batches of texts.
pub(crate) fn read(
    snapshot: &Snapshot,
    layer: usize,
    models: &mut LoadedModels,
    store: &TokenStore,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<(), EngineError> {
    let settings = &snapshot.settings;
    let reader = Passages::of(&snapshot.model, settings)?;
    let model = models.get(&snapshot.model, &snapshot.reading.key.model, settings.weights)?;
    let texts = passages(snapshot.pairs.pairs())
        .par_iter()
        .map(|passage| {
            cancel.check()?;
            reader.tokens(model, *passage, settings.token_limit)
        })
        .collect::<Result<Vec<TokenisedText>, _>>()?;
    let (index, starts) = index(&texts, model)?;
    let (count, width) = (index.text.len(), model.width());

    let path = store.place(snapshot, layer);
    let bytes = (count as u64).saturating_mul(width as u64 * 4);
    store.make_room(bytes)?;
    check_room(count, bytes, memory::free_disk_bytes(&store.folder), "free on the disk")?;
    let arrays = [
        Tensor::of_u32("text", &index.text),
        Tensor::of_u32("word", &index.word),
        Tensor::of_u32("position", &index.position),
    ];
    let words = serde_json::to_string(&index.words)?;
    TensorWriter::create(&path, &arrays, (ROWS, count, width), (WORDS, &words))?.fill(|file| {
        model.capture_tokens(&texts, layer, reporter, cancel, &mut |tokens| {
            let start = starts.get(tokens.index).copied().unwrap_or(count);
            file.put_rows(start, &tokens.values)
        })
    })
}

/// Which token each row is, and the first row of each text.
fn index(
    texts: &[TokenisedText],
    model: &LanguageModel,
) -> Result<(TokenIndex, Vec<usize>), EngineError> {
    let mut index = TokenIndex::default();
    let mut starts = Vec::with_capacity(texts.len());
    let mut words: HashMap<u32, u32> = HashMap::new();
    for (text, number) in texts.iter().zip(0..) {
        starts.push(index.text.len());
        for position in text.content() {
            let Some(&id) = text.ids.get(position) else { continue };
            let word = match words.get(&id) {
                Some(&word) => word,
                None => {
                    let word = crate::probe::small(index.words.len());
                    index.words.push(model.token_text(id)?);
                    words.insert(id, word);
                    word
                }
            };
            index.text.push(number);
            index.word.push(word);
            index.position.push(crate::probe::small(position));
        }
    }
    Ok((index, starts))
}

/// The tokens in their file.
pub(crate) fn open(
    snapshot: &Snapshot,
    settings: &MapSettings,
    store: &TokenStore,
) -> Result<MapRows, EngineError> {
    let (file, index) = store.find(snapshot, settings.layer)?;
    let over_texts = laid_over(snapshot, settings.fit);
    let is_over = |text: &u32| over_texts.get(*text as usize).copied().unwrap_or(false);
    let laid_over: Vec<bool> = index.text.iter().map(is_over).collect();
    let shapes = index.text.iter().zip(&laid_over).filter(|(_, over)| !**over);
    Ok(MapRows {
        sides: shapes.map(|(&text, _)| side(text as usize)).collect(),
        source: Source::Filed {
            rows: FiledRows::new(file, &laid_over)?,
            memory: memory::free_bytes(),
        },
        laid_over,
        tokens: Some(index),
    })
}

/// Whether so much has room.
pub(super) fn check_room(
    tokens: usize,
    needs: u64,
    free: u64,
    place: &str,
) -> Result<(), EngineError> {
    if needs <= free {
        return Ok(());
    }
    let gigabytes = |bytes: u64| memory::megabytes(bytes) / 1e3;
    Err(EngineError::BadValue {
        what: format!(
            "A map of these {} tokens takes {:.1} GB, and this machine has {:.1} GB {place}.",
            grouped(tokens),
            gigabytes(needs),
            gigabytes(free)
        ),
        hint: "Take fewer pairs or a narrower model, or make room.".into(),
    })
}
