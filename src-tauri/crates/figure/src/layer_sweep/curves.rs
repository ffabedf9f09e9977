//! One line with intervals per model.

use super::axes::Frame;
use super::{ModelSweep, interval, look};
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
        (frame.at_layer(f64::from(layer)) + aside(model), frame.at_value(value))
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
        for run in runs(model) {
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

/// Runs of layers at the model's own distance: a line across a missing layer would invent a value.
fn runs(model: &ModelSweep) -> impl Iterator<Item = &[super::LayerPoint]> {
    let gap = |pair: &[super::LayerPoint]| match pair {
        [a, b] => b.layer.saturating_sub(a.layer),
        _ => 0,
    };
    let step = model.points.windows(2).map(gap).min().unwrap_or(1);
    model.points.chunk_by(move |a, b| b.layer.saturating_sub(a.layer) <= step)
}

#[cfg(test)]
mod tests {
    use super::super::LayerPoint;
    use super::*;

    fn model(layers: &[u32]) -> ModelSweep {
        let point = |&layer| LayerPoint { layer, value: 0.9, low: 0.8, high: 1.0 };
        ModelSweep {
            name: "m".to_owned(),
            points: layers.iter().map(point).collect(),
            chosen_layer: None,
        }
    }

    #[test]
    fn lines_break_where_a_layer_is_missing() {
        let lengths = |layers: &[u32]| runs(&model(layers)).map(<[_]>::len).collect::<Vec<_>>();
        assert_eq!(lengths(&[0, 1, 2, 4, 5]), [3, 2]);
        assert_eq!(lengths(&[0, 8, 16, 24]), [4], "every eighth layer was asked for");
        assert_eq!(lengths(&[0, 8, 24]), [2, 1]);
        assert_eq!(lengths(&[3]), [1]);
        assert!(lengths(&[]).is_empty());
    }
}
