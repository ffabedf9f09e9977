//! The first principal axis of the pair differences.
//!
//! The differences are taken both ways round, so that their mean is zero: around their own mean the
//! very direction that all pairs share would be gone.

use super::{Probe, Refit, Training, mean_over_folds, other_folds, rows_of};
use crate::AnalysisError;
use crate::direction::pair_scores;
use crate::product::dot;
use crate::row_space::RowSpace;

pub(super) struct Differences<'a> {
    training: Training<'a>,
    /// The difference of training pair `i` is row `2 i`, its negative row `2 i + 1`.
    space: RowSpace,
}

impl<'a> Differences<'a> {
    pub(super) fn new(training: Training<'a>) -> Result<Self, AnalysisError> {
        let Training { rows, train, .. } = training;
        let difference = |pair: usize, sign: f64| {
            let sides = rows.row(2 * pair).iter().zip(rows.row(2 * pair + 1));
            sides.map(move |(&p, &n)| sign * (f64::from(p) - f64::from(n)))
        };
        let both = train.iter().flat_map(|&p| difference(p, 1.0).chain(difference(p, -1.0)));
        let all: Vec<usize> = (0..2 * train.len()).collect();
        Ok(Self { training, space: RowSpace::new(both, rows.width(), &all)? })
    }

    fn places(&self) -> Vec<usize> {
        (0..self.training.train.len()).collect()
    }
}

/// The first axis in `space`, turned so that the training pairs at `places` have their positive
/// sides up on it.
fn first_axis(space: &RowSpace, places: &[usize]) -> Vec<f64> {
    let up: f64 = places.iter().filter_map(|place| space.row(2 * place).first()).sum();
    let mut axis = vec![0.0; space.rank()];
    if let Some(first) = axis.first_mut() {
        *first = if up < 0.0 { -1.0 } else { 1.0 };
    }
    space.lift(&axis)
}

impl Probe for Differences<'_> {
    fn vector(&self) -> Result<Vec<f64>, AnalysisError> {
        Ok(first_axis(&self.space, &self.places()))
    }

    fn cross_validate(&self) -> Result<f64, AnalysisError> {
        let Training { rows, train, folds, .. } = self.training;
        mean_over_folds(folds, |number, pairs| {
            let others = other_folds(folds, number);
            let mut places = self.places();
            places.retain(|&place| train.get(place).is_some_and(|pair| others.contains(pair)));
            let axis = first_axis(&self.space.within(&rows_of(&places))?, &places);
            let axis: Vec<f32> = self.space.lift(&axis).iter().map(|&v| v as f32).collect();
            Ok(pair_scores(rows, pairs, &axis))
        })
    }

    /// Swapping sides turns differences round and leaves their axis; only its sign is fitted anew.
    fn refit(&self, test: &[usize]) -> Result<Box<dyn Refit + '_>, AnalysisError> {
        let vector: Vec<f32> = self.vector()?.iter().map(|&v| v as f32).collect();
        let places = self.places();
        let train = places.iter().filter_map(|place| self.space.row(2 * place).first().copied());
        let rows = rows_of(test).into_iter().map(|row| dot(self.training.rows.row(row), &vector));
        Ok(Box::new(OneAxis { train: train.collect(), test: rows.collect() }))
    }
}

/// Coordinates on an axis that does not change but for its sign.
struct OneAxis {
    /// Of the training pairs' differences.
    train: Vec<f64>,
    /// Of the test rows.
    test: Vec<f64>,
}

impl Refit for OneAxis {
    fn scores(&self, signs: &[f64]) -> Result<Vec<f64>, AnalysisError> {
        let draws = signs.chunks_exact(self.train.len());
        // The axis points where the observed pairs have it, up to their own sign.
        let observed: f64 = self.train.iter().sum();
        Ok(draws
            .flat_map(|draw| {
                let up = dot(draw, &self.train) * if observed < 0.0 { -1.0 } else { 1.0 };
                let sign = if up == 0.0 { 0.0 } else { up.signum() };
                self.test.iter().map(move |score| sign * score)
            })
            .collect())
    }
}
