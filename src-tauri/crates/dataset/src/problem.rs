//! What is wrong with single rows.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// What kind of thing is wrong with a row; serialised in kebab case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemCode {
    /// A side holds nothing but white space.
    EmptySide,
    /// Both sides are the same text (white space at the ends aside).
    IdenticalSides,
    /// A side is not there.
    MissingSide,
    /// A side or prompt is there, but is not text.
    NotText,
    /// Broken JSON, or JSON that ends too early.
    BadJson,
    /// A JSON value where a row (an object) should be.
    NotARow,
    /// Broken quoting, or a number of columns that is not the header's.
    BadCsv,
    /// A part of a Parquet file that cannot be decoded.
    BadParquet,
    /// Bytes that are not text.
    NotUtf8,
    /// A field beyond [`crate::MAX_FIELD_BYTES`].
    FieldTooLong,
    /// A row beyond [`crate::MAX_ROW_BYTES`].
    LineTooLong,
    /// A score that is not a finite number; the pair is kept without it, a row of scores left out.
    BadScore,
    /// A split that is neither train nor test; the pair is kept without it.
    BadSplit,
    /// An id that an earlier row has; a pair is kept under another, a row of scores left out.
    DuplicateId,
    /// A list of objects inside the file that are not pairs.
    OtherList,
    /// A score that names no pair.
    MissingId,
    /// A score for an id that no pair has.
    UnknownId,
    /// A score that is not about the positive text.
    OtherSide,
}

impl ProblemCode {
    /// The name used in files and messages, as serialised.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EmptySide => "empty-side",
            Self::IdenticalSides => "identical-sides",
            Self::MissingSide => "missing-side",
            Self::NotText => "not-text",
            Self::BadJson => "bad-json",
            Self::NotARow => "not-a-row",
            Self::BadCsv => "bad-csv",
            Self::BadParquet => "bad-parquet",
            Self::NotUtf8 => "not-utf8",
            Self::FieldTooLong => "field-too-long",
            Self::LineTooLong => "line-too-long",
            Self::BadScore => "bad-score",
            Self::BadSplit => "bad-split",
            Self::DuplicateId => "duplicate-id",
            Self::OtherList => "other-list",
            Self::MissingId => "missing-id",
            Self::UnknownId => "unknown-id",
            Self::OtherSide => "other-side",
        }
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something wrong with one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// File name, without its folder.
    pub file: String,
    /// Line, from 1, on which the row begins; for Parquet the number of the row, from 1.
    pub line: u32,
    /// The field, where it is one field's fault.
    pub field: Option<String>,
    /// What kind of thing is wrong.
    pub code: ProblemCode,
    /// A sentence for a person.
    pub message: String,
    /// Whether the row (or part of the file) was left out because of it.
    pub dropped: bool,
}

/// A [`Problem`] before it knows its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) line: u32,
    pub(crate) field: Option<String>,
    pub(crate) code: ProblemCode,
    pub(crate) message: String,
    pub(crate) dropped: bool,
}

impl Fault {
    /// A fault for which the row is left out.
    pub(crate) fn dropped(line: u32, code: ProblemCode, message: impl Into<String>) -> Self {
        Self { line, field: None, code, message: message.into(), dropped: true }
    }

    /// A fault in spite of which the row is kept.
    pub(crate) fn kept(line: u32, code: ProblemCode, message: impl Into<String>) -> Self {
        Self { dropped: false, ..Self::dropped(line, code, message) }
    }

    pub(crate) fn in_field(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }
}

/// Counts every problem and keeps the first `cap`, so that a file of nothing but bad rows cannot
/// fill the memory.
#[derive(Debug)]
pub(crate) struct ProblemLog {
    file: String,
    cap: usize,
    pub(crate) list: Vec<Problem>,
    pub(crate) count: u64,
    pub(crate) dropped: u64,
}

impl ProblemLog {
    pub(crate) fn new(path: &Path, cap: usize) -> Self {
        Self { file: file_name(path), cap, list: Vec::new(), count: 0, dropped: 0 }
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        self.count += 1;
        self.dropped += u64::from(fault.dropped);
        if self.list.len() < self.cap {
            let Fault { line, field, code, message, dropped } = fault;
            self.list.push(Problem {
                file: self.file.clone(),
                line,
                field,
                code,
                message,
                dropped,
            });
        }
    }
}

/// The last part of a path, for messages; the whole path where there is none.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_named_as_serialised() {
        for code in [ProblemCode::NotUtf8, ProblemCode::EmptySide, ProblemCode::DuplicateId] {
            assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{}\"", code.name()));
        }
    }

    #[test]
    fn the_log_counts_beyond_its_cap() {
        let mut log = ProblemLog::new(Path::new("a/b.csv"), 2);
        for line in 0..5 {
            log.add(Fault::kept(line, ProblemCode::BadScore, "x"));
        }
        assert_eq!((log.list.len(), log.count, log.dropped), (2, 5, 0));
        assert_eq!(log.list[0].file, "b.csv");
    }
}
