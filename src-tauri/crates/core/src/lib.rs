//! The nouns that every other crate speaks in.
//!
//! Start with [`ContrastPair`] (what is read), [`HookPoint`] and [`Pooling`] (where and how a model
//! is read), [`ActivationMatrix`] (what comes out), [`Direction`] (what a probe finds) and
//! [`Provenance`] (what a number rests on). [`Reporter`] and [`CancelToken`] are how long work talks
//! to whoever asked for it.
//!
//! Deliberately absent: input and output, tensors of any framework, clocks, threads.

mod activation;
mod digest;
mod direction;
mod grouped;
mod hook;
mod pair;
mod progress;
mod provenance;
mod seed;
mod share;
mod weights;

pub use activation::{ActivationMatrix, ShapeError};
pub use digest::Digest;
pub use direction::{Direction, DirectionMethod};
pub use grouped::grouped;
pub use hook::{HookPoint, LayerSelection, Pooling, UnknownPooling};
pub use pair::{ContrastPair, Side, Split, UnknownSplit};
pub use progress::{CancelToken, Cancelled, Progress, Reporter, Silent};
pub use provenance::Provenance;
pub use seed::Seed;
pub use share::{Interval, NORMAL_QUANTILE, Share};
pub use weights::{UnknownWeightsDtype, WeightsDtype};
