use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where a token stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TokenContextView {
    /// Which pair, by its place among them.
    pub pair: u32,
    /// Whether the text is its positive one.
    pub positive: bool,
    /// What stands before, a dozen tokens at most.
    pub before: String,
    /// The token.
    pub token: String,
    /// What stands behind, likewise.
    pub after: String,
    /// Its score there.
    pub score: f64,
}

/// A token, wherever it occurs in the pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TokenAlongView {
    /// As it is written.
    pub token: String,
    /// How often it occurs.
    pub count: u32,
    /// In positive texts.
    pub positive: u32,
    /// In negative ones.
    pub negative: u32,
    /// Mean of its scores: h.d minus the probe's threshold.
    pub mean: f64,
    /// Their standard deviation.
    pub sd: f64,
    /// Share of the difference between the sides' mean scores that it makes up; absent where a text's
    /// score is not the mean of its tokens' or the sides are the wrong way round.
    pub share: Option<f64>,
    /// Its strongest occurrences, one a text.
    pub contexts: Vec<TokenContextView>,
}

/// The tokens of all pairs along the probe's direction at a layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TokensAlongView {
    /// Which model.
    pub model_id: String,
    /// Its name.
    pub model_name: String,
    /// Which layer.
    pub layer: u32,
    /// How often a token has to occur.
    pub fewest: u32,
    /// Content tokens in all.
    pub tokens: u32,
    /// Different ones.
    pub distinct: u32,
    /// Different ones that occur often enough.
    pub counted: u32,
    /// Those whose mean lies above the threshold, the farthest first: the first 100, and those with the
    /// largest shares.
    pub towards: Vec<TokenAlongView>,
    /// Those whose mean lies below it, likewise.
    pub against: Vec<TokenAlongView>,
    /// How many tokens [`strongest_share`](Self::strongest_share) is of.
    pub strongest: u32,
    /// Share of the difference between the sides that the tokens with the largest shares make up
    /// together; absent as [`TokenAlongView::share`] is.
    pub strongest_share: Option<f64>,
    /// What it rests on, in one line.
    pub provenance: String,
}
