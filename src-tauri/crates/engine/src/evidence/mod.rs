//! The evidence ladder: what is shown about one concept in one model, rung by rung (METHODS,
//! section 10). Every rung stands on its own numbers; none is inferred from another.

mod ladder;
mod report;
mod steered;

use std::path::Path;

use crate::EngineError;
use crate::behaviour;
use crate::contract::{BehaviourView, EvidenceView, LadderView, ModelSteeringView, ReportFormat};
use crate::models::ModelEntry;
use crate::session::Session;
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;

pub use ladder::Findings;
pub use report::write_report;

/// The ladder of a model that has read the pairs.
///
/// # Errors
/// When the model's files cannot be used.
pub fn ladder(snapshot: &Snapshot, findings: &Findings<'_>) -> Result<LadderView, EngineError> {
    let (id, name) = (&snapshot.model.id, snapshot.provenance()?.model);
    Ok(ladder::ladder(id, &name, findings, None, snapshot.provenance_with_scores()?))
}

/// What human scores say of a model's scores, or why they say nothing.
///
/// # Errors
/// When the activations cannot be read.
pub fn behaviour_finding(
    snapshot: &Snapshot,
    store: &ActivationStore,
    layer: u32,
) -> Result<Result<BehaviourView, String>, EngineError> {
    match behaviour::of_pairs(snapshot, store, layer as usize) {
        Ok(view) => Ok(Ok(view)),
        Err(
            error @ (EngineError::NoHumanScores
            | EngineError::Agreement(_)
            | EngineError::Analysis(_)),
        ) => Ok(Err(crate::contract::ApiError::from(&error).message)),
        Err(error) => Err(error),
    }
}

/// The ladders of all chosen models, from what has been computed by now.
///
/// # Errors
/// When there are no pairs, no model is chosen, or the study cannot be read.
pub(crate) fn view(session: &Session) -> Result<EvidenceView, EngineError> {
    let pairs = session.prepared()?;
    let (models, _) = session.chosen()?;
    let summary = pairs.summary();
    Ok(EvidenceView {
        concept: summary.concept,
        data: summary.name,
        train_pairs: summary.train,
        test_pairs: summary.test,
        models: models
            .iter()
            .map(|model| of_model(session, model))
            .collect::<Result<Vec<_>, EngineError>>()?,
    })
}

/// One model's ladder. What stands in its way is said in the ladder: the others have theirs.
fn of_model(session: &Session, model: &ModelEntry) -> Result<LadderView, EngineError> {
    let name = model.usable().map_or_else(|_| model.id.clone(), |info| info.name.clone());
    let blank = |error: &EngineError| {
        let problem = crate::contract::ApiError::from(error).message;
        let findings = Findings {
            sweep: None,
            controls: None,
            behaviour: Err(problem.clone()),
            steering: Err(problem.clone()),
        };
        Ok(ladder::ladder(&model.id, &name, &findings, Some(problem), String::new()))
    };
    let is_the_models = |error: &EngineError| {
        matches!(
            error,
            EngineError::NotRead(_)
                | EngineError::Model(_)
                | EngineError::UnusableModel(_)
                | EngineError::Analysis(_)
        )
    };
    let snapshot = match session.snapshot(&model.id) {
        Ok(snapshot) => snapshot,
        Err(error) if is_the_models(&error) => return blank(&error),
        Err(error) => return Err(error),
    };
    let sweep = match session.layer_sweep(&model.id) {
        Ok(sweep) => sweep,
        Err(error) if is_the_models(&error) => return blank(&error),
        Err(error) => return Err(error),
    };
    let controls = match session.probe_controls(&model.id) {
        Ok(controls) => Some(controls),
        Err(EngineError::NotComputed(_)) => None,
        Err(error) => return Err(error),
    };
    let behaviour = behaviour_finding(&snapshot, session.store(), sweep.chosen_layer)?;
    let steering = steering_finding(session, &model.id)?;
    let findings =
        Findings { sweep: Some(&sweep), controls: controls.as_ref(), behaviour, steering };
    ladder(&snapshot, &findings)
}

/// What steering along the probe's direction showed. A direction from a file is not the one that the
/// other rungs are about.
fn steering_finding(
    session: &Session,
    model: &str,
) -> Result<Result<Box<ModelSteeringView>, String>, EngineError> {
    let steering = session.steering()?;
    if steering.plan.direction.is_some() {
        return Ok(Err("The Steering room steers along a direction from a file, not along the \
                       probe's."
            .to_owned()));
    }
    let found = steering.models.into_iter().find(|view| view.model_id == model);
    Ok(match found {
        Some(ModelSteeringView { problem: Some(problem), .. }) => Err(problem),
        Some(view) if view.cells_done > 0 => Ok(Box::new(view)),
        _ => Err("Nothing has been steered yet: run the plan in the Steering room.".to_owned()),
    })
}

/// Writes the ladders of the chosen models as a report.
///
/// # Errors
/// As [`view`], and when the file cannot be written.
pub(crate) fn export(
    session: &Session,
    path: &Path,
    format: ReportFormat,
) -> Result<String, EngineError> {
    let evidence = view(session)?;
    let sweeps: Vec<_> =
        evidence.models.iter().filter_map(|m| session.layer_sweep(&m.model_id).ok()).collect();
    let controls: Vec<_> =
        evidence.models.iter().filter_map(|m| session.probe_controls(&m.model_id).ok()).collect();
    let surface = session.surface().ok();
    write_report(&evidence, &sweeps, &controls, surface.as_ref(), path, format)?;
    Ok(path.to_string_lossy().into_owned())
}
