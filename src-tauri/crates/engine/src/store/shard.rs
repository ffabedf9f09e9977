//! One shard file.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use lens_core::{ActivationMatrix, Digest};
use safetensors::tensor::{Dtype, Metadata, TensorView};

use crate::EngineError;

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

/// A file that is not what its name promises.
pub(super) fn damaged(path: &Path) -> EngineError {
    let what = "stored activations are damaged; they are computed again at the next reading";
    EngineError::io(path, std::io::Error::new(std::io::ErrorKind::InvalidData, what))
}

/// Writes a shard under a temporary name and moves it into place.
pub(super) fn write(
    path: &Path,
    layers: &[usize],
    texts: &[StoredText],
) -> Result<(), EngineError> {
    let width = texts.first().map_or(0, |t| t.layers.len()) / layers.len().max(1);
    let mut tensors: Vec<(String, Vec<u8>)> = Vec::with_capacity(layers.len());
    for (at, layer) in layers.iter().enumerate() {
        let mut bytes = Vec::with_capacity(texts.len() * width * 4);
        for text in texts {
            let row = text.layers.get(at * width..(at + 1) * width);
            bytes.extend(row.ok_or_else(|| damaged(path))?.iter().flat_map(|v| v.to_le_bytes()));
        }
        tensors.push((format!("layer.{layer}"), bytes));
    }
    let shape = vec![texts.len(), width];
    let views = tensors
        .iter()
        .map(|(name, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    // One entry only: the order of a hash map would change the bytes.
    let program = format!("Empathy Lens {}", env!("CARGO_PKG_VERSION"));
    let about = HashMap::from([("program".to_owned(), program)]);
    let bytes = safetensors::serialize(views, Some(about))?;

    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|e| EngineError::io(folder, e))?;
    let mut fresh =
        tempfile::NamedTempFile::new_in(folder).map_err(|e| EngineError::io(folder, e))?;
    std::io::Write::write_all(&mut fresh, &bytes).map_err(|e| EngineError::io(path, e))?;
    fresh.persist(path).map_err(|e| EngineError::io(path, e.error))?;
    Ok(())
}

/// Whether the file is there and as long as its header says.
pub(super) fn is_whole(path: &Path) -> bool {
    header(path).is_ok()
}

/// One layer of a shard, `[texts, width]`.
pub(super) fn read_layer(path: &Path, layer: usize) -> Result<ActivationMatrix, EngineError> {
    let (start, metadata) = header(path)?;
    let info = metadata.info(&format!("layer.{layer}")).ok_or_else(|| damaged(path))?;
    let (&[rows, width], Dtype::F32) = (info.shape.as_slice(), info.dtype) else {
        return Err(damaged(path));
    };
    let (from, to) = info.data_offsets;
    let mut bytes = vec![0; to - from];
    let mut file = File::open(path).map_err(|e| EngineError::io(path, e))?;
    file.seek(SeekFrom::Start((start + from) as u64)).map_err(|e| EngineError::io(path, e))?;
    file.read_exact(&mut bytes).map_err(|e| EngineError::io(path, e))?;
    let values = bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect();
    ActivationMatrix::new(rows, width, values).map_err(|_| damaged(path))
}

/// Where the data starts and what tensors there are, checked against the file's length.
fn header(path: &Path) -> Result<(usize, Metadata), EngineError> {
    let mut file = File::open(path).map_err(|e| EngineError::io(path, e))?;
    let length = file.metadata().map_err(|e| EngineError::io(path, e))?.len();
    let mut prefix = [0; 8];
    file.read_exact(&mut prefix).map_err(|_| damaged(path))?;
    let header = u64::from_le_bytes(prefix);
    if header > length.saturating_sub(8) {
        return Err(damaged(path));
    }
    let mut bytes = Vec::new();
    file.take(header).read_to_end(&mut bytes).map_err(|e| EngineError::io(path, e))?;
    let metadata: Metadata = serde_json::from_slice(&bytes).map_err(|_| damaged(path))?;
    let start = 8 + bytes.len();
    let whole = (start + metadata.data_len()) as u64 == length;
    if whole { Ok((start, metadata)) } else { Err(damaged(path)) }
}
