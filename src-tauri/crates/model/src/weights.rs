//! Safetensors files: headers are checked at once, a tensor is mapped into memory while it is read.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::{DType, Device, Tensor};
use memmap2::{Mmap, MmapOptions};
use safetensors::{Dtype, SafeTensorError, SafeTensors};

use crate::ModelError;
use crate::folder::ModelFolder;
use crate::kernels::{NumberType, StoredRows};

/// A tensor as its file stores it.
#[derive(Debug)]
pub(crate) struct StoredTensor {
    pub(crate) name: String,
    dtype: NumberType,
    map: Mmap,
}

impl StoredTensor {
    /// Of a matrix.
    pub(crate) fn rows(&self) -> StoredRows<'_> {
        StoredRows { dtype: self.dtype, bytes: &self.map, transposed: false }
    }
}

/// The tensors of a model folder, by name.
#[derive(Debug)]
pub(crate) struct Weights {
    files: Vec<WeightsFile>,
    tensors: BTreeMap<String, Entry>,
}

#[derive(Debug)]
struct WeightsFile {
    path: PathBuf,
    file: File,
    bytes: u64,
}

#[derive(Debug)]
struct Entry {
    file: usize,
    dtype: Dtype,
    shape: Vec<usize>,
    start: usize,
    end: usize,
    wanted: AtomicBool,
}

impl Weights {
    /// Maps every weights file and reads the headers.
    pub(crate) fn open(folder: &ModelFolder) -> Result<Self, ModelError> {
        let mut weights = Self { files: Vec::new(), tensors: BTreeMap::new() };
        for path in folder.weight_files()? {
            weights.add(&path)?;
        }
        Ok(weights)
    }

    fn add(&mut self, path: &Path) -> Result<(), ModelError> {
        let file = WeightsFile::open(path)?;
        let map = file.map(0, file.bytes as usize)?;
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
                file: self.files.len(),
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
        self.files.push(file);
        Ok(())
    }

    /// Numbers in all tensors.
    pub(crate) fn parameters(&self) -> u64 {
        self.tensors.values().map(|t| t.shape.iter().product::<usize>() as u64).sum()
    }

    /// Bytes on disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
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
        number_type(name, entry.dtype).map(|_| ())
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
        let stored = self.stored(name, shape)?;
        let dtype = match stored.dtype {
            NumberType::F32 => DType::F32,
            NumberType::Bf16 => DType::BF16,
            NumberType::F16 => DType::F16,
        };
        let tensor =
            Tensor::from_raw_buffer(&stored.map, dtype, shape, device)?.to_dtype(DType::F32)?;
        if stored.rows().is_finite() {
            Ok(tensor)
        } else {
            Err(ModelError::NonFiniteWeights(name.to_owned()))
        }
    }

    /// A tensor as it is stored; its numbers may be anything.
    pub(crate) fn stored(&self, name: &str, shape: &[usize]) -> Result<StoredTensor, ModelError> {
        self.expect(name, shape)?;
        let missing = || ModelError::MissingTensor(name.to_owned());
        let entry = self.tensors.get(name).ok_or_else(missing)?;
        let file = self.files.get(entry.file).ok_or_else(missing)?;
        let map = file.map(entry.start, entry.end - entry.start)?;
        Ok(StoredTensor { name: name.to_owned(), dtype: number_type(name, entry.dtype)?, map })
    }
}

impl WeightsFile {
    fn open(path: &Path) -> Result<Self, ModelError> {
        let read = |source| ModelError::Read { path: path.to_path_buf(), source };
        let file = File::open(path).map_err(read)?;
        let bytes = file.metadata().map_err(read)?.len();
        if bytes == 0 {
            return Err(ModelError::EmptyWeights(path.to_path_buf()));
        }
        Ok(Self { path: path.to_path_buf(), file, bytes })
    }

    /// A part of the file, which has to be as long as it was when it was opened.
    #[allow(
        unsafe_code,
        reason = "a memory map is the only way to read weights of many gigabytes without copying \
                  them; it is sound as long as nobody shortens the file while it is open"
    )]
    fn map(&self, start: usize, length: usize) -> Result<Mmap, ModelError> {
        let read = |source| ModelError::Read { path: self.path.clone(), source };
        let found = self.file.metadata().map_err(read)?.len();
        if found < self.bytes {
            let (path, claimed) = (self.path.clone(), self.bytes);
            return Err(ModelError::TruncatedWeights { path, claimed, found });
        }
        unsafe { MmapOptions::new().offset(start as u64).len(length).map(&self.file) }.map_err(read)
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

fn number_type(name: &str, dtype: Dtype) -> Result<NumberType, ModelError> {
    match dtype {
        Dtype::F32 => Ok(NumberType::F32),
        Dtype::F16 => Ok(NumberType::F16),
        Dtype::BF16 => Ok(NumberType::Bf16),
        other => {
            Err(ModelError::UnsupportedDtype { name: name.to_owned(), dtype: other.to_string() })
        }
    }
}
