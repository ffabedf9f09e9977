//! How alike the layers of two models are.

use lens_figure::heat_map::{self, HeatMapData, HeatMapSide};
use lens_figure::{Range, Style};

use super::{Drawing, file_safe};
use crate::EngineError;
use crate::contract::{LayerSweepView, SimilarityFigure, SimilarityMeasure};
use crate::session::Session;

pub(super) fn draw(
    session: &Session,
    request: &SimilarityFigure,
    style: impl Fn(&str) -> Style,
) -> Result<Drawing, EngineError> {
    let (a, b) = (session.layer_sweep(&request.a)?, session.layer_sweep(&request.b)?);
    let found = session.kept_similarity(&request.a, &request.b)?;
    let (measure, name, values) = match request.measure {
        SimilarityMeasure::Cka => ("linear CKA (debiased)", "cka", found.cka()),
        SimilarityMeasure::Rsa => ("RSA (Spearman rho of cosine distances)", "rsa", found.rsa()),
    };
    let header = found.header();
    let columns = header.layers_b.len().max(1);
    let low = values.iter().flatten().copied().fold(0.0, f64::min);
    let caption = format!(
        "Likeness of the layers of {} and {}: {measure}, over {} texts. Along the sides the test \
         AUROC of each layer's probe; lines mark the layers chosen on the training pairs.",
        a.model_name, b.model_name, header.texts
    );
    let mut table = vec![["layer_a", "layer_b", name].map(str::to_owned).to_vec()];
    for (layer_a, row) in header.layers_a.iter().zip(values.chunks(columns)) {
        for (layer_b, value) in header.layers_b.iter().zip(row) {
            let value = value.map_or_else(String::new, |v| v.to_string());
            table.push(vec![layer_a.to_string(), layer_b.to_string(), value]);
        }
    }
    let data = HeatMapData {
        title: "Likeness of layers".to_owned(),
        measure: measure.to_owned(),
        rows: side(&a, &header.layers_a),
        columns: side(&b, &header.layers_b),
        values: values
            .chunks(columns)
            .map(|row| row.iter().map(|v| v.unwrap_or(f64::NAN)).collect())
            .collect(),
        scale: Range { low, high: 1.0 },
        sweep_label: "AUROC (test)".to_owned(),
        sample: format!("n = {} texts", header.texts),
        notes: Vec::new(),
        provenance: header.provenance.clone(),
    };
    Ok(Drawing {
        figure: heat_map::draw(&data, &style(&caption))?,
        caption,
        file_stem: format!("{name}-{}-{}", file_safe(&a.model_name), file_safe(&b.model_name)),
        table,
    })
}

fn side(sweep: &LayerSweepView, layers: &[u32]) -> HeatMapSide {
    let auroc = |layer: u32| {
        let found = sweep.layers.iter().find(|l| l.layer == layer);
        found.and_then(|l| l.test.as_ref()).map_or(f64::NAN, |t| t.auroc.value)
    };
    HeatMapSide {
        model: sweep.model_name.clone(),
        layers: layers.to_vec(),
        chosen_layer: Some(sweep.chosen_layer),
        sweep: Some(layers.iter().map(|&layer| auroc(layer)).collect()),
    }
}
