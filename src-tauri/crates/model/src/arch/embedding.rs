//! Tokens to the residual stream at layer 0.

use std::ops::Range;

use candle_core::Tensor;

use crate::ModelError;
use crate::layers::{Linear, Norm};

/// Token embeddings and what is done to them before the first block.
#[derive(Debug)]
pub(crate) struct Embedding {
    /// `[vocabulary, width]`: rows are looked up, and where the head is tied it multiplies by it.
    pub(crate) tokens: Linear,
    /// They are multiplied by this (Gemma).
    pub(crate) scale: Option<f64>,
    /// Learned positions, added: `[positions, width]`.
    pub(crate) positions: Option<Tensor>,
    /// Of the sum (BERT).
    pub(crate) norm: Option<Norm>,
}

impl Embedding {
    /// Token embeddings alone.
    pub(crate) const fn plain(tokens: Linear) -> Self {
        Self { tokens, scale: None, positions: None, norm: None }
    }

    /// `[batch, position]` to `[batch, position, width]`; `rows` are the positions of each row.
    pub(crate) fn forward(
        &self,
        tokens: &Tensor,
        rows: &[Range<usize>],
    ) -> Result<Tensor, ModelError> {
        let (batch, columns) = tokens.dims2()?;
        let [_, width] = self.tokens.shape();
        let shape = (batch, columns, width);
        let tokens = tokens.flatten_all()?.to_vec1()?;
        let mut stream = self.tokens.look_up(&tokens)?.reshape(shape)?;
        if let Some(scale) = self.scale {
            stream = (stream * scale)?;
        }
        if let Some(positions) = &self.positions {
            let known = positions.dim(0)?;
            let longest = rows.iter().map(|row| row.end).max().unwrap_or(0);
            if longest > known {
                return Err(ModelError::TooLong { tokens: longest, positions: known });
            }
            let indices: Vec<u32> = rows
                .iter()
                .flat_map(|row| {
                    // padding takes any position
                    (row.start..row.start + columns).map(|p| if p < row.end { p as u32 } else { 0 })
                })
                .collect();
            let indices = Tensor::from_vec(indices, batch * columns, positions.device())?;
            stream = (stream + positions.index_select(&indices, 0)?.reshape(shape)?)?;
        }
        match &self.norm {
            Some(norm) => Ok(norm.forward(&stream)?),
            None => Ok(stream),
        }
    }
}
