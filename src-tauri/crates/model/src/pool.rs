//! Pooling while the layer is hot: tokens become one row per text, and nothing else is kept.

use candle_core::{Storage, Tensor};
use lens_core::{HookPoint, Pooling};

use crate::ModelError;
use crate::hook::{Hook, HookOutcome};
use crate::tokens::TokenisedText;

/// A hook that pools every text of a batch at the wanted layers and ends the pass at the last.
pub(crate) struct PoolingHook<'a> {
    /// Wanted layers, ascending.
    layers: &'a [usize],
    /// Per text of the batch, its index for messages and the positions to average.
    texts: Vec<(usize, Vec<usize>)>,
    width: usize,
    /// Per text, `[layers met so far, width]`.
    rows: Vec<Vec<f32>>,
}

impl<'a> PoolingHook<'a> {
    /// `texts` are the rows of the batch with their indices in what the caller gave.
    ///
    /// # Errors
    /// A text that has no token to average.
    pub(crate) fn new(
        layers: &'a [usize],
        pooling: Pooling,
        width: usize,
        texts: &[(usize, &TokenisedText)],
    ) -> Result<Self, ModelError> {
        let texts = texts
            .iter()
            .map(|(index, text)| {
                let positions: Vec<usize> = match pooling {
                    Pooling::Mean => text.content().collect(),
                    Pooling::MeanAll => (0..text.ids.len()).collect(),
                    Pooling::Last => text.content().next_back().into_iter().collect(),
                };
                if positions.is_empty() {
                    return Err(ModelError::NoContent(*index));
                }
                Ok((*index, positions))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let rows = texts.iter().map(|_| Vec::with_capacity(layers.len() * width)).collect();
        Ok(Self { layers, texts, width, rows })
    }

    /// Per text of the batch, `[layers, width]` row-major.
    pub(crate) fn into_rows(self) -> Vec<Vec<f32>> {
        self.rows
    }

    fn pool(&mut self, layer: usize, values: &[f32], positions: usize) -> Result<(), ModelError> {
        let per_text = values.chunks_exact(positions * self.width);
        for ((index, wanted), (row, text)) in
            self.texts.iter().zip(self.rows.iter_mut().zip(per_text))
        {
            let start = row.len();
            row.resize(start + self.width, 0.0);
            let sum = &mut row[start..];
            for &position in wanted {
                let token = &text[position * self.width..][..self.width];
                for (s, v) in sum.iter_mut().zip(token) {
                    *s += v;
                }
            }
            let count = wanted.len() as f32;
            for s in sum.iter_mut() {
                *s /= count;
            }
            if !sum.iter().all(|s| s.is_finite()) {
                return Err(ModelError::NonFiniteActivation { index: *index, layer });
            }
        }
        Ok(())
    }
}

/// The layer of the residual stream that is read at a point, if any.
const fn layer_at(point: HookPoint) -> Option<usize> {
    match point {
        HookPoint::Embedding => Some(0),
        HookPoint::ResidualPost(block) => Some(block + 1),
        HookPoint::ResidualMid(_) | HookPoint::FinalNorm => None,
    }
}

/// Shows the numbers of a tensor, row-major, without a copy where they lie so.
pub(crate) fn with_values(
    residual: &Tensor,
    look: impl FnOnce(&[f32]) -> Result<(), ModelError>,
) -> Result<(), ModelError> {
    let residual = residual.to_device(&candle_core::Device::Cpu)?.contiguous()?;
    let (storage, layout) = residual.storage_and_layout();
    if let (Storage::Cpu(cpu), Some((start, end))) = (&*storage, layout.contiguous_offsets()) {
        look(&cpu.as_slice::<f32>()?[start..end])?;
    }
    Ok(())
}

impl Hook for PoolingHook<'_> {
    fn wants(&self, point: HookPoint) -> bool {
        layer_at(point).is_some_and(|layer| self.layers.contains(&layer))
    }

    fn at(&mut self, point: HookPoint, residual: &Tensor) -> Result<HookOutcome, ModelError> {
        let Some(layer) = layer_at(point) else { return Ok(HookOutcome::Keep) };
        let (_, positions, _) = residual.dims3()?;
        with_values(residual, |values| self.pool(layer, values, positions))?;
        Ok(if self.layers.last() == Some(&layer) { HookOutcome::Stop } else { HookOutcome::Keep })
    }
}
