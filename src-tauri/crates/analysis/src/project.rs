//! Scores: rows projected on directions.

use lens_core::ActivationMatrix;
use rayon::prelude::*;

use crate::AnalysisError;

/// Below this many multiplications threads cost more than they bring.
const WORTH_THREADS: usize = 1 << 18;

/// Scores `[rows, directions]`, row-major: every row's dot product with every direction.
///
/// Products are summed in f64 in one fixed order for each pair of row and direction. So equal rows
/// get equal scores, wherever they stand (a tie stays a tie), and the numbers are the same on every
/// machine and for any number of threads.
///
/// # Errors
/// [`AnalysisError::DirectionWidth`] when a direction is not as wide as the rows.
pub fn project(rows: &ActivationMatrix, directions: &[&[f32]]) -> Result<Vec<f64>, AnalysisError> {
    let width = rows.width();
    if let Some(odd) = directions.iter().find(|d| d.len() != width) {
        return Err(AnalysisError::DirectionWidth { found: odd.len(), width });
    }
    let mut scores = vec![0.0; rows.rows() * directions.len()];
    if scores.is_empty() || width == 0 {
        return Ok(scores);
    }
    let score_row = |(out, row): (&mut [f64], &[f32])| {
        for (score, direction) in out.iter_mut().zip(directions) {
            *score = dot(row, direction);
        }
    };
    if scores.len() * width < WORTH_THREADS {
        scores.chunks_exact_mut(directions.len()).zip(rows.iter_rows()).for_each(score_row);
    } else {
        scores
            .par_chunks_exact_mut(directions.len())
            .zip(rows.values().par_chunks_exact(width))
            .for_each(score_row);
    }
    Ok(scores)
}

/// Dot product of two equally long vectors, in f64. Sixteen partial sums: enough for the compiler
/// to use whole vector registers, and a fixed order.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f64 {
    const LANES: usize = 16;
    let mut sums = [0.0_f64; LANES];
    let (a_blocks, b_blocks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let tail: f64 = a_blocks
        .remainder()
        .iter()
        .zip(b_blocks.remainder())
        .map(|(&x, &y)| f64::from(x) * f64::from(y))
        .sum();
    for (x, y) in a_blocks.zip(b_blocks) {
        for ((sum, &x), &y) in sums.iter_mut().zip(x).zip(y) {
            *sum += f64::from(x) * f64::from(y);
        }
    }
    sums.iter().sum::<f64>() + tail
}
