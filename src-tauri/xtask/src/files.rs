//! Places in the repository, and folders that vanish.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

/// The repository's root, two levels above this crate.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// A program or example that cargo has built. `profile` is `debug` or `release`.
pub(crate) fn built(profile: &str, name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |folder| root().join(folder));
    target.join(profile).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// All files under a folder in the order of their names, except under folders named in `skip`.
pub(crate) fn walk(folder: &Path, skip: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let listing = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut entries = listing.collect::<std::io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if !entry.file_type()?.is_dir() {
            found.push(path);
        } else if !skip.iter().any(|name| OsStr::new(name) == entry.file_name()) {
            found.extend(walk(&path, skip)?);
        }
    }
    Ok(found)
}

/// When the newest of the files was written; none when there is none.
pub(crate) fn newest(files: &[PathBuf]) -> Option<SystemTime> {
    files.iter().filter_map(|file| fs::metadata(file).and_then(|m| m.modified()).ok()).max()
}

/// A folder of one's own, deleted when dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// `name` tells the folders of one process apart.
    pub(crate) fn new(name: &str) -> Result<Self> {
        let folder =
            std::env::temp_dir().join(format!("empathy-lens-{name}-{}", std::process::id()));
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(Self(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // a file that is still open stays behind in the system's folder for such
        let _ = fs::remove_dir_all(&self.0);
    }
}
