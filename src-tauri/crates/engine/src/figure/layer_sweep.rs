//! AUROC by layer.

use std::collections::BTreeMap;

use lens_figure::Style;
use lens_figure::layer_sweep::{
    self, Ceiling, LayerPoint, LayerSweepData, ModelSweep, RandomBand, RandomLayer,
};

use super::{Drawing, file_safe};
use crate::EngineError;
use crate::contract::{LayerSweepFigure, LayerSweepView, ProbeControlsView, SurfaceView};
use crate::session::Session;

pub(super) fn draw(
    session: &Session,
    request: &LayerSweepFigure,
    style: impl Fn(&str) -> Style,
) -> Result<Drawing, EngineError> {
    let sweeps = request
        .model_ids
        .iter()
        .map(|id| session.layer_sweep(id))
        .collect::<Result<Vec<LayerSweepView>, EngineError>>()?;
    let first = sweeps.first().ok_or(EngineError::NoModels)?;
    // Drawn without the band where the controls have not been computed yet.
    let controls: Vec<ProbeControlsView> =
        request.model_ids.iter().filter_map(|id| session.probe_controls(id).ok()).collect();
    let data = data(&sweeps, &controls, session.surface().ok().as_ref(), request.layer);
    let caption = caption(&sweeps, first);
    let names: Vec<String> = sweeps.iter().map(|s| file_safe(&s.model_name)).collect();
    Ok(Drawing {
        figure: layer_sweep::draw(&data, &style(&caption))?,
        caption,
        file_stem: format!("layer-sweep-{}", names.join("-")),
        table: table(&sweeps),
    })
}

/// The sweeps with what they are held against, as far as it has been computed.
pub(super) fn data(
    sweeps: &[LayerSweepView],
    controls: &[ProbeControlsView],
    surface: Option<&SurfaceView>,
    marked_layer: Option<u32>,
) -> LayerSweepData {
    LayerSweepData {
        title: "Probe by layer".to_owned(),
        y_label: "AUROC (test)".to_owned(),
        models: sweeps.iter().map(model).collect(),
        marked_layer,
        ceiling: surface.and_then(ceiling),
        random: random(controls),
        test_pairs: sweeps.first().map_or(0, |first| first.test_pairs as usize),
        notes: Vec::new(),
        provenance: sweeps.iter().map(|s| s.provenance.as_str()).collect::<Vec<_>>().join(" | "),
    }
}

/// The best surface baseline, as a line.
fn ceiling(surface: &SurfaceView) -> Option<Ceiling> {
    let name = surface.ceiling.as_ref()?;
    let best = surface.baselines.iter().find(|b| b.name == *name)?;
    Some(Ceiling {
        label: format!("surface ceiling ({})", best.label.to_lowercase()),
        value: best.auroc?.value,
    })
}

/// Where random directions of the activations' covariance lie, at each layer the widest of the
/// models.
fn random(controls: &[ProbeControlsView]) -> Option<RandomBand> {
    let mut layers: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for layer in controls.iter().flat_map(|c| &c.layers) {
        let band = layers.entry(layer.layer).or_insert((f64::INFINITY, f64::NEG_INFINITY));
        *band = (band.0.min(layer.covariance.low), band.1.max(layer.covariance.high));
    }
    (!layers.is_empty()).then(|| RandomBand {
        label: "random directions (95 %)".to_owned(),
        layers: layers
            .into_iter()
            .map(|(layer, (low, high))| RandomLayer { layer, low, high })
            .collect(),
    })
}

fn model(sweep: &LayerSweepView) -> ModelSweep {
    ModelSweep {
        name: sweep.model_name.clone(),
        points: sweep
            .layers
            .iter()
            .filter_map(|layer| {
                let auroc = layer.test.as_ref()?.auroc;
                Some(LayerPoint {
                    layer: layer.layer,
                    value: auroc.value,
                    low: auroc.low,
                    high: auroc.high,
                })
            })
            .collect(),
        chosen_layer: Some(sweep.chosen_layer),
    }
}

fn caption(sweeps: &[LayerSweepView], first: &LayerSweepView) -> String {
    let chosen: Vec<String> = sweeps
        .iter()
        .filter_map(|sweep| {
            let layer = sweep.layers.iter().find(|l| l.layer == sweep.chosen_layer)?;
            let auroc = layer.test.as_ref()?.auroc;
            Some(format!(
                "{}: layer {}, AUROC {:.3} [{:.3}, {:.3}]",
                sweep.model_name, sweep.chosen_layer, auroc.value, auroc.low, auroc.high
            ))
        })
        .collect();
    format!(
        "Test AUROC of the {} probe at each layer, fitted on {} training pairs and measured on {} \
         test pairs; bands are 95 % percentile bootstrap intervals over pairs (2,000 draws). Layer \
         chosen by cross-validation on the training pairs (grouped by {}). {}.",
        first.method,
        first.train_pairs,
        first.test_pairs,
        first.chosen_by,
        chosen.join("; "),
    )
}

fn table(sweeps: &[LayerSweepView]) -> Vec<Vec<String>> {
    let header = [
        "model",
        "layer",
        "test_pairs",
        "auroc",
        "auroc_low",
        "auroc_high",
        "accuracy",
        "paired_accuracy",
        "separation",
        "cohens_d",
        "std_positive",
        "std_negative",
        "cv_auroc",
        "chosen",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for sweep in sweeps {
        for layer in &sweep.layers {
            let mut row = vec![sweep.model_name.clone(), layer.layer.to_string()];
            match &layer.test {
                Some(test) => row.extend([
                    test.pairs.to_string(),
                    test.auroc.value.to_string(),
                    test.auroc.low.to_string(),
                    test.auroc.high.to_string(),
                    test.accuracy.value.to_string(),
                    test.paired_accuracy.value.to_string(),
                    test.separation.value.to_string(),
                    test.cohens_d.map_or_else(String::new, |d| d.value.to_string()),
                    test.std_positive.to_string(),
                    test.std_negative.to_string(),
                ]),
                None => row.extend(std::iter::repeat_n(String::new(), 10)),
            }
            row.push(layer.cv_auroc.map_or_else(String::new, |a| a.to_string()));
            row.push((layer.layer == sweep.chosen_layer).to_string());
            rows.push(row);
        }
    }
    rows
}
