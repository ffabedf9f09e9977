//! A probe at every layer, and the choice of one of them.

use lens_core::{
    ActivationMatrix, CancelToken, Direction, DirectionMethod, Progress, Reporter, Seed, Split,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::direction::pair_scores;
use crate::folds::{GroupedBy, folds};
use crate::probe::{Training, fitted, probe};
use crate::statistics::{PairScores, PointStatistics};
use crate::{AnalysisError, ProbeStatistics, bootstrap};

/// Fewest pairs that a probe is fitted on, and fewest that it is measured with.
const FEWEST_PAIRS: usize = 2;
/// AUROCs closer than this are a tie.
const TIE: f64 = 1e-12;

/// The probe of one layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerResult {
    /// Layer of the residual stream (0 = embedding output).
    pub layer: usize,
    /// The direction, fitted on all training pairs.
    pub direction: Direction,
    /// On the test pairs, with intervals.
    pub test: ProbeStatistics,
    /// On the very pairs it was fitted on: flattering, and shown only beside the test.
    pub train: PointStatistics,
    /// Mean AUROC over the held-out folds of the training pairs, by which the layer is chosen.
    pub cv_auroc: f64,
}

/// A layer without a probe: its sides do not differ, or a fit there has no solution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedLayer {
    /// The layer.
    pub layer: usize,
    /// Why, in a sentence.
    pub reason: String,
}

/// Probes at all layers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerSweep {
    /// Layers with a probe, in the order they were given.
    pub layers: Vec<LayerResult>,
    /// Layers without a probe.
    pub skipped: Vec<SkippedLayer>,
    /// The layer with the highest [`LayerResult::cv_auroc`], found without the test pairs. Of
    /// layers that tie, the lowest: it needs the least of the model to be run.
    pub chosen_layer: usize,
    /// The layer with the highest test AUROC (the lowest of those that tie): an optimistic choice,
    /// because it was made on the pairs it is then reported on.
    pub best_on_test_layer: usize,
    /// Test AUROC of the best layer on test minus that of the chosen layer; never negative.
    pub optimism: f64,
    /// What was held out together.
    pub grouped_by: GroupedBy,
    /// Number of folds.
    pub folds: usize,
}

