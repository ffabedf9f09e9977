//! Texts as points: the clusters of one model at one layer, in two dimensions or seen from one side
//! in three.

mod data;
mod key;
mod points;
mod triad;

pub use data::{Category, Point, ScatterData, TriadAxis};

use crate::axes::{Axes, Axis, Marks, Shape};
use crate::legend::{Legend, key_markers};
use crate::sheet::{Area, Plotted, Sheet, Words};
use crate::svg::Canvas;
use crate::{Figure, FigureError, Range, Style};
use triad::Triad;

/// Draws the scatter. Both axes have the same scale, so that distances can be read in any
/// direction; the ranges are widened to fill the paper.
///
/// # Errors
/// [`FigureError::Empty`], [`FigureError::NothingFinite`] and [`FigureError::Range`].
pub fn draw(data: &ScatterData, style: &Style) -> Result<Figure, FigureError> {
    let sheet = Sheet::new(style)?;
    let (x, y) = points::ranges(data)?;
    let mut notes = data.notes.clone();
    notes.extend(points::unplaceable(data));
    let words = Words {
        title: &data.title,
        aside: "",
        notes,
        longest_note: points::longest_note(data),
        provenance: &data.provenance,
    };
    sheet.figure(words, |canvas, area| {
        let plot = Plot { sheet: &sheet, data, x, y };
        if sheet.sizes.legend_beside {
            plot.with_key_beside(canvas, area)
        } else {
            plot.with_key_above(canvas, area)
        }
    })
}

/// One scatter on its paper.
struct Plot<'a> {
    sheet: &'a Sheet<'a>,
    data: &'a ScatterData,
    x: Range,
    y: Range,
}

impl Plot<'_> {
    fn legend(&self) -> Legend<'_> {
        let groups = key::groups(self.data, &self.sheet.colours, self.sheet.sizes);
        Legend::new(self.sheet, groups)
    }

    fn triad(&self, stacked: bool) -> Option<Triad<'_>> {
        (!self.data.triad.is_empty()).then(|| Triad::new(self.sheet, self.data, stacked))
    }

    /// Key, plot and, in 3-D, the triad below each other.
    fn with_key_above(&self, canvas: &mut Canvas, area: Area) -> Result<Plotted, FigureError> {
        let gap = self.sheet.sizes.gap;
        let triad = self.triad(false);
        let below = triad.as_ref().map_or(0.0, |triad| triad.height() + gap);
        let place = (area.x, area.y);
        let above =
            self.legend().draw_rows(canvas, &mut key_markers(self.sheet), place, area.width) + gap;
        let y = area.y + above;
        let height = area.height.map(|height| height - above - below);
        let plotted = self.plot(canvas, Area { y, height, ..area })?;
        if let Some(triad) = triad {
            triad.draw(canvas, (area.x, y + plotted.height + gap), area.width);
        }
        Ok(Plotted { height: above + plotted.height + below, ..plotted })
    }

    /// The plot with key and, in 3-D, the triad in a column at its right.
    fn with_key_beside(&self, canvas: &mut Canvas, area: Area) -> Result<Plotted, FigureError> {
        let sizes = &self.sheet.sizes;
        let (legend, triad) = (self.legend(), self.triad(true));
        let most = area.width * 0.26;
        let least = if triad.is_some() { sizes.label * 9.0 } else { 0.0 };
        let column = legend.column_width(most).max(least);
        let width = area.width - column - sizes.gap * 3.0;
        let plotted = self.plot(canvas, Area { width, ..area })?;
        let height = plotted.height;
        let left = area.x + area.width - column;
        let mut room = height;
        if let Some(triad) = triad {
            room -= triad.height() + sizes.gap * 2.0;
            triad.draw(canvas, (left, area.y + height - triad.height()), column);
        }
        legend.draw_column(canvas, &mut key_markers(self.sheet), (left, area.y), column, room);
        Ok(plotted)
    }

    /// Points and, in 2-D, axes.
    fn plot(&self, canvas: &mut Canvas, area: Area) -> Result<Plotted, FigureError> {
        let Self { sheet, data, x, y } = *self;
        let flat = data.triad.is_empty();
        let axes = Axes {
            sheet,
            x: Axis { label: &data.x_label, range: x, marks: Marks::Numbers },
            y: Axis { label: &data.y_label, range: y, marks: Marks::Numbers },
            shape: Shape::OneScale,
            above: sheet.sizes.tick_label * 0.5,
            right: sheet.sizes.margin,
            below: 0.0,
        };
        let frame = if flat { axes.frame(area)? } else { triad::frame(sheet, area, x, y)? };
        points::draw(sheet, data, &frame, canvas);
        if flat {
            axes.draw(&frame, canvas);
        }
        let note = points::outside(data, &frame);
        Ok(Plotted { height: frame.bottom - area.y, note })
    }
}
