//! The difference of the class means.

use super::{Probe, Refit, SignedSums, Training, mean_over_folds, rows_of};
use crate::AnalysisError;
use crate::direction::{PairSum, pair_scores};
use crate::product::row_products;

pub(super) struct MeanDifference<'a> {
    training: Training<'a>,
    sum: PairSum,
}

impl<'a> MeanDifference<'a> {
    pub(super) fn new(training: Training<'a>, sum: PairSum) -> Self {
        Self { training, sum }
    }
}

impl Probe for MeanDifference<'_> {
    fn vector(&self) -> Result<Vec<f64>, AnalysisError> {
        Ok(self.sum.difference.clone())
    }

    fn cross_validate(&self) -> Result<f64, AnalysisError> {
        let Training { rows, folds, .. } = self.training;
        mean_over_folds(folds, |_, pairs| {
            let others = self.sum.without(&PairSum::of(rows, pairs)).direction();
            // Where the others have no direction, nothing is told apart.
            let none = || vec![0.0; rows.width()];
            Ok(pair_scores(rows, pairs, &others.unwrap_or_else(none)))
        })
    }

    /// A refit is a signed sum of pair differences, so a test row's score is the same sum of its
    /// products with them: no draw ever touches a row.
    fn refit(&self, test: &[usize]) -> Result<Box<dyn Refit + '_>, AnalysisError> {
        let Training { rows, train, .. } = self.training;
        let of = |pairs: &[usize]| -> Vec<&[f32]> {
            rows_of(pairs).into_iter().map(|row| rows.row(row)).collect()
        };
        let products = row_products(&of(test), &of(train));
        let products = products.as_chunks::<2>().0.iter().map(|[p, n]| p - n).collect();
        Ok(Box::new(Swapped { products, pairs: train.len() }))
    }
}

/// Scores with sides swapped.
struct Swapped {
    /// `[test rows, training pairs]`.
    products: Vec<f64>,
    pairs: usize,
}

impl Refit for Swapped {
    fn scores(&self, signs: &[f64]) -> Result<Vec<f64>, AnalysisError> {
        let draws: Vec<&[f64]> = signs.chunks_exact(self.pairs).collect();
        let rows: Vec<&[f64]> = self.products.chunks_exact(self.pairs).collect();
        Ok(row_products(&draws, &rows))
    }
    fn sums(&self) -> Option<SignedSums<'_>> {
        Some(SignedSums { products: &self.products, pairs: self.pairs })
    }
}
