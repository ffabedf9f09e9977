//! The scatter of one model and layer.

use lens_core::{Side, Split};
use lens_figure::scatter::{self, Category, Point, ScatterData, TriadAxis};
use lens_figure::{Range, Style};

use super::{Drawing, file_safe};
use crate::EngineError;
use crate::contract::{self, ClustersFigure, ColourBy, CountView, MapFit, View3d};
use crate::pairs::PreparedPairs;
use crate::project::{Projection, axis_label, table};
use crate::session::Session;

/// Names beyond this many share one colour, as they do in the window.
const COLOURS: usize = 10;

pub(super) fn draw(
    session: &Session,
    request: &ClustersFigure,
    style: impl Fn(&str) -> Style,
) -> Result<Drawing, EngineError> {
    let dims = if request.view_3d.is_some() { 3 } else { 2 };
    let projection = session.project(&request.model_id, request.layer, dims)?;
    let pairs = session.prepared()?;
    let colouring = Colouring::new(&pairs, request.colour_by);
    let camera = request.view_3d.map(Camera::new);
    let labels: Vec<String> = (0..projection.dims).map(|d| axis_label(&projection, d)).collect();
    let label = |axis: usize| labels.get(axis).cloned().unwrap_or_default();
    let data = ScatterData {
        title: format!("{}, layer {}", projection.model_name, projection.layer),
        x_label: label(0),
        y_label: label(1),
        points: points(&projection, &pairs, &colouring, camera.as_ref(), &request.selected),
        noun: ["text", "texts"],
        laid_over: request.fit == MapFit::Train,
        contours: request.contours,
        scores: None,
        x_threshold: None,
        pair_links: request.pair_links,
        side_labels: Side::BOTH.map(|side| side.name().to_owned()),
        legend_title: colouring.title.to_owned(),
        legend: colouring.legend,
        x_range: request.x.map(range),
        y_range: request.y.map(range),
        triad: camera.map_or_else(Vec::new, |c| c.triad(&labels)),
        notes: Vec::new(),
        provenance: projection.provenance.clone(),
    };
    let caption = caption(&projection, &pairs, request);
    Ok(Drawing {
        figure: scatter::draw(&data, &style(&caption))?,
        caption,
        file_stem: format!(
            "clusters-{}-layer-{}",
            file_safe(&projection.model_name),
            projection.layer
        ),
        table: table(&projection, &pairs),
    })
}

fn caption(projection: &Projection, pairs: &PreparedPairs, request: &ClustersFigure) -> String {
    let (train, test) = pairs.split_sizes();
    let shares: Vec<String> =
        projection.explained_variance_ratio.iter().map(|r| format!("{:.1} %", r * 100.0)).collect();
    let links = if request.pair_links { " Lines join the two texts of a pair." } else { "" };
    format!(
        "Principal components of the residual stream of {} after block {} for {} ({} contrastive \
         pairs, {} texts; {train} train, {test} test). Pooling: {}. Variance explained: {}.{links}",
        projection.model_name,
        projection.layer,
        pairs.name(),
        pairs.pairs().len(),
        projection.rows(),
        projection.pooling,
        shares.join(", "),
    )
    .replace("after block 0 ", "at the embedding output ")
}

fn range(range: contract::Range) -> Range {
    Range { low: range.low, high: range.high }
}

/// The colour of each pair and the legend, as the window has them: names by frequency, and one
/// colour for the rest when there are more names than colours.
struct Colouring {
    title: &'static str,
    by: ColourBy,
    legend: Vec<Category>,
    /// Category by pair; not used when coloured by side.
    of_pair: Vec<usize>,
}

impl Colouring {
    fn new(pairs: &PreparedPairs, by: ColourBy) -> Self {
        let summary = pairs.summary();
        let (title, names) = match by {
            ColourBy::Side => {
                let legend = Side::BOTH.into_iter().enumerate();
                let legend = legend
                    .map(|(category, side)| Category { label: side.name().to_owned(), category })
                    .collect();
                return Self { title: "", by, legend, of_pair: Vec::new() };
            }
            ColourBy::Scenario => ("Scenario", summary.scenarios),
            ColourBy::Source => ("Source", summary.sources),
        };
        let own = if names.len() <= COLOURS { names.len() } else { COLOURS - 1 };
        let name_of = |pair: &lens_core::ContrastPair| match by {
            ColourBy::Source => pair.source.clone().unwrap_or_default(),
            _ => pair.scenario.clone().unwrap_or_default(),
        };
        let place = |name: &str| names.iter().position(|c: &CountView| c.name == name);
        let of_pair = pairs
            .pairs()
            .iter()
            .map(|pair| place(&name_of(pair)).filter(|&p| p < own).unwrap_or(COLOURS))
            .collect();
        let mut legend: Vec<Category> = names
            .iter()
            .take(own)
            .enumerate()
            .map(|(category, count)| Category {
                label: if count.name.is_empty() {
                    format!("no {}", title.to_lowercase())
                } else {
                    count.name.clone()
                },
                category,
            })
            .collect();
        if names.len() > own {
            let label = format!("{} others", names.len() - own);
            legend.push(Category { label, category: COLOURS });
        }
        Self { title, by, legend, of_pair }
    }

    fn category(&self, pair: usize, side: Side) -> usize {
        match self.by {
            ColourBy::Side => usize::from(side == Side::Negative),
            _ => self.of_pair.get(pair).copied().unwrap_or(COLOURS),
        }
    }
}

fn points(
    projection: &Projection,
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
    (0..projection.rows())
        .map(|row| {
            let (pair, side) =
                (row / 2, if row % 2 == 0 { Side::Positive } else { Side::Negative });
            let coordinates: Vec<f64> = projection.row(row).iter().map(|&v| f64::from(v)).collect();
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
struct Camera {
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
