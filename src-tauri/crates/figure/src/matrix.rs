//! A table of numbers in colour: how far each model agrees with each other one, or what fits on one
//! data set and is tested on another.

use crate::axes::Frame;
use crate::colours::Colour;
use crate::estimate::interval_words;
use crate::font::Weight;
use crate::names::NameRow;
use crate::ramp::{ColourBar, Ramp};
use crate::sheet::{Area, Plotted, Sheet, Words};
use crate::svg::{Anchor, Canvas, Stroke, TextStyle, clean};
use crate::ticks::signed;
use crate::{Estimate, Figure, FigureError, Range, Style};

/// The numbers that colours stand for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatrixScale {
    /// The ends: -1 and 1 for correlations, 0 and 1 for AUROC.
    pub range: Range,
    /// The number that says nothing, drawn in the ground's colour: 0 or 0.5.
    pub centre: f64,
}

/// What a matrix shows.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixData {
    /// "Agreement of the models' scores".
    pub title: String,
    /// What the numbers are: "Pearson r of the scores".
    pub measure: String,
    /// Names of the rows, from above.
    pub rows: Vec<String>,
    /// Names of the columns, from the left.
    pub columns: Vec<String>,
    /// What the rows are: "fitted on"; not drawn when empty.
    pub row_label: String,
    /// What the columns are: "tested on"; not drawn when empty.
    pub column_label: String,
    /// Rows of cells; none where nothing was measured.
    pub cells: Vec<Vec<Option<Estimate>>>,
    /// What the cells on the diagonal are, where they are another thing than the rest: "within
    /// one model: split-half reliability". They are framed then, and not coloured.
    pub diagonal: Option<String>,
    /// Colours.
    pub scale: MatrixScale,
    /// What the numbers were measured on: "n = 15 test pairs".
    pub sample: String,
    /// Sentences to add to the caption.
    pub notes: Vec<String>,
    /// What the data rest on, in one line.
    pub provenance: String,
}

/// Share of the width that names of rows may take.
const NAMES: f64 = 0.27;

/// Height over width of a cell where the paper leaves it open.
const CELL_SHAPE: f64 = 0.6;

/// The smallest type that prints legibly, in points.
const SMALLEST: f64 = 4.6;

/// Draws the matrix. Numbers and intervals are left out where cells have no room for them in
/// legible type, and the caption says so.
///
/// # Errors
/// [`FigureError::Empty`], [`FigureError::Mismatch`] (cells and names), [`FigureError::NotFinite`]
/// and [`FigureError::Range`] (the scale).
pub fn draw(data: &MatrixData, style: &Style) -> Result<Figure, FigureError> {
    let sheet = Sheet::new(style)?;
    check(data)?;
    let mut notes = data.notes.clone();
    if let Some(diagonal) = &data.diagonal {
        notes.push(format!(
            "Framed cells on the diagonal: {}.",
            clean(diagonal).trim_end_matches('.')
        ));
    }
    let words = Words {
        title: &data.title,
        aside: &data.sample,
        notes,
        longest_note: Some(NO_NUMBERS.to_owned()),
        provenance: &data.provenance,
    };
    let scale = data.scale;
    let centre = (scale.centre - scale.range.low) / scale.range.span();
    let ramp = Ramp::diverging(&sheet.colours, centre);
    let measure = clean(&data.measure);
    let bar = ColourBar { sheet: &sheet, ramp: &ramp, scale: scale.range, label: &measure };
    sheet.figure(words, |canvas, area| {
        let table = Table { sheet: &sheet, data, ramp: &ramp };
        let gap = sheet.sizes.gap;
        if sheet.sizes.legend_beside {
            let column = area.width * 0.28;
            let width = area.width - column - gap * 4.0;
            let (frame, note) = table.draw(canvas, Area { width, ..area })?;
            let foot = frame.foot().max(area.y + bar.height());
            bar.draw(canvas, (area.x + area.width - column, foot - bar.height()), column);
            return Ok(Plotted { height: foot - area.y, note });
        }
        let below = bar.height() + gap * 2.0;
        let height = area.height.map(|height| height - below);
        let (frame, note) = table.draw(canvas, Area { height, ..area })?;
        bar.draw(canvas, (frame.left, frame.foot() + gap * 2.0), frame.width);
        Ok(Plotted { height: frame.foot() + below - area.y, note })
    })
}

const NO_NUMBERS: &str =
    "The cells are too small for numbers, which are in the table that is exported with the figure.";
const NO_INTERVALS: &str = "The cells are too small for intervals, which are in the table that is exported with the figure.";

