//! The linear discriminant: the mean difference in units of the spread within the classes.
//!
//! Swapping sides moves the class means and leaves the scatter of all rows around their common mean.
//! So everything is written in that scatter's principal axes, where a fit is a division on each axis.

use super::{Probe, Refit, Training, mean_over_folds, other_folds, rows_of};
use crate::AnalysisError;
use crate::product::{dot, row_products};
use crate::row_space::RowSpace;

pub(super) struct Whitened<'a> {
    training: Training<'a>,
    space: RowSpace,
    fit: Discriminant,
}

impl<'a> Whitened<'a> {
    pub(super) fn new(training: Training<'a>) -> Result<Self, AnalysisError> {
        let Training { rows, train, .. } = training;
        let values = rows.values().iter().map(|&v| f64::from(v));
        let space = RowSpace::new(values, rows.width(), &rows_of(train))?;
        let fit = Discriminant::new(&space, train, rows.width());
        Ok(Self { training, space, fit })
    }
}

impl Probe for Whitened<'_> {
    fn vector(&self) -> Result<Vec<f64>, AnalysisError> {
        let signs = vec![1.0; self.training.train.len()];
        Ok(self.space.lift(&self.fit.directions(&signs)))
    }

    fn cross_validate(&self) -> Result<f64, AnalysisError> {
        let Training { folds, rows, .. } = self.training;
        mean_over_folds(folds, |number, pairs| {
            let others = other_folds(folds, number);
            let space = self.space.within(&rows_of(&others))?;
            let fit = Discriminant::new(&space, &others, rows.width());
            let direction = fit.directions(&vec![1.0; others.len()]);
            let score = |row: usize| dot(space.row(row), &direction);
            Ok(pairs.iter().map(|pair| (score(2 * pair), score(2 * pair + 1))).unzip())
        })
    }

    fn refit(&self, test: &[usize]) -> Result<Box<dyn Refit + '_>, AnalysisError> {
        let test = rows_of(test).into_iter().map(|row| self.space.row(row)).collect();
        Ok(Box::new(Swapped { fit: &self.fit, test }))
    }
}

struct Swapped<'a> {
    fit: &'a Discriminant,
    /// Coordinates of the test rows.
    test: Vec<&'a [f64]>,
}

impl Refit for Swapped<'_> {
    fn scores(&self, signs: &[f64]) -> Result<Vec<f64>, AnalysisError> {
        let directions = self.fit.directions(signs);
        let rank = self.fit.spread.len();
        if rank == 0 {
            let draws = signs.len() / self.fit.pairs.max(1);
            return Ok(vec![0.0; draws * self.test.len()]);
        }
        Ok(row_products(&directions.chunks_exact(rank).collect::<Vec<_>>(), &self.test))
    }
}

/// The training rows in the principal axes of their scatter.
struct Discriminant {
    /// Sum of squares along each axis.
    spread: Vec<f64>,
    /// Coordinates `[2 * pairs, rank]`.
    rows: Vec<f64>,
    /// Pair differences, `[rank, pairs]`.
    differences: Vec<f64>,
    pairs: usize,
    /// Columns that the rows had: as many features as the covariance is shrunk over.
    width: usize,
}

impl Discriminant {
    /// Of the training pairs that `space` was made of.
    fn new(space: &RowSpace, train: &[usize], width: usize) -> Self {
        let rank = space.rank();
        let rows = rows_of(train).into_iter().flat_map(|row| space.row(row)).copied().collect();
        let differences = (0..rank)
            .flat_map(|axis| {
                train.iter().map(move |pair| {
                    let at = |row: usize| space.row(row).get(axis).copied().unwrap_or(0.0);
                    at(2 * pair) - at(2 * pair + 1)
                })
            })
            .collect();
        Self { spread: space.spread.clone(), rows, differences, pairs: train.len(), width }
    }

    /// `[draws, rank]`: for each row of `signs` the direction `S^-1 d`, where `d` is the difference
    /// of the class means and `S` the pooled within-class covariance, shrunk.
    ///
    /// With the scatter `T` of all rows, `S = a T + b - c d d'`; then `S^-1 d` and `(a T + b)^-1 d`
    /// have the same direction (Sherman and Morrison), and `T` is diagonal here.
    fn directions(&self, signs: &[f64]) -> Vec<f64> {
        let rank = self.spread.len();
        let draws: Vec<&[f64]> = signs.chunks_exact(self.pairs.max(1)).collect();
        let axes: Vec<&[f64]> = self.differences.chunks_exact(self.pairs.max(1)).collect();
        let mut differences = row_products(&draws, &axes);
        differences.iter_mut().for_each(|d| *d /= self.pairs as f64);
        if rank == 0 {
            return differences;
        }
        let rows: Vec<&[f64]> = self.rows.chunks_exact(rank).collect();
        let along = row_products(&differences.chunks_exact(rank).collect::<Vec<_>>(), &rows);
        let squares: Vec<f64> = rows.iter().map(|row| dot(row, row)).collect();
        for ((difference, along), signs) in
            differences.chunks_exact_mut(rank).zip(along.chunks_exact(rows.len())).zip(draws)
        {
            let (shrinkage, mean_variance) = self.shrinkage(difference, along, &squares, signs);
            let scatter = (1.0 - shrinkage) / rows.len() as f64;
            for (component, spread) in difference.iter_mut().zip(&self.spread) {
                *component /= scatter * spread + shrinkage * mean_variance;
            }
        }
        differences
    }

    /// Ledoit and Wolf's shrinkage of the rows' covariance within the classes, and the mean variance
    /// it is shrunk to. `along` holds each row's product with the difference of the means.
    fn shrinkage(
        &self,
        difference: &[f64],
        along: &[f64],
        squares: &[f64],
        signs: &[f64],
    ) -> (f64, f64) {
        let (rows, width, half) = (along.len() as f64, self.width as f64, self.pairs as f64 / 2.0);
        let gap = dot(difference, difference);
        // The means are at half the difference to either side, so a row's square within its class
        // is that around the common mean, less its part along the difference, and a quarter.
        let mut fourth = 0.0;
        for ((squares, along), sign) in squares.chunks(2).zip(along.chunks(2)).zip(signs) {
            for ((square, along), side) in squares.iter().zip(along).zip([1.0, -1.0]) {
                fourth += (square - sign * side * along + gap / 4.0).powi(2);
            }
        }
        // Within = T - half d d'.
        let total: f64 = self.spread.iter().sum();
        let trace = (total - half * gap).max(0.0);
        let spread = &self.spread;
        let bent: f64 = spread.iter().zip(difference).map(|(s, d)| s * d * d).sum();
        let frobenius = (dot(spread, spread) - 2.0 * half * bent + (half * gap).powi(2)).max(0.0);

        let mean_variance = trace / rows / width;
        let square_mean = frobenius / (rows * rows);
        let error = (fourth / rows - square_mean) / (rows * width);
        let distance = (square_mean - width * mean_variance * mean_variance) / width;
        let error = error.min(distance);
        let shrinkage = if error > 0.0 { error / distance } else { 0.0 };
        (shrinkage, mean_variance)
    }
}
