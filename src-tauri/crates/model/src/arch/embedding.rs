//! Tokens to the residual stream at layer 0.

use std::ops::Range;

use candle_core::Tensor;

use crate::ModelError;
use crate::layers::Norm;

/// Token embeddings and what is done to them before the first block.
#[derive(Debug)]
pub(crate) struct Embedding {
    /// `[vocabulary, width]`.
    pub(crate) tokens: Tensor,
    /// They are multiplied by this (Gemma).
    pub(crate) scale: Option<f64>,
    /// Learned positions, added: `[positions, width]`.
    pub(crate) positions: Option<Tensor>,
    /// Of the sum (BERT).
    pub(crate) norm: Option<Norm>,
}

impl Embedding {
    /// Token embeddings alone.
    pub(crate) const fn plain(tokens: Tensor) -> Self {
        Self { tokens, scale: None, positions: None, norm: None }
    }

    /// `[batch, position]` to `[batch, position, width]`; `rows` are the positions of each row.
    pub(crate) fn forward(
        &self,
        tokens: &Tensor,
        rows: &[Range<usize>],
    ) -> Result<Tensor, ModelError> {
        let (batch, columns) = tokens.dims2()?;
        let (_, width) = self.tokens.dims2()?;
        let shape = (batch, columns, width);
        let mut stream = self.tokens.index_select(&tokens.flatten_all()?, 0)?.reshape(shape)?;
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
            let indices = Tensor::from_vec(indices, batch * columns, tokens.device())?;
            stream = (stream + positions.index_select(&indices, 0)?.reshape(shape)?)?;
        }
        match &self.norm {
            Some(norm) => Ok(norm.forward(&stream)?),
            None => Ok(stream),
        }
    }
}
