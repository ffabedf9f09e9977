//! Pairs go into a study as they are read, in one transaction: a file without a usable row, or a
//! stop half-way, leaves the study as it was.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use lens_core::{CancelToken, ContrastPair, Digest, Progress, Reporter, Split};
use lens_dataset::{
    DataDigest, DatasetError, Problem, ReadOptions, ReadReport, ScoreTable, SinkError,
};
use rusqlite::{Statement, Transaction, params};
use serde::{Deserialize, Serialize};

use super::{PairSet, State, Study};
use crate::EngineError;
use crate::human_scores::ScoreRecord;

/// What an import said, kept with the pairs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImportRecord {
    /// Name of the data set, from the file.
    pub name: String,
    /// "JSONL", "CSV" ...
    pub format: String,
    /// What the positive side has and the negative side lacks.
    pub concept: String,
    /// Digest over the pairs in order.
    pub digest: Digest,
    /// The first problems.
    pub problems: Vec<Problem>,
    /// Problems in all.
    pub problem_count: u32,
    /// Rows left out.
    pub dropped: u32,
    /// The table that the scores of the pairs are from, where it is not their own file.
    #[serde(default)]
    pub scores: Option<ScoreRecord>,
}

impl From<&ReadReport> for ImportRecord {
    fn from(report: &ReadReport) -> Self {
        Self {
            name: report.name.clone(),
            format: report.format.name().to_owned(),
            concept: "empathy".to_owned(),
            digest: report.digest.clone(),
            problems: report.problems.clone(),
            problem_count: small(report.problem_count),
            dropped: small(report.dropped),
            scores: None,
        }
    }
}

impl Study {
    /// Reads a pairs file into a new pair set and makes it current, as one edit. `change` adjusts
    /// the rest of the state in the same step.
    ///
    /// # Errors
    /// When the file cannot be read or has no usable row, or the study cannot be written; the study
    /// is then as it was.
    pub fn import(
        &mut self,
        path: &Path,
        options: &ReadOptions,
        reporter: &dyn Reporter,
        cancel: &CancelToken,
        change: impl FnOnce(&mut State),
    ) -> Result<(), EngineError> {
        let transaction = self.db.transaction()?;
        let mut set = NewSet::begin(&transaction)?;
        let report = read_file(path, options, reporter, cancel, &mut |pair| Ok(set.add(&pair)?))?;
        let record = ImportRecord::from(&report);
        let id = set.end(&record)?;
        transaction.commit()?;
        self.take(id, &record.name, change)
    }

    /// Gives the current pairs the scores of a table, as one edit: see [`PairSet::with_scores`].
    ///
    /// # Errors
    /// When there are no pairs, the table scores none of them, or the study cannot be written; the
    /// study is then as it was.
    pub fn import_scores(
        &mut self,
        table: &ScoreTable,
        change: impl FnOnce(&mut State),
    ) -> Result<(), EngineError> {
        let scored = self.pairs().ok_or(EngineError::NoPairs)?.with_scores(table)?;
        let transaction = self.db.transaction()?;
        let mut set = NewSet::begin(&transaction)?;
        for pair in &scored.pairs {
            set.add(pair)?;
        }
        let id = set.end(&scored.record)?;
        transaction.commit()?;
        self.take(id, &table.file, change)
    }

    /// Makes a pair set that was written the current one.
    fn take(
        &mut self,
        id: i64,
        name: &str,
        change: impl FnOnce(&mut State),
    ) -> Result<(), EngineError> {
        self.edit(&format!("import of {name}"), |state| {
            state.pair_set = Some(id);
            change(state);
        })?;
        self.forget_unreachable_pairs()
    }

