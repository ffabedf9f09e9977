use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::CountView;

/// How rows become points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum MapMethod {
    /// Principal components.
    #[default]
    Pca,
    /// A map on which neighbours stay neighbours.
    Umap,
    /// Along the probe's direction, and the principal components of what is left.
    Probe,
}

/// What the points are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum MapLevel {
    /// A point for each text, pooled.
    #[default]
    Texts,
    /// A point for each content token.
    Tokens,
}

/// Which rows shape a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum MapFit {
    /// All.
    #[default]
    All,
    /// Those of the training pairs; the test pairs are laid over.
    Train,
}

/// How far apart two rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum MapMetric {
    /// Length of their difference.
    #[default]
    Euclidean,
    /// One minus the cosine of their angle.
    Cosine,
}

/// What UMAP depends on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UmapSettingsView {
    /// Neighbours of each point that its place depends on: 2 to 200.
    pub neighbors: u32,
    /// How near points may lie: 0 to 1.
    pub min_dist: f64,
    /// How far apart rows are.
    pub metric: MapMetric,
}

/// Which projection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProjectionRequest {
    /// Which model.
    pub model_id: String,
    /// Which layer.
    pub layer: u32,
    /// 2 or 3.
    pub dims: u32,
    /// How.
    pub method: MapMethod,
    /// Of what.
    pub level: MapLevel,
    /// Shaped by what.
    pub fit: MapFit,
    /// For [`MapMethod::Umap`]; its defaults when absent.
    pub umap: Option<UmapSettingsView>,
}

/// How far a map keeps neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MapQualityView {
    /// Neighbours looked at.
    pub neighbors: u32,
    /// 1 where every neighbour on the map is one in full.
    pub trustworthiness: f64,
    /// Share of the nearest rows that are among the nearest on the map.
    pub neighbors_kept: f64,
    /// Rows looked at: all, or a sample.
    pub looked_at: u32,
}

/// Header of the packet that carries a projection. Behind it: `rows * dims` f32 coordinates,
/// row-major. At the level of texts row `2 i` is the positive text of pair `i`, row `2 i + 1` the
/// negative one. At the level of tokens the coordinates are followed by `rows` u32 (the text that a
/// token is of, numbered as the rows of texts are), `rows` u32 (which of [`Self::words`] it is),
/// `rows` u32 (its position among the tokens that were read, special ones counted) and `rows` f32
/// (its score: h.d minus the probe's threshold; NaN where the pairs allow no probe). Tokens come
/// text by text and in the order of the text, so that the words of one text behind each other are
/// the text.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProjectionHeader {
    /// Which model.
    pub model_id: String,
    /// Which layer.
    pub layer: u32,
    /// How.
    pub method: MapMethod,
    /// Of what.
    pub level: MapLevel,
    /// Shaped by what.
    pub fit: MapFit,
    /// Points.
    pub rows: u32,
    /// 2 or 3.
    pub dims: u32,
    /// What each axis is, for readers: "PC1 (41.2 %)", "UMAP 1", "Distance along the probe".
    pub axes: Vec<String>,
    /// Share of the total variance along each axis; empty where axes have none.
    pub explained_variance_ratio: Vec<f64>,
    /// How far the map keeps neighbours; absent where it was not computed.
    pub quality: Option<MapQualityView>,
    /// What there is to know about the map, in sentences.
    pub notes: Vec<String>,
    /// Different tokens, for the level of tokens.
    pub words: Vec<String>,
    /// What it rests on, in one line.
    pub provenance: String,
}

/// Header of the packet that says what each pair is. Behind it, each `pairs` long:
/// u16 scenario (index into `scenarios`), u16 source (index into `sources`), u16 split (0 train,
/// 1 test).
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PairIndexHeader {
    /// Number of pairs.
    pub pairs: u32,
    /// Scenario names by frequency; empty name for pairs without one.
    pub scenarios: Vec<CountView>,
    /// Source names likewise.
    pub sources: Vec<CountView>,
}
