//! Turning one set of points onto another: orthogonal Procrustes (Schoenemann 1966).

use faer::Mat;

use crate::ProjectionError;
use crate::linear::{product, singular};

/// A shift and a rotation, or a rotation and a reflection. It keeps every distance.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// What is moved to the origin.
    centre: Vec<f64>,
    /// `[dimensions, dimensions]`: a row of coordinates is multiplied by it from the right.
    rotation: Mat<f64>,
}

impl Turn {
    /// The turn that lays `points` as near to `others` as turning can, both around their own
    /// centres: of all orthogonal matrices the one with the least sum of squared differences. Both
    /// are `[points, dimensions]`, row-major. How far either is spread does not matter.
    ///
    /// # Errors
    /// Two sets of different shape, or an iteration without end.
    pub fn onto(
        points: &[f32],
        others: &[f64],
        dimensions: usize,
    ) -> Result<Self, ProjectionError> {
        if points.len() != others.len() || !points.len().is_multiple_of(dimensions.max(1)) {
            let rows = points.len() / dimensions.max(1);
            return Err(ProjectionError::Rows { what: "coordinates", found: others.len(), rows });
        }
        let own = Mat::from_fn(points.len() / dimensions.max(1), dimensions, |row, axis| {
            f64::from(points[row * dimensions + axis])
        });
        let centre = (0..dimensions).map(|axis| own.col(axis).sum() / own.nrows() as f64).collect();
        let mut turn = Self { centre, rotation: Mat::identity(dimensions, dimensions) };
        let centred =
            Mat::from_fn(own.nrows(), dimensions, |row, axis| own[(row, axis)] - turn.centre[axis]);
        // Since the rows of one are centred, the centre of the other drops out of the product.
        let other =
            Mat::from_fn(own.nrows(), dimensions, |row, axis| others[row * dimensions + axis]);
        let found = singular(product(centred.transpose(), other.as_ref()).as_ref())?;
        turn.rotation = product(found.u.as_ref(), found.v.transpose());
        Ok(turn)
    }

    /// Turns coordinates, `[points, dimensions]`, row-major.
    pub fn apply(&self, points: &mut [f32]) {
        for point in points.chunks_exact_mut(self.centre.len().max(1)) {
            let from: Vec<f64> =
                point.iter().zip(&self.centre).map(|(&v, c)| f64::from(v) - c).collect();
            for (axis, value) in point.iter_mut().enumerate() {
                let along = self.rotation.col(axis);
                *value = from.iter().zip(along.iter()).map(|(v, r)| v * r).sum::<f64>() as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lens_core::Seed;
    use rand::Rng;

    fn random_points(count: usize, seed: u32) -> Vec<f64> {
        let mut random = Seed(seed).stream("points");
        (0..count).map(|_| random.random_range(-3.0..3.0)).collect()
    }

    fn distance(a: &[f32], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(&a, b)| (f64::from(a) - b).powi(2)).sum()
    }

    /// Turned by an angle, mirrored, scaled and shifted: the turn undoes all but the scale.
    #[test]
    fn a_planted_turn_is_undone() {
        for seed in 0..20 {
            let others = random_points(2 * 30, seed);
            let centre = [0, 1].map(|a| others.iter().skip(a).step_by(2).sum::<f64>() / 30.0);
            let (sin, cos) = (f64::from(seed) * 0.7).sin_cos();
            let mirror = if seed % 2 == 0 { 1.0 } else { -1.0 };
            let scale = 0.5 + f64::from(seed);
            let mut points: Vec<f32> = others
                .as_chunks::<2>()
                .0
                .iter()
                .flat_map(|[x, y]| {
                    let y = mirror * y;
                    [scale * (cos * x - sin * y) + 7.0, scale * (sin * x + cos * y) - 2.0]
                })
                .map(|v| v as f32)
                .collect();
            Turn::onto(&points, &others, 2).unwrap().apply(&mut points);
            for (index, (&found, wanted)) in points.iter().zip(&others).enumerate() {
                let wanted = scale * (wanted - centre[index % 2]);
                assert!((f64::from(found) - wanted).abs() < 1e-4 * scale, "seed {seed}");
            }
        }
    }

    /// No other angle, with or without a mirror, lays the points nearer.
    #[test]
    fn no_other_turn_lays_the_points_nearer() {
        let own: Vec<f32> = random_points(2 * 40, 1).iter().map(|&v| v as f32).collect();
        let mut others = random_points(2 * 40, 2);
        for axis in 0..2 {
            let mean = others.iter().skip(axis).step_by(2).sum::<f64>() / 40.0;
            others.iter_mut().skip(axis).step_by(2).for_each(|v| *v -= mean);
        }
        let mut best = own.clone();
        Turn::onto(&own, &others, 2).unwrap().apply(&mut best);
        let least = distance(&best, &others);
        for step in 0..720 {
            let (sin, cos) = (f64::from(step) * std::f64::consts::PI / 360.0).sin_cos();
            for mirror in [1.0, -1.0] {
                let tried: Vec<f32> = best
                    .as_chunks::<2>()
                    .0
                    .iter()
                    .map(|p| p.map(f64::from))
                    .flat_map(|[x, y]| {
                        [cos * x - sin * mirror * y, sin * x + cos * mirror * y].map(|v| v as f32)
                    })
                    .collect();
                assert!(distance(&tried, &others) >= least * (1.0 - 1e-6), "step {step}");
            }
        }
        assert!(distance(&own, &others) > least);
    }

    #[test]
    fn three_dimensions_keep_their_distances_and_flat_points_do_no_harm() {
        let others = random_points(3 * 25, 5);
        let mut points: Vec<f32> = random_points(3 * 25, 6).iter().map(|&v| v as f32).collect();
        let before = points.clone();
        Turn::onto(&points, &others, 3).unwrap().apply(&mut points);
        let apart = |p: &[f32]| -> f32 {
            p[..3].iter().zip(&p[30..33]).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
        };
        assert!((apart(&before) - apart(&points)).abs() < 1e-4);

        let flat = vec![0.0; 3 * 25];
        Turn::onto(&before, &flat, 3).unwrap().apply(&mut points);
        assert!(points.iter().all(|v| v.is_finite()));
        assert!(Turn::onto(&before, &flat[3..], 3).is_err());
    }
}
