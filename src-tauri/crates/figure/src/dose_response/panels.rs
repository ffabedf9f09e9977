//! The panels on their paper: titles, remarks and the axes that they share.

use super::along::Along;
use super::curves::Place;
use super::head::Head;
use super::{DoseResponseData, curves};
use crate::axes::Frame;
use crate::font::Weight;
use crate::grid::{Grid, Wish};
use crate::marker::Markers;
use crate::sheet::{Area, Plotted, Sheet};
use crate::svg::{Anchor, Canvas, Stroke, clean};
use crate::ticks::signed;
use crate::{FigureError, Range};

/// Height over width of a panel's plot where the paper leaves it open.
const SHAPE: f64 = 0.72;

/// Lines that a scenario's name may take where the paper leaves the height open.
const MOST_LINES: usize = 2;

/// Height of the coherence strip in multiples of the type size.
const STRIP: f64 = 1.9;

/// Rates, with room for half a point beyond either end.
const RATES: Range = Range { low: -0.05, high: 1.05 };

/// Shares, with room for half a line.
const SHARES: Range = Range { low: -0.08, high: 1.08 };

/// The coefficients of all panels in ascending order; without any, only what projecting out did is
/// drawn.
pub(super) fn coefficients(data: &DoseResponseData) -> Result<(Range, Vec<f64>), FigureError> {
    let mut found: Vec<f64> = curves(data)
        .flat_map(|curve| {
            let random = curve.random.iter().map(|dose| dose.coefficient);
            curve.points.iter().map(|point| point.coefficient).chain(random)
        })
        .collect();
    found.sort_by(f64::total_cmp);
    found.dedup();
    let around = if found.is_empty() { &[0.0] } else { found.as_slice() };
    let range = Range::around(around.iter().copied()).checked("horizontal")?;
    Ok((range, found))
}

/// The panels and the room of each part.
pub(super) struct Panels<'a> {
    sheet: &'a Sheet<'a>,
    data: &'a DoseResponseData,
    area: Area,
    range: Range,
    doses: Vec<f64>,
    grid: Grid,
    /// Room at the left of all panels, and below them.
    beside: f64,
    below: f64,
    heads: Vec<Head<'a>>,
    /// Height above a panel's plot.
    head: f64,
}

