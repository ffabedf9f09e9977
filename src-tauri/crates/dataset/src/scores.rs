//! Tables of human scores: one number for each pair, by the pair's id.

use std::collections::HashMap;
use std::path::Path;

use lens_core::{CancelToken, ContrastPair, Digest, Side};
use serde_json::Value;

use crate::detect::detect;
use crate::error::DatasetError;
use crate::layout::normal;
use crate::pairs::{finite, is_blank};
use crate::problem::{Fault, Problem, ProblemCode, ProblemLog, file_name};
use crate::read::{MAX_PROBLEMS, nothing_usable};
use crate::recognise::glance_limit;
use crate::sniff::{Format, Shape, sniff};
use crate::source::{Item, open};
use crate::value::{Fields, as_text, cut};

/// Names of the column of ids, the most telling first: beside `pair_id`, an `id` is the row's own.
const ID_NAMES: [&str; 3] = ["pair_id", "pair", "id"];

/// Names of the column of scores, likewise: beside `human`, a `score` is a model's.
const SCORE_NAMES: [&str; 4] = ["human_score", "human", "rating", "score"];

/// Which columns of a table hold what.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Columns {
    id: String,
    score: String,
    /// Which of the two texts a row is about, where the table says.
    side: Option<String>,
}

impl Columns {
    /// The columns of a table of scores; nothing where there are no ids or no scores.
    fn of(names: &[String]) -> Option<Self> {
        let find = |wanted: &[&str]| {
            let mut wanted = wanted.iter();
            wanted.find_map(|w| names.iter().find(|name| normal(name) == *w).cloned())
        };
        Some(Self { id: find(&ID_NAMES)?, score: find(&SCORE_NAMES)?, side: find(&["side"]) })
    }
}

/// Whether columns are those of a table of scores.
pub(crate) fn has_score_columns(names: &[String]) -> bool {
    Columns::of(names).is_some()
}

/// Whether a column of that name would have a meaning in a table of scores.
pub(crate) fn is_score_column(name: &str) -> bool {
    name == "side" || ID_NAMES.contains(&name) || SCORE_NAMES.contains(&name)
}

/// One score.
#[derive(Debug, Clone, PartialEq)]
struct ScoreRow {
    line: u32,
    id: String,
    score: f64,
}

/// Scores as they stand in a file.
#[derive(Debug)]
pub struct ScoreTable {
    /// File name, without its folder.
    pub file: String,
    /// How the rows are written down.
    pub format: Format,
    /// The column that the scores are in.
    pub column: String,
    /// Digest over ids and scores, in the order of the file.
    pub digest: Digest,
    /// Whether the file was read to its end.
    pub complete: bool,
    rows: Vec<ScoreRow>,
    faults: Vec<Problem>,
    fault_count: u64,
}

/// What a [`ScoreTable`] says of a set of pairs.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreMatch {
    /// The score of each pair, in the order of the pairs.
    pub scores: Vec<Option<f64>>,
    /// Rows without effect, in the order of the file: the first [`MAX_PROBLEMS`].
    pub problems: Vec<Problem>,
    /// How many there are; each is left out.
    pub problem_count: u64,
}

impl ScoreMatch {
    /// How many pairs have a score.
    #[must_use]
    pub fn scored(&self) -> usize {
        self.scores.iter().flatten().count()
    }
}

/// Whether a file is a table of human scores: it has a column of ids (`id`, `pair`, `pair_id`) and
/// one of scores (`score`, `human`, `human_score`, `rating`), and not the texts of pairs.
#[must_use]
pub fn holds_scores(path: &Path) -> bool {
    columns_of(path, &CancelToken::default()).is_ok()
}

fn columns_of(path: &Path, cancel: &CancelToken) -> Result<(Shape, Columns), DatasetError> {
    let shape = sniff(path)?;
    let columns = match detect(path, shape, None, None, cancel) {
        Err(DatasetError::Scores { columns, .. }) => Columns::of(&columns),
        Err(error) => return Err(error),
        Ok(_) => None,
    };
    let missing = "it holds pairs, or has no column of ids (id, pair, pair_id) beside one of scores \
                   (score, human, human_score, rating).";
    let columns = columns.ok_or_else(|| DatasetError::unrecognised(path, missing))?;
    Ok((shape, columns))
}

/// Reads a table of human scores in bounded time: of a file above 8 MiB the first 1 MiB.
///
/// # Errors
/// Those of [`read_scores`].
pub fn recognise_scores(path: &Path) -> Result<ScoreTable, DatasetError> {
    read_scores(path, glance_limit(path)?, &CancelToken::default())
}

