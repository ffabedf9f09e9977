//! Tables with a header line: comma, tab, semicolon or bar between fields, quotes as in RFC 4180.
//!
//! The fields are split here and not by a library because a quote that never closes must neither
//! fill the memory nor swallow the rows behind it.

use std::io;
use std::path::Path;
use std::rc::Rc;

use serde_json::Value;

use super::input::Input;
use super::jsonl::{not_text, too_long};
use super::lines::{KEEP_BYTES, Line, Lines};
use super::{Item, MAX_ROW_BYTES, RawRow, RowSource};
use crate::error::DatasetError;
use crate::problem::{Fault, ProblemCode};
use crate::value::Fields;

/// So many quotes that never close are followed by a fresh start on the next line; after that lines
/// are rows, quotes or not, for each fresh start reads the rest of the file again.
const MAX_RESTARTS: u32 = 32;

pub(crate) struct Delimited {
    lines: Lines<Input>,
    splitter: Splitter,
    columns: Vec<String>,
    /// The bytes of the row being read, for a fresh start.
    raw: Vec<u8>,
    /// Bytes to read again before going on in the file, and the number of their first line.
    again: io::Cursor<Vec<u8>>,
    again_line: u32,
    restarts: u32,
    list: Rc<str>,
}

/// What came of the attempt to read one record.
enum Record {
    Whole(u32),
    Fault(Fault),
}

impl Delimited {
    /// Opens a table and reads its header.
    pub(crate) fn open(path: &Path, input: Input, delimiter: u8) -> Result<Self, DatasetError> {
        let mut table = Self {
            lines: Lines::new(input, MAX_ROW_BYTES),
            splitter: Splitter::new(delimiter),
            columns: Vec::new(),
            raw: Vec::new(),
            again: io::Cursor::default(),
            again_line: 1,
            restarts: 0,
            list: "".into(),
        };
        match table.record().map_err(|e| DatasetError::io(path, e))? {
            None => Err(DatasetError::Empty { path: path.to_owned() }),
            Some(Record::Fault(fault)) => Err(DatasetError::unrecognised(
                path,
                format!("its header cannot be read. {}", fault.message),
            )),
            Some(Record::Whole(line)) => {
                let names = table
                    .splitter
                    .texts()
                    .ok_or_else(|| DatasetError::NotUtf8 { path: path.to_owned(), line })?;
                table.columns = distinct(&names);
                Ok(table)
            }
        }
    }

    fn next_line(&mut self) -> io::Result<Option<Line>> {
        let start = self.raw.len();
        let n = io::BufRead::read_until(&mut self.again, b'\n', &mut self.raw)?;
        if n > 0 {
            let line = Line { number: self.again_line, too_long: false };
            self.again_line = self.again_line.saturating_add(1);
            return Ok(Some(line));
        }
        self.raw.truncate(start);
        self.lines.next_line(&mut self.raw)
    }

    /// Reads lines until a record is whole. Blank lines between records are passed over.
    fn record(&mut self) -> io::Result<Option<Record>> {
        self.raw.clear();
        self.raw.shrink_to(KEEP_BYTES);
        self.splitter.clear();
        let mut first = None;
        let mut first_len = 0;
        loop {
            let start = self.raw.len();
            let Some(line) = self.next_line()? else {
                return Ok(first.map(|line| self.restart(line, first_len)));
            };
            let number = *first.get_or_insert(line.number);
            if line.too_long {
                return Ok(Some(Record::Fault(too_long(number))));
            }
            let bytes = self.raw.get(start..).unwrap_or_default();
            if start == 0 {
                if self.splitter.is_blank(bytes) {
                    self.raw.clear();
                    first = None;
                    continue;
                }
                first_len = bytes.len();
            }
            if self.splitter.feed(bytes) {
                return Ok(Some(Record::Whole(number)));
            }
            if self.raw.len() > MAX_ROW_BYTES {
                return Ok(Some(self.restart(number, first_len)));
            }
            if self.restarts >= MAX_RESTARTS {
                return Ok(Some(Record::Fault(never_closed(number))));
            }
        }
    }

    /// A quote opened in the record at `line` and did not close: reading starts anew behind the
    /// record's first line.
    fn restart(&mut self, line: u32, first_len: usize) -> Record {
        self.restarts = self.restarts.saturating_add(1);
        let mut again = self.raw.split_off(first_len.min(self.raw.len()));
        // what was to be read again anyway comes behind; reading from memory cannot fail
        let position = usize::try_from(self.again.position()).unwrap_or(usize::MAX);
        again.extend_from_slice(self.again.get_ref().get(position..).unwrap_or_default());
        self.again = io::Cursor::new(again);
        self.again_line = line.saturating_add(1);
        Record::Fault(never_closed(line))
    }
}

impl RowSource for Delimited {
    fn next_item(&mut self) -> io::Result<Option<Item>> {
        let line = match self.record()? {
            None => return Ok(None),
            Some(Record::Fault(fault)) => return Ok(Some(Item::Fault(fault))),
            Some(Record::Whole(line)) => line,
        };
        let Some(mut texts) = self.splitter.texts() else {
            return Ok(Some(Item::Fault(not_text(line))));
        };
        let wanted = self.columns.len();
        while texts.len() > wanted && texts.last().is_some_and(String::is_empty) {
            texts.pop();
        }
        if texts.len() != wanted {
            let message = format!(
                "This row has {} columns, the header {wanted}. Check its quotes: a text with a \
                 delimiter or a line break in it must stand in double quotes.",
                texts.len()
            );
            return Ok(Some(Item::Fault(Fault::dropped(line, ProblemCode::BadCsv, message))));
        }
        let values = texts.into_iter().map(Value::String);
        let fields = Fields(self.columns.iter().cloned().zip(values).collect());
        Ok(Some(Item::Row(RawRow { line, list: Rc::clone(&self.list), split: None, fields })))
    }

