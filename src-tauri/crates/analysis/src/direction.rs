//! Directions fitted on training pairs.

use lens_core::{ActivationMatrix, Direction, DirectionMethod};

use crate::AnalysisError;
use crate::product::dot;
use crate::statistics::{mean, pooled, sum_of_squares};

/// A difference of means shorter than this share of the rows' typical norm is the rounding of f32.
const ROUNDING: f64 = 1e-7;

/// The unit vector from the mean of the negative rows to the mean of the positive rows of the pairs
/// `train` (a pair listed twice counts twice), with the midpoint and the pooled standard deviation
/// of the training scores.
///
/// `rows` alternates positive and negative sides; sums run in f64.
///
/// # Errors
/// NaN or an infinity anywhere in `rows`, fewer than two training pairs, an index without a pair, or
/// means that do not differ by more than rounding.
pub fn mean_difference(
    rows: &ActivationMatrix,
    train: &[usize],
    layer: usize,
) -> Result<Direction, AnalysisError> {
    check_training(rows, train, layer)?;
    let sum = PairSum::of(rows, train);
    if sum.direction().is_none() {
        return Err(AnalysisError::NoDifference { layer });
    }
    direction_of(DirectionMethod::MeanDifference, rows, train, layer, &sum.difference)
}

/// Refuses rows that are not finite, fewer than two training pairs, and pairs that are not there.
pub(crate) fn check_training(
    rows: &ActivationMatrix,
    train: &[usize],
    layer: usize,
) -> Result<(), AnalysisError> {
    check_rows(rows, layer)?;
    if train.len() < 2 {
        return Err(AnalysisError::TooFewPairs { split: "train", found: train.len(), needed: 2 });
    }
    let pairs = rows.rows() / 2;
    match train.iter().find(|&&i| i >= pairs) {
        Some(&index) => Err(AnalysisError::UnknownPair { index, pairs }),
        None => Ok(()),
    }
}

/// `vector` at length 1, with what the training scores on it give.
///
/// # Errors
/// [`AnalysisError::NoDifference`] when it has no length.
pub(crate) fn direction_of(
    method: DirectionMethod,
    rows: &ActivationMatrix,
    train: &[usize],
    layer: usize,
    vector: &[f64],
) -> Result<Direction, AnalysisError> {
    let norm = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
    if !(norm > 0.0 && norm.is_finite()) {
        return Err(AnalysisError::NoDifference { layer });
    }
    let vector: Vec<f32> = vector.iter().map(|v| (v / norm) as f32).collect();
    let (positive, negative) = pair_scores(rows, train, &vector);
    let (a, b) = (mean(&positive), mean(&negative));
    let squares = sum_of_squares(&positive, a) + sum_of_squares(&negative, b);
    Ok(Direction {
        method,
        layer,
        vector,
        midpoint: f64::midpoint(a, b),
        scale: pooled(squares, 2.0 * train.len() as f64 - 2.0),
    })
}

/// Refuses NaN and infinities.
pub(crate) fn check_rows(rows: &ActivationMatrix, layer: usize) -> Result<(), AnalysisError> {
    match rows.first_non_finite() {
        Some((row, column)) => {
            Err(AnalysisError::NonFiniteActivation { layer: Some(layer), row, column })
        }
        None => Ok(()),
    }
}

/// Scores of the positive and of the negative sides of `pairs`.
pub(crate) fn pair_scores(
    rows: &ActivationMatrix,
    pairs: &[usize],
    vector: &[f32],
) -> (Vec<f64>, Vec<f64>) {
    pairs
        .iter()
        .map(|&pair| (dot(rows.row(2 * pair), vector), dot(rows.row(2 * pair + 1), vector)))
        .unzip()
}

/// What a mean difference is made of: sums over pairs, so that leaving some pairs out is a
/// subtraction.
#[derive(Clone)]
pub(crate) struct PairSum {
    /// Sum of (positive - negative).
    pub(crate) difference: Vec<f64>,
    /// Sum of the rows' squared norms.
    squares: f64,
    pairs: usize,
}

impl PairSum {
    /// The sums over `pairs`.
    pub(crate) fn of(rows: &ActivationMatrix, pairs: &[usize]) -> Self {
        let mut sum = Self { difference: vec![0.0; rows.width()], squares: 0.0, pairs: 0 };
        for &pair in pairs {
            sum.add(rows, pair);
        }
        sum
    }

    fn add(&mut self, rows: &ActivationMatrix, pair: usize) {
        let (positive, negative) = (rows.row(2 * pair), rows.row(2 * pair + 1));
        for ((sum, &p), &n) in self.difference.iter_mut().zip(positive).zip(negative) {
            *sum += f64::from(p) - f64::from(n);
        }
        self.squares += dot(positive, positive) + dot(negative, negative);
        self.pairs += 1;
    }

    /// The sums without those of `other`, which were added to both.
    pub(crate) fn without(&self, other: &Self) -> Self {
        Self {
            difference: self.difference.iter().zip(&other.difference).map(|(a, b)| a - b).collect(),
            squares: self.squares - other.squares,
            pairs: self.pairs - other.pairs,
        }
    }

    /// The mean difference at length 1, or none where there is no more of it than rounding.
    pub(crate) fn direction(&self) -> Option<Vec<f32>> {
        let norm = self.difference.iter().map(|d| d * d).sum::<f64>().sqrt();
        let pairs = self.pairs as f64;
        let typical_row = (self.squares / (2.0 * pairs)).sqrt();
        let is_rounding = norm / pairs <= ROUNDING * typical_row;
        // Also true of NaN, which no pairs give.
        let differs = norm > 0.0 && !is_rounding;
        differs.then(|| self.difference.iter().map(|d| (d / norm) as f32).collect())
    }
}
