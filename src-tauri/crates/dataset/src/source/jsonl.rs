//! One JSON object per line.

use std::io;
use std::rc::Rc;

use super::input::Input;
use super::lines::{KEEP_BYTES, Lines};
use super::{Item, MAX_ROW_BYTES, RawRow, RowSource};
use crate::problem::{Fault, ProblemCode};
use crate::value::{Fields, from_json};

pub(crate) struct Jsonl {
    lines: Lines<Input>,
    buffer: Vec<u8>,
    list: Rc<str>,
}

impl Jsonl {
    pub(crate) fn new(input: Input) -> Self {
        Self { lines: Lines::new(input, MAX_ROW_BYTES), buffer: Vec::new(), list: "".into() }
    }
}

impl RowSource for Jsonl {
    fn next_item(&mut self) -> io::Result<Option<Item>> {
        loop {
            self.buffer.clear();
            self.buffer.shrink_to(KEEP_BYTES);
            let Some(line) = self.lines.next_line(&mut self.buffer)? else {
                return Ok(None);
            };
            if line.too_long {
                return Ok(Some(Item::Fault(too_long(line.number))));
            }
            let bytes = self.buffer.trim_ascii();
            if !bytes.is_empty() {
                return Ok(Some(row_of_json(bytes, line.number, &self.list)));
            }
        }
    }

    fn bytes_done(&self) -> u64 {
        self.lines.reader.bytes_done()
    }
}

/// Turns the bytes of one JSON value into a row, or says why not.
pub(super) fn row_of_json(bytes: &[u8], line: u32, list: &Rc<str>) -> Item {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Item::Fault(not_text(line));
    };
    match from_json::<Fields>(text) {
        Ok(fields) => Item::Row(RawRow { line, list: Rc::clone(list), split: None, fields }),
        Err(error) if error.is_eof() => Item::Fault(Fault::dropped(
            line,
            ProblemCode::BadJson,
            "The JSON of this row ends too early. Complete it or take the row out.",
        )),
        Err(error) if error.is_data() => Item::Fault(Fault::dropped(
            line,
            ProblemCode::NotARow,
            "This is not a row: a JSON object with one field for each side is needed.",
        )),
        Err(error) => {
            Item::Fault(Fault::dropped(line, ProblemCode::BadJson, describe(&error, line)))
        }
    }
}

/// The parser's words with the place counted from the start of the file.
fn describe(error: &serde_json::Error, line: u32) -> String {
    let whole = error.to_string();
    let words = whole.split(" at line ").next().unwrap_or(&whole);
    let at = line.saturating_add(u32::try_from(error.line()).unwrap_or(u32::MAX).saturating_sub(1));
    let place = if at == line { String::new() } else { format!(" of line {at}") };
    format!("The JSON of this row is broken at character {}{place}: {words}.", error.column())
}

pub(super) fn too_long(line: u32) -> Fault {
    Fault::dropped(
        line,
        ProblemCode::LineTooLong,
        format!(
            "This row is longer than {} MiB. Shorten it, or check for a missing line break or \
             closing quote.",
            MAX_ROW_BYTES >> 20
        ),
    )
}

pub(super) fn not_text(line: u32) -> Fault {
    Fault::dropped(
        line,
        ProblemCode::NotUtf8,
        "This row is not UTF-8 text. Save the file again as UTF-8.",
    )
}
