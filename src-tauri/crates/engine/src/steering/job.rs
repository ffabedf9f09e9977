//! Steering in the window: the long work.

use std::sync::Arc;

use lens_core::CancelToken;
use lens_steering::Scenario;

use super::along::check_writes;
use super::measures::Measured;
use super::run::Planned;
use crate::EngineError;
use crate::clock::ClockedReporter;
use crate::contract::{ApiError, JobEvent, SteeringPlanView};
use crate::models::{LoadedModels, ModelEntry};
use crate::session::Session;

/// Starts sampling the plan with every chosen model that writes and returns the job's id at once. What
/// is kept is not sampled again; a stop keeps what was done.
///
/// # Errors
/// When there are no pairs, no model is chosen or none of them writes, the plan cannot be, or another
/// job is running.
pub fn run_steering(
    session: &Arc<Session>,
    listener: impl Fn(JobEvent) + Send + Sync + 'static,
) -> Result<String, EngineError> {
    let (chosen, _) = session.chosen()?;
    session.prepared()?;
    let (plan, scenarios) = session.steering_wanted()?;
    // The room says beside an encoder why it is left out.
    let is_encoder = |model: &&ModelEntry| model.info.as_ref().is_ok_and(|info| !info.has_logits);
    let others = chosen.iter().filter(|model| !is_encoder(model));
    let models: Vec<String> = others.map(|model| model.id.clone()).collect();
    if models.is_empty() {
        chosen.iter().try_for_each(check_writes)?;
    }
    let shared = Arc::clone(session);
    session.reading.begin()?.on_models_thread(
        session.worker(),
        listener,
        move |loaded, listener, cancel| {
            let work = Work { session: &shared, plan, scenarios, cancel, listener };
            work.run(loaded, &models)
        },
    )
}

struct Work<'a, F> {
    session: &'a Session,
    plan: SteeringPlanView,
    scenarios: Vec<Scenario>,
    cancel: &'a CancelToken,
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
        let course = session.steered_along(&snapshot, &self.plan)?;
        let reporter =
            ClockedReporter::new(|progress| (self.listener)(JobEvent::Progress { progress }));
        let measured = Measured::all(session, &snapshot, &course, loaded, &reporter, self.cancel)?;
        let planned = Planned {
            snapshot: &snapshot,
            plan: &self.plan,
            scenarios: &self.scenarios,
            course: &course,
            measured: &measured,
        };
        let told = || (self.listener)(JobEvent::SteeringReady { model_id: id.to_owned() });
        planned.sample(loaded, session, &told, &reporter, self.cancel)
    }
}
