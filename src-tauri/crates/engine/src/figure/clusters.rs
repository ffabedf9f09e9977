//! The scatter of one model and layer.

use lens_core::{Side, Split};
use lens_figure::scatter::{self, Point, ScatterData, ScoreColours, TriadAxis};
use lens_figure::{Range, Style};

use super::colouring::Colouring;
use super::map_words::{self, layer_words};
use super::{Drawing, file_safe};
use crate::EngineError;
use crate::contract::{
    self, ClustersFigure, MapFit, MapLevel, MapMethod, ProjectionRequest, View3d,
};
use crate::map::{Map, MapSettings, table};
use crate::pairs::PreparedPairs;
use crate::session::Session;

pub(super) fn draw(
    session: &Session,
    request: &ClustersFigure,
    style: impl Fn(&str) -> Style,
) -> Result<Drawing, EngineError> {
    let wanted = ProjectionRequest {
        model_id: request.model_id.clone(),
        layer: request.layer,
        dims: if request.view_3d.is_some() { 3 } else { 2 },
        method: request.method,
        level: request.level,
        fit: request.fit,
        umap: request.umap,
    };
    let map = session.map(&request.model_id, &MapSettings::from(&wanted))?;
    let pairs = session.prepared()?;
    let colouring = Colouring::new(&pairs, request.colour_by);
    let camera = request.view_3d.map(Camera::new);
    let label = |axis: usize| map.axes.get(axis).cloned().unwrap_or_default();
    let data = ScatterData {
        title: format!("{}, layer {}", map.model_name, map.settings.layer),
        x_label: label(0),
        y_label: label(1),
        points: points(&map, &pairs, &colouring, camera.as_ref(), &request.selected),
        noun: map_words::noun(request.level),
        laid_over: request.fit == MapFit::Train,
        contours: request.contours,
        scores: request.by_score.then(|| score_colours(&map)).flatten(),
        x_threshold: (request.method == MapMethod::Probe).then_some(0.0),
        pair_links: has_links(request),
        side_labels: Side::BOTH.map(|side| side.name().to_owned()),
        legend_title: colouring.title.to_owned(),
        legend: colouring.legend,
        x_range: request.x.map(range),
        y_range: request.y.map(range),
        triad: camera.map_or_else(Vec::new, |c| c.triad(&map.axes)),
        notes: Vec::new(),
        provenance: map.provenance.clone(),
    };
    let caption = caption(session, &map, &pairs, request)?;
    let (name, layer) = (file_safe(&map.model_name), map.settings.layer);
    Ok(Drawing {
        figure: scatter::draw(&data, &style(&caption))?,
        caption,
        file_stem: format!("clusters-{name}-layer-{layer}{}", map_words::stem(&map.settings)),
        table: table(&map, &pairs),
    })
}

/// The two texts of a pair can be joined; their tokens cannot.
fn has_links(request: &ClustersFigure) -> bool {
    request.pair_links && request.level == MapLevel::Texts
}

/// Scores beyond this share of all sizes have the outermost colour, as in the window.
const OUTERMOST: f64 = 0.98;

/// The colours of tokens that have scores: as far to the one side as to the other.
fn score_colours(map: &Map) -> Option<ScoreColours> {
    let scores = &map.tokens.as_ref()?.score;
    let mut sizes: Vec<f32> = scores.iter().filter(|s| s.is_finite()).map(|s| s.abs()).collect();
    sizes.sort_unstable_by(f32::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place among the sizes"
    )]
    let place = (sizes.len().saturating_sub(1) as f64 * OUTERMOST) as usize;
    let most = f64::from(*sizes.get(place)?);
    let most = if most > 0.0 { most } else { 1.0 };
    Some(ScoreColours {
        label: "Score along the probe".to_owned(),
        values: scores.iter().map(|&score| f64::from(score)).collect(),
        scale: Range { low: -most, high: most },
        centre: 0.0,
    })
}

