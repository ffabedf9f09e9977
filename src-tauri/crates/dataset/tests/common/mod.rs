//! Files made for a test, and reading them.

#![allow(dead_code, reason = "every test binary uses a part of it")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lens_core::{CancelToken, ContrastPair};
use lens_dataset::{DatasetError, ReadOptions, ReadReport, read_pairs};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use tempfile::TempDir;

/// A folder that goes away with the test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

pub(crate) type Outcome = Result<(Vec<ContrastPair>, ReadReport), DatasetError>;

pub(crate) fn read_with(path: &Path, options: &ReadOptions) -> Outcome {
    let mut pairs = Vec::new();
    let mut sink = |pair| {
        pairs.push(pair);
        Ok(())
    };
    let report = read_pairs(path, options, &CancelToken::default(), &mut sink, &mut |_, _| {})?;
    Ok((pairs, report))
}

/// Reads `content` as a file called `name`.
pub(crate) fn read(name: &str, content: impl AsRef<[u8]>) -> Outcome {
    let folder = Folder::new();
    read_with(&folder.file(name, content), &ReadOptions::default())
}

/// `(line, code, dropped)` of every problem listed.
pub(crate) fn problems(report: &ReadReport) -> Vec<(u32, &'static str, bool)> {
    report.problems.iter().map(|p| (p.line, p.code.name(), p.dropped)).collect()
}

/// Ids of pairs, in order.
pub(crate) fn ids(pairs: &[ContrastPair]) -> Vec<&str> {
    pairs.iter().map(|p| p.id.as_str()).collect()
}

/// A Parquet file of text columns, in row groups of `group` rows. Nulls where there is no text.
pub(crate) fn parquet(path: &Path, columns: &[&str], rows: &[Vec<Option<&str>>], group: usize) {
    let fields: String =
        columns.iter().map(|c| format!("OPTIONAL BYTE_ARRAY {c} (UTF8); ")).collect();
    let schema = Arc::new(parse_message_type(&format!("message m {{ {fields} }}")).unwrap());
    let file = std::fs::File::create(path).unwrap();
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
    for rows in rows.chunks(group) {
        let mut group = writer.next_row_group().unwrap();
        let mut at = 0;
        while let Some(mut column) = group.next_column().unwrap() {
            let values: Vec<ByteArray> =
                rows.iter().filter_map(|r| r[at]).map(ByteArray::from).collect();
            let levels: Vec<i16> = rows.iter().map(|r| i16::from(r[at].is_some())).collect();
            column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
            column.close().unwrap();
            at += 1;
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
}

/// A Parquet file with a score column and chat messages: `list<struct<role, content>>`.
pub(crate) fn parquet_of_chat(path: &Path) {
    let messages = |name: &str| {
        format!(
            "OPTIONAL group {name} (LIST) {{ REPEATED group list {{ OPTIONAL group element {{ \
             OPTIONAL BYTE_ARRAY role (UTF8); OPTIONAL BYTE_ARRAY content (UTF8); }} }} }} "
        )
    };
    let schema = format!(
        "message m {{ OPTIONAL DOUBLE score; {} {} }}",
        messages("chosen"),
        messages("rejected")
    );
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let file = std::fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<DoubleType>().write_batch(&[0.5, f64::NAN], Some(&[1, 1]), None).unwrap();
    column.close().unwrap();
    // two rows of two messages: the second of each list repeats at level 1
    let (defined, repeated) = ([4, 4, 4, 4], [0, 1, 0, 1]);
    for texts in [
        ["user", "assistant", "user", "assistant"],
        ["Hi", "kind one", "Yo", "kind two"],
        ["user", "assistant", "user", "assistant"],
        ["Hi", "curt one", "Yo", "curt two"],
    ] {
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<ByteArrayType>()
            .write_batch(&texts.map(ByteArray::from), Some(&defined), Some(&repeated))
            .unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}
