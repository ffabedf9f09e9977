//! Edits of the pairs: how they are divided, and which words are replaced.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What decides about train and test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum SplitKind {
    /// The file where it says so; else at random within each scenario.
    AsGiven,
    /// At random within each scenario, whatever the file says.
    Random,
    /// Whole scenarios.
    ByScenario,
    /// Whole sources.
    BySource,
}

/// How the pairs are divided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SplitView {
    /// What decides.
    pub kind: SplitKind,
    /// Share of the pairs that go to test, 0.05 to 0.95.
    pub test_share: f64,
    /// Scenarios or sources that are the test; chosen by the seed, up to the share, when empty.
    pub test: Vec<String>,
}

/// A word to be replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct KeywordView {
    /// The word, any case.
    pub word: String,
    /// What may stand in its place; one is drawn for each occurrence.
    pub replacements: Vec<String>,
}

/// How often a keyword stands in the pairs.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct KeywordCountView {
    /// The word.
    pub word: String,
    /// Occurrences in the positive texts.
    pub positive: u32,
    /// Occurrences in the negative texts.
    pub negative: u32,
}

/// The keywords of the study and what replacing them does to the pairs.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AblationView {
    /// The list.
    pub keywords: Vec<KeywordView>,
    /// Whether it is the one that comes with the program.
    pub is_default: bool,
    /// Occurrences by keyword, in the order of the list.
    pub counts: Vec<KeywordCountView>,
    /// Replacements in the positive texts.
    pub replaced_positive: u32,
    /// Replacements in the negative texts.
    pub replaced_negative: u32,
    /// Pairs with at least one.
    pub touched_pairs: u32,
    /// Their positions in the data set, the first 200.
    pub touched: Vec<u32>,
    /// Pairs in all.
    pub pairs: u32,
}

/// A stretch of a text before and after.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SegmentView {
    /// As it was.
    pub before: String,
    /// What stands in its place; absent where nothing was changed.
    pub after: Option<String>,
}

/// One pair before and after its keywords were replaced.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AblatedPairView {
    /// Position in the data set.
    pub index: u32,
    /// Its id.
    pub id: String,
    /// The positive text; joined, the segments are the text.
    pub positive: Vec<SegmentView>,
    /// The negative text.
    pub negative: Vec<SegmentView>,
}
