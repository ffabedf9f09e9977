//! Rows in the coordinates of the space that some of them span.
//!
//! A linear probe fitted on `n` rows lies in their span, whatever the width: its weights are a sum of
//! those rows. So everything is fitted on `min(n, width)` coordinates instead, which changes nothing
//! (the axes are orthonormal) and makes refits cheap.

use faer::MatRef;

use crate::AnalysisError;
use crate::eigen::symmetric_eigen;
use crate::product::row_products;

/// All rows on the principal axes of the training rows, around the mean of those.
pub(crate) struct RowSpace {
    rank: usize,
    /// `[rows, rank]`, row-major.
    coordinates: Vec<f64>,
    /// Sum of squares of the training rows along each axis, falling; all are above zero.
    pub(crate) spread: Vec<f64>,
    axes: Axes,
}

/// How the axes are made of what is known.
enum Axes {
    /// `[rank, training rows]`: weights of the (centred) training rows, kept beside.
    OfRows { weights: Vec<f64>, rows: Vec<f64>, width: usize },
    /// `[rank, width]`.
    Themselves { axes: Vec<f64>, width: usize },
}

impl RowSpace {
    /// The space of the rows `train` (positions in `rows`, none twice) of the row-major matrix
    /// `values`, which is `width` wide and finite.
    ///
    /// # Errors
    /// An eigenvalue iteration without end.
    pub(crate) fn new(
        values: impl Iterator<Item = f64>,
        width: usize,
        train: &[usize],
    ) -> Result<Self, AnalysisError> {
        let mut values: Vec<f64> = values.collect();
        centre(&mut values, width, train);
        let rows: Vec<&[f64]> = values.chunks_exact(width.max(1)).collect();
        let training: Vec<&[f64]> = train.iter().filter_map(|&i| rows.get(i).copied()).collect();
        if training.len() < width {
            Self::from_products_of_rows(&rows, &training, width)
        } else {
            Self::from_products_of_columns(&rows, &training, width)
        }
    }

    /// By the eigenvectors `u` of the training rows' products `XX'`: the axes are `X'u / sqrt(l)`.
    fn from_products_of_rows(
        rows: &[&[f64]],
        training: &[&[f64]],
        width: usize,
    ) -> Result<Self, AnalysisError> {
        let own = row_products(training, training);
        let (spread, vectors) = leading(&own, training.len(), width)?;
        let weights: Vec<f64> = vectors
            .chunks_exact(training.len().max(1))
            .zip(&spread)
            .flat_map(|(vector, spread)| vector.iter().map(|v| v / spread.sqrt()))
            .collect();
        let products = row_products(rows, training);
        let coordinates = on_axes(&products, &weights, training.len());
        let axes = Axes::OfRows { weights, rows: training.concat(), width };
        Ok(Self { rank: spread.len(), coordinates, spread, axes })
    }

    /// By the eigenvectors of the scatter matrix `X'X`, which are the axes.
    fn from_products_of_columns(
        rows: &[&[f64]],
        training: &[&[f64]],
        width: usize,
    ) -> Result<Self, AnalysisError> {
        let columns: Vec<f64> = (0..width)
            .flat_map(|c| training.iter().filter_map(move |row| row.get(c)))
            .copied()
            .collect();
        let columns: Vec<&[f64]> = columns.chunks_exact(training.len().max(1)).collect();
        let (spread, axes) = leading(&row_products(&columns, &columns), width, training.len())?;
        let coordinates = on_axes(&rows.concat(), &axes, width);
        Ok(Self { rank: spread.len(), coordinates, spread, axes: Axes::Themselves { axes, width } })
    }

    /// The same rows in the space of fewer training rows.
    ///
    /// # Errors
    /// As [`RowSpace::new`].
    pub(crate) fn within(&self, train: &[usize]) -> Result<Self, AnalysisError> {
        Self::new(self.coordinates.iter().copied(), self.rank, train)
    }

    /// Number of axes.
    pub(crate) fn rank(&self) -> usize {
        self.rank
    }

    /// The coordinates of one row; empty beyond the last.
    pub(crate) fn row(&self, index: usize) -> &[f64] {
        let start = index * self.rank;
        self.coordinates.get(start..start + self.rank).unwrap_or_default()
    }

    /// A vector of this space in the coordinates that the rows were given in.
    pub(crate) fn lift(&self, vector: &[f64]) -> Vec<f64> {
        match &self.axes {
            Axes::OfRows { weights, rows, width } => {
                let of_rows = weighted_sum(vector, weights, weights.len() / self.rank.max(1));
                weighted_sum(&of_rows, rows, *width)
            }
            Axes::Themselves { axes, width } => weighted_sum(vector, axes, *width),
        }
    }
}

