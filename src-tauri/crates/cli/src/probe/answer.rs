//! The JSON of `lens probe`.

use std::collections::BTreeMap;

use lens_engine::contract::{
    EstimateView, HeldOutScenariosView, LayerControlsView, LayerView, RandomBandView,
    StatisticsView, SurfaceView, VariantView,
};
use serde::Serialize;

use super::Probed;

#[derive(Debug, Serialize)]
pub(super) struct Answer {
    models: Vec<ModelAnswer>,
}

#[derive(Debug, Serialize)]
struct ModelAnswer {
    model: String,
    method: String,
    train_pairs: u32,
    test_pairs: u32,
    chosen_layer: u32,
    chosen_by: String,
    best_on_test_layer: u32,
    optimism: f64,
    layers: Vec<LayerAnswer>,
    /// The chosen layer's line again.
    test: Option<LayerAnswer>,
    permutation: Permutation,
    /// Random directions at the chosen layer, all orientations alike.
    random: Option<Random>,
    /// The same, drawn from the covariance of the activations.
    random_covariance: Option<Random>,
    /// Test AUROC by baseline, `null` where it cannot be tested.
    surface: BTreeMap<String, Option<f64>>,
    surface_ceiling: Option<String>,
    above_ceiling: Option<f64>,
    above_ceiling_ci: Option<[f64; 2]>,
    ablated: Option<Variant>,
    shuffled: Option<Variant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_published: Option<Variant>,
    held_out_scenarios: Option<HeldOut>,
    provenance: String,
}

