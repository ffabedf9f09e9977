//! What a download will fetch, before anything is fetched.

use std::collections::{BTreeMap, BTreeSet};

use super::listing::{ListedFile, Listing};
use crate::cache::RepoFolder;
use crate::usable::{Kind, SAFETENSORS, SHARD_INDEX, gguf_forms, kind};
use crate::{HubError, RepoId};

/// A model at a commit, and which of its files are wanted.
#[derive(Debug, Clone)]
pub struct DownloadPlan {
    repo: RepoId,
    revision: String,
    commit: String,
    gated: bool,
    variants: Vec<Variant>,
    chosen: Option<usize>,
    left_out: Vec<String>,
    missing: Vec<String>,
}

/// One form of a model's weights, with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// `safetensors`, or the name of a GGUF file.
    pub name: String,
    /// Its files: with safetensors also configuration and tokenizer; a GGUF holds them itself.
    pub files: Vec<PlannedFile>,
}

/// A file of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFile {
    /// Name, with `/` between folders.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Whether it is in the cache already.
    pub already_there: bool,
    pub(super) hash: String,
}

impl Variant {
    /// Bytes in all.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Bytes that are in the cache already.
    #[must_use]
    pub fn already_there(&self) -> u64 {
        self.files.iter().filter(|file| file.already_there).map(|file| file.bytes).sum()
    }
}

impl DownloadPlan {
    pub(super) fn of(
        listing: Listing,
        repo: &RepoId,
        revision: &str,
        folder: &RepoFolder,
    ) -> Result<Self, HubError> {
        let Listing { commit, gated, files, others: mut left_out } = listing;
        let planned = |file: ListedFile| PlannedFile {
            already_there: folder.has(&commit, &file.name, &file.hash, file.bytes),
            name: file.name,
            bytes: file.bytes,
            hash: file.hash,
        };
        let files: BTreeMap<String, PlannedFile> =
            files.into_iter().map(|file| (file.name.clone(), planned(file))).collect();
        let of_kind = |wanted: Kind| files.values().filter(move |file| kind(&file.name) == wanted);

        let mut variants = Vec::new();
        let mut missing = Vec::new();
        // A single file is read before shards, and both are one model.
        let single = files.get("model.safetensors");
        let weights: Vec<PlannedFile> = match single {
            Some(single) => vec![single.clone()],
            None => of_kind(Kind::Weights).cloned().collect(),
        };
        if !weights.is_empty() {
            let index = if single.is_none() { Some(SHARD_INDEX) } else { None };
            let needed = ["config.json", "tokenizer.json"].into_iter().chain(index);
            missing.extend(needed.filter(|n| !files.contains_key(*n)).map(ToOwned::to_owned));
            let aside = of_kind(Kind::Aside).filter(|f| single.is_none() || f.name != SHARD_INDEX);
            let files = aside.cloned().chain(weights).collect();
            variants.push(Variant { name: SAFETENSORS.to_owned(), files });
        }
        for (name, parts) in gguf_forms(files.keys().map(String::as_str)) {
            let files = parts.iter().filter_map(|part| files.get(*part)).cloned().collect();
            variants.push(Variant { name, files });
        }
        if variants.is_empty() {
            let repo = repo.to_string();
            let pickle = left_out.into_iter().find(|name| kind(name) == Kind::Pickle);
            return Err(match pickle {
                Some(file) => HubError::PicklesOnly { repo, file },
                None => HubError::NothingUsable { repo },
            });
        }
        let used: BTreeSet<&str> =
            variants.iter().flat_map(|v| &v.files).map(|file| file.name.as_str()).collect();
        left_out.extend(files.keys().filter(|name| !used.contains(name.as_str())).cloned());
        left_out.sort();
        Ok(Self {
            repo: repo.clone(),
            revision: revision.to_owned(),
            commit,
            gated,
            chosen: (variants.len() == 1).then_some(0),
            variants,
            left_out,
            missing,
        })
    }

    /// The model.
    #[must_use]
    pub fn repo(&self) -> &RepoId {
        &self.repo
    }

    /// What was asked for: `main`.
    #[must_use]
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The commit that it stands for.
    #[must_use]
    pub fn commit(&self) -> &str {
        &self.commit
    }

    /// Whether its terms have to be accepted first.
    #[must_use]
    pub fn gated(&self) -> bool {
        self.gated
    }

    /// The forms its weights are there in: one at least.
    #[must_use]
    pub fn variants(&self) -> &[Variant] {
        &self.variants
    }

    /// The form that will be fetched; none while there are several and none is chosen.
    #[must_use]
    pub fn chosen(&self) -> Option<&Variant> {
        self.variants.get(self.chosen?)
    }

    /// Files of the repository that are never fetched: pickles, code, other forms, documents.
    #[must_use]
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Files without which the chosen form cannot be opened and which the repository does not have.
    #[must_use]
    pub fn missing(&self) -> &[String] {
        let safetensors = self.chosen().is_some_and(|variant| variant.name == SAFETENSORS);
        if safetensors { &self.missing } else { &[] }
    }

    /// The same plan with another form chosen.
    ///
    /// # Errors
    /// When there is no form of that name.
    pub fn choose(mut self, variant: &str) -> Result<Self, HubError> {
        self.chosen = self.variants.iter().position(|v| v.name == variant);
        if self.chosen.is_none() {
            return Err(HubError::NoSuchVariant {
                repo: self.repo.to_string(),
                wanted: variant.to_owned(),
                variants: self.names(),
            });
        }
        Ok(self)
    }

    pub(super) fn check_chosen(&self) -> Result<&Variant, HubError> {
        let several =
            || HubError::ChooseVariant { repo: self.repo.to_string(), variants: self.names() };
        self.chosen().ok_or_else(several)
    }

    fn names(&self) -> Vec<String> {
        self.variants.iter().map(|variant| variant.name.clone()).collect()
    }
}
