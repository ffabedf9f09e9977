//! TF-IDF and logistic regression: the usual classifier of texts.

use lens_core::CancelToken;
use rayon::prelude::*;

use super::logistic::logistic;
use super::words::{Counts, letter_words, scores};
use super::{Scored, SparseRow, Texts, is_positive};
use crate::AnalysisError;

const NO_WORDS: &str = "The training texts hold no letters, so there are no words to count.";

const NO_FIT: &str = "The logistic regression on these texts did not converge.";

/// Scores by an L2-penalised logistic regression (C = 1, scikit-learn's default: nothing is chosen
/// that would have to be paid for) on TF-IDF weighted words: counts times
/// `ln((1 + n) / (1 + df)) + 1` over the train texts, rows at length 1, as scikit-learn's
/// `TfidfVectorizer` has it. The score is the log-odds.
pub(super) fn tfidf_logistic(
    texts: &Texts<'_>,
    cancel: &CancelToken,
) -> Result<Scored, AnalysisError> {
    let counts = Counts::new(texts, letter_words);
    if counts.vocabulary.is_empty() {
        return Ok(Err(NO_WORDS.to_owned()));
    }
    let rows = weighted(texts, &counts);
    let (train, labels): (Vec<&SparseRow>, Vec<bool>) =
        texts.train_texts().filter_map(|i| Some((rows.get(i)?, is_positive(i)))).unzip();
    let Some((weights, intercept)) = logistic(&train, counts.vocabulary.len(), &labels, cancel)?
    else {
        return Ok(Err(NO_FIT.to_owned()));
    };
    Ok(Ok(scores(&rows, &weights).into_iter().map(|score| score + intercept).collect()))
}

fn weighted(texts: &Texts<'_>, counts: &Counts) -> Vec<SparseRow> {
    let mut in_texts = vec![0_u32; counts.vocabulary.len()];
    for index in texts.train_texts() {
        for (word, _) in counts.texts.get(index).into_iter().flatten() {
            if let Some(n) = in_texts.get_mut(*word as usize) {
                *n += 1;
            }
        }
    }
    let n = 2.0 * texts.train.len() as f64;
    let rarity: Vec<f64> =
        in_texts.into_iter().map(|df| ((1.0 + n) / (1.0 + f64::from(df))).ln() + 1.0).collect();
    let row = |text: &Vec<(u32, u32)>| -> SparseRow {
        let rarity = |word: u32| rarity.get(word as usize).copied().unwrap_or(0.0);
        let raw = || text.iter().map(|(word, n)| (*word, f64::from(*n) * rarity(*word)));
        let length = raw().map(|(_, value)| value * value).sum::<f64>().sqrt();
        raw().map(|(word, value)| (word, value / length)).collect()
    };
    counts.texts.par_iter().map(row).collect()
}
