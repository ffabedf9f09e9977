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

/// Rows of pairs.
#[derive(Debug, Clone, Copy)]
pub struct PairedRows<'a> {
    /// `[2 * pairs, width]`: the positive side of a pair and its negative one beside each other.
    pub rows: &'a [f32],
    /// Components of each.
    pub width: usize,
    /// How far scores have to be apart to be told apart.
    pub margin: f32,
}

impl PairedRows<'_> {
    /// Number of pairs, for as many words of swaps as the directions need.
    pub(crate) fn count(&self, directions: &[f32], swaps: &[u32]) -> Result<usize, GpuError> {
        let rows = whole_rows("row", self.rows.len(), self.width)?;
        let columns = whole_rows("direction", directions.len(), self.width)?;
        let pairs = rows / 2;
        if pairs == 0 {
            Err(GpuError::OneSide)
        } else if rows % 2 == 1 {
            Err(GpuError::Shape { what: "side", values: rows, width: 2 })
        } else if swaps.len() != columns * words(pairs) {
            Err(GpuError::Shape { what: "swap", values: swaps.len(), width: words(pairs) })
        } else {
            Ok(pairs)
        }
    }
}

/// Words that hold a bit for each pair.
pub(crate) const fn words(pairs: usize) -> usize {
    pairs.div_ceil(u32::BITS as usize)
}

/// How many combinations of a positive and a negative row have the positive one above, along each of
/// `directions` (`[directions, width]`): those where it is above by more than the margin, and those
/// where it is not below by more. `swaps` (`[directions, words]`) has a bit for each pair, the first
/// pair's the lowest: 1 where the pair's sides are taken for each other along that direction.
///
/// # Errors
/// Values that are not whole rows, a row without its other side, no pairs, or words of swaps that are
/// not those of the directions.
pub fn wins_along(
    paired: PairedRows<'_>,
    directions: &[f32],
    swaps: &[u32],
) -> Result<Vec<[u64; 2]>, GpuError> {
    let pairs = paired.count(directions, swaps)?;
    let scores = project(Rows::F32(paired.rows), directions, paired.width)?;
    let columns = scores.len() / (2 * pairs);
    let wins = |column: usize, swaps: &[u32]| {
        let (mut positive, mut negative) = (Vec::new(), Vec::new());
        for (pair, sides) in scores.chunks_exact(2 * columns).enumerate() {
            let sides = [sides.get(column), sides.get(columns + column)];
            let word = swaps.get(pair / 32).copied().unwrap_or_default();
            let is_swapped = word >> (pair % 32) & 1 == 1;
            positive.extend(sides[usize::from(is_swapped)].copied());
            negative.extend(sides[usize::from(!is_swapped)].map(|&score| key(score)));
        }
        negative.sort_unstable();
        let wins = positive.iter().map(|score| {
            let (surely, maybe) = (key(score - paired.margin), key(score + paired.margin));
            let below = negative.partition_point(|&n| n < surely);
            [below, negative.partition_point(|&n| n <= maybe)].map(|count| count as u64)
        });
        wins.fold([0; 2], |[sure, possible], [more, others]| [sure + more, possible + others])
    };
    let of_columns = swaps.par_chunks(words(pairs)).enumerate();
    Ok(of_columns.map(|(column, swaps)| wins(column, swaps)).collect())
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
