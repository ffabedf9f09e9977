//! Why steering cannot be scored or a direction not read.

use std::path::PathBuf;

use lens_core::Cancelled;

/// A failure in words for whoever gave the input.
#[derive(Debug, thiserror::Error)]
pub enum SteeringError {
    /// No sample without steering.
    #[error(
        "the coefficients lack 0 ({given}), so there is nothing to compare with; add samples at \
         coefficient 0"
    )]
    NoBaseline {
        /// The coefficients there are.
        given: String,
    },
    /// Nothing but the baseline.
    #[error("there is no coefficient besides 0; add samples at others")]
    OnlyBaseline,
    /// NaN or an infinity.
    #[error("a coefficient is {0}; coefficients have to be finite numbers")]
    BadCoefficient(String),
    /// A control of too few directions.
    #[error(
        "{found} random directions were given and a band needs {needed} at least; steer with more"
    )]
    FewRandomDirections {
        /// Directions given.
        found: usize,
        /// Directions needed.
        needed: usize,
    },
    /// Random directions steered by other coefficients than one another.
    #[error("random direction {index} was steered by other coefficients than the first")]
    OtherCoefficients {
        /// Which, counted from 0.
        index: usize,
    },
    /// A file of samples in another shape.
    #[error("{path}: {message}{place}", path = path.display(), place = place(at))]
    BadSamples {
        /// The file.
        path: PathBuf,
        /// Where in it, as `models.NAME.layer_results[0]`; empty for the file itself.
        at: String,
        /// What is wrong.
        message: String,
    },
    /// A file of samples in which nothing can be scored.
    #[error("{path}: no scenario can be scored: {reason}", path = path.display())]
    NothingScored {
        /// The file.
        path: PathBuf,
        /// Why the first could not.
        reason: String,
    },
    /// Scenarios that cannot be used.
    #[error("{0}")]
    BadScenarios(String),
    /// A file of a direction that cannot be used.
    #[error("{path}: {message}", path = path.display())]
    BadDirection {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        message: String,
    },
    /// What a file format cannot hold.
    #[error("{0}")]
    CannotHold(String),
    /// A direction for another model.
    #[error("{0}")]
    DoesNotFit(String),
    /// The operating system said no.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl SteeringError {
    /// Whether its words begin with the path of a file, and so keep its capitals.
    #[must_use]
    pub const fn names_file(&self) -> bool {
        matches!(
            self,
            Self::BadSamples { .. }
                | Self::NothingScored { .. }
                | Self::BadDirection { .. }
                | Self::Io { .. }
        )
    }
}

fn place(at: &str) -> String {
    if at.is_empty() { String::new() } else { format!(" (at {at})") }
}
