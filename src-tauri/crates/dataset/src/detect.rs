//! Finding out which fields of a file hold the two sides.

use std::path::Path;
use std::rc::Rc;

use lens_core::CancelToken;

use crate::error::DatasetError;
use crate::layout::{ColumnChoice, Layout, normal};
use crate::pairs::Mapping;
use crate::problem::ProblemLog;
use crate::read::{MAX_PROBLEMS, nothing_usable};
use crate::scores::{has_score_columns, is_score_column};
use crate::sniff::{Format, HEAD_BYTES, Shape};
use crate::source::{Item, open};
use crate::value::{Fields, as_text};

/// Rows shown to a person who has to choose columns.
const SAMPLE_ROWS: usize = 5;

/// Characters shown of each value.
const SAMPLE_CHARS: usize = 80;

/// Fields of words that are about a row and not a side, beside scores.
const REMARKS: [&str; 7] = ["comment", "comments", "note", "notes", "reason", "rater", "annotator"];

/// Fields that are never a side unless a person says so.
const OPTIONAL: [&str; 12] = [
    "id",
    "prompt",
    "question",
    "scenario",
    "scenario_id",
    "scenario_title",
    "split",
    "source",
    "source_model",
    "positive_source",
    "negative_source",
    "score",
];

/// Reads rows until the mapping is clear, at most those in the first MiB, and on until there is one;
/// with a limit, no further than so many bytes.
pub(crate) fn detect(
    path: &Path,
    shape: Shape,
    choice: Option<&ColumnChoice>,
    limit: Option<u64>,
    cancel: &CancelToken,
) -> Result<Mapping, DatasetError> {
    let mut source = open(path, shape)?;
    let mut log = ProblemLog::new(path, MAX_PROBLEMS);
    let mut lists: Vec<List> = Vec::new();
    let mut rows = 0_u64;
    while let Some(item) = source.next_item().map_err(|e| DatasetError::io(path, e))? {
        cancel.check()?;
        match item {
            Item::Fault(fault) => log.add(fault),
            Item::Row(row) => {
                rows += 1;
                let list = list_of(&mut lists, &row.list);
                list.add(&row.fields);
                let layout = match choice {
                    Some(choice) => list.has(choice).then_some(Layout::Chosen),
                    None => Layout::of_row(&row.fields).or_else(|| list.layout()),
                };
                if let Some(layout) = layout {
                    return Ok(Mapping { layout, choice: choice.cloned() });
                }
            }
        }
        let done = source.bytes_done();
        if (rows > 0 && done >= HEAD_BYTES as u64) || limit.is_some_and(|limit| done >= limit) {
            break;
        }
    }
    let most = lists.into_iter().max_by_key(List::candidates);
    let Some(list) = most else {
        return Err(nothing_usable(path, log.list, log.count));
    };
    if let Some(choice) = choice {
        let column = [Some(&choice.positive), Some(&choice.negative), choice.prompt.as_ref()]
            .into_iter()
            .flatten()
            .find(|c| !list.columns.contains(c));
        let column = column.cloned().unwrap_or_default();
        return Err(DatasetError::NoSuchColumn {
            path: path.to_owned(),
            column,
            columns: list.columns,
        });
    }
    if list.is_of_scores() {
        return Err(DatasetError::Scores { path: path.to_owned(), columns: list.columns });
    }
    if list.candidates() < 2 {
        // one side alone: every row will say that the other is missing
        return match Layout::half_of_columns(list.columns.iter().map(String::as_str)) {
            Some(layout) => Ok(Mapping { layout, choice: None }),
            None => Err(DatasetError::unrecognised(
                path,
                format!(
                    "it has no two fields of text for the two sides, and for a table of human scores \
                     no id beside a score; there are: {}.",
                    list.columns.join(", ")
                ),
            )),
        };
    }
    if shape.format == Format::Json && rows == 1 {
        return Err(DatasetError::unrecognised(
            path,
            "it is JSON without a list of rows that have a field for each side.",
        ));
    }
    let sample = list.sample.iter().map(|row| list.shown(row)).collect();
    Err(DatasetError::NeedsColumns { path: path.to_owned(), columns: list.columns, sample })
}

/// What one list of rows has for columns.
struct List {
    name: Rc<str>,
    columns: Vec<String>,
    /// Whether a text was seen in the column.
    text: Vec<bool>,
    /// Whether a text of several words was.
    words: Vec<bool>,
    sample: Vec<Fields>,
}

fn list_of<'a>(lists: &'a mut Vec<List>, name: &Rc<str>) -> &'a mut List {
    let at = lists.iter().position(|list| list.name == *name).unwrap_or(lists.len());
    if at == lists.len() {
        let name = Rc::clone(name);
        lists.push(List {
            name,
            columns: Vec::new(),
            text: Vec::new(),
            words: Vec::new(),
            sample: Vec::new(),
        });
    }
    &mut lists[at]
}

impl List {
    fn add(&mut self, fields: &Fields) {
        for (name, value) in &fields.0 {
            let text = value.as_str().is_some_and(|t| !t.trim().is_empty());
            let words = value.as_str().is_some_and(|t| t.split_whitespace().nth(1).is_some());
            match self.columns.iter().position(|c| c == name) {
                Some(at) => {
                    for (seen, now) in [(&mut self.text, text), (&mut self.words, words)] {
                        if let Some(seen) = seen.get_mut(at) {
                            *seen |= now;
                        }
                    }
                }
                None => {
                    self.columns.push(name.clone());
                    self.text.push(text);
                    self.words.push(words);
                }
            }
        }
        if self.sample.len() < SAMPLE_ROWS {
            let short = |v: &serde_json::Value| shorten(as_text(v.clone())).into();
            let fields = fields.0.iter().map(|(name, value)| (name.clone(), short(value)));
            self.sample.push(Fields(fields.collect()));
        }
    }

    fn layout(&self) -> Option<Layout> {
        Layout::of_columns(self.columns.iter().map(String::as_str))
    }

    fn has(&self, choice: &ColumnChoice) -> bool {
        [Some(&choice.positive), Some(&choice.negative), choice.prompt.as_ref()]
            .into_iter()
            .flatten()
            .all(|column| self.columns.contains(column))
    }

    /// How many columns could be a side.
    fn candidates(&self) -> usize {
        let columns = self.columns.iter().zip(&self.text);
        columns.filter(|(name, text)| **text && !OPTIONAL.contains(&normal(name).as_str())).count()
    }

    /// Whether it holds scores of pairs: ids and numbers, and at most one column of texts, where pairs
    /// have two.
    fn is_of_scores(&self) -> bool {
        let texts = self.columns.iter().zip(&self.words).filter(|(name, words)| {
            let name = normal(name);
            let about = is_score_column(&name) || REMARKS.contains(&name.as_str());
            **words && !about && !OPTIONAL.contains(&name.as_str())
        });
        has_score_columns(&self.columns) && texts.count() < 2
    }

    /// A row with one value per column.
    fn shown(&self, row: &Fields) -> Vec<String> {
        let of = |column: &String| {
            let field = row.0.iter().find(|(name, _)| name == column);
            field.map(|(_, value)| as_text(value.clone())).unwrap_or_default()
        };
        self.columns.iter().map(of).collect()
    }
}

fn shorten(text: String) -> String {
    match text.char_indices().nth(SAMPLE_CHARS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}
