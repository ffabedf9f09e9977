//! Principal components: the directions along which rows spread most.

mod exact;
mod further;
mod iterative;
pub(crate) mod scatter;

use lens_core::{ActivationMatrix, Side};
use serde::{Deserialize, Serialize};

use self::scatter::Centred;
use crate::AnalysisError;

/// A class difference smaller than this share of an axis' spread does not decide its sign.
const SIDE_TIE: f64 = 1e-9;

/// Principal components of rows, and the rows in their coordinates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pca {
    /// Dimensions asked for: columns of [`coordinates`](Self::coordinates).
    pub dimensions: usize,
    /// Mean row, which lies at the origin of the coordinates.
    pub mean: Vec<f64>,
    /// Unit vectors as wide as the rows, by falling variance: as many as were asked for, or as the
    /// rows have (their rank) where that is less.
    pub components: Vec<Vec<f64>>,
    /// Variance along each component (divisor n - 1).
    pub explained_variance: Vec<f64>,
    /// The same as shares of [`total_variance`](Self::total_variance).
    pub explained_variance_ratio: Vec<f64>,
    /// Variance over all columns (divisor n - 1).
    pub total_variance: f64,
    /// `[rows, dimensions]`, row-major. Columns beyond the rank of the rows are zero.
    pub coordinates: Vec<f64>,
}

/// The first `dimensions` principal components of `rows`.
///
/// Equal to scikit-learn's `PCA(svd_solver="full")`, signs apart. A component is only known up to
/// its sign: with `sides` (one per row) the positive texts' mean is never below the negative texts'
/// on any axis; without, or where the two are the same, the largest loading is positive. Rows that
/// are all equal give no component, and coordinates of zero.
///
/// # Errors
/// Fewer than two rows, no dimensions, NaN or an infinity, as many sides as there are not rows, or
/// an eigenvalue iteration without end.
pub fn pca(
    rows: &ActivationMatrix,
    dimensions: usize,
    sides: Option<&[Side]>,
) -> Result<Pca, AnalysisError> {
    if dimensions == 0 {
        return Err(AnalysisError::NoDimensions);
    }
    if rows.rows() < 2 {
        return Err(AnalysisError::TooFewRows { found: rows.rows() });
    }
    if let Some(sides) = sides.filter(|s| s.len() != rows.rows()) {
        return Err(AnalysisError::SideCount { found: sides.len(), rows: rows.rows() });
    }
    if let Some((row, column)) = rows.first_non_finite() {
        return Err(AnalysisError::NonFiniteActivation { layer: None, row, column });
    }
    let centred = Centred::new(rows);
    let freedom = (rows.rows() - 1) as f64;
    let squares = centred.sum_of_squares();
    let axes = if squares > 0.0 { principal_axes(&centred, dimensions)? } else { Vec::new() };
    let coordinates = centred.coordinates(&axes, dimensions);
    let mut result = Pca {
        dimensions,
        explained_variance: axes.iter().map(|a| a.squares / freedom).collect(),
        explained_variance_ratio: axes.iter().map(|a| a.squares / squares).collect(),
        components: axes.into_iter().map(|a| a.vector).collect(),
        total_variance: squares / freedom,
        mean: centred.mean,
        coordinates,
    };
    for axis in 0..result.components.len() {
        if result.points_down(axis, sides) {
            result.flip(axis);
        }
    }
    Ok(result)
}

/// A principal axis: unit vector, and the sum of the rows' squared coordinates along it.
struct Axis {
    vector: Vec<f64>,
    squares: f64,
}

/// linfa-reduction's solver where it holds, faer's everywhere else. They agree (tested), so a view
/// does not change where one takes over from the other.
fn principal_axes(centred: &Centred, dimensions: usize) -> Result<Vec<Axis>, AnalysisError> {
    let scatter = centred.scatter();
    if let Some(axes) = iterative::axes(centred, &scatter, dimensions) {
        return Ok(axes);
    }
    exact::axes(centred, &scatter, dimensions)
}

