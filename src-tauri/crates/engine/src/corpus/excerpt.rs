//! Where a token stands in a text.

use crate::contract::TokenContextView;
use crate::map::TokenIndex;

/// Tokens before and behind that are shown.
const AROUND: usize = 12;

/// The occurrence `at` with what stands around it.
pub(super) fn excerpt(tokens: &TokenIndex, at: usize) -> TokenContextView {
    let text = tokens.text.get(at).copied().unwrap_or_default();
    let is_of_text = |other: &usize| tokens.text.get(*other) == Some(&text);
    let word = |other: usize| {
        let word = tokens.word.get(other).and_then(|&word| tokens.words.get(word as usize));
        word.map_or("", String::as_str)
    };
    let first = (at.saturating_sub(AROUND)..at).find(is_of_text).unwrap_or(at);
    let end = (at + 1..=at + AROUND).take_while(is_of_text).last().map_or(at + 1, |last| last + 1);
    let is_cut_before = first.checked_sub(1).is_some_and(|before| is_of_text(&before));
    let joined = |range: std::ops::Range<usize>| range.map(word).collect::<String>();
    TokenContextView {
        pair: text / 2,
        positive: text.is_multiple_of(2),
        before: format!("{}{}", if is_cut_before { "…" } else { "" }, joined(first..at)),
        token: word(at).to_owned(),
        after: format!("{}{}", joined(at + 1..end), if is_of_text(&end) { "…" } else { "" }),
        score: tokens.score.get(at).copied().map_or(0.0, f64::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_is_of_the_same_text_and_says_where_it_is_cut() {
        let words: Vec<String> = (0..40).map(|i| format!(" w{i}")).collect();
        let tokens = TokenIndex {
            text: (0..40).map(|i| u32::from(i >= 5) * 3).collect(),
            word: (0..40).collect(),
            position: (0..40).collect(),
            score: (0..40).map(|i| i as f32).collect(),
            words,
        };
        let first = excerpt(&tokens, 1);
        assert_eq!((first.before.as_str(), first.after.as_str()), (" w0", " w2 w3 w4"));
        assert_eq!((first.pair, first.positive, first.score), (0, true, 1.0));
        let middle = excerpt(&tokens, 20);
        assert!(
            middle.before.starts_with("… w8 ") && middle.after.ends_with(" w32…"),
            "{middle:?}"
        );
        assert_eq!((middle.token.as_str(), middle.pair, middle.positive), (" w20", 1, false));
        let last = excerpt(&tokens, 39);
        assert_eq!(last.after, "");
        assert!(excerpt(&tokens, 5).before.is_empty());
    }
}
