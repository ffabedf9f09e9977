//! Downloads into the Hugging Face cache: planned first, then fetched and verified.

mod checksum;
mod fetch;
mod http;
mod listing;
mod lock;
mod plan;
mod run;
mod transfer;

use std::path::PathBuf;

use lens_core::{CancelToken, Reporter};

pub use plan::{DownloadPlan, PlannedFile, Variant};

use crate::cache::RepoFolder;
use crate::names::is_revision;
use crate::{HubError, HubSettings, RepoId};
use http::Http;

/// The hub, as this machine's settings reach it.
#[derive(Debug, Clone)]
pub struct Hub {
    settings: HubSettings,
}

impl Hub {
    /// Nothing is contacted until something is asked for.
    #[must_use]
    pub fn new(settings: HubSettings) -> Self {
        Self { settings }
    }

    /// Asks the hub what a model consists of at `revision` (a branch, tag or commit; `main` when
    /// none is given) and what of it is in the cache already. Nothing is fetched. Blocks; stops
    /// within a fraction of a second when cancelled.
    ///
    /// # Errors
    /// Offline, no connection, no such model or revision, no permission, unsafe names, nothing that
    /// the program could read.
    pub fn plan(
        &self,
        repo: &RepoId,
        revision: Option<&str>,
        cancel: &CancelToken,
    ) -> Result<DownloadPlan, HubError> {
        self.check_online(repo)?;
        let revision = revision.unwrap_or("main");
        if !is_revision(revision) {
            return Err(HubError::BadRevision(revision.to_owned()));
        }
        let folder = RepoFolder::new(&self.settings.cache, repo);
        run::blocking(cancel, || async {
            let http = Http::new(&self.settings, repo)?;
            let listing = listing::read(&http, revision).await?;
            DownloadPlan::of(listing, repo, revision, &folder)
        })
    }

    /// Fetches what the plan lists and is not there: each file is verified before it gets its name,
    /// a transfer that was stopped goes on where it was, and the revision is entered into the cache
    /// once all is there. Reports bytes. Blocks; stops within a fraction of a second when cancelled
    /// and keeps what it has.
    ///
    /// Returns the folder of the revision, which is the one to open.
    ///
    /// # Errors
    /// No form of the weights chosen, offline, disk full, connection cut, wrong size or checksum.
    pub fn fetch(
        &self,
        plan: &DownloadPlan,
        reporter: &dyn Reporter,
        cancel: &CancelToken,
    ) -> Result<PathBuf, HubError> {
        let repo = plan.repo();
        plan.check_chosen()?;
        self.check_online(repo)?;
        let folder = RepoFolder::new(&self.settings.cache, repo);
        run::blocking(cancel, || async {
            let http = Http::new(&self.settings, repo)?;
            fetch::fetch(&http, plan, &folder, &self.settings.cache, reporter, cancel).await
        })
    }

    fn check_online(&self, repo: &RepoId) -> Result<(), HubError> {
        if self.settings.offline { Err(HubError::Offline(repo.to_string())) } else { Ok(()) }
    }
}
