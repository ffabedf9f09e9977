//! How well scores tell two sides apart.

use rayon::prelude::*;

use super::project;
use crate::GpuError;
use crate::rows::{Rows, whole_rows};

/// The AUROC of each column of `scores` (`[rows, columns]`, row-major; one row for each of
/// `is_positive`): the share of (positive, negative) combinations with the positive above, ties
/// counting one half. Combinations are counted in integers, so the shader's answer is the same to the
/// last bit. Scores have to be finite.
///
/// # Errors
/// Scores that are not whole columns, or a side without rows.
pub fn auroc(scores: &[f32], is_positive: &[bool]) -> Result<Vec<f64>, GpuError> {
    let columns = whole_rows("score", scores.len(), is_positive.len())?;
    let (positives, negatives) = check_sides(is_positive)?;
    let column = |column: usize| {
        let (mut positive, mut negative) = (Vec::new(), Vec::new());
        for (row, &is_positive) in scores.chunks_exact(columns).zip(is_positive) {
            let side = if is_positive { &mut positive } else { &mut negative };
            side.extend(row.get(column).map(|&score| key(score)));
        }
        negative.sort_unstable();
        let twice_wins = positive.iter().map(|&score| {
            let below = negative.partition_point(|&n| n < score);
            let not_above = negative.partition_point(|&n| n <= score);
            (below + not_above) as u64
        });
        area(twice_wins.sum(), positives, negatives)
    };
    Ok((0..columns).into_par_iter().map(column).collect())
}

/// Rows of two sides.
#[derive(Debug, Clone, Copy)]
pub struct SidedRows<'a> {
    /// `[rows, width]`.
    pub rows: &'a [f32],
    /// The side of each.
    pub is_positive: &'a [bool],
    /// Components of each.
    pub width: usize,
}

impl SidedRows<'_> {
    /// Number of rows, each with its side.
    pub(crate) fn count(&self) -> Result<usize, GpuError> {
        let (count, sides) =
            (whole_rows("row", self.rows.len(), self.width)?, self.is_positive.len());
        if count == sides {
            Ok(count)
        } else {
            Err(GpuError::Shape { what: "side", values: sides, width: count })
        }
    }
}

/// The AUROC of rows along each of `directions` (`[directions, width]`): [`auroc`] of the products.
///
/// # Errors
/// Values that are not whole rows, or a side without rows.
pub fn auroc_along(sided: SidedRows<'_>, directions: &[f32]) -> Result<Vec<f64>, GpuError> {
    sided.count()?;
    auroc(&project(Rows::F32(sided.rows), directions, sided.width)?, sided.is_positive)
}

/// Rows on either side.
pub(crate) fn check_sides(is_positive: &[bool]) -> Result<(usize, usize), GpuError> {
    let positives = is_positive.iter().filter(|&&is_positive| is_positive).count();
    let negatives = is_positive.len() - positives;
    if positives == 0 || negatives == 0 {
        Err(GpuError::OneSide)
    } else {
        Ok((positives, negatives))
    }
}

/// Rows in the order of sides, the positive ones first.
pub(crate) fn in_sides(is_positive: &[bool]) -> impl Iterator<Item = usize> + '_ {
    let side = |wanted: bool| {
        let all = is_positive.iter().enumerate();
        all.filter(move |(_, is_positive)| **is_positive == wanted).map(|(row, _)| row)
    };
    side(true).chain(side(false))
}

/// The share that twice the number of won combinations is of all.
pub(crate) fn area(twice_wins: u64, positives: usize, negatives: usize) -> f64 {
    twice_wins as f64 / (2.0 * positives as f64 * negatives as f64)
}

/// An integer in the order of the scores, as in auroc.wgsl: the two zeros are equal, and numbers too
/// small for a device to tell from zero are told apart.
fn key(score: f32) -> u32 {
    let bits = score.to_bits();
    match bits >> 31 {
        0 => bits | 0x8000_0000,
        _ if bits == 0x8000_0000 => bits,
        _ => !bits,
    }
}
