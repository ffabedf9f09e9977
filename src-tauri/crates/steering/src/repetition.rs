//! The longest run of words that a text says twice.

/// Length of the longest sequence that stands at two places of `words` (they may overlap); 0 where
/// nothing repeats.
///
/// Sorts the suffixes by doubling and takes the longest common beginning of neighbours, so that a
/// text of one word over and over costs no more than any other.
pub(crate) fn longest_repeat(words: &[u32]) -> usize {
    let order = sorted_suffixes(words);
    let mut rank = vec![0_usize; words.len()];
    for (place, &suffix) in order.iter().enumerate() {
        rank[suffix] = place;
    }
    let mut longest = 0;
    let mut common = 0_usize;
    // from each suffix to the next the common beginning shrinks by one at most
    for (suffix, place) in rank.iter().enumerate() {
        let Some(before) = place.checked_sub(1).and_then(|place| order.get(place)) else {
            common = 0;
            continue;
        };
        let (here, there) = (words.iter().skip(suffix), words.iter().skip(*before));
        common += here.skip(common).zip(there.skip(common)).take_while(|(a, b)| a == b).count();
        longest = longest.max(common);
        common = common.saturating_sub(1);
    }
    longest
}

/// Where the suffixes begin, in their order.
fn sorted_suffixes(words: &[u32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..words.len()).collect();
    let mut class: Vec<u32> = words.to_vec();
    let mut length = 1;
    loop {
        // the class of the second half; none sorts before any
        let key =
            |suffix: usize, class: &[u32]| (class[suffix], class.get(suffix + length).copied());
        order.sort_unstable_by_key(|&suffix| key(suffix, &class));
        let mut next = vec![0; words.len()];
        let mut classes = 0;
        for pair in order.windows(2) {
            if key(pair[0], &class) != key(pair[1], &class) {
                classes += 1;
            }
            next[pair[1]] = classes;
        }
        length *= 2;
        if classes as usize + 1 >= words.len() || length >= words.len().saturating_mul(2) {
            return order;
        }
        class = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_comparing_every_two_places(words in prop::collection::vec(0..3_u32, 0..40)) {
            let places = (0..words.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
            let common = |(a, b): (usize, usize)| {
                words[a..].iter().zip(&words[b..]).take_while(|(x, y)| x == y).count()
            };
            prop_assert_eq!(longest_repeat(&words), places.map(common).max().unwrap_or(0));
        }
    }

    #[test]
    fn one_word_over_and_over_is_quick() {
        assert_eq!(longest_repeat(&vec![7; 50_000]), 49_999);
    }
}