fn check(data: &MatrixData) -> Result<(), FigureError> {
    if data.rows.is_empty() || data.columns.is_empty() {
        return Err(FigureError::Empty);
    }
    if data.cells.len() != data.rows.len() {
        let (expected, found) = (data.rows.len(), data.cells.len());
        return Err(FigureError::Mismatch { what: "rows of cells", expected, found });
    }
    for row in &data.cells {
        if row.len() != data.columns.len() {
            let (expected, found) = (data.columns.len(), row.len());
            return Err(FigureError::Mismatch { what: "cells in a row", expected, found });
        }
    }
    let cells = || data.cells.iter().flatten().flatten();
    if cells().next().is_none() {
        return Err(FigureError::Empty);
    }
    if !cells().all(Estimate::is_finite) {
        return Err(FigureError::NotFinite { what: "number of a cell" });
    }
    let Range { low, high } = data.scale.range.checked("colour")?;
    if data.scale.range.contains(data.scale.centre) {
        Ok(())
    } else {
        Err(FigureError::Range { axis: "colour", low, high })
    }
}

/// The cells and their names.
struct Table<'a> {
    sheet: &'a Sheet<'a>,
    data: &'a MatrixData,
    ramp: &'a Ramp,
}

/// Type sizes of what stands in a cell; none where it does not fit.
#[derive(Debug, Clone, Copy)]
struct CellType {
    number: Option<f64>,
    interval: Option<f64>,
}

