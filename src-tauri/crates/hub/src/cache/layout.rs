//! Where things are in the cache, and how finished files are put there.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::{HubError, RepoId};

/// The folder of one model in a cache.
#[derive(Debug, Clone)]
pub(crate) struct RepoFolder {
    cache: PathBuf,
    name: String,
}

impl RepoFolder {
    pub(crate) fn new(cache: &Path, id: &RepoId) -> Self {
        Self { cache: cache.to_path_buf(), name: id.cache_name() }
    }

    fn path(&self) -> PathBuf {
        self.cache.join(&self.name)
    }

    pub(crate) fn blob(&self, hash: &str) -> PathBuf {
        self.path().join("blobs").join(hash)
    }

    /// Where a transfer is written until it is verified.
    pub(crate) fn partial(&self, hash: &str) -> PathBuf {
        self.path().join("blobs").join(format!("{hash}.incomplete"))
    }

    pub(crate) fn snapshot(&self, commit: &str) -> PathBuf {
        self.path().join("snapshots").join(commit)
    }

    /// The lock that `huggingface_hub` takes for the same content.
    pub(crate) fn lock(&self, hash: &str) -> PathBuf {
        self.cache.join(".locks").join(&self.name).join(format!("{hash}.lock"))
    }

    /// Whether the content is in the cache with its full size, for this commit or another.
    pub(crate) fn has(&self, commit: &str, name: &str, hash: &str, bytes: u64) -> bool {
        is_file_of(&self.blob(hash), bytes) || self.has_entry(commit, name, bytes)
    }

    /// Whether the snapshot has the file with its full size.
    pub(crate) fn has_entry(&self, commit: &str, name: &str, bytes: u64) -> bool {
        is_file_of(&self.snapshot(commit).join(name), bytes)
    }

    /// Opens a file for reading and writing, making it and its folders if need be.
    pub(crate) fn open(path: &Path) -> Result<File, HubError> {
        make_parent(path)?;
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        file.map_err(|e| HubError::io(path, e))
    }

    /// Lets `name` of the snapshot stand for a content: a relative link; where the system has
    /// none, a second name of the same content, or a copy.
    pub(crate) fn enter(&self, commit: &str, name: &str, hash: &str) -> Result<(), HubError> {
        let entry = self.snapshot(commit).join(name);
        make_parent(&entry)?;
        match fs::remove_file(&entry) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(HubError::io(entry, e)),
            _ => {}
        }
        let up = "../".repeat(2 + name.matches('/').count());
        let blob = self.blob(hash);
        symlink(&format!("{up}blobs/{hash}"), &entry)
            .or_else(|_| fs::hard_link(&blob, &entry))
            .or_else(|_| fs::copy(&blob, &entry).map(drop))
            .map_err(|e| HubError::io(entry, e))
    }

    /// Lets a branch or tag stand for a commit, in one step.
    pub(crate) fn set_ref(&self, revision: &str, commit: &str) -> Result<(), HubError> {
        if revision == commit {
            return Ok(());
        }
        let path = self.path().join("refs").join(revision);
        if fs::read_to_string(&path).is_ok_and(|known| known == commit) {
            return Ok(());
        }
        make_parent(&path)?;
        let mut new = path.clone().into_os_string();
        new.push(format!(".{}.tmp", std::process::id()));
        let new = PathBuf::from(new);
        File::create(&new)
            .and_then(|mut file| file.write_all(commit.as_bytes()))
            .and_then(|()| fs::rename(&new, &path))
            .map_err(|e| HubError::io(path, e))
    }
}

fn is_file_of(path: &Path, bytes: u64) -> bool {
    fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() == bytes)
}

fn make_parent(path: &Path) -> Result<(), HubError> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(|e| HubError::io(parent, e))
}

#[cfg(unix)]
fn symlink(target: &str, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn symlink(target: &str, link: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_file(target.replace('/', "\\"), link)
}
