use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{MapFit, MapLevel, MapMethod, UmapSettingsView};

/// What colours the points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ColourBy {
    /// Positive against negative.
    Side,
    /// The scenario.
    Scenario,
    /// Who wrote it.
    Source,
}

/// A closed range of one axis, in data units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Range {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// From where a 3-D scatter is seen (orthographic).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct View3d {
    /// Turn about the vertical axis, radians.
    pub azimuth: f64,
    /// Tilt above the horizon, radians.
    pub elevation: f64,
    /// 1 fits the data; larger is nearer.
    pub zoom: f64,
}

/// The scatter of the Clusters room as it stands on screen.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ClustersFigure {
    /// Which model.
    pub model_id: String,
    /// Which layer.
    pub layer: u32,
    /// What colours the points.
    pub colour_by: ColourBy,
    /// Whether a line joins the two texts of a pair.
    pub pair_links: bool,
    /// Horizontal range shown (2-D only); all when absent.
    pub x: Option<Range>,
    /// Vertical range shown (2-D only).
    pub y: Option<Range>,
    /// The view in 3-D; absent for 2-D.
    pub view_3d: Option<View3d>,
    /// Pairs selected by lasso, emphasised in the figure; none when empty.
    pub selected: Vec<u32>,
    /// How rows become points.
    pub method: MapMethod,
    /// Of what; a figure of tokens has no pair links.
    pub level: MapLevel,
    /// Shaped by what; points laid over are hollow.
    pub fit: MapFit,
    /// For [`MapMethod::Umap`].
    pub umap: Option<UmapSettingsView>,
    /// Whether lines of equal density are drawn for each side.
    pub contours: bool,
    /// Whether tokens are coloured by their scores rather than as their texts.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub by_score: bool,
}

/// Small multiples of clusters: one panel for each model and layer.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MultiplesFigure {
    /// Panels, left to right and top to bottom.
    pub panels: Vec<MultiplePanel>,
    /// How rows become points.
    pub method: MapMethod,
    /// Shaped by what.
    pub fit: MapFit,
    /// For [`MapMethod::Umap`].
    pub umap: Option<UmapSettingsView>,
    /// What colours the points.
    pub colour_by: ColourBy,
    /// Pairs selected by lasso.
    pub selected: Vec<u32>,
}

/// A panel of small multiples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MultiplePanel {
    /// Which model.
    pub model_id: String,
    /// Which layer.
    pub layer: u32,
}

/// The dose-response of the Steering room.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DoseResponseFigure {
    /// Models overlaid.
    pub model_ids: Vec<String>,
    /// Scenarios, a panel each; all when empty.
    pub scenarios: Vec<String>,
    /// Whether coherence is drawn under each panel.
    pub coherence: bool,
}

/// The layer sweep of the Probes room.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LayerSweepFigure {
    /// Models overlaid.
    pub model_ids: Vec<String>,
    /// Layer to mark, if any.
    pub layer: Option<u32>,
}

/// A figure of one model at one layer.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelLayerFigure {
    /// Which model.
    pub model_id: String,
    /// Which layer; the chosen one when absent.
    pub layer: Option<u32>,
}

/// ROC curves laid over each other.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RocFigure {
    /// Each at its layer; a curve has the colour of its place here.
    pub curves: Vec<ModelLayerFigure>,
}

/// A figure of two models.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelsFigure {
    /// Id of the first model.
    pub a: String,
    /// Id of the second.
    pub b: String,
}

/// What a matrix of models shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum AgreementMeasure {
    /// Pearson's r of the scores.
    Pearson,
    /// Spearman's rho.
    Spearman,
    /// Kendall's tau-b.
    Kendall,
    /// Share of texts on the same side.
    SignAgreement,
    /// Cohen's kappa.
    Kappa,
    /// Pearson's r within the sides.
    WithinClassPearson,
    /// CKA at the chosen layers.
    Cka,
}

/// The matrix of the Agreement room.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MatrixFigure {
    /// What the cells show.
    pub measure: AgreementMeasure,
}

/// How the likeness of two layers is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum SimilarityMeasure {
    /// Debiased linear CKA.
    Cka,
    /// Spearman's rho of the cosine dissimilarities.
    Rsa,
}

/// The heat map of two models' layers.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SimilarityFigure {
    /// Id of the first model.
    pub a: String,
    /// Id of the second.
    pub b: String,
    /// What the cells show.
    pub measure: SimilarityMeasure,
}

/// Which figure.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "plot")]
pub enum FigureRequest {
    /// Clusters of one model and layer.
    Clusters(ClustersFigure),
    /// AUROC by layer.
    LayerSweep(LayerSweepFigure),
    /// Test scores of both sides, joined by pair.
    Scores(ModelLayerFigure),
    /// ROC curves of the test pairs.
    Roc(RocFigure),
    /// Model by model.
    AgreementMatrix(MatrixFigure),
    /// Scores of one model against those of another.
    ScoreScatter(ModelsFigure),
    /// Layer by layer.
    Similarity(SimilarityFigure),
    /// Directions carried from the first model to the second.
    Transfer(ModelsFigure),
    /// Scores against human scores.
    Behaviour(ModelLayerFigure),
    /// Clusters of several models and layers.
    Multiples(MultiplesFigure),
    /// The outcome's rate by coefficient.
    DoseResponse(DoseResponseFigure),
    /// Whether what the scores predict of human scores happens as often.
    Calibration(ModelLayerFigure),
}

/// Width of a figure on paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum FigurePreset {
    /// 85 mm.
    OneColumn,
    /// 174 mm.
    TwoColumns,
    /// 254 mm by 143 mm, larger type.
    Slide,
}

/// Colours of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum FigureTheme {
    /// Dark on white.
    Light,
    /// Light on near-black.
    Dark,
}

/// A file to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// Vector, text as text, font inside.
    Pdf,
    /// Vector, font inside.
    Svg,
    /// Pixels at the chosen resolution.
    Png,
    /// The data behind the figure.
    Csv,
}

/// A figure to preview or export.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ExportRequest {
    /// What it shows.
    pub figure: FigureRequest,
    /// Its size.
    pub preset: FigurePreset,
    /// Its colours.
    pub theme: FigureTheme,
    /// Pixels per inch of the PNG.
    pub dpi: u32,
    /// Caption; the drafted one when absent.
    pub caption: Option<String>,
    /// Files to write; not used for a preview.
    pub formats: Vec<ExportFormat>,
    /// Path without extension; each format adds its own. Not used for a preview.
    pub path: Option<String>,
}

/// A figure as it would be exported.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FigurePreview {
    /// The figure.
    pub svg: String,
    /// Width on paper.
    pub width_mm: f64,
    /// Height on paper.
    pub height_mm: f64,
    /// The drafted caption.
    pub caption: String,
    /// A file name without extension: "clusters-toy-llama-layer-4".
    pub file_stem: String,
}

/// What was written.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ExportView {
    /// Full paths.
    pub files: Vec<String>,
    /// Width on paper.
    pub width_mm: f64,
    /// Height on paper.
    pub height_mm: f64,
    /// The caption inside them.
    pub caption: String,
}
