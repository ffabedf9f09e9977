//! What the window holds: the open study, the models, the store, and the job that runs.
//!
//! Locks are held for moments only. Anything long takes a snapshot (`Arc`s and copies) first, so a
//! question from the window never waits for a model.

mod edits;
mod results;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use lens_core::{CancelToken, Digest, LayerSelection};

use crate::compute::{Compute, DeviceChoice};
use crate::contract::{
    ExportRequest, ExportView, FigurePreview, ModelView, PairDetail, PairPage, SettingsView,
    StartView, StudyView, TokenHeatView,
};
use crate::map::{MapStore, TokenStore};
use crate::models::{ModelEntry, model_view};
use crate::packet::Packet;
use crate::pairs::PreparedPairs;
use crate::read::{ReadRequest, Reading, passages};
use crate::recent::RecentStudies;
use crate::slot::JobSlot;
use crate::steering::{LiveCoefficient, token_heat};
use crate::store::ActivationStore;
use crate::study::{Settings, Study};
use crate::worker::ModelWorker;
use crate::{EngineError, Places, VERSION, editing, figure, memory, sample, shipped};

/// One running program. Shared between the threads that answer the window.
#[derive(Debug)]
pub struct Session {
    places: Places,
    store: ActivationStore,
    compute: Compute,
    worker: ModelWorker,
    bundled: Vec<ModelEntry>,
    recent: RecentStudies,
    study: Mutex<Study>,
    prepared: Mutex<Option<Arc<PreparedPairs>>>,
    /// By model id, with the digest of the pairs that were read.
    readings: Mutex<BTreeMap<String, (Digest, Reading)>>,
    /// Reading the pairs.
    pub(crate) reading: Arc<JobSlot>,
    /// Taking a file of pairs into the study.
    importing: Arc<JobSlot>,
    /// Fetching a model.
    pub(crate) download: Arc<JobSlot>,
    /// Drawing a map.
    pub(crate) drawing: Arc<JobSlot>,
    maps: MapStore,
    tokens: TokenStore,
    /// Generating a text live.
    pub(crate) live: Arc<JobSlot>,
    /// The coefficient of the text that is generated, with its job's id.
    live_coefficient: Mutex<Option<(String, LiveCoefficient)>>,
}

impl Session {
    /// Opens `file` (a study, or pairs to read) where given, else the study that was open last,
    /// else the sample study.
    ///
    /// # Errors
    /// When the folders of the program cannot be used. A file that cannot be opened is an error
    /// too; a last study that has gone away is not.
    pub fn start(places: Places, file: Option<PathBuf>) -> Result<Self, EngineError> {
        let store = ActivationStore::open(&places.cache.join("activations"))?;
        let bundled = ModelEntry::bundled(&places);
        let recent = RecentStudies::in_folder(&places.data);
        let is_study = |path: &Path| path.extension().is_some_and(|e| e == "lens");
        let (study, pairs) = match file {
            Some(path) if is_study(&path) => (Study::open(&path)?, None),
            Some(pairs) => (sample::open(&places, &bundled)?, Some(pairs)),
            None => {
                let last = recent.latest().and_then(|path| Study::open(&path).ok());
                let study = match last {
                    Some(study) => study,
                    None => sample::open(&places, &bundled)?,
                };
                (study, None)
            }
        };
        let compute = Compute::new(DeviceChoice::Auto, &places.cache)?;
        let session = Self {
            compute,
            maps: MapStore::in_folder(places.cache.join("maps")),
            tokens: TokenStore::in_folder(places.cache.join("tokens")),
            places,
            store,
            worker: ModelWorker::start()?,
            bundled,
            recent,
            study: Mutex::new(study),
            prepared: Mutex::default(),
            readings: Mutex::default(),
            reading: JobSlot::new("reading"),
            importing: JobSlot::new("import"),
            download: JobSlot::new("download"),
            drawing: JobSlot::new("map"),
            live: JobSlot::new("live"),
            live_coefficient: Mutex::default(),
        };
        if let Some(pairs) = pairs {
            session.import_pairs(&pairs, None)?;
        }
        Ok(session)
    }

    /// What the window needs at start.
    ///
    /// # Errors
    /// When the study cannot be read.
    pub fn start_view(&self) -> Result<StartView, EngineError> {
        Ok(StartView {
            version: VERSION.to_owned(),
            study: self.study_view()?,
            recent: self.recent.list(),
            shipped: shipped::pair_sets(&self.places),
        })
    }

