//! Pooled activations of many texts at one layer.

/// Row-major `[rows, width]` activations in f32: one row per text, one column per residual-stream
/// dimension. Where rows belong to pairs they alternate: row `2 i` is the positive side of pair
/// `i`, row `2 i + 1` its negative side.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivationMatrix {
    rows: usize,
    width: usize,
    values: Vec<f32>,
}

/// Values that do not fill the shape they were given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{values} values do not make a matrix of {rows} rows by {width} columns")]
pub struct ShapeError {
    /// Rows asked for.
    pub rows: usize,
    /// Columns asked for.
    pub width: usize,
    /// Values there are.
    pub values: usize,
}

impl ActivationMatrix {
    /// Takes `rows * width` values in row-major order.
    ///
    /// # Errors
    /// [`ShapeError`] when the count differs.
    pub fn new(rows: usize, width: usize, values: Vec<f32>) -> Result<Self, ShapeError> {
        if rows.checked_mul(width) == Some(values.len()) {
            Ok(Self { rows, width, values })
        } else {
            Err(ShapeError { rows, width, values: values.len() })
        }
    }

    /// Number of texts.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Residual-stream width (`d_model`).
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// All values, row-major.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All values, row-major, to be changed in place.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// One row, or an empty slice beyond the last.
    #[must_use]
    pub fn row(&self, index: usize) -> &[f32] {
        let start = index.saturating_mul(self.width);
        self.values.get(start..start.saturating_add(self.width)).unwrap_or(&[])
    }

    /// The rows in order. Empty rows (width 0) are not yielded.
    pub fn iter_rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.width.max(1))
    }

    /// The rows at `indices`, in that order; indices beyond the last row are left out.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        let kept: Vec<usize> = indices.iter().copied().filter(|&i| i < self.rows).collect();
        let values = kept.iter().flat_map(|&i| self.row(i)).copied().collect();
        Self { rows: kept.len(), width: self.width, values }
    }

    /// The first row and column that hold NaN or an infinity, if any.
    #[must_use]
    pub fn first_non_finite(&self) -> Option<(usize, usize)> {
        let at = self.values.iter().position(|v| !v.is_finite())?;
        Some((at / self.width, at % self.width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape_is_enforced_and_rows_are_found() {
        assert!(ActivationMatrix::new(2, 3, vec![0.0; 5]).is_err());
        assert!(ActivationMatrix::new(usize::MAX, 2, vec![]).is_err());
        let m = ActivationMatrix::new(2, 3, vec![1., 2., 3., 4., f32::NAN, 6.]).unwrap();
        assert_eq!(m.row(0), [1., 2., 3.]);
        assert!(m.row(2).is_empty());
        assert_eq!(m.first_non_finite(), Some((1, 1)));
        assert_eq!(m.select(&[0, 9, 0]).rows(), 2);
        assert_eq!(m.iter_rows().count(), 2);
    }
}
