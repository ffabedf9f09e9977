//! JSON files: a list of rows, or objects that hold such lists, walked without holding more than
//! one row.
//!
//! A parser of whole documents would hold the file, and would give up at the first broken row. This
//! walker only finds where values begin and end, and hands each row to the parser by itself.

use std::io::{self, BufRead};
use std::rc::Rc;

use serde_json::Value;

use super::input::Input;
use super::jsonl::{not_text, row_of_json, too_long};
use super::lines::KEEP_BYTES;
use super::{Item, MAX_ROW_BYTES, RawRow, RowSource};
use crate::problem::{Fault, ProblemCode};
use crate::value::{Fields, from_json};

/// Fields that belong to a row though they hold lists of objects or objects.
pub(crate) const ROW_FIELDS: [&str; 7] =
    ["instruction", "questions", "prompt", "chosen", "rejected", "messages", "metadata"];

/// How deep lists of rows are looked for in objects.
const MAX_DEPTH: usize = 4;

pub(crate) struct Json {
    cursor: Cursor,
    open: Vec<Frame>,
    /// The last byte at the top was garbage: a run of it is reported once, not per byte.
    at_garbage: bool,
}

enum Frame {
    /// Inside a list of rows.
    List { path: Rc<str> },
    /// Inside an object that is a row, or holds lists of rows.
    Object { key: String, path: Rc<str>, line: u32, fields: Fields, held: usize, lists: bool },
}

/// Whether a value was found whole.
enum Span {
    Whole,
    TooLong,
    CutOff,
}

impl Json {
    pub(crate) fn new(input: Input) -> Self {
        let cursor = Cursor { input, line: 1, value: Vec::new() };
        Self { cursor, open: Vec::new(), at_garbage: false }
    }

    /// Between top-level values.
    fn at_top(&mut self, byte: u8) -> io::Result<Option<Item>> {
        let line = self.cursor.line;
        match byte {
            b'[' | b'{' => {
                self.cursor.take()?;
                self.at_garbage = false;
                self.open.push(if byte == b'[' {
                    Frame::List { path: "".into() }
                } else {
                    Frame::object(String::new(), "".into(), line)
                });
                Ok(None)
            }
            _ => {
                self.cursor.take()?;
                let first = !std::mem::replace(&mut self.at_garbage, true);
                Ok(first.then(|| Item::Fault(Fault::dropped(line, ProblemCode::BadJson, GARBAGE))))
            }
        }
    }

    /// Between the elements of a list of rows.
    fn in_list(&mut self, path: &Rc<str>, byte: u8) -> io::Result<Option<Item>> {
        let line = self.cursor.line;
        match byte {
            b']' => {
                self.cursor.take()?;
                self.open.pop();
                Ok(None)
            }
            b',' => {
                self.cursor.take()?;
                Ok(None)
            }
            b'{' => {
                let item = match self.cursor.scan(&[])? {
                    Span::Whole => row_of_json(&self.cursor.value, line, path),
                    Span::TooLong => Item::Fault(too_long(line)),
                    Span::CutOff => {
                        // said once: the list that this row cuts off needs no word of its own
                        self.open.clear();
                        Item::Fault(Fault::dropped(line, ProblemCode::BadJson, CUT))
                    }
                };
                Ok(Some(match item {
                    Item::Row(row) => Item::Row(RawRow { split: split_named(path), ..row }),
                    fault => fault,
                }))
            }
            b'}' | b':' => {
                self.cursor.take()?;
                Ok(Some(Item::Fault(Fault::dropped(line, ProblemCode::BadJson, STRAY))))
            }
            _ => {
                self.cursor.scan(&[])?;
                Ok(Some(Item::Fault(Fault::dropped(line, ProblemCode::NotARow, NOT_A_ROW))))
            }
        }
    }

    /// Between the fields of an object.
    fn in_object(&mut self, byte: u8) -> io::Result<Option<Item>> {
        let line = self.cursor.line;
        match byte {
            b'}' => {
                self.cursor.take()?;
                Ok(self.close_object())
            }
            b',' => {
                self.cursor.take()?;
                Ok(None)
            }
            b'"' => self.field(line),
            _ => {
                // what stands here is no field: pass over it whole, so that reading goes on behind it
                if matches!(byte, b']' | b':') {
                    self.cursor.take()?;
                } else {
                    self.cursor.scan(&[])?;
                }
                Ok(Some(Item::Fault(Fault::dropped(line, ProblemCode::BadJson, STRAY))))
            }
        }
    }

