//! What is known of each different token.

use std::cmp::Ordering;

use crate::map::TokenIndex;

/// Tokens whose share of the difference between the sides is told together.
pub(crate) const STRONGEST: usize = 10;

/// One token, wherever it occurs.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenRow {
    /// Which of the words.
    pub word: u32,
    /// How often it occurs in positive texts.
    pub positive: u32,
    /// How often in negative ones.
    pub negative: u32,
    /// Mean of its scores.
    pub mean: f64,
    /// Their standard deviation (divisor n - 1).
    pub sd: f64,
    /// Its share of the difference between the sides' mean scores, where texts' scores are the means
    /// of their tokens' and the positive one is the higher.
    pub share: Option<f64>,
}

impl TokenRow {
    /// How often it occurs.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.positive + self.negative
    }
}

/// Different tokens by falling mean score.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenTable {
    /// Those that occur often enough.
    pub rows: Vec<TokenRow>,
    /// Different tokens there are.
    pub distinct: usize,
    /// Share of the difference between the sides that the ten tokens with the largest shares make up,
    /// however often they occur: more than 1 where others speak against it.
    pub strongest_share: Option<f64>,
}

/// What is summed up for a token.
#[derive(Clone, Default)]
struct Sums {
    counts: [u32; 2],
    scores: f64,
    squares: f64,
    /// What the sides' mean scores differ by on its account.
    difference: f64,
}

impl TokenTable {
    /// Of the tokens of all texts; those that occur at least `fewest` times. `are_parts`: whether a
    /// text's score is the mean of its tokens'.
    #[must_use]
    pub fn of(tokens: &TokenIndex, fewest: usize, are_parts: bool) -> Self {
        let texts = tokens.text.iter().max().map_or(0, |&last| last as usize + 1);
        let mut lengths = vec![0_u32; texts];
        for &text in &tokens.text {
            lengths[text as usize] += 1;
        }
        let on_side = |side| {
            let of_side = lengths.iter().skip(side).step_by(2);
            of_side.filter(|length| **length > 0).count().max(1) as f64
        };
        let on_sides = [on_side(0), on_side(1)];
        let mut sums = vec![Sums::default(); tokens.words.len()];
        let occurrences = tokens.text.iter().zip(&tokens.word).zip(&tokens.score);
        for ((&text, &word), &score) in occurrences.clone() {
            let (side, score) = (text as usize % 2, f64::from(score));
            let Some(sums) = sums.get_mut(word as usize) else { continue };
            sums.counts[side] += 1;
            sums.scores += score;
            let part = score / (f64::from(lengths[text as usize]) * on_sides[side]);
            sums.difference += if side == 0 { part } else { -part };
        }
        for ((_, &word), &score) in occurrences {
            let Some(sums) = sums.get_mut(word as usize) else { continue };
            let mean = sums.scores / f64::from(sums.counts[0] + sums.counts[1]);
            sums.squares += (f64::from(score) - mean).powi(2);
        }
        let whole: f64 = sums.iter().map(|sums| sums.difference).sum();
        let share = |part: f64| (are_parts && whole > 0.0).then(|| part / whole);
        let mut parts: Vec<f64> = sums.iter().map(|sums| sums.difference).collect();
        parts.sort_by(|a, b| b.total_cmp(a));
        let mut rows: Vec<TokenRow> = (0..)
            .zip(&sums)
            .filter(|(_, sums)| (sums.counts[0] + sums.counts[1]) as usize >= fewest.max(1))
            .map(|(word, sums)| {
                let count = f64::from(sums.counts[0] + sums.counts[1]);
                TokenRow {
                    word,
                    positive: sums.counts[0],
                    negative: sums.counts[1],
                    mean: sums.scores / count,
                    sd: (sums.squares / (count - 1.0).max(1.0)).sqrt(),
                    share: share(sums.difference),
                }
            })
            .collect();
        rows.sort_by(|a, b| b.mean.total_cmp(&a.mean).then(Ordering::Equal));
        Self {
            rows,
            distinct: sums.iter().filter(|sums| sums.counts != [0, 0]).count(),
            strongest_share: share(parts.iter().take(STRONGEST).sum()),
        }
    }

