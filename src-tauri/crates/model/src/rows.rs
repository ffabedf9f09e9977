//! The residual stream of one text at one layer, token by token.

use candle_core::Tensor;
use lens_core::{CancelToken, HookPoint};

use crate::ModelError;
use crate::hook::{Hook, HookOutcome};
use crate::model::LanguageModel;

impl LanguageModel {
    /// The residual stream at `layer` at every position of a text: `[positions, width]`, row-major.
    /// Blocks beyond the layer are not computed.
    ///
    /// # Errors
    /// A layer the model does not have, no tokens, a text longer than the positions a model has
    /// learned, a cancellation, or a failed computation.
    pub fn residual_rows(
        &self,
        ids: &[u32],
        layer: usize,
        cancel: &CancelToken,
    ) -> Result<Vec<f32>, ModelError> {
        if layer > self.layers() {
            return Err(ModelError::NoSuchLayer { layer, layers: self.layers() });
        }
        let mut rows = Rows { point: HookPoint::of_layer(layer), values: Vec::new() };
        self.forward(&[ids], &mut rows, cancel)?;
        Ok(rows.values)
    }
}

struct Rows {
    point: HookPoint,
    values: Vec<f32>,
}

impl Hook for Rows {
    fn wants(&self, point: HookPoint) -> bool {
        point == self.point
    }

    fn at(&mut self, _point: HookPoint, residual: &Tensor) -> Result<HookOutcome, ModelError> {
        self.values = residual.flatten_all()?.to_vec1()?;
        Ok(HookOutcome::Stop)
    }
}