    /// A field of the innermost object: a list of rows or an object is gone into, all else kept.
    fn field(&mut self, line: u32) -> io::Result<Option<Item>> {
        let bad = |m: &str| Ok(Some(Item::Fault(Fault::dropped(line, ProblemCode::BadJson, m))));
        self.cursor.scan(&[])?;
        let name = std::str::from_utf8(&self.cursor.value).ok();
        let Some(name) = name.and_then(|n| from_json::<String>(n).ok()) else {
            return bad("The name of a field cannot be read here.");
        };
        if self.cursor.peek_token()? != Some(b':') {
            return bad("A colon and a value are missing after the name of a field.");
        }
        self.cursor.take()?;
        let belongs_to_row = ROW_FIELDS.contains(&name.to_ascii_lowercase().as_str());
        let depth = self.open.len();
        let path = self.path_to(&name);
        let begun: &[u8] = match self.cursor.peek_token()? {
            Some(b'{') if !belongs_to_row && depth < MAX_DEPTH => {
                self.cursor.take()?;
                self.open.push(Frame::object(name, path, line));
                return Ok(None);
            }
            Some(b'[') => {
                self.cursor.take()?;
                if self.cursor.peek_token()? == Some(b'{') && !belongs_to_row {
                    if let Some(Frame::Object { lists, .. }) = self.open.last_mut() {
                        *lists = true;
                    }
                    self.open.push(Frame::List { path });
                    return Ok(None);
                }
                b"["
            }
            Some(b',' | b'}' | b']') => return bad("A field has no value here."),
            _ => b"",
        };
        let span = self.cursor.scan(begun)?;
        let parsed = match span {
            Span::Whole => std::str::from_utf8(&self.cursor.value).map(from_json::<Value>),
            Span::TooLong => return Ok(Some(Item::Fault(too_long(line).in_field(name)))),
            Span::CutOff => return Ok(self.at_end()),
        };
        let Some(Frame::Object { fields, held, .. }) = self.open.last_mut() else {
            return Ok(None);
        };
        *held = held.saturating_add(self.cursor.value.len());
        match parsed {
            Err(_) => Ok(Some(Item::Fault(not_text(line).in_field(name)))),
            Ok(Err(_)) => bad("The value of a field cannot be read here."),
            Ok(Ok(_)) if *held > MAX_ROW_BYTES => Ok(Some(Item::Fault(too_long(line)))),
            Ok(Ok(value)) => {
                fields.set(name, value);
                Ok(None)
            }
        }
    }

    /// The innermost object ends: without lists in it, it is a row itself, or part of one.
    fn close_object(&mut self) -> Option<Item> {
        let Some(Frame::Object { key, path, line, fields, held, lists }) = self.open.pop() else {
            return None;
        };
        match self.open.last_mut() {
            Some(Frame::Object { fields: outer, held: outer_held, lists: outer_lists, .. }) => {
                *outer_lists |= lists;
                *outer_held = outer_held.saturating_add(held);
                if !lists {
                    outer.set(key, Value::Object(fields.0.into_iter().collect()));
                }
                None
            }
            _ if lists || fields.0.is_empty() => None,
            _ => Some(Item::Row(RawRow { line, list: path, split: None, fields })),
        }
    }

    fn path_to(&self, name: &str) -> Rc<str> {
        match self.open.last() {
            Some(Frame::Object { path, .. }) if !path.is_empty() => format!("{path}.{name}").into(),
            _ => name.into(),
        }
    }

    /// The file is over: what is still open was cut off.
    fn at_end(&mut self) -> Option<Item> {
        let has_lists = self
            .open
            .iter()
            .any(|frame| matches!(frame, Frame::List { .. } | Frame::Object { lists: true, .. }));
        let fault = match self.open.first()? {
            Frame::Object { line, .. } if !has_lists => {
                Fault::dropped(*line, ProblemCode::BadJson, CUT)
            }
            _ => Fault::kept(self.cursor.line, ProblemCode::BadJson, LIST_CUT),
        };
        self.open.clear();
        Some(Item::Fault(fault))
    }
}