    fn bytes_done(&self) -> u64 {
        self.lines.reader.bytes_done()
    }
}

fn never_closed(line: u32) -> Fault {
    Fault::dropped(
        line,
        ProblemCode::BadCsv,
        "A double quote opens in this row and never closes. Close it, or double it where it is \
         meant as a character.",
    )
}

/// Column names, trimmed, each different from those before it.
fn distinct(names: &[String]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let name = match name.trim() {
            "" => format!("column {}", i + 1),
            name => name.to_owned(),
        };
        let name = if columns.contains(&name) { format!("{name} ({})", i + 1) } else { name };
        columns.push(name);
    }
    columns
}

/// Splits the lines of one record into fields.
#[derive(Debug)]
struct Splitter {
    delimiter: u8,
    state: State,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first byte of a field: only here a quote opens one.
    Start,
    Plain,
    Quoted,
    /// Behind a quote inside a quoted field: a second one means the character.
    Quote,
}

impl Splitter {
    fn new(delimiter: u8) -> Self {
        Self { delimiter, state: State::Start, bytes: Vec::new(), ends: Vec::new() }
    }

    fn clear(&mut self) {
        self.state = State::Start;
        self.bytes.clear();
        self.bytes.shrink_to(KEEP_BYTES);
        self.ends.clear();
    }

    fn is_empty(&self) -> bool {
        self.state == State::Start && self.ends.is_empty()
    }

    /// Whether a line, between records, is no record: a delimiter makes it one of empty fields.
    fn is_blank(&self, line: &[u8]) -> bool {
        line.trim_ascii().is_empty() && !line.contains(&self.delimiter)
    }

    /// Takes one line with its line break; whether the record is whole after it.
    fn feed(&mut self, line: &[u8]) -> bool {
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
        for &byte in bare {
            self.state = match (self.state, byte) {
                (State::Start, b'"') => State::Quoted,
                (State::Quoted, b'"') => State::Quote,
                (State::Quote, b'"') => {
                    self.bytes.push(b'"');
                    State::Quoted
                }
                (State::Quoted, _) => {
                    self.bytes.push(byte);
                    State::Quoted
                }
                (_, byte) if byte == self.delimiter => {
                    self.ends.push(self.bytes.len());
                    State::Start
                }
                (State::Start | State::Plain | State::Quote, _) => {
                    self.bytes.push(byte);
                    State::Plain
                }
            };
        }
        if self.state == State::Quoted {
            self.bytes.extend_from_slice(line.get(bare.len()..).unwrap_or_default());
            return false;
        }
        self.ends.push(self.bytes.len());
        true
    }

    /// The fields of a whole record; nothing when one of them is not UTF-8.
    fn texts(&self) -> Option<Vec<String>> {
        let mut start = 0;
        let mut texts = Vec::with_capacity(self.ends.len());
        for &end in &self.ends {
            let field = self.bytes.get(start..end)?;
            texts.push(std::str::from_utf8(field).ok()?.to_owned());
            start = end;
        }
        Some(texts)
    }
}

/// The records at the head of a text under one delimiter, as far as they are whole: for guessing
/// the delimiter.
pub(crate) fn split_head(head: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    let mut splitter = Splitter::new(delimiter);
    let mut records = Vec::new();
    for line in head.split_inclusive(|&b| b == b'\n') {
        if splitter.is_empty() && splitter.is_blank(line) {
            continue;
        }
        if splitter.feed(line) {
            records.extend(splitter.texts());
            splitter.clear();
        }
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quotes_breaks_and_doubled_quotes() {
        let text = b"a,b\r\n\"x, \"\"y\"\"\r\nz\",2\r\n\r\nq\"r,\"\"\n";
        let records = split_head(text, b',');
        assert_eq!(records, [["a", "b"], ["x, \"y\"\r\nz", "2"], ["q\"r", ""]]);
    }

    #[test]
    fn columns_without_a_name_or_with_one_twice_are_told_apart() {
        let names = ["a", "", " a ", "b"].map(str::to_owned);
        assert_eq!(distinct(&names), ["a", "column 2", "a (3)", "b"]);
    }

    proptest! {
        /// The csv crate is the reference: the same records for whatever it writes.
        #[test]
        fn splits_what_the_csv_crate_writes(
            rows in prop::collection::vec(prop::collection::vec("[^\r]{0,6}", 2..4), 1..6),
            delimiter in prop::sample::select(vec![b',', b'\t', b';']),
        ) {
            let mut writer =
                csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(vec![]);
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            prop_assert_eq!(split_head(&writer.into_inner().unwrap(), delimiter), rows);
        }

        /// And the same reading of arbitrary text with balanced quotes or without.
        #[test]
        fn reads_what_the_csv_crate_reads(text in "[ab\",\n]{0,24}") {
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false).flexible(true).from_reader(text.as_bytes());
            let theirs: Vec<Vec<String>> = reader
                .records()
                .map(|r| r.unwrap().iter().map(str::to_owned).collect())
                .collect();
            let ours = split_head(text.as_bytes(), b',');
            // theirs takes an unclosed quote as closed by the end of the text; ours has no record
            let unclosed = usize::from(ours.len() < theirs.len());
            prop_assert_eq!(&ours[..], &theirs[..theirs.len() - unclosed]);
        }
    }
}
