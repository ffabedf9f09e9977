//! Is one model's direction to be found in another model, once their spaces are aligned?
//!
//! A map between the two models is fitted on the training texts, the direction is carried by it, and
//! what arrives is held against the other model's own direction and used as a probe on its test
//! texts. Definitions: METHODS, section 6.

mod aligned;
mod choose;
mod controls;
mod maps;

use lens_core::{ActivationMatrix, CancelToken, Progress, Reporter, Seed, Split};
use serde::{Deserialize, Serialize};

use self::aligned::{Aligned, length};
use self::choose::choose;
pub use self::controls::{Band, CARRIED_DIRECTIONS, Control, SHUFFLES};
use self::controls::{Judge, random, shuffled};
use self::maps::{Map, Pairing};
pub use self::maps::{MapKind, MapSettings};
use crate::direction::pair_scores;
use crate::folds::folds;
use crate::probe::rows_of;
use crate::product::dot;
use crate::row_space::RowSpace;
use crate::sweep::pairs_in;
use crate::{AgreementError, AnalysisError, Estimate, GroupedBy, PairScores, bootstrap};

/// Fewest training pairs: each is held out once, and maps are fitted on the others.
const FEWEST_PAIRS: usize = 4;

/// One model's texts and direction at the layer that is compared.
#[derive(Debug, Clone, Copy)]
pub struct ModelSide<'a> {
    /// Two rows per pair.
    pub rows: &'a ActivationMatrix,
    /// The model's own direction, fitted on the training pairs.
    pub direction: &'a [f32],
}

/// A direction carried by one map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapTransfer {
    /// The kind of map, with its rank and penalty.
    pub settings: MapSettings,
    /// Share of the variance of held-out training texts that such a map explains: of the second
    /// model's rows for Procrustes, of the first model's for the two others. By this the settings
    /// were chosen.
    pub explained: f64,
    /// The carried direction in the second model's space, at length 1.
    pub direction: Vec<f32>,
    /// Its cosine with that model's own direction.
    pub cosine: f64,
    /// How well it tells that model's test texts apart. The interval is over test pairs; the
    /// direction and the map are held fixed.
    pub auroc: Estimate,
    /// The same direction carried by maps that were fitted on texts which do not belong together.
    pub shuffled: Control,
    /// Random directions carried by the map itself.
    pub random: Control,
}

/// A direction carried from one model to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transfer {
    /// Cosine of the two directions without any map, where the models are equally wide.
    pub raw_cosine: Option<f64>,
    /// How well the second model's own direction tells its test texts apart.
    pub native_auroc: Estimate,
    /// What was held out together where the maps' settings were chosen.
    pub grouped_by: GroupedBy,
    /// Number of folds.
    pub folds: usize,
    /// By kind of map, in the order of [`MapKind::ALL`].
    pub maps: Vec<MapTransfer>,
}

