//! Drawing a map in the background.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use lens_core::{CancelToken, Progress, Reporter};

use super::{MapSettings, draw, text_rows, tokens};
use crate::EngineError;
use crate::clock::ClockedReporter;
use crate::contract::{ApiError, JobEvent, MapLevel, ProjectionRequest};
use crate::session::Session;
use crate::snapshot::Snapshot;

/// How often a job that waits for the models looks whether it was told to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Draws a map in a thread of its own and returns the job's id at once; one map at a time. A map
/// that is kept is there at once. `listener` is called in order, from that thread or the one that
/// reads tokens.
///
/// # Errors
/// When the model has not read the pairs, the map cannot be asked for, or another is being drawn.
pub fn draw_map(
    session: &Arc<Session>,
    request: &ProjectionRequest,
    listener: impl Fn(JobEvent) + Send + Sync + 'static,
) -> Result<String, EngineError> {
    let settings = MapSettings::from(request);
    let snapshot = session.snapshot(&request.model_id)?;
    settings.check(&snapshot)?;
    let shared = Arc::clone(session);
    in_background(session, Some(JobEvent::MapReady), listener, move |reporter, cancel| {
        let key = settings.key(&snapshot)?;
        if shared.maps().find(&key, &snapshot)?.is_some() {
            return Ok(());
        }
        let rows = match settings.level {
            MapLevel::Texts => text_rows(&snapshot, shared.store(), &settings)?,
            MapLevel::Tokens => {
                await_tokens(&shared, &snapshot, settings.layer, reporter, cancel)?;
                tokens::open(&snapshot, &settings, shared.tokens())?
            }
        };
        cancel.check()?;
        let (store, compute) = (shared.store(), shared.compute());
        let map = draw(&snapshot, store, rows, &settings, compute, reporter.as_ref(), cancel)?;
        shared.maps().keep(&key, &map)
    })
}

/// Runs `work` in a thread of its own, in turns with the drawing of maps; gives the job's id at once.
/// The listener hears `there` before it hears that all is done.
///
/// # Errors
/// When a map is being drawn, or the system gives no thread.
pub(crate) fn in_background(
    session: &Arc<Session>,
    there: Option<JobEvent>,
    listener: impl Fn(JobEvent) + Send + Sync + 'static,
    work: impl FnOnce(&Arc<dyn Reporter>, &CancelToken) -> Result<(), EngineError> + Send + 'static,
) -> Result<String, EngineError> {
    // Shared with the thread that reads tokens.
    let listener = Arc::new(listener);
    let told = Arc::clone(&listener);
    let tell = move |event| listener(event);
    session.drawing.begin()?.on_own_thread(tell, move |tell, cancel| {
        let reporter = ClockedReporter::new(move |progress| told(JobEvent::Progress { progress }));
        let reporter: Arc<dyn Reporter> = Arc::new(reporter);
        match work(&reporter, cancel) {
            Ok(()) => {
                there.into_iter().for_each(tell);
                JobEvent::Finished
            }
            Err(error) if error.is_cancelled() => JobEvent::Cancelled,
            Err(error) => JobEvent::Failed { error: ApiError::from(error) },
        }
    })
}

/// Has the thread that owns the models read the tokens of a layer, unless they are there, and waits
/// for it.
///
/// # Errors
/// When the model fails, memory or disk have no room, or on cancel.
pub(crate) fn await_tokens(
    session: &Arc<Session>,
    snapshot: &Snapshot,
    layer: usize,
    reporter: &Arc<dyn Reporter>,
    cancel: &CancelToken,
) -> Result<(), EngineError> {
    if session.tokens().has(snapshot, layer) {
        return Ok(());
    }
    let stage = "Waiting for the models".to_owned();
    reporter.report(Progress { stage, done: 0, total: 0, unit: "" });
    let (shared, snapshot) = (Arc::clone(session), snapshot.clone());
    let (reporter, stop) = (Arc::clone(reporter), cancel.clone());
    let (sender, outcome) = channel();
    session.worker().submit(move |loaded| {
        let check = stop.check().map_err(EngineError::from);
        let read = check.and_then(|()| {
            tokens::read(&snapshot, layer, loaded, shared.tokens(), &*reporter, &stop)
        });
        // Nobody waits any more after a stop.
        drop(sender.send(read));
    })?;
    loop {
        match outcome.recv_timeout(LOOK) {
            Ok(read) => return read,
            Err(RecvTimeoutError::Timeout) => cancel.check()?,
            Err(RecvTimeoutError::Disconnected) => return Err(EngineError::WorkerGone),
        }
    }
}
