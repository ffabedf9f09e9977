//! A model's scores against human scores of the same pairs (METHODS, section 5).

use lens_analysis::{Correlation, calibration, correlate, fit_line};
use lens_core::Split;

use crate::EngineError;
use crate::contract::{
    BehaviourView, CalibrationBinView, ConfusionView, EstimateView, FitPointView,
};
use crate::probe::{layer_scores, small};
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;

/// Bins of the calibration table.
const BINS: usize = 5;

/// The test pairs with a human score: the z of the positive text, which the score is about, against
/// the score.
///
/// # Errors
/// When no test pair has a score, there are fewer than three, or either does not vary.
pub(crate) fn of_pairs(
    snapshot: &Snapshot,
    store: &ActivationStore,
    layer: usize,
) -> Result<BehaviourView, EngineError> {
    let pairs = &snapshot.pairs;
    let is_scored = pairs.pairs().iter().zip(pairs.splits());
    let scored: Vec<(usize, f64)> = is_scored
        .enumerate()
        .filter(|(_, (_, split))| **split == Split::Test)
        .filter_map(|(index, (pair, _))| Some((index, pair.score?)))
        .collect();
    if scored.is_empty() {
        return Err(EngineError::NoHumanScores);
    }
    let z = layer_scores(snapshot, store, layer)?.z();
    let x: Vec<f64> =
        scored.iter().map(|&(pair, _)| z.get(2 * pair).copied().unwrap_or(f64::NAN)).collect();
    let y: Vec<f64> = scored.iter().map(|&(_, score)| score).collect();
    let found = correlate(&x, &y, Some(0.0))?;
    let outcome: Vec<bool> = y.iter().map(|&score| score > found.human_threshold).collect();
    let bins = calibration(&x, &outcome, BINS)?.bins;
    let line = fit_line(&x, &y)?;
    Ok(BehaviourView {
        model_id: snapshot.model.id.clone(),
        layer: small(layer),
        n: small(found.n),
        pearson: pearson(&found),
        pearson_p: found.pearson_p,
        spearman: found.spearman,
        spearman_p: found.spearman_p,
        accuracy: found.binary_accuracy,
        confusion: Some(ConfusionView {
            true_positive: small(found.confusion.true_positive),
            false_positive: small(found.confusion.false_positive),
            true_negative: small(found.confusion.true_negative),
            false_negative: small(found.confusion.false_negative),
        }),
        human_threshold: found.human_threshold,
        calibration: bins
            .iter()
            .map(|bin| CalibrationBinView {
                n: small(bin.n),
                predicted: bin.predicted,
                observed: EstimateView { value: bin.observed, low: bin.low, high: bin.high },
            })
            .collect(),
        pairs: scored.iter().map(|&(pair, _)| small(pair)).collect(),
        x,
        y,
        fit: line
            .points
            .iter()
            .map(|p| FitPointView { x: p.score, y: p.fit, low: p.low, high: p.high })
            .collect(),
        note:
            "Across: the score z of the positive text at the chosen layer. Up: the human score of \
               the pair. Test pairs only."
                .to_owned(),
        provenance: snapshot.provenance_with_scores()?,
    })
}

/// r with Fisher's interval; of three rows, which have none, the whole range.
fn pearson(found: &Correlation) -> EstimateView {
    let [low, high] = found.pearson_ci.unwrap_or([-1.0, 1.0]);
    EstimateView { value: found.pearson, low, high }
}
