//! Scoring the tokens of all pairs in the background.

use std::sync::Arc;

use lens_analysis::Run;

use super::key;
use crate::EngineError;
use crate::contract::JobEvent;
use crate::map::{MapSettings, await_tokens, in_background, open_tokens, scored};
use crate::session::Session;

/// Scores the tokens of all pairs along the probe's direction at a layer, in a thread of its own;
/// gives the job's id at once. It takes turns with the drawing of maps. What is kept is there at once.
///
/// # Errors
/// When the model has not read the pairs or lacks the layer, or a map is being drawn.
pub fn score_tokens(
    session: &Arc<Session>,
    model_id: &str,
    layer: u32,
    listener: impl Fn(JobEvent) + Send + Sync + 'static,
) -> Result<String, EngineError> {
    let settings = MapSettings::of_tokens(layer as usize);
    let snapshot = session.snapshot(model_id)?;
    settings.check(&snapshot)?;
    let shared = Arc::clone(session);
    in_background(session, None, listener, move |reporter, cancel| {
        let key = key(&snapshot, settings.layer);
        if shared.maps().find_tokens(&key).is_some() {
            return Ok(());
        }
        await_tokens(&shared, &snapshot, settings.layer, reporter, cancel)?;
        let rows = open_tokens(&snapshot, &settings, shared.tokens())?;
        let accelerator = shared.compute().accelerator();
        let run = Run { accelerator: &accelerator, reporter: &**reporter, cancel };
        let index = scored(&snapshot, shared.store(), rows, settings.layer, run)?;
        shared.maps().keep_tokens(&key, &index, accelerator.note())
    })
}
