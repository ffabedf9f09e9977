//! What single tokens are like at a layer: how long, and how their scores spread. Kept where samples are.

use lens_core::{CancelToken, Digest, Reporter, Side, Split};
use lens_model::ModelError;
use serde::{Deserialize, Serialize};

use super::along::Along;
use super::course::Course;
use super::keep::Keep;
use crate::EngineError;
use crate::models::LoadedModels;
use crate::read::{Passages, passage};
use crate::snapshot::Snapshot;
use crate::variant::Staged;

/// Raised when the numbers change.
const VERSION: &str = "token-measures/1";

/// Over all content tokens of the training texts at one layer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct TokenMeasures {
    /// Mean Euclidean norm: r of METHODS, section 2.
    pub(super) residual_norm: f64,
    /// Standard deviation of the scores along the direction.
    pub(super) score_spread: f64,
}

/// The key that a study keeps them under.
pub(super) fn key(snapshot: &Snapshot, along: &Along) -> Digest {
    let reading = &snapshot.reading.key;
    Digest::of_fields(
        [
            Some(VERSION),
            Some(reading.model.as_str()),
            Some(snapshot.pairs.digest().as_str()),
            Some(snapshot.pairs.split_digest().as_str()),
            Some(&along.layer.to_string()),
            Some(along.digest().as_str()),
            Some(&reading.token_limit.to_string()),
            reading.template.as_ref().map(Digest::as_str),
        ]
        .into_iter()
        .chain(reading.rounding()),
    )
}

/// Reads the training texts once, up to the layer.
///
/// # Errors
/// When the model fails, or on cancel.
fn token_measures(
    snapshot: &Snapshot,
    along: &Along,
    loaded: &mut LoadedModels,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<TokenMeasures, EngineError> {
    let key = &snapshot.reading.key;
    let model = loaded.get(&snapshot.model, &key.model, snapshot.settings.weights)?;
    let reader = Passages::of(&snapshot.model, &snapshot.settings)?;
    let splits = snapshot.pairs.pairs().iter().zip(snapshot.pairs.splits());
    let train = splits.filter(|(_, split)| **split == Split::Train);
    let texts = train.flat_map(|(pair, _)| Side::BOTH.map(|side| passage(pair, side)));
    let texts = texts
        .map(|text| reader.tokens(model, text, key.token_limit))
        .collect::<Result<Vec<_>, ModelError>>()?;
    let (mut norms, mut scores) = (0.0, Vec::new());
    let width = along.vector.len().max(1);
    let of_model = Staged { inner: reporter, what: "for the norm of its stream" };
    model.capture_tokens(&texts, along.layer, &of_model, cancel, &mut |text| {
        for row in text.values.chunks_exact(width) {
            norms += row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
            let products = row.iter().zip(&along.vector);
            scores.push(products.map(|(h, d)| f64::from(*h) * f64::from(*d)).sum::<f64>());
        }
        Ok::<(), EngineError>(())
    })?;
    let n = scores.len().max(1) as f64;
    let mean = scores.iter().sum::<f64>() / n;
    let variance = scores.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    Ok(TokenMeasures { residual_norm: norms / n, score_spread: variance.sqrt() })
}

/// [`token_measures`], kept.
///
/// # Errors
/// When the model fails, or on cancel.
pub(super) fn kept_measures(
    keep: &dyn Keep,
    snapshot: &Snapshot,
    along: &Along,
    loaded: &mut LoadedModels,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<TokenMeasures, EngineError> {
    let key = key(snapshot, along);
    if let Some(kept) = keep.find_measures(&key)? {
        return Ok(kept);
    }
    let found = token_measures(snapshot, along, loaded, reporter, cancel)?;
    keep.keep_measures(&key, &found)?;
    Ok(found)
}

/// What coefficients and colours of a course count in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    /// Mean norm of the residual stream at each steered layer.
    pub(super) residual_norms: Vec<f64>,
    /// At the layer where tokens are scored.
    pub(super) scored: TokenMeasures,
}

impl Measured {
    /// Those that are kept; none unless all are.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn known(
        keep: &dyn Keep,
        snapshot: &Snapshot,
        course: &Course,
    ) -> Result<Option<Self>, EngineError> {
        Self::of(course, |along| keep.find_measures(&key(snapshot, along)))
    }

    /// Those that are kept, and the others measured.
    ///
    /// # Errors
    /// When the model fails, or on cancel.
    pub(super) fn all(
        keep: &dyn Keep,
        snapshot: &Snapshot,
        course: &Course,
        loaded: &mut LoadedModels,
        reporter: &dyn Reporter,
        cancel: &CancelToken,
    ) -> Result<Self, EngineError> {
        let measured = Self::of(course, |along| {
            kept_measures(keep, snapshot, along, loaded, reporter, cancel).map(Some)
        })?;
        measured.ok_or(EngineError::NotComputed("The norm of the residual stream"))
    }

    fn of(
        course: &Course,
        mut measures: impl FnMut(&Along) -> Result<Option<TokenMeasures>, EngineError>,
    ) -> Result<Option<Self>, EngineError> {
        let mut residual_norms = Vec::new();
        for along in &course.steered {
            let Some(found) = measures(along)? else { return Ok(None) };
            residual_norms.push(found.residual_norm);
        }
        let scored = measures(&course.scored)?;
        Ok(scored.map(|scored| Self { residual_norms, scored }))
    }
}