    /// Removes pair sets that neither the state nor any undo step refers to.
    fn forget_unreachable_pairs(&self) -> Result<(), EngineError> {
        let mut reachable: Vec<i64> = self.state.pair_set.into_iter().collect();
        let mut steps = self.db.prepare("SELECT state FROM undo")?;
        for state in steps.query_map([], |r| r.get::<_, String>(0))? {
            reachable.extend(serde_json::from_str::<State>(&state?)?.pair_set);
        }
        let list = reachable.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        self.db.execute(&format!("DELETE FROM pair_set WHERE id NOT IN ({list})"), [])?;
        Ok(())
    }
}

/// A pair set that is being written.
struct NewSet<'a> {
    transaction: &'a Transaction<'a>,
    insert: Statement<'a>,
    id: i64,
    pairs: i64,
}

impl<'a> NewSet<'a> {
    fn begin(transaction: &'a Transaction<'_>) -> Result<Self, EngineError> {
        transaction.execute("INSERT INTO pair_set (report) VALUES ('')", [])?;
        let id = transaction.last_insert_rowid();
        let insert = "INSERT INTO pair (set_id, ordinal, pair) VALUES (?1, ?2, ?3)";
        Ok(Self { transaction, insert: transaction.prepare(insert)?, id, pairs: 0 })
    }

    fn add(&mut self, pair: &ContrastPair) -> Result<(), EngineError> {
        self.insert.execute(params![self.id, self.pairs, serde_json::to_string(pair)?])?;
        self.pairs += 1;
        Ok(())
    }

    fn end(self, record: &ImportRecord) -> Result<i64, EngineError> {
        let report = serde_json::to_string(record)?;
        let update = "UPDATE pair_set SET report = ?1 WHERE id = ?2";
        self.transaction.execute(update, params![report, self.id])?;
        Ok(self.id)
    }
}

impl PairSet {
    /// Reads files into memory, one after the other, without a study; each with the split that all
    /// its pairs are to have, if any. Pairs of a later file whose id is taken get their file's name
    /// in front.
    ///
    /// # Errors
    /// When a file cannot be read or has no usable row.
    pub fn from_files(
        files: &[(PathBuf, Option<Split>)],
        reporter: &dyn Reporter,
        cancel: &CancelToken,
    ) -> Result<Self, EngineError> {
        let mut pairs: Vec<ContrastPair> = Vec::new();
        let mut ids: HashSet<String> = HashSet::new();
        let mut record: Option<ImportRecord> = None;
        for (path, split) in files {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let report =
                read_file(path, &ReadOptions::default(), reporter, cancel, &mut |mut pair| {
                    pair.split = split.or(pair.split);
                    if !ids.insert(pair.id.clone()) {
                        pair.id = format!("{stem}/{}", pair.id);
                        ids.insert(pair.id.clone());
                    }
                    pairs.push(pair);
                    Ok(())
                })?;
            let next = ImportRecord::from(&report);
            record = Some(match record {
                None => next,
                Some(so_far) => so_far.and(next),
            });
        }
        let mut record = record.ok_or(EngineError::NoPairs)?;
        record.digest = DataDigest::of(&pairs);
        Ok(Self { record, pairs })
    }
}

impl ImportRecord {
    /// Of two files read as one data set. The digest is left for the caller.
    fn and(mut self, next: Self) -> Self {
        self.name = format!("{} + {}", self.name, next.name);
        if self.format != next.format {
            self.format = format!("{}, {}", self.format, next.format);
        }
        self.problems.extend(next.problems);
        self.problem_count += next.problem_count;
        self.dropped += next.dropped;
        self
    }
}

/// [`lens_dataset::read_pairs`] with progress as everything else reports it.
fn read_file(
    path: &Path,
    options: &ReadOptions,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
    sink: &mut dyn FnMut(ContrastPair) -> Result<(), SinkError>,
) -> Result<ReadReport, DatasetError> {
    let stage = format!("Reading {}", path.file_name().unwrap_or_default().to_string_lossy());
    lens_dataset::read_pairs(path, options, cancel, sink, &mut |done, total| {
        reporter.report(Progress { stage: stage.clone(), done, total, unit: "bytes" });
    })
}

fn small(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
