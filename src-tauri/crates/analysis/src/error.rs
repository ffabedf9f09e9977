//! Why an analysis could not be made.

use lens_core::Cancelled;

/// An analysis that cannot be made from what was given, in a sentence for whoever gave it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnalysisError {
    /// NaN or an infinity among the activations.
    #[error(
        "the activations hold a value that is not a number (row {row}, column {column}{}); the \
         model's arithmetic overflowed on that text: read it again in f32, or leave the text out",
        at_layer(*.layer)
    )]
    NonFiniteActivation {
        /// Layer, where the rows come from one.
        layer: Option<usize>,
        /// Row in the matrix; row `2 i` or `2 i + 1` belongs to pair `i`.
        row: usize,
        /// Column: the residual-stream dimension.
        column: usize,
    },
    /// NaN or an infinity among the scores.
    #[error("score {index} is {value}; scores have to be finite numbers")]
    NonFiniteScore {
        /// Position among the scores.
        index: usize,
        /// What stood there.
        value: String,
    },
    /// Too few pairs to fit on or to measure with.
    #[error(
        "the {split} split has {found} of the {needed} pairs that are needed at least; add pairs, \
         or move some there from the other split"
    )]
    TooFewPairs {
        /// `train` or `test`.
        split: &'static str,
        /// Pairs there are.
        found: usize,
        /// Pairs needed.
        needed: usize,
    },
    /// The means of the two sides are the same, so no direction leads from one to the other.
    #[error(
        "at layer {layer} the positive and the negative texts have the same mean activation, so \
         there is no direction between them; at layer 0 that is so whenever all texts are pooled \
         over the same tokens"
    )]
    NoDifference {
        /// The layer.
        layer: usize,
    },
    /// No layer has a direction.
    #[error(
        "no layer tells the positive texts from the negative ones: their mean activations are the \
         same at every layer that was read; check that the two sides of the pairs differ"
    )]
    NoDifferenceAnywhere,
    /// A sweep over no layers.
    #[error("no layer was given; choose at least one")]
    NoLayers,
    /// Controls of a layer whose rows were not given.
    #[error(
        "the probe of layer {layer} is to be checked and the layer was not given; read it again"
    )]
    LayerMissing {
        /// The layer.
        layer: usize,
    },
    /// A matrix that does not have two rows per pair.
    #[error("layer {layer} has {rows} rows for {pairs} pairs; there have to be two rows per pair")]
    RowCount {
        /// The layer.
        layer: usize,
        /// Rows it has.
        rows: usize,
        /// Pairs there are.
        pairs: usize,
    },
    /// A list with one entry per pair has another length.
    #[error("{found} {what} were given for {pairs} pairs; there has to be one for each")]
    EntryCount {
        /// What is listed: `scenarios`, `negative scores` ...
        what: &'static str,
        /// Entries there are.
        found: usize,
        /// Pairs there are.
        pairs: usize,
    },
    /// A pair index beyond the last pair.
    #[error("pair {index} was asked for and there are {pairs}, counted from 0")]
    UnknownPair {
        /// Index asked for.
        index: usize,
        /// Pairs there are.
        pairs: usize,
    },
    /// A direction of another width than the rows.
    #[error(
        "the direction has {found} components and the activations {width}; it belongs to another \
         model or was cut"
    )]
    DirectionWidth {
        /// Components of the direction.
        found: usize,
        /// Columns of the rows.
        width: usize,
    },
    /// A statistic over no scores.
    #[error("there are no scores on the {side} side")]
    NoScores {
        /// `positive` or `negative`.
        side: &'static str,
    },
    /// A projection of fewer than two rows.
    #[error("a projection needs at least two texts and there {}", counted(*.found))]
    TooFewRows {
        /// Rows there are.
        found: usize,
    },
    /// A projection to no dimensions.
    #[error("a projection needs at least one dimension; ask for 2 or 3")]
    NoDimensions,
    /// One row's side is missing or one too many was given.
    #[error("{found} sides were given for {rows} rows; there has to be one for each")]
    SideCount {
        /// Sides given.
        found: usize,
        /// Rows there are.
        rows: usize,
    },
    /// Rows that do not come whole.
    #[error(
        "{values} values were read where rows of {width} were expected; the file was cut, or holds \
         activations of another model"
    )]
    TornRow {
        /// Values there are.
        values: usize,
        /// Values of each row.
        width: usize,
    },
    /// Another number of rows than when they were first read.
    #[error(
        "the activations changed while they were read: there were {expected} rows at first; start \
         again once nothing writes to them"
    )]
    RowsChanged {
        /// Rows there were.
        expected: usize,
    },
    /// The eigenvalue iteration did not end.
    #[error(
        "the principal components of these activations could not be computed: the eigenvalue \
         iteration did not converge; try another layer"
    )]
    NoConvergence,
    /// NaN or an infinity among the features of a regression.
    #[error("feature {column} of row {row} is not a finite number")]
    NonFiniteFeature {
        /// Row, counted from 0.
        row: usize,
        /// Column, counted from 0.
        column: usize,
    },
    /// A regression with another number of labels than rows.
    #[error("{labels} labels were given for {rows} rows; there has to be one for each")]
    LabelCount {
        /// Labels given.
        labels: usize,
        /// Whole rows there are.
        rows: usize,
    },
    /// A regression without two classes.
    #[error("all rows have the same label, so there is nothing to tell apart; give both classes")]
    OneClass,
    /// A penalty that is not above zero.
    #[error("the strength of the penalty is {value}; it has to be a number above zero")]
    Strength {
        /// What was given.
        value: String,
    },
    /// Newton's method did not end.
    #[error(
        "the logistic regression did not converge; use the mean difference, or leave out values \
         that are very much larger than the others"
    )]
    LogisticNoConvergence,
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

fn at_layer(layer: Option<usize>) -> String {
    layer.map_or_else(String::new, |layer| format!(" of layer {layer}"))
}

fn counted(found: usize) -> String {
    match found {
        0 => "are none".to_owned(),
        1 => "is one".to_owned(),
        n => format!("are {n}"),
    }
}