impl Table<'_> {
    /// Draws names and cells; returns where the cells lie, and what could not be written.
    fn draw(
        &self,
        canvas: &mut Canvas,
        area: Area,
    ) -> Result<(Frame, Option<String>), FigureError> {
        let (sheet, data) = (self.sheet, self.data);
        let sizes = &sheet.sizes;
        let (rows, columns) = (data.rows.len() as f64, data.columns.len() as f64);
        let label = |text: &str| if text.is_empty() { 0.0 } else { sizes.label * 1.4 };
        let names: Vec<Vec<String>> =
            data.rows.iter().map(|name| self.row_name(name, area.width * NAMES)).collect();
        let widest = names
            .iter()
            .flatten()
            .map(|line| sheet.fonts.width(line, sizes.tick_label, Weight::Regular))
            .fold(0.0, f64::max);
        let left = area.x + label(&data.row_label) + widest + sizes.tick_label * 0.6;
        // a matrix of two models need not be as wide as a page
        let width = (area.x + area.width - left).min(columns * sizes.label * 16.0);
        let most = area.height.map_or(area.width * 0.2, |height| height * NAMES);
        let heads = NameRow::new(sheet, &data.columns, width / columns, most);
        let above = label(&data.column_label) + heads.height() + sizes.tick_label * 0.4;
        let tallest = (width / columns * CELL_SHAPE).max(sizes.tick_label * 1.5);
        let height = area
            .height
            .map_or(tallest * rows, |height| (height - above).min(tallest * rows).max(rows));
        let unit = |count: f64| Range { low: 0.0, high: count };
        let top = area.y + above;
        let frame = Frame {
            edge: area.x,
            left,
            top,
            width,
            height,
            bottom: top + height,
            x: unit(columns).checked("horizontal")?,
            y: unit(rows).checked("vertical")?,
        };

        let centres: Vec<f64> =
            (0..data.columns.len()).map(|column| frame.at_x(column as f64 + 0.5)).collect();
        heads.draw_above(canvas, sheet, &centres, top - sizes.tick_label * 0.4);
        let pitch = height / rows;
        for (row, lines) in names.iter().enumerate() {
            let middle = top + (row as f64 + 0.5) * pitch;
            // a second line only where rows are high enough for it
            let room = (pitch / (sizes.tick_label * 1.2)).floor().max(1.0) as usize;
            let lines = if lines.len() > room {
                let name = data.rows.get(row).map(|name| clean(name)).unwrap_or_default();
                vec![sheet.fonts.shorten(&name, sizes.tick_label, Weight::Regular, widest)]
            } else {
                lines.clone()
            };
            let first = middle - (lines.len() as f64 - 1.0) / 2.0 * sizes.tick_label * 1.2;
            for (index, line) in lines.iter().enumerate() {
                let baseline = first + (index as f64 * 1.2 + 0.36) * sizes.tick_label;
                let style = sheet.tick_style(Anchor::End);
                canvas.text(left - sizes.tick_label * 0.5, baseline, line, &style);
            }
        }
        self.draw_labels(canvas, &frame, area);
        let note = self.draw_cells(canvas, &frame);
        Ok((frame, note))
    }

    /// A row's name in at most two lines; one without spaces is shortened.
    fn row_name(&self, name: &str, width: f64) -> Vec<String> {
        let size = self.sheet.sizes.tick_label;
        let fonts = &self.sheet.fonts;
        let name = clean(name);
        let fits = |word: &str| fonts.width(word, size, Weight::Regular) <= width;
        if name.split(' ').all(fits) {
            fonts.wrap(&name, size, Weight::Regular, width, 2)
        } else {
            vec![fonts.shorten(&name, size, Weight::Regular, width)]
        }
    }

    fn draw_labels(&self, canvas: &mut Canvas, frame: &Frame, area: Area) {
        let sheet = self.sheet;
        let style = TextStyle { colour: sheet.colours.muted, ..sheet.label_style(Anchor::Middle) };
        let shorten = |text: &str, room: f64| {
            sheet.fonts.shorten(&clean(text), style.size, style.weight, room)
        };
        let label = shorten(&self.data.column_label, frame.width);
        let centre = frame.left + frame.width / 2.0;
        canvas.text(centre, area.y + style.size, &label, &style);
        let label = shorten(&self.data.row_label, frame.height);
        let middle = frame.top + frame.height / 2.0;
        canvas.upward_text(area.x + style.size * 0.8, middle, &label, &style);
    }

    /// What fits in every cell.
    fn cell_type(&self, frame: &Frame) -> CellType {
        let sizes = &self.sheet.sizes;
        let (width, height) =
            (frame.width / frame.x.span() * 0.92, frame.height / frame.y.span() * 0.92);
        let cells = || self.data.cells.iter().flatten().flatten();
        let widest = |texts: &mut dyn Iterator<Item = String>| {
            texts
                .map(|text| self.sheet.fonts.width(&text, 1.0, Weight::Regular))
                .fold(0.0, f64::max)
        };
        let number = widest(&mut cells().map(|cell| signed(cell.value, 2)));
        let interval =
            widest(&mut cells().filter_map(|cell| Some(interval_words(cell.interval?, 2))));
        let legible = |size: f64| (size >= SMALLEST).then_some(size);
        let number = legible(sizes.label.min(width / number.max(1e-9)).min(height / 1.2));
        let interval = number.filter(|_| interval > 0.0).and_then(|number| {
            let most = (height - number * 1.2) / 1.2;
            legible((sizes.label * 0.8).min(width / interval).min(most))
        });
        CellType { number, interval }
    }

    fn draw_cells(&self, canvas: &mut Canvas, frame: &Frame) -> Option<String> {
        let (sheet, data) = (self.sheet, self.data);
        let size = self.cell_type(frame);
        let (width, height) = (frame.width / frame.x.span(), frame.height / frame.y.span());
        // paper between the cells keeps them apart
        let inset = sheet.sizes.axis_line;
        for (row, cells) in data.cells.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                let x = frame.left + column as f64 * width + inset;
                let y = frame.top + row as f64 * height + inset;
                let place = [x, y, width - 2.0 * inset, height - 2.0 * inset];
                let framed = data.diagonal.is_some() && row == column;
                let ground = match cell {
                    Some(cell) if !framed => self.ramp.of(cell.value, data.scale.range),
                    Some(_) | None => sheet.colours.paper,
                };
                let edge = Stroke::solid(sheet.colours.muted, sheet.sizes.axis_line);
                let stroke = (framed || cell.is_none()).then_some(edge);
                canvas.rectangles(&[place], Some(ground), stroke.as_ref());
                let centre = (x + width / 2.0 - inset, y + height / 2.0 - inset);
                self.draw_number(canvas, centre, cell.as_ref(), ground, size);
            }
        }
        let intervals = data.cells.iter().flatten().flatten().any(|cell| cell.interval.is_some());
        match size {
            CellType { number: None, .. } => Some(NO_NUMBERS.to_owned()),
            CellType { interval: None, .. } if intervals => Some(NO_INTERVALS.to_owned()),
            CellType { .. } => None,
        }
    }

    fn draw_number(
        &self,
        canvas: &mut Canvas,
        (x, y): (f64, f64),
        cell: Option<&Estimate>,
        ground: Colour,
        size: CellType,
    ) {
        let Some(number) = size.number else { return };
        let style = |size: f64, colour: Colour| TextStyle {
            size,
            weight: Weight::Regular,
            colour,
            anchor: Anchor::Middle,
        };
        let colour = self.sheet.colours.text_on(ground);
        let Some(cell) = cell else {
            let style = style(number, self.sheet.colours.muted);
            canvas.text(x, y + number * 0.36, "–", &style);
            return;
        };
        let text = signed(cell.value, 2);
        match size.interval.zip(cell.interval) {
            None => canvas.text(x, y + number * 0.36, &text, &style(number, colour)),
            Some((small, interval)) => {
                let words = interval_words(interval, 2);
                canvas.text(x, y - number * 0.1, &text, &style(number, colour));
                canvas.text(x, y + small * 1.1, &words, &style(small, colour));
            }
        }
    }
}
