//! One shard file.

use std::path::Path;

use lens_core::{ActivationMatrix, Digest};

use crate::EngineError;
use crate::tensors::{self, Tensor, TensorFile, damaged};

/// The pooled activations of one text, to be kept.
#[derive(Debug, Clone)]
pub struct StoredText {
    /// From [`ReadingKey::of_text`](super::ReadingKey::of_text).
    pub key: Digest,
    /// Tokens read.
    pub tokens: u32,
    /// Whether it was cut at the token limit.
    pub truncated: bool,
    /// `[layers, width]`, row-major, layers in the order of the reading key.
    pub layers: Vec<f32>,
}

/// Writes a shard.
pub(super) fn write(
    path: &Path,
    layers: &[usize],
    texts: &[StoredText],
) -> Result<(), EngineError> {
    let width = texts.first().map_or(0, |t| t.layers.len()) / layers.len().max(1);
    let mut shard: Vec<Tensor> = Vec::with_capacity(layers.len());
    for (at, layer) in layers.iter().enumerate() {
        let mut rows = Vec::with_capacity(texts.len() * width);
        for text in texts {
            let row = text.layers.get(at * width..(at + 1) * width);
            rows.extend_from_slice(row.ok_or_else(|| damaged(path))?);
        }
        shard.push(Tensor::of_f32(&format!("layer.{layer}"), &[texts.len(), width], &rows));
    }
    let program = format!("Empathy Lens {}", env!("CARGO_PKG_VERSION"));
    tensors::write(path, &shard, ("program", program))
}

/// Whether the file is there and as long as its header says.
pub(super) fn is_whole(path: &Path) -> bool {
    TensorFile::open(path).is_ok()
}

/// One layer of a shard, `[texts, width]`.
pub(super) fn read_layer(path: &Path, layer: usize) -> Result<ActivationMatrix, EngineError> {
    let (shape, values) = TensorFile::open(path)?.f32s(&format!("layer.{layer}"))?;
    let &[rows, width] = shape.as_slice() else { return Err(damaged(path)) };
    ActivationMatrix::new(rows, width, values).map_err(|_| damaged(path))
}