/// Takes the mean of the rows `train` off every row. The mean is taken relative to the first of
/// them, so that equal values leave exactly zero.
fn centre(values: &mut [f64], width: usize, train: &[usize]) {
    let mut training = train.iter().filter_map(|i| values.get(i * width..(i + 1) * width));
    let Some(first) = training.next() else { return };
    let mut mean = vec![0.0; width];
    for row in training {
        for ((sum, value), first) in mean.iter_mut().zip(row).zip(first) {
            *sum += value - first;
        }
    }
    for (sum, first) in mean.iter_mut().zip(first) {
        *sum = first + *sum / train.len() as f64;
    }
    for row in values.chunks_exact_mut(width.max(1)) {
        row.iter_mut().zip(&mean).for_each(|(value, mean)| *value -= mean);
    }
}

/// The eigenvalues of `products` (`size` by `size`) that are more than rounding, falling, and their
/// eigenvectors `[rank, size]`. `summed` is the number of terms in each product.
fn leading(
    products: &[f64],
    size: usize,
    summed: usize,
) -> Result<(Vec<f64>, Vec<f64>), AnalysisError> {
    let (values, vectors) = symmetric_eigen(MatRef::from_row_major_slice(products, size, size))?;
    let largest = values.last().copied().unwrap_or(0.0);
    let rounding = 4.0 * f64::EPSILON * size.max(summed) as f64 * largest;
    let kept: Vec<usize> = (0..size).rev().take_while(|&i| values[i] > rounding).collect();
    let vectors = kept.iter().flat_map(|&i| vectors.col(i).iter().copied()).collect();
    Ok((kept.iter().map(|&i| values[i]).collect(), vectors))
}

/// Every row of `rows` times every row of `axes`; both are `width` wide and row-major.
fn on_axes(rows: &[f64], axes: &[f64], width: usize) -> Vec<f64> {
    let rows: Vec<&[f64]> = rows.chunks_exact(width.max(1)).collect();
    let axes: Vec<&[f64]> = axes.chunks_exact(width.max(1)).collect();
    row_products(&rows, &axes)
}

/// The sum of the rows of `rows`, each times its weight.
fn weighted_sum(weights: &[f64], rows: &[f64], width: usize) -> Vec<f64> {
    let mut sum = vec![0.0; width];
    for (weight, row) in weights.iter().zip(rows.chunks_exact(width.max(1))) {
        sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::dot;
    use lens_core::Seed;
    use rand::Rng;

    /// Inner products of training rows, and of training rows with others, are kept; lifting an axis
    /// and projecting on it gives its coordinates.
    #[test]
    fn coordinates_keep_what_the_training_rows_can_see() {
        for (rows, width, training) in [(12, 50, 8), (40, 6, 30), (9, 9, 9), (10, 3, 2)] {
            let mut random = Seed(2).stream("rows");
            let mut values: Vec<f64> =
                (0..rows * width).map(|_| random.random_range(-1.0..1.0) + 30.0).collect();
            // The second training row is there twice: the rank is lower by one.
            values.copy_within(0..width, width);
            let train: Vec<usize> = (0..training).collect();
            let space = RowSpace::new(values.iter().copied(), width, &train).unwrap();
            assert_eq!(space.rank(), width.min(training - 2));
            centre(&mut values, width, &train);
            let row = |i: usize| &values[i * width..(i + 1) * width];
            for i in 0..training {
                for j in 0..rows {
                    let (found, expected) = (dot(space.row(i), space.row(j)), dot(row(i), row(j)));
                    assert!((found - expected).abs() < 1e-9, "{found} instead of {expected}");
                }
            }
            for axis in 0..space.rank() {
                let mut coordinate = vec![0.0; space.rank()];
                coordinate[axis] = 1.0;
                let lifted = space.lift(&coordinate);
                assert!((dot(&lifted, &lifted) - 1.0).abs() < 1e-9);
                for i in 0..rows {
                    assert!((dot(&lifted, row(i)) - space.row(i)[axis]).abs() < 1e-9);
                }
                let squares: f64 = (0..training).map(|i| space.row(i)[axis].powi(2)).sum();
                assert!((squares / space.spread[axis] - 1.0).abs() < 1e-9);
            }
            assert!(space.spread.is_sorted_by(|a, b| a >= b));
        }
    }
}
