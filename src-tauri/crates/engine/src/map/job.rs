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
    // Shared with the thread that reads tokens.
    let listener = Arc::new(listener);
    let told = Arc::clone(&listener);
    let tell = move |event| listener(event);
    session.drawing.begin()?.on_own_thread(tell, move |tell, cancel| {
        let reporter = ClockedReporter::new(move |progress| told(JobEvent::Progress { progress }));
        let reporter: Arc<dyn Reporter> = Arc::new(reporter);
        let cancel = cancel.clone();
        match (Drawing { session: &shared, snapshot, settings, reporter, cancel }).run() {
            Ok(()) => {
                tell(JobEvent::MapReady);
                JobEvent::Finished
            }
            Err(error) if error.is_cancelled() => JobEvent::Cancelled,
            Err(error) => JobEvent::Failed { error: ApiError::from(error) },
        }
    })
}

struct Drawing<'a> {
    session: &'a Arc<Session>,
    snapshot: Snapshot,
    settings: MapSettings,
    reporter: Arc<dyn Reporter>,
    cancel: CancelToken,
}

impl Drawing<'_> {
    fn run(&self) -> Result<(), EngineError> {
        let Self { session, snapshot, settings, reporter, cancel } = self;
        let key = settings.key(snapshot)?;
        if session.maps().find(&key, snapshot)?.is_some() {
            return Ok(());
        }
        let rows = match settings.level {
            MapLevel::Texts => text_rows(snapshot, session.store(), settings)?,
            MapLevel::Tokens => {
                self.read_tokens()?;
                tokens::load(snapshot, settings, session.tokens())?
            }
        };
        cancel.check()?;
        let (store, compute) = (session.store(), session.compute());
        let map = draw(snapshot, store, rows, settings, compute, reporter.as_ref(), cancel)?;
        session.maps().keep(&key, &map)
    }

    /// Has the thread that owns the models read the tokens, and waits for it.
    fn read_tokens(&self) -> Result<(), EngineError> {
        let layer = self.settings.layer;
        if self.session.tokens().has(&self.snapshot, layer) {
            return Ok(());
        }
        let stage = "Waiting for the models".to_owned();
        self.reporter.report(Progress { stage, done: 0, total: 0, unit: "" });
        let (session, snapshot) = (Arc::clone(self.session), self.snapshot.clone());
        let (reporter, cancel) = (Arc::clone(&self.reporter), self.cancel.clone());
        let (sender, outcome) = channel();
        self.session.worker().submit(move |loaded| {
            let stop = cancel.check().map_err(EngineError::from);
            let read = stop.and_then(|()| {
                tokens::read(&snapshot, layer, loaded, session.tokens(), &*reporter, &cancel)
            });
            // Nobody waits any more after a stop.
            drop(sender.send(read));
        })?;
        loop {
            match outcome.recv_timeout(LOOK) {
                Ok(read) => return read,
                Err(RecvTimeoutError::Timeout) => self.cancel.check()?,
                Err(RecvTimeoutError::Disconnected) => return Err(EngineError::WorkerGone),
            }
        }
    }
}
