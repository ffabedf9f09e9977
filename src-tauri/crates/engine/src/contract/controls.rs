use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::EstimateView;

/// Test AUROCs of 1,000 random directions at one layer.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RandomBandView {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 2.5th percentile.
    pub low: f64,
    /// 97.5th percentile.
    pub high: f64,
    /// Mean of max(a, 1 - a): what a random direction reaches when its sign is free.
    pub folded_mean: f64,
    /// 95th percentile of the same.
    pub folded_p95: f64,
    /// Share of random directions at or above the probe, (1 + count) / (1 + directions).
    pub rank_p: f64,
}

/// The controls of one layer.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LayerControlsView {
    /// Which layer.
    pub layer: u32,
    /// Permutation p of this layer alone: not corrected for the choice among layers.
    pub p: f64,
    /// Random unit directions, all orientations alike.
    pub isotropic: RandomBandView,
    /// Random directions drawn from the covariance of the training activations.
    pub covariance: RandomBandView,
    /// Mean test AUROC of the same probe fitted on random labels of the training pairs.
    pub random_labels_auroc: f64,
    /// Test AUROC minus that.
    pub selectivity: f64,
    /// Share of the direction's squared norm in its three largest dimensions.
    pub sink_share: f64,
    /// Those dimensions.
    pub sink_dimensions: Vec<u32>,
    /// Whether that is more than 20 % and more than random directions have there.
    pub is_sink: bool,
}

/// Swapping the two sides within pairs, at random, and fitting anew.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PermutationView {
    /// Draws.
    pub draws: u32,
    /// Largest test AUROC over the layers, as measured.
    pub statistic: f64,
    /// Share of draws that reach it, (1 + count) / (1 + draws): the search over layers is paid for.
    pub p: f64,
}

/// The probe fitted and tested on other readings of the same pairs, at the chosen layer.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct VariantView {
    /// `shuffled`, `ablated` or `as-published`.
    pub name: String,
    /// Test AUROC; absent when it could not be tested.
    pub auroc: Option<EstimateView>,
    /// Accuracy: at the training midpoint, but at the midpoint of the test means as published.
    pub accuracy: Option<EstimateView>,
    /// Layer it was measured at.
    pub layer: Option<u32>,
    /// AUROC as measured minus AUROC here, paired over the same test pairs.
    pub drop: Option<EstimateView>,
    /// What was done to the texts or the reading, or why nothing could be.
    pub note: String,
}

/// The probe on scenarios it was not fitted on.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HeldOutScenariosView {
    /// Macro mean of the AUROCs within the scenarios, each left out of the fit in turn.
    pub auroc: EstimateView,
    /// p of that mean by swapping sides within pairs and fitting anew; absent where it is not computed
    /// (methods other than the mean difference, very many pairs).
    pub p: Option<f64>,
    /// AUROC within each scenario.
    pub scenarios: Vec<ScenarioAurocView>,
}

/// One scenario that the probe was not fitted on.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioAurocView {
    /// Its name.
    pub scenario: String,
    /// Its pairs.
    pub pairs: u32,
    /// AUROC within it.
    pub auroc: f64,
}

/// What one model's probe was checked against.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProbeControlsView {
    /// Which model.
    pub model_id: String,
    /// The chosen layer.
    pub chosen_layer: u32,
    /// Permutation over all layers.
    pub permutation: PermutationView,
    /// By layer, ascending.
    pub layers: Vec<LayerControlsView>,
    /// Test AUROC at the chosen layer minus the surface ceiling, paired over the same test pairs.
    pub above_ceiling: Option<EstimateView>,
    /// Which baseline the ceiling is.
    pub ceiling: Option<String>,
    /// Shuffled words, replaced keywords, and the published way.
    pub variants: Vec<VariantView>,
    /// Scenarios left out of the fit; absent with a note when there are too few.
    pub held_out_scenarios: Option<HeldOutScenariosView>,
    /// Why there are none.
    pub held_out_note: Option<String>,
    /// What it rests on, in one line.
    pub provenance: String,
}

/// Header of the packet that carries the scores of one model at one layer. Behind it, f32:
/// `2 * pairs` scores z in units of the training spread, 0 the decision threshold (entry `2 i` the positive text of pair
/// `i`), then `roc_points` false positive rates and as many true positive rates, of the test pairs.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScoresHeader {
    /// Which model.
    pub model_id: String,
    /// Which layer.
    pub layer: u32,
    /// Pairs.
    pub pairs: u32,
    /// Points of the ROC curve, (0, 0) and (1, 1) among them; straight lines join them.
    pub roc_points: u32,
    /// Test AUROC.
    pub auroc: EstimateView,
    /// What it rests on, in one line.
    pub provenance: String,
}
