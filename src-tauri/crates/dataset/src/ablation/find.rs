//! Whole words in a text, in any case.

use std::collections::HashMap;
use std::ops::Range;

/// Keywords by the first letter they may begin with, the longest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Keywords(HashMap<char, Vec<(Vec<char>, usize)>>);

/// One keyword found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Bytes of the text.
    pub(super) range: Range<usize>,
    /// Position of the keyword in its list.
    pub(super) keyword: usize,
}

impl Keywords {
    pub(super) fn new<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let mut by_first: HashMap<char, Vec<(Vec<char>, usize)>> = HashMap::new();
        for (index, word) in words.enumerate() {
            let folded: Vec<char> = fold(word).chars().collect();
            if let Some(&first) = folded.first() {
                by_first.entry(first).or_default().push((folded, index));
            }
        }
        for words in by_first.values_mut() {
            words.sort_by_key(|(folded, _)| std::cmp::Reverse(folded.len()));
        }
        Self(by_first)
    }

    /// The keywords in `text` from left to right, none overlapping another; where several begin at
    /// the same place, the longest.
    pub(super) fn all_in(&self, text: &str) -> Vec<Found> {
        let mut found = Vec::new();
        let mut before = Before::default();
        let mut end = 0;
        for (at, c) in text.char_indices() {
            if at >= end
                && c.is_alphanumeric()
                && !before.is_inside()
                && let Some((length, keyword)) = self.starting(text.get(at..).unwrap_or_default())
            {
                end = at + length;
                found.push(Found { range: at..end, keyword });
            }
            before.pass(c);
        }
        found
    }

    /// The first keyword in `text`.
    pub(super) fn first_in(&self, text: &str) -> Option<usize> {
        self.all_in(text).first().map(|found| found.keyword)
    }

    /// Length in bytes and position in the list of the longest keyword that `rest` begins with.
    fn starting(&self, rest: &str) -> Option<(usize, usize)> {
        let first = rest.chars().next()?.to_lowercase().next()?;
        self.0.get(&first)?.iter().find_map(|(word, keyword)| {
            let length = prefix(rest, word)?;
            ends_word(rest.get(length..)?).then_some((length, *keyword))
        })
    }
}

/// Bytes of `text` that fold to exactly `word`; a space stands for any white space.
fn prefix(text: &str, word: &[char]) -> Option<usize> {
    let mut wanted = word.iter().copied();
    for (at, c) in text.char_indices() {
        if wanted.len() == 0 {
            return Some(at);
        }
        let same = |folded: char, wanted: char| {
            folded == wanted || (wanted == ' ' && folded.is_whitespace())
        };
        if !c.to_lowercase().all(|folded| wanted.next().is_some_and(|w| same(folded, w))) {
            return None;
        }
    }
    (wanted.len() == 0).then_some(text.len())
}

/// Whether a word is over where `rest` goes on. An apostrophe with a letter after it is part of the
/// word: "kind's" is another word than "kind".
fn ends_word(rest: &str) -> bool {
    let mut next = rest.chars();
    match next.next() {
        Some(c) if is_apostrophe(c) => !next.next().is_some_and(is_word_char),
        Some(c) => !is_word_char(c),
        None => true,
    }
}

/// The last two characters before a place.
#[derive(Default)]
struct Before(Option<char>, Option<char>);

impl Before {
    fn pass(&mut self, c: char) {
        (self.0, self.1) = (self.1, Some(c));
    }

    /// Whether a letter here would go on with a word.
    fn is_inside(&self) -> bool {
        match self.1 {
            Some(c) if is_apostrophe(c) => self.0.is_some_and(is_word_char),
            Some(c) => is_word_char(c),
            None => false,
        }
    }
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}')
}

/// Lower case, character by character as [`prefix`] compares.
pub(super) fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// The runs of letters and digits of a word of several parts.
pub(super) fn runs(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty())
}

/// Letters and digits with single hyphens, apostrophes or spaces between them.
pub(super) fn is_word(text: &str) -> bool {
    let is_joint = |c: char| matches!(c, '-' | ' ') || is_apostrophe(c);
    text.split(is_joint).all(|run| !run.is_empty() && run.chars().all(char::is_alphanumeric))
}
