//! Function words only: style without content (Mosteller and Wallace 1963).

use super::{Scored, Texts, words};

/// English words that carry grammar rather than content, one per line.
const WORDS: &str = include_str!("function_words.txt");

const NONE: &str = "The training texts hold none of the English function words that this baseline \
                    counts; it is for English.";

/// Scores by the relative frequencies of function words among all words of a text.
pub(super) fn function_words(texts: &Texts<'_>) -> Scored {
    let some: Vec<&str> = WORDS.lines().map(str::trim).filter(|word| !word.is_empty()).collect();
    words::of_some_words(texts, &some).ok_or_else(|| NONE.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds_single_words_once() {
        let words: Vec<&str> = WORDS.lines().collect();
        assert!(words.len() > 150);
        assert!(words.is_sorted_by(|a, b| a < b));
        for word in words {
            assert_eq!(words::english_words(word), [word]);
        }
    }
}
