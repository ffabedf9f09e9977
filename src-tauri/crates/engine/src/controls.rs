//! What a probe has to beat: random directions, relabelled pairs, the texts' surface, other readings
//! of the same pairs, scenarios it has not seen (METHODS, section 4).

use lens_analysis::{
    AnalysisError, HeldOutScenarios, LayerControls, RandomDirections, Run, ScenarioTransfer,
    difference, held_out_scenarios, layer_sweep, probe_controls_on,
};
use lens_core::{CancelToken, Digest, Reporter};
use lens_dataset::KeywordList;

use crate::EngineError;
use crate::compute::{Compute, with_note};
use crate::contract::{
    HeldOutScenariosView, LayerControlsView, PermutationView, ProbeControlsView, RandomBandView,
    ScenarioAurocView,
};
use crate::models::LoadedModels;
use crate::probe::{LayerScores, estimate, layer_scores, small, sweep_key};
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;
use crate::variant::{Rereading, Staged};

/// Raised when the controls change their numbers, so that kept results are computed again.
const CONTROLS_VERSION: &str = "probe-controls/3";

/// What the controls rest on: the key under which a study keeps them.
#[must_use]
pub fn controls_key(snapshot: &Snapshot, keywords: &KeywordList) -> Digest {
    let sweep = sweep_key(snapshot);
    let words = keywords.entries().iter().flat_map(|entry| {
        std::iter::once(Some(entry.word.as_str()))
            .chain(entry.replacements.iter().map(|r| Some(r.as_str())))
            .chain([None])
    });
    let basis = [Some(CONTROLS_VERSION), Some(sweep.as_str())];
    Digest::of_fields(basis.into_iter().chain(words))
}

/// Every control of the probe at the chosen layer. The model reads the pairs three times more: with
/// shuffled words and replaced keywords up to the chosen layer, and with all tokens in the mean.
///
/// # Errors
/// When the model or the store fails, the pairs allow no probe, or on cancel.
pub fn controls(
    snapshot: &Snapshot,
    keywords: &KeywordList,
    models: &mut LoadedModels,
    store: &ActivationStore,
    compute: &Compute,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<ProbeControlsView, EngineError> {
    let pairs = &snapshot.pairs;
    let (splits, groups) = (pairs.splits(), pairs.groups());
    let (method, seed) = (snapshot.settings.method, snapshot.settings.seed);
    let matrices = snapshot.reading.matrices(store)?;
    let name = &snapshot.model.usable()?.name;
    let of_model = Staged { inner: reporter, what: name };
    let sweep = layer_sweep(&matrices, splits, &groups, method, seed, &of_model, cancel)?;
    let chosen = sweep.chosen_layer;
    let accelerator = compute.accelerator();
    let run = Run { accelerator: &accelerator, reporter: &of_model, cancel };
    let found = probe_controls_on(&matrices, splits, &groups, &sweep, seed, run)?;
    let (_, rows) = matrices.iter().find(|(l, _)| *l == chosen).ok_or(AnalysisError::NoLayers)?;
    let held_out = held_out_scenarios(rows, chosen, &groups, method, seed, &of_model, cancel)?;
    // The other readings need the memory.
    drop(matrices);
    let (held_out_scenarios, held_out_note) = match held_out {
        HeldOutScenarios::Tested(found) => (Some(held_out_view(&found)), None),
        HeldOutScenarios::NotTestable { reason } => (None, Some(crate::error::sentence(&reason))),
    };

    let measured = layer_scores(snapshot, store, chosen)?;
    let (ceiling, above_ceiling) = above_ceiling(snapshot, &measured, reporter, cancel)?;
    let rereading = Rereading { snapshot, measured: &measured, store, reporter, cancel };
    let variants = vec![
        rereading.shuffled(models)?,
        rereading.ablated(keywords, models)?,
        rereading.as_published(models)?,
    ];
    Ok(ProbeControlsView {
        model_id: snapshot.model.id.clone(),
        chosen_layer: small(chosen),
        permutation: PermutationView {
            draws: small(found.permutation.draws),
            statistic: found.permutation.statistic,
            p: found.permutation.p_corrected,
        },
        layers: found.layers.iter().map(layer_view).collect(),
        above_ceiling,
        ceiling,
        variants,
        held_out_scenarios,
        held_out_note,
        provenance: with_note(snapshot.provenance()?.summary(), accelerator.note()),
    })
}

/// The best surface baseline's label, and the probe's AUROC minus its.
fn above_ceiling(
    snapshot: &Snapshot,
    measured: &LayerScores,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<(Option<String>, Option<crate::contract::EstimateView>), EngineError> {
    let surface = snapshot.pairs.surface(reporter, cancel)?;
    let Some(best) = surface.ceiling() else { return Ok((None, None)) };
    let Some((_, scores)) = best.tested() else { return Ok((None, None)) };
    let difference = difference(measured.test(), scores.as_pair_scores(), snapshot.settings.seed)?;
    Ok((Some(best.kind.label().to_owned()), Some(estimate(&difference))))
}

fn layer_view(found: &LayerControls) -> LayerControlsView {
    LayerControlsView {
        layer: small(found.layer),
        p: found.p_uncorrected,
        isotropic: band_view(&found.random_isotropic),
        covariance: band_view(&found.random_covariance),
        random_labels_auroc: found.selectivity.mean,
        selectivity: found.selectivity.value,
        sink_share: found.sink.share,
        is_sink: found.sink.is_sink,
        sink_dimensions: found.sink.dimensions.iter().map(|&d| small(d)).collect(),
    }
}

fn band_view(band: &RandomDirections) -> RandomBandView {
    RandomBandView {
        mean: band.mean,
        sd: band.sd,
        p95: band.p95,
        low: band.low,
        high: band.high,
        folded_mean: band.folded_mean,
        folded_p95: band.folded_p95,
        rank_p: band.p,
    }
}

fn held_out_view(found: &ScenarioTransfer) -> HeldOutScenariosView {
    let auroc = |estimate: Option<&lens_analysis::Estimate>| estimate.map_or(0.5, |e| e.value);
    HeldOutScenariosView {
        auroc: estimate(&found.macro_auroc),
        p: found.p,
        scenarios: found
            .scenarios
            .iter()
            .map(|s| ScenarioAurocView {
                scenario: s.scenario.clone(),
                pairs: small(s.n_pairs),
                // The others gave no direction there: nothing is told apart.
                auroc: auroc(s.auroc.as_ref()),
            })
            .collect(),
    }
}