impl Pca {
    /// Turns each axis so that the rows lie on it as they do in `previous`, rather than mirrored:
    /// for views of the same texts at one layer after the other.
    pub fn align_to(&mut self, previous: &Self) {
        for axis in 0..self.components.len().min(previous.components.len()) {
            let agreement: f64 = self.axis(axis).zip(previous.axis(axis)).map(|(a, b)| a * b).sum();
            if agreement < 0.0 {
                self.flip(axis);
            }
        }
    }

    /// The rows' coordinates on one axis.
    fn axis(&self, axis: usize) -> impl Iterator<Item = f64> {
        self.coordinates.iter().skip(axis).step_by(self.dimensions.max(1)).copied()
    }

    /// Whether the sign convention asks for the other sign.
    fn points_down(&self, axis: usize, sides: Option<&[Side]>) -> bool {
        let difference = sides.map_or(0.0, |sides| {
            let mean = |side: Side| {
                let of_side = sides.iter().zip(self.axis(axis)).filter(|(s, _)| **s == side);
                let (sum, count) = of_side.fold((0.0, 0.0), |(s, n), (_, c)| (s + c, n + 1.0));
                if count > 0.0 { sum / count } else { 0.0 }
            };
            mean(Side::Positive) - mean(Side::Negative)
        });
        let spread = self.explained_variance.get(axis).map_or(0.0, |v| v.sqrt());
        if difference.abs() > SIDE_TIE * spread {
            return difference < 0.0;
        }
        let loadings = self.components.get(axis).map(Vec::as_slice).unwrap_or_default();
        loadings.iter().fold(0.0_f64, |top, &l| if l.abs() > top.abs() { l } else { top }) < 0.0
    }

    fn flip(&mut self, axis: usize) {
        if let Some(component) = self.components.get_mut(axis) {
            component.iter_mut().for_each(|c| *c = -*c);
        }
        let dimensions = self.dimensions.max(1);
        self.coordinates.iter_mut().skip(axis).step_by(dimensions).for_each(|c| *c = -*c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lens_core::Seed;
    use rand::Rng;

    fn random_rows(rows: usize, width: usize, falling: f32, seed: u32) -> ActivationMatrix {
        let mut random = Seed(seed).stream("rows");
        let values = (0..rows * width)
            .map(|i| falling.powi((i % width) as i32) * random.random_range(-1.0..1.0_f32))
            .collect();
        ActivationMatrix::new(rows, width, values).unwrap()
    }

    /// Where the iterative solver answers at all, it answers as the exact one does.
    #[test]
    fn the_two_solvers_agree() {
        let mut answered = 0;
        for seed in 0..60 {
            let width = 10 + seed as usize % 30;
            let dimensions = 1 + seed as usize % (width / 5);
            let falling = [1.0, 0.95, 0.8][seed as usize % 3];
            let centred = Centred::new(&random_rows(5 * width, width, falling, seed));
            let scatter = centred.scatter();
            let Some(found) = iterative::axes(&centred, &scatter, dimensions) else { continue };
            answered += 1;
            let exact = exact::axes(&centred, &scatter, dimensions).unwrap();
            assert_eq!(found.len(), exact.len());
            for (a, b) in found.iter().zip(&exact) {
                assert!((a.squares / b.squares - 1.0).abs() < 1e-7, "seed {seed}");
                let cosine: f64 = a.vector.iter().zip(&b.vector).map(|(x, y)| x * y).sum();
                assert!(cosine.abs() > 1.0 - 1e-6, "seed {seed}: cosine {cosine}");
            }
        }
        assert!(answered > 20, "the iterative solver answered {answered} of 60");
    }

    #[test]
    fn rows_of_low_rank_never_reach_the_iterative_solver() {
        let base = random_rows(200, 3, 1.0, 1);
        let values = base.iter_rows().flat_map(|r| {
            (0..20).map(|c| r[0] + r[1] * c as f32 + r[2] * (c * c) as f32).collect::<Vec<_>>()
        });
        let rows = ActivationMatrix::new(200, 20, values.collect()).unwrap();
        let centred = Centred::new(&rows);
        assert!(iterative::axes(&centred, &centred.scatter(), 2).is_none());
    }
}
