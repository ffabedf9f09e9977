//! Permutation test: could pairs without any difference between their sides do as well?
//!
//! A draw counts by whether it reaches a number, so an accelerator may say of most draws, by bounds,
//! that they do or do not. Whatever its bounds leave open is counted in f64, as everything is without
//! one: what the test finds is the same.

mod exact;
mod narrow;

use std::ops::Range;

use lens_core::{DirectionMethod, Progress, Seed};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::exact::wins;
use self::narrow::Narrow;
use super::Part;
use crate::probe::{Refit, probe};
use crate::swaps::Swaps;
use crate::{AnalysisError, Run};

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
/// Draws that an accelerator is asked about at once.
const DRAWS_PER_QUESTION: usize = 10 * DRAWS_PER_REPORT;

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
    run: Run<'_>,
) -> Result<Permutation, AnalysisError> {
    let Some(first) = parts.first() else { return Err(AnalysisError::NoLayers) };
    let pairs = first.train.len() + first.test.len();
    let swaps = Swaps::new(pairs, draws(method, parts.len(), first), seed, "permutation");
    let mut tally = Tally { statistic: 0, largest: vec![0; swaps.draws()] };
    let mut p_of_layers = Vec::with_capacity(parts.len());
    for (number, part) in parts.iter().enumerate() {
        run.cancel.check()?;
        let probe = probe(method, part.training())?;
        let refit = &*probe.refit(part.test)?;
        let layer = Layer { part, refit, swaps: &swaps, run, number, layers: parts.len() };
        p_of_layers.push(share(layer.reached(&mut tally)?, swaps.draws()));
    }
    let Tally { statistic, largest } = tally;
    let reached = largest.iter().filter(|wins| **wins >= statistic).count();
    Ok(Permutation {
        draws: swaps.draws(),
        is_complete: swaps.is_complete,
        statistic: statistic as f64 / (2 * first.test.len() * first.test.len()) as f64,
        p_corrected: share(reached, swaps.draws()),
        p_of_layers,
    })
}

/// Twice the numbers of combinations in the right order, over the layers so far.
struct Tally {
    /// The largest as observed.
    statistic: u128,
    /// The largest of each draw, or any smaller number where the largest is below the statistic.
    largest: Vec<u128>,
}

/// One layer's draws.
struct Layer<'a> {
    part: &'a Part<'a>,
    refit: &'a dyn Refit,
    swaps: &'a Swaps,
    run: Run<'a>,
    number: usize,
    layers: usize,
}

impl Layer<'_> {
    /// How many draws reach what is observed at this layer.
    fn reached(&self, tally: &mut Tally) -> Result<usize, AnalysisError> {
        let (train, test) = (self.part.train.len(), self.part.test.len());
        let observed = wins(self.refit, &vec![1.0; train], &vec![1.0; test], test)?;
        let observed = observed.first().copied().unwrap_or(0);
        tally.statistic = observed.max(tally.statistic);
        let mut narrow = self.refit.sums().and_then(|sums| Narrow::of(&sums));
        let mut reached = 0;
        for start in (0..self.swaps.draws()).step_by(DRAWS_PER_QUESTION) {
            self.run.cancel.check()?;
            let draws = start..self.swaps.draws().min(start + DRAWS_PER_QUESTION);
            let accelerator = self.run.accelerator;
            let bounds = narrow.as_ref().and_then(|narrow| {
                narrow.bounds(accelerator, self.part, self.swaps, draws.clone())
            });
            let open: Vec<usize> = match bounds {
                Some(bounds) => draws
                    .clone()
                    .zip(bounds)
                    .filter(|&(draw, [low, high])| {
                        let is_open = tally.leaves_open(draw, observed, [low, high]);
                        reached += usize::from(!is_open && low >= observed);
                        is_open
                    })
                    .map(|(draw, _)| draw)
                    .collect(),
                None => {
                    narrow = None;
                    draws.clone().collect()
                }
            };
            reached += self.count(&open, observed, tally)?;
            self.report(draws.end);
        }
        Ok(reached)
    }

    /// Counts draws in f64: how many reach what is observed.
    fn count(
        &self,
        draws: &[usize],
        observed: u128,
        tally: &mut Tally,
    ) -> Result<usize, AnalysisError> {
        let Self { part, refit, swaps, .. } = self;
        let mut reached = 0;
        for draws in draws.chunks(DRAWS_PER_REPORT) {
            self.run.cancel.check()?;
            let found = draws
                .par_chunks(DRAWS_PER_TASK)
                .map(|draws| {
                    let each = || draws.iter().map(|&draw| draw..draw + 1);
                    let signs = |of: &[usize]| -> Vec<f64> {
                        each().flat_map(|draw: Range<usize>| swaps.signs(draw, of)).collect()
                    };
                    wins(*refit, &signs(part.train), &signs(part.test), part.test.len())
                })
                .collect::<Result<Vec<_>, _>>()?;
            for (&draw, wins) in draws.iter().zip(found.into_iter().flatten()) {
                reached += usize::from(wins >= observed);
                tally.add(draw, wins);
            }
            self.report(draws.last().map_or(0, |draw| draw + 1));
        }
        Ok(reached)
    }

    fn report(&self, draws: usize) {
        self.run.reporter.report(Progress {
            stage: "Swapping sides".to_owned(),
            done: (self.number * self.swaps.draws() + draws) as u64,
            total: (self.layers * self.swaps.draws()) as u64,
            unit: "draws",
        });
    }
}

impl Tally {
    fn add(&mut self, draw: usize, wins: u128) {
        if let Some(largest) = self.largest.get_mut(draw) {
            *largest = wins.max(*largest);
        }
    }

    /// Whether these bounds say too little about a draw: whether it reaches what its layer was observed
    /// to have, or how far it goes where it may reach the statistic of all layers.
    fn leaves_open(&self, draw: usize, observed: u128, [low, high]: [u128; 2]) -> bool {
        let largest = self.largest.get(draw).copied().unwrap_or(0);
        (low < observed && observed <= high) || (high >= self.statistic && high > largest)
    }
}

fn share(reached: usize, draws: usize) -> f64 {
    (1 + reached) as f64 / (1 + draws) as f64
}
