//! How alike two models arrange the same texts, layer by layer: debiased linear CKA and RSA.
//!
//! Both compare texts with texts within each model, so widths and tokenizers may differ. Start with
//! [`Representation::of`] for every layer (its rows are not needed after that), then [`similarity`].
//! Definitions: METHODS, section 6.

mod centred;
mod compare;
mod representation;

pub use self::compare::{Similarity, similarity};
pub use self::representation::{Form, Representation};

/// Fewest texts for which the debiased estimator exists.
pub const FEWEST_TEXTS: usize = 4;
/// Most texts whose distances are ranked: their pairs grow with the square.
pub const RSA_TEXTS: usize = 1_000;
