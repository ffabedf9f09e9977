//! Arrays on their way to the window: raw bytes behind a small header.
//!
//! Layout: the four bytes `LNS1`; the header's length in bytes as u32, little endian; the header,
//! JSON in UTF-8, padded with spaces so that the body starts at a multiple of four; the body.

use serde::Serialize;

const MAGIC: &[u8; 4] = b"LNS1";

/// Numbers of one kind.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Array<'a> {
    F32(&'a [f32]),
    U32(&'a [u32]),
}

/// A header and a body, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet(Vec<u8>);

impl Packet {
    /// Puts f32 values behind a header, little endian.
    ///
    /// # Errors
    /// When the header cannot be written as JSON.
    pub fn of_f32(header: &impl Serialize, values: &[f32]) -> Result<Self, serde_json::Error> {
        Self::of_arrays(header, &[Array::F32(values)])
    }

    /// Puts arrays behind a header, one after the other, little endian.
    ///
    /// # Errors
    /// When the header cannot be written as JSON.
    pub(crate) fn of_arrays(
        header: &impl Serialize,
        arrays: &[Array<'_>],
    ) -> Result<Self, serde_json::Error> {
        let count = |array: &Array<'_>| match array {
            Array::F32(values) => values.len(),
            Array::U32(values) => values.len(),
        };
        let mut packet = Self::start(header, arrays.iter().map(count).sum::<usize>() * 4)?;
        for array in arrays {
            match array {
                Array::F32(values) => packet.0.extend(values.iter().flat_map(|v| v.to_le_bytes())),
                Array::U32(values) => packet.0.extend(values.iter().flat_map(|v| v.to_le_bytes())),
            }
        }
        Ok(packet)
    }

    /// Puts u16 arrays behind a header, one after the other, little endian.
    ///
    /// # Errors
    /// When the header cannot be written as JSON.
    pub fn of_u16(header: &impl Serialize, arrays: &[&[u16]]) -> Result<Self, serde_json::Error> {
        let count: usize = arrays.iter().map(|a| a.len()).sum();
        let mut packet = Self::start(header, count * 2)?;
        packet.0.extend(arrays.iter().flat_map(|a| a.iter()).flat_map(|v| v.to_le_bytes()));
        Ok(packet)
    }

    /// The bytes.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn start(header: &impl Serialize, body: usize) -> Result<Self, serde_json::Error> {
        let mut json = serde_json::to_vec(header)?;
        json.resize(json.len().next_multiple_of(4), b' ');
        let mut bytes = Vec::with_capacity(8 + json.len() + body);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&u32::try_from(json.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.append(&mut json);
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_aligned_and_whole() {
        for name in ["", "a", "ab", "abc", "é"] {
            let bytes = Packet::of_f32(&name, &[1.0, -2.5]).unwrap().into_bytes();
            assert_eq!(&bytes[..4], b"LNS1");
            let header = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
            assert_eq!(header % 4, 0);
            let text: String = serde_json::from_slice(&bytes[8..8 + header]).unwrap();
            assert_eq!(text, name);
            assert_eq!(bytes[8 + header..], [1.0f32, -2.5].map(f32::to_le_bytes).concat());
        }
        let bytes = Packet::of_u16(&0, &[&[1, 2], &[3]]).unwrap().into_bytes();
        assert_eq!(bytes[12..], [1, 0, 2, 0, 3, 0]);
    }
}
