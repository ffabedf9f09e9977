//! From activations to directions, scores, statistics and projections.
//!
//! Start with [`layer_sweep`] (a probe at every layer, one of them chosen without looking at the
//! test pairs), [`probe_controls`] (what those probes have to beat), [`held_out_scenarios`] (whether
//! one extends to new situations) and [`pca`] (coordinates to draw). [`fit_direction`], [`project`],
//! [`scores`], [`PointStatistics`], [`bootstrap`] and [`difference`] are the steps that these are made
//! of. Between models, [`agreement_matrix`] compares scores, [`similarity`] layers, and [`transfer`]
//! carries a direction; [`correlate`] holds scores against people's labels. What every number means is
//! written in METHODS, sections 3, 3b and 6.
//!
//! Rows of an [`ActivationMatrix`](lens_core::ActivationMatrix) belong to pairs: row `2 i` is the
//! positive side of pair `i`, row `2 i + 1` its negative side. Sums run in f64 and in a fixed order,
//! so that a result depends neither on the number of threads nor on which of them was faster.
//!
//! Deliberately absent: input and output, models, clocks.

mod accelerator;
mod agreement;
mod behaviour;
mod bootstrap;
mod controls;
mod direction;
mod draws;
mod eigen;
mod error;
mod folds;
mod linear;
mod logistic;
mod map_quality;
mod neighbours;
mod pca;
mod probe;
mod product;
mod project;
mod roc;
mod row_space;
mod scenario_permutation;
mod scenarios;
mod scores;
mod similarity;
mod statistics;
mod surface;
mod swaps;
mod sweep;
mod transfer;
mod turn;
mod umap;

pub use accelerator::{Accelerator, Held, HeldRows, PairedRows, Processor, Run, ShortLists};
pub use agreement::{
    Agreement, AgreementCell, AgreementError, Convention, FitDirection, HALVINGS, LayerChoice,
    ModelScores, Reliability, WithinClass, agreement_matrix, cohens_kappa, kendall_tau_b, pearson,
    score_agreement, spearman, split_digest, split_half_reliability,
};
pub use behaviour::{
    Calibration, CalibrationBin, Confusion, Correlation, Line, LinePoint, calibration, correlate,
    fit_line,
};
pub use bootstrap::{DRAWS, Estimate, ProbeStatistics, bootstrap, difference};
pub use controls::{
    LOGISTIC_PERMUTATIONS, LayerControls, PERMUTATIONS, Permutation, ProbeControls,
    RANDOM_DIRECTIONS, RandomDirections, Selectivity, SinkCheck, probe_controls, probe_controls_on,
};
pub use direction::mean_difference;
pub use error::AnalysisError;
pub use folds::GroupedBy;
pub use logistic::{Logistic, logistic};
pub use map_quality::{MapQuality, QUALITY_ROWS, map_quality, map_quality_of_blocks};
pub use neighbours::{Metric, Neighbours, Search, nearest, nearest_on};
pub use pca::{Pca, PcaSolver, RowBlocks, pca, pca_of_blocks, pca_of_blocks_on, pca_on};
pub use probe::fit_direction;
pub use project::project;
pub use roc::{RocPoint, roc_curve};
pub use scenarios::{HeldOutScenario, HeldOutScenarios, ScenarioTransfer, held_out_scenarios};
pub use scores::{SideScores, scores};
pub use similarity::{FEWEST_TEXTS, Form, RSA_TEXTS, Representation, Similarity, similarity};
pub use statistics::{
    PairScores, PointStatistics, accuracy, auroc, clopper_pearson_lower, cohens_d, mean,
    paired_accuracy, separation, standard_deviation,
};
pub use surface::{
    BaselineScores, SurfaceBaseline, SurfaceBaselineKind, SurfaceCeiling, SurfaceOutcome, TopWord,
    TopWords, surface_ceiling,
};
pub use sweep::{LayerResult, LayerSweep, SkippedLayer, layer_sweep};
pub use transfer::{
    Band, CARRIED_DIRECTIONS, Control, MapKind, MapSettings, MapTransfer, ModelSide, SHUFFLES,
    Transfer, transfer,
};
pub use turn::Turn;
pub use umap::{FEWEST_ROWS, ProjectionError, Start, UmapModel, UmapOptions, umap, umap_on};