/// Reads a table of human scores; with a limit, no further than the row that reaches so many bytes.
///
/// # Errors
/// When the file cannot be read, is no table of scores, or has no usable row.
pub fn read_scores(
    path: &Path,
    limit: Option<u64>,
    cancel: &CancelToken,
) -> Result<ScoreTable, DatasetError> {
    let (shape, columns) = columns_of(path, cancel)?;
    let mut source = open(path, shape)?;
    let mut log = ProblemLog::new(path, MAX_PROBLEMS);
    let mut rows = Vec::new();
    let mut complete = true;
    while let Some(item) = source.next_item().map_err(|e| DatasetError::io(path, e))? {
        cancel.check()?;
        match item {
            Item::Fault(fault) => log.add(fault),
            Item::Row(row) => match score_of(row.line, row.fields, &columns) {
                Ok(row) => rows.push(row),
                Err(fault) => log.add(fault),
            },
        }
        if limit.is_some_and(|limit| source.bytes_done() >= limit) {
            complete = false;
            break;
        }
    }
    if rows.is_empty() {
        return Err(nothing_usable(path, log.list, log.count));
    }
    let numbers: Vec<String> = rows.iter().map(|row| row.score.to_bits().to_string()).collect();
    let fields = rows.iter().zip(&numbers).flat_map(|(row, score)| [&row.id, score]);
    Ok(ScoreTable {
        file: file_name(path),
        format: shape.format,
        column: columns.score,
        digest: Digest::of_fields(
            std::iter::once(Some("scores")).chain(fields.map(|field| Some(field.as_str()))),
        ),
        complete,
        rows,
        faults: log.list,
        fault_count: log.count,
    })
}

fn score_of(line: u32, fields: Fields, columns: &Columns) -> Result<ScoreRow, Fault> {
    let (mut id, mut score, mut side) = (Value::Null, Value::Null, Value::Null);
    for (name, value) in fields.0 {
        if name == columns.id {
            id = value;
        } else if name == columns.score {
            score = value;
        } else if Some(&name) == columns.side.as_ref() {
            side = value;
        }
    }
    if is_blank(&id) {
        let message = "The row names no pair. Write the pair's id.";
        return Err(Fault::dropped(line, ProblemCode::MissingId, message).in_field(&columns.id));
    }
    if !is_blank(&side) {
        check_side(line, &as_text(side), columns)?;
    }
    let number = finite(&score).ok_or_else(|| {
        let message = if is_blank(&score) {
            "There is no number.".to_owned()
        } else {
            format!("{:?} is not a finite number.", cut(as_text(score), 40))
        };
        Fault::dropped(line, ProblemCode::BadScore, message).in_field(&columns.score)
    })?;
    Ok(ScoreRow { line, id: as_text(id), score: number })
}

/// A pair's score is about its positive text.
fn check_side(line: u32, side: &str, columns: &Columns) -> Result<(), Fault> {
    let side = side.trim().to_ascii_lowercase();
    if side == Side::Positive.name() {
        return Ok(());
    }
    let message = if side == Side::Negative.name() {
        "The row is about the negative text. A pair has one score, that of its positive text."
            .to_owned()
    } else {
        format!("{:?} is neither positive nor negative.", cut(side, 40))
    };
    let field = columns.side.as_deref().unwrap_or_default();
    Err(Fault::dropped(line, ProblemCode::OtherSide, message).in_field(field))
}

impl ScoreTable {
    /// Rows with an id and a number.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Never true: a table without a usable row is an error of [`read_scores`].
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The first id, for a person who has to see why none fits.
    #[must_use]
    pub fn first_id(&self) -> &str {
        self.rows.first().map_or("", |row| &row.id)
    }

    /// Finds the pairs by their ids (white space at the ends aside). An id that no pair has, and a
    /// second row for a pair, are problems.
    #[must_use]
    pub fn for_pairs(&self, pairs: &[ContrastPair]) -> ScoreMatch {
        let mut by_id: HashMap<&str, usize> = HashMap::with_capacity(pairs.len());
        for (at, pair) in pairs.iter().enumerate() {
            by_id.entry(pair.id.trim()).or_insert(at);
        }
        let mut scores = vec![None; pairs.len()];
        let mut lines: HashMap<usize, u32> = HashMap::new();
        let mut log = ProblemLog::new(Path::new(&self.file), MAX_PROBLEMS);
        for row in &self.rows {
            let shown = || cut(row.id.clone(), 80);
            let Some(&at) = by_id.get(row.id.trim()) else {
                let message = format!("No pair has the id {:?}.", shown());
                log.add(Fault::dropped(row.line, ProblemCode::UnknownId, message));
                continue;
            };
            if let Some(earlier) = lines.get(&at) {
                let message = format!(
                    "The pair {:?} has its score from line {earlier}. Give one row for each pair: \
                     their mean, where several people scored it.",
                    shown()
                );
                log.add(Fault::dropped(row.line, ProblemCode::DuplicateId, message));
                continue;
            }
            lines.insert(at, row.line);
            if let Some(score) = scores.get_mut(at) {
                *score = Some(row.score);
            }
        }
        let mut problems: Vec<Problem> = self.faults.iter().cloned().chain(log.list).collect();
        problems.sort_by_key(|problem| problem.line);
        problems.truncate(MAX_PROBLEMS);
        ScoreMatch { scores, problems, problem_count: self.fault_count + log.count }
    }
}
