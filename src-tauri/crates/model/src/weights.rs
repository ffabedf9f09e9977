//! Safetensors files by memory map: headers are checked at once, tensors are read when asked for.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::{DType, Device, Tensor};
use memmap2::Mmap;
use safetensors::{Dtype, SafeTensorError, SafeTensors};

use crate::ModelError;
use crate::folder::ModelFolder;

/// The tensors of a model folder, by name.
#[derive(Debug)]
pub(crate) struct Weights {
    maps: Vec<Mmap>,
    tensors: BTreeMap<String, Entry>,
}

#[derive(Debug)]
struct Entry {
    map: usize,
    dtype: Dtype,
    shape: Vec<usize>,
    start: usize,
    end: usize,
    wanted: AtomicBool,
}

impl Weights {
    /// Maps every weights file and reads the headers.
    pub(crate) fn open(folder: &ModelFolder) -> Result<Self, ModelError> {
        let mut weights = Self { maps: Vec::new(), tensors: BTreeMap::new() };
        for path in folder.weight_files()? {
            weights.add(&path)?;
        }
        Ok(weights)
    }

    fn add(&mut self, path: &Path) -> Result<(), ModelError> {
        let map = map(path)?;
        let (header, metadata) =
            SafeTensors::read_metadata(&map).map_err(|e| header_error(path, &map, &e))?;
        // the header's length itself takes 8 bytes
        let data = header + 8;
        for (name, info) in metadata.tensors() {
            if is_table(&name) {
                continue;
            }
            let (start, end) = info.data_offsets;
            let entry = Entry {
                map: self.maps.len(),
                dtype: info.dtype,
                shape: info.shape.clone(),
                start: data + start,
                end: data + end,
                wanted: AtomicBool::new(false),
            };
            if self.tensors.insert(name.clone(), entry).is_some() {
                let message = format!("tensor {name:?} is in another file too");
                return Err(ModelError::BadWeights { path: path.to_path_buf(), message });
            }
        }
        self.maps.push(map);
        Ok(())
    }

    /// Numbers in all tensors.
    pub(crate) fn parameters(&self) -> u64 {
        self.tensors.values().map(|t| t.shape.iter().product::<usize>() as u64).sum()
    }

