//! Maps that were drawn, by what they rest on.

use std::path::PathBuf;

use lens_core::Digest;

use super::{Map, TokenIndex};
use crate::EngineError;
use crate::compute::with_note;
use crate::snapshot::Snapshot;
use crate::tensors::{self, Tensor, TensorFile};

/// The entry that holds what is no array.
const ABOUT: &str = "map";
/// The same for tokens without a map.
const TOKENS: &str = "tokens";

/// The folder of maps.
#[derive(Debug, Clone)]
pub(crate) struct MapStore {
    folder: PathBuf,
}

impl MapStore {
    /// The store in `folder`, which is made when the first map is kept.
    pub(crate) const fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The map of `snapshot` under its key, if it is there. One that is damaged, or of another
    /// version's shape, is drawn again.
    ///
    /// # Errors
    /// When the model's files cannot be used.
    pub(crate) fn find(
        &self,
        key: &Digest,
        snapshot: &Snapshot,
    ) -> Result<Option<Map>, EngineError> {
        let Some(mut map) = self.read(key).ok().flatten() else { return Ok(None) };
        // The same weights may lie in another folder by now.
        map.model_id.clone_from(&snapshot.model.id);
        map.model_name.clone_from(&snapshot.model.usable()?.name);
        map.provenance = with_note(snapshot.provenance()?.summary(), map.device.clone());
        Ok(Some(map))
    }

    /// Keeps a map.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn keep(&self, key: &Digest, map: &Map) -> Result<(), EngineError> {
        let laid_over: Vec<u32> = map.laid_over.iter().map(|&over| u32::from(over)).collect();
        let shape = [map.rows(), map.settings.dims];
        let mut arrays = vec![
            Tensor::of_f32("coordinates", &shape, &map.coordinates),
            Tensor::of_u32("laid_over", &laid_over),
        ];
        arrays.extend(map.tokens.iter().flat_map(arrays_of));
        let about = serde_json::to_string(map)?;
        tensors::write(&tensors::place(&self.folder, key.as_str()), &arrays, (ABOUT, about))
    }

    fn read(&self, key: &Digest) -> Result<Option<Map>, EngineError> {
        let path = tensors::place(&self.folder, key.as_str());
        let mut file = TensorFile::open(&path)?;
        let Some(about) = file.about(ABOUT) else { return Ok(None) };
        let mut map: Map = serde_json::from_str(about)?;
        map.coordinates = file.f32s("coordinates")?.1;
        map.laid_over = file.u32s("laid_over")?.iter().map(|&over| over == 1).collect();
        if let Some(tokens) = &mut map.tokens {
            fill(tokens, &mut file)?;
        }
        let is_whole = map.coordinates.len() == map.laid_over.len() * map.settings.dims;
        Ok(is_whole.then_some(map))
    }

    /// Tokens with their scores, and what a device computed of these, if they are there and whole.
    pub(crate) fn find_tokens(&self, key: &Digest) -> Option<(TokenIndex, Option<String>)> {
        let mut file = TensorFile::open(&tensors::place(&self.folder, key.as_str())).ok()?;
        let mut kept: (TokenIndex, Option<String>) =
            serde_json::from_str(file.about(TOKENS)?).ok()?;
        fill(&mut kept.0, &mut file).ok()?;
        let TokenIndex { words, text, word, position, score } = &kept.0;
        let is_whole = [word.len(), position.len(), score.len()] == [text.len(); 3]
            && word.iter().all(|&word| (word as usize) < words.len());
        is_whole.then_some(kept)
    }

    /// Keeps them.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(crate) fn keep_tokens(
        &self,
        key: &Digest,
        tokens: &TokenIndex,
        note: Option<String>,
    ) -> Result<(), EngineError> {
        let about = serde_json::to_string(&(tokens, note))?;
        let path = tensors::place(&self.folder, key.as_str());
        tensors::write(&path, &arrays_of(tokens), (TOKENS, about))
    }
}

fn arrays_of(tokens: &TokenIndex) -> [Tensor; 4] {
    [
        Tensor::of_u32("text", &tokens.text),
        Tensor::of_u32("word", &tokens.word),
        Tensor::of_u32("position", &tokens.position),
        Tensor::of_f32("score", &[tokens.score.len()], &tokens.score),
    ]
}

fn fill(tokens: &mut TokenIndex, file: &mut TensorFile) -> Result<(), EngineError> {
    tokens.text = file.u32s("text")?;
    tokens.word = file.u32s("word")?;
    tokens.position = file.u32s("position")?;
    tokens.score = file.f32s("score")?.1;
    Ok(())
}
