//! From a row to its pairs.

use lens_core::{ContrastPair, Split};
use serde_json::Value;

use crate::chat;
use crate::layout::{ColumnChoice, Layout, normal};
use crate::problem::{Fault, ProblemCode};
use crate::source::RawRow;
use crate::value::{Fields, as_text, cut};

/// The longest text that a field may hold, 4 MiB: some million words, and far more than any model
/// reads. A row with a longer one is left out with a problem.
pub const MAX_FIELD_BYTES: usize = 4 << 20;

/// Fields without a meaning to the program are kept up to this length, the rest is cut with a note.
pub const MAX_METADATA_BYTES: usize = 4 << 10;

/// How the fields of a file are to be read.
#[derive(Debug, Clone)]
pub(crate) struct Mapping {
    pub(crate) layout: Layout,
    /// The columns where a person chose them.
    pub(crate) choice: Option<ColumnChoice>,
}

/// What a field is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Positive,
    Negative,
    Prompt,
    Id,
    Scenario,
    Split,
    Source,
    Score,
    Instruction,
    Questions,
    Metadata,
    Other,
}

/// What a row gives.
#[derive(Debug)]
pub(crate) enum Made {
    Pair(ContrastPair),
    Fault(Fault),
}

impl Mapping {
    /// Whether a row has a field for either side.
    pub(crate) fn has_a_side(&self, fields: &Fields) -> bool {
        let side = |role| matches!(role, Role::Positive | Role::Negative | Role::Instruction);
        fields.0.iter().any(|(name, _)| side(self.role(name)))
    }

    fn role(&self, name: &str) -> Role {
        if let Some(choice) = &self.choice {
            if name == choice.positive {
                return Role::Positive;
            }
            if name == choice.negative {
                return Role::Negative;
            }
            if let Some(prompt) = &choice.prompt {
                if name == prompt {
                    return Role::Prompt;
                } else if normal(name) == "prompt" {
                    return Role::Other;
                }
            }
        }
        let name = normal(name);
        if let Some((positive, negative)) = self.layout.sides() {
            if name == positive {
                return Role::Positive;
            }
            if name == negative {
                return Role::Negative;
            }
        }
        match name.as_str() {
            "question" if self.layout == Layout::AnswerMatching => Role::Prompt,
            // beside a question, a prompt has no place of its own
            "prompt" if self.layout != Layout::AnswerMatching => Role::Prompt,
            "id" => Role::Id,
            "scenario" | "scenario_id" => Role::Scenario,
            "split" => Role::Split,
            "source" | "source_model" => Role::Source,
            "score" => Role::Score,
            "instruction" if self.layout == Layout::Instruction => Role::Instruction,
            "questions" if self.layout == Layout::Instruction => Role::Questions,
            "metadata" => Role::Metadata,
            _ => Role::Other,
        }
    }

    /// What the two sides are called in the file, for messages.
    fn side_names(&self) -> (String, String) {
        match (&self.choice, self.layout.sides()) {
            (Some(choice), _) => (choice.positive.clone(), choice.negative.clone()),
            (None, Some((positive, negative))) => (positive.to_owned(), negative.to_owned()),
            (None, None) => ("positive".to_owned(), "negative".to_owned()),
        }
    }
}

/// The fields of a row by role.
#[derive(Default)]
struct Sorted {
    positive: Value,
    negative: Value,
    prompt: Value,
    instruction: Option<Value>,
    questions: Value,
    id: Option<String>,
    /// What all pairs of the row have in common.
    common: ContrastPair,
}

/// Gives out the pairs of a row, or what is wrong with it. `default_id` is for rows without an id.
///
/// # Errors
/// Those of `give`.
pub(crate) fn pairs_of_row<E>(
    row: RawRow,
    mapping: &Mapping,
    default_id: &str,
    give: &mut dyn FnMut(Made) -> Result<(), E>,
) -> Result<(), E> {
    let line = row.line;
    let mut faults = Vec::new();
    let sorted = sort(row.fields, mapping, line, row.split, &mut faults);
    let lost = faults.iter().any(|f| f.dropped);
    for fault in faults {
        give(Made::Fault(fault))?;
    }
    if lost {
        return Ok(());
    }
    let Sorted { positive, negative, prompt, instruction, questions, id, mut common } = sorted;
    common.id = id.unwrap_or_else(|| default_id.to_owned());
    let names = mapping.side_names();
    if let Some(instruction) = instruction {
        return contrasting_instructions(&instruction, &questions, &common, line, give);
    }
    let made = single(positive, negative, prompt, common, line, &names);
    give(made.map_or_else(Made::Fault, Made::Pair))
}

