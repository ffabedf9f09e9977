//! A place for one piece of long work at a time, and the threads that do it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use lens_core::CancelToken;

use crate::EngineError;
use crate::models::LoadedModels;
use crate::worker::ModelWorker;

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
    pub(crate) fn new(name: &'static str) -> Arc<Self> {
        Arc::new(Self { name, running: Mutex::default(), begun: AtomicU32::default() })
    }

    /// A new job, which has the slot until it ends.
    ///
    /// # Errors
    /// When one is running. One that was told to stop ends at its next safe point and does not
    /// count.
    pub(crate) fn begin(self: &Arc<Self>) -> Result<Job, EngineError> {
        let mut running = self.running.lock().map_err(|_| EngineError::WorkerGone)?;
        if running.as_ref().is_some_and(|job| !job.cancel.is_cancelled()) {
            return Err(EngineError::Busy);
        }
        let id = format!("{}-{}", self.name, self.begun.fetch_add(1, Ordering::Relaxed));
        let cancel = CancelToken::default();
        *running = Some(Running { id: id.clone(), cancel: cancel.clone() });
        Ok(Job { slot: Arc::clone(self), id, cancel })
    }

    /// Whether one is running and was not told to stop.
    pub(crate) fn is_busy(&self) -> bool {
        let running = self.running.lock();
        running.is_ok_and(|job| job.as_ref().is_some_and(|job| !job.cancel.is_cancelled()))
    }

    fn end(&self, id: &str) {
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

/// A job that has begun. Its slot is free again when it is dropped: once its work is done, when no
/// thread takes it, and when something in it panics.
#[derive(Debug)]
pub(crate) struct Job {
    slot: Arc<JobSlot>,
    id: String,
    cancel: CancelToken,
}

impl Drop for Job {
    fn drop(&mut self) {
        self.slot.end(&self.id);
    }
}

impl Job {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// What stops it.
    pub(crate) const fn cancel(&self) -> &CancelToken {
        &self.cancel
    }

    /// Queues `work` on the thread that owns the models and returns the job's id at once. The
    /// listener hears what the work tells it, then the last word, which the work returns.
    ///
    /// # Errors
    /// When that thread has ended.
    pub(crate) fn on_models_thread<E, L: Fn(E) + Send + 'static>(
        self,
        worker: &ModelWorker,
        listener: L,
        work: impl FnOnce(&mut LoadedModels, &L, &CancelToken) -> E + Send + 'static,
    ) -> Result<String, EngineError> {
        let id = self.id.clone();
        worker.submit(move |loaded| {
            self.run(listener, |listener, cancel| work(loaded, listener, cancel));
        })?;
        Ok(id)
    }

    /// The same in a thread of its own, which goes on beside the models' thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn on_own_thread<E, L: Fn(E) + Send + 'static>(
        self,
        listener: L,
        work: impl FnOnce(&L, &CancelToken) -> E + Send + 'static,
    ) -> Result<String, EngineError> {
        let (id, name) = (self.id.clone(), self.slot.name);
        let begun = thread::Builder::new().name(name.into()).spawn(move || {
            self.run(listener, work);
        });
        match begun {
            Ok(_) => Ok(id),
            Err(source) => {
                Err(EngineError::Io { path: PathBuf::from(format!("a thread ({name})")), source })
            }
        }
    }

    /// Ended before the last word is sent, so that the listener may start the next job.
    fn run<E, L: Fn(E)>(self, listener: L, work: impl FnOnce(&L, &CancelToken) -> E) {
        let last = work(&listener, &self.cancel);
        drop(self);
        listener(last);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn the_listener_of_the_last_word_finds_the_slot_free() {
        let worker = ModelWorker::start().unwrap();
        let slot = JobSlot::new("test");
        for own in [false, true] {
            let (sender, heard) = channel();
            let place = Arc::clone(&slot);
            let listener = move |word: &'static str| {
                let next = place.begin().map(|job| job.id().to_owned());
                sender.send((word, next.is_ok())).unwrap();
            };
            let job = slot.begin().unwrap();
            let started = if own {
                job.on_own_thread(listener, |told, _| {
                    told("first");
                    "last"
                })
            } else {
                job.on_models_thread(&worker, listener, |_, told, _| {
                    told("first");
                    "last"
                })
            };
            assert!(started.unwrap().starts_with("test-"));
            assert_eq!(heard.recv_timeout(PATIENCE).unwrap(), ("first", false));
            assert_eq!(heard.recv_timeout(PATIENCE).unwrap(), ("last", true));
        }
    }

    #[test]
    fn one_job_at_a_time_but_for_those_told_to_stop() {
        let slot = JobSlot::new("test");
        let first = slot.begin().unwrap();
        assert!(matches!(slot.begin(), Err(EngineError::Busy)) && slot.is_busy());
        slot.cancel(Some("test-9"));
        assert!(slot.is_busy(), "another job was told to stop");
        slot.cancel(Some(first.id()));
        let second = slot.begin().unwrap();
        // the end of the first leaves the second its slot
        drop(first);
        assert!(slot.is_busy());
        drop(second);
        assert!(!slot.is_busy() && slot.begin().is_ok());
    }

    #[test]
    fn work_that_no_thread_takes_leaves_the_slot() {
        let slot = JobSlot::new("test");
        let worker = ModelWorker::start().unwrap();
        worker.submit(|_| panic!("the thread ends")).unwrap();
        // Either it is refused, or it lies in the inbox of a thread that has ended.
        let refused = (0..1000).any(|_| {
            thread::sleep(Duration::from_millis(5));
            let begun = slot.begin();
            begun.is_ok_and(|j| j.on_models_thread(&worker, |()| {}, |_, _, _| ()).is_err())
        });
        assert!(refused && slot.begin().is_ok());
    }
}
