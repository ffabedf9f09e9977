//! The async client behind a blocking face.

use std::future::Future;
use std::time::Duration;

use lens_core::{CancelToken, Cancelled};

use crate::HubError;

/// How often a stop is looked for while the server is silent.
const TICK: Duration = Duration::from_millis(50);

/// Runs `work` to its end on a thread and runtime of its own, so that callers may be on a runtime
/// themselves, or drops it when a stop is asked for.
pub(super) fn blocking<T, F>(
    cancel: &CancelToken,
    work: impl FnOnce() -> F + Send,
) -> Result<T, HubError>
where
    T: Send,
    F: Future<Output = Result<T, HubError>>,
{
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| HubError::Client(e.to_string()))?;
        let result = runtime.block_on(async {
            tokio::select! {
                biased;
                cancelled = asked_to_stop(cancel) => Err(cancelled.into()),
                result = work() => result,
            }
        });
        // A look-up of a host name cannot be interrupted; it is left behind.
        runtime.shutdown_background();
        result
    };
    std::thread::scope(|scope| match scope.spawn(run).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

async fn asked_to_stop(cancel: &CancelToken) -> Cancelled {
    loop {
        if let Err(cancelled) = cancel.check() {
            return cancelled;
        }
        tokio::time::sleep(TICK).await;
    }
}
