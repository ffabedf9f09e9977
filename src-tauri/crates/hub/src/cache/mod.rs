//! The Hugging Face cache on this machine: its layout, what is in it, and how files are put there.
//!
//! The layout, as `huggingface_hub` documents it, for each model:
//!
//! ```text
//! models--org--name/
//!   refs/main                    the commit that "main" stood for when it was last looked up
//!   blobs/<hash>                 contents, each once
//!   blobs/<hash>.incomplete      a transfer that was stopped
//!   snapshots/<commit>/<file>    links into blobs (plain files where there are no links)
//! .locks/models--org--name/<hash>.lock
//! ```

mod layout;
mod scan;
mod snapshot;

use std::path::{Path, PathBuf};

pub(crate) use layout::RepoFolder;

use crate::{Readiness, RepoId};

/// What a cache holds.
#[derive(Debug, Clone, Default)]
pub struct CacheListing {
    /// The models, by id.
    pub repos: Vec<CachedRepo>,
    /// Entries that are no model's folder although they should be: a sentence each.
    pub problems: Vec<String>,
}

/// One model in the cache.
#[derive(Debug, Clone)]
pub struct CachedRepo {
    /// Its id on the hub.
    pub id: RepoId,
    /// Its folder in the cache.
    pub folder: PathBuf,
    /// The revisions there are, the one that `main` stands for first.
    pub revisions: Vec<CachedRevision>,
    /// Bytes of the files that the program can read, those shared by revisions once.
    pub bytes: u64,
    /// Transfers that were stopped.
    pub partial: Vec<PartialFile>,
    /// What is damaged: a sentence each.
    pub problems: Vec<String>,
}

/// One revision of a cached model.
#[derive(Debug, Clone)]
pub struct CachedRevision {
    /// Hash of the commit.
    pub commit: String,
    /// Branches and tags that stand for it here: `main`, `refs/pr/1`.
    pub refs: Vec<String>,
    /// The folder to open.
    pub folder: PathBuf,
    /// Files that the program can read, by name.
    pub files: Vec<CachedFile>,
    /// Bytes of them.
    pub bytes: u64,
    /// Whether that is enough to open the model.
    pub readiness: Readiness,
}

/// A file of a cached revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedFile {
    /// Name in the revision's folder, with `/` between folders.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
}

/// A transfer that was stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartialFile {
    /// The file.
    pub path: PathBuf,
    /// Bytes it has.
    pub bytes: u64,
}

/// Lists the models in `cache` as they are. Damage never hides the rest: it is told in `problems`.
/// A folder that is not there is an empty cache.
#[must_use]
pub fn list_cache(cache: &Path) -> CacheListing {
    scan::list(cache)
}
