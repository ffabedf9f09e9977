//! Steering in the window: the long work.

use std::sync::Arc;

use lens_core::{CancelToken, Digest};
use lens_steering::Scenario;

use super::along::kept_measures;
use super::cells::KeptCell;
use super::run::{Keep, Planned};
use crate::EngineError;
use crate::clock::ClockedReporter;
use crate::contract::{ApiError, JobEvent, SteeringPlanView};
use crate::models::LoadedModels;
use crate::session::Session;

/// Cells lie in the study.
impl Keep for Session {
    fn find(&self, key: &Digest) -> Result<Option<KeptCell>, EngineError> {
        self.study()?.result(key)
    }

    fn keep(&self, key: &Digest, cell: &KeptCell) -> Result<(), EngineError> {
        self.study()?.keep_result(key, cell)
    }
}

/// Starts sampling the plan with every chosen model and returns the job's id at once. What is kept
/// is not sampled again; a stop keeps what was done.
///
/// # Errors
/// When there are no pairs, no model is chosen, the plan cannot be, or another job is running.
pub fn run_steering(
    session: &Arc<Session>,
    listener: impl Fn(JobEvent) + Send + Sync + 'static,
) -> Result<String, EngineError> {
    let (models, _) = session.chosen()?;
    session.prepared()?;
    let (plan, scenarios) = session.steering_wanted()?;
    let (id, cancel) = session.reading.begin()?;
    let (shared, job) = (Arc::clone(session), id.clone());
    let submitted = session.worker().submit(move |loaded| {
        let work = Work { session: &shared, plan, scenarios, cancel, listener: &listener };
        let ids: Vec<String> = models.into_iter().map(|model| model.id).collect();
        let last = work.run(loaded, &ids);
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
    plan: SteeringPlanView,
    scenarios: Vec<Scenario>,
    cancel: CancelToken,
    listener: &'a F,
}

impl<F: Fn(JobEvent) + Send + Sync> Work<'_, F> {
    fn run(&self, loaded: &mut LoadedModels, models: &[String]) -> JobEvent {
        for id in models {
            match self.one(loaded, id) {
                Ok(()) => {}
                Err(error) if error.is_cancelled() => return JobEvent::Cancelled,
                Err(error) => {
                    let error = ApiError::from(error);
                    if models.len() == 1 {
                        return JobEvent::Failed { error };
                    }
                    (self.listener)(JobEvent::ModelFailed { model_id: id.clone(), error });
                }
            }
        }
        JobEvent::Finished
    }

    fn one(&self, loaded: &mut LoadedModels, id: &str) -> Result<(), EngineError> {
        let session = self.session;
        let snapshot = session.snapshot(id)?;
        let along = session.steered_along(&snapshot, &self.plan)?;
        let reporter =
            ClockedReporter::new(|progress| (self.listener)(JobEvent::Progress { progress }));
        let measures = kept_measures(session, &snapshot, &along, loaded, &reporter, &self.cancel)?;
        let planned = Planned {
            snapshot: &snapshot,
            plan: &self.plan,
            scenarios: &self.scenarios,
            along: &along,
            residual_norm: measures.residual_norm,
        };
        let told = || (self.listener)(JobEvent::SteeringReady { model_id: id.to_owned() });
        planned.sample(loaded, session, &told, &reporter, &self.cancel)
    }
}
