//! Files of weights: headers are checked at once, a tensor is mapped into memory while it is read.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::quantized::GgmlDType;
use candle_core::{CpuStorage, DType, Device, Tensor};
use lens_core::WeightsDtype;
use memmap2::{Mmap, MmapOptions};
use safetensors::{Dtype, SafeTensorError, SafeTensors};

use crate::ModelError;
use crate::folder::ModelFolder;
use crate::gguf::{GgufFile, Names, Numbers};
use crate::kernels::{NumberType, QuantisedRows, StoredRows, place_in_pairs};

/// A tensor as its file stores it.
#[derive(Debug)]
pub(crate) struct StoredTensor {
    pub(crate) name: String,
    storage: Storage,
    /// Heads whose rows are stored in pairs, see [`Names::paired_heads`].
    paired_heads: Option<usize>,
    map: Mmap,
}

/// How numbers are stored.
#[derive(Debug, Clone, Copy)]
enum Storage {
    /// One by one.
    Plain(NumberType),
    /// Quantised in blocks.
    Blocks(Numbers),
}

impl StoredTensor {
    /// Of a matrix whose numbers are stored one by one.
    pub(crate) fn rows(&self) -> StoredRows<'_> {
        let (dtype, bytes) = match self.storage {
            Storage::Plain(dtype) => (dtype, &self.map[..]),
            Storage::Blocks(_) => (NumberType::F32, &[][..]),
        };
        StoredRows { dtype, bytes, transposed: false }
    }

    /// The same in the order that rows have in a model folder: all at once, or one by one.
    pub(crate) fn rows_in_order(&self, inputs: usize) -> Vec<StoredRows<'_>> {
        let rows = self.rows();
        let Some(heads) = self.paired_heads else { return vec![rows] };
        let count = rows.bytes.len() / rows.dtype.size() / inputs.max(1);
        let place = |row| place_in_pairs(row, count, heads);
        (0..count).map(|row| rows.range(inputs, &(place(row)..place(row) + 1))).collect()
    }

    /// Whether it is quantised in blocks.
    pub(crate) const fn is_quantised(&self) -> bool {
        matches!(self.storage, Storage::Blocks(_))
    }

    /// Of a matrix, however it is stored.
    pub(crate) fn blocks(&self) -> QuantisedRows<'_> {
        let numbers = match self.storage {
            Storage::Plain(NumberType::F32) => GgmlDType::F32,
            Storage::Plain(NumberType::F16) => GgmlDType::F16,
            Storage::Plain(NumberType::Bf16) => GgmlDType::BF16,
            Storage::Blocks(numbers) => numbers.ggml,
        };
        QuantisedRows { numbers, bytes: &self.map, paired_heads: self.paired_heads }
    }

    /// Whether no number is infinite or none.
    fn is_finite(&self) -> bool {
        match self.storage {
            Storage::Plain(_) => self.rows().is_finite(),
            Storage::Blocks(numbers) => numbers.blocks_are_finite(&self.map),
        }
    }

    /// Why its numbers cannot be held so, where that is so.
    pub(crate) fn problem(&self, held: WeightsDtype) -> Option<ModelError> {
        if !self.is_finite() {
            return Some(ModelError::NonFiniteWeights(self.name.clone()));
        }
        // the numbers of blocks end far below
        let fits = !held.rounds() || self.is_quantised() || self.rows().is_finite_as_bf16();
        (!fits).then(|| ModelError::TooLargeForBf16(self.name.clone()))
    }
}

/// The tensors of a model folder, by name.
#[derive(Debug)]
pub(crate) struct Weights {
    files: Vec<WeightsFile>,
    /// By the names they have in their file.
    tensors: BTreeMap<String, Entry>,
    /// What those names are, if it is a GGUF file.
    names: Option<Names>,
    /// How matrices are to be held in memory.
    held: WeightsDtype,
}

#[derive(Debug)]
pub(crate) struct WeightsFile {
    path: PathBuf,
    file: File,
    bytes: u64,
}

#[derive(Debug)]
struct Entry {
    file: usize,
    kind: Kind,
    shape: Vec<usize>,
    start: usize,
    end: usize,
    wanted: AtomicBool,
}

/// A kind of numbers, as a file names it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Safetensors(Dtype),
    Gguf(Numbers),
}

impl Weights {
    /// Maps every weights file and reads the headers.
    pub(crate) fn open(folder: &ModelFolder, held: WeightsDtype) -> Result<Self, ModelError> {
        let mut weights = Self { files: Vec::new(), tensors: BTreeMap::new(), names: None, held };
        if let Some(gguf) = folder.gguf() {
            weights.add_gguf(gguf)?;
            return Ok(weights);
        }
        for path in folder.weight_files()? {
            weights.add(&path)?;
        }
        Ok(weights)
    }

