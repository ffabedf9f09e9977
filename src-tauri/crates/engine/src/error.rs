//! What can go wrong, and how the window is told.

use std::path::{Path, PathBuf};

use lens_core::Cancelled;
use lens_steering::SteeringError;

use crate::contract::{ApiError, ErrorCode};

/// Any failure of a use-case.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A pairs file.
    #[error(transparent)]
    Dataset(#[from] lens_dataset::DatasetError),
    /// A model.
    #[error(transparent)]
    Model(#[from] lens_model::ModelError),
    /// The hub or its cache.
    #[error(transparent)]
    Hub(#[from] lens_hub::HubError),
    /// The list of known checkpoints.
    #[error(transparent)]
    Catalogue(#[from] lens_hub::CatalogError),
    /// A list of keywords.
    #[error(transparent)]
    Keywords(#[from] lens_dataset::KeywordError),
    /// A statistic that these numbers do not allow.
    #[error(transparent)]
    Analysis(#[from] lens_analysis::AnalysisError),
    /// A map that these numbers do not allow.
    #[error(transparent)]
    Projection(#[from] lens_analysis::ProjectionError),
    /// A comparison that these numbers do not allow.
    #[error(transparent)]
    Agreement(#[from] lens_analysis::AgreementError),
    /// Steering outcomes that cannot be scored, or a direction that cannot be read or written.
    #[error(transparent)]
    Steering(#[from] SteeringError),
    /// A figure.
    #[error(transparent)]
    Figure(#[from] lens_figure::FigureError),
    /// Stopped on request.
    #[error("Stopped.")]
    Cancelled,
    /// A file or folder.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The study file or the activation index.
    #[error("The study or the store of activations could not be read or written: {0}")]
    Database(#[from] rusqlite::Error),
    /// Something that should be JSON in a study is not.
    #[error("The study holds an entry that cannot be understood: {0}")]
    Json(#[from] serde_json::Error),
    /// Activations that cannot be written or read back.
    #[error("Stored activations could not be written or read: {0}")]
    Activations(#[from] safetensors::SafeTensorError),
    /// The operating system names no home folder.
    #[error("This account has no home folder to keep studies in.")]
    NoHome,
    /// The installation lacks its models.
    #[error("The models that ship with the program were not found.")]
    NoBundledModels,
    /// Not one of our files.
    #[error("This file is not an Empathy Lens study.")]
    NotAStudy,
    /// From the future.
    #[error("This study was written by a newer version of Empathy Lens.")]
    NewerStudy,
    /// A model that is not in the study.
    #[error("There is no model called \"{0}\" here.")]
    UnknownModel(String),
    /// A model of the hub that is not on this machine.
    #[error("{0} is not on this machine.")]
    NotFetched(String),
    /// A layer beyond the model's last.
    #[error("{model} has layers 0 to {last}; there is no layer {layer}.")]
    UnknownLayer {
        /// Model name.
        model: String,
        /// Layer asked for.
        layer: usize,
        /// Its last layer.
        last: usize,
    },
    /// No pairs to work on.
    #[error("This study has no pairs yet.")]
    NoPairs,
    /// No model is chosen.
    #[error("No model is chosen to read the pairs.")]
    NoModels,
    /// Asked for before it was computed.
    #[error("{0} has not read these pairs yet.")]
    NotRead(String),
    /// Asked for before the job came to it.
    #[error("{0} has not been computed yet.")]
    NotComputed(&'static str),
    /// Asked for before it was drawn.
    #[error("This map has not been drawn yet.")]
    NotDrawn,
    /// Nothing to compare scores with.
    #[error("No pair has a human score.")]
    NoHumanScores,
    /// Human scores, and nothing that they could be of.
    #[error("These are human scores of pairs, and this study has no pairs yet.")]
    ScoresWithoutPairs,
    /// A model folder whose files cannot be used.
    #[error("{0}")]
    UnusableModel(std::sync::Arc<lens_model::ModelError>),
    /// A value that cannot be used.
    #[error("{what}")]
    BadValue {
        /// A sentence.
        what: String,
        /// What to do instead.
        hint: String,
    },
    /// Only one job runs at a time.
    #[error("Something of this kind is still running.")]
    Busy,
    /// The working thread is gone.
    #[error("The working thread has ended.")]
    WorkerGone,
}

impl EngineError {
    /// Wraps a failure on a path.
    pub fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), source }
    }

    /// A path that the database cannot take.
    pub(crate) fn odd_path(path: &Path) -> Self {
        Self::BadValue {
            what: format!("The path {} is not valid Unicode.", path.display()),
            hint: "Choose a folder and a name of ordinary characters.".into(),
        }
    }

    /// Whether the person stopped it.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(
            self,
            Self::Cancelled
                | Self::Dataset(lens_dataset::DatasetError::Cancelled(_))
                | Self::Model(lens_model::ModelError::Cancelled(_))
                | Self::Analysis(lens_analysis::AnalysisError::Cancelled(_))
                | Self::Agreement(lens_analysis::AgreementError::Analysis(
                    lens_analysis::AnalysisError::Cancelled(_)
                ))
                | Self::Projection(lens_analysis::ProjectionError::Analysis(
                    lens_analysis::AnalysisError::Cancelled(_)
                ))
                | Self::Hub(lens_hub::HubError::Cancelled(_))
                | Self::Steering(SteeringError::Cancelled(_))
        )
    }

    fn code(&self) -> ErrorCode {
        match self {
            _ if self.is_cancelled() => ErrorCode::Cancelled,
            Self::Dataset(_)
            | Self::Keywords(_)
            | Self::Analysis(_)
            | Self::Agreement(_)
            | Self::Projection(_)
            | Self::Figure(_)
            | Self::Steering(_)
            | Self::NotAStudy
            | Self::NewerStudy
            | Self::UnknownLayer { .. }
            | Self::NoPairs
            | Self::NoModels
            | Self::NoHumanScores
            | Self::ScoresWithoutPairs
            | Self::BadValue { .. } => ErrorCode::Input,
            Self::Model(_)
            | Self::Hub(_)
            | Self::UnusableModel(_)
            | Self::NotFetched(_)
            | Self::UnknownModel(_) => ErrorCode::Model,
            Self::NotRead(_) | Self::NotComputed(_) | Self::NotDrawn => ErrorCode::NotReady,
            Self::Busy => ErrorCode::Busy,
            _ => ErrorCode::Internal,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::BadValue { hint, .. } => return Some(hint.clone()),
            Self::NoBundledModels => {
                "Install the program again, or set EMPATHY_LENS_MODELS to the folder they are in."
            }
            Self::NotAStudy => "Open a .lens file, or drop a file of contrastive pairs.",
            Self::NewerStudy => "Update the program to open it.",
            Self::NoPairs => "Drop a file of contrastive pairs on the window.",
            Self::NoModels => "Choose at least one model.",
            Self::NotFetched(_) => {
                "Download it in the room Models or with `lens fetch`, or give a folder."
            }
            Self::ScoresWithoutPairs => "Open the pairs first, then the scores.",
            Self::NotRead(_) => "Let it read the pairs first.",
            Self::NotComputed(_) => "Read the pairs; it is computed after the models have read.",
            Self::NotDrawn => "Draw it; it is kept then.",
            Self::NoHumanScores => {
                "Drop a table with the columns id and score on the window, or give the pairs a field \
                 `score`: a number that says how people judge the positive text."
            }
            Self::Busy => "Wait for it to end, or cancel it.",
            Self::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                "The disk is full: make room and try again. What was computed so far is kept."
            }
            Self::WorkerGone => "Close the program and start it again; nothing is lost.",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl From<Cancelled> for EngineError {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl From<&EngineError> for ApiError {
    fn from(error: &EngineError) -> Self {
        let message = match error {
            EngineError::Analysis(reason) => sentence(&reason.to_string()),
            EngineError::Agreement(reason) => sentence(&reason.to_string()),
            EngineError::Projection(reason) => sentence(&reason.to_string()),
            EngineError::Keywords(reason) => sentence(&reason.to_string()),
            EngineError::Steering(reason) if reason.names_file() => format!("{reason}."),
            EngineError::Steering(reason) => sentence(&reason.to_string()),
            other => other.to_string(),
        };
        Self { code: error.code(), message, hint: error.hint() }
    }
}

/// An error's words, which begin small so that others can quote them, as a sentence of their own.
pub(crate) fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    let first = rest.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", rest.as_str())
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        Self::from(&error)
    }
}
