//! What a probe has to beat.

mod permutation;
mod random;
mod selectivity;
mod sink;

use std::collections::BTreeMap;

use lens_core::{ActivationMatrix, CancelToken, DirectionMethod, Progress, Reporter, Seed, Split};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use self::permutation::{LOGISTIC_PERMUTATIONS, PERMUTATIONS, Permutation};
pub use self::random::{RANDOM_DIRECTIONS, RandomDirections};
pub use self::selectivity::Selectivity;
pub use self::sink::SinkCheck;
use crate::folds::{Folds, folds};
use crate::probe::Training;
use crate::sweep::{check_lengths, pairs_in};
use crate::{AnalysisError, LayerSweep, Run};

/// The controls of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeControls {
    /// How the direction was found, there and in every refit.
    pub method: DirectionMethod,
    /// Whether pairs without any difference could do as well.
    pub permutation: Permutation,
    /// One entry for each layer of the sweep, in its order.
    pub layers: Vec<LayerControls>,
}

/// The controls of one layer's probe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerControls {
    /// Layer of the residual stream.
    pub layer: usize,
    /// Permutation p of this layer by itself. It does not pay for the search over layers, unlike
    /// [`Permutation::p_corrected`].
    pub p_uncorrected: f64,
    /// Directions uniform on the sphere; the same at every layer.
    pub random_isotropic: RandomDirections,
    /// Directions drawn from the covariance of the training rows.
    pub random_covariance: RandomDirections,
    /// The probe on random labels.
    pub selectivity: Selectivity,
    /// How much of the direction lies in a few dimensions.
    pub sink: SinkCheck,
}

/// One layer's rows and the two parts of its pairs.
pub(crate) struct Part<'a> {
    layer: usize,
    rows: &'a ActivationMatrix,
    train: &'a [usize],
    test: &'a [usize],
    folds: &'a Folds,
}

impl Part<'_> {
    fn training(&self) -> Training<'_> {
        Training { layer: self.layer, rows: self.rows, train: self.train, folds: self.folds }
    }
}

/// Controls of the probes of `sweep`, which was made of these layers, splits, scenarios and seed.
///
/// Everything that is drawn comes from named streams of the seed and is the same for every layer.
/// Layers that the sweep skipped are left out.
///
/// # Errors
/// Lists of unequal length, a sweep of other layers, NaN or infinities, a refit that does not
/// converge, or a cancelled token.
pub fn probe_controls(
    layers: &[(usize, ActivationMatrix)],
    splits: &[Split],
    scenarios: &[Option<String>],
    sweep: &LayerSweep,
    seed: Seed,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<ProbeControls, AnalysisError> {
    let run = Run::on_processor(reporter, cancel);
    probe_controls_on(layers, splits, scenarios, sweep, seed, run)
}

/// [`probe_controls`], with an accelerator that may take over the AUROCs of
/// [`LayerControls::random_isotropic`], and of the permutation test the draws that it settles.
///
/// # Errors
/// See [`probe_controls`].
pub fn probe_controls_on(
    layers: &[(usize, ActivationMatrix)],
    splits: &[Split],
    scenarios: &[Option<String>],
    sweep: &LayerSweep,
    seed: Seed,
    run: Run<'_>,
) -> Result<ProbeControls, AnalysisError> {
    let Run { accelerator, reporter, cancel } = run;
    check_lengths(layers, splits, scenarios)?;
    let train = pairs_in(splits, Split::Train)?;
    let test = pairs_in(splits, Split::Test)?;
    let folds = folds(&train, scenarios, seed);
    let parts = sweep
        .layers
        .iter()
        .map(|result| {
            let layer = result.layer;
            let (_, rows) = layers
                .iter()
                .find(|(number, _)| *number == layer)
                .ok_or(AnalysisError::LayerMissing { layer })?;
            Ok(Part { layer, rows, train: &train, test: &test, folds: &folds })
        })
        .collect::<Result<Vec<_>, AnalysisError>>()?;
    let method = sweep.layers.first().ok_or(AnalysisError::NoLayers)?.direction.method;

    let mut isotropic: BTreeMap<usize, (Vec<f32>, Vec<f64>)> = BTreeMap::new();
    let mut of_layers = Vec::with_capacity(parts.len());
    for (part, result) in parts.iter().zip(&sweep.layers) {
        cancel.check()?;
        let width = part.rows.width();
        let (directions, shares) =
            isotropic.entry(width).or_insert_with(|| random_of_width(width, seed));
        let reached = result.test.auroc.value;
        of_layers.push(LayerControls {
            layer: part.layer,
            p_uncorrected: 1.0,
            random_isotropic: random::among_isotropic(part, directions, reached, accelerator)?,
            random_covariance: random::among_covariance(part, seed, reached)?,
            selectivity: selectivity::selectivity(method, part, seed, reached)?,
            sink: SinkCheck::new(&result.direction.vector, shares),
        });
        reporter.report(Progress {
            stage: "Trying random directions".to_owned(),
            done: of_layers.len() as u64,
            total: parts.len() as u64,
            unit: "layers",
        });
    }
    let permutation = permutation::permutation(method, &parts, seed, run)?;
    for (layer, p) in of_layers.iter_mut().zip(&permutation.p_of_layers) {
        layer.p_uncorrected = *p;
    }
    Ok(ProbeControls { method, permutation, layers: of_layers })
}

/// Random directions of a width, and the ascending shares of their three largest dimensions.
fn random_of_width(width: usize, seed: Seed) -> (Vec<f32>, Vec<f64>) {
    let directions = random::isotropic(width, seed);
    let mut shares: Vec<f64> =
        directions.par_chunks_exact(width.max(1)).map(sink::share_of_largest).collect();
    shares.sort_unstable_by(f64::total_cmp);
    (directions, shares)
}
