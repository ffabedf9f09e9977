use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A value with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EstimateView {
    /// Point value.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How well one direction tells the two sides apart on one split.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StatisticsView {
    /// Pairs measured on.
    pub pairs: u32,
    /// Area under the ROC curve, ties 1/2.
    pub auroc: EstimateView,
    /// Accuracy at the midpoint of the training scores.
    pub accuracy: EstimateView,
    /// Accuracy at the midpoint of the test scores' own class means, as some studies publish it: it
    /// looks at the labels it is tested on.
    pub accuracy_as_published: EstimateView,
    /// Share of pairs whose positive text scores higher.
    pub paired_accuracy: EstimateView,
    /// One-sided exact lower bound of paired accuracy, given when all pairs are right.
    pub paired_accuracy_bound: Option<f64>,
    /// Distance of the class means, in activation units.
    pub separation: EstimateView,
    /// Distance in pooled standard deviations; absent when the scores do not vary.
    pub cohens_d: Option<EstimateView>,
    /// Standard deviation of the positive scores.
    pub std_positive: f64,
    /// Standard deviation of the negative scores.
    pub std_negative: f64,
}

/// One layer of a sweep.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LayerView {
    /// 0 is the embedding output.
    pub layer: u32,
    /// On the test pairs; absent when the layer holds no direction (all texts alike there).
    pub test: Option<StatisticsView>,
    /// Mean AUROC over the folds of the training pairs: what the layer is chosen by.
    pub cv_auroc: Option<f64>,
    /// Why there is no result, where that is so.
    pub problem: Option<String>,
}

/// A probe at every layer of one model.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LayerSweepView {
    /// Which model.
    pub model_id: String,
    /// Its name.
    pub model_name: String,
    /// `mean-difference`.
    pub method: String,
    /// Training pairs.
    pub train_pairs: u32,
    /// Test pairs.
    pub test_pairs: u32,
    /// By layer, ascending.
    pub layers: Vec<LayerView>,
    /// Chosen by cross-validation on the training pairs alone.
    pub chosen_layer: u32,
    /// What the folds were grouped by: `scenario` or `pair`.
    pub chosen_by: String,
    /// Layer with the best test AUROC: choosing it uses the test labels, so it is optimistic.
    pub best_on_test_layer: u32,
    /// AUROC there minus AUROC at the chosen layer.
    pub optimism: f64,
    /// What it rests on, in one line.
    pub provenance: String,
}
