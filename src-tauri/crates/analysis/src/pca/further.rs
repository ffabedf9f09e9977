//! Further rows in the coordinates of principal components that they did not shape.

use lens_core::ActivationMatrix;
use rayon::prelude::*;

use super::Pca;

impl Pca {
    /// Coordinates of further rows, `[rows, dimensions]`, row-major: less the mean of the rows that
    /// the components were found on, along each component. Columns beyond the components are zero,
    /// and so is what a row of another width lacks.
    #[must_use]
    pub fn place(&self, rows: &ActivationMatrix) -> Vec<f64> {
        let mut places = vec![0.0; rows.rows() * self.dimensions];
        places.par_chunks_mut(self.dimensions.max(1)).enumerate().for_each(|(row, place)| {
            for (value, component) in place.iter_mut().zip(&self.components) {
                let centred = rows.row(row).iter().zip(&self.mean);
                *value = centred.zip(component).map(|((&v, m), c)| (f64::from(v) - m) * c).sum();
            }
        });
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pca;

    /// A row's place is the same whether it shaped the components or not.
    #[test]
    fn a_row_lies_where_it_lay_among_those_that_shaped_the_components() {
        let values: Vec<f32> = (0..60).map(|i| ((i * i) as f32 * 0.37).sin() * 4.0 + 9.0).collect();
        let rows = ActivationMatrix::new(12, 5, values).unwrap();
        let found = pca(&rows, 3, None).unwrap();
        let further = found.place(&rows.select(&[7, 2]));
        for (axis, place) in further.iter().enumerate() {
            let row = [7, 2][axis / 3];
            let own = found.coordinates[row * 3 + axis % 3];
            assert!((place - own).abs() < 1e-5, "row {row}: {place} and {own}");
        }
    }

    #[test]
    fn dimensions_beyond_the_rank_stay_at_zero() {
        let line = ActivationMatrix::new(3, 2, vec![0., 0., 1., 1., 2., 2.]).unwrap();
        let further = pca(&line, 2, None).unwrap().place(&line);
        assert_eq!((further[1], further[3], further[5]), (0.0, 0.0, 0.0));
        assert!((further[4] - 2.0_f64.sqrt()).abs() < 1e-6);
    }
}
