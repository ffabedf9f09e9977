//! Reads PDF files back.

#![allow(clippy::unwrap_used, reason = "a helper of a test asserts by unwrapping")]

use std::collections::BTreeSet;
use std::io::Read;

/// Number, dictionary and inflated stream.
pub(crate) type Object = (usize, String, Vec<u8>);

/// Each object, found by the cross-reference table.
pub(crate) fn objects(pdf: &[u8]) -> Vec<Object> {
    let text = String::from_utf8_lossy(pdf);
    let table: usize = text
        .rsplit("startxref")
        .next()
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let table_text = std::str::from_utf8(&pdf[table..]).unwrap();
    let lines: Vec<&str> = table_text.split('\n').collect();
    assert_eq!(lines[0], "xref");
    let count: usize = lines[1].split(' ').nth(1).unwrap().parse().unwrap();
    let mut found = Vec::new();
    for number in 1..count {
        let entry = lines[2 + number];
        assert_eq!(entry.len() + 1, 20, "entries are 20 bytes long");
        let offset: usize = entry[..10].parse().unwrap();
        let object = &pdf[offset..];
        assert!(object.starts_with(format!("{number} 0 obj\n").as_bytes()));
        let at = |wanted: &[u8]| object.windows(wanted.len()).position(|w| w == wanted);
        let ends = [at(b"\nstream\n"), at(b"\nendobj")];
        let head_end = ends.into_iter().flatten().min().unwrap();
        let head = String::from_utf8_lossy(&object[..head_end]).into_owned();
        let mut stream = Vec::new();
        if object[head_end..].starts_with(b"\nstream\n") {
            let length: usize = head
                .split("/Length ")
                .nth(1)
                .unwrap()
                .split_whitespace()
                .next()
                .unwrap()
                .parse()
                .unwrap();
            let raw = &object[head_end + 8..][..length];
            assert!(object[head_end + 8 + length..].trim_ascii_start().starts_with(b"endstream"));
            if head.contains("/FlateDecode") {
                flate2::read::ZlibDecoder::new(raw).read_to_end(&mut stream).unwrap();
            } else {
                stream = raw.to_vec();
            }
        }
        found.push((number, head, stream));
    }
    found
}

/// The characters that a reader of the text can get back.
pub(crate) fn characters(objects: &[Object]) -> BTreeSet<char> {
    let mut readable = BTreeSet::new();
    for (_, _, stream) in objects.iter().filter(|(_, head, _)| head.contains("/Type /CMap")) {
        let text = String::from_utf8_lossy(stream);
        for line in text.lines().filter(|line| line.starts_with('<') && line.contains("> <")) {
            let code = line.rsplit('<').next().unwrap().trim_end_matches('>');
            readable.extend(u32::from_str_radix(code, 16).ok().and_then(char::from_u32));
        }
    }
    readable
}
