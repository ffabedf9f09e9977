//! The outcome of a sample by its language.
//!
//! A word counts as present wherever its letters stand, in any case ("care" in "careful" and in
//! "scared"), as in the published study whose lists these are (arXiv 2511.16699). Case is folded for
//! ASCII letters; the words have no others.

use serde::Serialize;

/// Words that speak of empathy.
pub const EMPATHY_WORDS: [&str; 11] = [
    "help",
    "support",
    "concern",
    "care",
    "worry",
    "feel",
    "understand",
    "sorry",
    "comfort",
    "listen",
    "reach out",
];

/// Words that speak of the task.
pub const TASK_WORDS: [&str; 10] = [
    "objective",
    "task",
    "goal",
    "win",
    "complete",
    "achieve",
    "strategy",
    "efficient",
    "optimal",
    "proceed",
];

const COUNT: usize = EMPATHY_WORDS.len() + TASK_WORDS.len();

/// For every byte, the words that begin with it: bit `i` is word `i`, empathy words first.
const BEGINNINGS: [u32; 256] = beginnings();

/// A list of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WordList {
    /// [`EMPATHY_WORDS`].
    Empathy,
    /// [`TASK_WORDS`].
    Task,
}

/// An occurrence of a word that counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WordSpan {
    /// First byte in the text.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// The list that the word is on.
    pub list: WordList,
    /// The word.
    pub word: &'static str,
}

/// How many words of each list a text has, each counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LanguageScore {
    /// Distinct empathy words.
    pub empathy: usize,
    /// Distinct task words.
    pub task: usize,
}

impl LanguageScore {
    /// Whether empathy words exceed task words: the outcome *language* of METHODS, section 6.
    #[must_use]
    pub const fn outcome(self) -> bool {
        self.empathy > self.task
    }
}

/// Counts the distinct words of both lists in a text.
#[must_use]
pub fn language_score(text: &str) -> LanguageScore {
    let mut present = 0_u32;
    scan(text, |word, _| present |= 1 << word);
    let empathy = present & ((1 << EMPATHY_WORDS.len()) - 1);
    let count = |words: u32| words.count_ones() as usize;
    LanguageScore { empathy: count(empathy), task: count(present & !empathy) }
}

/// Whether more distinct empathy words than task words are present in a text.
#[must_use]
pub fn language_outcome(text: &str) -> bool {
    language_score(text).outcome()
}

/// Every occurrence of the words of both lists, by where they begin.
#[must_use]
pub fn word_spans(text: &str) -> Vec<WordSpan> {
    let mut spans = Vec::new();
    scan(text, |index, start| {
        let list = if index < EMPATHY_WORDS.len() { WordList::Empathy } else { WordList::Task };
        let word = word(index);
        spans.push(WordSpan { start, end: start + word.len(), list, word });
    });
    spans
}

/// Tells of every occurrence: which word, and where it begins.
fn scan(text: &str, mut found: impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    for (start, &byte) in bytes.iter().enumerate() {
        let mut candidates = BEGINNINGS[usize::from(byte)];
        while candidates != 0 {
            let index = candidates.trailing_zeros() as usize;
            candidates &= candidates - 1;
            let word = word(index).as_bytes();
            let here = bytes.get(start..start + word.len());
            if here.is_some_and(|here| here.eq_ignore_ascii_case(word)) {
                found(index, start);
            }
        }
    }
}

/// Word `index` of both lists, empathy words first.
const fn word(index: usize) -> &'static str {
    if index < EMPATHY_WORDS.len() {
        EMPATHY_WORDS[index]
    } else {
        TASK_WORDS[index - EMPATHY_WORDS.len()]
    }
}

const fn beginnings() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < COUNT {
        let first = word(index).as_bytes()[0];
        table[first as usize] |= 1 << index;
        table[first.to_ascii_uppercase() as usize] |= 1 << index;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn distinct_words_are_compared_wherever_they_stand() {
        assert!(language_outcome("I CARE about you."));
        assert_eq!(language_score("scared, careful, Care"), LanguageScore { empathy: 1, task: 0 });
        assert!(!language_outcome("I feel we must win"), "one each is no outcome");
        assert!(!language_outcome(""));
        assert!(language_outcome("Reach out; ich höre ünderstand"));
        assert_eq!(language_score("reach  out"), LanguageScore { empathy: 0, task: 0 });
    }

    #[test]
    fn spans_name_what_counted() {
        let text = "Ä winning HELP";
        let spans = word_spans(text);
        let named: Vec<_> = spans.iter().map(|s| (&text[s.start..s.end], s.word, s.list)).collect();
        assert_eq!(named, [("win", "win", WordList::Task), ("HELP", "help", WordList::Empathy)]);
    }

    proptest! {
        #[test]
        fn agrees_with_the_plain_definition(words in prop::collection::vec(0..COUNT + 3, 0..12), upper: bool) {
            let joined: Vec<&str> =
                words.iter().map(|&w| if w < COUNT { word(w) } else { "é tas" }).collect();
            let text = joined.join("");
            let text = if upper { text.to_uppercase() } else { text };
            let lower = text.to_lowercase();
            let present = |list: &[&str]| list.iter().filter(|word| lower.contains(**word)).count();
            let score = language_score(&text);
            prop_assert_eq!(score.empathy, present(&EMPATHY_WORDS));
            prop_assert_eq!(score.task, present(&TASK_WORDS));
            for span in word_spans(&text) {
                prop_assert_eq!(text[span.start..span.end].to_lowercase(), span.word);
            }
        }
    }
}
