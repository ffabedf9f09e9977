//! One line with intervals per model.

use super::{ModelSweep, interval, look, runs};
use crate::axes::Frame;
use crate::marker::Markers;
use crate::sheet::Sheet;
use crate::svg::{Canvas, Stroke};

/// Draws intervals, then lines, then points, so that no model's interval hides another's line.
pub(super) fn draw(sheet: &Sheet<'_>, models: &[ModelSweep], frame: &Frame, canvas: &mut Canvas) {
    let radius = (frame.pitch() * 0.3).clamp(sheet.sizes.label * 0.16, sheet.sizes.label * 0.3);
    let aside = |model: usize| {
        // models stand a little beside each other, so that intervals do not cover each other
        let middle = (models.len() as f64 - 1.0) / 2.0;
        let apart = (frame.pitch() * 0.6 / models.len() as f64).min(radius * 1.4);
        (model as f64 - middle) * apart
    };
    let at = |model: usize, layer: u32, value: f64| {
        (frame.at_x(f64::from(layer)) + aside(model), frame.at_y(value))
    };
    for (index, model) in models.iter().enumerate() {
        let bars: Vec<_> = model
            .points
            .iter()
            .map(|p| (at(index, p.layer, p.low), at(index, p.layer, p.high)))
            .collect();
        let stroke = interval(sheet, index);
        let width = stroke.width.min(frame.pitch() * 0.6 / models.len() as f64);
        canvas.lines(&bars, &Stroke { width, ..stroke });
    }
    for (index, model) in models.iter().enumerate() {
        let stroke = Stroke::solid(look(sheet, index).colour, sheet.sizes.data_line);
        for run in runs(&model.points, |point| point.layer) {
            let line: Vec<_> = run.iter().map(|p| at(index, p.layer, p.value)).collect();
            canvas.polyline(&line, &stroke);
        }
    }
    let mut markers = Markers::new("m", radius, sheet.colours.paper);
    for chosen in [false, true] {
        for (index, model) in models.iter().enumerate() {
            let mut look = look(sheet, index);
            look.ring = chosen.then_some(sheet.colours.ink);
            for point in &model.points {
                if (model.chosen_layer == Some(point.layer)) == chosen {
                    let (x, y) = at(index, point.layer, point.value);
                    markers.draw(canvas, x, y, look);
                }
            }
        }
    }
}