/// Sorts the fields of a row by their role. Optional ones that cannot be used are faults for which
/// the row is kept.
fn sort(
    fields: Fields,
    mapping: &Mapping,
    line: u32,
    list_split: Option<Split>,
    faults: &mut Vec<Fault>,
) -> Sorted {
    let mut sorted = Sorted::default();
    let named_scenario = fields.0.iter().any(|(n, v)| normal(n) == "scenario" && !is_blank(v));
    let named_source = fields.0.iter().any(|(n, v)| normal(n) == "source" && !is_blank(v));
    for (name, value) in fields.0 {
        let role = match mapping.role(&name) {
            // the plain name has the meaning, the other one becomes metadata beside it
            Role::Scenario if named_scenario && normal(&name) != "scenario" => Role::Other,
            Role::Source if named_source && normal(&name) != "source" => Role::Other,
            role => role,
        };
        if value.is_null() {
            continue;
        }
        let known = !matches!(role, Role::Other | Role::Metadata);
        let length = value.as_str().map_or(0, str::len);
        if known && length > MAX_FIELD_BYTES {
            faults.push(too_long(line, &name, length));
            continue;
        }
        let common = &mut sorted.common;
        match role {
            Role::Positive if sorted.positive.is_null() => sorted.positive = value,
            Role::Negative if sorted.negative.is_null() => sorted.negative = value,
            Role::Prompt if sorted.prompt.is_null() => sorted.prompt = value,
            Role::Instruction if value.is_array() => sorted.instruction = Some(value),
            Role::Questions => sorted.questions = value,
            Role::Id if !is_blank(&value) => sorted.id = Some(as_text(value)),
            Role::Scenario if !is_blank(&value) => common.scenario = Some(as_text(value)),
            Role::Source if !is_blank(&value) => common.source = Some(as_text(value)),
            Role::Id | Role::Scenario | Role::Source => {}
            Role::Split if is_blank(&value) => {}
            Role::Split => match value.as_str().unwrap_or_default().parse() {
                Ok(split) => common.split = Some(split),
                Err(_) => faults.push(bad_split(line, &name, value)),
            },
            Role::Score if is_blank(&value) => {}
            Role::Score => match finite(&value) {
                Some(score) => common.score = Some(score),
                None => faults.push(bad_score(line, &name, value)),
            },
            Role::Metadata => match value {
                Value::Object(entries) => {
                    for (name, value) in entries {
                        common.metadata.insert(name, cut(as_text(value), MAX_METADATA_BYTES));
                    }
                }
                other => {
                    common.metadata.insert(name, cut(as_text(other), MAX_METADATA_BYTES));
                }
            },
            // also the second field of a role, spelt otherwise
            _ => {
                common.metadata.insert(name, cut(as_text(value), MAX_METADATA_BYTES));
            }
        }
    }
    sorted.common.split = sorted.common.split.or(list_split);
    sorted
}

/// The pair of a row with two sides.
fn single(
    positive: Value,
    negative: Value,
    prompt: Value,
    common: ContrastPair,
    line: u32,
    (positive_name, negative_name): &(String, String),
) -> Result<ContrastPair, Fault> {
    for (value, name) in [(&positive, positive_name), (&negative, negative_name)] {
        if value.is_null() {
            return Err(missing(line, name));
        }
    }
    let mut pair = common;
    let field_prompt = prompt_text(prompt, line)?;
    if let Some(parted) = chat::part(&positive, &negative) {
        pair.positive = parted.chosen;
        pair.negative = parted.rejected;
        pair.prompt = match (parted.prompt, field_prompt) {
            (Some(shared), Some(field)) if shared != field => {
                pair.metadata.insert("prompt".to_owned(), cut(field, MAX_METADATA_BYTES));
                Some(shared)
            }
            (shared, field) => shared.or(field),
        };
    } else {
        pair.positive = side_text(positive, line, positive_name)?;
        pair.negative = side_text(negative, line, negative_name)?;
        pair.prompt = field_prompt;
    }
    check_sides(pair, line, positive_name, negative_name)
}

/// What every pair has to pass, wherever its sides came from.
fn check_sides(
    pair: ContrastPair,
    line: u32,
    positive_name: &str,
    negative_name: &str,
) -> Result<ContrastPair, Fault> {
    for (text, name) in [(&pair.positive, positive_name), (&pair.negative, negative_name)] {
        if text.len() > MAX_FIELD_BYTES {
            return Err(too_long(line, name, text.len()));
        }
        if text.trim().is_empty() {
            let message = format!("The field {name:?} is empty. Both sides need a text.");
            return Err(Fault::dropped(line, ProblemCode::EmptySide, message).in_field(name));
        }
    }
    if pair.positive.trim() == pair.negative.trim() {
        let message = "Both sides are the same text, so there is nothing to contrast.";
        return Err(Fault::dropped(line, ProblemCode::IdenticalSides, message));
    }
    Ok(pair)
}