    /// The open study.
    ///
    /// # Errors
    /// When the study or the store cannot be read.
    pub fn study_view(&self) -> Result<StudyView, EngineError> {
        let prepared = match self.prepared() {
            Ok(prepared) => Some(prepared),
            Err(EngineError::NoPairs) => None,
            Err(error) => return Err(error),
        };
        let (state, path, undo) = {
            let study = self.study()?;
            (study.state().clone(), study.path().to_path_buf(), study.undo_label()?)
        };
        let free = memory::free_bytes();
        let models = self
            .all_models(&state.model_folders)
            .iter()
            .map(|model| {
                let chosen = state.chosen_models.contains(&model.id);
                let found = match &prepared {
                    Some(pairs) if chosen => self.find_reading(model, &state.settings, pairs),
                    _ => Ok(None),
                };
                // A chat template that is broken, or a file that has gone, is that model's trouble
                // alone; the others can be worked with, and the setting can be taken back.
                let (reading, problem) = match found {
                    Ok(reading) => (reading, None),
                    Err(EngineError::Model(error)) => (None, Some(error.to_string())),
                    Err(error) => return Err(error),
                };
                let view =
                    model_view(model, chosen, reading.as_ref(), state.settings.weights, free);
                Ok(ModelView { problem: view.problem.or(problem), ..view })
            })
            .collect::<Result<Vec<ModelView>, EngineError>>()?;
        let placed = self.is_placed(&path);
        let pending = prepared.is_some() && self.is_pending(&models)?;
        Ok(StudyView {
            name: state.name,
            path: placed.then(|| path.to_string_lossy().into_owned()),
            sample: state.sample,
            undo,
            pairs: prepared.map(|p| p.summary()),
            models,
            settings: SettingsView {
                pooling: state.settings.pooling.name().to_owned(),
                token_limit: u32::try_from(state.settings.token_limit).unwrap_or(u32::MAX),
                seed: state.settings.seed.0,
                chat_template: state.settings.chat_template,
                method: state.settings.method.name().to_owned(),
                weights: state.settings.weights.name().to_owned(),
            },
            split: editing::split_view(&state.split),
            pending,
        })
    }

