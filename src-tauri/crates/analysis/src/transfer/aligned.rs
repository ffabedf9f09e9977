//! One model's texts on the principal axes of those that a map is fitted on.

use faer::Mat;

use crate::row_space::RowSpace;

/// Euclidean length.
pub(super) fn length(vector: &[f64]) -> f64 {
    vector.iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// The texts that a map is fitted on and those held out, around the mean of the former. A direction
/// of the model is a column of coordinates on the same axes; what of it lies off them, no text of
/// the fit can tell anything about.
pub(super) struct Aligned {
    /// Singular values of the fitted texts' rows, falling; all are above zero.
    pub(super) singular: Vec<f64>,
    /// `[fitted texts, rank]`: left singular vectors, so that `unit diag(singular)` are coordinates.
    pub(super) unit: Mat<f64>,
    /// `[held-out texts, rank]`: coordinates.
    pub(super) held: Mat<f64>,
    /// Sum of the held-out rows' squared distances from the mean, off the axes too.
    pub(super) held_squares: f64,
}

impl Aligned {
    /// `space` has the axes of the texts `fitted`; `whole` holds the same texts on axes that lose
    /// nothing of the texts `held`.
    pub(super) fn of(whole: &RowSpace, space: &RowSpace, fitted: &[usize], held: &[usize]) -> Self {
        let singular: Vec<f64> = space.spread.iter().map(|spread| spread.sqrt()).collect();
        let at = |texts: &[usize], i: usize, axis: usize| {
            let row = texts.get(i).map(|&text| space.row(text)).unwrap_or_default();
            row.get(axis).copied().unwrap_or(0.0)
        };
        let rank = space.rank();
        let unit = Mat::from_fn(fitted.len(), rank, |i, axis| at(fitted, i, axis) / singular[axis]);
        let mut mean = vec![0.0; whole.rank()];
        for &text in fitted {
            mean.iter_mut().zip(whole.row(text)).for_each(|(sum, v)| *sum += v);
        }
        mean.iter_mut().for_each(|sum| *sum /= fitted.len() as f64);
        let from_mean = |text: usize| {
            whole.row(text).iter().zip(&mean).map(|(v, m)| (v - m).powi(2)).sum::<f64>()
        };
        Self {
            singular,
            unit,
            held: Mat::from_fn(held.len(), rank, |i, axis| at(held, i, axis)),
            held_squares: held.iter().map(|&text| from_mean(text)).sum(),
        }
    }

    pub(super) fn rank(&self) -> usize {
        self.singular.len()
    }

    /// Coordinates of the direction that gives the fitted texts these scores, as one column.
    pub(super) fn coordinates(&self, scores: &[f64]) -> Mat<f64> {
        // The columns of `unit` sum to zero, so the scores' mean does not matter but for rounding.
        let mean = crate::mean(scores);
        Mat::from_fn(self.rank(), 1, |axis, _| {
            let along = self.unit.col(axis).iter().zip(scores).map(|(u, s)| u * (s - mean));
            along.sum::<f64>() / self.singular[axis]
        })
    }
}
