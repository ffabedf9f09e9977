//! Logistic regression, its penalty chosen by the training pairs.

use super::{Probe, Refit, Training, mean_over_folds, rows_of};
use crate::AnalysisError;
use crate::folds::Folds;
use crate::logistic::{Problem, Solution, TOLERANCE};
use crate::product::dot;
use crate::row_space::RowSpace;
use crate::statistics::{auroc, mean};

/// Strengths of the penalty that are tried, the strongest first, in units of the rows' mean squared
/// distance from their mean: a unit that follows the scale of the activations. The strongest gives
/// very nearly the mean difference, the weakest the widest margin.
const STRENGTHS: [f64; 5] = [1e2, 1e1, 1.0, 1e-1, 1e-2];
/// The one that is taken where there are too few folds to choose by.
const PLAIN_STRENGTH: f64 = 1.0;
/// How exact the fits are that only choose a strength.
const CHOICE_TOLERANCE: f64 = 1e-5;
/// Held-out AUROCs closer than this are a tie.
const TIE: f64 = 1e-12;

pub(super) struct LogisticProbe<'a> {
    training: Training<'a>,
    space: RowSpace,
    /// Mean squared distance of the training rows from their mean.
    unit: f64,
}

impl<'a> LogisticProbe<'a> {
    pub(super) fn new(training: Training<'a>) -> Result<Self, AnalysisError> {
        let Training { rows, train, .. } = training;
        let values = rows.values().iter().map(|&v| f64::from(v));
        let space = RowSpace::new(values, rows.width(), &rows_of(train))?;
        let unit = space.spread.iter().sum::<f64>() / (2 * train.len()) as f64;
        Ok(Self { training, space, unit })
    }

    /// The fit on the pairs of all `folds`, its strength chosen by leaving one of them out after the
    /// other. `is_swapped` tells of a pair whether its sides are to be taken for each other.
    fn fit(
        &self,
        folds: &[&[usize]],
        is_swapped: &dyn Fn(usize) -> bool,
    ) -> Result<Solution, AnalysisError> {
        let strength = self.choose(folds, is_swapped)?;
        self.problem(&folds.concat(), is_swapped).solve(strength, None, TOLERANCE)
    }

    fn choose(
        &self,
        folds: &[&[usize]],
        is_swapped: &dyn Fn(usize) -> bool,
    ) -> Result<f64, AnalysisError> {
        if folds.len() < 2 {
            return Ok(PLAIN_STRENGTH * self.unit);
        }
        let mut areas: [Vec<f64>; STRENGTHS.len()] = Default::default();
        for (number, held_out) in folds.iter().enumerate() {
            let others: Vec<&[usize]> =
                folds.iter().enumerate().filter(|(n, _)| *n != number).map(|(_, f)| *f).collect();
            let problem = self.problem(&others.concat(), is_swapped);
            let mut solution: Option<Solution> = None;
            for (strength, areas) in STRENGTHS.iter().zip(&mut areas) {
                let next =
                    problem.solve(strength * self.unit, solution.as_ref(), CHOICE_TOLERANCE)?;
                let (positive, negative) = self.scores(&next, held_out, is_swapped);
                areas.push(auroc(&positive, &negative)?);
                solution = Some(next);
            }
        }
        let means = areas.map(|areas| mean(&areas));
        let top = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let chosen = STRENGTHS.iter().zip(means).find(|(_, mean)| *mean >= top - TIE);
        Ok(chosen.map_or(PLAIN_STRENGTH, |(strength, _)| *strength) * self.unit)
    }

    fn problem(&self, pairs: &[usize], is_swapped: &dyn Fn(usize) -> bool) -> Problem<'_> {
        let labels = pairs.iter().flat_map(|&pair| [!is_swapped(pair), is_swapped(pair)]);
        Problem::new(&self.space, &rows_of(pairs), labels)
    }

    /// Scores of what are taken for the positive and the negative sides of `pairs`.
    fn scores(
        &self,
        solution: &Solution,
        pairs: &[usize],
        is_swapped: &dyn Fn(usize) -> bool,
    ) -> (Vec<f64>, Vec<f64>) {
        let score = |row: usize| dot(self.space.row(row), solution.weights());
        let sides = pairs.iter().map(|&pair| {
            let swapped = usize::from(is_swapped(pair));
            (score(2 * pair + swapped), score(2 * pair + 1 - swapped))
        });
        sides.unzip()
    }
}

fn as_labelled(_: usize) -> bool {
    false
}

fn slices(folds: &Folds) -> Vec<&[usize]> {
    folds.pairs.iter().map(Vec::as_slice).collect()
}

impl Probe for LogisticProbe<'_> {
    fn vector(&self) -> Result<Vec<f64>, AnalysisError> {
        let fit = self.fit(&slices(self.training.folds), &as_labelled)?;
        Ok(self.space.lift(fit.weights()))
    }

    fn cross_validate(&self) -> Result<f64, AnalysisError> {
        let folds = self.training.folds;
        mean_over_folds(folds, |number, held_out| {
            let mut others = slices(folds);
            others.remove(number);
            Ok(self.scores(&self.fit(&others, &as_labelled)?, held_out, &as_labelled))
        })
    }

    fn refit(&self, test: &[usize]) -> Result<Box<dyn Refit + '_>, AnalysisError> {
        Ok(Box::new(Swapped { probe: self, test: rows_of(test) }))
    }
}

struct Swapped<'a> {
    probe: &'a LogisticProbe<'a>,
    /// Test rows.
    test: Vec<usize>,
}

impl Refit for Swapped<'_> {
    fn scores(&self, signs: &[f64]) -> Result<Vec<f64>, AnalysisError> {
        let Training { rows, train, folds, .. } = self.probe.training;
        let mut scores = Vec::new();
        for signs in signs.chunks_exact(train.len()) {
            let mut is_swapped = vec![false; rows.rows() / 2];
            for (&pair, &sign) in train.iter().zip(signs) {
                if let Some(is_swapped) = is_swapped.get_mut(pair) {
                    *is_swapped = sign < 0.0;
                }
            }
            let is_swapped = |pair: usize| is_swapped.get(pair).copied().unwrap_or(false);
            let fit = self.probe.fit(&slices(folds), &is_swapped)?;
            let score = |&row: &usize| dot(self.probe.space.row(row), fit.weights());
            scores.extend(self.test.iter().map(score));
        }
        Ok(scores)
    }
}
