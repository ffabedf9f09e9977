//! The panels on their paper: titles, remarks and the axes that they share.

use super::curves::{Place, look};
use super::{DosePanel, DoseResponseData, Remark, curves};
use crate::axes::Frame;
use crate::font::Weight;
use crate::grid::{Grid, Wish};
use crate::legend::key_markers;
use crate::marker::Markers;
use crate::sheet::{Area, Plotted, Sheet};
use crate::svg::{Anchor, Canvas, Stroke, TextStyle, clean};
use crate::ticks::{Ticks, round_step, signed};
use crate::{FigureError, Range};

/// Height over width of a panel's plot where the paper leaves it open.
const SHAPE: f64 = 0.72;

/// Line height of titles in multiples of the type size.
const LEADING: f64 = 1.25;

/// Lines that a scenario's name may take where the paper leaves the height open.
const MOST_LINES: usize = 2;

/// Height of the coherence strip in multiples of the type size.
const STRIP: f64 = 1.9;

/// Rates, with room for half a point beyond either end.
const RATES: Range = Range { low: -0.05, high: 1.05 };

/// Shares, with room for half a line.
const SHARES: Range = Range { low: -0.08, high: 1.08 };

/// The coefficients of all panels, and the least distance of two.
pub(super) fn coefficients(data: &DoseResponseData) -> Result<(Range, f64), FigureError> {
    let mut found: Vec<f64> = curves(data)
        .flat_map(|curve| {
            let random = curve.random.iter().map(|dose| dose.coefficient);
            curve.points.iter().map(|point| point.coefficient).chain(random)
        })
        .collect();
    found.sort_by(f64::total_cmp);
    found.dedup();
    let gaps = found.iter().zip(found.iter().skip(1)).map(|(low, high)| high - low);
    let gap = gaps.fold(f64::INFINITY, f64::min);
    // without any, only what projecting out did is drawn
    let values = if found.is_empty() { vec![0.0] } else { found };
    let range = Range::around(values.into_iter()).checked("horizontal")?;
    Ok((range, if gap.is_finite() { gap } else { range.span() }))
}

/// The panels and the room of each part.
pub(super) struct Panels<'a> {
    sheet: &'a Sheet<'a>,
    data: &'a DoseResponseData,
    area: Area,
    range: Range,
    gap: f64,
    grid: Grid,
    /// Room at the left of all panels, and below them.
    beside: f64,
    below: f64,
    /// Height above a panel's plot.
    head: f64,
    titles: Vec<Vec<String>>,
    /// Of each panel the remarks behind the last line of its title, then those on lines of their own.
    remarks: Vec<Vec<Vec<Remarked>>>,
}

/// A remark and the models that it is of.
#[derive(Debug, Clone)]
struct Remarked {
    remark: Remark,
    models: Vec<usize>,
    width: f64,
}

impl<'a> Panels<'a> {
    pub(super) fn new(
        sheet: &'a Sheet<'a>,
        data: &'a DoseResponseData,
        (range, gap): (Range, f64),
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
        let mut panels = Self {
            sheet,
            data,
            area,
            range,
            gap,
            grid: Grid::new(panels_wish(sheet, data, 0.0), inner),
            beside,
            below,
            head: 0.0,
            titles: Vec::new(),
            remarks: Vec::new(),
        };
        // titles take the lines that the width asks, which hangs on the height where that is fixed
        for _ in 0..2 {
            panels.head = panels.measure_heads();
            let extra = panels.head + panels.strip_room();
            panels.grid = Grid::new(panels_wish(sheet, data, extra), inner);
        }
        panels.head = panels.measure_heads();
        panels
    }

    /// Sets titles and remarks for the width of a panel, and says how much height they take.
    fn measure_heads(&mut self) -> f64 {
        let sizes = &self.sheet.sizes;
        let width = self.grid.cell.0;
        let most = if self.area.height.is_some() { 1 } else { MOST_LINES };
        let title = |panel: &DosePanel| {
            let text = clean(&panel.title);
            self.sheet.fonts.wrap(&text, sizes.label, Weight::SemiBold, width, most)
        };
        self.titles = self.data.panels.iter().map(title).collect();
        let panels = self.data.panels.iter().zip(&self.titles);
        self.remarks = panels.map(|(panel, title)| self.remarks_of(panel, title, width)).collect();
        let heights = (0..self.data.panels.len()).map(|panel| self.head_of(panel));
        heights.fold(0.0, f64::max)
    }

    /// Height of a panel's title and remarks.
    fn head_of(&self, panel: usize) -> f64 {
        let sizes = &self.sheet.sizes;
        let lines = self.titles.get(panel).map_or(0, Vec::len) as f64;
        let more = self.remarks.get(panel).map_or(0, Vec::len).saturating_sub(1) as f64;
        (lines * sizes.label + more * sizes.tick_label) * LEADING + sizes.label * 0.3
    }

    /// Width of the last line of a title.
    fn end_of(&self, title: &[String]) -> f64 {
        let size = self.sheet.sizes.label;
        let last = title.last();
        last.map_or(0.0, |line| self.sheet.fonts.width(line, size, Weight::SemiBold) + size * 0.7)
    }

