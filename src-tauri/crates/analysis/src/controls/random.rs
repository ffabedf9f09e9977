//! Random directions: how well a direction tells the sides apart that was made without the pairs.

use lens_core::{ActivationMatrix, Seed};
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Part;
use crate::bootstrap::percentile;
use crate::probe::rows_of;
use crate::product::row_products;
use crate::statistics::{auroc, mean, standard_deviation};
use crate::{Accelerator, AnalysisError, project};

/// Directions of each kind.
pub const RANDOM_DIRECTIONS: usize = 1_000;

/// Test AUROCs of directions drawn at random, and where the probe stands among them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomDirections {
    /// Directions drawn.
    pub draws: usize,
    /// Mean AUROC.
    pub mean: f64,
    /// Standard deviation of the AUROC (divisor n - 1).
    pub sd: f64,
    /// 2.5th percentile.
    pub low: f64,
    /// 97.5th percentile.
    pub high: f64,
    /// 95th percentile.
    pub p95: f64,
    /// Mean of `max(a, 1 - a)`: each direction turned as suits it best.
    pub folded_mean: f64,
    /// 95th percentile of `max(a, 1 - a)`.
    pub folded_p95: f64,
    /// `(1 + directions that reach the probe's AUROC) / (1 + directions)`.
    pub p: f64,
}

/// Unit vectors `[RANDOM_DIRECTIONS, width]`, uniform on the sphere; number `i` comes from the
/// stream `random-direction/i`.
pub(super) fn isotropic(width: usize, seed: Seed) -> Vec<f32> {
    let draw = |i: usize| {
        let vector = normals(width, seed, &format!("random-direction/{i}"));
        let norm = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
        vector.into_iter().map(move |v| (v / norm) as f32).collect::<Vec<_>>()
    };
    (0..RANDOM_DIRECTIONS).into_par_iter().flat_map_iter(draw).collect()
}

/// The probe, of test AUROC `reached`, among `directions` (`[directions, width]`).
pub(super) fn among_isotropic(
    part: &Part<'_>,
    directions: &[f32],
    reached: f64,
    accelerator: &dyn Accelerator,
) -> Result<RandomDirections, AnalysisError> {
    let test = part.rows.select(&rows_of(part.test));
    let width = part.rows.width();
    let count = directions.len() / width.max(1);
    if let Some(areas) = accelerated(&test, directions, accelerator)
        && areas.len() == count
    {
        return Ok(summary(areas, reached));
    }
    let directions: Vec<&[f32]> = directions.chunks_exact(width.max(1)).collect();
    let scores = project(&test, &directions)?;
    Ok(summary(areas(&scores, count)?, reached))
}

/// Test AUROCs along `directions` from an accelerator. Rows are taken around their mean, which moves
/// all scores on a direction alike, so that f32 is left to what they differ in.
fn accelerated(
    test: &ActivationMatrix,
    directions: &[f32],
    accelerator: &dyn Accelerator,
) -> Option<Vec<f64>> {
    let (rows, width) = (test.rows(), test.width());
    // What is wrong with the rows is said where the processor scores them.
    if rows < 2 || width == 0 || test.first_non_finite().is_some() {
        return None;
    }
    let mut mean = vec![0.0_f64; width];
    for row in test.iter_rows() {
        mean.iter_mut().zip(row).for_each(|(mean, &v)| *mean += f64::from(v) / rows as f64);
    }
    let centred = test.values().iter().zip(mean.iter().cycle());
    let centred: Vec<f32> = centred.map(|(&v, mean)| (f64::from(v) - mean) as f32).collect();
    let is_positive: Vec<bool> = (0..rows).map(|row| row % 2 == 0).collect();
    accelerator.aurocs(&centred, &is_positive, directions, width)
}

/// The probe among directions drawn from the normal distribution with the covariance of the training
/// rows: sums of those rows, around their mean, with independent normal weights. Number `i` comes
/// from the stream `covariance-direction/i`.
pub(super) fn among_covariance(
    part: &Part<'_>,
    seed: Seed,
    reached: f64,
) -> Result<RandomDirections, AnalysisError> {
    let train: Vec<&[f32]> = rows_of(part.train).iter().map(|&row| part.rows.row(row)).collect();
    let products = project(&part.rows.select(&rows_of(part.test)), &train)?;
    let weights: Vec<Vec<f64>> = (0..RANDOM_DIRECTIONS)
        .into_par_iter()
        .map(|i| {
            let mut weights = normals(train.len(), seed, &format!("covariance-direction/{i}"));
            // Weights that sum to zero are weights of the rows around their mean.
            let centre = mean(&weights);
            weights.iter_mut().for_each(|weight| *weight -= centre);
            weights
        })
        .collect();
    let weights: Vec<&[f64]> = weights.iter().map(Vec::as_slice).collect();
    let products: Vec<&[f64]> = products.chunks_exact(train.len().max(1)).collect();
    let areas = areas(&row_products(&products, &weights), weights.len())?;
    Ok(summary(areas, reached))
}

fn normals(count: usize, seed: Seed, stream: &str) -> Vec<f64> {
    let mut random = seed.stream(stream);
    (0..count).map(|_| StandardNormal.sample(&mut random)).collect()
}

/// AUROCs of scores `[test rows, directions]`.
fn areas(scores: &[f64], directions: usize) -> Result<Vec<f64>, AnalysisError> {
    (0..directions)
        .into_par_iter()
        .map(|direction| {
            let of_direction = |side: usize| -> Vec<f64> {
                let rows = scores.chunks_exact(directions).skip(side).step_by(2);
                rows.filter_map(|row| row.get(direction)).copied().collect()
            };
            auroc(&of_direction(0), &of_direction(1))
        })
        .collect()
}

fn summary(areas: Vec<f64>, reached: f64) -> RandomDirections {
    let directions = areas.len();
    let sorted = |mut values: Vec<f64>| {
        values.sort_unstable_by(f64::total_cmp);
        values
    };
    let folded = sorted(areas.iter().map(|a| a.max(1.0 - a)).collect());
    let areas = sorted(areas);
    let at = |values: &[f64], share: f64| percentile(values, share).unwrap_or(f64::NAN);
    let above = areas.len() - areas.partition_point(|a| *a < reached);
    RandomDirections {
        draws: directions,
        mean: mean(&areas),
        sd: standard_deviation(&areas),
        low: at(&areas, 0.025),
        high: at(&areas, 0.975),
        p95: at(&areas, 0.95),
        folded_mean: mean(&folded),
        folded_p95: at(&folded, 0.95),
        p: (1 + above) as f64 / (1 + directions) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn isotropic_directions_are_unit_vectors_without_a_favourite() {
        let width = 24;
        let directions = isotropic(width, Seed(3));
        let mut mean_square = vec![0.0; width];
        for direction in directions.chunks_exact(width) {
            let norm: f64 = direction.iter().map(|&v| f64::from(v).powi(2)).sum();
            assert!((norm - 1.0).abs() < 1e-6);
            for (sum, &v) in mean_square.iter_mut().zip(direction) {
                *sum += f64::from(v).powi(2) * width as f64 / RANDOM_DIRECTIONS as f64;
            }
        }
        // Each is a mean of 1,000 values of mean 1 and variance below 2: five standard errors.
        assert!(mean_square.iter().all(|m| (m - 1.0).abs() < 0.23), "{mean_square:?}");
    }
}
