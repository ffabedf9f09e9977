//! One process at a time fetches a content: an advisory lock on the file that `huggingface_hub`
//! locks for it, so the two also keep out of each other's way.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use crate::HubError;
use crate::cache::RepoFolder;

const WAIT: Duration = Duration::from_millis(100);

/// Held until dropped.
pub(super) struct Lock {
    _file: File,
}

/// Waits for the lock; `waiting` is called each time that somebody else has it. File systems
/// without locks let everybody through: what is fetched is verified in any case.
pub(super) async fn take(path: &Path, mut waiting: impl FnMut()) -> Result<Lock, HubError> {
    loop {
        let file = RepoFolder::open(path)?;
        match file.try_lock() {
            Ok(()) if is_still_there(&file, path) => return Ok(Lock { _file: file }),
            // Somebody removed the file as they let go of it: a lock on it keeps nobody out.
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => waiting(),
            Err(TryLockError::Error(e)) if e.kind() == std::io::ErrorKind::Unsupported => {
                return Ok(Lock { _file: file });
            }
            Err(TryLockError::Error(e)) => return Err(HubError::io(path, e)),
        }
        tokio::time::sleep(WAIT).await;
    }
}

#[cfg(unix)]
fn is_still_there(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// An open file cannot be removed here.
#[cfg(not(unix))]
fn is_still_there(_file: &File, _path: &Path) -> bool {
    true
}
