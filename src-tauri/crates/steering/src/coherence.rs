//! Whether a sample still makes sense as a text.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::repetition::longest_repeat;

/// Characters that a coherent sample has at least, as published.
const FEWEST_CHARACTERS: usize = 50;
/// Words that it has at least.
const FEWEST_WORDS: usize = 10;
/// Distinct words, as a share of all, that it has at least.
const LEAST_DISTINCT: f64 = 0.3;

/// Coherence as published: at least 50 characters, at least 10 words (runs between white space), and
/// distinct words, compared as they are written, at least 0.3 of all.
#[must_use]
pub fn coherent_as_published(text: &str) -> bool {
    let (mut words, mut distinct) = (0_usize, HashSet::new());
    for word in text.split_whitespace() {
        words += 1;
        distinct.insert(word);
    }
    words >= FEWEST_WORDS
        && distinct.len() as f64 / words as f64 >= LEAST_DISTINCT
        && text.chars().take(FEWEST_CHARACTERS).count() == FEWEST_CHARACTERS
}

/// Coherence of one sample, by this program's measures (METHODS, section 6). Words are runs between
/// white space, compared in lower case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coherence {
    /// Words.
    pub words: usize,
    /// Whether there is nothing but white space.
    pub empty: bool,
    /// Coherence by the published rules.
    pub as_published: bool,
    /// Distinct pairs of neighbouring words as a share of all such pairs; absent below two words.
    pub distinct_2: Option<f64>,
    /// Words in the longest sequence that stands at two places, as a share of all words; absent
    /// without words.
    pub longest_repeat: Option<f64>,
    /// Perplexity of the sample under the model without steering; absent where no model was asked.
    pub perplexity: Option<f64>,
    /// Mean over tokens of KL(steered || unsteered), in nats; absent where no model was asked.
    pub divergence: Option<f64>,
}

/// Measures a sample. Perplexity and divergence are the model's to add.
#[must_use]
pub fn coherence(text: &str) -> Coherence {
    let lower = text.to_lowercase();
    let mut numbers = HashMap::new();
    let mut words = Vec::new();
    for word in lower.split_whitespace() {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        words.push(*numbers.entry(word).or_insert(next));
    }
    let pairs: HashSet<&[u32]> = words.windows(2).collect();
    let share = |part: usize, of: usize| (of > 0).then(|| part as f64 / of as f64);
    Coherence {
        words: words.len(),
        empty: words.is_empty(),
        as_published: coherent_as_published(text),
        distinct_2: share(pairs.len(), words.len().saturating_sub(1)),
        longest_repeat: share(longest_repeat(&words), words.len()),
        perplexity: None,
        divergence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "one two three four five six seven eight nine tenth eleventh";

    #[test]
    fn the_published_rules_each_decide() {
        assert!(coherent_as_published(PLAIN));
        assert!(!coherent_as_published("a b c d e f g h i j k l"), "below 50 characters");
        assert!(!coherent_as_published(&"internationalisation ".repeat(4)), "below 10 words");
        assert!(!coherent_as_published(&"aaaa bbbb cccc ".repeat(4)), "3 of 12 words are distinct");
        // 3 of 10 is 0.3 exactly, and characters are counted, not bytes
        let three = "ééééé îîîîî ôôôôô ".repeat(3) + "ééééé";
        assert!(coherent_as_published(&three));
        assert!(!coherent_as_published(&"é ".repeat(24)), "48 characters of 72 bytes");
        assert!(!coherent_as_published(""));
    }

    #[test]
    fn repetition_shows_in_both_measures() {
        let all = coherence(PLAIN);
        assert_eq!((all.words, all.distinct_2, all.longest_repeat), (11, Some(1.0), Some(0.0)));
        let looped = coherence("No no NO no");
        assert_eq!(looped.distinct_2, Some(1.0 / 3.0));
        assert_eq!(looped.longest_repeat, Some(0.75));
        let nothing = coherence(" \n");
        assert!(nothing.empty && nothing.distinct_2.is_none() && nothing.longest_repeat.is_none());
        assert_eq!(coherence("word").distinct_2, None);
    }
}
