use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{MemoryView, PairsSummary, SplitView};

/// Where a model comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ModelOrigin {
    /// Ships with the program.
    Bundled,
    /// A folder on this machine.
    Folder,
    /// The cache that programs of the hub share on this machine.
    Cache,
}

/// What came of reading the pairs with a model.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReadingView {
    /// Texts read (two per pair).
    pub texts: u32,
    /// Their tokens in all.
    pub tokens: u32,
    /// Texts longer than the token limit, which were cut.
    pub truncated: u32,
    /// Texts whose activations were already in the store.
    pub from_store: u32,
    /// Seconds the forward passes took; 0 when everything was in the store.
    pub seconds: f64,
}

/// A model of the study.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelView {
    /// Identity within the program: the bundled name or the folder's path.
    pub id: String,
    /// Name for readers.
    pub name: String,
    /// `model_type` of its configuration.
    pub family: String,
    /// Number of blocks; layers run from 0 (embedding output) to this.
    pub layers: u32,
    /// Width of the residual stream.
    pub width: u32,
    /// Parameters, in millions.
    pub parameters_millions: f64,
    /// Number type of the stored weights.
    pub weights_dtype: String,
    /// Size of the weights in megabytes.
    pub megabytes: f64,
    /// Licence, where its card states one.
    pub licence: Option<String>,
    /// Where it comes from.
    pub origin: ModelOrigin,
    /// Its id on the hub, where it comes from there.
    pub repo: Option<String>,
    /// Positions it was made for.
    pub context: u32,
    /// What it asks of the memory; absent for one that cannot be used.
    pub memory: Option<MemoryView>,
    /// Whether it reads the pairs of this study.
    pub chosen: bool,
    /// What came of reading the current pairs with the current settings; absent until done.
    pub reading: Option<ReadingView>,
    /// Why it cannot be used, where that is so.
    pub problem: Option<String>,
}

/// How texts are read and probed; changing one makes what rests on it stale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SettingsView {
    /// `mean`, `mean-all` or `last`.
    pub pooling: String,
    /// Texts longer than this many tokens are cut.
    pub token_limit: u32,
    /// Seed of splits and intervals.
    pub seed: u32,
    /// Whether texts are read through the chat template of a model that has one.
    pub chat_template: bool,
    /// How directions are found: `mean-difference`, `whitened`, `logistic` or
    /// `pca-of-differences`.
    pub method: String,
    /// How the models' weights are held in memory: `stored`, `f32` or `bf16`.
    pub weights: String,
}

/// The open study.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StudyView {
    /// Name for the title bar.
    pub name: String,
    /// Its file; absent while it has not been given a place.
    pub path: Option<String>,
    /// Whether this is the sample study.
    pub sample: bool,
    /// What undo would take back: "import of rivals.jsonl".
    pub undo: Option<String>,
    /// Its pairs, if it has some.
    pub pairs: Option<PairsSummary>,
    /// Every model known: bundled and added.
    pub models: Vec<ModelView>,
    /// How texts are read.
    pub settings: SettingsView,
    /// How the pairs are divided.
    pub split: SplitView,
    /// Whether something is left to compute for the chosen models: a reading, the controls of a
    /// probe, or their comparison.
    pub pending: bool,
}

/// A study opened before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RecentStudy {
    /// Its file.
    pub path: String,
    /// Its name.
    pub name: String,
}

/// A pair set that ships with the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ShippedPairsView {
    /// Its name.
    pub name: String,
    /// What it holds, in a sentence or two.
    pub about: String,
    /// Its file.
    pub path: String,
}

/// What the window needs at start.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StartView {
    /// Version of the program.
    pub version: String,
    /// The study to show.
    pub study: StudyView,
    /// Studies opened before, the latest first.
    pub recent: Vec<RecentStudy>,
    /// Pair sets that ship with the program.
    pub shipped: Vec<ShippedPairsView>,
}
