//! The evidence ladder: what is shown about one concept in one model, rung by rung (METHODS,
//! section 10). Every rung stands on its own numbers; none is inferred from another.

mod ladder;
mod report;

use crate::EngineError;
use crate::contract::{EvidenceView, LadderView};
use crate::models::ModelEntry;
use crate::session::Session;
use crate::snapshot::Snapshot;

use ladder::Findings;

pub(crate) use report::{html, pdf};

/// The ladders of all chosen models, from what has been computed by now.
///
/// # Errors
/// When there are no pairs, no model is chosen, or the study cannot be read.
pub(crate) fn view(session: &Session) -> Result<EvidenceView, EngineError> {
    let pairs = session.prepared()?;
    let (models, _) = session.chosen()?;
    let (train, test) = pairs.split_sizes();
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Ok(EvidenceView {
        concept: pairs.concept().to_owned(),
        data: pairs.name().to_owned(),
        train_pairs: small(train),
        test_pairs: small(test),
        models: models
            .iter()
            .map(|model| of_model(session, model))
            .collect::<Result<Vec<_>, EngineError>>()?,
    })
}

/// One model's ladder. What stands in its way is said in the ladder: the others have theirs.
fn of_model(session: &Session, model: &ModelEntry) -> Result<LadderView, EngineError> {
    let name = model.usable().map_or_else(|_| model.id.clone(), |info| info.name.clone());
    let blank = |problem: String| {
        let findings = Findings { sweep: None, controls: None, behaviour: Err(problem.clone()) };
        ladder::ladder(&model.id, &name, &findings, Some(problem), String::new())
    };
    let snapshot: Snapshot = match session.snapshot(&model.id) {
        Ok(snapshot) => snapshot,
        Err(error @ EngineError::NotRead(_)) => {
            return Ok(blank(crate::error::sentence(&error.to_string())));
        }
        Err(EngineError::Model(error)) => return Ok(blank(error.to_string())),
        Err(error) => return Err(error),
    };
    let sweep = match session.layer_sweep(&model.id) {
        Ok(sweep) => sweep,
        Err(EngineError::Analysis(error)) => {
            return Ok(blank(crate::error::sentence(&error.to_string())));
        }
        Err(error) => return Err(error),
    };
    let controls = match session.probe_controls(&model.id) {
        Ok(controls) => Some(controls),
        Err(EngineError::NotComputed(_)) => None,
        Err(error) => return Err(error),
    };
    let behaviour = match session.behaviour(&model.id) {
        Ok(view) => Ok(view),
        Err(EngineError::Analysis(error)) => Err(crate::error::sentence(&error.to_string())),
        Err(EngineError::NoHumanScores) => Err(EngineError::NoHumanScores.to_string()),
        Err(error) => return Err(error),
    };
    let findings = Findings { sweep: Some(&sweep), controls: controls.as_ref(), behaviour };
    let provenance = snapshot.provenance()?.summary();
    Ok(ladder::ladder(&model.id, &name, &findings, None, provenance))
}
