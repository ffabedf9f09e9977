use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::EstimateView;

/// A word and how much it gives away.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TellingWordView {
    /// The word, lower-cased.
    pub word: String,
    /// Difference of its relative frequencies in the training texts, positive minus negative.
    pub weight: f64,
    /// How often it stands in the positive texts of the training pairs.
    pub positive: u32,
    /// How often it stands in the negative ones.
    pub negative: u32,
}

/// What one simple count of the texts reaches on the test pairs, without any model.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SurfaceBaselineView {
    /// Stable name: `bag-of-words`, `tf-idf-logistic`, `function-words`, `marks`, `word-count`,
    /// `character-count`.
    pub name: String,
    /// Name for readers: "Bag of words".
    pub label: String,
    /// Test AUROC; absent when it cannot be tested.
    pub auroc: Option<EstimateView>,
    /// Test accuracy at the midpoint of the training scores.
    pub accuracy: Option<EstimateView>,
    /// Why it cannot be tested, where that is so.
    pub problem: Option<String>,
}

/// What the texts alone give away: the best of the baselines is the surface ceiling.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SurfaceView {
    /// Test pairs.
    pub test_pairs: u32,
    /// Every baseline, in a fixed order.
    pub baselines: Vec<SurfaceBaselineView>,
    /// [`SurfaceBaselineView::name`] of the best one; absent when none can be tested.
    pub ceiling: Option<String>,
    /// Words that give the positive side away, the most telling first.
    pub positive_words: Vec<TellingWordView>,
    /// Words that give the negative side away.
    pub negative_words: Vec<TellingWordView>,
    /// What it rests on, in one line.
    pub provenance: String,
}
