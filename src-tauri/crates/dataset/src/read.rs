//! Reading a file of pairs from beginning to end.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::rc::Rc;

use lens_core::{CancelToken, ContrastPair, Digest};
use serde::{Deserialize, Serialize};

use crate::detect::detect;
use crate::digest::DataDigest;
use crate::error::{DatasetError, SinkError};
use crate::layout::{ColumnChoice, Layout};
use crate::pairs::{Made, Mapping, pairs_of_row};
use crate::problem::{Fault, Problem, ProblemCode, ProblemLog};
use crate::sniff::{Format, Shape, sniff};
use crate::source::{Item, RawRow, open};

/// So many problems are listed; all are counted.
pub const MAX_PROBLEMS: usize = 1000;

/// Progress is reported whenever so many bytes more were read.
const REPORT_BYTES: u64 = 1 << 18;

/// How to read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReadOptions {
    /// The columns of the two sides, for files without known names (or against them).
    pub columns: Option<ColumnChoice>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadReport {
    /// File name without its extension.
    pub name: String,
    /// How the rows are written down.
    pub format: Format,
    /// Which field names they have.
    pub layout: Layout,
    /// Rows in the file, usable or not.
    pub rows_read: u64,
    /// Pairs given to the sink.
    pub pairs: u64,
    /// What was wrong, in the order of the file: the first [`MAX_PROBLEMS`].
    pub problems: Vec<Problem>,
    /// How many problems there were in all.
    pub problem_count: u64,
    /// How many of them cost a row.
    pub dropped: u64,
    /// Digest over the pairs and their order, see [`DataDigest`].
    pub digest: Digest,
    /// Size of the file.
    pub bytes: u64,
}

/// Reads a file of any known format and gives its pairs to `sink`, one at a time and in order. The
/// memory taken does not grow with the file, but for eight bytes or so per row to tell ids apart.
///
/// `progress` is told (bytes read, bytes in all). `cancel` is asked at every row.
///
/// # Errors
/// [`DatasetError`] when the file as a whole cannot be taken. Single rows that cannot are in
/// [`ReadReport::problems`]. Where nothing is usable the sink was never called.
pub fn read_pairs(
    path: &Path,
    options: &ReadOptions,
    cancel: &CancelToken,
    sink: &mut dyn FnMut(ContrastPair) -> Result<(), SinkError>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<ReadReport, DatasetError> {
    let shape = sniff(path)?;
    let mapping = detect(path, shape, options.columns.as_ref(), None, cancel)?;
    let reading = read_some(path, shape, &mapping, None, cancel, sink, progress)?;
    if reading.report.pairs == 0 {
        return Err(nothing_usable(path, reading.report.problems, reading.report.problem_count));
    }
    Ok(reading.report)
}

/// A reading, and whether it went to the end of the file.
pub(crate) struct Reading {
    pub(crate) report: ReadReport,
    pub(crate) complete: bool,
}

/// Reads a file of known shape; with a limit, stops after the row that reaches so many bytes.
pub(crate) fn read_some(
    path: &Path,
    shape: Shape,
    mapping: &Mapping,
    limit: Option<u64>,
    cancel: &CancelToken,
    sink: &mut dyn FnMut(ContrastPair) -> Result<(), SinkError>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Reading, DatasetError> {
    let io = |e| DatasetError::io(path, e);
    let bytes = std::fs::metadata(path).map_err(io)?.len();
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut source = open(path, shape)?;
    let mut out = Out {
        log: ProblemLog::new(path, MAX_PROBLEMS),
        ids: Ids::default(),
        digest: DataDigest::default(),
        pairs: 0,
        cancel,
        sink,
    };
    let mut lists = Lists::default();
    let (mut rows_read, mut reported, mut complete) = (0_u64, 0, true);
    while let Some(item) = source.next_item().map_err(io)? {
        cancel.check()?;
        match item {
            Item::Fault(fault) => {
                rows_read += u64::from(fault.dropped);
                out.log.add(fault);
            }
            Item::Row(row) if !lists.admit(&row, mapping) => {}
            Item::Row(row) => {
                rows_read += 1;
                let line = row.line;
                let default_id = format!("{name}-{rows_read}");
                pairs_of_row(row, mapping, &default_id, &mut |made| out.take(made, line))?;
            }
        }
        let done = source.bytes_done();
        if done >= reported + REPORT_BYTES {
            reported = done;
            progress(done.min(bytes), bytes);
        }
        if limit.is_some_and(|limit| done >= limit) {
            complete = false;
            break;
        }
    }
    for fault in lists.into_faults() {
        out.log.add(fault);
    }
    if complete {
        progress(bytes, bytes);
    }
    let Out { log, digest, pairs, .. } = out;
    let report = ReadReport {
        name,
        format: shape.format,
        layout: mapping.layout,
        rows_read,
        pairs,
        problem_count: log.count,
        dropped: log.dropped,
        problems: log.list,
        digest: digest.finish(),
        bytes,
    };
    Ok(Reading { report, complete })
}

/// The error for a file in which nothing can be used: its encoding, if that is all that is wrong.
pub(crate) fn nothing_usable(path: &Path, problems: Vec<Problem>, count: u64) -> DatasetError {
    let path = path.to_owned();
    match problems.first() {
        Some(first) if problems.iter().all(|p| p.code == ProblemCode::NotUtf8) => {
            DatasetError::NotUtf8 { path, line: first.line }
        }
        _ => DatasetError::NoUsableRow { path, problems, problem_count: count },
    }
}

/// Where pairs and faults go.
struct Out<'a> {
    log: ProblemLog,
    ids: Ids,
    digest: DataDigest,
    pairs: u64,
    cancel: &'a CancelToken,
    sink: &'a mut dyn FnMut(ContrastPair) -> Result<(), SinkError>,
}

impl Out<'_> {
    fn take(&mut self, made: Made, line: u32) -> Result<(), DatasetError> {
        self.cancel.check()?;
        match made {
            Made::Fault(fault) => self.log.add(fault),
            Made::Pair(mut pair) => {
                if let Some(other) = self.ids.other_than(&pair.id) {
                    let message = format!(
                        "The id {:?} is taken by an earlier pair; this one is called {other:?}.",
                        pair.id
                    );
                    let fault = Fault::kept(line, ProblemCode::DuplicateId, message);
                    self.log.add(fault.in_field("id"));
                    pair.id = other;
                }
                self.digest.add(&pair);
                self.pairs += 1;
                (self.sink)(pair).map_err(DatasetError::Sink)?;
            }
        }
        Ok(())
    }
}

