//! Reading a cache as it is.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{CacheListing, CachedRepo, PartialFile, snapshot};
use crate::RepoId;
use crate::names::{is_commit, stays_inside};

/// References are short; a larger file is something else.
const LARGEST_REF: u64 = 1024;
/// `refs/refs/pr/1` is three folders deep.
const DEEPEST: usize = 8;

pub(super) fn list(cache: &Path) -> CacheListing {
    let mut listing = CacheListing::default();
    for path in sorted_entries(cache, &mut listing.problems) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with("models--") {
            continue;
        }
        match RepoId::of_cache_name(&name) {
            Some(_) if !path.is_dir() => {
                listing.problems.push(format!("{} is not a folder; delete it", path.display()));
            }
            Some(id) => listing.repos.push(read_repo(id, path)),
            None => listing.problems.push(format!(
                "{} is not named as a model's folder is (models--org--name)",
                path.display()
            )),
        }
    }
    listing.repos.sort_by(|a, b| a.id.cmp(&b.id));
    listing
}

fn read_repo(id: RepoId, folder: PathBuf) -> CachedRepo {
    let mut problems = Vec::new();
    let mut refs = read_refs(&folder.join("refs"), &mut problems);
    let mut revisions = Vec::new();
    let mut blobs: HashMap<PathBuf, u64> = HashMap::new();
    for path in sorted_entries(&folder.join("snapshots"), &mut problems) {
        let commit = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !path.is_dir() {
            problems.push(format!("{} is not a snapshot's folder; delete it", path.display()));
            continue;
        }
        let refs = refs.remove(&commit).unwrap_or_default();
        revisions.push(snapshot::read(commit, refs, path, &mut blobs, &mut problems));
    }
    for (commit, names) in refs {
        problems.push(format!(
            "{} of {id} stands for the commit {commit}, which is not there; download the model \
             again",
            names.join(", ")
        ));
    }
    revisions.sort_by_key(|revision| {
        (!revision.refs.iter().any(|r| r == "main"), revision.refs.is_empty())
    });
    let partial = read_partial(&folder.join("blobs"), &mut problems);
    if revisions.is_empty() && partial.is_empty() && problems.is_empty() {
        problems.push(format!("{} is empty; download the model again", folder.display()));
    }
    CachedRepo { id, folder, revisions, bytes: blobs.values().sum(), partial, problems }
}

/// Names by the commit they stand for.
fn read_refs(refs: &Path, problems: &mut Vec<String>) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in files_below(refs, problems) {
        let name = relative_name(refs, &path);
        let small = fs::metadata(&path).is_ok_and(|about| about.len() <= LARGEST_REF);
        let text = if small { fs::read_to_string(&path).ok() } else { None };
        match text.as_deref().map(str::trim) {
            Some(commit) if is_commit(commit) => {
                found.entry(commit.to_owned()).or_default().push(name);
            }
            _ => problems.push(format!("{} does not hold a commit's hash", path.display())),
        }
    }
    found
}

fn read_partial(blobs: &Path, problems: &mut Vec<String>) -> Vec<PartialFile> {
    sorted_entries(blobs, problems)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "incomplete"))
        .filter_map(|path| Some(PartialFile { bytes: fs::metadata(&path).ok()?.len(), path }))
        .collect()
}

/// What is in a folder, by name; nothing when there is no such folder.
pub(super) fn sorted_entries(folder: &Path, problems: &mut Vec<String>) -> Vec<PathBuf> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            problems.push(format!("{} cannot be read: {error}", folder.display()));
            return Vec::new();
        }
    };
    let mut paths = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => paths.push(entry.path()),
            Err(error) => problems.push(format!("{} cannot be read: {error}", folder.display())),
        }
    }
    paths.sort();
    paths
}

/// All files below a folder, links to files among them; links to folders are not followed, since
/// the layout has none and they may run in circles.
pub(super) fn files_below(folder: &Path, problems: &mut Vec<String>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![(folder.to_path_buf(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for path in sorted_entries(&folder, problems) {
            let Ok(about) = fs::symlink_metadata(&path) else { continue };
            if about.is_dir() && depth < DEEPEST {
                folders.push((path, depth + 1));
            } else if about.is_dir() || path.is_dir() {
                problems.push(format!("{} does not belong there", path.display()));
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The path below `folder`, with `/` between folders on every system. Names that are not text or
/// not safe are shown as well as they can be.
pub(super) fn relative_name(folder: &Path, path: &Path) -> String {
    let below = path.strip_prefix(folder).unwrap_or(path);
    let parts: Vec<_> = below.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    let name = parts.join("/");
    if stays_inside(&name) { name } else { name.escape_debug().to_string() }
}
