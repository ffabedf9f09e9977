//! Rows out of files, one at a time, whatever the format.

mod delimited;
mod input;
mod json;
mod jsonl;
mod lines;
mod parquet;

use std::io;
use std::path::Path;
use std::rc::Rc;

use lens_core::Split;

use crate::error::DatasetError;
use crate::problem::Fault;
use crate::sniff::{Format, Shape};
use crate::value::Fields;

pub(crate) use delimited::split_head;
pub(crate) use input::Input;
pub(crate) use json::ROW_FIELDS;

/// The most bytes that one row may take in a text file: 64 MiB. A longer one is a problem of its
/// own, passed over without being held in memory.
pub const MAX_ROW_BYTES: usize = 64 << 20;

/// One row as it stands in the file.
#[derive(Debug)]
pub(crate) struct RawRow {
    /// Line from 1 where it begins; row number in Parquet.
    pub(crate) line: u32,
    /// Which list of the file it is in: `data`, `train`, `a.b`; empty for the only one.
    pub(crate) list: Rc<str>,
    /// The split that the name of the list says.
    pub(crate) split: Option<Split>,
    pub(crate) fields: Fields,
}

/// What a source yields.
#[derive(Debug)]
pub(crate) enum Item {
    Row(RawRow),
    Fault(Fault),
}

/// Rows of a file in order. After `None` there is nothing more.
pub(crate) trait RowSource {
    fn next_item(&mut self) -> io::Result<Option<Item>>;

    /// Bytes of the file taken so far, for progress.
    fn bytes_done(&self) -> u64;
}

/// Opens a file of a known shape.
pub(crate) fn open(path: &Path, shape: Shape) -> Result<Box<dyn RowSource>, DatasetError> {
    let input = || Input::open(path).map_err(|e| DatasetError::io(path, e));
    Ok(match shape.format {
        Format::Jsonl => Box::new(jsonl::Jsonl::new(input()?)),
        Format::Json => Box::new(json::Json::new(input()?)),
        Format::Csv | Format::Tsv => {
            Box::new(delimited::Delimited::open(path, input()?, shape.delimiter)?)
        }
        Format::Parquet => Box::new(parquet::Parquet::open(path)?),
    })
}
