//! What the place of a folder says about where a model comes from.

use std::path::Path;

/// A model's id on the hub and the commit its files are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubOrigin {
    /// "org/name".
    pub repo: String,
    /// Hash of the commit.
    pub commit: String,
}

/// The origin of a folder or file in the hub's cache, whose layout is
/// `models--org--name/snapshots/<commit>/<files>`; none for any other.
#[must_use]
pub fn hub_origin(path: &Path) -> Option<HubOrigin> {
    let is_snapshot = |at: &&Path| at.parent().is_some_and(|p| p.ends_with("snapshots"));
    let snapshot = path.ancestors().find(is_snapshot)?;
    let name = snapshot.parent()?.parent()?.file_name()?.to_str()?.strip_prefix("models--")?;
    let commit = snapshot.file_name()?.to_str()?.to_owned();
    Some(HubOrigin { repo: name.replace("--", "/"), commit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_in_the_cache_names_its_model_and_commit() {
        let origin = hub_origin(Path::new("/c/hub/models--org--a-b.c/snapshots/0f3a")).unwrap();
        assert_eq!((origin.repo.as_str(), origin.commit.as_str()), ("org/a-b.c", "0f3a"));
        let file = hub_origin(Path::new("/c/models--org--n/snapshots/0f3a/q8/n.gguf")).unwrap();
        assert_eq!((file.repo.as_str(), file.commit.as_str()), ("org/n", "0f3a"));
        assert_eq!(hub_origin(Path::new("/c/models--org--name/refs/main")), None);
        assert_eq!(hub_origin(Path::new("/models/toy-llama")), None);
        assert_eq!(hub_origin(Path::new("snapshots/x")), None);
    }
}