/// Ids seen so far, as hashes: two ids that share one by chance cost a needless new name.
#[derive(Default)]
struct Ids {
    seen: HashSet<u64>,
    /// Where the search for a free name goes on, for ids that came twice.
    next: HashMap<u64, u64>,
}

impl Ids {
    /// Remembers an id; `id-2`, `id-3` ... where it was there already.
    fn other_than(&mut self, id: &str) -> Option<String> {
        let hash = hash_of(id);
        if self.seen.insert(hash) {
            return None;
        }
        let next = self.next.entry(hash).or_insert(2);
        loop {
            let other = format!("{id}-{next}");
            *next += 1;
            if self.seen.insert(hash_of(&other)) {
                return Some(other);
            }
        }
    }
}

fn hash_of(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

/// A JSON file may hold lists of objects that are not pairs beside those that are.
#[derive(Default)]
struct Lists {
    of_pairs: HashSet<Rc<str>>,
    /// First line and number of rows without a side, in lists that had no pair up to there.
    others: BTreeMap<Rc<str>, (u32, u64)>,
}

impl Lists {
    /// Whether a row is to be read as a pair.
    fn admit(&mut self, row: &RawRow, mapping: &Mapping) -> bool {
        if row.list.is_empty() || self.of_pairs.contains(&row.list) {
            return true;
        }
        if mapping.has_a_side(&row.fields) {
            self.of_pairs.insert(Rc::clone(&row.list));
            return true;
        }
        self.others.entry(Rc::clone(&row.list)).or_insert((row.line, 0)).1 += 1;
        false
    }

    fn into_faults(self) -> impl Iterator<Item = Fault> {
        self.others.into_iter().map(|(list, (line, count))| {
            let message = format!(
                "The list {list:?} holds {count} objects without either side; they are passed over."
            );
            Fault::dropped(line, ProblemCode::OtherList, message).in_field(&*list)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_name_is_found_also_where_the_obvious_one_is_taken() {
        let mut ids = Ids::default();
        let names: Vec<_> =
            ["a", "a-2", "a", "a", "b"].iter().map(|id| ids.other_than(id)).collect();
        assert_eq!(names, [None, None, Some("a-3".into()), Some("a-4".into()), None]);
    }
}