    fn add(&mut self, path: &Path) -> Result<(), ModelError> {
        let file = WeightsFile::open(path)?;
        let map = file.map_all()?;
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
                kind: Kind::Safetensors(info.dtype),
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

    fn add_gguf(&mut self, gguf: &GgufFile) -> Result<(), ModelError> {
        let file = WeightsFile::open(gguf.path())?;
        for (name, tensor) in gguf.tensors() {
            if Names::is_configuration(name) {
                continue;
            }
            // the header was read before: the file may have been shortened since
            if tensor.bytes.end as u64 > file.bytes {
                let (path, claimed) = (gguf.path().to_path_buf(), tensor.bytes.end as u64);
                return Err(ModelError::TruncatedWeights { path, claimed, found: file.bytes });
            }
            let entry = Entry {
                file: 0,
                kind: Kind::Gguf(tensor.numbers),
                shape: tensor.shape.clone(),
                start: tensor.bytes.start,
                end: tensor.bytes.end,
                wanted: AtomicBool::new(false),
            };
            self.tensors.insert(name.clone(), entry);
        }
        self.names = Some(Names::of(gguf)?);
        self.files.push(file);
        Ok(())
    }

    /// How matrices are to be held in memory.
    pub(crate) const fn held(&self) -> WeightsDtype {
        self.held
    }

    /// Whether the gains of norms are stored whole, in families whose folders have them less one.
    pub(crate) fn gains_are_whole(&self) -> bool {
        self.names.is_some_and(|names| names.gains_are_whole())
    }

    /// The name in the file.
    fn in_file(&self, name: &str) -> String {
        self.names.map_or_else(|| name.to_owned(), |names| names.stored(name))
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
        let mut types = self.tensors.values().map(|t| t.kind);
        match types.next() {
            Some(first) if types.all(|t| t == first) => first.name(),
            _ => "mixed".to_owned(),
        }
    }

    /// Checks that a tensor is there with this shape, without reading it.
    pub(crate) fn expect(&self, name: &str, shape: &[usize]) -> Result<(), ModelError> {
        let name = &self.in_file(name);
        let missing = || ModelError::MissingTensor(name.clone());
        let entry = self.tensors.get(name).ok_or_else(missing)?;
        if entry.shape != shape {
            return Err(ModelError::WrongShape {
                name: name.clone(),
                expected: shape.to_vec(),
                found: entry.shape.clone(),
            });
        }
        entry.wanted.store(true, Ordering::Relaxed);
        entry.kind.storage(name).map(|_| ())
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
        self.tensors.contains_key(&self.in_file(name))
    }

    /// Reads a tensor as f32.
    pub(crate) fn read(
        &self,
        name: &str,
        shape: &[usize],
        device: &Device,
    ) -> Result<Tensor, ModelError> {
        let stored = self.stored(name, shape)?;
        let plain = |dtype| {
            Tensor::from_raw_buffer(&stored.map, dtype, shape, device)?.to_dtype(DType::F32)
        };
        let tensor = match stored.storage {
            Storage::Plain(NumberType::F32) => plain(DType::F32),
            Storage::Plain(NumberType::Bf16) => plain(DType::BF16),
            Storage::Plain(NumberType::F16) => plain(DType::F16),
            Storage::Blocks(numbers) => {
                let blocks = numbers.ggml.from_data(Cow::Borrowed(&stored.map));
                match blocks.dequantize(shape.iter().product())? {
                    CpuStorage::F32(numbers) => Tensor::from_vec(numbers, shape, device),
                    _ => Err(candle_core::Error::Msg("blocks of another kind".to_owned())),
                }
            }
        }?;
        if !stored.is_finite() {
            return Err(ModelError::NonFiniteWeights(stored.name));
        }
        let Some(heads) = stored.paired_heads else { return Ok(tensor) };
        let rows = tensor.dim(0)?;
        let places = (0..rows).map(|row| place_in_pairs(row, rows, heads) as u32).collect();
        Ok(tensor.index_select(&Tensor::from_vec(places, rows, device)?, 0)?)
    }

    /// A tensor as it is stored; its numbers may be anything.
    pub(crate) fn stored(&self, name: &str, shape: &[usize]) -> Result<StoredTensor, ModelError> {
        self.expect(name, shape)?;
        let name = self.in_file(name);
        let missing = || ModelError::MissingTensor(name.clone());
        let entry = self.tensors.get(&name).ok_or_else(missing)?;
        let file = self.files.get(entry.file).ok_or_else(missing)?;
        let map = file.map(entry.start, entry.end - entry.start)?;
        let storage = entry.kind.storage(&name)?;
        let paired_heads = self.names.and_then(|names| names.paired_heads(&name));
        Ok(StoredTensor { name, storage, paired_heads, map })
    }
}

impl WeightsFile {
    pub(crate) fn open(path: &Path) -> Result<Self, ModelError> {
        let read = |source| ModelError::Read { path: path.to_path_buf(), source };
        let file = File::open(path).map_err(read)?;
        let bytes = file.metadata().map_err(read)?.len();
        if bytes == 0 {
            return Err(ModelError::EmptyWeights(path.to_path_buf()));
        }
        Ok(Self { path: path.to_path_buf(), file, bytes })
    }

    /// All of the file.
    pub(crate) fn map_all(&self) -> Result<Mmap, ModelError> {
        self.map(0, self.bytes as usize)
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

impl Kind {
    fn name(self) -> String {
        match self {
            Self::Safetensors(dtype) => dtype.to_string().to_lowercase(),
            Self::Gguf(numbers) => numbers.name.to_owned(),
        }
    }

    fn storage(self, tensor: &str) -> Result<Storage, ModelError> {
        match self {
            Self::Safetensors(Dtype::F32) => Ok(Storage::Plain(NumberType::F32)),
            Self::Safetensors(Dtype::F16) => Ok(Storage::Plain(NumberType::F16)),
            Self::Safetensors(Dtype::BF16) => Ok(Storage::Plain(NumberType::Bf16)),
            Self::Safetensors(other) => Err(ModelError::UnsupportedDtype {
                name: tensor.to_owned(),
                dtype: other.to_string(),
            }),
            Self::Gguf(numbers) => Ok(match numbers.ggml {
                GgmlDType::F32 => Storage::Plain(NumberType::F32),
                GgmlDType::F16 => Storage::Plain(NumberType::F16),
                GgmlDType::BF16 => Storage::Plain(NumberType::Bf16),
                _ => Storage::Blocks(numbers),
            }),
        }
    }
}
