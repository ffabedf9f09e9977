//! Permutation test: could pairs without any difference between their sides do as well?

use lens_core::{CancelToken, DirectionMethod, Progress, Reporter, Seed};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Part;
use crate::AnalysisError;
use crate::probe::{Refit, probe};
use crate::statistics::twice_wins;
use crate::swaps::Swaps;

/// Draws of swaps.
pub const PERMUTATIONS: usize = 10_000;
/// Draws where every one is many fits, because the strength of the penalty is chosen anew.
pub const LOGISTIC_PERMUTATIONS: usize = 500;
/// Fewest draws that a set of any size gets.
const FEWEST: usize = 1_000;
/// Multiplications of a test that is not cut short: some minutes.
const MOST_WORK: usize = 2_000_000_000_000;
/// Draws between two looks at the cancel token.
const DRAWS_PER_REPORT: usize = 250;
/// Draws that one task refits together.
const DRAWS_PER_TASK: usize = 25;

/// What the test found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Permutation {
    /// Swaps that were drawn, the observed arrangement not among them.
    pub draws: usize,
    /// Every arrangement was tried, rather than a sample of them.
    pub is_complete: bool,
    /// The largest test AUROC of any layer.
    pub statistic: f64,
    /// `(1 + draws that reach the statistic) / (1 + draws)`, where a draw's own largest AUROC of any
    /// layer counts: the search over layers is paid for.
    pub p_corrected: f64,
    /// The same at each layer by itself, in the order of the layers: the search over layers is not
    /// paid for.
    pub p_of_layers: Vec<f64>,
}

/// Draws for a number of layers and pairs.
fn draws(method: DirectionMethod, layers: usize, part: &Part<'_>) -> usize {
    let (train, test) = (part.train.len(), part.test.len());
    let of_layer = match method {
        DirectionMethod::Logistic => return LOGISTIC_PERMUTATIONS,
        // The means, every training row on their difference, and the test rows, on each axis.
        DirectionMethod::Whitened => (2 * train).min(part.rows.width()) * (3 * train + 2 * test),
        DirectionMethod::MeanDifference | DirectionMethod::PcaOfDifferences => 2 * test * train,
    };
    (MOST_WORK / (layers * of_layer).max(1)).clamp(FEWEST, PERMUTATIONS)
}

/// Swaps the two sides of pairs at random, training and test alike and the same at every layer,
/// refits, and counts how often a layer tells the sides apart as well as it does as observed.
///
/// # Errors
/// See [`probe`]; a fit that does not converge; a cancelled token.
pub(super) fn permutation(
    method: DirectionMethod,
    parts: &[Part<'_>],
    seed: Seed,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<Permutation, AnalysisError> {
    let Some(first) = parts.first() else { return Err(AnalysisError::NoLayers) };
    let pairs = first.train.len() + first.test.len();
    let swaps = Swaps::new(pairs, draws(method, parts.len(), first), seed, "permutation");
    let mut largest = vec![0_u128; swaps.draws()];
    let mut statistic = 0;
    let mut p_of_layers = Vec::with_capacity(parts.len());
    for (number, part) in parts.iter().enumerate() {
        cancel.check()?;
        let probe = probe(method, part.training())?;
        let refit = probe.refit(part.test)?;
        let observed = wins(
            &*refit,
            &vec![1.0; part.train.len()],
            &vec![1.0; part.test.len()],
            part.test.len(),
        )?;
        let observed = observed.first().copied().unwrap_or(0);
        let mut reached = 0_usize;
        for start in (0..swaps.draws()).step_by(DRAWS_PER_REPORT) {
            cancel.check()?;
            let end = swaps.draws().min(start + DRAWS_PER_REPORT);
            let tasks: Vec<usize> = (start..end).step_by(DRAWS_PER_TASK).collect();
            let found = tasks
                .par_iter()
                .map(|&task| {
                    let draws = task..end.min(task + DRAWS_PER_TASK);
                    wins(
                        &*refit,
                        &swaps.signs(draws.clone(), part.train),
                        &swaps.signs(draws, part.test),
                        part.test.len(),
                    )
                })
                .collect::<Result<Vec<_>, _>>()?;
            for (largest, wins) in largest.iter_mut().skip(start).zip(found.into_iter().flatten()) {
                *largest = wins.max(*largest);
                reached += usize::from(wins >= observed);
            }
            reporter.report(Progress {
                stage: "Swapping sides".to_owned(),
                done: (number * swaps.draws() + end) as u64,
                total: (parts.len() * swaps.draws()) as u64,
                unit: "draws",
            });
        }
        statistic = observed.max(statistic);
        p_of_layers.push(share(reached, swaps.draws()));
    }
    let reached = largest.iter().filter(|wins| **wins >= statistic).count();
    Ok(Permutation {
        draws: swaps.draws(),
        is_complete: swaps.is_complete,
        statistic: statistic as f64 / (2 * first.test.len() * first.test.len()) as f64,
        p_corrected: share(reached, swaps.draws()),
        p_of_layers,
    })
}

/// Twice the number of (positive, negative) combinations in the right order, for each draw: after a
/// refit with the signs `train`, on `pairs` test pairs with the signs `test`.
fn wins(
    refit: &dyn Refit,
    train: &[f64],
    test: &[f64],
    pairs: usize,
) -> Result<Vec<u128>, AnalysisError> {
    let scores = refit.scores(train)?;
    let (mut positive, mut negative) = (vec![0.0; pairs], vec![0.0; pairs]);
    let draws =
        scores.as_chunks::<2>().0.chunks_exact(pairs.max(1)).zip(test.chunks_exact(pairs.max(1)));
    Ok(draws
        .map(|(sides, signs)| {
            for (((p, n), sides), sign) in
                positive.iter_mut().zip(&mut negative).zip(sides).zip(signs)
            {
                let [first, second] = *sides;
                (*p, *n) = if *sign < 0.0 { (second, first) } else { (first, second) };
            }
            negative.sort_unstable_by(f64::total_cmp);
            twice_wins(&positive, &negative)
        })
        .collect())
}

fn share(reached: usize, draws: usize) -> f64 {
    (1 + reached) as f64 / (1 + draws) as f64
}
