//! The long work of the window: reading the pairs with every chosen model, then probing.

use std::sync::Arc;

use lens_core::{CancelToken, LayerSelection, Reporter};

use crate::clock::ClockedReporter;
use crate::contract::{ApiError, JobEvent};
use crate::models::{LoadedModels, ModelEntry};
use crate::pairs::PreparedPairs;
use crate::read::{ReadRequest, passages, read};
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
    let (id, cancel) = session.reading.begin()?;
    let (shared, job) = (Arc::clone(session), id.clone());
    let submitted = session.worker().submit(move |loaded| {
        let work = Work { session: &shared, pairs, settings, cancel, listener: &listener };
        let last = work.run(loaded, &models);
        // Ended before the last word is sent, so that the listener may start the next job.
        shared.reading.end(&job);
        listener(last);
    });
    if let Err(error) = submitted {
        session.reading.end(&id);
        return Err(error);
    }
    Ok(id)
}

struct Work<'a, F> {
    session: &'a Session,
    pairs: Arc<PreparedPairs>,
    settings: Settings,
    cancel: CancelToken,
    listener: &'a F,
}

impl<F: Fn(JobEvent) + Send + Sync> Work<'_, F> {
    fn run(&self, loaded: &mut LoadedModels, models: &[ModelEntry]) -> JobEvent {
        for model in models {
            let reporter = ClockedReporter::new(|progress| {
                (self.listener)(JobEvent::Progress { progress });
            });
            match self.read_one(loaded, model, &reporter) {
                Ok(()) => (self.listener)(JobEvent::ModelReady { model_id: model.id.clone() }),
                Err(error) if error.is_cancelled() => return JobEvent::Cancelled,
                Err(error) => {
                    let error = ApiError::from(error);
                    if models.len() == 1 {
                        return JobEvent::Failed { error };
                    }
                    (self.listener)(JobEvent::ModelFailed { model_id: model.id.clone(), error });
                }
            }
        }
        JobEvent::Finished
    }

    fn read_one(
        &self,
        loaded: &mut LoadedModels,
        model: &ModelEntry,
        reporter: &dyn Reporter,
    ) -> Result<(), EngineError> {
        let (session, store) = (self.session, self.session.store());
        let layers = LayerSelection::All;
        let request = ReadRequest { model, layers: &layers, settings: &self.settings };
        let texts = passages(self.pairs.pairs());
        let reading = read(&request, &texts, loaded, store, reporter, &self.cancel)?;
        session.remember_reading(&model.id, &self.pairs, reading.clone());
        let snapshot = Snapshot {
            pairs: Arc::clone(&self.pairs),
            model: model.clone(),
            reading,
            settings: self.settings,
        };
        let key = probe::sweep_key(&snapshot);
        if session.kept_sweep(&key)?.is_some() {
            return Ok(());
        }
        match probe::sweep(&snapshot, store, reporter, &self.cancel) {
            Ok(sweep) => session.keep_sweep(&key, &sweep, &snapshot).map(drop),
            Err(error) if error.is_cancelled() => Err(error),
            // Pairs that allow no probe still make clusters: the Probes room says why it is empty.
            Err(EngineError::Analysis(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
