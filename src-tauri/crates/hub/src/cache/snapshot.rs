//! One revision of a cached model.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use super::scan::{files_below, relative_name};
use super::{CachedFile, CachedRevision};
use crate::Readiness;
use crate::usable::{Kind, SHARD_INDEX, kind, readiness};

/// An index lists some hundred tensors for each of some hundred shards at most.
const LARGEST_INDEX: u64 = 64 << 20;

/// Reads a snapshot's folder. `blobs` takes the size of each content, wherever it lies.
pub(super) fn read(
    commit: String,
    refs: Vec<String>,
    folder: PathBuf,
    blobs: &mut HashMap<PathBuf, u64>,
    problems: &mut Vec<String>,
) -> CachedRevision {
    let mut names = BTreeSet::new();
    let mut files = Vec::new();
    for path in files_below(&folder, problems) {
        let name = relative_name(&folder, &path);
        let kind = kind(&name);
        if kind == Kind::Pickle {
            names.insert(name);
        } else if kind != Kind::Other {
            match size_of(&path) {
                Ok((blob, bytes)) => {
                    blobs.insert(blob, bytes);
                    names.insert(name.clone());
                    files.push(CachedFile { name, bytes });
                }
                Err(problem) => problems.push(problem),
            }
        }
    }
    let readiness = judge(&folder, &names).unwrap_or_else(|problem| {
        problems.push(format!("{}: {problem}", folder.display()));
        Readiness::Incomplete { missing: vec![SHARD_INDEX.to_owned()] }
    });
    let bytes = files.iter().map(|file| file.bytes).sum();
    CachedRevision { commit, refs, folder, files, bytes, readiness }
}

/// Where the content lies and its size; a sentence when there is none.
fn size_of(path: &Path) -> Result<(PathBuf, u64), String> {
    let again = "download the model again";
    let blob = fs::canonicalize(path)
        .map_err(|_| format!("{} points to a file that is not there; {again}", path.display()))?;
    let about =
        fs::metadata(&blob).map_err(|e| format!("{} cannot be read: {e}", path.display()))?;
    if !about.is_file() {
        return Err(format!("{} is not a file; {again}", path.display()));
    }
    if about.len() == 0 {
        return Err(format!("{} is empty; {again}", path.display()));
    }
    Ok((blob, about.len()))
}

fn judge(folder: &Path, names: &BTreeSet<String>) -> Result<Readiness, String> {
    let index = if names.contains(SHARD_INDEX) {
        let path = folder.join(SHARD_INDEX);
        let about = fs::metadata(&path).map_err(|e| e.to_string())?;
        if about.len() > LARGEST_INDEX {
            return Err(format!("{SHARD_INDEX} is too large to be an index"));
        }
        Some(fs::read_to_string(&path).map_err(|e| format!("{SHARD_INDEX}: {e}"))?)
    } else {
        None
    };
    readiness(&names.iter().map(String::as_str).collect(), index.as_deref())
}
