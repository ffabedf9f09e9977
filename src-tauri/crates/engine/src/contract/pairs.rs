use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a hovering file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum RecognitionKind {
    /// Contrastive pairs, ready to be read.
    Pairs,
    /// A table whose two text columns the person has to name.
    Columns,
    /// Human scores of pairs.
    Scores,
    /// A study file.
    Study,
    /// A folder with a model.
    Model,
    /// Scenarios to steer in.
    Scenarios,
    /// A direction to steer along.
    Direction,
    /// Nothing that can be opened.
    Unknown,
}

/// What the program makes of a file before it is dropped.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Recognition {
    /// Its full path.
    pub path: String,
    /// Its name without the folder.
    pub name: String,
    /// What it is.
    pub kind: RecognitionKind,
    /// "50 contrastive pairs, 5 scenarios, JSONL", or why it cannot be opened.
    pub sentence: String,
}

/// Which columns hold the two sides.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ColumnChoiceView {
    /// Column of the texts that show the concept.
    pub positive: String,
    /// Column of the texts that do not.
    pub negative: String,
    /// Column of a shared prompt, if any.
    pub prompt: Option<String>,
}

/// What came of an import.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum ImportOutcome {
    /// The pairs are in the study.
    #[serde(rename_all = "camelCase")]
    Imported {
        /// The pairs and what was wrong with rows that were left out.
        pairs: Box<PairsSummary>,
    },
    /// The columns are not known: the person has to choose.
    #[serde(rename_all = "camelCase")]
    NeedsColumns {
        /// The file.
        path: String,
        /// Its columns.
        columns: Vec<String>,
        /// The first rows, each as long as `columns`, values shortened.
        sample: Vec<Vec<String>>,
    },
    /// The pairs of the study have human scores now.
    #[serde(rename_all = "camelCase")]
    Scored {
        /// The pairs and what was wrong with rows that were left out.
        pairs: Box<PairsSummary>,
        /// "Human scores for 180 of 200 pairs, CSV".
        sentence: String,
    },
}

/// A table that human scores are from.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScoresView {
    /// File name.
    pub file: String,
    /// Its column of scores.
    pub column: String,
    /// Digest over ids and scores in order.
    pub digest: String,
    /// Pairs with a score.
    pub scored: u32,
}

/// A name and how often it occurs.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CountView {
    /// The name; empty for rows without one.
    pub name: String,
    /// Pairs that carry it.
    pub count: u32,
}

/// Something wrong with one row of a pairs file.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProblemView {
    /// File name.
    pub file: String,
    /// 1-based line on which the row starts.
    pub line: u32,
    /// Field, where one is to blame.
    pub field: Option<String>,
    /// Stable name of the problem: "missing-side".
    pub code: String,
    /// A sentence.
    pub message: String,
    /// Whether the row was left out.
    pub dropped: bool,
}

/// How much a check matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum CheckSeverity {
    /// As it should be.
    Fine,
    /// Worth knowing.
    Note,
    /// Conclusions may be wrong because of it.
    Warning,
}

/// One check in words.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CheckView {
    /// Stable name: "length-imbalance".
    pub code: String,
    /// How much it matters.
    pub severity: CheckSeverity,
    /// What was found, with its number.
    pub sentence: String,
    /// What to do about it, where there is something.
    pub advice: Option<String>,
}

/// Whether the pairs are fit to conclude from.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChecksView {
    /// AUROC of the word count alone: 0.5 is balanced.
    pub length_auroc: Option<f64>,
    /// Texts that stand in more than one place.
    pub duplicates: u32,
    /// Test pairs with a text that is (nearly) in the training pairs.
    pub leakage: u32,
    /// How one-sided the most one-sided author is, 0 to 1; absent when authors are not given per
    /// side.
    pub source_imbalance: Option<f64>,
    /// The checks in words, worst first.
    pub sentences: Vec<CheckView>,
}

/// The pairs of a study.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PairsSummary {
    /// Name, from the file.
    pub name: String,
    /// Digest over the pairs in order.
    pub digest: String,
    /// "JSONL", "CSV" ...
    pub format: String,
    /// What the positive side has and the negative side lacks.
    pub concept: String,
    /// Number of pairs.
    pub count: u32,
    /// Scenarios by frequency.
    pub scenarios: Vec<CountView>,
    /// Sources by frequency.
    pub sources: Vec<CountView>,
    /// Pairs in the training split.
    pub train: u32,
    /// Pairs in the test split.
    pub test: u32,
    /// Whether the file itself said which pair is which; else 70/30 by scenario and seed.
    pub split_given: bool,
    /// Something to know about the split.
    pub split_note: Option<String>,
    /// The first problems.
    pub problems: Vec<ProblemView>,
    /// How many there are in all.
    pub problem_count: u32,
    /// Rows left out because of them.
    pub dropped: u32,
    /// The table that the human scores are from; absent where they are the file's own, if any.
    pub scores: Option<ScoresView>,
    /// The checks.
    pub checks: ChecksView,
}

/// One line of the pairs table.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PairRow {
    /// Position in the data set, from 0.
    pub index: u32,
    /// Its id.
    pub id: String,
    /// Scenario, if any.
    pub scenario: Option<String>,
    /// Source, if any.
    pub source: Option<String>,
    /// `train` or `test`.
    pub split: String,
    /// Human label, if any.
    pub score: Option<f64>,
    /// Up to 160 characters of the positive text, around the first difference.
    pub positive: String,
    /// The same of the negative text.
    pub negative: String,
}

/// A stretch of the pairs table.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PairPage {
    /// Pairs that match the search in all.
    pub total: u32,
    /// Those of this stretch.
    pub rows: Vec<PairRow>,
}

/// One pair in full.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PairDetail {
    /// The table line, with the texts whole.
    pub row: PairRow,
    /// Shared prompt, if any.
    pub prompt: Option<String>,
    /// Words in the positive text.
    pub positive_words: u32,
    /// Words in the negative text.
    pub negative_words: u32,
    /// Every other field, name and value.
    pub metadata: Vec<(String, String)>,
}
