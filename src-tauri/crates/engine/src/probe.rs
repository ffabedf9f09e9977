//! The layer sweep: a probe at every layer, the choice between them, and the test.

use lens_analysis::{Estimate, GroupedBy, LayerSweep, ProbeStatistics};
use lens_core::{ActivationMatrix, CancelToken, Digest, DirectionMethod, Reporter};

use crate::EngineError;
use crate::contract::{EstimateView, LayerSweepView, LayerView, StatisticsView};
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;

/// Raised when the statistics change their numbers, so that kept results are computed again.
const SWEEP_VERSION: &str = "layer-sweep/1";

/// What a sweep rests on: the key under which a study keeps it.
#[must_use]
pub fn sweep_key(snapshot: &Snapshot) -> Digest {
    let reading = &snapshot.reading.key;
    let layers = reading.layers.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
    Digest::of_fields([
        Some(SWEEP_VERSION),
        Some(snapshot.pairs.digest().as_str()),
        Some(reading.model.as_str()),
        Some(&layers),
        Some(reading.pooling.name()),
        Some(&reading.token_limit.to_string()),
        Some(&snapshot.settings.seed.0.to_string()),
        reading.template.as_ref().map(Digest::as_str),
    ])
}

/// Fits and tests a probe at every layer of a reading.
///
/// # Errors
/// When the activations cannot be read, the pairs do not allow a probe, or on cancel.
pub fn sweep(
    snapshot: &Snapshot,
    store: &ActivationStore,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<LayerSweep, EngineError> {
    let reading = &snapshot.reading;
    let layers = reading
        .key
        .layers
        .iter()
        .map(|&layer| Ok((layer, reading.layer(store, layer)?)))
        .collect::<Result<Vec<(usize, ActivationMatrix)>, EngineError>>()?;
    let pairs = &snapshot.pairs;
    let seed = snapshot.settings.seed;
    let (splits, groups) = (pairs.splits(), pairs.groups());
    let method = DirectionMethod::MeanDifference;
    Ok(lens_analysis::layer_sweep(&layers, splits, &groups, method, seed, reporter, cancel)?)
}

/// A sweep as the window and the command line show it.
///
/// # Errors
/// When the model's files cannot be used.
pub fn sweep_view(sweep: &LayerSweep, snapshot: &Snapshot) -> Result<LayerSweepView, EngineError> {
    let provenance = snapshot.provenance()?;
    let (train, test) = snapshot.pairs.split_sizes();
    Ok(LayerSweepView {
        model_id: snapshot.model.id.clone(),
        model_name: provenance.model.clone(),
        method: DirectionMethod::MeanDifference.name().to_owned(),
        train_pairs: small(train),
        test_pairs: small(test),
        layers: layer_views(sweep),
        chosen_layer: small(sweep.chosen_layer),
        chosen_by: match sweep.grouped_by {
            GroupedBy::Scenario => "scenario",
            GroupedBy::Pair => "pair",
        }
        .to_owned(),
        best_on_test_layer: small(sweep.best_on_test_layer),
        optimism: sweep.optimism,
        provenance: provenance.summary(),
    })
}

/// Layers with and without a probe, ascending.
fn layer_views(sweep: &LayerSweep) -> Vec<LayerView> {
    let probed = sweep.layers.iter().map(|result| LayerView {
        layer: small(result.layer),
        test: Some(statistics_view(&result.test)),
        cv_auroc: Some(result.cv_auroc),
        problem: None,
    });
    let skipped = sweep.skipped.iter().map(|skipped| LayerView {
        layer: small(skipped.layer),
        test: None,
        cv_auroc: None,
        problem: Some(crate::error::sentence(&skipped.reason)),
    });
    let mut layers: Vec<LayerView> = probed.chain(skipped).collect();
    layers.sort_by_key(|l| l.layer);
    layers
}

/// Statistics as the window and the command line show them.
#[must_use]
pub fn statistics_view(statistics: &ProbeStatistics) -> StatisticsView {
    StatisticsView {
        pairs: small(statistics.n_pairs),
        auroc: estimate(&statistics.auroc),
        accuracy: estimate(&statistics.accuracy),
        paired_accuracy: estimate(&statistics.paired_accuracy),
        paired_accuracy_bound: statistics.paired_accuracy_bound,
        separation: estimate(&statistics.separation),
        cohens_d: statistics.cohens_d.as_ref().map(estimate),
        std_positive: statistics.std_positive.value,
        std_negative: statistics.std_negative.value,
    }
}

fn estimate(e: &Estimate) -> EstimateView {
    EstimateView { value: e.value, low: e.low, high: e.high }
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