#[derive(Debug, Clone, Serialize)]
struct LayerAnswer {
    layer: u32,
    n: u32,
    auroc: f64,
    auroc_ci: [f64; 2],
    accuracy: f64,
    accuracy_ci: [f64; 2],
    accuracy_as_published: f64,
    paired_accuracy: f64,
    paired_accuracy_ci: [f64; 2],
    paired_accuracy_bound: Option<f64>,
    separation: f64,
    separation_ci: [f64; 2],
    cohens_d: Option<f64>,
    cohens_d_ci: Option<[f64; 2]>,
    std_positive: f64,
    std_negative: f64,
    cv_auroc: Option<f64>,
    /// Permutation p of this layer alone.
    p: Option<f64>,
    selectivity: Option<f64>,
    sink_share: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Permutation {
    draws: u32,
    max_auroc: f64,
    p: f64,
}

#[derive(Debug, Serialize)]
struct Random {
    mean: f64,
    sd: f64,
    p95: f64,
    folded_mean: f64,
    folded_p95: f64,
    rank_p: f64,
}

#[derive(Debug, Serialize)]
struct Variant {
    layer: Option<u32>,
    auroc: Option<f64>,
    auroc_ci: Option<[f64; 2]>,
    accuracy: Option<f64>,
    drop: Option<f64>,
    drop_ci: Option<[f64; 2]>,
    note: String,
}

#[derive(Debug, Serialize)]
struct HeldOut {
    auroc: f64,
    auroc_ci: [f64; 2],
    scenarios: BTreeMap<String, f64>,
}

/// What a program reads.
pub(super) fn of(probed: &[Probed], surface: &SurfaceView, as_published: bool) -> Answer {
    Answer { models: probed.iter().map(|found| model(found, surface, as_published)).collect() }
}

fn model(found: &Probed, surface: &SurfaceView, as_published: bool) -> ModelAnswer {
    let Probed { sweep, controls } = found;
    let of_layer = |layer: u32| controls.layers.iter().find(|c| c.layer == layer);
    let layers: Vec<LayerAnswer> = sweep
        .layers
        .iter()
        .filter_map(|view| layer(view, view.test.as_ref()?, of_layer(view.layer)))
        .collect();
    let variant = |name: &str| controls.variants.iter().find(|v| v.name == name).map(variant);
    let at_chosen = of_layer(sweep.chosen_layer);
    ModelAnswer {
        model: sweep.model_name.clone(),
        method: sweep.method.clone(),
        train_pairs: sweep.train_pairs,
        test_pairs: sweep.test_pairs,
        chosen_layer: sweep.chosen_layer,
        chosen_by: sweep.chosen_by.clone(),
        best_on_test_layer: sweep.best_on_test_layer,
        optimism: sweep.optimism,
        test: layers.iter().find(|l| l.layer == sweep.chosen_layer).cloned(),
        layers,
        permutation: Permutation {
            draws: controls.permutation.draws,
            max_auroc: controls.permutation.statistic,
            p: controls.permutation.p,
        },
        random: at_chosen.map(|c| random(&c.isotropic)),
        random_covariance: at_chosen.map(|c| random(&c.covariance)),
        surface: surface
            .baselines
            .iter()
            .map(|b| (key(&b.name), b.auroc.map(|a| a.value)))
            .collect(),
        surface_ceiling: surface.ceiling.as_deref().map(key),
        above_ceiling: controls.above_ceiling.map(|d| d.value),
        above_ceiling_ci: controls.above_ceiling.as_ref().map(interval),
        ablated: variant("ablated"),
        shuffled: variant("shuffled"),
        as_published: variant("as-published").filter(|_| as_published),
        held_out_scenarios: controls.held_out_scenarios.as_ref().map(held_out),
        provenance: controls.provenance.clone(),
    }
}

/// A baseline's name as a key.
fn key(name: &str) -> String {
    match name {
        "tf-idf-logistic" => "tfidf".to_owned(),
        "word-count" => "length".to_owned(),
        other => other.replace('-', "_"),
    }
}

fn layer(
    view: &LayerView,
    test: &StatisticsView,
    controls: Option<&LayerControlsView>,
) -> Option<LayerAnswer> {
    Some(LayerAnswer {
        layer: view.layer,
        n: test.pairs,
        auroc: test.auroc.value,
        auroc_ci: interval(&test.auroc),
        accuracy: test.accuracy.value,
        accuracy_ci: interval(&test.accuracy),
        accuracy_as_published: test.accuracy_as_published.value,
        paired_accuracy: test.paired_accuracy.value,
        paired_accuracy_ci: interval(&test.paired_accuracy),
        paired_accuracy_bound: test.paired_accuracy_bound,
        separation: test.separation.value,
        separation_ci: interval(&test.separation),
        cohens_d: test.cohens_d.map(|d| d.value),
        cohens_d_ci: test.cohens_d.as_ref().map(interval),
        std_positive: test.std_positive,
        std_negative: test.std_negative,
        cv_auroc: view.cv_auroc,
        p: controls.map(|c| c.p),
        selectivity: controls.map(|c| c.selectivity),
        sink_share: controls.map(|c| c.sink_share),
    })
}

fn random(band: &RandomBandView) -> Random {
    Random {
        mean: band.mean,
        sd: band.sd,
        p95: band.p95,
        folded_mean: band.folded_mean,
        folded_p95: band.folded_p95,
        rank_p: band.rank_p,
    }
}

fn variant(view: &VariantView) -> Variant {
    Variant {
        layer: view.layer,
        auroc: view.auroc.map(|a| a.value),
        auroc_ci: view.auroc.as_ref().map(interval),
        accuracy: view.accuracy.map(|a| a.value),
        drop: view.drop.map(|d| d.value),
        drop_ci: view.drop.as_ref().map(interval),
        note: view.note.clone(),
    }
}

fn held_out(view: &HeldOutScenariosView) -> HeldOut {
    HeldOut {
        auroc: view.auroc.value,
        auroc_ci: interval(&view.auroc),
        scenarios: view.scenarios.iter().map(|s| (s.scenario.clone(), s.auroc)).collect(),
    }
}

fn interval(estimate: &EstimateView) -> [f64; 2] {
    [estimate.low, estimate.high]
}
