//! The two axes of a 2-D scatter.

use super::ScatterData;
use crate::font::Weight;
use crate::sheet::{Area, Sheet};
use crate::svg::{Anchor, Canvas, Line, Stroke, TextStyle, clean};
use crate::ticks::{Ticks, round_step};
use crate::{FigureError, Range};

/// Height over width of a plot whose paper has no fixed height: as the data ask, within these.
const FLATTEST: f64 = 0.55;
const STEEPEST: f64 = 0.85;
/// The same for plots with a legend beside them.
const STEEPEST_BESIDE: f64 = 0.75;

/// The rectangle in which points are drawn, and its scale.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    /// Lower end of everything that belongs to the plot.
    pub(super) bottom: f64,
    pub(super) x: Range,
    pub(super) y: Range,
}

impl Frame {
    /// Ranges widened so that both axes have one scale and fill the rectangle.
    pub(super) fn fill(self, x: Range, y: Range) -> Result<Self, FigureError> {
        let unit = (x.span() / self.width).max(y.span() / self.height);
        Ok(Self {
            x: x.with_span(unit * self.width).checked("horizontal")?,
            y: y.with_span(unit * self.height).checked("vertical")?,
            ..self
        })
    }

    pub(super) fn at_x(&self, x: f64) -> f64 {
        self.left + (x - self.x.low) / self.x.span() * self.width
    }

    pub(super) fn at_y(&self, y: f64) -> f64 {
        self.top + (self.y.high - y) / self.y.span() * self.height
    }

    /// The part of a line inside the rectangle (Liang and Barsky 1984).
    pub(super) fn clip(&self, (from, to): Line) -> Option<Line> {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
        for (direction, distance) in [
            (-dx, from.0 - self.left),
            (dx, self.left + self.width - from.0),
            (-dy, from.1 - self.top),
            (dy, self.top + self.height - from.1),
        ] {
            if direction == 0.0 {
                if distance < 0.0 {
                    return None;
                }
            } else if direction < 0.0 {
                enter = enter.max(distance / direction);
            } else {
                leave = leave.min(distance / direction);
            }
        }
        let at = |t: f64| (from.0 + t * dx, from.1 + t * dy);
        (enter <= leave).then(|| (at(enter), at(leave)))
    }
}

/// Height of a plot of that width for data of these ranges, where the paper leaves it open.
pub(super) fn open_height(sheet: &Sheet<'_>, width: f64, x: Range, y: Range) -> f64 {
    let steepest = if sheet.sizes.legend_beside { STEEPEST_BESIDE } else { STEEPEST };
    width * (y.span() / x.span()).clamp(FLATTEST, steepest)
}

/// Step of the marks on both axes: they have one scale, so they have one step.
fn step(sheet: &Sheet<'_>, frame: &Frame) -> f64 {
    round_step(frame.x.span() / frame.width * sheet.sizes.tick_label * 5.0)
}

/// Finds room for the points: what labels and marks leave.
pub(super) fn frame(
    sheet: &Sheet<'_>,
    area: Area,
    x: Range,
    y: Range,
) -> Result<Frame, FigureError> {
    let sizes = &sheet.sizes;
    let label = sizes.label * 1.25;
    let beside = sizes.tick + sizes.tick_label * 0.4;
    let below = sizes.tick + sizes.tick_label * 1.35 + label;
    let above = sizes.tick_label * 0.5;
    // how wide the numbers are hangs on the scale, which hangs on how wide they are
    let mut numbers = sizes.tick_label * 1.5;
    let mut frame = None;
    for _ in 0..3 {
        let left = area.x + label + numbers + beside;
        let width = area.x + area.width - left - sizes.margin;
        let height =
            area.height.map_or_else(|| open_height(sheet, width, x, y), |h| h - above - below);
        let top = area.y + above;
        let bottom = top + height + below;
        let found = Frame { left, top, width, height, bottom, x, y }.fill(x, y)?;
        numbers = Ticks::every(step(sheet, &found), found.y)
            .marks
            .iter()
            .map(|(_, text)| sheet.fonts.width(text, sizes.tick_label, Weight::Regular))
            .fold(0.0, f64::max);
        frame = Some(found);
    }
    frame.ok_or(FigureError::Empty)
}

/// Draws axes, marks, numbers and labels.
pub(super) fn draw(sheet: &Sheet<'_>, data: &ScatterData, frame: &Frame, canvas: &mut Canvas) {
    let sizes = &sheet.sizes;
    let stroke = Stroke::solid(sheet.colours.ink, sizes.axis_line);
    let (left, right) = (frame.left, frame.left + frame.width);
    let (top, bottom) = (frame.top, frame.top + frame.height);
    let step = step(sheet, frame);
    let (along, up) = (Ticks::every(step, frame.x), Ticks::every(step, frame.y));

    let mut marks = vec![((left, top), (left, bottom)), ((left, bottom), (right, bottom))];
    marks.extend(along.marks.iter().map(|(value, _)| {
        let x = frame.at_x(*value);
        ((x, bottom), (x, bottom + sizes.tick))
    }));
    marks.extend(up.marks.iter().map(|(value, _)| {
        let y = frame.at_y(*value);
        ((left - sizes.tick, y), (left, y))
    }));
    canvas.lines(&marks, &stroke);

    let numbers = bottom + sizes.tick + sizes.tick_label * 1.1;
    for (value, text) in &along.marks {
        canvas.text(frame.at_x(*value), numbers, text, &sheet.tick_style(Anchor::Middle));
    }
    let beside = left - sizes.tick - sizes.tick_label * 0.4;
    for (value, text) in &up.marks {
        let baseline = frame.at_y(*value) + sizes.tick_label * 0.36;
        canvas.text(beside, baseline, text, &sheet.tick_style(Anchor::End));
    }

    let middle = sheet.label_style(Anchor::Middle);
    draw_labels(sheet, data, frame, canvas, &middle, [along.unit, up.unit]);
}

/// Axis labels, followed by the power of ten that the numbers count in, if any.
fn draw_labels(
    sheet: &Sheet<'_>,
    data: &ScatterData,
    frame: &Frame,
    canvas: &mut Canvas,
    style: &TextStyle,
    [x_unit, y_unit]: [Option<String>; 2],
) {
    let with_unit = |label: &str, unit: Option<String>, room: f64| {
        let unit = unit.map(|unit| format!(", in {unit}")).unwrap_or_default();
        let unit_width = sheet.fonts.width(&unit, style.size, style.weight);
        let label = sheet.fonts.shorten(&clean(label), style.size, style.weight, room - unit_width);
        format!("{label}{unit}")
    };
    let x_label = with_unit(&data.x_label, x_unit, frame.width);
    let centre = frame.left + frame.width / 2.0;
    canvas.text(centre, frame.bottom - sheet.sizes.label * 0.25, &x_label, style);
    let y_label = with_unit(&data.y_label, y_unit, frame.height);
    let middle = frame.top + frame.height / 2.0;
    canvas.upward_text(sheet.sizes.margin + style.size * 0.8, middle, &y_label, style);
}
