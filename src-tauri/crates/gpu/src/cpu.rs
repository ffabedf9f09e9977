//! The shaders' twins on the processor: same names, same arguments, the same numbers but for the
//! order of sums.

use rayon::prelude::*;

use crate::GpuError;

/// Partial sums of a dot product.
const LANES: usize = 16;

/// Scores `[rows, directions]`, row-major: dot products of `rows` `[rows, width]` with `directions`
/// `[directions, width]`, summed in f32 in sixteen partial sums,
/// so that the error grows with `width / 16`.
///
/// # Errors
/// [`GpuError::Shape`] when either is not whole rows of `width`.
pub fn project(rows: &[f32], directions: &[f32], width: usize) -> Result<Vec<f32>, GpuError> {
    let (n, k) = count(rows, directions, width)?;
    let mut scores = vec![0.0; n * k];
    if !scores.is_empty() {
        scores.par_chunks_exact_mut(k).zip(rows.par_chunks_exact(width)).for_each(|(out, row)| {
            for (score, direction) in out.iter_mut().zip(directions.chunks_exact(width)) {
                *score = dot(row, direction);
            }
        });
    }
    Ok(scores)
}

/// Numbers of rows and of directions; no rows and no directions where the width is 0.
pub(crate) fn count(
    rows: &[f32],
    directions: &[f32],
    width: usize,
) -> Result<(usize, usize), GpuError> {
    let whole = |what, values: usize| match values.checked_rem(width) {
        Some(0) => Ok(values / width),
        None if values == 0 => Ok(0),
        _ => Err(GpuError::Shape { what, values, width }),
    };
    Ok((whole("row", rows.len())?, whole("direction", directions.len())?))
}

/// One partial sum for each lane, which the compiler keeps in vector registers.
fn dot(row: &[f32], direction: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    for (a, b) in row.chunks(LANES).zip(direction.chunks(LANES)) {
        for ((sum, x), y) in sums.iter_mut().zip(a).zip(b) {
            *sum += x * y;
        }
    }
    sums.iter().sum()
}
