use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::EstimateView;

/// How far two models agree about the test texts, each by its own probe at its own chosen layer.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScoreAgreementView {
    /// Texts compared: two per test pair.
    pub texts: u32,
    /// Pearson's r of the scores z.
    pub pearson: EstimateView,
    /// Spearman's rho.
    pub spearman: EstimateView,
    /// Kendall's tau-b.
    pub kendall: EstimateView,
    /// Share of texts that both models put on the same side of their thresholds.
    pub sign_agreement: EstimateView,
    /// Cohen's kappa of the same decisions; absent when one model decides alike for all.
    pub kappa: Option<EstimateView>,
    /// Pearson's r within the sides: without the gap between them, which inflates the others.
    pub within_class_pearson: Option<EstimateView>,
    /// Spearman's rho within the sides.
    pub within_class_spearman: Option<EstimateView>,
    /// Pearson's r corrected for the unreliability of both scores; absent where one has none.
    pub disattenuated: Option<f64>,
    /// Reliability of the first model's scores.
    pub reliability_a: Option<f64>,
    /// Reliability of the second model's.
    pub reliability_b: Option<f64>,
}

/// Two models side by side.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelPairView {
    /// Id of the first model.
    pub a: String,
    /// Id of the second.
    pub b: String,
    /// Chosen layer of the first.
    pub layer_a: u32,
    /// Chosen layer of the second.
    pub layer_b: u32,
    /// Agreement of their scores; absent with a problem when it cannot be had.
    pub scores: Option<ScoreAgreementView>,
    /// Debiased linear CKA at the two chosen layers.
    pub cka: Option<f64>,
    /// Directions carried from a to b.
    pub forth: Option<AlignedTransferView>,
    /// Directions carried from b to a.
    pub back: Option<AlignedTransferView>,
    /// Why something is missing.
    pub problem: Option<String>,
}

/// A map from one model's space to another's, and what a direction is worth at the other end.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CarriedView {
    /// `procrustes`, `ridge` or `cca`.
    pub method: String,
    /// "rank 12" or "strength 0.1": chosen by cross-validation on the training texts.
    pub setting: String,
    /// Share of the variance of held-out training texts that such a map explains.
    pub explained: f64,
    /// Cosine of the carried direction with the model's own.
    pub cosine: f64,
    /// AUROC of the carried direction on the other model's test texts.
    pub auroc: EstimateView,
    /// The same with the map fitted on shuffled texts: mean over shufflings.
    pub shuffled_mean: f64,
    /// 2.5th percentile of those.
    pub shuffled_low: f64,
    /// 97.5th percentile.
    pub shuffled_high: f64,
    /// Random directions carried by the same map: mean AUROC.
    pub random_mean: f64,
    /// 2.5th percentile of those.
    pub random_low: f64,
    /// 97.5th percentile.
    pub random_high: f64,
}

/// The direction of one model carried into another.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlignedTransferView {
    /// Cosine of the two directions without any map, where the models are equally wide.
    pub raw_cosine: Option<f64>,
    /// Test AUROC of the other model's own direction.
    pub native_auroc: EstimateView,
    /// By method.
    pub carried: Vec<CarriedView>,
    /// Training texts that the maps were fitted on.
    pub train_texts: u32,
}

/// A model in the matrix.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AgreementModelView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its chosen layer.
    pub layer: u32,
    /// Test AUROC there.
    pub auroc: EstimateView,
}

/// How far the models of a study agree.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AgreementView {
    /// The models, in the order of the study.
    pub models: Vec<AgreementModelView>,
    /// Every two of them, in order.
    pub pairs: Vec<ModelPairView>,
    /// The convention that all of it keeps to, in a sentence.
    pub convention: String,
    /// What it rests on, in one line.
    pub provenance: String,
}

/// Header of the packet that carries two models' scores of the test pairs, in the order of the data
/// set. Behind it, f32: `2 * pairs` scores z of a, then as many of b (entry `2 i` the positive text).
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScorePairHeader {
    /// Id of the first model.
    pub a: String,
    /// Id of the second.
    pub b: String,
    /// Test pairs.
    pub pairs: u32,
}

/// Header of the packet that carries the similarity of all layers of two models. Behind it, f32,
/// each `layers_a.len() * layers_b.len()`, row-major by the layers of a: CKA, then RSA. NaN where it
/// is not defined.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SimilarityHeader {
    /// Id of the first model.
    pub a: String,
    /// Id of the second.
    pub b: String,
    /// Layers of the first.
    pub layers_a: Vec<u32>,
    /// Layers of the second.
    pub layers_b: Vec<u32>,
    /// Texts compared.
    pub texts: u32,
    /// What it rests on, in one line.
    pub provenance: String,
}