impl RowSource for Json {
    fn next_item(&mut self) -> io::Result<Option<Item>> {
        loop {
            let Some(byte) = self.cursor.peek_token()? else {
                return Ok(self.at_end());
            };
            let item = match self.open.last() {
                None => self.at_top(byte)?,
                Some(Frame::List { path }) => {
                    let path = Rc::clone(path);
                    self.in_list(&path, byte)?
                }
                Some(Frame::Object { .. }) => self.in_object(byte)?,
            };
            if item.is_some() {
                return Ok(item);
            }
        }
    }

    fn bytes_done(&self) -> u64 {
        self.cursor.input.bytes_done()
    }
}

impl Frame {
    fn object(key: String, path: Rc<str>, line: u32) -> Self {
        Self::Object { key, path, line, fields: Fields::default(), held: 0, lists: false }
    }
}

const CUT: &str = "The file ends in the middle of this row; the rows before it are kept.";
const LIST_CUT: &str =
    "The file ends before its list is closed, so rows may be missing; those there are kept.";
const GARBAGE: &str = "Something that is not JSON stands here; it is passed over.";
const STRAY: &str = "A bracket, colon or value stands here where none belongs; it is passed over.";
const NOT_A_ROW: &str = "This is not a row: a JSON object with one field for each side is needed.";

/// A list called `train` or `validation` says the split of its rows.
fn split_named(path: &str) -> Option<lens_core::Split> {
    path.rsplit('.').next()?.parse().ok()
}

/// Bytes with the line they are on.
struct Cursor {
    input: Input,
    line: u32,
    /// The value found last by [`Cursor::scan`].
    value: Vec<u8>,
}

impl Cursor {
    /// The next byte that is not white space, not taken yet.
    fn peek_token(&mut self) -> io::Result<Option<u8>> {
        loop {
            let available = self.input.fill_buf()?;
            if available.is_empty() {
                return Ok(None);
            }
            let blank = available.iter().take_while(|b| b.is_ascii_whitespace());
            let (mut n, mut breaks) = (0, 0);
            for byte in blank {
                n += 1;
                breaks += u32::from(*byte == b'\n');
            }
            let next = available.get(n).copied();
            self.line = self.line.saturating_add(breaks);
            self.input.consume(n);
            if next.is_some() {
                return Ok(next);
            }
        }
    }

    /// Takes the byte that [`Cursor::peek_token`] showed.
    fn take(&mut self) -> io::Result<()> {
        if !self.input.fill_buf()?.is_empty() {
            self.input.consume(1);
        }
        Ok(())
    }

    /// Reads one value into `self.value`; `begun` is what of it was taken already. Brackets are
    /// counted, not matched: the parser that gets the value sees to that.
    fn scan(&mut self, begun: &[u8]) -> io::Result<Span> {
        self.value.clear();
        self.value.shrink_to(KEEP_BYTES);
        self.value.extend_from_slice(begun);
        let mut depth = begun.len();
        let (mut in_string, mut escaped, mut started, mut too_long) = (false, false, false, false);
        loop {
            let available = self.input.fill_buf()?;
            if available.is_empty() {
                let scalar = depth == 0 && started && !in_string;
                return Ok(if scalar && !too_long { Span::Whole } else { Span::CutOff });
            }
            let (mut taken, mut whole) = (0, false);
            for &byte in available {
                if in_string {
                    taken += 1;
                    self.line = self.line.saturating_add(u32::from(byte == b'\n'));
                    match byte {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = true,
                        b'"' => {
                            in_string = false;
                            whole = depth == 0;
                        }
                        _ => {}
                    }
                } else if depth == 0 && started && is_end_of_scalar(byte) {
                    whole = true;
                    break;
                } else {
                    taken += 1;
                    started = true;
                    match byte {
                        b'"' => in_string = true,
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' => {
                            depth = depth.saturating_sub(1);
                            whole = depth == 0;
                        }
                        b'\n' => self.line = self.line.saturating_add(1),
                        _ => {}
                    }
                }
                if whole {
                    break;
                }
            }
            if self.value.len() + taken > MAX_ROW_BYTES {
                too_long = true;
                self.value.clear();
                self.value.shrink_to(KEEP_BYTES);
            } else if !too_long {
                self.value.extend_from_slice(available.get(..taken).unwrap_or_default());
            }
            self.input.consume(taken);
            if whole {
                return Ok(if too_long { Span::TooLong } else { Span::Whole });
            }
        }
    }
}

fn is_end_of_scalar(byte: u8) -> bool {
    matches!(byte, b',' | b']' | b'}' | b':' | b'{' | b'[' | b'"') || byte.is_ascii_whitespace()
}
