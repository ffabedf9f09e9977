//! What steering did: the scenarios, the outcome of each sample, its coherence, the dose-response over
//! coefficients, and directions in and out of files.
//!
//! [`language_outcome`] and [`coherent_as_published`] judge one text. Counts of such judgements make a
//! [`Cell`] per coefficient, cells with one at 0 make a [`Dose`], and from that come
//! [`success_as_published`], [`success_strict`], [`slope`] and [`asymmetry`]. [`score_samples`] does all
//! of it for a file of samples that were generated elsewhere. [`direction_file`] reads and writes
//! directions as .npy, safetensors and GGUF control vectors, and has the one table of how tools count
//! layers. What every number means is written in METHODS, section 6.
//!
//! Deliberately absent: models and generation. What a model has to compute (perplexity, KL) is given
//! by whoever has the model.

mod anti_steerable;
mod band;
mod coherence;
mod dose;
mod effect;
mod error;
mod language;
mod repetition;
mod samples;
mod scenario;
mod slope;
mod success;

pub mod direction_file;

pub use anti_steerable::{AntiSteerable, anti_steerable};
pub use band::{BandPoint, FEWEST_RANDOM_DIRECTIONS, random_band};
pub use coherence::{Coherence, coherence, coherent_as_published};
pub use dose::{Cell, Dose, SampleOutcome};
pub use effect::{Effect, change, effect};
pub use error::SteeringError;
pub use language::{
    EMPATHY_WORDS, LanguageScore, TASK_WORDS, WordList, WordSpan, language_outcome, language_score,
    word_spans,
};
pub use lens_core::{Interval, Share};
pub use samples::{
    LayerSamples, ModelSamples, ScenarioSamples, ScenarioScores, score_samples, score_samples_from,
};
pub use scenario::{OutcomeRule, QUESTION, RuleWord, Scenario, read_scenarios};
pub use slope::{Asymmetry, Slope, asymmetry, slope};
pub use success::{
    Bound, FEWEST_COHERENT, SuccessAsPublished, SuccessStrict, success_as_published, success_strict,
};
