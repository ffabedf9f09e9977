//! Situations in which a model says what it does, and how what it did is told.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::SteeringError;
use crate::language::language_outcome;

/// What a model is asked where a scenario gives no text of its own, as the published study does.
pub const QUESTION: &str = "What do you do?";
/// Degrees of a rubric.
const DEGREES: [&str; 3] = ["0", "1", "2"];

/// Words that tell what was done. The first of them that stands in a response decides, so that what
/// is told afterwards does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeRule {
    /// Words, or runs of words, of the outcome.
    pub helps: Vec<String>,
    /// Those of its absence.
    pub keeps: Vec<String>,
}

/// A word of a rule in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleWord {
    /// First byte in the response.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// Whether it is one of [`OutcomeRule::helps`].
    pub helps: bool,
}

impl OutcomeRule {
    /// The first word of the rule in a response, in any case, between characters that are not
    /// letters or digits; the longer one where two begin at the same place.
    #[must_use]
    pub fn first(&self, response: &str) -> Option<RuleWord> {
        let all = self.helps.iter().map(|w| (w, true)).chain(self.keeps.iter().map(|w| (w, false)));
        let found = all.filter_map(|(word, helps)| {
            let start = find_word(response, word)?;
            Some(RuleWord { start, end: start + word.len(), helps })
        });
        found.min_by_key(|word| (word.start, std::cmp::Reverse(word.end)))
    }
}

/// Where a word stands first, on its own.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let (bytes, wanted) = (text.as_bytes(), word.as_bytes());
    let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.char_indices().map(|(at, _)| at).find(|&at| {
        let end = at + wanted.len();
        bytes.get(at..end).is_some_and(|here| here.eq_ignore_ascii_case(wanted))
            && apart(text.get(..at).and_then(|before| before.chars().next_back()))
            && apart(text.get(end..).and_then(|after| after.chars().next()))
    })
}

/// A situation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Its id, one of its kind in its file.
    pub id: String,
    /// Its name.
    pub title: String,
    /// The task.
    pub objective: String,
    /// What speaks for leaving the task.
    pub pressure: String,
    /// The very text to continue, instead of the two.
    pub prompt: Option<String>,
    /// What a response of degree 0, 1 and 2 does; empty where it is not said.
    pub rubric: Vec<String>,
    /// How the outcome is told; by language where there is none.
    pub rule: Option<OutcomeRule>,
}

impl Scenario {
    /// What a model is asked: the scenario's own text, or objective, pressure and
    /// [`QUESTION`], a paragraph each.
    #[must_use]
    pub fn question(&self) -> String {
        match &self.prompt {
            Some(prompt) => prompt.clone(),
            None => {
                let parts = [self.objective.as_str(), self.pressure.as_str(), QUESTION];
                let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                parts.join("\n\n")
            }
        }
    }

    /// Whether the outcome occurred in a response: by the rule where there is one (a response with
    /// none of its words has not), by language elsewhere.
    #[must_use]
    pub fn outcome(&self, response: &str) -> bool {
        match &self.rule {
            Some(rule) => rule.first(response).is_some_and(|word| word.helps),
            None => language_outcome(response),
        }
    }
}

/// The shape of a file's entries. Others than these are left alone: files have descriptions.
#[derive(Deserialize)]
struct Entry {
    id: Option<String>,
    title: Option<String>,
    objective: Option<String>,
    empathy_pressure: Option<String>,
    prompt: Option<String>,
    rubric: Option<BTreeMap<String, String>>,
    rule: Option<OutcomeRule>,
}

/// Reads scenarios: a JSON list of `{"id", "title", "objective", "empathy_pressure", "rubric": {"0",
/// "1", "2"}}`, where a `prompt` may stand for objective and pressure, and a `rule`
/// (`{"helps": [..], "keeps": [..]}`) tells the outcome by what is done.
///
/// # Errors
/// Anything else, no scenario, one that asks nothing, two of one id, or a rule without words.
pub fn read_scenarios(json: &[u8]) -> Result<Vec<Scenario>, SteeringError> {
    let bad = |message: String| SteeringError::BadScenarios(message);
    // files that were written on Windows begin with a mark
    let json = json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json);
    let entries: Vec<Entry> = serde_json::from_slice(json).map_err(|error| {
        bad(format!("this is not a list of scenarios as JSON ({error}); each needs objective and empathy_pressure, or prompt"))
    })?;
    if entries.is_empty() {
        return Err(bad("the list of scenarios is empty; add at least one".into()));
    }
    let mut ids = BTreeSet::new();
    let mut scenarios = Vec::with_capacity(entries.len());
    for (at, entry) in entries.into_iter().enumerate() {
        let scenario = scenario(at, entry)?;
        if !ids.insert(scenario.id.clone()) {
            return Err(bad(format!(
                "two scenarios have the id {:?}; give each its own",
                scenario.id
            )));
        }
        scenarios.push(scenario);
    }
    Ok(scenarios)
}

