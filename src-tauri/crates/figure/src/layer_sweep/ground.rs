//! What lies behind the curves: the scales, what guessing, random directions and the texts' surface
//! reach, and the marked layer.

use super::{CHANCE, Ceiling, LayerSweepData, ModelSweep, RandomBand, RandomLayer};
use crate::axes::{Axes, Axis, Frame, Marks, Shape};
use crate::colours::Colour;
use crate::font::Weight;
use crate::sheet::Sheet;
use crate::svg::{Anchor, Canvas, Stroke, TextStyle};
use crate::{FigureError, Range};

/// Height over width of the plot where the paper leaves it open.
const SHAPE: f64 = 0.62;
const SHAPE_WIDE: f64 = 0.42;

fn ranges(data: &LayerSweepData, models: &[ModelSweep]) -> (Range, Range) {
    let points = || models.iter().flat_map(|model| &model.points);
    let layers = points()
        .map(|point| point.layer)
        .chain(data.marked_layer)
        .fold((u32::MAX, 0), |(low, high), layer| (low.min(layer), high.max(layer)));
    let (low, high) = (f64::from(layers.0), f64::from(layers.1));
    let pad = ((high - low) * 0.025).max(0.5);
    let layers = Range { low: low - pad, high: high + pad };
    let band = data.random.iter().flat_map(|band| shown(band, layers));
    // AUROC has a natural upper end; the lower one follows the data and chance
    let (low, high) = points()
        .flat_map(|point| [point.value, point.low, point.high])
        .chain(band.flat_map(|layer| [layer.low, layer.high]))
        .chain(data.ceiling.iter().map(|ceiling| ceiling.value))
        .filter(|value| value.is_finite())
        .fold((CHANCE, 1.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let pad = (high - low) * 0.05;
    (layers, Range { low: low - pad, high: high + pad })
}

/// What a band has at the layers that are drawn.
fn shown(band: &RandomBand, layers: Range) -> Vec<RandomLayer> {
    let shown = |layer: &&RandomLayer| layers.contains(f64::from(layer.layer));
    band.layers.iter().filter(shown).copied().collect()
}

/// The axes, with room for names of width `right` beside them.
pub(super) fn axes<'a>(
    sheet: &'a Sheet<'a>,
    data: &'a LayerSweepData,
    models: &[ModelSweep],
    right: f64,
) -> Axes<'a> {
    let sizes = &sheet.sizes;
    let (layers, values) = ranges(data, models);
    // room above for the name of the marked layer
    let name = if data.marked_layer.is_some() { sizes.label * 1.4 } else { 0.0 };
    Axes {
        sheet,
        x: Axis { label: "Layer", range: layers, marks: Marks::Whole },
        y: Axis { label: &data.y_label, range: values, marks: Marks::Numbers },
        shape: Shape::Open(if sizes.legend_beside { SHAPE_WIDE } else { SHAPE }),
        above: name + sizes.tick_label * 0.3,
        right,
        below: 0.0,
    }
}

/// What is drawn of a band and a ceiling; the rest is counted.
pub(super) fn finite(data: &LayerSweepData) -> Result<(LayerSweepData, usize), FigureError> {
    let mut kept = data.clone();
    let mut lost = 0;
    if let Some(band) = &mut kept.random {
        let all = band.layers.len();
        band.layers.retain(|layer| layer.low.is_finite() && layer.high.is_finite());
        lost += all - band.layers.len();
    }
    if kept.ceiling.as_ref().is_some_and(|ceiling| !ceiling.value.is_finite()) {
        return Err(FigureError::NotFinite { what: "ceiling" });
    }
    Ok((kept, lost))
}

/// Ground of the random band.
pub(super) fn band_fill(sheet: &Sheet<'_>) -> Colour {
    sheet.colours.grid.mix(sheet.colours.muted, 0.12)
}

/// Line of the ceiling: long dashes, as unlike the line of chance as one colour allows.
pub(super) fn ceiling_stroke(sheet: &Sheet<'_>) -> Stroke {
    let width = sheet.sizes.data_line;
    Stroke { dash: Some((7.0, 2.5)), ..Stroke::solid(sheet.colours.ink, width) }
}

/// Draws band, chance, ceiling and the marked layer.
pub(super) fn draw(sheet: &Sheet<'_>, data: &LayerSweepData, frame: &Frame, canvas: &mut Canvas) {
    let sizes = &sheet.sizes;
    let colours = &sheet.colours;
    let (left, right) = (frame.left, frame.right());
    if let Some(band) = &data.random {
        draw_band(sheet, band, frame, canvas);
    }
    let chance = frame.at_y(CHANCE);
    canvas.line((left, chance), (right, chance), &sheet.dashed());
    if let Some(Ceiling { value, .. }) = data.ceiling {
        let y = frame.at_y(value);
        canvas.line((left, y), (right, y), &ceiling_stroke(sheet));
    }
    if let Some(layer) = data.marked_layer {
        let x = frame.at_x(f64::from(layer));
        canvas.line(
            (x, frame.top),
            (x, frame.foot()),
            &Stroke::solid(colours.muted, sizes.axis_line),
        );
        let text = format!("layer {layer}");
        let half = sheet.fonts.width(&text, sizes.label, Weight::Regular) / 2.0;
        let style = TextStyle { colour: colours.muted, ..sheet.label_style(Anchor::Middle) };
        let x = x.clamp(left + half, (right - half).max(left + half));
        canvas.text(x, frame.top - sizes.label * 0.35, &text, &style);
    }
}

/// The band between the layers it was measured at; half a layer around one that stands alone.
fn draw_band(sheet: &Sheet<'_>, band: &RandomBand, frame: &Frame, canvas: &mut Canvas) {
    for run in super::runs(&shown(band, frame.x), |layer| layer.layer) {
        let at = |layer: f64, value: f64| {
            let (x, y) = frame.at(layer, value);
            (x.clamp(frame.left, frame.right()), y)
        };
        let mut outline: Vec<(f64, f64)> =
            run.iter().map(|layer| at(f64::from(layer.layer), layer.high)).collect();
        outline.extend(run.iter().rev().map(|layer| at(f64::from(layer.layer), layer.low)));
        if let [only] = run {
            let layer = f64::from(only.layer);
            outline = vec![
                at(layer - 0.5, only.high),
                at(layer + 0.5, only.high),
                at(layer + 0.5, only.low),
                at(layer - 0.5, only.low),
            ];
        }
        canvas.polygon(&outline, band_fill(sheet));
    }
}
