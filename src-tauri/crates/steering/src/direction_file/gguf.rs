//! GGUF control vectors, as llama.cpp reads them and repeng and EasySteer write them.
//!
//! Entries `general.architecture` = "controlvector", `controlvector.model_hint`,
//! `controlvector.layer_count` (the number of directions); tensors `direction.N`, F32, of one
//! dimension. llama.cpp reads the tensors alone. Our own files say more under `empathy_lens.*`, which
//! others pass over.

use std::collections::BTreeMap;

use lens_core::DirectionMethod;

use super::{Contents, Convention, Mode, Own, Raw, bytes_of, f32_of};

pub(super) const MAGIC: &[u8] = b"GGUF";

const VERSION: u32 = 3;
const ALIGNMENT: usize = 32;
/// Entries, and tensors, that no control vector comes near.
const MOST: u64 = 65_536;

/// Kinds of entries that mean something here.
const U32: u32 = 4;
const I32: u32 = 5;
const TEXT: u32 = 8;
const LIST: u32 = 9;
const F64: u32 = 12;
/// Bytes of an entry of each kind; texts and lists have their own length.
const SIZES: [u64; 13] = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
/// The kind of a tensor of f32.
const F32_TENSOR: u32 = 0;

/// An entry of the header.
enum Entry<'a> {
    Whole(u32),
    /// With a sign, as C++ wrote it.
    Signed,
    Text(&'a str),
    Number(f64),
    /// Of a kind that nothing is looked up in.
    Other,
}

type Entries<'a> = BTreeMap<&'a str, Entry<'a>>;

pub(super) fn read(bytes: &[u8]) -> Result<Raw, String> {
    let mut header = Header { bytes, at: MAGIC.len() };
    let version = header.u32()?;
    if !(2..=3).contains(&version) {
        return Err(format!("it is version {version} of GGUF; versions 2 and 3 can be read"));
    }
    let (tensors, entries) = (header.u64()?, header.u64()?);
    if tensors > MOST || entries > MOST {
        return Err(format!(
            "its header claims {tensors} tensors and {entries} entries, more than a control vector has"
        ));
    }
    let mut about = Entries::new();
    for _ in 0..entries {
        let (key, kind) = (header.text()?, header.u32()?);
        if about.insert(key, header.entry(kind)?).is_some() {
            return Err(format!("its header has {key} twice"));
        }
    }
    match about.get("general.architecture") {
        Some(Entry::Text("controlvector")) => {}
        Some(Entry::Text(other)) => {
            return Err(format!("it is a GGUF of \"{other}\", not a control vector"));
        }
        _ => return Err("it does not say that it is a control vector".to_owned()),
    }
    let alignment = match about.get("general.alignment") {
        Some(Entry::Whole(alignment)) => *alignment as usize,
        _ => ALIGNMENT,
    };
    if !alignment.is_power_of_two() {
        return Err("its general.alignment is not a power of two".to_owned());
    }
    let mut places = Vec::new();
    for _ in 0..tensors {
        places.push(header.tensor()?);
    }
    let data = bytes.get(header.at.next_multiple_of(alignment)..).unwrap_or_default();
    let mut directions = Vec::new();
    for (number, width, start) in places {
        let end = width.checked_mul(4).and_then(|size| start.checked_add(size));
        let found = end.and_then(|end| data.get(start..end));
        let found = found.ok_or_else(|| {
            format!("direction.{number} is not whole in the file; it was cut or is damaged")
        })?;
        directions.push((Some(number), f32_of(found)));
    }
    let own = own(&about)?;
    let text = |key| match about.get(key) {
        Some(Entry::Text(text)) => Some((*text).to_owned()),
        _ => None,
    };
    Ok(Raw {
        convention: Some(convention(&about, own.is_some())),
        model: text("empathy_lens.model").or_else(|| text("controlvector.model_hint")),
        mode: Mode::Add,
        own,
        directions,
    })
}

/// How N is counted: by who wrote the file.
fn convention(about: &Entries<'_>, own: bool) -> (Convention, &'static str) {
    match about.get("controlvector.layer_count") {
        _ if own => (Convention::Block, "This program wrote the file, for llama.cpp."),
        // it is the only writer in C++, where the count is given a sign
        Some(Entry::Signed) => (
            Convention::Generator,
            "llama-cvector-generator wrote the file: its layers are where it measured them; \
             llama.cpp itself adds each one block later.",
        ),
        _ => (
            Convention::Block,
            "It is a control vector as repeng and EasySteer write it: direction.N belongs to the \
             output of block N, counted from 0, where llama.cpp adds it.",
        ),
    }
}

fn own(about: &Entries<'_>) -> Result<Option<Own>, String> {
    let Some(method) = about.get("empathy_lens.method") else { return Ok(None) };
    let found = DirectionMethod::ALL
        .into_iter()
        .find(|found| matches!(method, Entry::Text(name) if *name == found.name()));
    let number = |key: &str| match about.get(key) {
        Some(Entry::Number(value)) if value.is_finite() => Ok(*value),
        _ => Err(format!("its {key} is not a number")),
    };
    let provenance = match about.get("empathy_lens.provenance") {
        Some(Entry::Text(text)) => (*text).to_owned(),
        _ => return Err("its empathy_lens.provenance is missing".to_owned()),
    };
    Ok(Some(Own {
        method: found.ok_or("its empathy_lens.method is none that is known")?,
        midpoint: number("empathy_lens.midpoint")?,
        scale: number("empathy_lens.scale")?,
        provenance,
    }))
}

