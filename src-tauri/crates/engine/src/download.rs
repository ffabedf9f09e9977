//! Fetching a model from the hub: planned first, then fetched.

use std::path::PathBuf;
use std::sync::Arc;

use lens_core::{CancelToken, Reporter};
use lens_hub::{DownloadPlan, Environment, Hub, HubSettings, RepoId, Variant};

use crate::clock::ClockedReporter;
use crate::contract::{ApiError, DownloadPlanView, DownloadRequest, JobEvent, PlannedFileView};
use crate::session::Session;
use crate::{EngineError, memory};

/// What the variables that the hub's tools share say about this machine.
///
/// # Errors
/// When no cache folder can be named.
pub fn hub_settings() -> Result<HubSettings, EngineError> {
    Ok(Environment::of_process().settings()?)
}

/// What fetching a model would bring. `variant` is the form of its weights, where it has several.
/// Asks the hub, fetches nothing.
///
/// # Errors
/// No such model, no permission, no connection, or nothing that the program could read.
pub fn plan_download(
    settings: &HubSettings,
    repo: &str,
    variant: Option<&str>,
    cancel: &CancelToken,
) -> Result<DownloadPlanView, EngineError> {
    let (plan, variant) = plan(settings, repo, None, variant, cancel)?;
    let planned = variant.files.iter().map(|file| PlannedFileView {
        name: file.name.clone(),
        megabytes: memory::megabytes(file.bytes),
        megabytes_here: if file.already_there { memory::megabytes(file.bytes) } else { 0.0 },
    });
    let left = variant.bytes().saturating_sub(variant.already_there());
    Ok(DownloadPlanView {
        repo: plan.repo().to_string(),
        revision: plan.commit().to_owned(),
        variants: plan.variants().iter().map(|v| v.name.clone()).collect(),
        files: planned.collect(),
        megabytes: memory::megabytes(variant.bytes()),
        megabytes_left: memory::megabytes(left),
        free_disk_megabytes: memory::megabytes(memory::free_disk_bytes(&settings.cache)),
        folder: settings.cache.to_string_lossy().into_owned(),
        variant: variant.name,
    })
}

/// Fetches what was planned into the hub's cache and gives the folder to open. What was fetched
/// before a stop is kept.
///
/// # Errors
/// As [`plan_download`]; a cut connection, a full disk, content that is not what the hub says.
pub fn fetch_model(
    settings: &HubSettings,
    wanted: &DownloadRequest,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<PathBuf, EngineError> {
    let variant = Some(wanted.variant.as_str());
    // By its name, so that the cache learns what "main" stands for; by its commit only when the
    // name has moved on since the person saw the plan.
    let (mut now, _) = plan(settings, &wanted.repo, None, variant, cancel)?;
    if now.commit() != wanted.revision {
        (now, _) = plan(settings, &wanted.repo, Some(&wanted.revision), variant, cancel)?;
    }
    Ok(Hub::new(settings.clone()).fetch(&now, reporter, cancel)?)
}

/// Fetches a model in a thread of its own and returns the job's id at once. It goes on beside a
/// reading; one download at a time. `listener` is called from that thread, in order.
///
/// # Errors
/// When another download is running.
pub fn download_model(
    session: &Arc<Session>,
    wanted: &DownloadRequest,
    listener: impl Fn(JobEvent) + Send + Sync + 'static,
) -> Result<String, EngineError> {
    let wanted = wanted.clone();
    session.download.begin()?.on_own_thread(listener, move |listener, cancel| {
        let reporter = ClockedReporter::new(|progress| listener(JobEvent::Progress { progress }));
        let fetched =
            hub_settings().and_then(|settings| fetch_model(&settings, &wanted, &reporter, cancel));
        match fetched {
            Ok(_) => JobEvent::Finished,
            Err(error) if error.is_cancelled() => JobEvent::Cancelled,
            Err(error) => JobEvent::Failed { error: ApiError::from(error) },
        }
    })
}

/// A plan with the form of the weights that is asked for, else the one that the hub crate chooses,
/// else the first there is.
fn plan(
    settings: &HubSettings,
    repo: &str,
    revision: Option<&str>,
    variant: Option<&str>,
    cancel: &CancelToken,
) -> Result<(DownloadPlan, Variant), EngineError> {
    let repo: RepoId = repo.trim().parse()?;
    let plan = Hub::new(settings.clone()).plan(&repo, revision, cancel)?;
    let chosen = plan.chosen().or(plan.variants().first()).map(|v| v.name.as_str());
    let name = variant.or(chosen).unwrap_or_default().to_owned();
    let plan = plan.choose(&name)?;
    let variant = plan.chosen().cloned().ok_or(EngineError::UnknownModel(name))?;
    Ok((plan, variant))
}
