//! What a carried direction has to beat.

use faer::{ColRef, Mat, MatRef};
use lens_core::{CancelToken, Seed};
use rand::seq::SliceRandom;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::aligned::{Aligned, length};
use super::maps::{Map, MapSettings, Pairing};
use crate::bootstrap::interval;
use crate::product::dot;
use crate::{AgreementError, AnalysisError, Estimate, auroc, mean};

/// Maps fitted on shuffled texts.
pub const SHUFFLES: usize = 100;
/// Random directions carried by the map itself.
pub const CARRIED_DIRECTIONS: usize = 200;
/// Shuffles between two looks at the cancel token.
const SHUFFLES_PER_CHECK: usize = 10;

/// What a control gives.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// Number of draws.
    pub draws: usize,
    /// Cosine with the second model's own direction.
    pub cosine: Band,
    /// AUROC on its test texts.
    pub auroc: Band,
}

/// Where the draws of a control lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Mean of the draws.
    pub mean: f64,
    /// 2.5th percentile.
    pub low: f64,
    /// 97.5th percentile.
    pub high: f64,
}

impl Band {
    fn of(draws: &[f64]) -> Self {
        let mean = mean(draws);
        let Estimate { low, high, .. } = interval(mean, draws.to_vec());
        Self { mean, low, high }
    }
}

/// Says how well a direction that arrived in the second model does there.
pub(super) struct Judge<'a> {
    /// Test texts, two per pair, on the axes of the training texts.
    test: &'a Mat<f64>,
    /// The model's own direction on the same axes, and its length off them too.
    native: Mat<f64>,
    native_length: f64,
}

impl<'a> Judge<'a> {
    pub(super) fn new(to: &'a Aligned, native: Mat<f64>, direction: &[f32]) -> Self {
        Self { test: &to.held, native, native_length: dot(direction, direction).sqrt() }
    }

    /// Cosine with the model's own direction; 0 of nothing.
    pub(super) fn cosine(&self, arrived: ColRef<'_, f64>) -> f64 {
        let arrived: Vec<f64> = arrived.iter().copied().collect();
        let product: f64 = arrived.iter().zip(self.native.col(0).iter()).map(|(a, b)| a * b).sum();
        let lengths = length(&arrived) * self.native_length;
        if lengths > 0.0 { product / lengths } else { 0.0 }
    }

    /// Scores of the positive and of the negative sides of the test pairs, up to a constant.
    pub(super) fn scores(&self, arrived: ColRef<'_, f64>) -> (Vec<f64>, Vec<f64>) {
        let score = |text: usize| -> f64 {
            self.test.row(text).iter().zip(arrived.iter()).map(|(h, d)| h * d).sum()
        };
        (0..self.test.nrows() / 2).map(|pair| (score(2 * pair), score(2 * pair + 1))).unzip()
    }

    /// Cosine and AUROC of every direction in the columns.
    fn judge(&self, arrived: MatRef<'_, f64>) -> Result<Vec<(f64, f64)>, AnalysisError> {
        arrived
            .col_iter()
            .map(|arrived| {
                let (positive, negative) = self.scores(arrived);
                Ok((self.cosine(arrived), auroc(&positive, &negative)?))
            })
            .collect()
    }
}

/// The direction carried by maps of the same settings that were fitted on training texts in random
/// order, the first model's against the second's: shuffle `i` from the seed's stream
/// `transfer/shuffle/i`, the same for every kind of map.
pub(super) fn shuffled(
    settings: &MapSettings,
    pairing: &Pairing,
    sent: MatRef<'_, f64>,
    judge: &Judge<'_>,
    seed: Seed,
    cancel: &CancelToken,
) -> Result<Control, AgreementError> {
    let draw = |shuffle: usize| -> Result<Vec<(f64, f64)>, AnalysisError> {
        let mut order: Vec<usize> = (0..pairing.from.unit.nrows()).collect();
        order.shuffle(&mut seed.stream(&format!("transfer/shuffle/{shuffle}")));
        let map = Map::fit(settings, pairing, Some(&order))?;
        judge.judge(map.carry(pairing, sent).as_ref())
    };
    let mut draws = Vec::with_capacity(SHUFFLES);
    for first in (0..SHUFFLES).step_by(SHUFFLES_PER_CHECK) {
        cancel.check()?;
        let block = first..SHUFFLES.min(first + SHUFFLES_PER_CHECK);
        let found = block.into_par_iter().map(draw).collect::<Result<Vec<_>, _>>()?;
        draws.extend(found.into_iter().flatten());
    }
    Ok(control(draws))
}

/// Directions of the first model drawn uniformly from the sphere (from the seed's stream
/// `transfer/random`), carried by the map itself. Only their part along the training texts can be
/// carried, so only that is drawn.
pub(super) fn random(
    map: &Map,
    pairing: &Pairing,
    judge: &Judge<'_>,
    seed: Seed,
) -> Result<Control, AgreementError> {
    let mut stream = seed.stream("transfer/random");
    let mut drawn = Mat::zeros(pairing.from.rank(), CARRIED_DIRECTIONS);
    for column in drawn.col_iter_mut() {
        column.iter_mut().for_each(|component| *component = StandardNormal.sample(&mut stream));
    }
    let arrived = map.carry(pairing, drawn.as_ref());
    Ok(control(judge.judge(arrived.as_ref())?))
}

fn control(draws: Vec<(f64, f64)>) -> Control {
    let (cosines, aurocs): (Vec<f64>, Vec<f64>) = draws.into_iter().unzip();
    Control { draws: cosines.len(), cosine: Band::of(&cosines), auroc: Band::of(&aurocs) }
}