    /// As cells with a header: token, count, positive, negative, mean, sd, share.
    #[must_use]
    pub fn cells(&self, tokens: &TokenIndex) -> Vec<Vec<String>> {
        let header = ["token", "count", "positive", "negative", "mean", "sd", "share"];
        let mut cells = vec![header.map(str::to_owned).to_vec()];
        cells.extend(self.rows.iter().map(|row| {
            vec![
                tokens.words.get(row.word as usize).cloned().unwrap_or_default(),
                row.count().to_string(),
                row.positive.to_string(),
                row.negative.to_string(),
                row.mean.to_string(),
                row.sd.to_string(),
                row.share.map_or_else(String::new, |share| share.to_string()),
            ]
        }));
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text by text, the words and their scores.
    pub(crate) fn tokens(texts: &[&[(&str, f32)]]) -> TokenIndex {
        let mut index = TokenIndex::default();
        for (text, words) in (0..).zip(texts) {
            for (position, &(word, score)) in (0..).zip(*words) {
                let known = index.words.iter().position(|known| known == word);
                let number = known.unwrap_or_else(|| {
                    index.words.push(word.to_owned());
                    index.words.len() - 1
                });
                index.text.push(text);
                index.word.push(number as u32);
                index.position.push(position);
                index.score.push(score);
            }
        }
        index
    }

    #[test]
    fn counts_means_and_shares_are_those_of_a_count_by_hand() {
        let index = tokens(&[
            &[("kind", 3.0), ("the", 1.0)],
            &[("cold", -2.0), ("the", 0.0), ("the", 2.0), ("rare", 4.0)],
            &[("kind", 5.0)],
            &[("cold", -4.0)],
        ]);
        let found = TokenTable::of(&index, 2, true);
        let told: Vec<(u32, u32, u32, f64, f64)> = found
            .rows
            .iter()
            .map(|row| (row.word, row.positive, row.negative, row.mean, row.sd))
            .collect();
        let root = 2.0_f64.sqrt();
        assert_eq!(told, [(0, 2, 0, 4.0, root), (1, 1, 2, 1.0, 1.0), (2, 0, 2, -3.0, root)]);
        assert_eq!(found.distinct, 4);
        // Texts score 2, 1, 5 and -4: the sides differ by 3.5 + 1.5.
        let shares: Vec<f64> = found.rows.iter().map(|row| row.share.unwrap()).collect();
        let expected = [(3.0 / 2.0 + 5.0) / 2.0, 0.5 / 2.0 - 0.5 / 2.0, (0.5 + 4.0) / 2.0];
        for (share, expected) in shares.iter().zip(expected) {
            assert!((share - expected / 5.0).abs() < 1e-12, "{shares:?}");
        }
        assert!((found.strongest_share.unwrap() - 1.0).abs() < 1e-12, "there are no more than ten");
        assert_eq!(TokenTable::of(&index, 1, true).rows.len(), 4);
        assert_eq!(TokenTable::of(&index, 9, true).rows.len(), 0);
        assert_eq!(TokenTable::of(&index, 2, false).strongest_share, None);
        let cells = found.cells(&index);
        assert_eq!(cells[1][..4], ["kind", "2", "2", "0"]);
    }

    #[test]
    fn sides_the_wrong_way_round_have_no_shares() {
        let index = tokens(&[&[("a", -1.0)], &[("b", 1.0)]]);
        let found = TokenTable::of(&index, 1, true);
        assert_eq!((found.strongest_share, found.rows[0].share), (None, None));
        assert_eq!(TokenTable::of(&TokenIndex::default(), 1, true).rows, []);
    }
}
