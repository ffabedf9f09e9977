//! The use-cases of Empathy Lens, callable from a window, the command line, or a test.
//!
//! The window holds a [`Session`] (the open [`Study`](study::Study), the models, the
//! [`ActivationStore`](store::ActivationStore)) and starts long work with [`read_pairs`]. The command
//! line calls the steps themselves: [`read`] makes activations, [`probe`] and [`map`] look at
//! them, [`figure`] draws. [`contract`] holds the types that cross to the window.
//!
//! Every result is a function of (data digest, model digest, settings, seed, version) and is kept
//! under exactly that, so nothing is computed twice.

mod activations;
mod behaviour;
mod clock;
mod correlation;
mod download;
mod editing;
mod error;
mod human_scores;
mod import;
mod jobs;
mod memory;
mod models;
mod packet;
mod pairs;
mod places;
mod recent;
mod recognise;
mod sample;
mod session;
mod shelf;
mod shipped;
mod slot;
mod snapshot;
mod surface;
mod tensors;
mod variant;
mod worker;

pub mod agreement;
pub mod compute;
pub mod contract;
pub mod controls;
pub mod corpus;
pub mod evidence;
pub mod figure;
pub mod map;
pub mod probe;
pub mod read;
pub mod steering;
pub mod store;
pub mod study;

pub use activations::{ActivationFiles, write_activations};
pub use clock::ClockedReporter;
pub use correlation::correlate_file;
pub use download::{download_model, fetch_model, hub_settings, plan_download};
pub use editing::shipped_keywords;
pub use error::EngineError;
pub use human_scores::{ScoreRecord, read_scores};
pub use jobs::read_pairs;
pub use map::draw_map;
pub use models::{LoadedModels, ModelEntry};
pub use packet::Packet;
pub use pairs::PreparedPairs;
pub use places::Places;
pub use session::Session;
pub use shelf::Shelf;
pub use snapshot::Snapshot;
pub use surface::surface_view;

/// Version of the program, part of every provenance.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Sets how many threads computations use, for the whole process; once, before the first.
///
/// # Errors
/// When threads are already running or cannot be started.
pub fn use_threads(threads: usize) -> Result<(), EngineError> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(|error| {
        EngineError::BadValue {
            what: format!("{threads} threads cannot be used: {error}."),
            hint: "Ask for at most as many as there are cores.".into(),
        }
    })
}
