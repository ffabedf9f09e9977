//! The one thread that owns the loaded models.
//!
//! A forward pass uses every core already, so models never read side by side; one thread also
//! means that a model is loaded once and never locked.

use std::sync::mpsc::{Sender, channel};
use std::thread;

use crate::EngineError;
use crate::models::LoadedModels;

type Task = Box<dyn FnOnce(&mut LoadedModels) + Send>;

/// A handle on the thread. It ends when the last handle is dropped.
#[derive(Debug, Clone)]
pub(crate) struct ModelWorker {
    tasks: Sender<Task>,
}

impl ModelWorker {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start() -> Result<Self, EngineError> {
        let (tasks, inbox) = channel::<Task>();
        thread::Builder::new()
            .name("models".into())
            .spawn(move || {
                let mut models = LoadedModels::default();
                for task in inbox {
                    task(&mut models);
                }
            })
            .map_err(|_| EngineError::WorkerGone)?;
        Ok(Self { tasks })
    }

    /// Queues a task; returns at once.
    ///
    /// # Errors
    /// When the thread has ended.
    pub(crate) fn submit(
        &self,
        task: impl FnOnce(&mut LoadedModels) + Send + 'static,
    ) -> Result<(), EngineError> {
        self.tasks.send(Box::new(task)).map_err(|_| EngineError::WorkerGone)
    }
}
