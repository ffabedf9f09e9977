//! What stands above a panel: the scenario's name, and what has to be known about the rates at 0.

use super::curves::look;
use super::{DosePanel, DoseResponseData, Remark};
use crate::font::Weight;
use crate::marker::Markers;
use crate::sheet::Sheet;
use crate::svg::{Anchor, Canvas, TextStyle, clean};

/// Line height in multiples of the type size.
const LEADING: f64 = 1.25;

/// Room that one model's sign takes, in multiples of the type size.
const SIGN: f64 = 0.9;

/// A remark and the models that it is of; none where there is one model only.
struct Remarked {
    word: String,
    models: Vec<usize>,
    width: f64,
}

/// The head of one panel.
pub(super) struct Head<'a> {
    sheet: &'a Sheet<'a>,
    title: Vec<String>,
    /// The remarks behind the last line of the title, then those on lines of their own.
    remarks: Vec<Vec<Remarked>>,
}

impl<'a> Head<'a> {
    /// Sets a head for a width, with so many lines for the title at most.
    pub(super) fn new(
        sheet: &'a Sheet<'a>,
        data: &DoseResponseData,
        panel: &DosePanel,
        width: f64,
        lines: usize,
    ) -> Self {
        let (fonts, size) = (&sheet.fonts, sheet.sizes.tick_label);
        let title = clean(&panel.title);
        let title = fonts.wrap(&title, sheet.sizes.label, Weight::SemiBold, width, lines);
        let mut head = Self { sheet, title, remarks: vec![Vec::new()] };
        let mut used = head.end();
        for remark in Remark::ALL {
            let curves = panel.curves.iter().enumerate();
            let with = curves.filter(|(_, curve)| curve.remarks.contains(&remark));
            let mut models: Vec<usize> = with.map(|(model, _)| model).collect();
            if models.is_empty() {
                continue;
            }
            models.retain(|_| data.models.len() > 1);
            let signs = models.len() as f64 * SIGN * size;
            let word = fonts.shorten(remark.word(), size, Weight::Regular, width - signs);
            let taken = fonts.width(&word, size, Weight::Regular) + signs;
            let remarked = Remarked { word, models, width: taken + size };
            match head.remarks.last_mut() {
                Some(line) if used + taken <= width => {
                    used += remarked.width;
                    line.push(remarked);
                }
                _ => {
                    used = remarked.width;
                    head.remarks.push(vec![remarked]);
                }
            }
        }
        head
    }

    /// Where the last line of the title leaves room for remarks.
    fn end(&self) -> f64 {
        let size = self.sheet.sizes.label;
        let width = |line: &String| self.sheet.fonts.width(line, size, Weight::SemiBold);
        self.title.last().map_or(0.0, |line| width(line) + size * 0.7)
    }

    pub(super) fn height(&self) -> f64 {
        let sizes = &self.sheet.sizes;
        let more = self.remarks.len().saturating_sub(1) as f64;
        (self.title.len() as f64 * sizes.label + more * sizes.tick_label) * LEADING
            + sizes.label * 0.3
    }

    /// Draws the head with its upper left corner at (left, top).
    pub(super) fn draw(&self, (left, top): (f64, f64), markers: &mut Markers, canvas: &mut Canvas) {
        let (sheet, sizes) = (self.sheet, &self.sheet.sizes);
        let bold = TextStyle { weight: Weight::SemiBold, ..sheet.label_style(Anchor::Start) };
        let mut baseline = top + sizes.label;
        for (number, line) in self.title.iter().enumerate() {
            baseline += if number > 0 { sizes.label * LEADING } else { 0.0 };
            canvas.text(left, baseline, line, &bold);
        }
        let plain = TextStyle { colour: sheet.colours.muted, ..sheet.tick_style(Anchor::Start) };
        for (number, line) in self.remarks.iter().enumerate() {
            let mut x = if number == 0 { left + self.end() } else { left };
            baseline += if number > 0 { plain.size * LEADING } else { 0.0 };
            for remarked in line {
                canvas.text(x, baseline, &remarked.word, &plain);
                let mut sign = x + sheet.fonts.width(&remarked.word, plain.size, plain.weight);
                for &model in &remarked.models {
                    let place = (sign + plain.size * 0.6, baseline - plain.size * 0.36);
                    markers.draw(canvas, place.0, place.1, look(sheet, model));
                    sign += plain.size * SIGN;
                }
                x += remarked.width;
            }
        }
    }
}
