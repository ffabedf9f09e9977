use serde::Serialize;
use ts_rs::TS;

use super::ApiError;

/// Where long work stands, with the clock applied.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProgressView {
    /// "Reading with toy-llama".
    pub stage: String,
    /// Units done.
    pub done: f64,
    /// Units in all; 0 when not known.
    pub total: f64,
    /// What is counted: "tokens".
    pub unit: String,
    /// Units per second, once there is enough to tell.
    pub rate: Option<f64>,
    /// Seconds left at that rate.
    pub seconds_left: Option<f64>,
}

/// One message of a running job, in order; at most 20 progress messages a second.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum JobEvent {
    /// It moves on.
    #[serde(rename_all = "camelCase")]
    Progress {
        /// Where it stands.
        progress: ProgressView,
    },
    /// A model has read everything: its clusters and probes can be shown.
    #[serde(rename_all = "camelCase")]
    ModelReady {
        /// [`ModelView::id`](super::ModelView::id).
        model_id: String,
    },
    /// What a model's probe has to beat has been computed.
    #[serde(rename_all = "camelCase")]
    ControlsReady {
        /// [`ModelView::id`](super::ModelView::id).
        model_id: String,
    },
    /// The models have been compared with each other.
    AgreementReady,
    /// More of the steering has been sampled.
    #[serde(rename_all = "camelCase")]
    SteeringReady {
        /// [`ModelView::id`](super::ModelView::id).
        model_id: String,
    },
    /// A map has been drawn and can be asked for.
    MapReady,
    /// A model failed; others go on.
    #[serde(rename_all = "camelCase")]
    ModelFailed {
        /// Which.
        model_id: String,
        /// Why.
        error: ApiError,
    },
    /// All done.
    Finished,
    /// Stopped on request; what was read is kept.
    Cancelled,
    /// Nothing could be done.
    #[serde(rename_all = "camelCase")]
    Failed {
        /// Why.
        error: ApiError,
    },
}