impl<'a> Panels<'a> {
    pub(super) fn new(
        sheet: &'a Sheet<'a>,
        data: &'a DoseResponseData,
        (range, doses): (Range, Vec<f64>),
        area: Area,
    ) -> Self {
        let sizes = &sheet.sizes;
        let numbers = sheet.fonts.width("0.5", sizes.tick_label, Weight::Regular);
        let beside = sizes.label * 1.25 + numbers + sizes.tick_label * 0.4 + sizes.tick;
        let below = sizes.tick + sizes.tick_label * 1.35 + sizes.label * 1.25;
        let inner = Area {
            x: area.x + beside,
            width: area.width - beside,
            height: area.height.map(|height| height - below),
            ..area
        };
        let wish = Wish {
            count: data.panels.len(),
            columns: None,
            least_width: sizes.label * 12.5,
            shape: SHAPE,
            gap: (sizes.label * 1.1, sizes.label * 0.9),
        };
        let lines = if area.height.is_some() { 1 } else { MOST_LINES };
        let heads = |width: f64| {
            let head = |panel| Head::new(sheet, data, panel, width, lines);
            data.panels.iter().map(head).collect::<Vec<Head<'_>>>()
        };
        let highest = |heads: &[Head<'_>]| heads.iter().map(Head::height).fold(0.0, f64::max);
        let strip = strip_room(sheet, data);
        let grid = Grid::new(wish, |width| highest(&heads(width)) + strip, inner);
        let heads = heads(grid.cell.0);
        let head = highest(&heads);
        Self { sheet, data, area, range, doses, grid, beside, below, heads, head }
    }

    pub(super) fn draw(&self, canvas: &mut Canvas) -> Plotted {
        let sizes = &self.sheet.sizes;
        let radius = (self.grid.cell.0 * 0.022).clamp(sizes.label * 0.2, sizes.label * 0.32);
        let mut markers = Markers::new("m", radius, self.sheet.colours.paper);
        let mut signs = Markers::new("h", sizes.tick_label * 0.32, self.sheet.colours.paper);
        let mut unit = None;
        for (index, panel) in self.data.panels.iter().enumerate() {
            let place = self.place(index, radius);
            if let Some(head) = self.heads.get(index) {
                let (left, top) = self.grid.corner(index);
                // short ones stand at the foot, beside their plot
                head.draw((left, top + self.head - head.height()), &mut signs, canvas);
            }
            self.draw_ground(&place, canvas);
            place.draw(&panel.curves, &mut markers, canvas);
            unit = self.draw_axes(index, &place, canvas);
        }
        let (width, height) = self.grid.size();
        let style = self.sheet.label_style(Anchor::Middle);
        let room = |label: &str, room: f64| {
            self.sheet.fonts.shorten(&clean(label), style.size, style.weight, room)
        };
        let unit = unit.map(|unit| format!(", in {unit}")).unwrap_or_default();
        let label = format!("{}{unit}", room(&self.data.x_label, width * 0.9));
        let total = height + self.below;
        let baseline = self.area.y + total - sizes.label * 0.25;
        canvas.text(self.area.x + self.beside + width / 2.0, baseline, &label, &style);
        let label = room(&self.data.y_label, height);
        let middle = self.area.y + height / 2.0;
        canvas.upward_text(self.area.x + style.size * 0.8, middle, &label, &style);
        Plotted { height: total, note: None }
    }

    /// Whether points with the direction projected out have a place at the right end.
    fn has_out(&self) -> bool {
        curves(self.data).any(|curve| curve.projected_out.is_some())
    }

    /// Least distance of two coefficients.
    fn least_gap(&self) -> f64 {
        let gaps = self.doses.iter().zip(self.doses.iter().skip(1)).map(|(low, high)| high - low);
        gaps.fold(self.range.span(), f64::min)
    }

    fn place(&self, index: usize, radius: f64) -> Place<'_> {
        let sizes = &self.sheet.sizes;
        let (left, top) = self.grid.corner(index);
        let (width, height) = self.grid.cell;
        let out = if self.has_out() { self.out_room(radius) } else { 0.0 };
        let frame = |top: f64, height: f64, y: Range| Frame {
            edge: left,
            left,
            top,
            width: width - out,
            height,
            bottom: top + height,
            x: self.range,
            y,
        };
        let plot = (height - self.head - strip_room(self.sheet, self.data)).max(1.0);
        let rates = frame(top + self.head, plot, RATES);
        let strip = self.data.coherence.then(|| {
            let strip = sizes.label * STRIP;
            frame(top + height - strip, strip, SHARES)
        });
        Place {
            sheet: self.sheet,
            data: self.data,
            pitch: self.least_gap() * rates.pitch(),
            out: left + width - out * 0.45,
            rates,
            strip,
            radius,
        }
    }

    /// Width of the place at the right end.
    fn out_room(&self, radius: f64) -> f64 {
        let size = self.sheet.sizes.tick_label;
        let word = self.sheet.fonts.width("out", size, Weight::Regular);
        let models = radius * 1.3 * self.data.models.len() as f64;
        word.max(models + radius * 2.0) + size * 0.9
    }

