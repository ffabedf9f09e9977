//! The residual stream after the final norm to logits.

use std::sync::{Arc, OnceLock};

use candle_core::Tensor;

use crate::ModelError;
use crate::layers::Linear;
use crate::weights::Weights;

/// The language-model head. Its matrix is read when logits are first asked for: capture never does.
#[derive(Debug)]
pub(crate) struct Head {
    /// Name of its tensor; the embedding is used again where there is none.
    own: Option<String>,
    /// `[vocabulary, width]`.
    shape: [usize; 2],
    weights: Arc<Weights>,
    matrix: OnceLock<Linear>,
    /// `cap * tanh(logit / cap)` instead of the logit.
    soft_cap: Option<f64>,
}

impl Head {
    /// Checks that a head of its own has the embedding's shape, `[vocabulary, width]`. `name` is
    /// its tensor. Some files store a tied head all the same.
    pub(crate) fn open(
        weights: &Arc<Weights>,
        name: &str,
        tied: bool,
        shape: [usize; 2],
    ) -> Result<Self, ModelError> {
        if !tied || weights.has(name) {
            weights.expect(name, &shape)?;
        }
        weights.expect_no_others()?;
        let own = (!tied).then(|| name.to_owned());
        Ok(Self { own, shape, weights: weights.clone(), matrix: OnceLock::new(), soft_cap: None })
    }

    /// With a soft cap, if there is one.
    pub(crate) fn capped(self, soft_cap: Option<f64>) -> Self {
        Self { soft_cap, ..self }
    }

    /// `[batch, position, width]` to `[batch, position, vocabulary]`.
    pub(crate) fn forward(
        &self,
        normed: &Tensor,
        embedding: &Linear,
    ) -> Result<Tensor, ModelError> {
        let matrix = match (&self.own, self.matrix.get()) {
            (None, _) => embedding,
            (Some(_), Some(matrix)) => matrix,
            (Some(name), None) => {
                let matrix = Linear::read_matrix(&self.weights, name, self.shape)?;
                self.matrix.get_or_init(|| matrix)
            }
        };
        let logits = matrix.forward(normed)?;
        match self.soft_cap {
            Some(cap) => Ok(((logits / cap)?.tanh()? * cap)?),
            None => Ok(logits),
        }
    }
}
