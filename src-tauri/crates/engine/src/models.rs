//! Which models there are, and the ones in memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use lens_core::{CancelToken, Digest, WeightsDtype};
use lens_model::{LanguageModel, ModelError, ModelFolder, ModelInfo, hub_origin};

use crate::contract::{ModelOrigin, ModelView, ReadingView};
use crate::memory;
use crate::read::Reading;
use crate::store::ActivationStore;
use crate::{EngineError, Places, shelf};

/// A model that could be read, on disk.
#[derive(Debug, Clone)]
pub struct ModelEntry {
    /// Identity: the bundled name or the folder's full path.
    pub id: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Where it comes from.
    pub origin: ModelOrigin,
    /// What its files say, or why they cannot be used.
    pub info: Result<Arc<ModelInfo>, Arc<ModelError>>,
}

impl ModelEntry {
    /// Looks at a folder without loading weights.
    fn look(id: String, folder: PathBuf, origin: ModelOrigin) -> Self {
        let info = ModelFolder::open(&folder).and_then(|f| f.inspect());
        let info = info.map(Arc::new).map_err(Arc::new);
        Self { id, folder, origin, info }
    }

    /// The bundled models, by name.
    #[must_use]
    pub fn bundled(places: &Places) -> Vec<Self> {
        let Ok(folders) = std::fs::read_dir(&places.models) else { return Vec::new() };
        let mut folders: Vec<PathBuf> = folders
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.join("config.json").is_file())
            .collect();
        folders.sort();
        folders
            .into_iter()
            .map(|folder| {
                let id = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                Self::look(id, folder, ModelOrigin::Bundled)
            })
            .collect()
    }

    /// A folder that the person named, in the hub's cache or elsewhere.
    #[must_use]
    pub fn of_folder(folder: &Path) -> Self {
        let id = folder.to_string_lossy().into_owned();
        let origin = match hub_origin(folder) {
            Some(_) => ModelOrigin::Cache,
            None => ModelOrigin::Folder,
        };
        Self::look(id, folder.to_path_buf(), origin)
    }

    /// A model by bundled name, folder, or the id of one in the hub's cache, as the command line
    /// takes it. Nothing is fetched.
    ///
    /// # Errors
    /// When there is neither, or its files cannot be used.
    pub fn resolve(places: &Places, name: &str) -> Result<Self, EngineError> {
        let entry = Self::bundled(places).into_iter().find(|entry| entry.id == name);
        match entry {
            Some(entry) => Ok(entry),
            None if Path::new(name).exists() => Ok(Self::of_folder(Path::new(name))),
            None => match shelf::in_cache(name)? {
                Some(entry) => Ok(entry),
                None if name.parse::<lens_hub::RepoId>().is_ok() => {
                    Err(EngineError::NotFetched(name.to_owned()))
                }
                None => Err(EngineError::UnknownModel(name.to_owned())),
            },
        }
    }

    /// Its id on the hub, where it lies in the hub's cache.
    #[must_use]
    pub fn repo(&self) -> Option<String> {
        hub_origin(&self.folder).map(|origin| origin.repo)
    }

    /// What its files say.
    ///
    /// # Errors
    /// Why they cannot be used.
    pub fn usable(&self) -> Result<&ModelInfo, EngineError> {
        self.info.as_deref().map_err(|e| EngineError::UnusableModel(Arc::clone(e)))
    }

    /// Digest of its content, remembered in the store until a file changes.
    ///
    /// # Errors
    /// When its files cannot be read.
    pub fn digest(&self, store: &ActivationStore) -> Result<Digest, EngineError> {
        store.model_digest(&self.folder, &stamp(&self.folder)?, || {
            Ok(ModelFolder::open(&self.folder)?.digest(&CancelToken::default())?)
        })
    }
}

/// Names, sizes and times of change of a folder's files, or of the one file: differs when any of them
/// does.
fn stamp(path: &Path) -> Result<String, EngineError> {
    let mut paths = vec![path.to_path_buf()];
    if path.is_dir() {
        let entries = std::fs::read_dir(path).map_err(|e| EngineError::io(path, e))?;
        let entries = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>();
        paths = entries.map_err(|e| EngineError::io(path, e))?;
    }
    let mut files = Vec::new();
    for path in paths {
        // Followed through links: a hub cache holds links to its blobs.
        let Ok(about) = std::fs::metadata(&path) else { continue };
        let changed = about.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
        let nanos = changed.map_or(0, |t| t.as_nanos());
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        files.push(format!("{name}:{}:{nanos}", about.len()));
    }
    files.sort();
    Ok(files.join("|"))
}

/// The models in memory: the last one used, since each may fill most of it.
#[derive(Default)]
pub struct LoadedModels {
    last: Option<((Digest, WeightsDtype), LanguageModel)>,
}

impl LoadedModels {
    /// The model of `entry` with its weights held so, loaded if it is not the one in memory.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub fn get(
        &mut self,
        entry: &ModelEntry,
        digest: &Digest,
        held: WeightsDtype,
    ) -> Result<&LanguageModel, EngineError> {
        let wanted = (digest.clone(), held);
        let loaded = match self.last.take().filter(|(known, _)| *known == wanted) {
            Some(loaded) => loaded,
            None => (wanted, LanguageModel::load_as(&entry.folder, held)?),
        };
        Ok(&self.last.insert(loaded).1)
    }
}

/// A model as the window shows it. `held` is how its weights will be held, `free` the memory that is
/// free, in bytes.
pub(crate) fn model_view(
    model: &ModelEntry,
    chosen: bool,
    reading: Option<&Reading>,
    held: WeightsDtype,
    free: u64,
) -> ModelView {
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let info = model.info.as_deref().ok();
    ModelView {
        id: model.id.clone(),
        name: info.map_or_else(|| model.id.clone(), |i| i.name.clone()),
        family: info.map_or_else(String::new, |i| i.family.clone()),
        layers: info.map_or(0, |i| small(i.layers)),
        width: info.map_or(0, |i| small(i.width)),
        parameters_millions: info.map_or(0.0, |i| memory::megabytes(i.parameters)),
        weights_dtype: info.map_or_else(String::new, |i| i.weights_dtype.clone()),
        megabytes: info.map_or(0.0, |i| memory::megabytes(i.bytes)),
        licence: info.and_then(|i| i.licence.clone()),
        origin: model.origin,
        repo: model.repo(),
        context: info.map_or(0, |i| small(i.max_positions)),
        memory: info.map(|i| memory::of_model(i, held, free)),
        chosen,
        reading: reading.map(|r| ReadingView {
            texts: small(r.places.len()),
            tokens: u32::try_from(r.tokens()).unwrap_or(u32::MAX),
            truncated: small(r.truncated()),
            from_store: small(r.from_store),
            seconds: r.seconds,
        }),
        problem: model.info.as_ref().err().map(ToString::to_string),
    }
}
