//! Words of the concept replaced by neutral ones: does a result survive without its vocabulary?

use std::collections::BTreeMap;
use std::ops::Range;

use lens_core::{ContrastPair, Seed, Side};
use rand::Rng;
use serde::{Deserialize, Serialize};

mod find;
mod list;

pub use list::{Keyword, KeywordError, KeywordList};

/// One replacement, to be shown before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// Bytes of the text as it was.
    pub original: Range<usize>,
    /// Bytes of the text as it became.
    pub result: Range<usize>,
    /// Which entry of the list.
    pub keyword: usize,
}

/// How often one word of the list was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeywordCount {
    /// The word.
    pub word: String,
    /// Occurrences in positive texts.
    pub positive: usize,
    /// Occurrences in negative texts.
    pub negative: usize,
}

/// Pairs without the keywords, and what that took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ablation {
    /// The pairs, in order, with both texts replaced; prompts, ids and all else are as they were.
    pub pairs: Vec<ContrastPair>,
    /// Every word of the list, in its order.
    pub counts: Vec<KeywordCount>,
    /// Occurrences replaced in positive texts.
    pub replaced_positive: usize,
    /// Occurrences replaced in negative texts.
    pub replaced_negative: usize,
    /// Texts with a replacement, of both sides.
    pub touched_texts: usize,
    /// Pairs with a replacement on either side.
    pub touched_pairs: usize,
    /// Pairs whose sides differed before and are the same now: nothing but keywords told them apart.
    pub now_identical: usize,
}

/// The text with every keyword replaced, and where.
///
/// Keywords are found as whole words in any case; a hyphen ends a word, an apostrophe between
/// letters does not. Capitals stay: "Help" becomes "Aid", "HELP" "AID". Which of a word's
/// replacements is taken is drawn by the seed for its first occurrence in a text, its second and so
/// on: both sides of a pair get the same, so that the choice tells them not apart. Replacing in the
/// result changes nothing.
#[must_use]
pub fn ablate_text(text: &str, list: &KeywordList, seed: Seed) -> (String, Vec<Replacement>) {
    let found = list.index.all_in(text);
    if found.is_empty() {
        return (text.to_owned(), Vec::new());
    }
    let mut occurrences: BTreeMap<usize, usize> = BTreeMap::new();
    let mut result = String::with_capacity(text.len());
    let mut replacements = Vec::with_capacity(found.len());
    let mut copied = 0;
    for hit in found {
        let Some(entry) = list.entries().get(hit.keyword) else { continue };
        let occurrence = occurrences.entry(hit.keyword).or_default();
        let mut random = seed.stream(&format!("ablation/{}/{occurrence}", entry.word));
        *occurrence += 1;
        let choice = random.random_range(0..entry.replacements.len().max(1));
        let Some(replacement) = entry.replacements.get(choice) else { continue };
        result.push_str(text.get(copied..hit.range.start).unwrap_or_default());
        let start = result.len();
        let original = text.get(hit.range.clone()).unwrap_or_default();
        result.push_str(&in_case_of(original, replacement));
        copied = hit.range.end;
        replacements.push(Replacement {
            original: hit.range,
            result: start..result.len(),
            keyword: hit.keyword,
        });
    }
    result.push_str(text.get(copied..).unwrap_or_default());
    (result, replacements)
}

/// The pairs with every keyword replaced in both texts by [`ablate_text`].
#[must_use]
pub fn ablate(pairs: &[ContrastPair], list: &KeywordList, seed: Seed) -> Ablation {
    let none = |k: &Keyword| KeywordCount { word: k.word.clone(), positive: 0, negative: 0 };
    let mut ablation = Ablation {
        pairs: Vec::with_capacity(pairs.len()),
        counts: list.entries().iter().map(none).collect(),
        replaced_positive: 0,
        replaced_negative: 0,
        touched_texts: 0,
        touched_pairs: 0,
        now_identical: 0,
    };
    for pair in pairs {
        let [positive, negative] = Side::BOTH.map(|side| {
            let (text, replacements) = ablate_text(pair.text(side), list, seed);
            ablation.count(side, &replacements);
            (text, !replacements.is_empty())
        });
        ablation.touched_texts += usize::from(positive.1) + usize::from(negative.1);
        ablation.touched_pairs += usize::from(positive.1 || negative.1);
        let same = |a: &str, b: &str| a.trim() == b.trim();
        ablation.now_identical +=
            usize::from(same(&positive.0, &negative.0) && !same(&pair.positive, &pair.negative));
        ablation.pairs.push(ContrastPair {
            positive: positive.0,
            negative: negative.0,
            ..pair.clone()
        });
    }
    ablation
}

impl Ablation {
    fn count(&mut self, side: Side, replacements: &[Replacement]) {
        for replacement in replacements {
            let Some(count) = self.counts.get_mut(replacement.keyword) else { continue };
            match side {
                Side::Positive => count.positive += 1,
                Side::Negative => count.negative += 1,
            }
        }
        match side {
            Side::Positive => self.replaced_positive += replacements.len(),
            Side::Negative => self.replaced_negative += replacements.len(),
        }
    }
}

/// The replacement written as the original was: in capitals, with a capital, or as the list has it.
fn in_case_of(original: &str, replacement: &str) -> String {
    let letters = || original.chars().filter(|c| c.is_alphabetic());
    if letters().nth(1).is_some() && letters().all(char::is_uppercase) {
        return replacement.to_uppercase();
    }
    let mut rest = replacement.chars();
    match rest.next() {
        Some(first) if original.starts_with(char::is_uppercase) => {
            first.to_uppercase().chain(rest).collect()
        }
        _ => replacement.to_owned(),
    }
}

#[cfg(test)]
mod tests;
