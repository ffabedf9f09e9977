//! The two axes of a plot: the rectangle they span, its scales, marks, numbers and labels.

use crate::font::Weight;
use crate::sheet::{Area, Sheet};
use crate::svg::{Anchor, Canvas, Line, Stroke, clean};
use crate::ticks::{Ticks, round_step};
use crate::{FigureError, Range};

/// Height over width of a plot with one scale where the paper leaves it open: as the data ask,
/// within these.
const FLATTEST: f64 = 0.55;
const STEEPEST: f64 = 0.85;
/// The same for plots with a legend beside them.
const STEEPEST_BESIDE: f64 = 0.75;

/// The rectangle in which data are drawn, and its scales.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    /// Left end of everything that belongs to the plot.
    pub(crate) edge: f64,
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// Lower end of everything that belongs to the plot.
    pub(crate) bottom: f64,
    pub(crate) x: Range,
    pub(crate) y: Range,
}

impl Frame {
    /// Ranges widened so that both axes have one scale and fill the rectangle.
    pub(crate) fn fill(self, x: Range, y: Range) -> Result<Self, FigureError> {
        let unit = (x.span() / self.width).max(y.span() / self.height);
        Ok(Self {
            x: x.with_span(unit * self.width).checked("horizontal")?,
            y: y.with_span(unit * self.height).checked("vertical")?,
            ..self
        })
    }

    pub(crate) fn at_x(&self, x: f64) -> f64 {
        self.left + (x - self.x.low) / self.x.span() * self.width
    }

    pub(crate) fn at_y(&self, y: f64) -> f64 {
        self.top + (self.y.high - y) / self.y.span() * self.height
    }

    pub(crate) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.at_x(x), self.at_y(y))
    }

    pub(crate) fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Where the horizontal axis lies.
    pub(crate) fn foot(&self) -> f64 {
        self.top + self.height
    }

    /// Distance on the paper of one unit along.
    pub(crate) fn pitch(&self) -> f64 {
        self.width / self.x.span()
    }

    /// The part of a line inside the rectangle (Liang and Barsky 1984).
    pub(crate) fn clip(&self, (from, to): Line) -> Option<Line> {
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

/// What stands along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marks {
    /// Round numbers.
    Numbers,
    /// Whole numbers only.
    Whole,
    /// Neither marks nor numbers: the plot names itself what stands there.
    None,
}

/// One axis.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Axis<'a> {
    /// Not drawn, and without room, when empty.
    pub(crate) label: &'a str,
    pub(crate) range: Range,
    pub(crate) marks: Marks,
}

/// How the rectangle takes its shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    /// Height over width of the area where the paper leaves it open; each axis has its own scale.
    Open(f64),
    /// Both axes have one scale; their ranges are widened to fill the paper.
    OneScale,
    /// A square; the room that it does not need stays free.
    Square,
}

/// The axes of one plot.
pub(crate) struct Axes<'a> {
    pub(crate) sheet: &'a Sheet<'a>,
    pub(crate) x: Axis<'a>,
    pub(crate) y: Axis<'a>,
    pub(crate) shape: Shape,
    /// Room kept above the rectangle, in points.
    pub(crate) above: f64,
    /// Room kept at its right.
    pub(crate) right: f64,
    /// Room kept between the horizontal axis' numbers and its label.
    pub(crate) below: f64,
}

