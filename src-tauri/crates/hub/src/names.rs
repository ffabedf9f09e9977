//! Names that come from outside and become paths and addresses: a model's id, a revision, a file.

use std::fmt;
use std::str::FromStr;

use crate::HubError;

/// A model's id on the hub: `org/name`, or a bare `name` for a few old ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoId(String);

impl RepoId {
    /// `org/name`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Name of its folder in the cache: `models--org--name`.
    #[must_use]
    pub fn cache_name(&self) -> String {
        format!("{CACHE_PREFIX}{}", self.0.replace('/', "--"))
    }

    /// The id whose folder has this name; none for another kind of folder.
    #[must_use]
    pub fn of_cache_name(name: &str) -> Option<Self> {
        name.strip_prefix(CACHE_PREFIX)?.replace("--", "/").parse().ok()
    }
}

const CACHE_PREFIX: &str = "models--";

impl FromStr for RepoId {
    type Err = HubError;

    /// The rules of `huggingface_hub`: one or two parts of letters, digits, `-`, `_` and `.`, none
    /// of them at an end (`_` may be), no `--` or `..`, at most 96 characters a part, not ending in
    /// `.git`.
    fn from_str(text: &str) -> Result<Self, HubError> {
        let part = |part: &str| {
            let end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
            let known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            part.len() <= 96
                && part.chars().all(known)
                && end(part.chars().next())
                && end(part.chars().next_back())
        };
        let parts = text.split('/').count();
        let fits = parts <= 2
            && text.split('/').all(part)
            && !text.contains("--")
            && !text.contains("..")
            && !text.ends_with(".git");
        if fits { Ok(Self(text.to_owned())) } else { Err(HubError::BadId(text.to_owned())) }
    }
}

impl fmt::Display for RepoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `name`, with `/` between folders, stays inside the folder it is put in, on every
/// operating system: relative, no `..`, no backslash, no drive, no control character.
pub(crate) fn stays_inside(name: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part != "." && part != "..";
    name.split('/').all(part) && !name.chars().any(|c| c.is_control() || c == '\\' || c == ':')
}

/// Whether `revision` can be a branch, a tag or a commit, and a file below `refs`.
pub(crate) fn is_revision(revision: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || "-_./+".contains(c);
    revision.len() <= 200 && revision.chars().all(known) && stays_inside(revision)
}

/// Whether `text` is the full hash of a commit, 40 hexadecimal digits.
pub(crate) fn is_commit(text: &str) -> bool {
    text.len() == 40 && is_hex(text)
}

pub(crate) fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_huggingface_hub_takes() {
        for good in ["gpt2", "Qwen/Qwen2.5-0.5B-Instruct", "a/b_c.d-e", "123", "_x/y_"] {
            assert_eq!(good.parse::<RepoId>().unwrap().as_str(), good);
        }
        let long = "x".repeat(97);
        for bad in [
            "",
            "/",
            "a/",
            "/b",
            "a/b/c",
            "../b",
            "a/..",
            "a--b/c",
            "a/b.git",
            ".a/b",
            "a/b.",
            "-a/b",
            "a b/c",
            "a\\b",
            "a/b?x",
            "ä/b",
            "a/b\n",
            "http://x/y",
            &long,
        ] {
            let error = bad.parse::<RepoId>().unwrap_err();
            assert!(error.to_string().contains("org/name"), "{bad}: {error}");
        }
    }

    #[test]
    fn cache_names_go_there_and_back() {
        for id in ["gpt2", "Qwen/Qwen2.5-0.5B"] {
            let id: RepoId = id.parse().unwrap();
            assert_eq!(RepoId::of_cache_name(&id.cache_name()), Some(id));
        }
        for other in ["datasets--a--b", "models", "models--", "models--a--b--c", ".locks"] {
            assert_eq!(RepoId::of_cache_name(other), None, "{other}");
        }
    }

    #[test]
    fn names_that_leave_the_folder_are_told() {
        for good in ["config.json", "a/b.gguf", "..gguf", "model (1).json", "ü.json"] {
            assert!(stays_inside(good), "{good}");
        }
        for bad in [
            "",
            "/etc/x.json",
            "../x.json",
            "a/../x.json",
            "a/./x.json",
            "a//x.json",
            "a/",
            "..\\x.json",
            "C:\\x.json",
            "C:x.json",
            "x.json:stream",
            "a\0.json",
            "a\n.json",
        ] {
            assert!(!stays_inside(bad), "{bad:?}");
        }
    }

    #[test]
    fn revisions_are_branches_tags_and_commits() {
        for good in ["main", "refs/pr/1", "v1.0-rc+2", &"0f".repeat(20)] {
            assert!(is_revision(good), "{good}");
        }
        for bad in ["", "..", "a/../b", "/main", "a b", "a?b", "a%2e", "a\\b", &"x".repeat(201)] {
            assert!(!is_revision(bad), "{bad}");
        }
        assert!(is_commit(&"0f".repeat(20)));
        assert!(!is_commit(&"0F".repeat(20)) && !is_commit("main") && !is_commit(&"0".repeat(64)));
    }
}
