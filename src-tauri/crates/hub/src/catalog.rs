//! The list of known checkpoints, `models/catalog.toml`: facts only.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::RepoId;

/// Checkpoints worth offering, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalog {
    /// The checkpoints.
    pub models: Vec<CatalogEntry>,
}

/// What is known of a checkpoint without fetching it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogEntry {
    /// Id on the hub.
    #[serde(deserialize_with = "repo_id")]
    pub repo: RepoId,
    /// One line on what it is.
    pub about: String,
    /// `model_type` of its config.json: "llama".
    pub family: String,
    /// Identifier of its licence.
    pub licence: String,
    /// Numbers in its weights, tied ones once.
    pub parameters: u64,
    /// Number of blocks.
    pub layers: usize,
    /// Width of the residual stream.
    pub width: usize,
    /// Positions it was made for; none where that is not clear.
    pub context: Option<usize>,
    /// Whether its terms have to be accepted on its page first.
    pub gated: bool,
}

impl CatalogEntry {
    /// Bytes of the weights as f16 or bf16.
    #[must_use]
    pub fn half_bytes(&self) -> u64 {
        self.parameters.saturating_mul(2)
    }

    /// Bytes of the weights as f32.
    #[must_use]
    pub fn single_bytes(&self) -> u64 {
        self.parameters.saturating_mul(4)
    }
}

/// Why a catalogue cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// Not TOML, an unknown field, a field missing or of another type; says in which line.
    #[error("the catalogue cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// A checkpoint twice.
    #[error("the catalogue lists {0} twice")]
    Twice(RepoId),
    /// A field that says nothing.
    #[error("the catalogue's entry {repo} has no {field}")]
    Empty {
        /// The checkpoint.
        repo: RepoId,
        /// The field.
        field: &'static str,
    },
}

impl Catalog {
    /// Reads the text of a catalogue.
    ///
    /// # Errors
    /// Not a catalogue, entries that are there twice, empty fields.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            model: Vec<CatalogEntry>,
        }
        let File { model: models } = toml::from_str(text)?;
        let mut known = BTreeSet::new();
        for entry in &models {
            if !known.insert(entry.repo.as_str().to_lowercase()) {
                return Err(CatalogError::Twice(entry.repo.clone()));
            }
            let fields = [
                ("about", entry.about.trim().is_empty()),
                ("family", entry.family.trim().is_empty()),
                ("licence", entry.licence.trim().is_empty()),
                ("parameters", entry.parameters == 0),
                ("layers", entry.layers == 0),
                ("width", entry.width == 0),
                ("context", entry.context == Some(0)),
            ];
            if let Some((field, _)) = fields.into_iter().find(|(_, empty)| *empty) {
                return Err(CatalogError::Empty { repo: entry.repo.clone(), field });
            }
        }
        Ok(Self { models })
    }

    /// The entry of a checkpoint; letter case does not matter, as on the hub.
    #[must_use]
    pub fn find(&self, repo: &RepoId) -> Option<&CatalogEntry> {
        self.models.iter().find(|entry| entry.repo.as_str().eq_ignore_ascii_case(repo.as_str()))
    }
}

fn repo_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<RepoId, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}
