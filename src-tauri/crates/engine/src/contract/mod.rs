//! The types that cross to the window. TypeScript is generated from them into
//! `ui/src/lib/ipc/generated`, committed, and compared by `cargo xtask test`.
//!
//! No 64-bit integers (JavaScript has none): digests and ids are strings, counts `u32`, floats
//! `f64`. Numbers that may be undefined (an AUROC of no pairs) are `Option`. Long arrays do not
//! appear here: they cross as [`Packet`](crate::packet::Packet)s of raw bytes.

mod agreement;
mod behaviour;
mod controls;
mod corpus;
mod editing;
mod error;
mod evidence;
mod figure;
mod job;
mod pairs;
mod probe;
mod projection;
mod shelf;
mod steering;
mod study;
mod surface;

use std::path::Path;

use ts_rs::{Config, TS};

pub use agreement::{
    AgreementModelView, AgreementView, AlignedTransferView, CarriedView, ModelPairView,
    ScoreAgreementView, ScorePairHeader, SimilarityHeader,
};
pub use behaviour::{BehaviourView, CalibrationBinView, ConfusionView, FitPointView};
pub use controls::{
    HeldOutScenariosView, LayerControlsView, PermutationView, ProbeControlsView, RandomBandView,
    ScenarioAurocView, ScoresHeader, VariantView,
};
pub use corpus::{TokenAlongView, TokenContextView, TokensAlongView};
pub use editing::{
    AblatedPairView, AblationView, KeywordCountView, KeywordView, SegmentView, SplitKind, SplitView,
};
pub use error::{ApiError, ErrorCode};
pub use evidence::{EvidenceView, LadderView, ReportFormat, RungPartView, RungStatus, RungView};
pub use figure::{
    AgreementMeasure, ClustersFigure, ColourBy, DoseResponseFigure, ExportFormat, ExportRequest,
    ExportView, FigurePreset, FigurePreview, FigureRequest, FigureTheme, LayerSweepFigure,
    MatrixFigure, ModelLayerFigure, ModelsFigure, MultiplePanel, MultiplesFigure, Range, RocFigure,
    SimilarityFigure, SimilarityMeasure, View3d,
};
pub use job::{JobEvent, ProgressView};
pub use pairs::{
    CheckSeverity, CheckView, ChecksView, ColumnChoiceView, CountView, ImportOutcome, PairDetail,
    PairPage, PairRow, PairsSummary, ProblemView, Recognition, RecognitionKind, ScoresView,
};
pub use probe::{EstimateView, LayerSweepView, LayerView, StatisticsView};
pub use projection::{
    MapFit, MapLevel, MapMethod, MapMetric, MapQualityView, PairIndexHeader, ProjectionHeader,
    ProjectionRequest, UmapSettingsView,
};
pub use shelf::{
    CatalogueEntryView, CatalogueState, DownloadPlanView, DownloadRequest, MemoryView,
    PlannedFileView, ShelfView,
};
pub use steering::{
    CoefficientUnit, DirectionFileView, DoseBandView, DoseCellView, LiveEvent, LiveRequest,
    LiveText, MarkedStretchView, ModelSteeringView, OutcomeRuleView, PooledDoseView, PromptStyle,
    ScenarioDoseView, ScenarioSetView, ScenarioView, ShareView, SteeredLayerView, SteeredPositions,
    SteeringMode, SteeringPlanView, SteeringSampleView, SteeringSamplesView, SteeringSuccessView,
    SteeringView, TokenHeatView, TokenScoreView,
};
pub use study::{
    ModelOrigin, ModelView, ReadingView, RecentStudy, SettingsView, ShippedPairsView, StartView,
    StudyView,
};
pub use surface::{SurfaceBaselineView, SurfaceView, TellingWordView};

/// Writes the TypeScript of every type above into `folder`, one file each.
///
/// # Errors
/// When a file cannot be written.
pub fn export_typescript(folder: &Path) -> Result<(), ts_rs::ExportError> {
    let config = Config::new().with_out_dir(folder);
    ApiError::export_all(&config)?;
    StartView::export_all(&config)?;
    Recognition::export_all(&config)?;
    ImportOutcome::export_all(&config)?;
    PairPage::export_all(&config)?;
    PairDetail::export_all(&config)?;
    ColumnChoiceView::export_all(&config)?;
    JobEvent::export_all(&config)?;
    LayerSweepView::export_all(&config)?;
    PairIndexHeader::export_all(&config)?;
    ProjectionHeader::export_all(&config)?;
    ExportRequest::export_all(&config)?;
    ExportView::export_all(&config)?;
    FigurePreview::export_all(&config)?;
    ShelfView::export_all(&config)?;
    DownloadPlanView::export_all(&config)?;
    DownloadRequest::export_all(&config)?;
    SurfaceView::export_all(&config)?;
    ProbeControlsView::export_all(&config)?;
    ScoresHeader::export_all(&config)?;
    EvidenceView::export_all(&config)?;
    ReportFormat::export_all(&config)?;
    SplitView::export_all(&config)?;
    AblationView::export_all(&config)?;
    AblatedPairView::export_all(&config)?;
    AgreementView::export_all(&config)?;
    ScorePairHeader::export_all(&config)?;
    SimilarityHeader::export_all(&config)?;
    BehaviourView::export_all(&config)?;
    ProjectionRequest::export_all(&config)?;
    SteeringView::export_all(&config)?;
    SteeringSamplesView::export_all(&config)?;
    TokenHeatView::export_all(&config)?;
    TokensAlongView::export_all(&config)?;
    LiveRequest::export_all(&config)?;
    LiveEvent::export_all(&config)?;
    Ok(())
}
