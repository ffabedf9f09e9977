//! Scatters of maps, and maps beside each other.

use lens_figure::Range;
use lens_figure::multiples::{MultiplesData, Panel};
use lens_figure::scatter::{ScatterData, ScoreColours};

use super::{Numbers, PROVENANCE, sides};

/// A map of the training texts with the test texts laid over it and lines of density.
pub(crate) fn laid_over(pairs: usize) -> ScatterData {
    let mut data = sides(pairs);
    (data.laid_over, data.contours, data.pair_links) = (true, true, false);
    data.title = "toy-llama, layer 4".to_owned();
    (data.x_label, data.y_label) = ("UMAP 1".to_owned(), "UMAP 2".to_owned());
    data
}

/// Points along a probe, coloured by their scores.
pub(crate) fn scored(pairs: usize) -> ScatterData {
    let mut data = sides(pairs);
    let mut values: Vec<f64> = data.points.iter().map(|point| point.x * 0.4).collect();
    values[3] = f64::NAN;
    data.scores = Some(ScoreColours {
        label: "Score along the probe".to_owned(),
        values,
        scale: Range { low: -1.5, high: 1.5 },
        centre: 0.0,
    });
    (data.x_label, data.y_label) =
        ("Distance along the probe".to_owned(), "PC1 of the rest (12.0 %)".to_owned());
    (data.x_threshold, data.pair_links, data.legend) = (Some(0.0), false, Vec::new());
    data
}

/// So many tokens.
pub(crate) fn tokens(count: usize) -> ScatterData {
    let mut data = sides(count / 2);
    (data.noun, data.pair_links, data.contours) = (["token", "tokens"], false, true);
    let mut numbers = Numbers::new(41);
    for (index, point) in data.points.iter_mut().enumerate() {
        if index % 4 == 0 {
            point.y += 3.0 + numbers.bell() * 0.3;
        }
    }
    data
}

/// Maps of each model at each of so many layers: the sides part with depth.
pub(crate) fn multiples(models: &[&str], layers: u32) -> MultiplesData {
    let base = sides(40);
    let mut panels = Vec::new();
    for (index, model) in models.iter().enumerate() {
        let mut numbers = Numbers::new(50 + index as u64);
        for layer in 1..=layers {
            let depth = f64::from(layer) / f64::from(layers);
            let size = 10_f64.powi(layer as i32 % 3);
            let points = base
                .points
                .iter()
                .map(|point| {
                    let side = if point.positive { 2.0 } else { -2.0 };
                    let (x, y) = (side * depth + numbers.bell(), numbers.bell());
                    lens_figure::scatter::Point { x: x * size, y: y * size, ..*point }
                })
                .collect();
            let (title, subtitle) = ((*model).to_owned(), format!("layer {layer}"));
            panels.push(Panel { title, subtitle, points });
        }
    }
    MultiplesData {
        title: "Principal components by layer".to_owned(),
        sample: "n = 80 texts".to_owned(),
        panels,
        columns: Some(layers as usize),
        x_label: "PC1".to_owned(),
        y_label: "PC2".to_owned(),
        noun: base.noun,
        laid_over: false,
        contours: false,
        x_threshold: None,
        side_labels: base.side_labels,
        legend_title: base.legend_title,
        legend: base.legend,
        notes: Vec::new(),
        provenance: PROVENANCE.to_owned(),
    }
}
