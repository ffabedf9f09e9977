//! Centred rows and their scatter matrix.

use faer::{Mat, MatRef};
use lens_core::ActivationMatrix;
use rayon::prelude::*;

use super::Axis;
use crate::linear;

/// Rows in f64 around their mean.
pub(crate) struct Centred {
    rows: usize,
    width: usize,
    values: Vec<f64>,
    pub(crate) mean: Vec<f64>,
}

impl Centred {
    /// Subtracts the mean row. Everything is first taken relative to the first row, so that equal
    /// values leave exactly zero and a distant origin costs no digits.
    pub(crate) fn new(matrix: &ActivationMatrix) -> Self {
        let (rows, width) = (matrix.rows(), matrix.width());
        let first = matrix.row(0);
        let relative = |row: &[f32]| -> Vec<f64> {
            row.iter().zip(first).map(|(&v, &f)| f64::from(v) - f64::from(f)).collect()
        };
        let mut offset = vec![0.0; width];
        for row in matrix.iter_rows() {
            for ((sum, &v), &f) in offset.iter_mut().zip(row).zip(first) {
                *sum += f64::from(v) - f64::from(f);
            }
        }
        offset.iter_mut().for_each(|sum| *sum /= rows as f64);
        let mut values = Vec::with_capacity(rows * width);
        for row in matrix.iter_rows() {
            values.extend(relative(row).iter().zip(&offset).map(|(v, o)| v - o));
        }
        let mean = first.iter().zip(&offset).map(|(&f, o)| f64::from(f) + o).collect();
        Self { rows, width, values, mean }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    pub(crate) fn matrix(&self) -> MatRef<'_, f64> {
        MatRef::from_row_major_slice(&self.values, self.rows, self.width)
    }

    /// Sum of squares over all rows: the total variance times n - 1.
    pub(crate) fn sum_of_squares(&self) -> f64 {
        self.values.iter().map(|v| v * v).sum()
    }

    /// Whether rows are fewer than columns, so that products of rows are the smaller scatter.
    pub(super) fn is_wide(&self) -> bool {
        self.rows < self.width
    }

    /// X'X (columns by columns) or, where rows are fewer than columns, XX' (rows by rows), which has
    /// the same eigenvalues but for zeros.
    pub(super) fn scatter(&self) -> Mat<f64> {
        let matrix = self.matrix();
        let x = if self.is_wide() { matrix.transpose() } else { matrix };
        linear::scatter(x)
    }

    /// Coordinates of every row on the axes, in `dimensions` columns; those without an axis are 0.
    pub(super) fn coordinates(&self, axes: &[Axis], dimensions: usize) -> Vec<f64> {
        let mut coordinates = vec![0.0; self.rows * dimensions];
        if self.width > 0 {
            coordinates
                .par_chunks_exact_mut(dimensions)
                .zip(self.values.par_chunks_exact(self.width))
                .for_each(|(out, row)| {
                    for (coordinate, axis) in out.iter_mut().zip(axes) {
                        *coordinate = row.iter().zip(&axis.vector).map(|(a, b)| a * b).sum();
                    }
                });
        }
        coordinates
    }
}
