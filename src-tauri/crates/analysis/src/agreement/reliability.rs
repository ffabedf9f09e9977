//! How far a model's scores would repeat if its direction were fitted on other pairs.

use lens_core::{ActivationMatrix, CancelToken, Direction, Seed};
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::AgreementError;
use super::association::Moments;
use crate::direction::pair_scores;
use crate::{AnalysisError, mean};

/// Random halvings of the training pairs.
pub const HALVINGS: usize = 100;
/// Halvings between two looks at the cancel token.
const HALVINGS_PER_CHECK: usize = 10;
/// Fewest training pairs in a half.
const FEWEST_PAIRS: usize = 2;

/// Finds the direction of some training pairs in rows of pairs.
pub type FitDirection<'a> =
    dyn Fn(&ActivationMatrix, &[usize]) -> Result<Direction, AnalysisError> + Sync + 'a;

/// Split-half reliability of a model's scores, stepped up to the whole training set.
///
/// What it knows of is the error of a direction fitted on few pairs. The scores have no other: the
/// same text gives the same activation every time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Over all texts; none where the halves do not agree more than by chance, or cannot be made.
    pub overall: Option<f64>,
    /// Within classes; none as above.
    pub within_class: Option<f64>,
}

/// Reliability of the scores of the pairs `scored` by directions that `fit` finds on training pairs.
///
/// The training pairs are halved at random [`HALVINGS`] times (halving `i` from the seed's stream
/// `reliability/i`); both halves' directions score the same texts. The mean correlation `r` of the
/// two scores is stepped up by `2 r / (1 + r)` (Spearman and Brown 1910): a half has half the pairs.
///
/// # Errors
/// Pairs that are not there, activations that are not finite, or a cancelled token. A half in which
/// the two sides do not differ is left out.
pub fn split_half_reliability(
    rows: &ActivationMatrix,
    train: &[usize],
    scored: &[usize],
    seed: Seed,
    fit: &FitDirection<'_>,
    cancel: &CancelToken,
) -> Result<Reliability, AgreementError> {
    let pairs = rows.rows() / 2;
    if let Some(&index) = scored.iter().find(|&&pair| pair >= pairs) {
        return Err(AnalysisError::UnknownPair { index, pairs }.into());
    }
    if train.len() < 2 * FEWEST_PAIRS || scored.is_empty() {
        return Ok(Reliability { overall: None, within_class: None });
    }
    let halve = |halving: usize| -> Result<Option<Halves>, AnalysisError> {
        let mut shuffled = train.to_vec();
        shuffled.shuffle(&mut seed.stream(&format!("reliability/{halving}")));
        let (one, other) = shuffled.split_at(shuffled.len() / 2);
        let scores = |half: &[usize]| match fit(rows, half) {
            Ok(direction) => Ok(Some(pair_scores(rows, scored, &direction.vector))),
            Err(AnalysisError::NoDifference { .. }) => Ok(None),
            Err(error) => Err(error),
        };
        Ok(scores(one)?.zip(scores(other)?).map(|(one, other)| Halves::of(&one, &other)))
    };
    let mut found = Vec::with_capacity(HALVINGS);
    for first in (0..HALVINGS).step_by(HALVINGS_PER_CHECK) {
        cancel.check()?;
        let block = first..HALVINGS.min(first + HALVINGS_PER_CHECK);
        let halves: Vec<_> = block.into_par_iter().map(halve).collect::<Result<_, _>>()?;
        found.extend(halves.into_iter().flatten());
    }
    Ok(Reliability {
        overall: stepped_up(found.iter().filter_map(|halves| halves.overall)),
        within_class: stepped_up(found.iter().filter_map(|halves| halves.within_class)),
    })
}

/// Scores of the positive and of the negative sides.
type Sides = (Vec<f64>, Vec<f64>);

/// Correlations of the scores by two halves.
struct Halves {
    overall: Option<f64>,
    within_class: Option<f64>,
}

impl Halves {
    fn of(one: &Sides, other: &Sides) -> Self {
        let all = |sides: &Sides| [sides.0.as_slice(), &sides.1].concat();
        let moments = |x: &[f64], y: &[f64]| Moments::of(x, y, &vec![1.0; x.len()]);
        let (positive, negative) = (moments(&one.0, &other.0), moments(&one.1, &other.1));
        Self {
            overall: moments(&all(one), &all(other)).correlation(),
            within_class: positive.plus(negative).correlation(),
        }
    }
}

/// Spearman-Brown for twice the length, of the mean correlation where that is positive.
fn stepped_up(correlations: impl Iterator<Item = f64>) -> Option<f64> {
    let correlations: Vec<f64> = correlations.collect();
    let r = mean(&correlations);
    (r > 0.0).then(|| 2.0 * r / (1.0 + r))
}
