//! The scatters of several models and layers beside each other.

use lens_core::Side;
use lens_figure::Style;
use lens_figure::multiples::{self, MultiplesData, Panel};

use super::clusters::points;
use super::colouring::Colouring;
use super::{Drawing, map_words};
use crate::EngineError;
use crate::contract::{MapFit, MapLevel, MapMethod, MultiplesFigure, ProjectionRequest};
use crate::map::{Map, MapSettings, table};
use crate::pairs::PreparedPairs;
use crate::session::Session;

pub(super) fn draw(
    session: &Session,
    request: &MultiplesFigure,
    style: impl Fn(&str) -> Style,
) -> Result<Drawing, EngineError> {
    if request.panels.len() > multiples::MOST_PANELS {
        let (count, most) = (request.panels.len(), multiples::MOST_PANELS);
        return Err(lens_figure::FigureError::TooManyPanels { count, most }.into());
    }
    let pairs = session.prepared()?;
    let maps = maps(session, request)?;
    let colouring = Colouring::new(&pairs, request.colour_by);
    let mut settings = MapSettings::new(0, 2);
    (settings.method, settings.fit) = (request.method, request.fit);
    if let Some(map) = maps.first() {
        settings.umap = map.settings.umap;
    }
    let layers = maps.iter().map(|map| map.settings.layer).collect::<Vec<_>>();
    // A row for each model, where each has the same layers.
    let of_first = maps.iter().take_while(|map| map.model_id == maps[0].model_id).count();
    let is_grid = of_first > 1 && layers.chunks(of_first).all(|row| row == &layers[..of_first]);
    let panel = |map: &Map| Panel {
        title: map.model_name.clone(),
        subtitle: format!("layer {}", map.settings.layer),
        points: points(map, &pairs, &colouring, None, &request.selected),
    };
    let [x_label, y_label] = axis_labels(request.method);
    let caption = caption(session, &maps, &settings, &pairs)?;
    let data = MultiplesData {
        title: title(request.method, &maps),
        sample: format!("n = {} texts", 2 * pairs.pairs().len()),
        panels: maps.iter().map(panel).collect(),
        columns: is_grid.then_some(of_first),
        x_label: x_label.to_owned(),
        y_label: y_label.to_owned(),
        noun: map_words::noun(MapLevel::Texts),
        laid_over: request.fit == MapFit::Train,
        contours: false,
        x_threshold: (request.method == MapMethod::Probe).then_some(0.0),
        side_labels: Side::BOTH.map(|side| side.name().to_owned()),
        legend_title: colouring.title.to_owned(),
        legend: colouring.legend.clone(),
        notes: Vec::new(),
        provenance: provenance(&maps),
    };
    Ok(Drawing {
        figure: multiples::draw(&data, &style(&caption))?,
        caption,
        file_stem: format!("clusters-multiples{}", map_words::stem(&settings)),
        table: long_table(&maps, &pairs),
    })
}

/// The map of each panel.
fn maps(session: &Session, request: &MultiplesFigure) -> Result<Vec<Map>, EngineError> {
    let maps = request.panels.iter().map(|panel| {
        let wanted = ProjectionRequest {
            model_id: panel.model_id.clone(),
            layer: panel.layer,
            dims: 2,
            method: request.method,
            level: MapLevel::Texts,
            fit: request.fit,
            umap: request.umap,
        };
        session.map(&panel.model_id, &MapSettings::from(&wanted))
    });
    maps.collect()
}

/// What the axes are in every panel; shares of the variance differ from panel to panel.
const fn axis_labels(method: MapMethod) -> [&'static str; 2] {
    match method {
        MapMethod::Pca => ["PC1", "PC2"],
        MapMethod::Umap => ["UMAP 1", "UMAP 2"],
        MapMethod::Probe => ["Distance along the probe", "PC1 of the rest"],
    }
}

/// "PCA of toy-llama".
fn title(method: MapMethod, maps: &[Map]) -> String {
    let method = match method {
        MapMethod::Pca => "PCA",
        MapMethod::Umap => "UMAP",
        MapMethod::Probe => "Probe axis",
    };
    match names(maps).as_slice() {
        [one] => format!("{method} of {one}"),
        several => format!("{method} of {} models", several.len()),
    }
}

/// Each model's name once, in the order of the panels.
fn names(maps: &[Map]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for map in maps {
        if !names.contains(&map.model_name.as_str()) {
            names.push(&map.model_name);
        }
    }
    names
}

fn caption(
    session: &Session,
    maps: &[Map],
    settings: &MapSettings,
    pairs: &PreparedPairs,
) -> Result<String, EngineError> {
    let (train, test) = pairs.split_sizes();
    let count = pairs.pairs().len();
    let mut sentences = vec![format!(
        "{} the residual stream of {} for {} ({count} contrastive pairs, {} texts; {train} train, \
         {test} test).",
        map_words::opening(settings.method),
        names(maps).join(", "),
        pairs.name(),
        2 * count
    )];
    sentences.extend(maps.first().map(|map| format!("Pooling: {}.", map.pooling)));
    sentences.extend(map_words::parameters(session, settings)?);
    let judged: Vec<f64> =
        maps.iter().filter_map(|map| Some(map.quality.as_ref()?.trustworthiness)).collect();
    if let Some(least) = judged.iter().copied().reduce(f64::min) {
        let most = judged.iter().copied().fold(least, f64::max);
        let [least, most] = [least, most].map(|share| format!("{share:.3}"));
        let range = if least == most { least } else { format!("{least} to {most}") };
        sentences.push(format!("Trustworthiness {range}."));
    }
    if settings.fit == MapFit::Train {
        sentences.push(
            "The texts of the training pairs shape each map; those of the test pairs are laid over it."
                .to_owned(),
        );
    }
    Ok(sentences.join(" "))
}

/// What all panels rest on, each said once.
fn provenance(maps: &[Map]) -> String {
    let mut lines: Vec<&str> = maps.iter().map(|map| map.provenance.as_str()).collect();
    lines.dedup();
    lines.join("; ")
}

/// The tables of all panels below each other, with the model and the layer in front.
fn long_table(maps: &[Map], pairs: &PreparedPairs) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = Vec::new();
    for map in maps {
        let layer = map.settings.layer.to_string();
        for (at, row) in table(map, pairs).into_iter().enumerate() {
            let front = match at {
                0 if all.is_empty() => ["model".to_owned(), "layer".to_owned()],
                0 => continue,
                _ => [map.model_name.clone(), layer.clone()],
            };
            all.push(front.into_iter().chain(row).collect());
        }
    }
    all
}