/// The header, read from front to back. No length is believed before it is held against the file.
struct Header<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Header<'a> {
    fn take(&mut self, count: u64) -> Result<&'a [u8], String> {
        let left = self.bytes.get(self.at..).unwrap_or_default();
        let taken = usize::try_from(count).ok().and_then(|count| left.get(..count));
        let taken = taken.ok_or_else(|| {
            format!(
                "its header asks for {count} bytes where {} are left; the file was cut or is damaged",
                left.len()
            )
        })?;
        self.at += taken.len();
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, String> {
        Ok(self.take(4)?.first_chunk().map_or(0, |b| u32::from_le_bytes(*b)))
    }

    fn u64(&mut self) -> Result<u64, String> {
        Ok(self.take(8)?.first_chunk().map_or(0, |b| u64::from_le_bytes(*b)))
    }

    fn text(&mut self) -> Result<&'a str, String> {
        let length = self.u64()?;
        let start = self.at;
        str::from_utf8(self.take(length)?)
            .map_err(|_| format!("the text at byte {start} is not valid UTF-8"))
    }

    fn entry(&mut self, kind: u32) -> Result<Entry<'a>, String> {
        match kind {
            U32 => self.u32().map(Entry::Whole),
            I32 => self.take(4).map(|_| Entry::Signed),
            TEXT => self.text().map(Entry::Text),
            F64 => self.u64().map(|bits| Entry::Number(f64::from_bits(bits))),
            LIST => {
                let (inner, count) = (self.u32()?, self.u64()?);
                if inner == TEXT {
                    // each takes 8 bytes at least, so this ends with the file
                    for _ in 0..count {
                        self.text()?;
                    }
                } else {
                    self.take(count.saturating_mul(size(inner)?))?;
                }
                Ok(Entry::Other)
            }
            other => self.take(size(other)?).map(|_| Entry::Other),
        }
    }

    /// Number, width and first byte of a direction.
    fn tensor(&mut self) -> Result<(usize, usize, usize), String> {
        let name = self.text()?;
        let number = name.strip_prefix("direction.").and_then(|number| number.parse().ok());
        let number = number.ok_or_else(|| {
            format!(
                "it has a tensor {name:?}; those of a control vector are called \"direction.N\""
            )
        })?;
        let dimensions = self.u32()?;
        let width = usize::try_from(if dimensions == 1 { self.u64()? } else { 0 });
        let Some(width) = width.ok().filter(|width| *width > 0) else {
            return Err(format!("{name} is not one list of numbers, as a direction has to be"));
        };
        let (kind, start) = (self.u32()?, self.u64()?);
        if kind != F32_TENSOR {
            return Err(format!(
                "{name} is not stored in f32, as llama.cpp asks of a control vector"
            ));
        }
        let start = usize::try_from(start).map_err(|_| format!("{name} begins beyond the file"))?;
        Ok((number, width, start))
    }
}

fn size(kind: u32) -> Result<u64, String> {
    let size = usize::try_from(kind).ok().and_then(|kind| SIZES.get(kind)).copied();
    size.filter(|size| *size > 0).ok_or_else(|| format!("its header has an entry of kind {kind}"))
}

/// The bytes of a control vector of one direction.
pub(super) fn bytes(contents: &Contents<'_>, number: usize) -> Vec<u8> {
    let direction = contents.direction;
    let mut file = MAGIC.to_vec();
    file.extend(VERSION.to_le_bytes());
    file.extend(1_u64.to_le_bytes());
    file.extend(8_u64.to_le_bytes());
    put_text(&mut file, "general.architecture", "controlvector");
    put_text(&mut file, "controlvector.model_hint", contents.family);
    put_key(&mut file, "controlvector.layer_count", U32);
    file.extend(1_u32.to_le_bytes());
    put_text(&mut file, "empathy_lens.model", contents.model);
    put_text(&mut file, "empathy_lens.method", direction.method.name());
    for (key, value) in
        [("empathy_lens.midpoint", direction.midpoint), ("empathy_lens.scale", direction.scale)]
    {
        put_key(&mut file, key, F64);
        file.extend(value.to_le_bytes());
    }
    put_text(&mut file, "empathy_lens.provenance", contents.provenance);
    put(&mut file, &format!("direction.{number}"));
    file.extend(1_u32.to_le_bytes());
    file.extend((direction.vector.len() as u64).to_le_bytes());
    file.extend(F32_TENSOR.to_le_bytes());
    file.extend(0_u64.to_le_bytes());
    file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
    file.extend(bytes_of(&direction.vector));
    file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
    file
}

fn put_text(file: &mut Vec<u8>, key: &str, value: &str) {
    put_key(file, key, TEXT);
    put(file, value);
}

fn put_key(file: &mut Vec<u8>, key: &str, kind: u32) {
    put(file, key);
    file.extend(kind.to_le_bytes());
}

/// A text behind its length.
fn put(file: &mut Vec<u8>, text: &str) {
    file.extend((text.len() as u64).to_le_bytes());
    file.extend(text.as_bytes());
}
