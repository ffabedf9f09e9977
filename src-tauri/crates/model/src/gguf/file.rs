//! The header of a GGUF file: what it says about itself, and where its tensors are.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Mmap;

use super::reader::{Problem, Reader};
use super::{MAGIC, Numbers};
use crate::ModelError;
use crate::weights::WeightsFile;

/// A file whose header has been read and found consistent.
#[derive(Debug, Clone)]
pub(crate) struct GgufFile {
    path: PathBuf,
    map: Arc<Mmap>,
    values: BTreeMap<String, Value>,
    tensors: BTreeMap<String, StoredTensor>,
}

/// A tensor in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredTensor {
    pub(crate) numbers: Numbers,
    /// As in PyTorch: what varies fastest is last. (The file has it the other way round.)
    pub(crate) shape: Vec<usize>,
    /// Its bytes in the file.
    pub(crate) bytes: Range<usize>,
}

/// Where a value is; it is read when asked for.
#[derive(Debug, Clone, Copy)]
enum Value {
    One { kind: Kind, at: usize },
    Many { kind: Kind, count: usize, at: usize },
}

/// Kinds of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    Bool,
    Text,
    U64,
    I64,
    F64,
}

/// Entries and tensors that no model comes near.
const MOST: u64 = 65_536;

/// Bytes in the name of an entry, by the specification, and more than any tensor's name has.
const LONGEST_NAME: u64 = 65_535;

