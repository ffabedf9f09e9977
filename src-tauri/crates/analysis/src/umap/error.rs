//! Why a map could not be drawn.

use lens_core::Cancelled;

use crate::AnalysisError;

/// A map that cannot be drawn of what was given, in a sentence for whoever gave it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// A step of the analysis itself was refused.
    #[error(transparent)]
    Analysis(#[from] AnalysisError),
    /// Too few rows to draw a map of.
    #[error("a map needs at least {needed} points and there are {found}; add pairs")]
    TooFewRows {
        /// Rows there are.
        found: usize,
        /// Rows needed.
        needed: usize,
    },
    /// All rows are the same.
    #[error(
        "all points have the same activations here, so there is nothing to map; at layer 0 that is so \
         whenever all texts are pooled over the same tokens: choose another layer"
    )]
    AllEqual,
    /// A row of zeros, where angles are compared.
    #[error(
        "the activations in row {row} are all zero and have no direction, so there is no cosine; use \
         the euclidean metric, or leave the text out"
    )]
    NoDirection {
        /// The row.
        row: usize,
    },
    /// No neighbours, or more than there are.
    #[error("{found} neighbours were asked for; each point has {most}, so ask for 1 to {most}")]
    NeighbourCount {
        /// Neighbours asked for.
        found: usize,
        /// Other rows there are.
        most: usize,
    },
    /// Fewer than two neighbours for a map.
    #[error("a map is drawn from at least 2 neighbours of each point, not {found}; 15 is usual")]
    TooFewNeighbours {
        /// Neighbours asked for.
        found: usize,
    },
    /// A map of another number of dimensions than 2 or 3.
    #[error("a map has 2 or 3 dimensions, not {found}")]
    Dimensions {
        /// Dimensions asked for.
        found: usize,
    },
    /// Distances that do not describe a map.
    #[error(
        "the least distance on the map is {min_dist} and the spread {spread}; the spread has to be a \
         number above zero, and the least distance lie between zero and the spread"
    )]
    Spread {
        /// The least distance.
        min_dist: String,
        /// The spread.
        spread: String,
    },
    /// No epochs, or very many.
    #[error("{found} epochs were asked for; ask for 1 to {most}")]
    Epochs {
        /// Epochs asked for.
        found: usize,
        /// Most there may be.
        most: usize,
    },
    /// Rows of another width than those of the map.
    #[error(
        "the activations are {found} wide and those of the map {expected}; they come from another \
         model"
    )]
    Width {
        /// Width of the rows.
        found: usize,
        /// Width of the map's rows.
        expected: usize,
    },
    /// Rows or coordinates that are not those of the map.
    #[error("{found} {what} were given for a map of {rows} points; they belong to another map")]
    Rows {
        /// What was given: `rows`, `coordinates`.
        what: &'static str,
        /// How many.
        found: usize,
        /// Rows of the map.
        rows: usize,
    },
    /// A coordinate that is not a number.
    #[error("coordinate {index} of the map is not a finite number; draw the map again")]
    NonFiniteCoordinate {
        /// Position among the coordinates.
        index: usize,
    },
}

impl From<Cancelled> for ProjectionError {
    fn from(cancelled: Cancelled) -> Self {
        Self::Analysis(cancelled.into())
    }
}