/// Pairs of a list of contrasting instructions, each put to every question where there are any.
fn contrasting_instructions<E>(
    instruction: &Value,
    questions: &Value,
    common: &ContrastPair,
    line: u32,
    give: &mut dyn FnMut(Made) -> Result<(), E>,
) -> Result<(), E> {
    let empty = Vec::new();
    if instruction.as_array().is_none_or(Vec::is_empty) {
        return give(Made::Fault(missing(line, "instruction")));
    }
    let questions = questions.as_array().unwrap_or(&empty);
    for (i, item) in instruction.as_array().unwrap_or(&empty).iter().enumerate() {
        let side = |name: &str| {
            let name = format!("instruction[{i}].{name}");
            match item.get(name.rsplit('.').next().unwrap_or_default()).cloned() {
                None | Some(Value::Null) => Err(missing(line, &name)),
                Some(value) => side_text(value, line, &name),
            }
        };
        let (positive, negative) = match (side("pos"), side("neg")) {
            (Ok(positive), Ok(negative)) => (positive, negative),
            (Err(fault), _) | (_, Err(fault)) => {
                give(Made::Fault(fault))?;
                continue;
            }
        };
        let mut plain = common.clone();
        plain.id = format!("{}.{}", common.id, i + 1);
        (plain.positive, plain.negative) = (positive, negative);
        let names = [format!("instruction[{i}].pos"), format!("instruction[{i}].neg")];
        let plain = match check_sides(plain, line, &names[0], &names[1]) {
            Ok(plain) => plain,
            Err(fault) => {
                give(Made::Fault(fault))?;
                continue;
            }
        };
        if questions.is_empty() {
            give(Made::Pair(plain))?;
            continue;
        }
        for (q, question) in questions.iter().enumerate() {
            let made = match question.as_str() {
                Some(text) if !text.trim().is_empty() => {
                    let mut pair = plain.clone();
                    pair.id = format!("{}.{}", plain.id, q + 1);
                    pair.positive = format!("{}\n{text}", plain.positive);
                    pair.negative = format!("{}\n{text}", plain.negative);
                    pair.scenario = Some(text.to_owned());
                    check_sides(pair, line, &names[0], &names[1])
                }
                _ => Err(not_text(line, &format!("questions[{q}]"))),
            };
            give(made.map_or_else(Made::Fault, Made::Pair))?;
        }
    }
    Ok(())
}

fn side_text(value: Value, line: u32, name: &str) -> Result<String, Fault> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(not_text(line, name)),
    }
}

/// A prompt field: text, a number as text, or chat messages.
fn prompt_text(value: Value, line: u32) -> Result<Option<String>, Fault> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        other => chat::as_prompt(&other).ok_or_else(|| not_text(line, "prompt"))?,
    };
    if text.len() > MAX_FIELD_BYTES {
        return Err(too_long(line, "prompt", text.len()));
    }
    Ok((!text.trim().is_empty()).then_some(text))
}

pub(crate) fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

pub(crate) fn finite(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

fn missing(line: u32, name: &str) -> Fault {
    let message = format!("The field {name:?} is missing. Both sides need a text.");
    Fault::dropped(line, ProblemCode::MissingSide, message).in_field(name)
}

fn not_text(line: u32, name: &str) -> Fault {
    let message = format!("The field {name:?} is not text. Write it as a string.");
    Fault::dropped(line, ProblemCode::NotText, message).in_field(name)
}

fn too_long(line: u32, name: &str, length: usize) -> Fault {
    let message = format!(
        "The field {name:?} holds {length} bytes; {} MiB is the most. Shorten it.",
        MAX_FIELD_BYTES >> 20
    );
    Fault::dropped(line, ProblemCode::FieldTooLong, message).in_field(name)
}

fn bad_score(line: u32, name: &str, value: Value) -> Fault {
    let value = cut(as_text(value), 40);
    let message = format!("{value:?} is not a finite number; the pair is kept without a score.");
    Fault::kept(line, ProblemCode::BadScore, message).in_field(name)
}

fn bad_split(line: u32, name: &str, value: Value) -> Fault {
    let value = cut(as_text(value), 40);
    let message =
        format!("{value:?} is neither train nor test; the pair is kept without a given split.");
    Fault::kept(line, ProblemCode::BadSplit, message).in_field(name)
}
