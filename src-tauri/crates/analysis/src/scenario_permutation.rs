//! Whether a direction extends to held-out scenarios further than relabelled pairs let it.
//!
//! The interval of the mean AUROC holds the directions as they are. But the fits of all scenarios
//! share most of their pairs, so where there is nothing to find they are wrong together, and the
//! interval is too narrow. Swapping sides and fitting anew knows of that.

use lens_core::{ActivationMatrix, CancelToken, Seed};
use rayon::prelude::*;

use crate::statistics::mean;
use crate::swaps::Swaps;
use crate::{AnalysisError, auroc, project};

/// Draws, or fewer where there are fewer arrangements.
const DRAWS: usize = 1_000;
/// Most pairs for which the products of all texts with all pairs are held.
const MOST_PAIRS: usize = 1_500;
/// AUROCs closer than this are equal.
const TIE: f64 = 1e-12;

/// p = (1 + draws that reach it) / (1 + draws) of the mean AUROC within `scenarios` (the pairs of
/// each) of mean differences fitted on all other pairs; the sides of all pairs are swapped at random
/// in every draw. None for more pairs than 1,500.
///
/// A mean difference refitted is a sum of pair differences with other signs, so a draw is one product
/// of signs with what every pair adds to the score of every text.
pub(crate) fn permutation_p(
    rows: &ActivationMatrix,
    scenarios: &[&[usize]],
    seed: Seed,
    cancel: &CancelToken,
) -> Result<Option<f64>, AnalysisError> {
    let pairs = rows.rows() / 2;
    if pairs > MOST_PAIRS {
        return Ok(None);
    }
    let differences: Vec<Vec<f32>> = (0..pairs)
        .map(|pair| {
            let sides = rows.row(2 * pair).iter().zip(rows.row(2 * pair + 1));
            sides.map(|(positive, negative)| positive - negative).collect()
        })
        .collect();
    let directions: Vec<&[f32]> = differences.iter().map(Vec::as_slice).collect();
    let products = project(rows, &directions)?;
    cancel.check()?;

    let all: Vec<usize> = (0..pairs).collect();
    let area = |own: &[usize], signs: &[f64]| -> Result<f64, AnalysisError> {
        let score = |text: usize| -> f64 {
            let of_pairs = products.get(text * pairs..(text + 1) * pairs).unwrap_or_default();
            let fitted: f64 = of_pairs.iter().zip(signs).map(|(p, sign)| p * sign).sum();
            let left_out = own.iter().filter_map(|&p| Some(of_pairs.get(p)? * signs.get(p)?));
            fitted - left_out.sum::<f64>()
        };
        let (positive, negative): (Vec<f64>, Vec<f64>) = own
            .iter()
            .map(|&pair| {
                let (first, second) = (score(2 * pair), score(2 * pair + 1));
                let is_swapped = signs.get(pair).is_some_and(|sign| *sign < 0.0);
                if is_swapped { (second, first) } else { (first, second) }
            })
            .unzip();
        auroc(&positive, &negative)
    };
    let macro_area = |signs: &[f64]| -> Result<f64, AnalysisError> {
        let areas: Result<Vec<f64>, _> = scenarios.iter().map(|own| area(own, signs)).collect();
        Ok(mean(&areas?))
    };
    let observed = macro_area(&vec![1.0; pairs])?;
    let swaps = Swaps::new(pairs, DRAWS, seed, "held-out-scenarios/swaps");
    let reached = (0..swaps.draws())
        .into_par_iter()
        .map(|draw| {
            cancel.check()?;
            let drawn = macro_area(&swaps.signs(draw..draw + 1, &all))?;
            Ok(usize::from(drawn >= observed - TIE))
        })
        .sum::<Result<usize, AnalysisError>>()?;
    Ok(Some((1 + reached) as f64 / (1 + swaps.draws()) as f64))
}
