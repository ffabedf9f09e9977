//! A local language model with hook points: loading, tokens, forward pass, capture.
//!
//! [`ModelFolder`] says what a folder or a GGUF file holds, [`LanguageModel`] loads it and runs it, a [`Hook`]
//! reads or changes the residual stream on the way, and [`LanguageModel::capture`] uses one to turn
//! texts into pooled rows. [`Interventions`] are changes of the stream, made by such a hook. A
//! [`Generation`] reads on where a pass ended; [`LanguageModel::sample`] draws texts with one,
//! [`LanguageModel::assess`] says what the unsteered model makes of them, and
//! [`LanguageModel::read_tokens`] scores a text token by token. A [`ChatTemplate`] writes a
//! conversation the way the model was taught.
//!
//! Weights are read from safetensors and GGUF. Deliberately absent: the network, pickles.

mod arch;
mod assess;
mod capture;
mod chat;
mod config;
mod error;
mod folder;
mod generation;
mod gguf;
mod hook;
mod intervene;
mod kernels;
mod layers;
mod model;
mod origin;
mod pool;
mod prompt;
mod reading;
mod sampling;
mod stop_tokens;
mod token_rows;
mod tokens;
mod weights;

pub use assess::{Assessment, Continuation};
pub use capture::{CaptureOptions, CaptureSummary, CapturedText};
pub use chat::{ChatDate, ChatMessage, ChatTemplate, SpecialTokens};
pub use error::ModelError;
pub use folder::{ModelFolder, ModelInfo};
pub use generation::Generation;
pub use hook::{Hook, HookOutcome, NoHook};
pub use intervene::{Change, Intervention, Interventions, Positions, Steering};
pub use model::LanguageModel;
pub use origin::{HubOrigin, hub_origin};
pub use reading::{ScoreDirection, ScoredToken, TextReading};
pub use sampling::{Control, Draw, Sample, SampleEnd, SampledToken, SamplingOptions};
pub use token_rows::TokenRows;
pub use tokens::TokenisedText;
