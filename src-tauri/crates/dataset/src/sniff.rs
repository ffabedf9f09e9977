//! What kind of file it is, by its content. The extension only breaks ties.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::error::DatasetError;
use crate::layout::Layout;
use crate::source::{Input, ROW_FIELDS, split_head};
use crate::value::{from_json, quote_non_finite};

/// How rows are written down in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// One JSON object per line.
    Jsonl,
    /// One JSON document: a list of objects, or an object that holds such lists.
    Json,
    /// Fields divided by comma, semicolon or bar, with a header.
    Csv,
    /// Fields divided by tabs, with a header.
    Tsv,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// As a person writes it: `JSONL`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "JSONL",
            Self::Json => "JSON",
            Self::Csv => "CSV",
            Self::Tsv => "TSV",
            Self::Parquet => "Parquet",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A format with what is needed to read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) format: Format,
    /// Between fields of a table.
    pub(crate) delimiter: u8,
}

impl Shape {
    const fn of(format: Format) -> Self {
        Self { format, delimiter: b',' }
    }
}

/// So much of a file decides what it is: 1 MiB.
pub(crate) const HEAD_BYTES: usize = 1 << 20;

/// Finds the format of a file from its first [`HEAD_BYTES`].
pub(crate) fn sniff(path: &Path) -> Result<Shape, DatasetError> {
    let io = |e| DatasetError::io(path, e);
    if std::fs::metadata(path).map_err(io)?.is_dir() {
        return Err(DatasetError::IsADirectory { path: path.to_owned() });
    }
    let mut magic = Vec::new();
    File::open(path).map_err(io)?.take(4).read_to_end(&mut magic).map_err(io)?;
    if magic == b"PAR1" {
        return Ok(Shape::of(Format::Parquet));
    }
    if magic == b"PARE" {
        return Err(DatasetError::unrecognised(
            path,
            "it is an encrypted Parquet file. Write it without encryption.",
        ));
    }
    let mut head = Vec::new();
    Input::open(path)
        .and_then(|input| input.take(HEAD_BYTES as u64).read_to_end(&mut head))
        .map_err(io)?;
    let whole = head.len() < HEAD_BYTES;
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    let shape = shape_of(&head, whole, extension.as_deref().unwrap_or_default());
    shape.map_err(|refusal| match refusal {
        Refusal::Empty => DatasetError::Empty { path: path.to_owned() },
        Refusal::Reason(reason) => DatasetError::unrecognised(path, reason),
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    Empty,
    Reason(&'static str),
}

fn shape_of(head: &[u8], whole: bool, extension: &str) -> Result<Shape, Refusal> {
    let body = head.trim_ascii_start();
    if head.contains(&0) {
        return Err(Refusal::Reason(
            "it holds binary data, not text. Choose a .jsonl, .json, .csv, .tsv or .parquet file; \
             text in UTF-16 must begin with a byte order mark.",
        ));
    }
    match body.first() {
        None if whole => Err(Refusal::Empty),
        None => Err(Refusal::Reason("it begins with a megabyte of white space.")),
        Some(b'[') => Ok(Shape::of(Format::Json)),
        Some(b'{') => Ok(Shape::of(braces(body, extension))),
        Some(_) => {
            let table = delimiter_of(head, whole, extension);
            if looks_like_lines_of_json(body, whole, extension) {
                Ok(Shape::of(Format::Jsonl))
            } else if let Some(delimiter) = table {
                let format = if delimiter == b'\t' { Format::Tsv } else { Format::Csv };
                Ok(Shape { format, delimiter })
            } else {
                Err(Refusal::Reason(
                    "its text is neither JSON nor a table with a header of two or more columns.",
                ))
            }
        }
    }
}

/// JSON lines or one JSON document? Both begin with a brace.
fn braces(body: &[u8], extension: &str) -> Format {
    let by_extension = if extension == "json" { Format::Json } else { Format::Jsonl };
    let text = valid_prefix(body);
    let mut lines = text.lines().filter(|l| !l.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    let second_is_row = lines.next().is_some_and(|l| l.trim_start().starts_with('{'));
    match from_json::<IgnoredAny>(first) {
        Ok(_) if second_is_row => Format::Jsonl,
        // one object in one line: a single row, or a document without line breaks
        Ok(_) if holds_list_of_objects(first) => Format::Json,
        Ok(_) => by_extension,
        // a first line that is cut off or broken, with rows below it
        Err(_) if second_is_row => {
            let quoted = quote_non_finite(text);
            let document = quoted.as_deref().unwrap_or(text);
            let parsed =
                serde_json::Deserializer::from_str(document).into_iter::<IgnoredAny>().next();
            match parsed {
                Some(Err(error)) if !error.is_eof() && error.line() <= 2 => Format::Jsonl,
                _ => Format::Json,
            }
        }
        Err(_) if text.trim_end().lines().nth(1).is_some() => Format::Json,
        // longer than the head
        Err(_) if holds_list_of_objects(first) => Format::Json,
        Err(_) => by_extension,
    }
}

/// Whether an object, whole or cut off, holds a list of objects that is not a field of a row.
fn holds_list_of_objects(text: &str) -> bool {
    let (mut in_string, mut escaped, mut lists) = (false, false, 0_u32);
    let (mut string, mut last_list) = (0..0, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => {
                in_string = !in_string;
                string = if in_string { at + 1..at + 1 } else { string.start..at };
            }
            _ if in_string || byte.is_ascii_whitespace() => continue,
            b'{' if last_list && lists == 1 => {
                let name = text.get(string.clone()).unwrap_or_default().to_ascii_lowercase();
                if !ROW_FIELDS.contains(&name.as_str()) {
                    return true;
                }
            }
            b'[' => lists += 1,
            b']' => lists = lists.saturating_sub(1),
            _ => {}
        }
        last_list = byte == b'[' && !in_string;
    }
    false
}

/// The part of a head that is UTF-8: a head may end within a character.
fn valid_prefix(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(valid).unwrap_or_default()
        }
    }
}

/// JSON lines whose first line is something else: half of the lines or more are objects, or one
/// where the extension says so.
fn looks_like_lines_of_json(body: &[u8], whole: bool, extension: &str) -> bool {
    let mut lines: Vec<&[u8]> = body.split(|&b| b == b'\n').map(<[u8]>::trim_ascii).collect();
    if !whole {
        lines.pop();
    }
    lines.retain(|l| !l.is_empty());
    let is_row = |l: &&&[u8]| {
        l.starts_with(b"{")
            && std::str::from_utf8(l).is_ok_and(|t| from_json::<IgnoredAny>(t).is_ok())
    };
    let rows = lines.iter().filter(is_row).count();
    let named = matches!(extension, "jsonl" | "ndjson" | "json");
    rows * 2 >= lines.len().max(2) || (named && rows > 0)
}

/// The delimiter under which a text is a table: the one whose header has known names, else the one
/// that cuts most rows into as many fields as the header.
fn delimiter_of(head: &[u8], whole: bool, extension: &str) -> Option<u8> {
    let mut best: Option<(usize, u8)> = None;
    // the last line may be cut off, unless it is the only one
    let end = if whole { None } else { head.iter().rposition(|&b| b == b'\n') };
    let head = head.get(..end.map_or(head.len(), |e| e + 1)).unwrap_or(head);
    for delimiter in [b',', b'\t', b';', b'|'] {
        let records = split_head(head, delimiter);
        let Some((header, rows)) = records.split_first() else {
            continue;
        };
        if header.len() < 2 {
            continue;
        }
        if Layout::of_columns(header.iter().map(String::as_str)).is_some() {
            return Some(delimiter);
        }
        let even = rows.iter().filter(|r| r.len() == header.len()).count();
        let named = header.iter().all(|n| !n.trim().is_empty() && n.len() <= 128);
        let tabular = named && even > 0 && even * 10 >= rows.len() * 9;
        let declared = matches!(extension, "csv" | "tsv" | "tab");
        let score = even * header.len() + 1;
        if (tabular || declared) && best.is_none_or(|(s, _)| score > s) {
            best = Some((score, delimiter));
        }
    }
    best.map(|(_, delimiter)| delimiter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format_of(text: &str, extension: &str) -> Result<Format, Refusal> {
        shape_of(text.as_bytes(), true, extension).map(|s| s.format)
    }

    #[test]
    fn content_decides_and_not_the_extension() {
        let row = r#"{"positive": "a", "negative": "b"}"#;
        for extension in ["jsonl", "json", "csv", "txt", ""] {
            assert_eq!(format_of(&format!("{row}\n{row}\n"), extension), Ok(Format::Jsonl));
            assert_eq!(format_of(&format!(" [{row}]"), extension), Ok(Format::Json));
            assert_eq!(format_of(&format!("{{\"data\": [{row}]}}"), extension), Ok(Format::Json));
            assert_eq!(format_of(&format!("{{\n \"x\": [\n{row}]}}"), extension), Ok(Format::Json));
            assert_eq!(format_of("positive,negative\na,b\n", extension), Ok(Format::Csv));
            assert_eq!(format_of("positive\tnegative\na, x\tb\n", extension), Ok(Format::Tsv));
            assert_eq!(format_of("good;bad\na;b\nc;d\n", extension), Ok(Format::Csv));
            assert_eq!(format_of(" \n", extension), Err(Refusal::Empty));
            assert!(format_of("a\0b", extension).is_err());
        }
        // one object in one line is a row in either
        assert_eq!(format_of(row, "json"), Ok(Format::Json));
        assert_eq!(format_of(row, "jsonl"), Ok(Format::Jsonl));
    }

    #[test]
    fn broken_first_lines_do_not_mislead() {
        let row = r#"{"positive": "a", "negative": "b"}"#;
        for first in
            [r#"{"positive": "a", "neg"#, r#"{"positive": "a","#, "# pairs", "{\"score\": NaN}"]
        {
            assert_eq!(
                format_of(&format!("{first}\n{row}\n{row}\n"), "jsonl"),
                Ok(Format::Jsonl),
                "{first}"
            );
        }
        let pretty = "{\"data\": [ {\"positive\": \"a\", \"score\": NaN},\n{\"positive\": \"b\"}]}";
        assert_eq!(format_of(pretty, "json"), Ok(Format::Json));
    }

    #[test]
    fn prose_is_not_a_table() {
        assert!(format_of("Dear all, hello.\nI write, today, to say\nnothing.\n", "txt").is_err());
        assert!(format_of("one column\nx\n", "csv").is_err());
    }

    #[test]
    fn the_delimiter_in_quoted_text_does_not_count() {
        let text = "kind;unkind\n\"a, b, c\";\"d, e\"\n\"f, g, h\";\"i, j\"\n";
        assert_eq!(shape_of(text.as_bytes(), true, "csv").unwrap().delimiter, b';');
    }
}
