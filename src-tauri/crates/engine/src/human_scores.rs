//! Human scores from a table, for the pairs of a study.

use std::path::Path;

use lens_core::{CancelToken, ContrastPair, Digest};
use lens_dataset::{Problem, ScoreMatch, ScoreTable};
use serde::{Deserialize, Serialize};

use crate::EngineError;
use crate::contract::ScoresView;
use crate::study::PairSet;

/// Where the human scores of a pair set come from, kept with the pairs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ScoreRecord {
    /// File name.
    pub file: String,
    /// The column that the scores were in.
    pub column: String,
    /// Digest over ids and scores, in the order of the file.
    pub digest: Digest,
    /// Pairs with a score.
    pub scored: u32,
    /// The first rows without effect.
    pub problems: Vec<Problem>,
    /// Such rows in all.
    pub problem_count: u32,
}

impl ScoreRecord {
    pub(crate) fn view(&self) -> ScoresView {
        ScoresView {
            file: self.file.clone(),
            column: self.column.clone(),
            digest: self.digest.to_string(),
            scored: self.scored,
        }
    }

    /// For the end of a line of provenance.
    pub(crate) fn words(&self) -> String {
        format!("human scores {} ({})", self.file, self.digest.short())
    }
}

/// Reads a table of human scores.
///
/// # Errors
/// When the file cannot be read, is no such table, or has no usable row; on cancel.
pub fn read_scores(path: &Path, cancel: &CancelToken) -> Result<ScoreTable, EngineError> {
    Ok(lens_dataset::read_scores(path, None, cancel)?)
}

/// Finds the pairs that a table scores.
///
/// # Errors
/// When it scores none of them.
pub(crate) fn find(table: &ScoreTable, pairs: &[ContrastPair]) -> Result<ScoreMatch, EngineError> {
    let found = table.for_pairs(pairs);
    if found.scored() > 0 {
        return Ok(found);
    }
    let id = pairs.first().map_or("", |pair| &pair.id);
    Err(EngineError::BadValue {
        what: format!(
            "No id in {} is that of a pair: it begins with {:?}, the pairs with {id:?}.",
            table.file,
            table.first_id()
        ),
        hint: "Name the pairs by their ids, as the room Pairs shows them.".into(),
    })
}

/// What a table says of the pairs, in a sentence without its stop: "Human scores for 180 of 200 pairs,
/// CSV".
pub(crate) fn sentence(table: &ScoreTable, found: &ScoreMatch, pairs: &[ContrastPair]) -> String {
    let least = if table.complete { "" } else { "at least " };
    let mut words = format!(
        "Human scores for {least}{} of {}, {}",
        found.scored(),
        counted(pairs.len(), "pair"),
        table.format
    );
    let before = pairs.iter().filter(|pair| pair.score.is_some()).count();
    if before > 0 {
        words.push_str(&format!(", in place of those that {} had", counted(before, "pair")));
    }
    if found.problem_count > 0 {
        let rows = usize::try_from(found.problem_count).unwrap_or(usize::MAX);
        words.push_str(&format!("; {} cannot be used", counted(rows, "row")));
    }
    words
}

impl PairSet {
    /// The same pairs with the scores of a table, and no others: all scores of a set are from one place.
    /// The digest stays that of the pairs as they were read; the table has its own.
    ///
    /// # Errors
    /// When the table scores none of the pairs.
    pub fn with_scores(&self, table: &ScoreTable) -> Result<Self, EngineError> {
        let found = find(table, &self.pairs)?;
        let mut record = self.record.clone();
        record.scores = Some(ScoreRecord {
            file: table.file.clone(),
            column: table.column.clone(),
            digest: table.digest.clone(),
            scored: u32::try_from(found.scored()).unwrap_or(u32::MAX),
            problem_count: u32::try_from(found.problem_count).unwrap_or(u32::MAX),
            problems: found.problems,
        });
        let scored = self.pairs.iter().zip(found.scores);
        let pairs = scored.map(|(pair, score)| ContrastPair { score, ..pair.clone() }).collect();
        Ok(Self { record, pairs })
    }
}

/// `1 pair`, `12 pairs`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
