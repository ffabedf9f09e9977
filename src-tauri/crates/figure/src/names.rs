//! Names in a row beneath or above their columns: level where they fit, else upright.

use crate::font::Weight;
use crate::sheet::Sheet;
use crate::svg::{Anchor, Canvas, TextStyle, clean};

/// Lines that a level name may take.
const MOST_LINES: usize = 2;

/// Line height in multiples of the type size.
const LEADING: f64 = 1.25;

/// The names of a row of columns.
pub(crate) struct NameRow {
    names: Vec<Vec<String>>,
    upright: bool,
    height: f64,
}

impl NameRow {
    /// Names for columns of width `column`; upright ones are shortened to the length `most`.
    pub(crate) fn new(sheet: &Sheet<'_>, names: &[String], column: f64, most: f64) -> Self {
        let size = sheet.sizes.tick_label;
        let measure = |text: &str| sheet.fonts.width(text, size, Weight::Regular);
        let room = column * 0.94;
        let level: Vec<Vec<String>> = names
            .iter()
            .map(|name| sheet.fonts.wrap(&clean(name), size, Weight::Regular, room, usize::MAX))
            .collect();
        let fits = |name: &String| clean(name).split(' ').all(|word| measure(word) <= room);
        if names.iter().all(fits) && level.iter().all(|lines| lines.len() <= MOST_LINES) {
            let lines = level.iter().map(Vec::len).max().unwrap_or(0);
            return Self { names: level, upright: false, height: lines as f64 * size * LEADING };
        }
        let names: Vec<Vec<String>> = names
            .iter()
            .map(|name| vec![sheet.fonts.shorten(&clean(name), size, Weight::Regular, most)])
            .collect();
        let height = names.iter().flatten().map(|name| measure(name)).fold(0.0, f64::max);
        Self { names, upright: true, height }
    }

    pub(crate) fn height(&self) -> f64 {
        self.height
    }

    /// Draws the names at their columns' centres, from `y` downwards.
    pub(crate) fn draw_below(
        &self,
        canvas: &mut Canvas,
        sheet: &Sheet<'_>,
        centres: &[f64],
        y: f64,
    ) {
        self.draw(canvas, sheet, centres, y, Anchor::End);
    }

    /// Draws the names at their columns' centres, from `y` upwards.
    pub(crate) fn draw_above(
        &self,
        canvas: &mut Canvas,
        sheet: &Sheet<'_>,
        centres: &[f64],
        y: f64,
    ) {
        self.draw(canvas, sheet, centres, y, Anchor::Start);
    }

    /// `anchor` is the end of an upright name that touches `y`.
    fn draw(
        &self,
        canvas: &mut Canvas,
        sheet: &Sheet<'_>,
        centres: &[f64],
        y: f64,
        anchor: Anchor,
    ) {
        let size = sheet.sizes.tick_label;
        for (lines, &centre) in self.names.iter().zip(centres) {
            if self.upright {
                let style = sheet.tick_style(anchor);
                for line in lines {
                    canvas.upward_text(centre + size * 0.36, y, line, &style);
                }
                continue;
            }
            let style = TextStyle { anchor: Anchor::Middle, ..sheet.tick_style(anchor) };
            let height = lines.len() as f64 * size * LEADING;
            let top = if anchor == Anchor::End { y } else { y - height };
            for (index, line) in lines.iter().enumerate() {
                let baseline = top + (index as f64 * LEADING + 1.0) * size;
                canvas.text(centre, baseline, line, &style);
            }
        }
    }
}