impl GgufFile {
    /// Maps the file and reads its header.
    pub(crate) fn open(path: &Path) -> Result<Self, ModelError> {
        let map = WeightsFile::open(path)?.map_all()?;
        let (values, tensors) = read_header(&map).map_err(|message| bad(path, message))?;
        Ok(Self { path: path.to_path_buf(), map: Arc::new(map), values, tensors })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn map(&self) -> &Arc<Mmap> {
        &self.map
    }

    /// Tensors by the names they have in the file.
    pub(crate) const fn tensors(&self) -> &BTreeMap<String, StoredTensor> {
        &self.tensors
    }

    /// An error about this file.
    pub(crate) fn bad(&self, message: impl Into<String>) -> ModelError {
        bad(&self.path, message.into())
    }

    /// A text, if the entry is there.
    pub(crate) fn text(&self, key: &str) -> Result<Option<String>, ModelError> {
        self.one(key, "a text", |kind, reader| match kind {
            Kind::Text => reader.text().ok().map(|text| String::from_utf8_lossy(text).into_owned()),
            _ => None,
        })
    }

    /// A whole number from 0 on, if the entry is there.
    pub(crate) fn whole(&self, key: &str) -> Result<Option<u64>, ModelError> {
        self.one(key, "a whole number, 0 or more", whole)
    }

    /// A number, if the entry is there.
    pub(crate) fn number(&self, key: &str) -> Result<Option<f64>, ModelError> {
        self.one(key, "a number", number)
    }

    /// Yes or no, if the entry is there.
    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, ModelError> {
        self.one(key, "true or false", flag)
    }

    /// Texts, if the entry is there.
    pub(crate) fn texts(&self, key: &str) -> Result<Option<Vec<String>>, ModelError> {
        self.many(key, "a list of texts", |kind, reader| match kind {
            Kind::Text => reader.text().ok().map(|text| String::from_utf8_lossy(text).into_owned()),
            _ => None,
        })
    }

    /// Whole numbers from 0 on, if the entry is there.
    pub(crate) fn wholes(&self, key: &str) -> Result<Option<Vec<u64>>, ModelError> {
        self.many(key, "a list of whole numbers, 0 or more", whole)
    }

    /// Numbers, if the entry is there.
    pub(crate) fn numbers(&self, key: &str) -> Result<Option<Vec<f64>>, ModelError> {
        self.many(key, "a list of numbers", number)
    }

    /// Yes or no for each of several, or 1 and 0, if the entry is there.
    pub(crate) fn flags(&self, key: &str) -> Result<Option<Vec<bool>>, ModelError> {
        self.many(key, "a list of true or false", |kind, reader| match kind {
            Kind::Bool => flag(kind, reader),
            _ => match whole(kind, reader) {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
        })
    }

    /// Whether the entry is a list.
    pub(crate) fn is_list(&self, key: &str) -> bool {
        matches!(self.values.get(key), Some(Value::Many { .. }))
    }

    fn one<T>(
        &self,
        key: &str,
        what: &str,
        read: impl Fn(Kind, &mut Reader<'_>) -> Option<T>,
    ) -> Result<Option<T>, ModelError> {
        let Some(value) = self.values.get(key) else { return Ok(None) };
        let found = match *value {
            Value::One { kind, at } => read(kind, &mut Reader::at(&self.map, at)),
            Value::Many { .. } => None,
        };
        found.map(Some).ok_or_else(|| self.bad(format!("its {key} is not {what}")))
    }

    fn many<T>(
        &self,
        key: &str,
        what: &str,
        read: impl Fn(Kind, &mut Reader<'_>) -> Option<T>,
    ) -> Result<Option<Vec<T>>, ModelError> {
        let Some(value) = self.values.get(key) else { return Ok(None) };
        let found = match *value {
            Value::One { .. } => None,
            Value::Many { kind, count, at } => {
                let mut reader = Reader::at(&self.map, at);
                (0..count).map(|_| read(kind, &mut reader)).collect()
            }
        };
        found.map(Some).ok_or_else(|| self.bad(format!("its {key} is not {what}")))
    }
}

fn bad(path: &Path, message: String) -> ModelError {
    ModelError::BadGguf { path: path.to_path_buf(), message }
}

impl Kind {
    fn of_id(id: u32) -> Option<Self> {
        const KINDS: [Option<Kind>; 13] = [
            Some(Kind::U8),
            Some(Kind::I8),
            Some(Kind::U16),
            Some(Kind::I16),
            Some(Kind::U32),
            Some(Kind::I32),
            Some(Kind::F32),
            Some(Kind::Bool),
            Some(Kind::Text),
            None,
            Some(Kind::U64),
            Some(Kind::I64),
            Some(Kind::F64),
        ];
        KINDS.get(usize::try_from(id).ok()?).copied().flatten()
    }

    /// Bytes of a value, but for texts, which have their own length.
    const fn size(self) -> u64 {
        match self {
            Self::U8 | Self::I8 | Self::Bool => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::Text | Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }
}

/// The kind of a value that is a list.
const LIST: u32 = 9;

type Header = (BTreeMap<String, Value>, BTreeMap<String, StoredTensor>);

fn read_header(bytes: &[u8]) -> Result<Header, Problem> {
    let mut reader = Reader::at(bytes, 0);
    if reader.take(4)? != MAGIC {
        return Err("it does not begin with \"GGUF\"".to_owned());
    }
    match reader.u32()? {
        2 | 3 => {}
        version if (1..=3).contains(&version.swap_bytes()) => {
            return Err("it is written for big-endian processors".to_owned());
        }
        version => {
            return Err(format!(
                "it is version {version} of the format; versions 2 and 3 can be read"
            ));
        }
    }
    let (tensors, entries) = (reader.u64()?, reader.u64()?);
    for (what, count) in [("tensors", tensors), ("entries", entries)] {
        if count > MOST {
            return Err(format!("its header claims {count} {what}, more than any model has"));
        }
    }
    let mut values = BTreeMap::new();
    for _ in 0..entries {
        let key = reader.name(LONGEST_NAME)?;
        let value = skip_value(&mut reader).map_err(|problem| format!("{key}: {problem}"))?;
        if values.insert(key.to_owned(), value).is_some() {
            return Err(format!("its header has {key} twice"));
        }
    }
    let alignment = alignment(bytes, values.get("general.alignment"))?;
    let mut found = BTreeMap::new();
    for _ in 0..tensors {
        let name = reader.name(LONGEST_NAME)?;
        let tensor = read_tensor(&mut reader, alignment).map_err(|p| format!("{name:?} {p}"))?;
        if found.insert(name.to_owned(), tensor).is_some() {
            return Err(format!("its header has the tensor {name:?} twice"));
        }
    }
    let data = reader.position().next_multiple_of(alignment);
    place(&mut found, data, bytes.len())?;
    Ok((values, found))
}

/// Goes over a value and remembers where it is.
fn skip_value(reader: &mut Reader<'_>) -> Result<Value, Problem> {
    let kind = |id: u32| Kind::of_id(id).ok_or_else(|| format!("a value of the unknown kind {id}"));
    let id = reader.u32()?;
    if id == LIST {
        let inner = reader.u32()?;
        if inner == LIST {
            return Err("a list of lists, which no model has".to_owned());
        }
        let (kind, count) = (kind(inner)?, reader.u64()?);
        let at = reader.position();
        let count = skip_values(reader, kind, count)?;
        return Ok(Value::Many { kind, count, at });
    }
    let (kind, at) = (kind(id)?, reader.position());
    skip_values(reader, kind, 1)?;
    Ok(Value::One { kind, at })
}

/// Goes over `count` values of a kind.
fn skip_values(reader: &mut Reader<'_>, kind: Kind, count: u64) -> Result<usize, Problem> {
    // a text takes at least the 8 bytes of its length
    let least = count.saturating_mul(kind.size());
    let mut ahead = *reader;
    ahead.take(least)?;
    if kind == Kind::Text {
        for _ in 0..count {
            reader.text()?;
        }
    } else {
        *reader = ahead;
    }
    usize::try_from(count).map_err(|_| format!("a list of {count} values"))
}

fn alignment(bytes: &[u8], value: Option<&Value>) -> Result<usize, Problem> {
    let alignment = match value {
        None => Some(32),
        Some(Value::One { kind, at }) => whole(*kind, &mut Reader::at(bytes, *at)),
        Some(Value::Many { .. }) => None,
    };
    // beyond a few pages there is no sense in it
    let sensible = |a: &u64| a.is_power_of_two() && (8..=1 << 20).contains(a);
    alignment
        .filter(sensible)
        .and_then(|alignment| usize::try_from(alignment).ok())
        .ok_or_else(|| "its general.alignment is not a power of two of at least 8".to_owned())
}

/// Name, shape and kind of a tensor; its bytes still count from the beginning of the data.
fn read_tensor(reader: &mut Reader<'_>, alignment: usize) -> Result<StoredTensor, Problem> {
    let dimensions = reader.u32()?;
    if !(1..=4).contains(&dimensions) {
        return Err(format!("has {dimensions} dimensions; 1 to 4 are possible"));
    }
    let mut shape = Vec::new();
    for _ in 0..dimensions {
        let size = reader.u64()?;
        let size = usize::try_from(size).ok().filter(|size| *size > 0);
        shape.push(size.ok_or("has a dimension of a size that cannot be")?);
    }
    let row = shape.first().copied().unwrap_or_default();
    let count = shape.iter().try_fold(1, |product: usize, size| product.checked_mul(*size));
    let numbers =
        Numbers::of_id(reader.u32()?).map_err(|problem| format!("is stored in {problem}"))?;
    if !row.is_multiple_of(numbers.block()) {
        return Err(format!(
            "has rows of {row} numbers, which {} cannot divide into blocks of {}",
            numbers.name,
            numbers.block()
        ));
    }
    let size = count.and_then(|count| numbers.bytes(count));
    let size = size.ok_or("claims more numbers than there can be")?;
    let start = reader.u64()?;
    let start = usize::try_from(start).ok().filter(|start| start.is_multiple_of(alignment));
    let start = start.ok_or_else(|| {
        format!("begins at a byte that is not a multiple of general.alignment, {alignment}")
    })?;
    let end = start.checked_add(size).ok_or("ends beyond all bytes")?;
    shape.reverse();
    Ok(StoredTensor { numbers, shape, bytes: start..end })
}

/// Moves the tensors to where the data begin, and checks that they are in the file, each in bytes of
/// its own.
fn place(
    tensors: &mut BTreeMap<String, StoredTensor>,
    data: usize,
    length: usize,
) -> Result<(), Problem> {
    let mut order = Vec::new();
    for (name, tensor) in tensors {
        let Range { start, end } = tensor.bytes;
        let bytes = data.checked_add(start).zip(data.checked_add(end));
        let Some((start, end)) = bytes.filter(|(_, end)| *end <= length) else {
            return Err(format!(
                "the tensor {name:?} ends at byte {} and the file has {length}; the download is \
                 incomplete or the file is damaged, get it again",
                data.saturating_add(end)
            ));
        };
        tensor.bytes = start..end;
        order.push((start, end, name));
    }
    order.sort_unstable();
    for pair in order.windows(2) {
        if let [(_, end, first), (start, _, second)] = pair
            && end > start
        {
            return Err(format!("the tensors {first:?} and {second:?} overlap"));
        }
    }
    Ok(())
}

fn whole(kind: Kind, reader: &mut Reader<'_>) -> Option<u64> {
    match kind {
        Kind::U8 | Kind::U16 | Kind::U32 | Kind::U64 => unsigned(kind, reader),
        Kind::I8 | Kind::I16 | Kind::I32 | Kind::I64 => u64::try_from(signed(kind, reader)?).ok(),
        Kind::F32 | Kind::F64 | Kind::Bool | Kind::Text => None,
    }
}

fn number(kind: Kind, reader: &mut Reader<'_>) -> Option<f64> {
    match kind {
        Kind::F32 => Some(f64::from(f32::from_bits(reader.u32().ok()?))),
        Kind::F64 => Some(f64::from_bits(reader.u64().ok()?)),
        Kind::I8 | Kind::I16 | Kind::I32 | Kind::I64 => Some(signed(kind, reader)? as f64),
        Kind::U8 | Kind::U16 | Kind::U32 | Kind::U64 => Some(unsigned(kind, reader)? as f64),
        Kind::Bool | Kind::Text => None,
    }
}

fn flag(kind: Kind, reader: &mut Reader<'_>) -> Option<bool> {
    match (kind, reader.take(1).ok()?) {
        (Kind::Bool, [0]) => Some(false),
        (Kind::Bool, [1]) => Some(true),
        _ => None,
    }
}

/// The bits of a value, filled up with zeros.
fn unsigned(kind: Kind, reader: &mut Reader<'_>) -> Option<u64> {
    let bytes = reader.take(kind.size()).ok()?;
    Some(bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

/// A value with its sign.
fn signed(kind: Kind, reader: &mut Reader<'_>) -> Option<i64> {
    let unused = 64 - 8 * kind.size();
    Some((unsigned(kind, reader)? << unused).cast_signed() >> unused)
}
