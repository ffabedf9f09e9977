use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::EstimateView;

/// How many texts were called what.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConfusionView {
    /// Called positive, and so by people.
    pub true_positive: u32,
    /// Called positive, but not by people.
    pub false_positive: u32,
    /// Called negative, and so by people.
    pub true_negative: u32,
    /// Called negative, but not by people.
    pub false_negative: u32,
}

/// One bin of a calibration.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CalibrationBinView {
    /// Texts in it.
    pub n: u32,
    /// Mean predicted share.
    pub predicted: f64,
    /// Share observed, with Wilson's interval.
    pub observed: EstimateView,
}

/// A point of the fitted line with its 95 % band.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FitPointView {
    /// Score z.
    pub x: f64,
    /// Fitted human score.
    pub y: f64,
    /// Lower end of the band.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How a model's scores follow what people said or did about the same pairs.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BehaviourView {
    /// Which model.
    pub model_id: String,
    /// Its layer.
    pub layer: u32,
    /// Test pairs with a human score.
    pub n: u32,
    /// Pearson's r of the positive texts' scores z with the human scores.
    pub pearson: EstimateView,
    /// Two-sided p of r = 0, by the t distribution.
    pub pearson_p: f64,
    /// Spearman's rho.
    pub spearman: f64,
    /// Its p: exact by permutation for n of 9 or fewer, else by the t approximation.
    pub spearman_p: f64,
    /// Share on the same side of both thresholds.
    pub accuracy: Option<f64>,
    /// Counts behind it.
    pub confusion: Option<ConfusionView>,
    /// Threshold on the human score.
    pub human_threshold: f64,
    /// Calibration of the decision, by quantile.
    pub calibration: Vec<CalibrationBinView>,
    /// Positions in the data set, entry by entry with `x` and `y`.
    pub pairs: Vec<u32>,
    /// Model scores.
    pub x: Vec<f64>,
    /// Human scores.
    pub y: Vec<f64>,
    /// The least-squares line.
    pub fit: Vec<FitPointView>,
    /// What x and y are, in a sentence.
    pub note: String,
    /// What it rests on, in one line.
    pub provenance: String,
}
