//! The tables of `lens probe`.

use lens_engine::contract::{EstimateView, LayerSweepView, RandomBandView, SurfaceView};

use super::Probed;
use crate::output;

/// The sweep over the layers.
pub(super) fn sweep(sweep: &LayerSweepView) -> String {
    let header =
        ["layer", "AUROC", "95 % interval", "accuracy", "paired", "separation", "Cohen's d", "CV"];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    let mut notes = String::new();
    for view in &sweep.layers {
        let mark = if view.layer == sweep.chosen_layer { "*" } else { "" };
        let layer = format!("{}{mark}", view.layer);
        lines.push(match &view.test {
            Some(test) => vec![
                layer,
                format!("{:.3}", test.auroc.value),
                format!("{:.3} to {:.3}", test.auroc.low, test.auroc.high),
                format!("{:.3}", test.accuracy.value),
                format!("{:.3}", test.paired_accuracy.value),
                format!("{:.3}", test.separation.value),
                test.cohens_d.map_or_else(|| "-".to_owned(), |d| format!("{:.2}", d.value)),
                view.cv_auroc.map_or_else(|| "-".to_owned(), |a| format!("{a:.3}")),
            ],
            None => {
                let reason = view.problem.as_deref().unwrap_or("no result");
                notes.push_str(&format!("layer {}: {reason}\n", view.layer));
                vec![layer, "-".to_owned()]
            }
        });
    }
    format!(
        "{}: {}, fitted on {} pairs, tested on {}\n{}* chosen by cross-validation on the training \
         pairs (grouped by {}); best on test: layer {}, optimism {:.3}\n{notes}",
        sweep.model_name,
        sweep.method,
        sweep.train_pairs,
        sweep.test_pairs,
        output::table(&lines),
        sweep.chosen_by,
        sweep.best_on_test_layer,
        sweep.optimism,
    )
}

/// What the chosen layer's probe has to beat.
pub(super) fn controls(found: &Probed, surface: &SurfaceView, as_published: bool) -> String {
    let controls = &found.controls;
    let mut lines = vec![["control", "AUROC", "what it says"].map(str::to_owned).to_vec()];
    let mut add = |name: &str, auroc: String, says: String| {
        lines.push(vec![name.to_owned(), auroc, says]);
    };
    let nothing = || "-".to_owned();
    for baseline in &surface.baselines {
        let ceiling =
            if surface.ceiling.as_deref() == Some(&baseline.name) { "ceiling" } else { "" };
        let says = baseline.problem.clone().unwrap_or_else(|| ceiling.to_owned());
        add(&baseline.label, baseline.auroc.as_ref().map_or_else(nothing, plain), says);
    }
    if let Some(above) = &controls.above_ceiling {
        let (low, high) = (above.low, above.high);
        let says = format!("probe minus ceiling {:+.3} [{low:+.3}, {high:+.3}]", above.value);
        add("above the ceiling", nothing(), says);
    }
    if let Some(layer) = controls.layers.iter().find(|l| l.layer == controls.chosen_layer) {
        for (name, band) in [
            ("random directions", &layer.isotropic),
            ("... of their covariance", &layer.covariance),
        ] {
            add(name, format!("{:.3}", band.mean), random(band));
        }
        let says = format!("selectivity {:.3}", layer.selectivity);
        add("random labels", format!("{:.3}", layer.random_labels_auroc), says);
        let dimensions: Vec<String> = layer.sink_dimensions.iter().map(u32::to_string).collect();
        let says = format!(
            "{:.0} % of the direction in dimensions {}",
            100.0 * layer.sink_share,
            dimensions.join(", ")
        );
        add("largest dimensions", nothing(), says);
    }
    let variants = controls.variants.iter().filter(|v| as_published || v.name != "as-published");
    for variant in variants {
        let name = match variant.name.as_str() {
            "shuffled" => "words shuffled",
            "ablated" => "keywords replaced",
            _ => "as published",
        };
        let says = match (&variant.drop, &variant.accuracy) {
            (Some(drop), Some(accuracy)) => format!(
                "{:+.3} [{:+.3}, {:+.3}] lost; accuracy {:.3}. {}",
                drop.value, drop.low, drop.high, accuracy.value, variant.note
            ),
            _ => variant.note.clone(),
        };
        add(name, variant.auroc.as_ref().map_or_else(nothing, plain), says);
    }
    match (&controls.held_out_scenarios, &controls.held_out_note) {
        (Some(held_out), _) => {
            let says = format!("each of {} left out of the fit", held_out.scenarios.len());
            add("left-out scenarios", plain(&held_out.auroc), says);
        }
        (None, Some(note)) => add("left-out scenarios", nothing(), note.clone()),
        (None, None) => {}
    }
    format!(
        "\n{}permutation: p = {:.4} ({} draws, the search over layers paid for)\n\n",
        output::columns(&lines),
        controls.permutation.p,
        controls.permutation.draws
    )
}

fn plain(e: &EstimateView) -> String {
    format!("{:.3} [{:.3}, {:.3}]", e.value, e.low, e.high)
}

fn random(band: &RandomBandView) -> String {
    format!("sd {:.3}, 95th percentile {:.3}, rank p = {:.4}", band.sd, band.p95, band.rank_p)
}
