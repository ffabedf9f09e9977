//! Texts with their words in another order: what a probe still finds in them, it finds in the words.

use lens_core::{ContrastPair, Digest, Seed};
use rand::seq::SliceRandom;

/// The words of `text` (runs between white space) in random order. The white space between them
/// stays where it is, so that paragraphs and line breaks keep their places.
///
/// The order is drawn from the seed's stream for the text's digest: the same text is shuffled the
/// same way wherever it stands, on either side of any pair.
#[must_use]
pub fn shuffle_words(text: &str, seed: Seed) -> String {
    let mut random = seed.stream(&format!("shuffle/{}", Digest::of(text.as_bytes())));
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.shuffle(&mut random);
    let mut shuffled = String::with_capacity(text.len());
    let mut words = words.into_iter();
    let mut in_word = false;
    for c in text.chars() {
        if c.is_whitespace() {
            shuffled.push(c);
        } else if !in_word {
            shuffled.extend(words.next());
        }
        in_word = !c.is_whitespace();
    }
    shuffled
}

/// The pairs with the words of both sides shuffled by [`shuffle_words`]. Prompts, ids and all else
/// stay as they are: a prompt is the same on both sides and tells them apart in no order.
#[must_use]
pub fn shuffled(pairs: &[ContrastPair], seed: Seed) -> Vec<ContrastPair> {
    let shuffle = |pair: &ContrastPair| ContrastPair {
        positive: shuffle_words(&pair.positive, seed),
        negative: shuffle_words(&pair.negative, seed),
        ..pair.clone()
    };
    pairs.iter().map(shuffle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(text: &str) -> Vec<&str> {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        words.sort_unstable();
        words
    }

    fn separators(text: &str) -> Vec<&str> {
        text.split(|c: char| !c.is_whitespace()).filter(|s| !s.is_empty()).collect()
    }

    #[test]
    fn words_move_and_line_breaks_stay() {
        let text = "I put the parcel down.\n\n- Sat beside him\n- asked what had happened  ";
        let shuffled = shuffle_words(text, Seed(0));
        assert_ne!(shuffled, text);
        assert_eq!(sorted(&shuffled), sorted(text));
        assert_eq!(separators(&shuffled), separators(text));
        assert_ne!(shuffled, shuffle_words(text, Seed(1)), "the seed has no part in it");
    }

    #[test]
    fn the_same_text_is_shuffled_the_same_way_on_either_side() {
        let text = "one two three four five six seven eight nine ten".to_owned();
        let pair = ContrastPair {
            id: "a".into(),
            positive: text.clone(),
            negative: text,
            prompt: Some("What would you do now?".into()),
            ..ContrastPair::default()
        };
        let other = ContrastPair { id: "b".into(), ..pair.clone() };
        let found = shuffled(&[pair.clone(), other], Seed(3));
        assert_eq!(found[0].positive, found[0].negative);
        assert_eq!(found[0].positive, found[1].positive);
        assert_ne!(found[0].positive, pair.positive);
        assert_eq!(found[0].prompt, pair.prompt);
    }

    proptest! {
        #[test]
        fn the_words_and_the_separators_are_those_of_the_text(text in "[ab\u{e9}\u{3000}.\n\t ]{0,60}", seed: u32) {
            let found = shuffle_words(&text, Seed(seed));
            prop_assert_eq!(sorted(&found), sorted(&text));
            prop_assert_eq!(separators(&found), separators(&text));
            prop_assert_eq!(found.starts_with(char::is_whitespace), text.starts_with(char::is_whitespace));
        }
    }
}
