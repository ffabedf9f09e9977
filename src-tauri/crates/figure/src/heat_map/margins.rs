//! The two layer sweeps along the sides of the map: the columns' above it, the rows' at its right.

use super::{HeatMapData, HeatMapSide, chosen_stroke};
use crate::Range;
use crate::axes::Frame;
use crate::font::Weight;
use crate::marker::{Look, Markers, Shape};
use crate::sheet::{Area, Sheet};
use crate::svg::{Anchor, Canvas, Stroke};
use crate::ticks::signed;

/// The value that guessing reaches.
const CHANCE: f64 = 0.5;

/// Line of a sweep.
pub(super) fn stroke(sheet: &Sheet<'_>) -> Stroke {
    Stroke::solid(sheet.colours.ink, sheet.sizes.data_line)
}

/// Both margins; each takes no room where its side has no sweep.
pub(super) struct Margins<'a> {
    sheet: &'a Sheet<'a>,
    data: &'a HeatMapData,
    /// Scale of both sweeps.
    values: Range,
    /// Depth of a margin on the paper.
    depth: f64,
    /// Between the map and a margin.
    gap: f64,
}

impl<'a> Margins<'a> {
    pub(super) fn new(sheet: &'a Sheet<'a>, data: &'a HeatMapData, area: Area) -> Self {
        let (low, high) = [&data.rows, &data.columns]
            .into_iter()
            .filter_map(|side| side.sweep.as_ref())
            .flatten()
            .filter(|value| value.is_finite())
            .fold((CHANCE, 1.0_f64), |(low, high), &value| (low.min(value), high.max(value)));
        let pad = (high - low) * 0.06;
        let side = area.height.unwrap_or(area.width).min(area.width);
        Self {
            sheet,
            data,
            values: Range { low: low - pad, high: high + pad },
            depth: side * 0.15,
            gap: sheet.sizes.gap,
        }
    }

    fn room(&self, side: &HeatMapSide) -> f64 {
        let some = side.sweep.is_some();
        if some { self.depth + self.gap } else { 0.0 }
    }

    /// Room above the map.
    pub(super) fn above(&self) -> f64 {
        let sizes = &self.sheet.sizes;
        // the numbers of the margin at the right stand above it
        let numbers =
            if self.data.rows.sweep.is_some() { sizes.tick + sizes.tick_label } else { 0.0 };
        self.room(&self.data.columns).max(numbers) + sizes.tick_label * 0.6
    }

    /// Room at the right of the map.
    pub(super) fn right(&self) -> f64 {
        self.room(&self.data.rows)
    }

    /// Draws both.
    pub(super) fn draw(&self, frame: &Frame, canvas: &mut Canvas) {
        let share = |value: f64| (value - self.values.low) / self.values.span() * self.depth;
        let (foot, left) = (frame.top - self.gap, frame.right() + self.gap);
        let above = |layer: f64, value: f64| (frame.at_x(layer), foot - share(value));
        let beside = |layer: f64, value: f64| (left + share(value), frame.at_y(layer));
        let (x, y) = (frame.x, frame.y);
        let radius = self.sheet.sizes.data_line;
        let mut markers = Markers::new("s", radius, self.sheet.colours.paper);
        if let Some(sweep) = &self.data.columns.sweep {
            self.draw_sweep(&self.data.columns, sweep, x, above, &mut markers, canvas);
            for value in [CHANCE, 1.0] {
                let (_, y) = above(0.0, value);
                let size = self.sheet.sizes.tick_label;
                let tick = self.sheet.sizes.tick;
                canvas.line((frame.left - tick, y), (frame.left, y), &self.axis());
                let place = (frame.left - tick - size * 0.4, y + size * 0.36);
                let style = self.sheet.tick_style(Anchor::End);
                canvas.text(place.0, place.1, &signed(value, 1), &style);
            }
        }
        if let Some(sweep) = &self.data.rows.sweep {
            self.draw_sweep(&self.data.rows, sweep, y, beside, &mut markers, canvas);
            let size = self.sheet.sizes.tick_label;
            let tick = self.sheet.sizes.tick;
            // above, where no number of the map's own axis can touch them
            for value in [CHANCE, 1.0] {
                let (x, _) = beside(0.0, value);
                canvas.line((x, frame.top - tick), (x, frame.top), &self.axis());
                let text = signed(value, 1);
                let width = self.sheet.fonts.width(&text, size, Weight::Regular);
                if value == CHANCE && share(1.0) - share(CHANCE) < width * 1.2 {
                    continue;
                }
                let style = self.sheet.tick_style(Anchor::Middle);
                canvas.text(x, frame.top - tick - size * 0.4, &text, &style);
            }
        }
    }

    fn axis(&self) -> Stroke {
        Stroke::solid(self.sheet.colours.ink, self.sheet.sizes.axis_line)
    }

    /// Draws the line of chance, the chosen layer and the curve, broken where a value is missing.
    fn draw_sweep(
        &self,
        side: &HeatMapSide,
        sweep: &[f64],
        along: Range,
        at: impl Fn(f64, f64) -> (f64, f64),
        markers: &mut Markers,
        canvas: &mut Canvas,
    ) {
        let sheet = self.sheet;
        canvas.line(at(along.low, CHANCE), at(along.high, CHANCE), &sheet.dashed());
        if let Some(layer) = side.chosen_layer.map(f64::from).filter(|l| along.contains(*l)) {
            let (from, to) = (at(layer, self.values.low), at(layer, self.values.high));
            canvas.line(from, to, &chosen_stroke(sheet));
        }
        let points: Vec<(f64, f64)> = side
            .layers
            .iter()
            .zip(sweep)
            .map(|(layer, value)| (f64::from(*layer), *value))
            .collect();
        for run in points.chunk_by(|a, b| a.1.is_finite() && b.1.is_finite()) {
            let line: Vec<(f64, f64)> =
                run.iter().map(|(layer, value)| at(*layer, *value)).collect();
            match (line.as_slice(), run) {
                ([(x, y)], [(_, value)]) if value.is_finite() => {
                    let look = Look::filled(Shape::Circle, sheet.colours.ink);
                    markers.draw(canvas, *x, *y, look);
                }
                _ => canvas.polyline(&line, &stroke(sheet)),
            }
        }
    }
}
