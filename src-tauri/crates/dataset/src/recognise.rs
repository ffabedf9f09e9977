//! What a file holds, said in bounded time: for a file that hovers over the window.

use std::collections::HashSet;
use std::path::Path;

use lens_core::CancelToken;
use serde::{Deserialize, Serialize};

use crate::detect::detect;
use crate::error::DatasetError;
use crate::layout::Layout;
use crate::read::{nothing_usable, read_some};
use crate::sniff::{Format, sniff};

/// Files up to this size are read whole, so that counts are exact: 8 MiB.
const EXACT_BYTES: u64 = 8 << 20;

/// Of larger ones so much: 1 MiB.
const SOME_BYTES: u64 = 1 << 20;

/// Whether a file can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecognitionKind {
    /// Pairs are there.
    Pairs,
    /// Rows are there; a person has to say which columns hold the sides.
    NeedsColumns,
    /// Human scores of pairs: see [`crate::read_scores`].
    Scores,
    /// It cannot be taken.
    NotPairs,
}

/// What [`recognise`] found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recognition {
    /// Whether the file can be taken.
    pub kind: RecognitionKind,
    /// How its rows are written down.
    pub format: Option<Format>,
    /// Which field names they have.
    pub layout: Option<Layout>,
    /// How many pairs there are.
    pub pairs: Option<u64>,
    /// Only the beginning was read: there are at least as many pairs and scenarios.
    pub at_least: bool,
    /// How many different scenarios; 0 when rows name none.
    pub scenarios: u64,
    /// Rows that cannot be used, in what was read.
    pub dropped: u64,
    /// All columns, where they have to be chosen.
    pub columns: Vec<String>,
    /// All of it in a sentence: "50 contrastive pairs, 5 scenarios, JSONL", or why the file cannot be
    /// taken.
    pub sentence: String,
}

/// Looks at a path of any kind and says what it is. Never fails: what cannot be read is said in the
/// sentence. Files above 8 MiB are read for 1 MiB only.
#[must_use]
pub fn recognise(path: &Path) -> Recognition {
    pairs_in(path).unwrap_or_else(|error| {
        let (kind, columns) = match &error {
            DatasetError::NeedsColumns { columns, .. } => {
                (RecognitionKind::NeedsColumns, columns.clone())
            }
            DatasetError::Scores { .. } => (RecognitionKind::Scores, Vec::new()),
            _ => (RecognitionKind::NotPairs, Vec::new()),
        };
        Recognition {
            kind,
            format: sniff(path).ok().map(|shape| shape.format),
            layout: None,
            pairs: None,
            at_least: false,
            scenarios: 0,
            dropped: 0,
            columns,
            sentence: error.to_string(),
        }
    })
}

fn pairs_in(path: &Path) -> Result<Recognition, DatasetError> {
    let shape = sniff(path)?;
    let cancel = CancelToken::default();
    let mapping = detect(path, shape, None, Some(EXACT_BYTES), &cancel)?;
    let limit = glance_limit(path)?;
    let mut scenarios = HashSet::new();
    let mut sink = |pair: lens_core::ContrastPair| {
        scenarios.extend(pair.scenario);
        Ok(())
    };
    let reading = read_some(path, shape, &mapping, limit, &cancel, &mut sink, &mut |_, _| {})?;
    let (report, at_least) = (reading.report, !reading.complete);
    if report.pairs == 0 {
        return Err(nothing_usable(path, report.problems, report.problem_count));
    }
    let scenarios = scenarios.len() as u64;
    let mut sentence = String::new();
    if at_least {
        sentence.push_str("at least ");
    }
    sentence.push_str(&counted(report.pairs, "contrastive pair"));
    if scenarios > 0 {
        sentence.push_str(&format!(", {}", counted(scenarios, "scenario")));
    }
    sentence.push_str(&format!(", {}", report.format));
    if report.dropped > 0 {
        sentence.push_str(&format!("; {} cannot be used", counted(report.dropped, "row")));
    }
    Ok(Recognition {
        kind: RecognitionKind::Pairs,
        format: Some(report.format),
        layout: Some(report.layout),
        pairs: Some(report.pairs),
        at_least,
        scenarios,
        dropped: report.dropped,
        columns: Vec::new(),
        sentence,
    })
}

/// How far to read a file that is looked at; to its end where there is no limit.
pub(crate) fn glance_limit(path: &Path) -> Result<Option<u64>, DatasetError> {
    let bytes = std::fs::metadata(path).map_err(|e| DatasetError::io(path, e))?.len();
    Ok((bytes > EXACT_BYTES).then_some(SOME_BYTES))
}

/// `1 row`, `1,200 rows`.
fn counted(count: u64, what: &str) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped() {
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(0, "row"), "0 rows");
        assert_eq!(counted(1_234_567, "row"), "1,234,567 rows");
        assert_eq!(counted(999, "row"), "999 rows");
    }
}
