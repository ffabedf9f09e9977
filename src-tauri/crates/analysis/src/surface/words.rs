//! Words, how often they come, and telling the sides apart by nothing else.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ROUNDING, SparseRow, Texts, is_positive};

/// So many words are listed for each side.
const TOP: usize = 20;

/// The words by which bag of words tells the sides apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopWords {
    /// Those of the positive side with the largest weights, the largest first, 20 at most.
    pub positive: Vec<TopWord>,
    /// Those of the negative side likewise.
    pub negative: Vec<TopWord>,
}

/// One word of [`TopWords`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopWord {
    /// The word.
    pub word: String,
    /// Mean relative frequency in positive minus that in negative train texts.
    pub weight: f64,
    /// Share of the separation of the train texts that is due to this word: the separation is the
    /// sum of the squared weights.
    pub share: f64,
    /// Occurrences in positive train texts.
    pub positive: usize,
    /// Occurrences in negative train texts.
    pub negative: usize,
}

/// Runs of `[a-z']` of the lower-cased text.
pub(super) fn english_words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let runs = lower.split(|c: char| !(c.is_ascii_lowercase() || c == '\''));
    runs.filter(|run| !run.is_empty()).map(str::to_owned).collect()
}

/// Runs of letters and apostrophes of the lower-cased text, whatever the script. In scripts that put
/// no space between words, every letter is a word.
pub(super) fn letter_words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for c in text.to_lowercase().chars() {
        let letter = c.is_alphabetic() || c == '\'';
        let alone = is_unspaced(c);
        match words.last_mut() {
            Some(word) if open && letter && !alone => word.push(c),
            _ if letter => words.push(c.into()),
            _ => {}
        }
        open = letter && !alone;
    }
    words
}

/// Thai, Lao, Burmese, Khmer, kana and Chinese characters.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Texts as counts of the words of the train texts.
pub(super) struct Counts {
    /// The words of the train texts, in alphabetical order.
    pub(super) vocabulary: Vec<String>,
    /// For each text its words of the vocabulary by position there, ascending, with their counts.
    pub(super) texts: Vec<Vec<(u32, u32)>>,
}

impl Counts {
    pub(super) fn new(texts: &Texts<'_>, words: fn(&str) -> Vec<String>) -> Self {
        let counted: Vec<Vec<(String, u32)>> =
            texts.all.par_iter().map(|text| repeats(words(text))).collect();
        let of = |index: usize| counted.get(index).into_iter().flatten();
        let known: HashSet<&str> =
            texts.train_texts().flat_map(of).map(|(word, _)| word.as_str()).collect();
        let mut vocabulary: Vec<&str> = known.into_iter().collect();
        vocabulary.sort_unstable();
        let positions: HashMap<&str, u32> = vocabulary.iter().copied().zip(0..).collect();
        let positioned = |text: &Vec<(String, u32)>| -> Vec<(u32, u32)> {
            let position = |(word, count): &(String, u32)| {
                positions.get(word.as_str()).map(|position| (*position, *count))
            };
            text.iter().filter_map(position).collect()
        };
        Self {
            texts: counted.par_iter().map(positioned).collect(),
            vocabulary: vocabulary.into_iter().map(str::to_owned).collect(),
        }
    }
}

/// Different words in alphabetical order with how often they come.
fn repeats(mut words: Vec<String>) -> Vec<(String, u32)> {
    words.sort_unstable();
    let mut counted: Vec<(String, u32)> = Vec::new();
    for word in words {
        match counted.last_mut() {
            Some((last, count)) if *last == word => *count += 1,
            _ => counted.push((word, 1)),
        }
    }
    counted
}

/// Mean over the positive train texts minus mean over the negative ones of each of `width` features,
/// of which every text has a few. Differences that are no more than rounding are zero.
pub(super) fn mean_difference(texts: &Texts<'_>, rows: &[SparseRow], width: usize) -> Vec<f64> {
    let mut sums = vec![[0.0_f64; 2]; width];
    for index in texts.train_texts() {
        for (feature, value) in rows.get(index).into_iter().flatten() {
            if let Some([positive, negative]) = sums.get_mut(*feature as usize) {
                *if is_positive(index) { positive } else { negative } += value;
            }
        }
    }
    let pairs = texts.train.len().max(1) as f64;
    let difference = |[positive, negative]: [f64; 2]| {
        let difference = positive - negative;
        let is_more = difference.abs() > ROUNDING * (positive.abs() + negative.abs());
        if is_more { difference / pairs } else { 0.0 }
    };
    sums.into_iter().map(difference).collect()
}

