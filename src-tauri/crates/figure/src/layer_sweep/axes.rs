//! Layers along, values up.

use super::{CHANCE, LayerSweepData, ModelSweep};
use crate::font::Weight;
use crate::sheet::{Area, Sheet};
use crate::svg::{Anchor, Canvas, Stroke, TextStyle, clean};
use crate::ticks::{Ticks, round_step};
use crate::{FigureError, Range};

/// Height over width of the plot where the paper leaves it open.
const SHAPE: f64 = 0.62;
const SHAPE_WIDE: f64 = 0.42;

/// The rectangle of the curves, and its scales.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) bottom: f64,
    pub(super) layers: Range,
    pub(super) values: Range,
}

impl Frame {
    pub(super) fn at_layer(&self, layer: f64) -> f64 {
        self.left + (layer - self.layers.low) / self.layers.span() * self.width
    }

    pub(super) fn at_value(&self, value: f64) -> f64 {
        self.top + (self.values.high - value) / self.values.span() * self.height
    }

    /// Distance of neighbouring layers on the paper.
    pub(super) fn pitch(&self) -> f64 {
        self.width / self.layers.span()
    }
}

fn ranges(data: &LayerSweepData, models: &[ModelSweep]) -> Result<(Range, Range), FigureError> {
    let points = || models.iter().flat_map(|model| &model.points);
    let layers = points()
        .map(|point| point.layer)
        .chain(data.marked_layer)
        .fold((u32::MAX, 0), |(low, high), layer| (low.min(layer), high.max(layer)));
    let (low, high) = (f64::from(layers.0), f64::from(layers.1));
    let pad = ((high - low) * 0.025).max(0.5);
    let layers = Range { low: low - pad, high: high + pad };
    // AUROC has a natural upper end; the lower one follows the data and chance
    let (low, high) = points()
        .flat_map(|point| [point.value, point.low, point.high])
        .fold((CHANCE, 1.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let pad = (high - low) * 0.05;
    let values = Range { low: low - pad, high: high + pad };
    Ok((layers.checked("horizontal")?, values.checked("vertical")?))
}

fn value_ticks(sheet: &Sheet<'_>, values: Range, height: f64) -> Ticks {
    Ticks::every(round_step(values.span() / height * sheet.sizes.tick_label * 2.6), values)
}

/// Marks at whole layers only.
fn layer_ticks(sheet: &Sheet<'_>, frame: &Frame) -> Ticks {
    let widest = frame.layers.high.abs().max(1.0).log10().floor() + 1.0;
    let room = sheet.sizes.tick_label * (widest * 0.65 + 1.2);
    Ticks::every(round_step((room / frame.pitch()).max(1.0)), frame.layers)
}

/// Finds room for the curves beside labels of width `right`.
pub(super) fn frame(
    sheet: &Sheet<'_>,
    area: Area,
    data: &LayerSweepData,
    models: &[ModelSweep],
    right: f64,
) -> Result<Frame, FigureError> {
    let sizes = &sheet.sizes;
    let (layers, values) = ranges(data, models)?;
    let label = sizes.label * 1.25;
    // room above for the name of the marked layer
    let above =
        if data.marked_layer.is_some() { sizes.label * 1.4 } else { 0.0 } + sizes.tick_label * 0.3;
    let below = sizes.tick + sizes.tick_label * 1.35 + label;
    let shape = if sizes.legend_beside { SHAPE_WIDE } else { SHAPE };
    let height = area.height.map_or(area.width * shape, |height| height - above - below);
    let numbers = value_ticks(sheet, values, height)
        .marks
        .iter()
        .map(|(_, text)| sheet.fonts.width(text, sizes.tick_label, Weight::Regular))
        .fold(0.0, f64::max);
    let left = area.x + label + numbers + sizes.tick + sizes.tick_label * 0.4;
    let width = area.x + area.width - left - right;
    let top = area.y + above;
    Ok(Frame { left, top, width, height, bottom: top + height + below, layers, values })
}

/// Draws axes, marks, labels, the line of chance and the marked layer.
pub(super) fn draw(sheet: &Sheet<'_>, data: &LayerSweepData, frame: &Frame, canvas: &mut Canvas) {
    let sizes = &sheet.sizes;
    let colours = &sheet.colours;
    let (left, right) = (frame.left, frame.left + frame.width);
    let (top, bottom) = (frame.top, frame.top + frame.height);

    let chance = frame.at_value(CHANCE);
    let dashed = Stroke { dash: Some((4.0, 3.0)), ..Stroke::solid(colours.muted, sizes.axis_line) };
    canvas.line((left, chance), (right, chance), &dashed);
    if let Some(layer) = data.marked_layer {
        let x = frame.at_layer(f64::from(layer));
        canvas.line((x, top), (x, bottom), &Stroke::solid(colours.muted, sizes.axis_line));
        let text = format!("layer {layer}");
        let half = sheet.fonts.width(&text, sizes.label, Weight::Regular) / 2.0;
        let style = TextStyle { colour: colours.muted, ..sheet.label_style(Anchor::Middle) };
        let x = x.clamp(left + half, (right - half).max(left + half));
        canvas.text(x, top - sizes.label * 0.35, &text, &style);
    }

    let along = layer_ticks(sheet, frame);
    let up = value_ticks(sheet, frame.values, frame.height);
    let mut marks = vec![((left, top), (left, bottom)), ((left, bottom), (right, bottom))];
    marks.extend(along.marks.iter().map(|(value, _)| {
        let x = frame.at_layer(*value);
        ((x, bottom), (x, bottom + sizes.tick))
    }));
    marks.extend(up.marks.iter().map(|(value, _)| {
        let y = frame.at_value(*value);
        ((left - sizes.tick, y), (left, y))
    }));
    canvas.lines(&marks, &Stroke::solid(colours.ink, sizes.axis_line));
    let numbers = bottom + sizes.tick + sizes.tick_label * 1.1;
    for (value, text) in &along.marks {
        canvas.text(frame.at_layer(*value), numbers, text, &sheet.tick_style(Anchor::Middle));
    }
    for (value, text) in &up.marks {
        let baseline = frame.at_value(*value) + sizes.tick_label * 0.36;
        let x = left - sizes.tick - sizes.tick_label * 0.4;
        canvas.text(x, baseline, text, &sheet.tick_style(Anchor::End));
    }

    let style = sheet.label_style(Anchor::Middle);
    canvas.text(left + frame.width / 2.0, frame.bottom - sizes.label * 0.25, "Layer", &style);
    let label = sheet.fonts.shorten(&clean(&data.y_label), style.size, style.weight, frame.height);
    canvas.upward_text(sizes.margin + style.size * 0.8, top + frame.height / 2.0, &label, &style);
}
