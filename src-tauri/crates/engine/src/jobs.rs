//! The long work of the window: reading the pairs with every chosen model, probing, holding the
//! probes against their controls, and comparing the models.

use std::sync::Arc;

use lens_core::{CancelToken, LayerSelection, Reporter};
use lens_dataset::KeywordList;

use crate::agreement::{self, Probed};
use crate::clock::ClockedReporter;
use crate::contract::{ApiError, JobEvent, LayerSweepView, ProbeControlsView, ProgressView};
use crate::controls::{controls, controls_key};
use crate::models::{LoadedModels, ModelEntry};
use crate::pairs::PreparedPairs;
use crate::read::{ReadRequest, Reading, passages, read};
use crate::session::Session;
use crate::snapshot::Snapshot;
use crate::study::Settings;
use crate::{EngineError, probe};

/// Starts reading the current pairs with every chosen model and returns the job's id at once.
/// `listener` is called from the working thread, in order. A model that fails does not stop the
/// others; a stop keeps what was read.
///
/// # Errors
/// When there are no pairs, no model is chosen, or another job is running.
pub fn read_pairs(
    session: &Arc<Session>,
    listener: impl Fn(JobEvent) + Send + Sync + 'static,
) -> Result<String, EngineError> {
    let pairs = session.prepared()?;
    let (models, settings) = session.chosen()?;
    let keywords = session.keywords()?;
    let shared = Arc::clone(session);
    session.reading.begin()?.on_models_thread(
        session.worker(),
        listener,
        move |loaded, listener, cancel| {
            let work = Work { session: &shared, pairs, settings, keywords, cancel, listener };
            work.run(loaded, &models)
        },
    )
}

struct Work<'a, F> {
    session: &'a Session,
    pairs: Arc<PreparedPairs>,
    settings: Settings,
    keywords: KeywordList,
    cancel: &'a CancelToken,
    listener: &'a F,
}

impl<F: Fn(JobEvent) + Send + Sync> Work<'_, F> {
    /// All models read first, so that every cluster is on screen before the first control.
    fn run(&self, loaded: &mut LoadedModels, models: &[ModelEntry]) -> JobEvent {
        let mut read = Vec::new();
        for model in models {
            match self.outcome(model, models.len(), self.read_one(loaded, model)) {
                Ok(Some(reading)) => {
                    (self.listener)(JobEvent::ModelReady { model_id: model.id.clone() });
                    read.push((model, reading));
                }
                Ok(None) => {}
                Err(last) => return last,
            }
        }
        let mut probed = Vec::new();
        for (model, reading) in read {
            let snapshot = self.snapshot(model, reading);
            match self.outcome(model, models.len(), self.control_one(loaded, &snapshot)) {
                Ok(Some(sweep)) => {
                    (self.listener)(JobEvent::ControlsReady { model_id: model.id.clone() });
                    probed.extend(sweep.map(|sweep| Probed { snapshot, sweep }));
                }
                Ok(None) => {}
                Err(last) => return last,
            }
        }
        match agreement::compute(self.session, &probed, &self.reporter(), self.cancel) {
            Ok(()) => (self.listener)(JobEvent::AgreementReady),
            Err(error) if error.is_cancelled() => return JobEvent::Cancelled,
            Err(error) => return JobEvent::Failed { error: ApiError::from(error) },
        }
        JobEvent::Finished
    }

    fn reporter(&self) -> ClockedReporter<impl Fn(ProgressView) + Send + Sync> {
        ClockedReporter::new(|progress| (self.listener)(JobEvent::Progress { progress }))
    }

    /// What came of one model; none where it failed and the listener was told, or the job's last
    /// word.
    fn outcome<T>(
        &self,
        model: &ModelEntry,
        models: usize,
        done: Result<T, EngineError>,
    ) -> Result<Option<T>, JobEvent> {
        match done {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_cancelled() => Err(JobEvent::Cancelled),
            Err(error) if models == 1 => Err(JobEvent::Failed { error: ApiError::from(error) }),
            Err(error) => {
                let error = ApiError::from(error);
                (self.listener)(JobEvent::ModelFailed { model_id: model.id.clone(), error });
                Ok(None)
            }
        }
    }

    fn read_one(
        &self,
        loaded: &mut LoadedModels,
        model: &ModelEntry,
    ) -> Result<Reading, EngineError> {
        let (session, store) = (self.session, self.session.store());
        let layers = LayerSelection::All;
        let request = ReadRequest { model, layers: &layers, settings: &self.settings };
        let texts = passages(self.pairs.pairs());
        let reporter = self.reporter();
        let reading = read(&request, &texts, loaded, store, &reporter, self.cancel)?;
        session.remember_reading(&model.id, &self.pairs, reading.clone());
        self.sweep(&self.snapshot(model, reading.clone()), &reporter)?;
        Ok(reading)
    }

    /// The probe, held against everything it has to beat unless the study knows already; none where
    /// the pairs allow no probe.
    fn control_one(
        &self,
        loaded: &mut LoadedModels,
        snapshot: &Snapshot,
    ) -> Result<Option<LayerSweepView>, EngineError> {
        let (session, reporter) = (self.session, self.reporter());
        let Some(sweep) = self.sweep(snapshot, &reporter)? else { return Ok(None) };
        let key = controls_key(snapshot, &self.keywords);
        if session.study()?.result::<ProbeControlsView>(&key)?.is_none() {
            let found = controls(
                snapshot,
                &self.keywords,
                loaded,
                session.store(),
                session.compute(),
                &reporter,
                self.cancel,
            )?;
            session.study()?.keep_result(&key, &found)?;
        }
        Ok(Some(sweep))
    }

    fn snapshot(&self, model: &ModelEntry, reading: Reading) -> Snapshot {
        Snapshot {
            pairs: Arc::clone(&self.pairs),
            model: model.clone(),
            reading,
            settings: self.settings,
        }
    }

    /// The model's sweep, kept or computed; none where the pairs allow no probe: they still make
    /// clusters, and the Probes room says why it is empty.
    fn sweep(
        &self,
        snapshot: &Snapshot,
        reporter: &dyn Reporter,
    ) -> Result<Option<LayerSweepView>, EngineError> {
        let session = self.session;
        let key = probe::sweep_key(snapshot);
        if let Some(kept) = session.kept_sweep(&key)? {
            return Ok(Some(kept));
        }
        match probe::sweep(snapshot, session.store(), reporter, self.cancel) {
            Ok(sweep) => session.keep_sweep(&key, &sweep, snapshot).map(Some),
            Err(error) if error.is_cancelled() => Err(error),
            Err(EngineError::Analysis(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
