//! Texts to read: plain sentences, a hundred of them different, of one length.

const WHO: &[&str] = &["The neighbour", "My sister", "A stranger", "The doctor", "Our teacher"];
const DID: &[&str] = &["noticed", "forgot", "carried", "described", "repaired", "lost", "wanted"];
const WHAT: &[&str] = &["the small key", "a letter", "the garden", "an old song", "the last bus"];
const WHEN: &[&str] =
    &["before the rain", "after dinner", "in the morning", "without a word", "once more"];

/// Text number `index` with `words` words.
pub(super) fn text(index: usize, words: usize) -> String {
    // steps without a common divisor with the lists' lengths go through all combinations
    let pick = |list: &[&'static str], number: usize| {
        list.get(number % list.len()).copied().unwrap_or_default()
    };
    let sentences = (0..).map(|line| {
        let at = index * 31 + line * 7;
        let (who, did) = (pick(WHO, at), pick(DID, at / 5 + index));
        let (what, when) = (pick(WHAT, at / 3 + line), pick(WHEN, at / 11 + line));
        format!("{who} {did} {what} {when}.")
    });
    let mut text = String::new();
    let mut left = words;
    for sentence in sentences {
        for word in sentence.split(' ') {
            if left == 0 {
                return text;
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
            left -= 1;
        }
    }
    text
}

/// Pairs of the texts, as JSON lines.
pub(super) fn pairs(texts: &[String]) -> String {
    let pairs = texts.chunks_exact(2).map(|pair| {
        let [positive, negative] = pair else { return String::new() };
        format!("{{\"positive\": \"{positive}\", \"negative\": \"{negative}\"}}\n")
    });
    pairs.collect()
}

/// The texts one by one, as JSON lines.
pub(super) fn rows(texts: &[String]) -> String {
    let rows = texts.iter().enumerate();
    rows.map(|(id, text)| format!("{{\"id\": {id}, \"text\": \"{text}\"}}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_differ_and_have_their_length() {
        let texts: Vec<String> = (0..100).map(|index| text(index, 50)).collect();
        let different: std::collections::BTreeSet<&String> = texts.iter().collect();
        assert_eq!(different.len(), 100);
        assert!(texts.iter().all(|text| text.split(' ').count() == 50));
        assert_eq!(pairs(&texts).lines().count(), 50);
        assert_eq!(rows(&texts).lines().count(), 100);
    }
}
