//! The ways of finding a direction, behind one trait.

mod differences;
mod logistic;
mod mean_difference;
mod whitened;

use lens_core::{ActivationMatrix, Direction, DirectionMethod, Seed};

use crate::AnalysisError;
use crate::direction::{PairSum, check_training, direction_of};
use crate::folds::{Folds, folds};
use crate::statistics::{auroc, mean};

/// What a probe is fitted on: the training pairs of one layer.
#[derive(Clone, Copy)]
pub(crate) struct Training<'a> {
    /// Layer of the residual stream.
    pub(crate) layer: usize,
    /// Two rows for each pair, training and test alike.
    pub(crate) rows: &'a ActivationMatrix,
    /// The training pairs, none twice.
    pub(crate) train: &'a [usize],
    /// The same in folds.
    pub(crate) folds: &'a Folds,
}

/// One way of finding a direction, ready on the rows of one layer.
pub(crate) trait Probe: Sync {
    /// From the negative to the positive side, as wide as the rows, of any length above zero;
    /// fitted on all training pairs.
    fn vector(&self) -> Result<Vec<f64>, AnalysisError>;

    /// Mean over the folds of the held-out AUROC of a fit on the other folds. Whatever the fit
    /// chooses for itself is chosen within those.
    fn cross_validate(&self) -> Result<f64, AnalysisError>;

    /// The same fit on the same pairs with sides swapped, scoring the pairs `test`.
    fn refit(&self, test: &[usize]) -> Result<Box<dyn Refit + '_>, AnalysisError>;
}

/// A probe that is fitted again and again with the sides of training pairs swapped.
pub(crate) trait Refit: Sync {
    /// `signs` is `[draws, training pairs]`, -1 where a pair's sides are swapped. Gives scores
    /// `[draws, 2 * test pairs]`, the two sides of a pair beside each other, as they are labelled;
    /// all zero where a draw leaves no direction.
    fn scores(&self, signs: &[f64]) -> Result<Vec<f64>, AnalysisError>;

    /// What the scores are sums of, where they are nothing but sums with these signs.
    fn sums(&self) -> Option<SignedSums<'_>> {
        None
    }
}

/// Scores that are sums over the training pairs, each with its sign.
#[derive(Clone, Copy)]
pub(crate) struct SignedSums<'a> {
    /// `[test rows, training pairs]`.
    pub(crate) products: &'a [f64],
    pub(crate) pairs: usize,
}

/// Makes `method` ready on some rows.
///
/// # Errors
/// What [`check_training`] refuses, training pairs whose sides have the same mean, or an eigenvalue
/// iteration without end.
pub(crate) fn probe<'a>(
    method: DirectionMethod,
    training: Training<'a>,
) -> Result<Box<dyn Probe + 'a>, AnalysisError> {
    let Training { rows, train, layer, .. } = training;
    check_training(rows, train, layer)?;
    let sum = PairSum::of(rows, train);
    if sum.direction().is_none() {
        return Err(AnalysisError::NoDifference { layer });
    }
    Ok(match method {
        DirectionMethod::MeanDifference => {
            Box::new(mean_difference::MeanDifference::new(training, sum))
        }
        DirectionMethod::Whitened => Box::new(whitened::Whitened::new(training)?),
        DirectionMethod::Logistic => Box::new(logistic::LogisticProbe::new(training)?),
        DirectionMethod::PcaOfDifferences => Box::new(differences::Differences::new(training)?),
    })
}

/// The direction that `method` finds on the pairs `train` of `rows`, with the midpoint and the
/// pooled standard deviation of the training scores.
///
/// `rows` alternates positive and negative sides. `scenarios`, one entry for each pair of `rows`,
/// and `seed` decide the folds by which the logistic regression chooses the strength of its penalty;
/// the other methods have nothing to choose.
///
/// # Errors
/// NaN or an infinity anywhere in `rows`, fewer than two training pairs, an index without a pair,
/// means that do not differ by more than rounding, or a fit that does not converge.
pub fn fit_direction(
    method: DirectionMethod,
    rows: &ActivationMatrix,
    train: &[usize],
    scenarios: &[Option<String>],
    layer: usize,
    seed: Seed,
) -> Result<Direction, AnalysisError> {
    let folds = folds(train, scenarios, seed);
    let training = Training { layer, rows, train, folds: &folds };
    fitted(method, training, &*probe(method, training)?)
}