impl Axes<'_> {
    /// Room for a label.
    fn label_room(&self, axis: &Axis<'_>) -> f64 {
        if axis.label.is_empty() { 0.0 } else { self.sheet.sizes.label * 1.25 }
    }

    fn number_room(&self) -> f64 {
        let sizes = &self.sheet.sizes;
        if self.x.marks == Marks::None { 0.0 } else { sizes.tick + sizes.tick_label * 1.35 }
    }

    fn along(&self, frame: &Frame) -> Ticks {
        let size = self.sheet.sizes.tick_label;
        let step = match self.x.marks {
            Marks::Whole => {
                let digits = frame.x.high.abs().max(1.0).log10().floor() + 1.0;
                let room = size * (digits * 0.65 + 1.2);
                round_step((room / frame.pitch()).max(1.0))
            }
            Marks::Numbers => round_step(frame.x.span() / frame.width * size * 5.0),
            Marks::None => return Ticks::none(),
        };
        Ticks::every(step, frame.x)
    }

    fn up(&self, frame: &Frame) -> Ticks {
        let size = self.sheet.sizes.tick_label;
        let step = match (self.y.marks, self.shape) {
            (Marks::None, _) => return Ticks::none(),
            // one scale, so one step
            (Marks::Numbers, Shape::OneScale) => {
                round_step(frame.x.span() / frame.width * size * 5.0)
            }
            (Marks::Whole, _) => round_step((frame.y.span() / frame.height * size * 2.0).max(1.0)),
            (Marks::Numbers, _) => round_step(frame.y.span() / frame.height * size * 2.6),
        };
        Ticks::every(step, frame.y)
    }

    /// Height of the rectangle where the paper leaves it open.
    fn open_height(&self, area: Area, width: f64) -> f64 {
        match self.shape {
            Shape::Open(shape) => area.width * shape,
            Shape::OneScale => open_height(self.sheet, width, self.x.range, self.y.range),
            // beside a legend on wide paper, a square of the full width would be a poster
            Shape::Square if self.sheet.sizes.legend_beside => width.min(area.width * 0.62),
            Shape::Square => width,
        }
    }

    /// Finds room for the rectangle: what labels and marks leave of the area.
    pub(crate) fn frame(&self, area: Area) -> Result<Frame, FigureError> {
        let sizes = &self.sheet.sizes;
        let (x, y) = (self.x.range.checked("horizontal")?, self.y.range.checked("vertical")?);
        let beside = if self.y.marks == Marks::None {
            sizes.tick_label * 0.4
        } else {
            sizes.tick + sizes.tick_label * 0.4
        };
        let below = self.number_room() + self.below + self.label_room(&self.x);
        // how wide the numbers are hangs on the scale, which hangs on how wide they are
        let mut numbers = sizes.tick_label * 1.5;
        let mut frame = None;
        for _ in 0..3 {
            let left = area.x + self.label_room(&self.y) + numbers + beside;
            let mut width = (area.x + area.width - left - self.right).max(1.0);
            let open = || self.open_height(area, width);
            let mut height =
                area.height.map_or_else(open, |height| height - self.above - below).max(1.0);
            if self.shape == Shape::Square {
                width = width.min(height);
                height = width;
            }
            let top = area.y + self.above;
            let bottom = top + height + below;
            let mut found = Frame { edge: area.x, left, top, width, height, bottom, x, y };
            if self.shape == Shape::OneScale {
                found = found.fill(x, y)?;
            }
            numbers = self
                .up(&found)
                .marks
                .iter()
                .map(|(_, text)| self.sheet.fonts.width(text, sizes.tick_label, Weight::Regular))
                .fold(0.0, f64::max);
            frame = Some(found);
        }
        frame.ok_or(FigureError::Empty)
    }

    /// Draws axes, marks, numbers and labels.
    pub(crate) fn draw(&self, frame: &Frame, canvas: &mut Canvas) {
        let sizes = &self.sheet.sizes;
        let (left, right) = (frame.left, frame.right());
        let (top, foot) = (frame.top, frame.foot());
        let (along, up) = (self.along(frame), self.up(frame));

        let mut marks = vec![((left, top), (left, foot)), ((left, foot), (right, foot))];
        marks.extend(along.marks.iter().map(|(value, _)| {
            let x = frame.at_x(*value);
            ((x, foot), (x, foot + sizes.tick))
        }));
        marks.extend(up.marks.iter().map(|(value, _)| {
            let y = frame.at_y(*value);
            ((left - sizes.tick, y), (left, y))
        }));
        canvas.lines(&marks, &Stroke::solid(self.sheet.colours.ink, sizes.axis_line));

        let numbers = foot + sizes.tick + sizes.tick_label * 1.1;
        for (value, text) in &along.marks {
            let style = self.sheet.tick_style(Anchor::Middle);
            canvas.text(frame.at_x(*value), numbers, text, &style);
        }
        let beside = left - sizes.tick - sizes.tick_label * 0.4;
        for (value, text) in &up.marks {
            let baseline = frame.at_y(*value) + sizes.tick_label * 0.36;
            canvas.text(beside, baseline, text, &self.sheet.tick_style(Anchor::End));
        }
        self.draw_labels(frame, canvas, [along.unit, up.unit]);
    }

    /// Axis labels, followed by the power of ten that the numbers count in, if any.
    fn draw_labels(
        &self,
        frame: &Frame,
        canvas: &mut Canvas,
        [x_unit, y_unit]: [Option<String>; 2],
    ) {
        let (sheet, style) = (self.sheet, self.sheet.label_style(Anchor::Middle));
        let with_unit = |label: &str, unit: Option<String>, room: f64| {
            let unit = unit.map(|unit| format!(", in {unit}")).unwrap_or_default();
            let room = room - sheet.fonts.width(&unit, style.size, style.weight);
            let label = sheet.fonts.shorten(&clean(label), style.size, style.weight, room);
            format!("{label}{unit}")
        };
        if !self.x.label.is_empty() {
            let label = with_unit(self.x.label, x_unit, frame.width);
            let centre = frame.left + frame.width / 2.0;
            canvas.text(centre, frame.bottom - sheet.sizes.label * 0.25, &label, &style);
        }
        if !self.y.label.is_empty() {
            let label = with_unit(self.y.label, y_unit, frame.height);
            let middle = frame.top + frame.height / 2.0;
            canvas.upward_text(frame.edge + style.size * 0.8, middle, &label, &style);
        }
    }
}

/// Height of a plot of that width for data of these ranges and one scale, where the paper leaves it
/// open.
pub(crate) fn open_height(sheet: &Sheet<'_>, width: f64, x: Range, y: Range) -> f64 {
    let steepest = if sheet.sizes.legend_beside { STEEPEST_BESIDE } else { STEEPEST };
    width * (y.span() / x.span()).clamp(FLATTEST, steepest)
}
