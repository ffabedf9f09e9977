//! A place for one piece of long work at a time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use lens_core::CancelToken;

use crate::EngineError;

/// Work that is running.
#[derive(Debug)]
struct Running {
    id: String,
    cancel: CancelToken,
}

/// Holds at most one running job.
#[derive(Debug)]
pub(crate) struct JobSlot {
    /// What its jobs' ids begin with, so that those of two slots differ.
    name: &'static str,
    running: Mutex<Option<Running>>,
    begun: AtomicU32,
}

impl JobSlot {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, running: Mutex::default(), begun: AtomicU32::default() }
    }

    /// A new job's id and what stops it.
    ///
    /// # Errors
    /// When one is running. One that was told to stop ends at its next safe point and does not
    /// count.
    pub(crate) fn begin(&self) -> Result<(String, CancelToken), EngineError> {
        let mut running = self.running.lock().map_err(|_| EngineError::WorkerGone)?;
        if running.as_ref().is_some_and(|job| !job.cancel.is_cancelled()) {
            return Err(EngineError::Busy);
        }
        let id = format!("{}-{}", self.name, self.begun.fetch_add(1, Ordering::Relaxed));
        let cancel = CancelToken::default();
        *running = Some(Running { id: id.clone(), cancel: cancel.clone() });
        Ok((id, cancel))
    }

    /// Whether one is running and was not told to stop.
    pub(crate) fn is_busy(&self) -> bool {
        let running = self.running.lock();
        running.is_ok_and(|job| job.as_ref().is_some_and(|job| !job.cancel.is_cancelled()))
    }

    pub(crate) fn end(&self, id: &str) {
        if let Ok(mut running) = self.running.lock() {
            running.take_if(|job| job.id == id);
        }
    }

    /// Tells the job with this id, or whichever runs, to stop.
    pub(crate) fn cancel(&self, id: Option<&str>) {
        if let Ok(running) = self.running.lock()
            && let Some(job) = running.as_ref().filter(|job| id.is_none_or(|id| job.id == id))
        {
            job.cancel.cancel();
        }
    }
}