/// Carries the direction of `from` to `to` by each kind of map. `splits` and `scenarios` have one
/// entry per pair; the maps and their settings rest on the training pairs alone.
///
/// # Errors
/// Rows that are not two per pair, directions of another width, NaN or infinities, fewer than four
/// training or two test pairs, a direction of which nothing arrives, an iteration without end, or a
/// cancelled token.
pub fn transfer(
    from: &ModelSide<'_>,
    to: &ModelSide<'_>,
    splits: &[Split],
    scenarios: &[Option<String>],
    seed: Seed,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<Transfer, AgreementError> {
    check(from, to, splits, scenarios)?;
    let train = pairs_in(splits, Split::Train)?;
    let test = pairs_in(splits, Split::Test)?;
    if train.len() < FEWEST_PAIRS {
        let (split, found) = (Split::Train.name(), train.len());
        return Err(AnalysisError::TooFewPairs { split, found, needed: FEWEST_PAIRS }.into());
    }
    let total = 1 + MapKind::ALL.len() as u64;
    let report = |done: u64| -> Result<(), AgreementError> {
        cancel.check()?;
        let stage = "Aligning models".to_owned();
        reporter.report(Progress { stage, done, total, unit: "steps" });
        Ok(())
    };
    report(0)?;
    let (train_texts, test_texts) = (rows_of(&train), rows_of(&test));
    let space = |side: &ModelSide<'_>| {
        let values = side.rows.values().iter().map(|&value| f64::from(value));
        RowSpace::new(values, side.rows.width(), &train_texts)
    };
    let (from_space, to_space) = rayon::join(|| space(from), || space(to));
    let (from_space, to_space) = (from_space?, to_space?);
    let folds = folds(&train, scenarios, seed);
    let choices = choose(&from_space, &to_space, &train_texts, &folds, cancel)?;
    report(1)?;

    let pairing = Pairing {
        from: Aligned::of(&from_space, &from_space, &train_texts, &test_texts),
        to: Aligned::of(&to_space, &to_space, &train_texts, &test_texts),
    };
    let coordinates = |aligned: &Aligned, side: &ModelSide<'_>| {
        let scores: Vec<f64> =
            train_texts.iter().map(|&text| dot(side.rows.row(text), side.direction)).collect();
        aligned.coordinates(&scores)
    };
    let sent = coordinates(&pairing.from, from);
    let judge = Judge::new(&pairing.to, coordinates(&pairing.to, to), to.direction);
    let mut carried = Vec::with_capacity(MapKind::ALL.len());
    for (settings, explained) in choices {
        let map = Map::fit(&settings, &pairing, None)?;
        let arrived = map.carry(&pairing, sent.as_ref());
        let coordinates: Vec<f64> = arrived.col(0).iter().copied().collect();
        if length(&coordinates) <= 0.0 {
            return Err(AgreementError::NothingCarried { map: settings.kind().name() });
        }
        let vector = to_space.lift(&coordinates);
        let norm = length(&vector);
        carried.push(Carried {
            settings,
            explained,
            direction: vector.iter().map(|v| (v / norm) as f32).collect(),
            cosine: judge.cosine(arrived.col(0)),
            scores: judge.scores(arrived.col(0)),
            shuffled: shuffled(&settings, &pairing, sent.as_ref(), &judge, seed, cancel)?,
            random: random(&map, &pairing, &judge, seed)?,
        });
        report(1 + carried.len() as u64)?;
    }
    let native = pair_scores(to.rows, &test, to.direction);
    let all: Vec<PairScores<'_>> = std::iter::once(&native)
        .chain(carried.iter().map(|carried| &carried.scores))
        .map(|(positive, negative)| PairScores { positive, negative, threshold: 0.0 })
        .collect();
    let mut intervals =
        bootstrap(&all, seed, reporter, cancel)?.into_iter().map(|found| found.auroc);
    let native_auroc = intervals.next().ok_or(AnalysisError::NoScores { side: "positive" })?;
    Ok(Transfer {
        raw_cosine: raw_cosine(from.direction, to.direction),
        native_auroc,
        grouped_by: folds.grouped_by,
        folds: folds.pairs.len(),
        maps: carried
            .into_iter()
            .zip(intervals)
            .map(|(carried, auroc)| carried.with(auroc))
            .collect(),
    })
}

/// A [`MapTransfer`] before its interval.
struct Carried {
    settings: MapSettings,
    explained: f64,
    direction: Vec<f32>,
    cosine: f64,
    scores: (Vec<f64>, Vec<f64>),
    shuffled: Control,
    random: Control,
}

impl Carried {
    fn with(self, auroc: Estimate) -> MapTransfer {
        let Self { settings, explained, direction, cosine, shuffled, random, .. } = self;
        MapTransfer { settings, explained, direction, cosine, auroc, shuffled, random }
    }
}

fn check(
    from: &ModelSide<'_>,
    to: &ModelSide<'_>,
    splits: &[Split],
    scenarios: &[Option<String>],
) -> Result<(), AgreementError> {
    let pairs = splits.len();
    if scenarios.len() != pairs {
        let found = scenarios.len();
        return Err(AnalysisError::EntryCount { what: "scenarios", found, pairs }.into());
    }
    if from.rows.rows() != to.rows.rows() {
        let (first, second) = (from.rows.rows(), to.rows.rows());
        return Err(AgreementError::UnlikeRows { first, second });
    }
    if from.rows.rows() != 2 * pairs {
        return Err(AgreementError::RowsPerPair { rows: from.rows.rows(), pairs });
    }
    for side in [from, to] {
        let (found, width) = (side.direction.len(), side.rows.width());
        if found != width {
            return Err(AnalysisError::DirectionWidth { found, width }.into());
        }
        if let Some((row, column)) = side.rows.first_non_finite() {
            return Err(AnalysisError::NonFiniteActivation { layer: None, row, column }.into());
        }
    }
    Ok(())
}

/// Cosine of two equally wide directions.
fn raw_cosine(a: &[f32], b: &[f32]) -> Option<f64> {
    let norm = (dot(a, a) * dot(b, b)).sqrt();
    (a.len() == b.len() && norm > 0.0).then(|| dot(a, b) / norm)
}
