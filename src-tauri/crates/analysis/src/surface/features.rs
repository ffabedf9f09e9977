//! A few numbers per text, told apart by their mean difference.

use rayon::prelude::*;

use super::{ROUNDING, Texts, is_positive};

/// Scores by the length of a text: the side that is longer in training is positive.
pub(super) fn length(texts: &Texts<'_>, measure: impl Fn(&str) -> usize + Sync) -> Vec<f64> {
    let lengths: Vec<f64> = texts.all.par_iter().map(|text| measure(text) as f64).collect();
    let side = |index: usize| if is_positive(index) { 1.0 } else { -1.0 };
    // whole numbers, so that a balance is exactly zero
    let difference: f64 = texts.train_texts().filter_map(|i| Some(side(i) * lengths.get(i)?)).sum();
    let sign = if difference == 0.0 { 0.0 } else { difference.signum() };
    lengths.into_iter().map(|length| sign * length).collect()
}

/// Scores by several features, standardised by mean and standard deviation (divisor n) of the train
/// texts; features that do not vary there are left out. Weights are the mean differences.
pub(super) fn standardised(texts: &Texts<'_>, rows: &[Vec<f64>]) -> Vec<f64> {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut weights = Vec::with_capacity(width);
    for feature in 0..width {
        let value = |index: usize| rows.get(index).and_then(|row| row.get(feature)).copied();
        let train = || texts.train_texts().filter_map(|i| Some((i, value(i)?)));
        let n = (2 * texts.train.len()).max(1) as f64;
        let mean = train().map(|(_, v)| v).sum::<f64>() / n;
        let deviation = (train().map(|(_, v)| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        let largest = train().fold(0.0_f64, |m, (_, v)| m.max(v.abs()));
        if deviation <= ROUNDING * largest {
            weights.push((mean, 0.0));
            continue;
        }
        let signed = |(i, v): (usize, f64)| if is_positive(i) { v - mean } else { mean - v };
        let difference = train().map(signed).sum::<f64>() / (n / 2.0) / deviation;
        let difference = if difference.abs() > ROUNDING { difference } else { 0.0 };
        weights.push((mean, difference / deviation));
    }
    let score = |row: &Vec<f64>| {
        row.iter().zip(&weights).map(|(value, (mean, weight))| (value - mean) * weight).sum()
    };
    rows.par_iter().map(score).collect()
}