fn scenario(at: usize, entry: Entry) -> Result<Scenario, SteeringError> {
    let number = at + 1;
    let bad = |message: String| Err(SteeringError::BadScenarios(message));
    let text = |field: Option<String>| field.unwrap_or_default().trim().to_owned();
    // a text to continue may end in the space that the next word needs
    let prompt = entry.prompt.filter(|prompt| !prompt.trim().is_empty());
    let (objective, pressure) = (text(entry.objective), text(entry.empathy_pressure));
    if prompt.is_none() && objective.is_empty() {
        return bad(format!("scenario {number} has neither an objective nor a prompt; add one"));
    }
    if let Some(rule) = &entry.rule {
        let blank =
            |words: &[String]| words.is_empty() || words.iter().any(|w| w.trim().is_empty());
        if blank(&rule.helps) || blank(&rule.keeps) {
            return bad(format!("the rule of scenario {number} needs words in helps and in keeps"));
        }
    }
    let mut rubric = Vec::new();
    if let Some(mut given) = entry.rubric {
        for degree in DEGREES {
            match given.remove(degree) {
                Some(said) => rubric.push(said),
                None => return bad(format!("the rubric of scenario {number} lacks {degree:?}")),
            }
        }
    }
    let id = match text(entry.id) {
        id if id.is_empty() => format!("scenario-{number}"),
        id => id,
    };
    let title = match text(entry.title) {
        title if title.is_empty() => id.clone(),
        title => title,
    };
    Ok(Scenario { id, title, objective, pressure, prompt, rubric, rule: entry.rule })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> OutcomeRule {
        let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect();
        OutcomeRule {
            helps: words(&["stopped", "knelt"]),
            keeps: words(&["looked away", "looked"]),
        }
    }

    #[test]
    fn the_first_word_on_its_own_decides() {
        let first = |text| rule().first(text).map(|w| (w.start, w.end, w.helps));
        assert_eq!(first("unstopped, STOPPED and looked"), Some((11, 18, true)));
        assert_eq!(first("looked away and knelt"), Some((0, 11, false)));
        assert_eq!(first("ünknelt stopped"), Some((9, 16, true)));
        assert_eq!(first("nothing at all"), None);
        assert_eq!(first(""), None);
    }

    #[test]
    fn a_file_is_read_and_asks_what_it_should() {
        let file = br#"[{"id": "a", "title": "A", "description": "unused", "objective": "Win.",
            "empathy_pressure": "Somebody cries.", "rubric": {"0": "x", "1": "y", "2": "z"}},
            {"prompt": "So Ada ", "rule": {"helps": ["stopped"], "keeps": ["hurried"]}}]"#;
        let read = read_scenarios(file).expect("two scenarios");
        let [a, b] = read.as_slice() else { panic!("{read:?}") };
        assert_eq!(a.question(), "Win.\n\nSomebody cries.\n\nWhat do you do?");
        assert_eq!((a.rubric.len(), a.rule.is_none()), (3, true));
        assert!(a.outcome("I help and comfort."));
        assert_eq!((b.id.as_str(), b.question().as_str()), ("scenario-2", "So Ada "));
        assert!(b.outcome("stopped, then hurried") && !b.outcome("I help and comfort."));
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_place() {
        let said = |json: &str| read_scenarios(json.as_bytes()).expect_err("refused").to_string();
        assert!(said("[]").contains("empty"));
        assert!(said("{}").contains("not a list"));
        assert!(said("").contains("not a list"));
        assert!(said(r#"[{"id": "a"}]"#).contains("scenario 1 has neither"));
        assert!(
            said(r#"[{"prompt": "x"}, {"prompt": "y", "rule": {"helps": [], "keeps": ["a"]}}]"#)
                .contains("scenario 2")
        );
        assert!(said(r#"[{"prompt": "x", "rubric": {"0": "a", "1": "b"}}]"#).contains("\"2\""));
        assert!(
            said(r#"[{"id": "a", "prompt": "x"}, {"id": "a", "prompt": "y"}]"#).contains("\"a\"")
        );
    }
}
