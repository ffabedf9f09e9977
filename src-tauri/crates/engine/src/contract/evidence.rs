use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a rung came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum RungStatus {
    /// Shown, with its number.
    Passed,
    /// Tested, and not shown.
    Failed,
    /// Not tested: nothing is said.
    NotTested,
}

/// One test of a rung; a rung with several needs them all.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RungPartView {
    /// "Word order".
    pub name: String,
    /// What it came to.
    pub status: RungStatus,
    /// What was found, with its number and N, or why nothing could be.
    pub sentence: String,
}

/// One rung of the evidence ladder.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RungView {
    /// 1 to 7.
    pub number: u32,
    /// Stable name: `separable`, `beats-ceiling`, `survives-ablation-and-shuffling`, `transfers`,
    /// `tracks-behaviour`, `moves-behaviour`, `necessary`.
    pub name: String,
    /// "Beats the surface ceiling".
    pub title: String,
    /// What it asks, in a sentence.
    pub question: String,
    /// What it came to: failed when a part failed, passed when all parts did.
    pub status: RungStatus,
    /// Its tests.
    pub parts: Vec<RungPartView>,
}

/// The ladder of one model.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LadderView {
    /// Which model.
    pub model_id: String,
    /// Its name.
    pub model_name: String,
    /// In words: what is shown and what is not.
    pub summary: String,
    /// Seven rungs, from the first.
    pub rungs: Vec<RungView>,
    /// Why there is no ladder yet, where that is so; the rungs are then all not tested.
    pub problem: Option<String>,
    /// What it rests on, in one line.
    pub provenance: String,
}

/// What is known, per model.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceView {
    /// What the pairs contrast.
    pub concept: String,
    /// Name of the data set.
    pub data: String,
    /// Training pairs.
    pub train_pairs: u32,
    /// Test pairs.
    pub test_pairs: u32,
    /// One ladder a chosen model.
    pub models: Vec<LadderView>,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum ReportFormat {
    /// One page for a browser; nothing is fetched by it.
    Html,
    /// Pages on paper.
    Pdf,
}
