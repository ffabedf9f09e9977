//! Ranks and penalties, by grouped cross-validation within the training texts.

use faer::{Mat, MatRef};
use lens_core::CancelToken;
use rayon::prelude::*;

use super::aligned::Aligned;
use super::maps::{Canonical, MapSettings, Pairing, Rotation, shrunk};
use crate::folds::Folds;
use crate::linear::product;
use crate::probe::rows_of;
use crate::row_space::RowSpace;
use crate::{AgreementError, AnalysisError};

/// Largest rank that is tried, for the sake of time: singular values take its third power.
const LARGEST_RANK: usize = 256;
/// Decades of ridge penalties that are tried, relative to the mean eigenvalue.
const PENALTIES: std::ops::RangeInclusive<i32> = -8..=2;
/// Shares of variance closer than this are a tie.
const TIE: f64 = 1e-9;

/// Settings of each kind of map, and the share of held-out variance that they explain.
pub(super) type Choices = [(MapSettings, f64); 3];

/// Chooses the settings that explain most of what was held out; of ties the first tried, which is
/// the lowest rank, the fewest pairs, the largest penalty.
pub(super) fn choose(
    from: &RowSpace,
    to: &RowSpace,
    train: &[usize],
    folds: &Folds,
    cancel: &CancelToken,
) -> Result<Choices, AgreementError> {
    if from.rank() == 0 || to.rank() == 0 {
        return Err(AgreementError::NoSpread);
    }
    let pairings = folds
        .pairs
        .par_iter()
        .map(|fold| {
            cancel.check()?;
            let held = rows_of(fold);
            let fitted: Vec<usize> =
                train.iter().copied().filter(|text| !held.contains(text)).collect();
            let aligned = |whole: &RowSpace| -> Result<Aligned, AnalysisError> {
                Ok(Aligned::of(whole, &whole.within(&fitted)?, &fitted, &held))
            };
            Ok(Pairing { from: aligned(from)?, to: aligned(to)? })
        })
        .collect::<Result<Vec<_>, AgreementError>>()?;
    let rank = pairings.iter().map(|p| p.from.rank().min(p.to.rank())).min().unwrap_or(0);
    if rank == 0 {
        return Err(AgreementError::NoSpread);
    }
    let ranks = ranks(rank.min(LARGEST_RANK));
    let by_fold = pairings
        .par_iter()
        .map(|pairing| {
            cancel.check()?;
            Ok(Errors::of(pairing, &ranks)?)
        })
        .collect::<Result<Vec<_>, AgreementError>>()?;
    let best = |errors: fn(&Errors) -> &[(MapSettings, f64)], squares: fn(&Pairing) -> f64| {
        let total: f64 = pairings.iter().map(squares).sum();
        let tried = by_fold.first().map(errors).unwrap_or_default();
        let explained = tried.iter().enumerate().map(|(at, (settings, _))| {
            let left: f64 =
                by_fold.iter().filter_map(|fold| errors(fold).get(at)).map(|e| e.1).sum();
            (*settings, 1.0 - left / total)
        });
        explained.reduce(|best, next| if next.1 > best.1 + TIE { next } else { best })
    };
    let chosen = [
        best(|errors| &errors.procrustes, |pairing| pairing.to.held_squares),
        best(|errors| &errors.ridge, |pairing| pairing.from.held_squares),
        best(|errors| &errors.cca, |pairing| pairing.from.held_squares),
    ];
    let [Some(procrustes), Some(ridge), Some(cca)] = chosen else {
        return Err(AgreementError::NoSpread);
    };
    Ok([procrustes, ridge, cca])
}

/// Powers of two below `largest`, and `largest`.
fn ranks(largest: usize) -> Vec<usize> {
    let powers = std::iter::successors(Some(1), |rank| Some(rank * 2));
    powers.take_while(|&rank| rank < largest).chain([largest]).collect()
}

/// Sums of squared errors over the held-out texts, by settings.
struct Errors {
    procrustes: Vec<(MapSettings, f64)>,
    ridge: Vec<(MapSettings, f64)>,
    cca: Vec<(MapSettings, f64)>,
}

impl Errors {
    fn of(pairing: &Pairing, ranks: &[usize]) -> Result<Self, AnalysisError> {
        let largest = ranks.last().copied().unwrap_or(0);
        let crossed = pairing.crossed(largest, None);
        let mut errors = Self { procrustes: Vec::new(), ridge: ridge(pairing), cca: Vec::new() };
        for &rank in ranks {
            let crossed = crossed.submatrix(0, 0, rank, rank);
            let settings = MapSettings::Procrustes { rank };
            errors.procrustes.push((settings, procrustes(pairing, crossed)?));
            let canonical = Canonical::of(crossed, &pairing.from.singular, &pairing.to.singular)?;
            errors.cca.extend(
                self::ranks(rank).into_iter().map(|pairs| {
                    (MapSettings::Cca { rank, pairs }, cca(pairing, &canonical, pairs))
                }),
            );
        }
        Ok(errors)
    }
}

/// Squared error of the second model's held-out rows, predicted from the first model's.
fn procrustes(pairing: &Pairing, crossed: MatRef<'_, f64>) -> Result<f64, AnalysisError> {
    let (from, to) = (&pairing.from, &pairing.to);
    let found = Rotation::of(crossed, &from.singular, &to.singular)?;
    let rank = crossed.nrows();
    let turned = product(from.held.subcols(0, rank), found.rotation.as_ref());
    let scaled = Mat::from_fn(turned.nrows(), rank, |i, j| found.scale * turned[(i, j)]);
    Ok(squared_error(&scaled, to))
}

/// Squared errors of the first model's held-out rows, predicted from the second model's.
fn ridge(pairing: &Pairing) -> Vec<(MapSettings, f64)> {
    let (from, to) = (&pairing.from, &pairing.to);
    let scores = Mat::from_fn(from.unit.nrows(), from.rank(), |i, axis| {
        from.unit[(i, axis)] * from.singular[axis]
    });
    let along = product(to.unit.transpose(), scores.as_ref());
    PENALTIES
        .rev()
        .map(|decade| {
            let penalty = 10.0_f64.powi(decade);
            let shrunk = shrunk(&to.singular, penalty);
            let held = Mat::from_fn(to.held.nrows(), to.rank(), |i, axis| {
                to.held[(i, axis)] * shrunk[axis]
            });
            let predicted = product(held.as_ref(), along.as_ref());
            (MapSettings::Ridge { penalty }, squared_error(&predicted, from))
        })
        .collect()
}

/// Squared error of the first model's held-out rows, predicted from the second model's.
fn cca(pairing: &Pairing, canonical: &Canonical, pairs: usize) -> f64 {
    let rank = canonical.to.nrows();
    let variates = product(pairing.to.held.subcols(0, rank), canonical.to.subcols(0, pairs));
    let known = Mat::from_fn(variates.nrows(), pairs, |i, pair| {
        variates[(i, pair)] * canonical.correlations[pair]
    });
    let predicted = product(known.as_ref(), canonical.from.subcols(0, pairs).transpose());
    squared_error(&predicted, &pairing.from)
}

/// Of held-out rows whose leading coordinates were predicted, and their others as the mean.
fn squared_error(predicted: &Mat<f64>, actual: &Aligned) -> f64 {
    let gained: f64 = predicted
        .col_iter()
        .zip(actual.held.col_iter())
        .map(|(guess, truth)| {
            let each = guess.iter().zip(truth.iter());
            each.map(|(guess, truth)| guess * (2.0 * truth - guess)).sum::<f64>()
        })
        .sum();
    actual.held_squares - gained
}