fn caption(
    session: &Session,
    map: &Map,
    pairs: &PreparedPairs,
    request: &ClustersFigure,
) -> Result<String, EngineError> {
    let (train, test) = pairs.split_sizes();
    let count = pairs.pairs().len();
    let (points, pooling) = match request.level {
        MapLevel::Texts => (format!("{} texts", map.rows()), format!(" Pooling: {}.", map.pooling)),
        MapLevel::Tokens => {
            (format!("{} content tokens of {} texts", map.rows(), 2 * count), String::new())
        }
    };
    let links = if has_links(request) { " Lines join the two texts of a pair." } else { "" };
    Ok(format!(
        "{} the residual stream of {} {} for {} ({count} contrastive pairs, {points}; {train} \
         train, {test} test).{pooling} {}{links}",
        map_words::opening(map.settings.method),
        map.model_name,
        layer_words(map.settings.layer),
        pairs.name(),
        map_words::facts(session, map)?,
    ))
}

fn range(range: contract::Range) -> Range {
    Range { low: range.low, high: range.high }
}

pub(super) fn points(
    map: &Map,
    pairs: &PreparedPairs,
    colouring: &Colouring,
    camera: Option<&Camera>,
    selected: &[u32],
) -> Vec<Point> {
    let mut chosen = vec![false; pairs.pairs().len()];
    for &pair in selected {
        if let Some(slot) = chosen.get_mut(pair as usize) {
            *slot = true;
        }
    }
    (0..map.rows())
        .map(|row| {
            let text = map.text(row);
            let (pair, side) =
                (text / 2, if text.is_multiple_of(2) { Side::Positive } else { Side::Negative });
            let coordinates: Vec<f64> = map.row(row).iter().map(|&v| f64::from(v)).collect();
            let (x, y, depth) = match camera {
                Some(camera) => camera.see(&coordinates),
                None => (
                    coordinates.first().copied().unwrap_or_default(),
                    coordinates.get(1).copied().unwrap_or_default(),
                    0.0,
                ),
            };
            Point {
                x,
                y,
                depth,
                category: colouring.category(pair, side),
                positive: side == Side::Positive,
                held_out: pairs.splits().get(pair) == Some(&Split::Test),
                selected: chosen.get(pair).copied().unwrap_or(false),
            }
        })
        .collect()
}

/// The window's orthographic camera: where each axis points on the paper.
pub(super) struct Camera {
    right: [f64; 3],
    up: [f64; 3],
    near: [f64; 3],
}

impl Camera {
    fn new(view: View3d) -> Self {
        let (sa, ca) = view.azimuth.sin_cos();
        let (se, ce) = view.elevation.sin_cos();
        Self { right: [ca, 0.0, sa], up: [sa * se, ce, -ca * se], near: [-sa * ce, se, ca * ce] }
    }

    fn see(&self, at: &[f64]) -> (f64, f64, f64) {
        let along = |axis: &[f64; 3]| axis.iter().zip(at).map(|(a, b)| a * b).sum();
        (along(&self.right), along(&self.up), along(&self.near))
    }

    fn triad(&self, labels: &[String]) -> Vec<TriadAxis> {
        labels
            .iter()
            .zip(self.right.iter().zip(&self.up))
            .map(|(name, (&dx, &dy))| TriadAxis { name: name.clone(), dx, dy })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_camera_is_a_rotation_and_looks_along_the_third_axis_at_rest() {
        let rest = Camera::new(View3d { azimuth: 0.0, elevation: 0.0, zoom: 1.0 });
        assert_eq!(rest.see(&[1.0, 2.0, 3.0]), (1.0, 2.0, 3.0));
        let turned = Camera::new(View3d { azimuth: 0.7, elevation: -0.4, zoom: 1.0 });
        let (x, y, z) = turned.see(&[1.0, -2.0, 0.5]);
        assert!((x * x + y * y + z * z - 5.25).abs() < 1e-12, "lengths are kept");
    }
}
