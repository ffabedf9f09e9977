//! The list of words to replace, and what makes one fit for use.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::find::{Keywords, fold, is_word, runs};

/// The list that ships: the words by which the study "Detecting and Steering LLMs' Empathy in
/// Action" (arXiv 2511.16699) tests vocabulary, with plainer words of our own in their place, and
/// "kind of", which is no kindness.
const DEFAULT: &str = include_str!("keywords.json");

/// A word of the concept and the neutral ones that may take its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyword {
    /// The word as it is written in lower case; inflected forms are words of their own. It may hold
    /// a hyphen, an apostrophe or a space ("well-being", "kind of").
    pub word: String,
    /// One of these is drawn for every occurrence.
    pub replacements: Vec<String>,
}

/// A list of keywords that was found fit for use: replacing by it twice is replacing once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Keyword>", into = "Vec<Keyword>")]
pub struct KeywordList {
    entries: Vec<Keyword>,
    pub(super) index: Keywords,
}

/// Why a list of keywords cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeywordError {
    /// A list of nothing.
    #[error("the list of keywords is empty; name at least one word to replace")]
    Empty,
    /// Not a list as it should be.
    #[error(
        "the list of keywords cannot be read ({0}); it has to be a list of entries like \
         {{\"word\": \"help\", \"replacements\": [\"aid\"]}}"
    )]
    Json(String),
    /// A keyword that could not be found as a whole word, or a replacement that would run into its
    /// neighbours.
    #[error(
        "entry {entry}: {text:?} is not a word; write letters or digits, with hyphens, apostrophes \
         or single spaces only between them"
    )]
    NotAWord {
        /// Position in the list, from 1.
        entry: usize,
        /// What stands there.
        text: String,
    },
    /// A word without anything to put in its place.
    #[error("{word:?} has no replacement; give at least one, or remove the word from the list")]
    NoReplacement {
        /// The word.
        word: String,
    },
    /// A word that comes twice (in any case).
    #[error("{word:?} is in the list twice; keep one of the two entries")]
    Twice {
        /// The word.
        word: String,
    },
    /// A replacement that would be replaced in turn.
    #[error(
        "{word:?} would be replaced by {replacement:?}, which holds or could become the keyword \
         {keyword:?}; choose another replacement"
    )]
    ReplacementIsKeyword {
        /// The word.
        word: String,
        /// What was to take its place.
        replacement: String,
        /// The keyword it brings back.
        keyword: String,
    },
}

impl KeywordList {
    /// Checks a list.
    ///
    /// # Errors
    /// The first [`KeywordError`] in the order of the list.
    pub fn new(entries: Vec<Keyword>) -> Result<Self, KeywordError> {
        if entries.is_empty() {
            return Err(KeywordError::Empty);
        }
        let mut seen = HashMap::new();
        for (at, keyword) in entries.iter().enumerate() {
            let texts = [&keyword.word].into_iter().chain(&keyword.replacements);
            if let Some(odd) = texts.into_iter().find(|t| !is_word(t)) {
                return Err(KeywordError::NotAWord { entry: at + 1, text: odd.clone() });
            }
            if keyword.replacements.is_empty() {
                return Err(KeywordError::NoReplacement { word: keyword.word.clone() });
            }
            if seen.insert(fold(&keyword.word), at).is_some() {
                return Err(KeywordError::Twice { word: keyword.word.clone() });
            }
        }
        let list = Self { index: Keywords::new(entries.iter().map(|k| k.word.as_str())), entries };
        match list.entries.iter().find_map(|keyword| list.brought_back(keyword)) {
            Some(error) => Err(error),
            None => Ok(list),
        }
    }

    /// The list that ships, for the concept "empathy".
    ///
    /// # Errors
    /// Never, as long as the list in the program is sound, which a test sees to.
    pub fn shipped() -> Result<Self, KeywordError> {
        Self::from_json(DEFAULT)
    }

    /// Reads and checks a list of objects with `word` and `replacements`.
    ///
    /// # Errors
    /// [`KeywordError`].
    pub fn from_json(json: &str) -> Result<Self, KeywordError> {
        let entries = serde_json::from_str(json).map_err(|e| KeywordError::Json(e.to_string()))?;
        Self::new(entries)
    }

    /// The entries, in the order they were given in.
    #[must_use]
    pub fn entries(&self) -> &[Keyword] {
        &self.entries
    }

    /// A replacement that holds a keyword, or could become part of one of several parts together
    /// with the text around it: "being" after "well-".
    fn brought_back(&self, keyword: &Keyword) -> Option<KeywordError> {
        let error = |replacement: &str, found: &str| KeywordError::ReplacementIsKeyword {
            word: keyword.word.clone(),
            replacement: replacement.to_owned(),
            keyword: found.to_owned(),
        };
        keyword.replacements.iter().find_map(|replacement| {
            // capitals can fold to other letters than they came from
            let cases = [replacement.clone(), replacement.to_uppercase()];
            cases.iter().find_map(|text| {
                if let Some(hit) = self.index.first_in(text) {
                    return self.entries.get(hit).map(|k| error(replacement, &k.word));
                }
                let (first, last) = (runs(text).next()?, runs(text).next_back()?);
                let joins = |k: &&Keyword| {
                    let later = runs(&k.word).skip(1);
                    let count = runs(&k.word).count();
                    let earlier = runs(&k.word).take(count.saturating_sub(1));
                    later.map(fold).any(|run| run == fold(first))
                        || earlier.map(fold).any(|run| run == fold(last))
                };
                self.entries.iter().find(joins).map(|k| error(replacement, &k.word))
            })
        })
    }
}

impl TryFrom<Vec<Keyword>> for KeywordList {
    type Error = KeywordError;

    fn try_from(entries: Vec<Keyword>) -> Result<Self, KeywordError> {
        Self::new(entries)
    }
}

impl From<KeywordList> for Vec<Keyword> {
    fn from(list: KeywordList) -> Self {
        list.entries
    }
}
