//! The coloured cells, and the lines through the chosen layers.

use std::collections::BTreeMap;

use super::{HeatMapData, chosen_stroke, edges};
use crate::axes::Frame;
use crate::colours::Colour;
use crate::ramp::Ramp;
use crate::sheet::Sheet;
use crate::svg::{Canvas, Stroke};

/// By how much, in points, a cell reaches under its neighbours: without it, a screen shows the
/// ground between two that touch.
const OVERLAP: f64 = 0.15;

/// Draws the cells: neighbours of one colour in a row are one rectangle, and all rectangles of one
/// colour one element. A cell without a value stays empty.
pub(super) fn draw(data: &HeatMapData, ramp: &Ramp, frame: &Frame, canvas: &mut Canvas) {
    let columns = edges(&data.columns.layers);
    let rows = edges(&data.rows.layers);
    let mut rectangles: BTreeMap<Colour, Vec<[f64; 4]>> = BTreeMap::new();
    for (row, band) in data.values.iter().zip(rows.windows(2)) {
        let &[low, high] = band else { continue };
        let (top, foot) = (frame.at_y(high), (frame.at_y(low) + OVERLAP).min(frame.foot()));
        let coloured: Vec<(Option<Colour>, &[f64])> = row
            .iter()
            .map(|value| value.is_finite().then(|| ramp.of(*value, data.scale)))
            .zip(columns.windows(2))
            .collect();
        for run in coloured.chunk_by(|a, b| a.0 == b.0) {
            let ends = (run.first(), run.last());
            let (Some((Some(colour), first)), Some((_, last))) = ends else { continue };
            let (&[start, _], &[_, end]) = (*first, *last) else { continue };
            let (left, right) = (frame.at_x(start), frame.at_x(end));
            let right = (right + OVERLAP).min(frame.right());
            rectangles.entry(*colour).or_default().push([left, top, right - left, foot - top]);
        }
    }
    for (colour, rectangles) in rectangles {
        canvas.rectangles(&rectangles, Some(colour), None);
    }
}

/// A line through each chosen layer, edged in the ground's colour to stand out from any cell.
pub(super) fn draw_chosen(
    sheet: &Sheet<'_>,
    data: &HeatMapData,
    frame: &Frame,
    canvas: &mut Canvas,
) {
    let mut lines = Vec::new();
    if let Some(layer) = data.columns.chosen_layer {
        let x = frame.at_x(f64::from(layer));
        lines.extend(frame.clip(((x, frame.top), (x, frame.foot()))));
    }
    if let Some(layer) = data.rows.chosen_layer {
        let y = frame.at_y(f64::from(layer));
        lines.extend(frame.clip(((frame.left, y), (frame.right(), y))));
    }
    let stroke = chosen_stroke(sheet);
    canvas.lines(&lines, &Stroke::solid(sheet.colours.paper, stroke.width * 2.2));
    canvas.lines(&lines, &stroke);
}
