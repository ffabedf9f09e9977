//! Which field names a file uses for the two sides.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::value::Fields;

/// A convention of field names. Case does not matter; spaces and hyphens count as underscores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// `positive`, `negative`.
    PositiveNegative,
    /// `empathic_text`, `non_empathic_text`.
    EmpathicText,
    /// `empathic`, `non_empathic`.
    Empathic,
    /// `empathetic`, `non_empathetic`.
    Empathetic,
    /// `chosen`, `rejected`: texts, or lists of chat messages.
    ChosenRejected,
    /// `question`, `answer_matching_behavior`, `answer_not_matching_behavior`: the question is the
    /// prompt.
    AnswerMatching,
    /// `positive_str`, `negative_str`.
    PositiveStr,
    /// `instruction`, a list of `{pos, neg}`, and where given `questions`, a list of texts. With
    /// questions every instruction is put to every question: a side is the instruction, a line
    /// break and the question, as these are contrasting system prompts to one question; the question
    /// is the pair's scenario. Rows with `pos` and `neg` themselves are taken too.
    Instruction,
    /// Columns that a person chose.
    Chosen,
}

impl Layout {
    /// The conventions in the order in which they are tried.
    const KNOWN: [Self; 8] = [
        Self::PositiveNegative,
        Self::EmpathicText,
        Self::Empathic,
        Self::Empathetic,
        Self::ChosenRejected,
        Self::AnswerMatching,
        Self::PositiveStr,
        Self::Instruction,
    ];

    /// Field names of the positive and the negative side; nothing for chosen columns.
    #[must_use]
    pub const fn sides(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::PositiveNegative => ("positive", "negative"),
            Self::EmpathicText => ("empathic_text", "non_empathic_text"),
            Self::Empathic => ("empathic", "non_empathic"),
            Self::Empathetic => ("empathetic", "non_empathetic"),
            Self::ChosenRejected => ("chosen", "rejected"),
            Self::AnswerMatching => ("answer_matching_behavior", "answer_not_matching_behavior"),
            Self::PositiveStr => ("positive_str", "negative_str"),
            Self::Instruction => ("pos", "neg"),
            Self::Chosen => return None,
        })
    }

    /// The convention that a row follows, if any. A field called `instruction` counts only where it
    /// is a list of objects, for in many files it is a text.
    pub(crate) fn of_row(fields: &Fields) -> Option<Self> {
        let listed = fields.0.iter().any(|(name, value)| {
            normal(name) == "instruction"
                && value.as_array().and_then(|list| list.first()).is_some_and(Value::is_object)
        });
        if listed {
            return Some(Self::Instruction);
        }
        Self::of_columns(fields.0.iter().map(|(name, _)| name.as_str()))
    }

    /// The convention that columns follow, if any.
    pub(crate) fn of_columns<'a>(columns: impl Iterator<Item = &'a str>) -> Option<Self> {
        let columns: Vec<String> = columns.map(normal).collect();
        let has = |name: &str| columns.iter().any(|c| c == name);
        Self::KNOWN.into_iter().find(|layout| {
            layout.sides().is_some_and(|(positive, negative)| has(positive) && has(negative))
        })
    }

    /// The convention of which columns have at least one side.
    pub(crate) fn half_of_columns<'a>(columns: impl Iterator<Item = &'a str>) -> Option<Self> {
        let columns: Vec<String> = columns.map(normal).collect();
        let has = |name: &str| columns.iter().any(|c| c == name);
        Self::KNOWN.into_iter().find(|layout| {
            layout.sides().is_some_and(|(positive, negative)| has(positive) || has(negative))
        })
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chosen => f.write_str("chosen columns"),
            Self::Instruction => f.write_str("instruction pos/neg"),
            Self::AnswerMatching => f.write_str("question with matching and other answer"),
            layout => {
                let (positive, negative) = layout.sides().unwrap_or_default();
                write!(f, "{positive}/{negative}")
            }
        }
    }
}

/// The columns that a person chose for a file without known names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ColumnChoice {
    /// Column of the texts that show the concept.
    pub positive: String,
    /// Column of those that do not.
    pub negative: String,
    /// Column of the shared context; without one a column called `prompt` is it, where there is one.
    #[serde(default)]
    pub prompt: Option<String>,
}

/// A field name as it is compared: lower case, underscores for spaces and hyphens.
pub(crate) fn normal(name: &str) -> String {
    name.trim()
        .chars()
        .map(|c| if c == ' ' || c == '-' { '_' } else { c })
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_loosely() {
        let of = |names: &[&str]| Layout::of_columns(names.iter().copied());
        assert_eq!(of(&["Non-Empathic Text", "EMPATHIC_TEXT "]), Some(Layout::EmpathicText));
        assert_eq!(of(&["positive", "rejected"]), None);
        assert_eq!(of(&["instruction", "chosen", "rejected"]), Some(Layout::ChosenRejected));
    }

    #[test]
    fn every_known_layout_is_found_by_its_own_sides() {
        for layout in Layout::KNOWN {
            let (positive, negative) = layout.sides().unwrap();
            assert_eq!(Layout::of_columns([negative, positive].into_iter()), Some(layout));
        }
    }
}
