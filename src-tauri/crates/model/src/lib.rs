//! A local language model with hook points: loading, tokens, forward pass, capture.
//!
//! [`ModelFolder`] says what a folder or a GGUF file holds, [`LanguageModel`] loads it and runs it, a [`Hook`]
//! reads or changes the residual stream on the way, and [`LanguageModel::capture`] uses one to turn
//! texts into pooled rows. A [`Generation`] reads on where a pass ended. A [`ChatTemplate`] writes a
//! conversation the way the model was taught.
//!
//! Weights are read from safetensors and GGUF. Deliberately absent: the network, pickles, sampling.

mod arch;
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
mod rows;
mod tokens;
mod weights;

pub use capture::{CaptureOptions, CaptureSummary, CapturedText};
pub use chat::{ChatDate, ChatMessage, ChatTemplate, SpecialTokens};
pub use error::ModelError;
pub use folder::{ModelFolder, ModelInfo};
pub use generation::Generation;
pub use hook::{Hook, HookOutcome, NoHook};
pub use intervene::AddDirection;
pub use model::LanguageModel;
pub use origin::{HubOrigin, hub_origin};
pub use tokens::TokenisedText;
