//! Directions in the residual stream.

use serde::{Deserialize, Serialize};

/// How a [`Direction`] was found; see METHODS, section 3.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum DirectionMethod {
    /// Difference of the class means, normalised.
    #[default]
    MeanDifference,
    /// The same in units of the spread within the classes: the linear discriminant, by the pooled
    /// covariance with Ledoit-Wolf shrinkage.
    Whitened,
    /// Weights of a logistic regression with an L2 penalty.
    Logistic,
    /// First principal axis of the pair differences, the positive side up.
    PcaOfDifferences,
}

impl DirectionMethod {
    /// Every method.
    pub const ALL: [Self; 4] =
        [Self::MeanDifference, Self::Whitened, Self::Logistic, Self::PcaOfDifferences];

    /// `mean-difference`, `whitened`, `logistic` or `pca-of-differences`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MeanDifference => "mean-difference",
            Self::Whitened => "whitened",
            Self::Logistic => "logistic",
            Self::PcaOfDifferences => "pca-of-differences",
        }
    }
}

/// A unit vector in the residual stream of one layer, pointing from the negative to the positive
/// side, with the threshold that the training pairs give it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Direction {
    /// How it was found.
    pub method: DirectionMethod,
    /// Layer of the residual stream it lives in (0 = embedding output).
    pub layer: usize,
    /// Components, one per residual-stream dimension; Euclidean norm 1.
    pub vector: Vec<f32>,
    /// Mean of the two class means of the training scores: the decision threshold.
    pub midpoint: f64,
    /// Pooled within-class standard deviation of the training scores, the unit of z.
    pub scale: f64,
}
