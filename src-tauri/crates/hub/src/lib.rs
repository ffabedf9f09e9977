//! Where models come from, beside the ones that ship with the program.
//!
//! [`Environment`] says what this machine is set to; [`list_cache`] lists the models that other
//! tools have already fetched, as they are; [`Hub`] plans a download and fetches it into the same
//! cache, verified; [`Catalog`] reads the list of known checkpoints.
//!
//! Deliberately absent: weights are never opened here (`lens-model` does that), pickles are never
//! fetched, and nothing is fetched without being asked for.

mod cache;
mod catalog;
mod download;
mod environment;
mod error;
mod names;
mod usable;

pub use cache::{CacheListing, CachedFile, CachedRepo, CachedRevision, PartialFile, list_cache};
pub use catalog::{Catalog, CatalogEntry, CatalogError};
pub use download::{DownloadPlan, Hub, PlannedFile, Variant};
pub use environment::{Environment, HubSettings, Token};
pub use error::HubError;
pub use names::RepoId;
pub use usable::Readiness;
