//! What the hub says a model consists of, asked through hf-hub.

use std::pin::pin;

use futures_util::{StreamExt, TryStreamExt, stream};
use hf_hub::repository::RepoTreeEntry;
use hf_hub::split_id;
use reqwest::header::{ETAG, HeaderMap};

use super::checksum::Checksum;
use super::http::{Http, bad_answer};
use crate::HubError;
use crate::names::{is_commit, is_hex, stays_inside};
use crate::usable::{Kind, kind};

/// Questions under way at once.
const AT_ONCE: usize = 4;
/// A model has some hundred files; more are a mistake or worse.
const MOST_FILES: usize = 20_000;

/// A model at one commit.
pub(super) struct Listing {
    pub(super) commit: String,
    pub(super) gated: bool,
    pub(super) files: Vec<ListedFile>,
    /// Names of the files that the program does not read.
    pub(super) others: Vec<String>,
}

/// A file that the program reads.
pub(super) struct ListedFile {
    pub(super) name: String,
    pub(super) bytes: u64,
    /// SHA-256 of the content, or SHA-1 of the git blob.
    pub(super) hash: String,
}

/// Asks for the commit, then for the files at it, then for the checksums of the large ones: hf-hub
/// reads sizes and git's checksums from the list of files, but not the SHA-256 of those that git
/// only points to.
pub(super) async fn read(http: &Http, revision: &str) -> Result<Listing, HubError> {
    let (owner, name) = split_id(http.repo.as_str());
    let model = http.hub.model(owner, name);
    let info = model.info().revision(revision).send().await.map_err(|e| http.error(e, revision))?;
    let bad = |what: &str| bad_answer(http.endpoint(), what);
    let commit = info.sha.filter(|sha| is_commit(sha)).ok_or_else(|| bad("it names no commit"))?;
    let gated = info.gated.is_some_and(|gated| gated != serde_json::Value::Bool(false));

    let tree = model.list_tree().revision(commit.as_str()).recursive(true).send();
    let mut tree = pin!(tree.map_err(|e| http.error(e, revision))?);
    let (mut found, mut others) = (Vec::new(), Vec::new());
    while let Some(entry) = tree.next().await {
        let RepoTreeEntry::File { oid, size, path, lfs, .. } =
            entry.map_err(|e| http.error(e, revision))?
        else {
            continue;
        };
        if !stays_inside(&path) {
            return Err(HubError::UnsafeName { repo: http.repo.to_string(), name: path });
        }
        if found.len() + others.len() >= MOST_FILES {
            return Err(bad("it lists more files than a model has"));
        }
        match kind(&path) {
            Kind::Pickle | Kind::Other => others.push(path),
            Kind::Aside | Kind::Weights | Kind::Gguf => {
                let hash = match lfs {
                    Some(lfs) => lfs.sha256,
                    None => Some(oid),
                };
                found.push((path, size, hash));
            }
        }
    }
    let files = stream::iter(found)
        .map(|(name, bytes, hash)| listed(http, &commit, name, bytes, hash))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(Listing { commit, gated, files, others })
}

async fn listed(
    http: &Http,
    commit: &str,
    name: String,
    bytes: u64,
    hash: Option<String>,
) -> Result<ListedFile, HubError> {
    let hash = match hash {
        Some(hash) => hash,
        None => {
            let headers = http.head(commit, &name).await?;
            let size =
                headers.get("x-linked-size").and_then(|size| size.to_str().ok()?.parse().ok());
            if let Some(got) = size.filter(|size| *size != bytes) {
                return Err(HubError::WrongSize { file: name, expected: bytes, got });
            }
            etag(&headers).filter(|etag| etag.len() == 64 && is_hex(etag)).unwrap_or_default()
        }
    };
    if Checksum::like(&hash, bytes).is_none() {
        return Err(HubError::NoChecksum(name));
    }
    Ok(ListedFile { name, bytes, hash })
}

fn etag(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("x-linked-etag").or_else(|| headers.get(ETAG))?.to_str().ok()?;
    Some(value.trim_start_matches("W/").trim_matches('"').to_owned())
}
