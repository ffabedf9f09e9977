//! Selectivity: how much of a probe's AUROC its training labels are good for.

use lens_core::{DirectionMethod, Seed};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Part;
use crate::AnalysisError;
use crate::probe::probe;
use crate::statistics::{auroc, mean, standard_deviation};
use crate::swaps::Swaps;

/// Draws of random labels.
const DRAWS: usize = 1_000;
/// Draws where every one is many fits.
const LOGISTIC_DRAWS: usize = 100;
/// Draws that one task refits together.
const DRAWS_PER_TASK: usize = 25;

/// The probe against the same probe on random labels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Selectivity {
    /// Draws of labels.
    pub draws: usize,
    /// Mean test AUROC after the sides of the training pairs were swapped at random. The test labels
    /// stay true.
    pub mean: f64,
    /// Its standard deviation (divisor n - 1).
    pub sd: f64,
    /// The probe's test AUROC less the mean.
    pub value: f64,
}

/// Draw `i` comes from the stream `random-labels/i`; every layer sees the same.
pub(super) fn selectivity(
    method: DirectionMethod,
    part: &Part<'_>,
    seed: Seed,
    reached: f64,
) -> Result<Selectivity, AnalysisError> {
    let most = if method == DirectionMethod::Logistic { LOGISTIC_DRAWS } else { DRAWS };
    let pairs = part.rows.rows() / 2;
    let swaps = Swaps::new(pairs, most, seed, "random-labels");
    let probe = probe(method, part.training())?;
    let refit = probe.refit(part.test)?;
    let tasks: Vec<usize> = (0..swaps.draws()).step_by(DRAWS_PER_TASK).collect();
    let areas = tasks
        .par_iter()
        .map(|&task| {
            let draws = task..swaps.draws().min(task + DRAWS_PER_TASK);
            let scores = refit.scores(&swaps.signs(draws, part.train))?;
            let draws = scores.as_chunks::<2>().0.chunks_exact(part.test.len().max(1));
            draws
                .map(|pairs| {
                    let (positive, negative): (Vec<f64>, Vec<f64>) =
                        pairs.iter().map(|[p, n]| (*p, *n)).unzip();
                    auroc(&positive, &negative)
                })
                .collect::<Result<Vec<_>, _>>()
        })
        .collect::<Result<Vec<_>, _>>()?
        .concat();
    let mean = mean(&areas);
    Ok(Selectivity {
        draws: areas.len(),
        mean,
        sd: standard_deviation(&areas),
        value: reached - mean,
    })
}
