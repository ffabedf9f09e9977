//! Pair files in and out: recognition, reading, validation, splits, checks.
//!
//! [`read_pairs`] streams a file of any known [`Format`] and [`Layout`] into a sink in constant
//! memory; [`recognise`] says in bounded time what a file holds; [`assign_splits`] divides pairs
//! into train and test by a [`SplitRule`]; [`checks`] looks for what would make a result worthless, and
//! [`check_sentences`] says it with what to do about it; [`shuffled`] and [`ablate`] make pairs without
//! their word order and without their vocabulary, for controls; [`read_scores`] reads human scores of
//! pairs; [`write_jsonl`] writes pairs so that they read back the same.
//!
//! A row that cannot be used becomes a [`Problem`] with file, line, field and reason; reading goes
//! on at the next row. Nothing is dropped without one.

mod ablation;
mod chat;
mod checks;
mod detect;
mod digest;
mod error;
mod layout;
mod minhash;
mod pairs;
mod problem;
mod read;
mod recognise;
mod scores;
mod shuffle;
mod sniff;
mod source;
mod split;
mod value;
mod write;

pub use ablation::{
    Ablation, Keyword, KeywordCount, KeywordError, KeywordList, Replacement, ablate, ablate_text,
};
pub use checks::{
    CheckCode, CheckSentence, Checks, DuplicateExample, Duplicates, Leakage, LeakageExample,
    ScenarioCount, ScenarioImbalance, Severity, SourceImbalance, WordCounts, check_sentences,
    checks,
};
pub use digest::DataDigest;
pub use error::{DatasetError, SinkError};
pub use layout::{ColumnChoice, Layout};
pub use pairs::{MAX_FIELD_BYTES, MAX_METADATA_BYTES};
pub use problem::{Problem, ProblemCode};
pub use read::{MAX_PROBLEMS, ReadOptions, ReadReport, read_pairs};
pub use recognise::{Recognition, RecognitionKind, recognise};
pub use scores::{ScoreMatch, ScoreTable, holds_scores, read_scores, recognise_scores};
pub use shuffle::{shuffle_words, shuffled};
pub use sniff::Format;
pub use source::MAX_ROW_BYTES;
pub use split::{SplitReport, SplitRule, assign_splits};
pub use write::write_jsonl;