    /// Bytes on disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.maps.iter().map(|m| m.len() as u64).sum()
    }

    /// The number type all tensors share, in lower case, or `mixed`.
    pub(crate) fn dtype(&self) -> String {
        let mut types = self.tensors.values().map(|t| t.dtype);
        match types.next() {
            Some(first) if types.all(|t| t == first) => first.to_string().to_lowercase(),
            _ => "mixed".to_owned(),
        }
    }

    /// Checks that a tensor is there with this shape, without reading it.
    pub(crate) fn expect(&self, name: &str, shape: &[usize]) -> Result<(), ModelError> {
        let entry =
            self.tensors.get(name).ok_or_else(|| ModelError::MissingTensor(name.to_owned()))?;
        if entry.shape != shape {
            return Err(ModelError::WrongShape {
                name: name.to_owned(),
                expected: shape.to_vec(),
                found: entry.shape.clone(),
            });
        }
        entry.wanted.store(true, Ordering::Relaxed);
        storage_type(name, entry.dtype).map(|_| ())
    }

    /// Checks that every tensor was asked for, so that no part of a model is dropped silently.
    pub(crate) fn expect_no_others(&self) -> Result<(), ModelError> {
        let other = self.tensors.iter().find(|(_, entry)| !entry.wanted.load(Ordering::Relaxed));
        match other {
            Some((name, _)) => Err(ModelError::UnexpectedTensor(name.clone())),
            None => Ok(()),
        }
    }

    /// Counts the tensors whose names begin so as asked for.
    pub(crate) fn leave(&self, beginnings: &[&str]) {
        for (name, entry) in &self.tensors {
            if beginnings.iter().any(|beginning| name.starts_with(beginning)) {
                entry.wanted.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Whether there is a tensor of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Reads a tensor as f32.
    pub(crate) fn read(
        &self,
        name: &str,
        shape: &[usize],
        device: &Device,
    ) -> Result<Tensor, ModelError> {
        self.expect(name, shape)?;
        let missing = || ModelError::MissingTensor(name.to_owned());
        let entry = self.tensors.get(name).ok_or_else(missing)?;
        let bytes = self
            .maps
            .get(entry.map)
            .and_then(|map| map.get(entry.start..entry.end))
            .ok_or_else(missing)?;
        let dtype = storage_type(name, entry.dtype)?;
        let tensor = Tensor::from_raw_buffer(bytes, dtype, shape, device)?.to_dtype(DType::F32)?;
        if is_finite(&tensor)? {
            Ok(tensor)
        } else {
            Err(ModelError::NonFiniteWeights(name.to_owned()))
        }
    }
}

/// Whether a tensor is a table that older files store beside the weights: masks, positions and
/// rotary frequencies, which follow from config.json.
fn is_table(name: &str) -> bool {
    const TABLES: [&str; 6] = [
        ".attn.bias",
        ".attn.masked_bias",
        ".attention.bias",
        ".attention.masked_bias",
        ".rotary_emb.inv_freq",
        "embeddings.position_ids",
    ];
    TABLES.iter().any(|table| name.ends_with(table))
}

#[allow(
    unsafe_code,
    reason = "a memory map is the only way to read weights of many gigabytes without copying them; \
              it is sound as long as nobody shortens the file while it is open"
)]
fn map(path: &Path) -> Result<Mmap, ModelError> {
    let read = |source| ModelError::Read { path: path.to_path_buf(), source };
    let file = File::open(path).map_err(read)?;
    if file.metadata().map_err(read)?.len() == 0 {
        return Err(ModelError::EmptyWeights(path.to_path_buf()));
    }
    unsafe { Mmap::map(&file) }.map_err(read)
}

/// Tells an incomplete file from one that is something else.
fn header_error(path: &Path, bytes: &[u8], error: &SafeTensorError) -> ModelError {
    let path = path.to_path_buf();
    let found = bytes.len() as u64;
    // the header's own length stands in the first 8 bytes
    let header = bytes.first_chunk::<8>().map_or(0, |b| u64::from_le_bytes(*b));
    let mut claimed = header.saturating_add(8);
    if matches!(error, SafeTensorError::MetadataIncompleteBuffer) {
        claimed = claimed.saturating_add(data_claimed(bytes, header));
    }
    if claimed > found {
        ModelError::TruncatedWeights { path, claimed, found }
    } else {
        ModelError::BadWeights { path, message: error.to_string() }
    }
}

/// The furthest byte any tensor of the header ends at.
fn data_claimed(bytes: &[u8], header: u64) -> u64 {
    let end = usize::try_from(header).unwrap_or(usize::MAX).saturating_add(8);
    let json: serde_json::Value =
        bytes.get(8..end).and_then(|b| serde_json::from_slice(b).ok()).unwrap_or_default();
    let ends = json
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(_, tensor)| tensor.get("data_offsets")?.get(1)?.as_u64());
    ends.max().unwrap_or(0)
}

fn storage_type(name: &str, dtype: Dtype) -> Result<DType, ModelError> {
    match dtype {
        Dtype::F32 => Ok(DType::F32),
        Dtype::F16 => Ok(DType::F16),
        Dtype::BF16 => Ok(DType::BF16),
        other => {
            Err(ModelError::UnsupportedDtype { name: name.to_owned(), dtype: other.to_string() })
        }
    }
}

/// A sum is finite only when every term is, so the usual case costs one pass. A sum that is not
/// may still have overflowed, so then every number is looked at.
fn is_finite(tensor: &Tensor) -> Result<bool, ModelError> {
    if tensor.sum_all()?.to_scalar::<f32>()?.is_finite() {
        return Ok(true);
    }
    Ok(tensor.flatten_all()?.to_vec1::<f32>()?.iter().all(|v| v.is_finite()))
}
