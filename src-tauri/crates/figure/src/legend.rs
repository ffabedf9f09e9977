//! The key of a figure: marks and what they mean, in rows above the plot or in a column beside it.

use crate::FigureError;
use crate::colours::Colour;
use crate::font::{Fonts, Weight};
use crate::marker::{Look, Markers};
use crate::sheet::{Area, Plotted, Sheet};
use crate::style::Sizes;
use crate::svg::{Anchor, Canvas, Stroke, TextStyle};

/// What stands before a label.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sign {
    /// A point as it is drawn in the plot.
    Point(Look),
    /// A line as it is drawn in the plot.
    Line(Stroke),
    /// A curve among others, dashed or not: all as long as dashes need, so that the names align.
    Curve(Stroke),
    /// A vertical bar, as intervals are drawn.
    Bar(Stroke),
    /// A filled area.
    Patch(Colour),
    /// An outlined area.
    Frame(Stroke),
    /// None, under the label before: what more there is to say of it.
    Under,
    /// None: a heading, or a remark.
    Bare,
}

/// One line of the key.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) sign: Sign,
    pub(crate) label: String,
}

/// Share of the width that a key beside the plot may take.
const MOST_BESIDE: f64 = 0.3;

/// Draws key and plot: the key in a column at the right on wide paper, else in rows above.
pub(crate) fn with_key(
    sheet: &Sheet<'_>,
    groups: Vec<Vec<Entry>>,
    canvas: &mut Canvas,
    area: Area,
    plot: impl FnOnce(&mut Canvas, Area) -> Result<Plotted, FigureError>,
) -> Result<Plotted, FigureError> {
    let sizes = &sheet.sizes;
    if !sizes.legend_beside || groups.iter().all(Vec::is_empty) {
        return with_key_above(sheet, groups, canvas, area, plot);
    }
    let legend = Legend::new(sheet, groups);
    let column = legend.column_width(area.width * MOST_BESIDE);
    let width = area.width - column - sizes.gap * 3.0;
    let plotted = plot(canvas, Area { width, ..area })?;
    let place = (area.x + area.width - column, area.y);
    legend.draw_column(canvas, &mut key_markers(sheet), place, column, plotted.height);
    Ok(plotted)
}

/// Draws the key in rows and the plot below it; an empty key takes no room.
pub(crate) fn with_key_above(
    sheet: &Sheet<'_>,
    groups: Vec<Vec<Entry>>,
    canvas: &mut Canvas,
    area: Area,
    plot: impl FnOnce(&mut Canvas, Area) -> Result<Plotted, FigureError>,
) -> Result<Plotted, FigureError> {
    if groups.iter().all(Vec::is_empty) {
        return plot(canvas, area);
    }
    let legend = Legend::new(sheet, groups);
    let place = (area.x, area.y);
    let rows = legend.draw_rows(canvas, &mut key_markers(sheet), place, area.width);
    let above = rows + sheet.sizes.gap;
    let height = area.height.map(|height| height - above);
    let plotted = plot(canvas, Area { y: area.y + above, height, ..area })?;
    Ok(Plotted { height: above + plotted.height, ..plotted })
}

/// Points as a key shows them.
pub(crate) fn key_markers(sheet: &Sheet<'_>) -> Markers {
    Markers::new("k", sheet.sizes.label * 0.32, sheet.colours.paper)
}

/// Lays a key out.
pub(crate) struct Legend<'a> {
    /// Entries that belong together; each group begins a row.
    pub(crate) groups: Vec<Vec<Entry>>,
    pub(crate) fonts: &'a Fonts,
    pub(crate) sizes: Sizes,
    pub(crate) ink: Colour,
    pub(crate) muted: Colour,
}

impl<'a> Legend<'a> {
    pub(crate) fn new(sheet: &'a Sheet<'a>, groups: Vec<Vec<Entry>>) -> Self {
        Self {
            groups,
            fonts: &sheet.fonts,
            sizes: sheet.sizes,
            ink: sheet.colours.ink,
            muted: sheet.colours.muted,
        }
    }

    fn row_height(&self) -> f64 {
        self.sizes.label * 1.4
    }

    /// Room before a label.
    fn indent(&self, sign: Sign) -> f64 {
        match sign {
            Sign::Bare => 0.0,
            // long enough to show dashes
            Sign::Line(Stroke { dash: Some(_), .. }) | Sign::Curve(_) => self.sizes.label * 2.0,
            Sign::Line(_)
            | Sign::Point(_)
            | Sign::Bar(_)
            | Sign::Patch(_)
            | Sign::Frame(_)
            | Sign::Under => self.sizes.label * 1.2,
        }
    }

    fn entry_width(&self, entry: &Entry) -> f64 {
        self.indent(entry.sign) + self.fonts.width(&entry.label, self.sizes.label, Weight::Regular)
    }

    /// Width of the column that [`Legend::draw_column`] takes, at most `most`.
    pub(crate) fn column_width(&self, most: f64) -> f64 {
        let entries = self.groups.iter().flatten();
        entries.map(|entry| self.entry_width(entry)).fold(0.0, f64::max).min(most)
    }