    /// The remarks of a panel in lines of a width, the first behind its title.
    fn remarks_of(&self, panel: &DosePanel, title: &[String], width: f64) -> Vec<Vec<Remarked>> {
        let size = self.sheet.sizes.tick_label;
        let mut lines: Vec<Vec<Remarked>> = vec![Vec::new()];
        let mut used = self.end_of(title);
        for remark in Remark::ALL {
            let curves = panel.curves.iter().enumerate();
            let with = curves.filter(|(_, curve)| curve.remarks.contains(&remark));
            let models: Vec<usize> = with.map(|(model, _)| model).collect();
            if models.is_empty() {
                continue;
            }
            let signs = if self.data.models.len() > 1 { models.len() as f64 } else { 0.0 };
            let word = self.sheet.fonts.width(remark.word(), size, Weight::Regular);
            let remarked = Remarked { remark, models, width: word + (signs * 0.9 + 1.0) * size };
            match lines.last_mut() {
                Some(line) if used + remarked.width - size <= width => {
                    used += remarked.width;
                    line.push(remarked);
                }
                _ => {
                    used = remarked.width;
                    lines.push(vec![remarked]);
                }
            }
        }
        lines
    }

    fn strip_room(&self) -> f64 {
        strip_room(self.sheet, self.data)
    }

    pub(super) fn draw(&self, canvas: &mut Canvas) -> Plotted {
        let sizes = &self.sheet.sizes;
        let radius = (self.grid.cell.0 * 0.022).clamp(sizes.label * 0.2, sizes.label * 0.32);
        let mut markers = Markers::new("m", radius, self.sheet.colours.paper);
        let mut unit = None;
        for (index, panel) in self.data.panels.iter().enumerate() {
            let place = self.place(index, radius);
            self.draw_head(index, canvas);
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
        let plot = (height - self.head - self.strip_room()).max(1.0);
        let rates = frame(top + self.head, plot, RATES);
        let strip = self.data.coherence.then(|| {
            let strip = sizes.label * STRIP;
            frame(top + height - strip, strip, SHARES)
        });
        Place {
            sheet: self.sheet,
            data: self.data,
            pitch: self.gap * rates.pitch(),
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

    fn draw_head(&self, index: usize, canvas: &mut Canvas) {
        let (sheet, sizes) = (self.sheet, &self.sheet.sizes);
        let (left, top) = self.grid.corner(index);
        let bold = TextStyle { weight: Weight::SemiBold, ..sheet.label_style(Anchor::Start) };
        // short ones stand at the foot, beside their plot
        let mut baseline = top + self.head - self.head_of(index) + sizes.label;
        let title = self.titles.get(index).map(Vec::as_slice).unwrap_or_default();
        for (number, line) in title.iter().enumerate() {
            baseline += if number > 0 { sizes.label * LEADING } else { 0.0 };
            canvas.text(left, baseline, line, &bold);
        }
        let plain = TextStyle { colour: sheet.colours.muted, ..sheet.tick_style(Anchor::Start) };
        let mut signs = key_markers(sheet);
        for (number, line) in self.remarks.get(index).into_iter().flatten().enumerate() {
            let mut x = if number == 0 { left + self.end_of(title) } else { left };
            baseline += if number > 0 { plain.size * LEADING } else { 0.0 };
            for remarked in line {
                let word = remarked.remark.word();
                canvas.text(x, baseline, word, &plain);
                let mut sign = x + sheet.fonts.width(word, plain.size, plain.weight);
                if self.data.models.len() > 1 {
                    for &model in &remarked.models {
                        sign += plain.size * 0.9;
                        let middle = baseline - plain.size * 0.36;
                        signs.draw(canvas, sign - plain.size * 0.3, middle, look(sheet, model));
                    }
                }
                x += remarked.width;
            }
        }
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

    /// Marks along: as many as their numbers leave room for.
    fn along(&self, rates: &Frame) -> Ticks {
        let size = self.sheet.sizes.tick_label;
        let unit = rates.x.span() / rates.width;
        let mut least = unit * size;
        loop {
            let step = round_step(least);
            let ticks = Ticks::every(step, rates.x);
            let widths = ticks
                .marks
                .iter()
                .map(|(_, text)| self.sheet.fonts.width(text, size, Weight::Regular) + size * 0.9);
            if ticks.marks.len() < 2 || widths.fold(0.0, f64::max) * unit <= step {
                return ticks;
            }
            least = step * 1.5;
        }
    }

    /// Draws the axes of a panel, with numbers where no panel stands between them and the edge, and
    /// returns the power of ten that the coefficients count in, if any.
    fn draw_axes(&self, index: usize, place: &Place<'_>, canvas: &mut Canvas) -> Option<String> {
        let (sheet, sizes) = (self.sheet, &self.sheet.sizes);
        let rates = &place.rates;
        let foot = place.strip.map_or(rates.foot(), |strip| strip.foot());
        let along = self.along(rates);
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
        for (value, text) in &along.marks {
            let x = rates.at_x(*value);
            marks.push(((x, foot), (x, foot + sizes.tick)));
            if last {
                canvas.text(x, numbers, text, &centred);
            }
        }
        if self.has_out() {
            marks.push(((place.out, foot), (place.out, foot + sizes.tick)));
            if last {
                canvas.text(place.out, numbers, "out", &centred);
            }
        }
        let beside = rates.left - sizes.tick - sizes.tick_label * 0.4;
        let mut up: Vec<(f64, String)> =
            [0.0, 0.5, 1.0].map(|value| (rates.at_y(value), signed(value, 1))).to_vec();
        if let Some(strip) = &place.strip {
            up.extend([0.0, 1.0].map(|value| (strip.at_y(value), signed(value, 0))));
        }
        for (y, text) in up {
            marks.push(((rates.left - sizes.tick, y), (rates.left, y)));
            if self.grid.first_in_row(index) {
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

fn panels_wish(sheet: &Sheet<'_>, data: &DoseResponseData, extra: f64) -> Wish {
    let sizes = &sheet.sizes;
    Wish {
        count: data.panels.len(),
        columns: None,
        least_width: sizes.label * 12.5,
        shape: SHAPE,
        extra,
        gap: (sizes.label * 1.1, sizes.label * 0.9),
    }
}
