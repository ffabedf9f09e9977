//! Rows in f64 around their mean.

use faer::MatRef;
use lens_core::ActivationMatrix;

/// Rows in f64 around their mean.
pub(super) struct Centred {
    rows: usize,
    width: usize,
    values: Vec<f64>,
    pub(super) mean: Vec<f64>,
}

impl Centred {
    /// Subtracts the mean row. Everything is first taken relative to the first row, so that equal
    /// values leave exactly zero and a distant origin costs no digits.
    pub(super) fn new(matrix: &ActivationMatrix) -> Self {
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

    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    pub(super) fn matrix(&self) -> MatRef<'_, f64> {
        MatRef::from_row_major_slice(&self.values, self.rows, self.width)
    }

    /// Sum of squares over all rows: the total variance times n - 1.
    pub(super) fn sum_of_squares(&self) -> f64 {
        self.values.iter().map(|v| v * v).sum()
    }
}