    /// Draws one entry per row from (x, y) downwards, labels shortened to `width`. Rows that find
    /// no place in `height` are counted in a last row.
    pub(crate) fn draw_column(
        &self,
        canvas: &mut Canvas,
        markers: &mut Markers,
        (x, y): (f64, f64),
        width: f64,
        height: f64,
    ) {
        let mut left_over: usize = self.groups.iter().map(Vec::len).sum();
        // rows move together before any is left out; half a row stands between groups
        let rows = left_over as f64 + 0.5 * (self.groups.len() as f64 - 1.0);
        let tightest = self.sizes.label * 1.18;
        let row = (height / rows.max(1.0)).clamp(tightest, self.row_height());
        let between = row * 0.5;
        let mut top = y;
        for entry_group in &self.groups {
            for entry in entry_group {
                // the last place is kept for the count where not all that follow fit
                if top + row * 2.0 > y + height + 0.1 && left_over > 1 {
                    let label = format!("and {left_over} more");
                    let rest = Entry { sign: Sign::Bare, label };
                    self.draw_entry(canvas, markers, (x, top + self.sizes.label), width, &rest);
                    return;
                }
                self.draw_entry(canvas, markers, (x, top + self.sizes.label), width, entry);
                left_over -= 1;
                top += row;
            }
            top += between;
        }
    }

    /// Draws rows across `width` from (x, y) downwards and returns the height they take: one row
    /// where all entries fit, else a row for each group, and for a group that needs several rows a
    /// table of equal columns with its heading above.
    pub(crate) fn draw_rows(
        &self,
        canvas: &mut Canvas,
        markers: &mut Markers,
        (x, y): (f64, f64),
        width: f64,
    ) -> f64 {
        let all: Vec<&Entry> = self.groups.iter().flatten().collect();
        if self.row_width(&all) <= width {
            self.draw_row(canvas, markers, (x, y), width, &all);
            return self.row_height();
        }
        let mut top = y;
        for group in &self.groups {
            let group: Vec<&Entry> = group.iter().collect();
            if self.row_width(&group) <= width {
                self.draw_row(canvas, markers, (x, top), width, &group);
                top += self.row_height();
                continue;
            }
            let (heading, entries) = match group.split_first() {
                Some((first, rest)) if matches!(first.sign, Sign::Bare) => (Some(*first), rest),
                _ => (None, group.as_slice()),
            };
            if let Some(heading) = heading {
                self.draw_row(canvas, markers, (x, top), width, &[heading]);
                top += self.row_height();
            }
            let widest = entries.iter().map(|entry| self.entry_width(entry)).fold(0.0, f64::max);
            let columns = ((width + self.between()) / (widest.min(width) + self.between())).floor();
            let pitch = (width + self.between()) / columns.max(1.0);
            for row in entries.chunks(columns.max(1.0) as usize) {
                for (index, entry) in row.iter().enumerate() {
                    let place = (x + index as f64 * pitch, top + self.sizes.label);
                    self.draw_entry(canvas, markers, place, width, entry);
                }
                top += self.row_height();
            }
        }
        top - y
    }

    /// Space between the entries of a row.
    fn between(&self) -> f64 {
        self.sizes.label * 1.3
    }

    fn row_width(&self, entries: &[&Entry]) -> f64 {
        let widths: f64 = entries.iter().map(|entry| self.entry_width(entry)).sum();
        widths + self.between() * (entries.len() as f64 - 1.0)
    }

    fn draw_row(
        &self,
        canvas: &mut Canvas,
        markers: &mut Markers,
        (x, top): (f64, f64),
        width: f64,
        entries: &[&Entry],
    ) {
        let mut left = x;
        for entry in entries {
            self.draw_entry(canvas, markers, (left, top + self.sizes.label), width, entry);
            left += self.entry_width(entry) + self.between();
        }
    }

    fn draw_entry(
        &self,
        canvas: &mut Canvas,
        markers: &mut Markers,
        (x, baseline): (f64, f64),
        width: f64,
        entry: &Entry,
    ) {
        let size = self.sizes.label;
        let indent = self.indent(entry.sign);
        // half the height of a capital letter above the baseline
        let middle = baseline - 0.36 * size;
        let colour = match entry.sign {
            Sign::Bare | Sign::Under => self.muted,
            Sign::Point(look) => {
                markers.draw(canvas, x + size * 0.4, middle, look);
                self.ink
            }
            Sign::Line(stroke) | Sign::Curve(stroke) => {
                let length = indent - size * 0.4;
                canvas.line((x, middle), (x + length, middle), &stroke);
                self.ink
            }
            Sign::Patch(fill) => {
                let patch = [x, middle - size * 0.35, size * 0.8, size * 0.7];
                canvas.rectangles(&[patch], Some(fill), None);
                self.ink
            }
            Sign::Frame(stroke) => {
                let patch = [x, middle - size * 0.35, size * 0.8, size * 0.7];
                canvas.rectangles(&[patch], None, Some(&stroke));
                self.ink
            }
            Sign::Bar(stroke) => {
                let x = x + size * 0.4;
                canvas.line((x, middle - size * 0.45), (x, middle + size * 0.45), &stroke);
                self.ink
            }
        };
        let style = TextStyle { size, weight: Weight::Regular, colour, anchor: Anchor::Start };
        let label = self.fonts.shorten(&entry.label, size, Weight::Regular, width - indent);
        canvas.text(x + indent, baseline, &label, &style);
    }
}