/// Dot product of every row with the weights.
pub(super) fn scores(rows: &[SparseRow], weights: &[f64]) -> Vec<f64> {
    let weight = |feature: u32| weights.get(feature as usize).copied().unwrap_or(0.0);
    rows.par_iter().map(|row| row.iter().map(|(f, value)| value * weight(*f)).sum()).collect()
}

/// Relative frequencies among the words that are counted; of a text without any, nothing.
fn frequencies(counts: &Counts) -> Vec<SparseRow> {
    let relative = |text: &Vec<(u32, u32)>| -> SparseRow {
        let total: u64 = text.iter().map(|(_, count)| u64::from(*count)).sum();
        text.iter().map(|(word, count)| (*word, f64::from(*count) / total as f64)).collect()
    };
    counts.texts.par_iter().map(relative).collect()
}

/// The bag of words, word for word as in METHODS: relative frequencies of the words of the train
/// texts, dot product with mean(positive) - mean(negative).
pub(super) fn bag_of_words(texts: &Texts<'_>) -> Result<(Vec<f64>, TopWords), String> {
    let counts = Counts::new(texts, english_words);
    if counts.vocabulary.is_empty() {
        return Err(NO_WORDS.to_owned());
    }
    let rows = frequencies(&counts);
    let weights = mean_difference(texts, &rows, counts.vocabulary.len());
    Ok((scores(&rows, &weights), top_words(texts, &counts, &weights)))
}

const NO_WORDS: &str = "The training texts hold no words of the letters a to z, which is what this \
                        baseline counts; it is for English.";

fn top_words(texts: &Texts<'_>, counts: &Counts, weights: &[f64]) -> TopWords {
    let mut seen = vec![[0_usize; 2]; weights.len()];
    for index in texts.train_texts() {
        for (word, count) in counts.texts.get(index).into_iter().flatten() {
            if let Some([positive, negative]) = seen.get_mut(*word as usize) {
                *if is_positive(index) { positive } else { negative } += *count as usize;
            }
        }
    }
    let separation: f64 = weights.iter().map(|w| w * w).sum();
    let mut words: Vec<TopWord> = counts
        .vocabulary
        .iter()
        .zip(weights)
        .zip(seen)
        .filter(|((_, weight), _)| **weight != 0.0)
        .map(|((word, &weight), [positive, negative])| TopWord {
            word: word.clone(),
            weight,
            share: weight * weight / separation,
            positive,
            negative,
        })
        .collect();
    // stable: of equal weights the first in the alphabet
    words.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    let (positive, negative): (Vec<TopWord>, Vec<TopWord>) =
        words.into_iter().partition(|w| w.weight > 0.0);
    let first = |words: Vec<TopWord>| words.into_iter().take(TOP).collect();
    TopWords { positive: first(positive), negative: first(negative) }
}

/// Relative frequencies of some words among all words of a text, told apart by their mean
/// difference; `None` where no train text holds one of them.
pub(super) fn of_some_words(texts: &Texts<'_>, some: &[&str]) -> Option<Vec<f64>> {
    let position: HashMap<&str, u32> = some.iter().copied().zip(0..).collect();
    let row = |text: &&str| -> SparseRow {
        let words = english_words(text);
        let total = words.len() as f64;
        let found = repeats(words);
        found
            .iter()
            .filter_map(|(w, n)| Some((*position.get(w.as_str())?, f64::from(*n) / total)))
            .collect()
    };
    let rows: Vec<SparseRow> = texts.all.par_iter().map(row).collect();
    let any = texts.train_texts().any(|i| rows.get(i).is_some_and(|row| !row.is_empty()));
    any.then(|| scores(&rows, &mean_difference(texts, &rows, some.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_words_are_runs_of_a_to_z_and_apostrophes() {
        assert_eq!(
            english_words("I don't KNOW caf\u{e9}s, 2nd-hand"),
            ["i", "don't", "know", "caf", "s", "nd", "hand"]
        );
        assert!(english_words("\u{41f}\u{43e}\u{43c}\u{43e}\u{449}\u{44c} 123 ...").is_empty());
    }

    #[test]
    fn letters_of_any_script_make_words() {
        assert_eq!(
            letter_words("Caf\u{e9}s don't \u{41f}\u{43e} 2nd"),
            ["caf\u{e9}s", "don't", "\u{43f}\u{43e}", "nd"]
        );
        assert_eq!(
            letter_words("\u{6211}\u{5e2e}a b\u{4f60}"),
            ["\u{6211}", "\u{5e2e}", "a", "b", "\u{4f60}"]
        );
        assert!(letter_words(" 12 .").is_empty());
    }
}
