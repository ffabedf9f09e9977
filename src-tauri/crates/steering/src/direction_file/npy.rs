//! NumPy's .npy: one list of f32 or f16, as `numpy.save` writes it.
//!
//! Format versions 1 to 3: magic, version, length of the header (two bytes in version 1, four later),
//! and the header, a Python dictionary of `descr`, `fortran_order` and `shape`.

use super::{Mode, Raw, bytes_of, f16_of, f32_of};

pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// Bytes that the data of a file begin at a multiple of.
const ALIGNMENT: usize = 64;
/// Bytes of magic, version and length in version 1.
const PREFIX: usize = 10;
/// Bytes that the header of a plain list stays far below.
const LONGEST_HEADER: usize = 65_536;

pub(super) fn read(bytes: &[u8]) -> Result<Raw, String> {
    let cut = || "it ends within its header; the file was cut".to_owned();
    let rest = bytes.get(MAGIC.len()..).unwrap_or_default();
    let (length, start) = match rest {
        [1, _, a, b, ..] => (usize::from(u16::from_le_bytes([*a, *b])), PREFIX),
        [2 | 3, _, a, b, c, d, ..] => {
            let length = u32::from_le_bytes([*a, *b, *c, *d]);
            (usize::try_from(length).map_err(|_| cut())?, PREFIX + 2)
        }
        [1..=3, ..] | [] => return Err(cut()),
        [version, ..] => {
            return Err(format!("it is version {version} of .npy; versions 1 to 3 can be read"));
        }
    };
    if length > LONGEST_HEADER {
        return Err(format!("its header claims {length} bytes, more than one of a list needs"));
    }
    let header = bytes.get(start..start + length).ok_or_else(cut)?;
    let header = str::from_utf8(header).map_err(|_| "its header is not text")?;
    let kind = value_of(header, "descr").and_then(quoted);
    let kind = kind.ok_or("its header does not name one kind of number (a table has several)")?;
    let count = one_dimension(value_of(header, "shape"))?;
    let data = bytes.get(start + length..).unwrap_or_default();
    let size = match kind {
        "<f4" => 4,
        "<f2" => 2,
        "|O" | "O" => {
            return Err(
                "it holds Python objects, which are a pickle and are not opened; save it as \
                        array.astype('float32')"
                    .to_owned(),
            );
        }
        other => {
            return Err(format!(
                "its numbers are {other:?}; save it as array.astype('float32') (\"<f4\") or float16"
            ));
        }
    };
    if count.checked_mul(size) != Some(data.len()) {
        return Err(format!(
            "its header claims {count} numbers of {size} bytes and {} bytes follow; the file was cut \
             or is damaged",
            data.len()
        ));
    }
    let vector = if size == 4 { f32_of(data) } else { f16_of(data) };
    let directions = vec![(None, vector)];
    Ok(Raw { convention: None, model: None, mode: Mode::Add, own: None, directions })
}

/// What stands behind a key of the header.
fn value_of<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, behind) =
        ['\'', '"'].iter().find_map(|q| header.split_once(&format!("{q}{key}{q}")))?;
    Some(behind.trim_start().strip_prefix(':')?.trim_start())
}

/// A text in either kind of quotation marks.
fn quoted(value: &str) -> Option<&str> {
    let mark = value.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    value.get(1..)?.split_once(mark).map(|(text, _)| text)
}

/// The length of a shape of one dimension; in which order the numbers stand is the same for it.
fn one_dimension(shape: Option<&str>) -> Result<usize, String> {
    let shape = shape.and_then(|shape| shape.strip_prefix('(')?.split_once(')'));
    let (shape, _) = shape.ok_or("its header has no shape")?;
    let sizes: Vec<&str> =
        shape.split(',').map(str::trim).filter(|size| !size.is_empty()).collect();
    match sizes.as_slice() {
        [size] => size.parse().map_err(|_| format!("its shape is ({shape})")),
        _ => Err(format!(
            "its shape is ({shape}); a direction is one list, so save one row of it, as array[layer]"
        )),
    }
}

/// The bytes that `numpy.save` writes for a list of f32.
pub(super) fn bytes(vector: &[f32]) -> Vec<u8> {
    let shape = vector.len();
    let mut header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape},), }}").into_bytes();
    // room that numpy leaves for the shape to grow in place
    let digits = shape.to_string().len();
    header.resize(header.len() + 21_usize.saturating_sub(digits), b' ');
    let end = (PREFIX + header.len() + 1).next_multiple_of(ALIGNMENT);
    header.resize(end - PREFIX - 1, b' ');
    header.push(b'\n');
    let length = u16::try_from(header.len()).unwrap_or(u16::MAX).to_le_bytes();
    let prefix = MAGIC.iter().copied().chain([1, 0]).chain(length);
    prefix.chain(header).chain(bytes_of(vector)).collect()
}