/// The direction of a probe.
pub(crate) fn fitted(
    method: DirectionMethod,
    training: Training<'_>,
    probe: &dyn Probe,
) -> Result<Direction, AnalysisError> {
    direction_of(method, training.rows, training.train, training.layer, &probe.vector()?)
}

/// Mean of the AUROCs that `held_out` gives for each fold, by number.
pub(crate) fn mean_over_folds(
    folds: &Folds,
    held_out: impl Fn(usize, &[usize]) -> Result<(Vec<f64>, Vec<f64>), AnalysisError>,
) -> Result<f64, AnalysisError> {
    let areas = folds
        .pairs
        .iter()
        .enumerate()
        .map(|(number, pairs)| {
            let (positive, negative) = held_out(number, pairs)?;
            auroc(&positive, &negative)
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(mean(&areas))
}

/// The pairs of all folds but one.
pub(crate) fn other_folds(folds: &Folds, left_out: usize) -> Vec<usize> {
    let others = folds.pairs.iter().enumerate().filter(|(number, _)| *number != left_out);
    others.flat_map(|(_, pairs)| pairs).copied().collect()
}

/// The two rows of each pair, positive first.
pub(crate) fn rows_of(pairs: &[usize]) -> Vec<usize> {
    pairs.iter().flat_map(|pair| [2 * pair, 2 * pair + 1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    /// Pairs with a concept on every axis, in a wide and in a tall shape.
    fn rows(pairs: usize, width: usize, seed: u32) -> ActivationMatrix {
        let mut random = Seed(seed).stream("rows");
        let values = (0..2 * pairs * width)
            .map(|i| {
                let concept = if (i / width).is_multiple_of(2) { 0.4 } else { 0.0 };
                concept + 50.0 + random.random_range(-1.0..1.0_f32) * (1.0 + (i % 5) as f32)
            })
            .collect();
        ActivationMatrix::new(2 * pairs, width, values).unwrap()
    }

    fn swapped(rows: &ActivationMatrix, pairs: &[usize], signs: &[f64]) -> ActivationMatrix {
        let mut order: Vec<usize> = (0..rows.rows()).collect();
        for (pair, _) in pairs.iter().zip(signs).filter(|(_, sign)| **sign < 0.0) {
            order.swap(2 * pair, 2 * pair + 1);
        }
        rows.select(&order)
    }

    /// Every shortcut of a refit against fitting from nothing on rows that were really swapped.
    #[test]
    fn a_refit_is_a_fit_on_swapped_rows() {
        for (pairs, width) in [(14, 40), (40, 9)] {
            let rows = rows(pairs, width, 4);
            let (train, test): (Vec<usize>, Vec<usize>) = (0..pairs).partition(|i| i % 4 != 1);
            let folds = folds(&train, &vec![None; pairs], Seed(0));
            let mut random = Seed(1).stream("signs");
            for method in DirectionMethod::ALL {
                let training = Training { layer: 0, rows: &rows, train: &train, folds: &folds };
                let ready = probe(method, training).unwrap();
                let refit = ready.refit(&test).unwrap();
                for draw in 0..6 {
                    let mut sign = || if draw > 0 && random.random() { -1.0 } else { 1.0 };
                    let signs: Vec<f64> = train.iter().map(|_| sign()).collect();
                    let found = refit.scores(&signs).unwrap();

                    let rows = swapped(&rows, &train, &signs);
                    let training = Training { rows: &rows, ..training };
                    let afresh = probe(method, training).unwrap().vector().unwrap();
                    let expected: Vec<f64> = rows_of(&test)
                        .into_iter()
                        .map(|row| {
                            let row = rows.row(row).iter().zip(&afresh);
                            row.map(|(&a, b)| f64::from(a) * b).sum::<f64>()
                        })
                        .collect();
                    // Length and origin are free.
                    let unit = |scores: &[f64]| -> Vec<f64> {
                        let centre = mean(scores);
                        let size = crate::standard_deviation(scores);
                        scores.iter().map(|s| (s - centre) / size).collect()
                    };
                    let pairs = unit(&found).into_iter().zip(unit(&expected));
                    let off = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                    assert!(
                        off < 1e-5,
                        "{} {pairs_width:?}: {off}",
                        method.name(),
                        pairs_width = (width, draw)
                    );
                }
            }
        }
    }
}
