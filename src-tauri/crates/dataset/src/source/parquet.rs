//! Parquet files, row by row.

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::rc::Rc;

use parquet::basic::Compression;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use serde_json::{Map, Number, Value};

use super::{Item, RawRow, RowSource};
use crate::error::DatasetError;
use crate::problem::{Fault, ProblemCode};
use crate::value::Fields;

/// Rows decoded at a time and column: few, for a row may be megabytes.
const BATCH: usize = 16;

pub(crate) struct Parquet {
    rows: Option<RowIter<'static>>,
    bytes: u64,
    row_count: u64,
    done: u64,
    list: Rc<str>,
}

impl Parquet {
    pub(crate) fn open(path: &Path) -> Result<Self, DatasetError> {
        let file = File::open(path).map_err(|e| DatasetError::io(path, e))?;
        let bytes = file.metadata().map_err(|e| DatasetError::io(path, e))?.len();
        let damaged = |why: &str| {
            DatasetError::unrecognised(
                path,
                format!(
                    "the Parquet file is damaged or of an unknown kind ({why}). Write it anew."
                ),
            )
        };
        // the decoder may panic on damaged files: that is an error like any other here
        let opened = guarded(|| {
            let reader = SerializedFileReader::new(file)?;
            let row_count = reader.metadata().file_metadata().num_rows();
            if let Some(codec) = unknown_codec(&reader) {
                return Ok(Err(codec));
            }
            let rows = RowIter::from_file_into(Box::new(reader)).with_batch_size(BATCH);
            Ok(Ok((row_count, rows)))
        });
        let opened = opened.map_err(|why| damaged(&why))?;
        let (row_count, rows) = opened.map_err(|codec| {
            DatasetError::unrecognised(
                path,
                format!(
                    "the Parquet file is packed with {codec}, which is not read here. Write it with \
                     zstd, snappy, gzip, lz4 or none."
                ),
            )
        })?;
        Ok(Self {
            rows: Some(rows),
            bytes,
            row_count: u64::try_from(row_count).unwrap_or(0),
            done: 0,
            list: "".into(),
        })
    }
}

impl RowSource for Parquet {
    fn next_item(&mut self) -> io::Result<Option<Item>> {
        let Some(rows) = self.rows.as_mut() else {
            return Ok(None);
        };
        let read = guarded(|| rows.next().transpose());
        let line = u32::try_from(self.done + 1).unwrap_or(u32::MAX);
        match read {
            Ok(Some(row)) => {
                self.done += 1;
                let list = Rc::clone(&self.list);
                Ok(Some(Item::Row(RawRow { line, list, split: None, fields: fields(row) })))
            }
            Ok(None) => {
                self.rows = None;
                let missing = self.row_count.saturating_sub(self.done);
                Ok((missing > 0).then(|| {
                    let message = format!("{missing} rows that the file announces are not there.");
                    Item::Fault(Fault::dropped(line, ProblemCode::BadParquet, message))
                }))
            }
            Err(why) => {
                // a decoder that failed once has lost its place
                self.rows = None;
                let message = format!(
                    "The file is damaged from row {line} on ({why}); the rows before it are kept. \
                     Write it anew."
                );
                Ok(Some(Item::Fault(Fault::dropped(line, ProblemCode::BadParquet, message))))
            }
        }
    }

    fn bytes_done(&self) -> u64 {
        if self.rows.is_none() || self.row_count == 0 {
            return self.bytes;
        }
        let share = u128::from(self.bytes) * u128::from(self.done) / u128::from(self.row_count);
        u64::try_from(share).unwrap_or(self.bytes).min(self.bytes)
    }
}

/// The name of a compression that this program was built without, if the file uses one.
fn unknown_codec(reader: &impl FileReader) -> Option<&'static str> {
    let groups = reader.metadata().row_groups().iter();
    groups.flat_map(RowGroupMetaData::columns).find_map(|column| match column.compression() {
        Compression::BROTLI(_) => Some("brotli"),
        Compression::LZO => Some("LZO"),
        _ => None,
    })
}

/// Runs the decoder; its errors and panics as a few words.
fn guarded<T>(work: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("its parts contradict each other".to_owned()),
    }
}

fn fields(row: Row) -> Fields {
    Fields(row.into_columns().into_iter().map(|(name, field)| (name, value(field))).collect())
}

/// The same value as JSON would hold it. Numbers that JSON lacks become their name, times their
/// usual form, bytes that are not text an object that says how many.
fn value(field: Field) -> Value {
    let float = |v: f64| Number::from_f64(v).map_or_else(|| v.to_string().into(), Value::Number);
    match field {
        Field::Null => Value::Null,
        Field::Bool(v) => v.into(),
        Field::Byte(v) => v.into(),
        Field::Short(v) => v.into(),
        Field::Int(v) => v.into(),
        Field::Long(v) => v.into(),
        Field::UByte(v) => v.into(),
        Field::UShort(v) => v.into(),
        Field::UInt(v) => v.into(),
        Field::ULong(v) => v.into(),
        Field::Float16(v) => float(f64::from(v)),
        Field::Float(v) => float(f64::from(v)),
        Field::Double(v) => float(v),
        Field::Str(v) => v.into(),
        Field::Bytes(v) => match v.as_utf8() {
            Ok(text) => text.into(),
            Err(_) => serde_json::json!({ "bytes": v.len() }),
        },
        Field::Group(row) => Value::Object(fields(row).0.into_iter().collect()),
        Field::ListInternal(list) => list.elements().iter().cloned().map(value).collect(),
        Field::MapInternal(map) => {
            let entries = map.entries().iter().map(|(key, v)| (key, v.clone()));
            Value::Object(entries.map(|(key, v)| (map_key(key), value(v))).collect::<Map<_, _>>())
        }
        other => other.to_string().into(),
    }
}

fn map_key(key: &Field) -> String {
    match key {
        Field::Str(text) => text.clone(),
        other => other.to_string(),
    }
}
