//! All models that can be chosen or fetched.

use std::path::Path;
use std::thread;

use lens_core::WeightsDtype;
use lens_hub::{
    CacheListing, CachedRepo, Catalog, CatalogEntry, HubSettings, Readiness, list_cache,
};

use crate::contract::{CatalogueEntryView, CatalogueState, ModelView, ShelfView, StudyView};
use crate::download::hub_settings;
use crate::models::{ModelEntry, model_view};
use crate::session::Session;
use crate::{EngineError, Places, memory};

/// What is in the hub's cache on this machine, and what is worth fetching into it.
#[derive(Debug)]
pub struct Shelf {
    settings: HubSettings,
    listing: CacheListing,
    catalogue: Vec<CatalogEntry>,
    /// How weights would be held in memory.
    held: WeightsDtype,
    /// Free memory in bytes.
    free: u64,
}

impl Shelf {
    /// Looks at the disk; `held` is how weights would be held in memory.
    ///
    /// # Errors
    /// When the cache cannot be named or the catalogue is damaged.
    pub fn look(places: &Places, held: WeightsDtype) -> Result<Self, EngineError> {
        let settings = hub_settings()?;
        let path = places.models.join("catalog.toml");
        let list = std::fs::read_to_string(&path).map_err(|e| EngineError::io(&path, e))?;
        Ok(Self {
            listing: list_cache(&settings.cache),
            settings,
            catalogue: Catalog::parse(&list)?.models,
            held,
            free: memory::free_bytes(),
        })
    }

    /// The complete models of the cache, each at the revision that `main` stands for where that is
    /// here.
    #[must_use]
    pub fn cached(&self) -> Vec<ModelEntry> {
        self.listing.repos.iter().flat_map(complete).collect()
    }

    /// The checkpoints of the catalogue, and how much of each is here.
    #[must_use]
    pub fn catalogue(&self) -> Vec<CatalogueEntryView> {
        self.catalogue.iter().map(|entry| self.catalogue_entry(entry)).collect()
    }

    fn catalogue_entry(&self, entry: &CatalogEntry) -> CatalogueEntryView {
        let cached = self.listing.repos.iter().find(|repo| repo.id == entry.repo);
        CatalogueEntryView {
            repo: entry.repo.to_string(),
            about: entry.about.clone(),
            family: entry.family.clone(),
            licence: entry.licence.clone(),
            parameters_millions: memory::megabytes(entry.parameters),
            layers: u32::try_from(entry.layers).ok(),
            width: u32::try_from(entry.width).ok(),
            gated: entry.gated,
            megabytes: memory::megabytes(entry.half_bytes()),
            memory: memory::of_parameters(entry.parameters, self.held, self.free),
            state: cached.map_or(CatalogueState::Absent, state),
        }
    }

    /// A cached model as the window shows it: what its files do not say (the licence stays on the
    /// hub) the catalogue may.
    fn cached_view(&self, entry: &ModelEntry) -> ModelView {
        let mut view = model_view(entry, false, None, self.held, self.free);
        let known = self.catalogue.iter().find(|e| Some(e.repo.as_str()) == view.repo.as_deref());
        view.licence = view.licence.or(known.map(|entry| entry.licence.clone()));
        view
    }

    /// What in the cache is damaged, each in a sentence.
    fn notes(&self) -> Vec<String> {
        let in_repos =
            self.listing.repos.iter().flat_map(|repo| {
                repo.problems.iter().map(|problem| format!("{}: {problem}", repo.id))
            });
        self.listing.problems.iter().cloned().chain(in_repos).collect()
    }
}

impl Session {
    /// Bundled models, those of the study, those in the hub's cache, and the catalogue. Looks at the
    /// disk anew.
    ///
    /// # Errors
    /// When the study or the store cannot be read, or the catalogue is damaged.
    pub fn shelf(&self) -> Result<ShelfView, EngineError> {
        let held = self.study()?.state().settings.weights;
        let shelf = Shelf::look(self.places(), held)?;
        let mut models = self.study_view()?.models;
        for entry in shelf.cached() {
            if models.iter().all(|known| known.id != entry.id) {
                models.push(shelf.cached_view(&entry));
            }
        }
        let cache = &shelf.settings.cache;
        Ok(ShelfView {
            models,
            catalogue: shelf.catalogue(),
            cache_folder: cache.is_dir().then(|| cache.to_string_lossy().into_owned()),
            offline: shelf.settings.offline,
            notes: shelf.notes(),
            device: format!("{}; projections: {}", device(), self.compute().describe()),
        })
    }

    /// Takes a model that was added out of the study again. Nothing is deleted.
    ///
    /// # Errors
    /// When it is not among the added ones.
    pub fn remove_model(&self, id: &str) -> Result<StudyView, EngineError> {
        let folder = Path::new(id);
        {
            let mut study = self.study()?;
            if !study.state().model_folders.iter().any(|known| known == folder) {
                return Err(EngineError::UnknownModel(id.to_owned()));
            }
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            study.edit(&format!("removal of {name}"), |state| {
                state.model_folders.retain(|known| known != folder);
                state.chosen_models.retain(|known| known != id);
            })?;
        }
        self.study_view()
    }
}

/// The models of a repository that are complete here: the folder of a revision, or its GGUF files.
fn complete(repo: &CachedRepo) -> Vec<ModelEntry> {
    let whole = repo.revisions.iter().find(|r| r.readiness == Readiness::Complete);
    let Some(whole) = whole else { return Vec::new() };
    if whole.folder.join("config.json").is_file() {
        return vec![ModelEntry::of_folder(&whole.folder)];
    }
    let ggufs = whole.files.iter().filter(|file| file.name.to_ascii_lowercase().ends_with(".gguf"));
    ggufs.map(|file| ModelEntry::of_folder(&whole.folder.join(&file.name))).collect()
}

/// The model with a hub id, where it is complete in this machine's cache.
pub(crate) fn in_cache(repo: &str) -> Result<Option<ModelEntry>, EngineError> {
    let listing = list_cache(&hub_settings()?.cache);
    let known = listing.repos.iter().find(|known| known.id.as_str() == repo);
    Ok(known.and_then(|repo| complete(repo).into_iter().next()))
}

fn state(repo: &CachedRepo) -> CatalogueState {
    if !complete(repo).is_empty() {
        return CatalogueState::Complete;
    }
    let begun: u64 = repo.partial.iter().map(|file| file.bytes).sum();
    match repo.bytes.saturating_add(begun) {
        0 => CatalogueState::Absent,
        bytes => CatalogueState::Partial { megabytes: memory::megabytes(bytes) },
    }
}

/// What models compute on.
fn device() -> String {
    match thread::available_parallelism().map_or(1, std::num::NonZero::get) {
        1 => "processor, 1 core".to_owned(),
        cores => format!("processor, {cores} cores"),
    }
}
