//! Further rows on a map that they did not shape.

use lens_core::{ActivationMatrix, CancelToken, Reporter};
use rayon::prelude::*;

use super::curve::Curve;
use super::forces::Forces;
use super::layout::{Course, Pull};
use super::memberships::Smoothing;
use super::{ProjectionError, UmapModel};
use crate::draws::Draws;
use crate::neighbours::nearest_to;

/// Rate of the first epoch: the map is there already.
const RATE: f32 = 0.25;
/// Epochs of the map for each in which the new rows are moved.
const EPOCHS_PER_EPOCH: usize = 3;

impl UmapModel {
    /// Coordinates of further rows, `[new rows, dimensions]`, row-major. `rows` are those the map
    /// was drawn of; they stay where they are, and a new row's place does not depend on the other
    /// new rows' activations. (Its random numbers follow from its position among them.)
    ///
    /// # Errors
    /// `rows` that are not those of the map (by their number), another width, NaN or an infinity,
    /// for the cosine a row of zeros, or a cancelled token.
    pub fn transform(
        &self,
        rows: &ActivationMatrix,
        new: &ActivationMatrix,
        reporter: &dyn Reporter,
        cancel: &CancelToken,
    ) -> Result<Vec<f32>, ProjectionError> {
        if rows.rows() != self.rows() {
            let (found, rows) = (rows.rows(), self.rows());
            return Err(ProjectionError::Rows { what: "rows", found, rows });
        }
        for matrix in [rows, new] {
            if matrix.width() != self.width {
                let (found, expected) = (matrix.width(), self.width);
                return Err(ProjectionError::Width { found, expected });
            }
        }
        if self.options.dimensions == 2 {
            self.placed::<2>(rows, new, reporter, cancel)
        } else {
            self.placed::<3>(rows, new, reporter, cancel)
        }
    }

    fn placed<const D: usize>(
        &self,
        rows: &ActivationMatrix,
        new: &ActivationMatrix,
        reporter: &dyn Reporter,
        cancel: &CancelToken,
    ) -> Result<Vec<f32>, ProjectionError> {
        let fixed = self.coordinates.as_chunks::<D>().0;
        let metric = self.options.metric;
        let neighbours = nearest_to(rows, new, self.n_neighbors, metric, reporter, cancel)?;
        let sum: f64 = neighbours.distances.iter().sum();
        let mean = sum / neighbours.distances.len().max(1) as f64;
        let links: Vec<Vec<(u32, f32)>> = (0..new.rows())
            .into_par_iter()
            .map(|row| {
                let distances: Vec<f64> =
                    neighbours.of(row).map(|(_, distance)| distance).collect();
                let smoothing = Smoothing::of(&distances, mean, false);
                let near = neighbours.of(row);
                near.map(|(end, distance)| (end, smoothing.membership(distance) as f32)).collect()
            })
            .collect();
        let points = links.iter().map(|links| between(links, fixed)).collect();
        let largest = links.iter().flatten().fold(0.0_f32, |top, link| top.max(link.1));
        let largest = largest.max(f32::MIN_POSITIVE);
        let pulls: Vec<Vec<Pull>> = links
            .iter()
            .zip(0..)
            .map(|(links, row)| {
                links.iter().map(|&(by, weight)| Pull::new(row, by, weight / largest)).collect()
            })
            .collect();
        let course = Course {
            forces: &Forces::of(Curve::fit(self.options.min_dist, self.options.spread)),
            epochs: (self.epochs / EPOCHS_PER_EPOCH).max(1),
            rate: RATE,
            draws: Draws::new(self.options.seed, "umap/transform"),
        };
        let points = course.run_among(points, &pulls, fixed, reporter, cancel)?;
        Ok(points.as_flattened().to_vec())
    }
}

/// The mean of the neighbours' places, by their memberships; that of the copy where there is one.
fn between<const D: usize>(links: &[(u32, f32)], fixed: &[[f32; D]]) -> [f32; D] {
    if let Some((copy, _)) = links.iter().find(|link| link.1 >= 1.0) {
        return fixed[*copy as usize];
    }
    let total: f64 = links.iter().map(|link| f64::from(link.1)).sum();
    let mut place = [0.0_f64; D];
    for &(end, weight) in links {
        // Memberships that are all zero: the row is infinitely far from the map in its units.
        let share =
            if total > 0.0 { f64::from(weight) / total } else { (links.len() as f64).recip() };
        for (place, value) in place.iter_mut().zip(fixed[end as usize]) {
            *place += share * f64::from(value);
        }
    }
    place.map(|value| value as f32)
}
