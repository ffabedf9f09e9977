//! Why a file could not be read at all.

use std::io;
use std::path::{Path, PathBuf};

use lens_core::Cancelled;

use crate::problem::{Problem, file_name};

/// What a sink gives back when it cannot take a pair.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// A file that cannot be taken. What is wrong with single rows is a [`Problem`] instead.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The operating system would not give the bytes.
    #[error("{name} cannot be read: {source}. Check that the file is there and that you may read it.", name = file_name(path))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder was given.
    #[error("{name} is a folder. Choose one file of pairs: .jsonl, .json, .csv, .tsv or .parquet.", name = file_name(path))]
    IsADirectory {
        /// The folder.
        path: PathBuf,
    },
    /// No bytes, or nothing but white space.
    #[error("{name} is empty. Choose a file that holds pairs.", name = file_name(path))]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The text is in another encoding.
    #[error("{name} is not UTF-8 text (line {line}). Save it again as UTF-8.", name = file_name(path))]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The first line, from 1, that is not UTF-8.
        line: u32,
    },
    /// The content is none of the known formats, or a damaged one.
    #[error("{name} is not a file of pairs: {reason}", name = file_name(path))]
    Unrecognised {
        /// The file.
        path: PathBuf,
        /// A sentence: what was found and what to do.
        reason: String,
    },
    /// Rows were found, but none of the known field names.
    #[error(
        "{name} has no columns of a known name. Choose which column holds the positive texts and \
         which the negative ones; there are: {list}.",
        name = file_name(path), list = columns.join(", ")
    )]
    NeedsColumns {
        /// The file.
        path: PathBuf,
        /// All columns, in the order of the file.
        columns: Vec<String>,
        /// The first rows (five at most), one shortened value per column.
        sample: Vec<Vec<String>>,
    },
    /// Human scores of pairs, not pairs.
    #[error("{name} holds scores of pairs, not pairs. Open the pairs first, then the scores.", name = file_name(path))]
    Scores {
        /// The file.
        path: PathBuf,
        /// All columns, in the order of the file.
        columns: Vec<String>,
    },
    /// A chosen column does not exist.
    #[error("{name} has no column {column:?}; there are: {list}.", name = file_name(path), list = columns.join(", "))]
    NoSuchColumn {
        /// The file.
        path: PathBuf,
        /// The column asked for.
        column: String,
        /// All columns, in the order of the file.
        columns: Vec<String>,
    },
    /// The file was read to its end and nothing in it could be used.
    #[error("{name} holds no usable row. {first}", name = file_name(path), first = first_of(problems))]
    NoUsableRow {
        /// The file.
        path: PathBuf,
        /// What was wrong, row by row (the first [`crate::MAX_PROBLEMS`]).
        problems: Vec<Problem>,
        /// How many problems there were in all.
        problem_count: u64,
    },
    /// Stopped by whoever asked.
    #[error("Reading was cancelled.")]
    Cancelled(#[from] Cancelled),
    /// Whoever took the pairs could not take one.
    #[error("The pairs could not be taken over: {0}")]
    Sink(#[source] SinkError),
}

impl DatasetError {
    /// A short name to branch on: `io`, `is-a-directory`, `empty`, `not-utf8`, `unrecognised`,
    /// `needs-columns`, `scores`, `no-such-column`, `no-usable-row`, `cancelled`, `sink`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "io",
            Self::IsADirectory { .. } => "is-a-directory",
            Self::Empty { .. } => "empty",
            Self::NotUtf8 { .. } => "not-utf8",
            Self::Unrecognised { .. } => "unrecognised",
            Self::NeedsColumns { .. } => "needs-columns",
            Self::Scores { .. } => "scores",
            Self::NoSuchColumn { .. } => "no-such-column",
            Self::NoUsableRow { .. } => "no-usable-row",
            Self::Cancelled(_) => "cancelled",
            Self::Sink(_) => "sink",
        }
    }

    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn unrecognised(path: &Path, reason: impl Into<String>) -> Self {
        Self::Unrecognised { path: path.to_owned(), reason: reason.into() }
    }
}

fn first_of(problems: &[Problem]) -> String {
    match problems.first() {
        Some(first) => format!("The first problem is in line {}: {}", first.line, first.message),
        None => "It has no rows at all.".to_owned(),
    }
}