/// Fits a probe by `method` on the training pairs at every layer, measures it on the test
/// pairs, and chooses a layer by grouped K-fold within the training pairs.
///
/// `layers` holds a layer number and its rows (two per pair); `splits` and `scenarios` have one
/// entry per pair.
///
/// # Errors
/// Lists of unequal length, fewer than two training or test pairs, NaN or infinities, no layer at
/// which the sides differ, or a cancelled token.
pub fn layer_sweep(
    layers: &[(usize, ActivationMatrix)],
    splits: &[Split],
    scenarios: &[Option<String>],
    method: DirectionMethod,
    seed: Seed,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<LayerSweep, AnalysisError> {
    check_lengths(layers, splits, scenarios)?;
    let train = pairs_in(splits, Split::Train)?;
    let test = pairs_in(splits, Split::Test)?;
    let folds = folds(&train, scenarios, seed);

    let mut probes = Vec::new();
    let mut skipped = Vec::new();
    let at_once = rayon::current_num_threads();
    for (block, chunk) in layers.chunks(at_once).enumerate() {
        cancel.check()?;
        let of_chunk: Vec<_> = chunk
            .par_iter()
            .map(|(layer, rows)| {
                fit(method, Training { layer: *layer, rows, train: &train, folds: &folds }, &test)
            })
            .collect();
        for (probe, (layer, _)) in of_chunk.into_iter().zip(chunk) {
            match probe {
                Ok(probe) => probes.push(probe),
                Err(
                    error @ (AnalysisError::NoDifference { .. }
                    | AnalysisError::LogisticNoConvergence),
                ) => {
                    skipped.push(SkippedLayer { layer: *layer, reason: error.to_string() });
                }
                Err(error) => return Err(error),
            }
        }
        reporter.report(Progress {
            stage: "Fitting probes".to_owned(),
            done: (block * at_once + chunk.len()) as u64,
            total: layers.len() as u64,
            unit: "layers",
        });
    }

    let scores: Vec<PairScores<'_>> = probes.iter().map(Fitted::test_scores).collect();
    let statistics = bootstrap(&scores, seed, reporter, cancel)?;
    let layers: Vec<LayerResult> = probes
        .into_iter()
        .zip(statistics)
        .map(|(probe, test)| LayerResult {
            layer: probe.direction.layer,
            direction: probe.direction,
            test,
            train: probe.train,
            cv_auroc: probe.cv_auroc,
        })
        .collect();

    let chosen = highest(&layers, |l| l.cv_auroc).ok_or(AnalysisError::NoDifferenceAnywhere)?;
    let best = highest(&layers, |l| l.test.auroc.value).unwrap_or(chosen);
    Ok(LayerSweep {
        chosen_layer: chosen.layer,
        best_on_test_layer: best.layer,
        optimism: (best.test.auroc.value - chosen.test.auroc.value).max(0.0),
        grouped_by: folds.grouped_by,
        folds: folds.pairs.len(),
        layers,
        skipped,
    })
}

pub(crate) fn check_lengths(
    layers: &[(usize, ActivationMatrix)],
    splits: &[Split],
    scenarios: &[Option<String>],
) -> Result<(), AnalysisError> {
    let pairs = splits.len();
    if layers.is_empty() {
        return Err(AnalysisError::NoLayers);
    }
    if scenarios.len() != pairs {
        let found = scenarios.len();
        return Err(AnalysisError::EntryCount { what: "scenarios", found, pairs });
    }
    match layers.iter().find(|(_, rows)| rows.rows() != 2 * pairs) {
        Some((layer, rows)) => {
            Err(AnalysisError::RowCount { layer: *layer, rows: rows.rows(), pairs })
        }
        None => Ok(()),
    }
}

pub(crate) fn pairs_in(splits: &[Split], wanted: Split) -> Result<Vec<usize>, AnalysisError> {
    let pairs: Vec<usize> =
        splits.iter().zip(0..).filter(|(split, _)| **split == wanted).map(|(_, i)| i).collect();
    if pairs.len() < FEWEST_PAIRS {
        let (split, found) = (wanted.name(), pairs.len());
        return Err(AnalysisError::TooFewPairs { split, found, needed: FEWEST_PAIRS });
    }
    Ok(pairs)
}

/// A layer's probe before its intervals.
struct Fitted {
    direction: Direction,
    train: PointStatistics,
    cv_auroc: f64,
    test_positive: Vec<f64>,
    test_negative: Vec<f64>,
}

impl Fitted {
    fn test_scores(&self) -> PairScores<'_> {
        PairScores {
            positive: &self.test_positive,
            negative: &self.test_negative,
            threshold: self.direction.midpoint,
        }
    }
}

fn fit(
    method: DirectionMethod,
    training: Training<'_>,
    test: &[usize],
) -> Result<Fitted, AnalysisError> {
    let Training { rows, train, .. } = training;
    let probe = probe(method, training)?;
    let direction = fitted(method, training, &*probe)?;
    let (positive, negative) = pair_scores(rows, train, &direction.vector);
    let train = PointStatistics::of(&PairScores {
        positive: &positive,
        negative: &negative,
        threshold: direction.midpoint,
    })?;
    let (test_positive, test_negative) = pair_scores(rows, test, &direction.vector);
    let cv_auroc = probe.cross_validate()?;
    Ok(Fitted { direction, train, cv_auroc, test_positive, test_negative })
}

/// The layer with the largest `value`; of ties the lowest layer.
fn highest(layers: &[LayerResult], value: fn(&LayerResult) -> f64) -> Option<&LayerResult> {
    let top = layers.iter().map(value).fold(f64::NEG_INFINITY, f64::max);
    layers.iter().filter(|l| value(l) >= top - TIE).min_by_key(|l| l.layer)
}