    /// Opens the sample study.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open_sample(&self) -> Result<StudyView, EngineError> {
        self.switch_to(sample::open(&self.places, &self.bundled)?)
    }

    /// Opens a study file.
    ///
    /// # Errors
    /// When it is not one, or cannot be read.
    pub fn open_study(&self, path: &Path) -> Result<StudyView, EngineError> {
        if !path.exists() {
            let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
            return Err(EngineError::io(path, missing));
        }
        let study = Study::open(path)?;
        self.recent.add(study.path(), &study.state().name)?;
        self.switch_to(study)
    }

    /// Writes the study to `path` and goes on there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save_study_as(&self, path: &Path) -> Result<StudyView, EngineError> {
        let path = if path.extension().is_some_and(|e| e == "lens") {
            path.to_path_buf()
        } else {
            let mut named = path.as_os_str().to_owned();
            named.push(".lens");
            PathBuf::from(named)
        };
        {
            let mut study = self.study()?;
            study.save_as(&path)?;
            self.recent.add(study.path(), &study.state().name)?;
        }
        self.study_view()
    }

    /// A stretch of the pairs table.
    ///
    /// # Errors
    /// When there are no pairs.
    pub fn pair_rows(&self, offset: u32, limit: u32, query: &str) -> Result<PairPage, EngineError> {
        Ok(self.prepared()?.rows(offset, limit, query))
    }

    /// One pair in full.
    ///
    /// # Errors
    /// When there is no such pair.
    pub fn pair_detail(&self, index: u32) -> Result<PairDetail, EngineError> {
        self.prepared()?.detail(index)
    }

    /// Scenario, source and split of every pair.
    ///
    /// # Errors
    /// When there are no pairs.
    pub fn pair_index(&self) -> Result<Packet, EngineError> {
        self.prepared()?.index()
    }

    /// A figure as it would be exported.
    ///
    /// # Errors
    /// When what it shows has not been computed.
    pub fn preview_figure(&self, request: &ExportRequest) -> Result<FigurePreview, EngineError> {
        figure::preview(self, request)
    }

    /// Writes a figure to files.
    ///
    /// # Errors
    /// When what it shows has not been computed, or a file cannot be written.
    pub fn export_figure(&self, request: &ExportRequest) -> Result<ExportView, EngineError> {
        figure::export(self, request)
    }

    /// Stops a job at its next safe point; does nothing when it has ended.
    pub fn cancel_job(&self, id: &str) {
        self.reading.cancel(Some(id));
        self.download.cancel(Some(id));
        self.drawing.cancel(Some(id));
        self.live.cancel(Some(id));
    }

    /// Steers the text that is being generated by another coefficient from its next token on; does
    /// nothing when it has ended.
    ///
    /// # Errors
    /// A coefficient that is no finite number.
    pub fn steer_live(&self, id: &str, coefficient: f64) -> Result<(), EngineError> {
        if !coefficient.is_finite() {
            return Err(EngineError::BadValue {
                what: format!("A coefficient of {coefficient} cannot be used."),
                hint: "Give a finite number.".into(),
            });
        }
        if let Some((_, kept)) = lock(&self.live_coefficient)?.as_ref().filter(|(job, _)| job == id)
        {
            kept.set(coefficient);
        }
        Ok(())
    }

    pub(crate) fn set_live(&self, id: &str, kept: LiveCoefficient) -> Result<(), EngineError> {
        *lock(&self.live_coefficient)? = Some((id.to_owned(), kept));
        Ok(())
    }

    /// Scores every token of a text along the probe's direction at `layer`, or at the chosen layer.
    ///
    /// # Errors
    /// When a model is at work for another purpose, the model has not read the pairs or lacks the
    /// layer, or it fails.
    pub fn token_heat(
        self: &Arc<Self>,
        model: &str,
        layer: Option<u32>,
        text: &str,
    ) -> Result<TokenHeatView, EngineError> {
        if self.reading.is_busy() || self.drawing.is_busy() || self.live.is_busy() {
            return Err(EngineError::Busy);
        }
        let (session, model, text) = (Arc::clone(self), model.to_owned(), text.to_owned());
        let (answer, wait) = std::sync::mpsc::channel();
        self.worker.submit(move |loaded| {
            let cancel = CancelToken::default();
            let heat = token_heat(&session, loaded, &model, layer, &text, &cancel);
            // Nobody waits any more when the window has closed.
            let _ = answer.send(heat);
        })?;
        wait.recv().map_err(|_| EngineError::WorkerGone)?
    }

    pub(crate) const fn places(&self) -> &Places {
        &self.places
    }

    pub(crate) fn store(&self) -> &ActivationStore {
        &self.store
    }

    pub(crate) const fn compute(&self) -> &Compute {
        &self.compute
    }

    pub(crate) const fn maps(&self) -> &MapStore {
        &self.maps
    }

    pub(crate) const fn tokens(&self) -> &TokenStore {
        &self.tokens
    }

    pub(crate) fn worker(&self) -> &ModelWorker {
        &self.worker
    }

    /// The pairs with split and checks; computed once per pair set, split rule and seed.
    pub(crate) fn prepared(&self) -> Result<Arc<PreparedPairs>, EngineError> {
        let (set, rule, seed) = {
            let study = self.study()?;
            let state = study.state();
            let set = study.pairs().ok_or(EngineError::NoPairs)?;
            (set, state.split.clone(), state.settings.seed)
        };
        let mut kept = lock(&self.prepared)?;
        if let Some(prepared) = kept.as_ref().filter(|p| p.is_of(&set, &rule, seed)) {
            return Ok(Arc::clone(prepared));
        }
        let prepared = Arc::new(PreparedPairs::new(set, rule, seed));
        *kept = Some(Arc::clone(&prepared));
        Ok(prepared)
    }

    /// The models that read the pairs, and how.
    pub(crate) fn chosen(&self) -> Result<(Vec<ModelEntry>, Settings), EngineError> {
        let state = self.study()?.state().clone();
        let models: Vec<ModelEntry> = self
            .all_models(&state.model_folders)
            .into_iter()
            .filter(|m| state.chosen_models.contains(&m.id))
            .collect();
        if models.is_empty() { Err(EngineError::NoModels) } else { Ok((models, state.settings)) }
    }

    pub(crate) fn remember_reading(&self, model: &str, pairs: &PreparedPairs, reading: Reading) {
        if let Ok(mut known) = self.readings.lock() {
            known.insert(model.to_owned(), (pairs.digest().clone(), reading));
        }
    }

    /// The reading of the pairs by a model, remembered or from the store.
    fn find_reading(
        &self,
        model: &ModelEntry,
        settings: &Settings,
        pairs: &PreparedPairs,
    ) -> Result<Option<Reading>, EngineError> {
        if model.info.is_err() {
            return Ok(None);
        }
        let layers = LayerSelection::All;
        let key = ReadRequest { model, layers: &layers, settings }.key(&self.store)?;
        if let Some((read, reading)) = lock(&self.readings)?.get(&model.id)
            && read == pairs.digest()
            && reading.key == key
        {
            return Ok(Some(reading.clone()));
        }
        let found = Reading::find(&self.store, key, &passages(pairs.pairs()))?;
        if let Some(reading) = &found {
            self.remember_reading(&model.id, pairs, reading.clone());
        }
        Ok(found)
    }

    fn switch_to(&self, study: Study) -> Result<StudyView, EngineError> {
        self.reading.cancel(None);
        self.drawing.cancel(None);
        *self.study()? = study;
        self.study_view()
    }

    fn all_models(&self, folders: &[PathBuf]) -> Vec<ModelEntry> {
        let added = folders.iter().map(|folder| ModelEntry::of_folder(folder));
        self.bundled.iter().cloned().chain(added).collect()
    }

    /// Whether the person chose where the study is.
    fn is_placed(&self, path: &Path) -> bool {
        !path.starts_with(&self.places.data)
    }

    pub(crate) fn study(&self) -> Result<MutexGuard<'_, Study>, EngineError> {
        lock(&self.study)
    }
}

/// A lock whose owner died holds data that may be half-changed: treated as the end of the worker.
fn lock<T>(mutex: &Mutex<T>) -> Result<MutexGuard<'_, T>, EngineError> {
    mutex.lock().map_err(|_| EngineError::WorkerGone)
}
