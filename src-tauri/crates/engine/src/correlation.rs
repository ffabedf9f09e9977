//! Scores against human scores from a table, made here or elsewhere.

use std::path::Path;

use lens_analysis::{AgreementError, Correlation, correlate};

use crate::EngineError;

/// Correlates the columns `score` and `human` of a CSV file with a header. A column `threshold`, the
/// same in every row, says what a score has to be above to count as high.
///
/// # Errors
/// When the file cannot be read, a column is missing, a cell is not a number, or the numbers allow
/// no correlation.
pub fn correlate_file(path: &Path) -> Result<Correlation, EngineError> {
    let failed = |e: csv::Error| EngineError::io(path, std::io::Error::other(e));
    // Lines that begin with # are provenance, as in the tables this program writes.
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(failed)?;
    let header = reader.headers().map_err(failed)?.clone();
    let column = |name: &str| header.iter().position(|h| h.eq_ignore_ascii_case(name));
    let needed = |name: &str| {
        column(name).ok_or_else(|| EngineError::BadValue {
            what: format!("{} has no column `{name}`.", path.display()),
            hint: "Give a CSV file with a header and the columns score and human.".into(),
        })
    };
    let (score, human) = (needed("score")?, needed("human")?);
    let threshold = column("threshold");
    let (mut scores, mut labels, mut thresholds) = (Vec::new(), Vec::new(), Vec::new());
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(failed)?;
        let number = |at: usize, column: &'static str| {
            let cell = record.get(at).unwrap_or_default();
            let number = cell.parse::<f64>().ok().filter(|value| value.is_finite());
            number.ok_or_else(|| AgreementError::NotANumber {
                row: row + 1,
                column,
                value: format!("{cell:?}"),
            })
        };
        scores.push(number(score, "score")?);
        labels.push(number(human, "human")?);
        if let Some(at) = threshold {
            thresholds.push(number(at, "threshold")?);
        }
    }
    let given = thresholds.first().copied();
    if thresholds.iter().any(|&t| Some(t) != given) {
        return Err(EngineError::BadValue {
            what: "The column `threshold` holds more than one value.".into(),
            hint: "Give one threshold for all rows, or leave the column out.".into(),
        });
    }
    Ok(correlate(&scores, &labels, given)?)
}
