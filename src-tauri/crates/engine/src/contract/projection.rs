use serde::Serialize;
use ts_rs::TS;

use super::CountView;

/// Header of the packet that carries a projection. Behind it: `rows * dims` f32 coordinates,
/// row-major; row `2 i` is the positive text of pair `i`, row `2 i + 1` the negative one.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProjectionHeader {
    /// Which model.
    pub model_id: String,
    /// Which layer.
    pub layer: u32,
    /// `pca`.
    pub method: String,
    /// Texts.
    pub rows: u32,
    /// 2 or 3.
    pub dims: u32,
    /// Share of the total variance along each axis.
    pub explained_variance_ratio: Vec<f64>,
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