    /// Lines behind the data: rates of 0, a half and 1, coherence of a half, and coefficient 0.
    fn draw_ground(&self, place: &Place<'_>, canvas: &mut Canvas) {
        let (sizes, right) = (&self.sheet.sizes, self.right(place));
        let stroke = Stroke::solid(self.sheet.colours.grid, sizes.axis_line);
        let rates = &place.rates;
        let mut lines: Vec<_> = [0.0, 0.5, 1.0]
            .into_iter()
            .map(|value| ((rates.left, rates.at_y(value)), (right, rates.at_y(value))))
            .collect();
        if self.range.contains(0.0) {
            let x = rates.at_x(0.0);
            lines.push(((x, rates.top), (x, rates.foot())));
            lines.extend(place.strip.map(|strip| ((x, strip.top), (x, strip.foot()))));
        }
        if let Some(strip) = &place.strip {
            lines.push(((strip.left, strip.at_y(0.5)), (right, strip.at_y(0.5))));
        }
        canvas.lines(&lines, &stroke);
    }

    /// Right end of a panel, the place of what is projected out included.
    fn right(&self, place: &Place<'_>) -> f64 {
        place.rates.left + self.grid.cell.0
    }

    /// Draws the axes of a panel, with numbers where no panel stands between them and the edge, and
    /// returns the power of ten that the coefficients count in, if any.
    fn draw_axes(&self, index: usize, place: &Place<'_>, canvas: &mut Canvas) -> Option<String> {
        let (sheet, sizes) = (self.sheet, &self.sheet.sizes);
        let rates = &place.rates;
        let foot = place.strip.map_or(rates.foot(), |strip| strip.foot());
        let along = Along::new(self.sheet, &self.doses, place, self.has_out());
        let mut marks = Vec::new();
        let start =
            |y: f64| if self.has_out() { (rates.right(), y) } else { (self.right(place), y) };
        for frame in [Some(*rates), place.strip].into_iter().flatten() {
            marks.push(((frame.left, frame.top), (frame.left, frame.foot())));
            marks.push(((frame.left, frame.foot()), start(frame.foot())));
            if self.has_out() {
                // the axis is broken: what stands there has no coefficient
                let from = rates.right() + sizes.tick_label * 0.35;
                marks.push(((from, frame.foot()), (self.right(place), frame.foot())));
            }
        }
        let last = self.grid.last_in_column(index);
        let numbers = foot + sizes.tick + sizes.tick_label * 1.1;
        let centred = sheet.tick_style(Anchor::Middle);
        marks.extend(along.marks.iter().map(|&x| ((x, foot), (x, foot + sizes.tick))));
        for (x, text) in along.numbers.iter().filter(|_| last) {
            canvas.text(*x, numbers, text, &centred);
        }
        if self.has_out() {
            marks.push(((place.out, foot), (place.out, foot + sizes.tick)));
            if last {
                canvas.text(place.out, numbers, "out", &centred);
            }
        }
        let beside = rates.left - sizes.tick - sizes.tick_label * 0.4;
        let mut up: Vec<(f64, String)> =
            [0.0, 1.0, 0.5].map(|value| (rates.at_y(value), signed(value, 1))).to_vec();
        if let Some(strip) = &place.strip {
            up.extend([0.0, 1.0].map(|value| (strip.at_y(value), signed(value, 0))));
        }
        let mut taken: Vec<f64> = Vec::new();
        for (y, text) in up {
            marks.push(((rates.left - sizes.tick, y), (rates.left, y)));
            let free = taken.iter().all(|other| (other - y).abs() >= sizes.tick_label * 1.1);
            if free && self.grid.first_in_row(index) {
                taken.push(y);
                let baseline = y + sizes.tick_label * 0.36;
                canvas.text(beside, baseline, &text, &sheet.tick_style(Anchor::End));
            }
        }
        canvas.lines(&marks, &Stroke::solid(sheet.colours.ink, sizes.axis_line));
        along.unit
    }
}

/// Room of the strip with the space above it.
fn strip_room(sheet: &Sheet<'_>, data: &DoseResponseData) -> f64 {
    let sizes = &sheet.sizes;
    if data.coherence { sizes.label * STRIP + sizes.gap * 0.8 } else { 0.0 }
}
