//! Changing the residual stream on its way: the hook that steering is made of.

use candle_core::Tensor;
use lens_core::HookPoint;

use crate::ModelError;
use crate::hook::{Hook, HookOutcome};

/// Adds a vector to the residual stream at one layer, h' = h + shift, in each row of the batch from
/// a position of its own on (METHODS, section 6).
///
/// From position 0 on it changes the whole prompt; from the last position on, only what is said
/// next.
#[derive(Debug, Clone)]
pub struct AddDirection {
    point: HookPoint,
    shift: Vec<f32>,
    from: Vec<usize>,
}

impl AddDirection {
    /// `shift` has the width of the residual stream and holds the coefficient already; `from` has
    /// the first position to change, one for each row of the batch.
    #[must_use]
    pub const fn new(layer: usize, shift: Vec<f32>, from: Vec<usize>) -> Self {
        Self { point: HookPoint::of_layer(layer), shift, from }
    }
}

impl Hook for AddDirection {
    fn wants(&self, point: HookPoint) -> bool {
        point == self.point
    }

    /// # Errors
    /// A shift of another width than the model's, or another number of rows than positions.
    fn at(&mut self, _point: HookPoint, residual: &Tensor) -> Result<HookOutcome, ModelError> {
        let (batch, positions, width) = residual.dims3()?;
        let fits = self.shift.len() == width && self.from.len() == batch;
        if !fits {
            return Err(ModelError::InterventionShape {
                rows: self.from.len(),
                width: self.shift.len(),
                batch,
                model: width,
            });
        }
        let mut added = vec![0.0; batch * positions * width];
        let rows = added.chunks_exact_mut(positions * width);
        for (row, &from) in rows.zip(&self.from) {
            for position in row.chunks_exact_mut(width).skip(from) {
                position.copy_from_slice(&self.shift);
            }
        }
        let added = Tensor::from_vec(added, residual.shape(), residual.device())?;
        Ok(HookOutcome::Replace((residual + added)?))
    }
}
