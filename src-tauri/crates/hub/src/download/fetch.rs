//! The files of a plan, one after the other, into the cache.

use std::path::{Path, PathBuf};

use lens_core::{CancelToken, Progress, Reporter};

use super::http::Http;
use super::transfer::Transfer;
use super::{DownloadPlan, PlannedFile, lock};
use crate::HubError;
use crate::cache::RepoFolder;

pub(super) async fn fetch(
    http: &Http,
    plan: &DownloadPlan,
    folder: &RepoFolder,
    cache: &Path,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<PathBuf, HubError> {
    let variant = plan.check_chosen()?;
    check_space(folder, plan.commit(), &variant.files, cache)?;
    let mut bar =
        Bar { reporter, repo: plan.repo().to_string(), before: 0, total: variant.bytes() };
    for file in &variant.files {
        bar.report(0);
        fetch_one(http, plan.commit(), file, folder, &bar, cancel).await?;
        bar.before += file.bytes;
    }
    bar.report(0);
    folder.set_ref(plan.revision(), plan.commit())?;
    Ok(folder.snapshot(plan.commit()))
}

async fn fetch_one(
    http: &Http,
    commit: &str,
    file: &PlannedFile,
    folder: &RepoFolder,
    bar: &Bar<'_>,
    cancel: &CancelToken,
) -> Result<(), HubError> {
    if folder.has_entry(commit, &file.name, file.bytes) {
        return Ok(());
    }
    let waiting = || bar.say("Waiting for another program that downloads", 0);
    let _lock = lock::take(&folder.lock(&file.hash), waiting).await?;
    // Whoever had the lock may have brought it.
    if !folder.has(commit, &file.name, &file.hash, file.bytes) {
        let partial = folder.partial(&file.hash);
        let transfer = Transfer::open(http, commit, file, partial.clone(), cancel)?;
        bar.report(transfer.have());
        transfer.finish(|have| bar.report(have)).await?;
        let blob = folder.blob(&file.hash);
        std::fs::rename(&partial, &blob).map_err(|e| HubError::io(blob, e))?;
    }
    if folder.has_entry(commit, &file.name, file.bytes) {
        return Ok(());
    }
    folder.enter(commit, &file.name, &file.hash)
}

/// Refuses at once what cannot fit.
fn check_space(
    folder: &RepoFolder,
    commit: &str,
    files: &[PlannedFile],
    cache: &Path,
) -> Result<(), HubError> {
    let needed = files
        .iter()
        .filter(|file| !folder.has(commit, &file.name, &file.hash, file.bytes))
        .map(|file| {
            let partial = std::fs::metadata(folder.partial(&file.hash)).map_or(0, |a| a.len());
            file.bytes.saturating_sub(partial)
        })
        .fold(0, u64::saturating_add);
    // The cache itself may not be there yet.
    let disk = cache.ancestors().find(|path| path.exists()).unwrap_or(cache);
    let free = fs4::available_space(disk).map_err(|e| HubError::io(disk, e))?;
    if needed > free {
        let folder = cache.to_path_buf();
        return Err(HubError::DiskFull { folder, needed, free: Some(free) });
    }
    Ok(())
}

/// Bytes of all files of the plan: those before the current one, and what is there of it.
struct Bar<'a> {
    reporter: &'a dyn Reporter,
    repo: String,
    before: u64,
    total: u64,
}

impl Bar<'_> {
    fn report(&self, have: u64) {
        self.say("Downloading", have);
    }

    fn say(&self, doing: &str, have: u64) {
        self.reporter.report(Progress {
            stage: format!("{doing} {}", self.repo),
            done: self.before + have,
            total: self.total,
            unit: "bytes",
        });
    }
}
