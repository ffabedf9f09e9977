//! Why models cannot be compared, or scores not held against behaviour.

use lens_core::Cancelled;

use crate::AnalysisError;

/// A comparison that cannot be made from what was given, in a sentence for whoever gave it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AgreementError {
    /// A step of the analysis itself was refused.
    #[error(transparent)]
    Analysis(#[from] AnalysisError),
    /// Scores that came about in different ways.
    #[error(
        "{first} and {second} were not read in the same way, so their scores cannot be compared: \
         {differences}; read both with the same settings"
    )]
    UnlikeConventions {
        /// The one model.
        first: String,
        /// The other.
        second: String,
        /// What differs, with both values.
        differences: String,
    },
    /// Unlike numbers of pairs.
    #[error(
        "{first} has scores of {first_pairs} pairs and {second} of {second_pairs}; agreement needs \
         scores of the same texts"
    )]
    UnlikeTexts {
        /// The one model.
        first: String,
        /// Its pairs.
        first_pairs: usize,
        /// The other.
        second: String,
        /// Its pairs.
        second_pairs: usize,
    },
    /// Activations of unlike numbers of texts.
    #[error(
        "the activations of the one model have {first} rows and those of the other {second}; both \
         have to be of the same texts"
    )]
    UnlikeRows {
        /// Rows of the one.
        first: usize,
        /// Rows of the other.
        second: usize,
    },
    /// Activations that do not have two rows per pair.
    #[error("there are {rows} rows for {pairs} pairs; there have to be two rows per pair")]
    RowsPerPair {
        /// Rows there are.
        rows: usize,
        /// Pairs there are.
        pairs: usize,
    },
    /// Too few texts for the debiased estimator, which divides by `n (n - 3)`.
    #[error(
        "comparing representations needs at least {needed} texts and there {}; add pairs",
        if *.found == 1 { "is one".to_owned() } else { format!("are {}", .found) }
    )]
    TooFewTexts {
        /// Texts there are.
        found: usize,
        /// Texts needed.
        needed: usize,
    },
    /// Representations prepared for different comparisons.
    #[error("the layers of the two models were prepared in different ways; prepare both anew")]
    UnlikeRepresentations,
    /// Rows that are all the same.
    #[error(
        "the training texts all have the same activations in one of the two models, so there is \
         nothing to align; choose another layer"
    )]
    NoSpread,
    /// A map that gives the direction no length.
    #[error(
        "the {map} map carries nothing of the direction to the other model: what the direction \
         measures has no counterpart among the training texts there"
    )]
    NothingCarried {
        /// `procrustes`, `ridge` or `cca`.
        map: &'static str,
    },
    /// Too few rows for a correlation.
    #[error(
        "a correlation needs at least {needed} rows with both a score and a label; {found} given"
    )]
    TooFewRows {
        /// Rows there are.
        found: usize,
        /// Rows needed.
        needed: usize,
    },
    /// Columns of unequal length.
    #[error("there are {scores} scores and {labels} labels; every row needs one of each")]
    UnlikeColumns {
        /// Scores there are.
        scores: usize,
        /// Labels there are.
        labels: usize,
    },
    /// A cell that is no number.
    #[error("row {row} has {value} as {column}; correct it or leave the row out")]
    NotANumber {
        /// Row, counted from 1.
        row: usize,
        /// `score`, `human` or `threshold`.
        column: &'static str,
        /// What stands there.
        value: String,
    },
    /// A column that does not vary.
    #[error("all rows have the same {column}, so nothing can correlate with it")]
    Constant {
        /// `score` or `human`.
        column: &'static str,
    },
    /// Bins asked for.
    #[error("a calibration table needs at least one bin; ask for 5 or 10")]
    NoBins,
}

impl From<Cancelled> for AgreementError {
    fn from(cancelled: Cancelled) -> Self {
        Self::Analysis(cancelled.into())
    }
}
