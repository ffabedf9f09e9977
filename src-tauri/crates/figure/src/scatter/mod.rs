//! Texts as points: the clusters of one model at one layer, in two dimensions or seen from one side
//! in three.

mod data;
mod key;
mod lines;
mod points;
mod raster;
mod triad;

pub use data::{Category, Point, ScatterData, ScoreColours, TriadAxis};
pub use raster::MOST_VECTORS;

pub(crate) use key::groups;
pub(crate) use lines::Lines;
pub(crate) use points::{finite, picture_note, ranges, unplaceable};

use crate::axes::{Axes, Axis, Frame, Marks, Shape};
use crate::legend::{Legend, key_markers};
use crate::marker::{Markers, radius};
use crate::ramp::{ColourBar, Ramp};
use crate::sheet::{Area, Plotted, Sheet, Words};
use crate::svg::{Canvas, clean};
use crate::{Figure, FigureError, Range, Style};
use triad::Triad;

/// Points that leave lines beneath them to be seen, at most.
const MOST_BELOW: usize = 2_500;

/// Draws the scatter. Both axes have the same scale, so that distances can be read in any
/// direction; the ranges are widened to fill the paper.
///
/// # Errors
/// [`FigureError::Empty`], [`FigureError::NothingFinite`], [`FigureError::Range`] (the scale of
/// scores too), [`FigureError::NotFinite`] and [`FigureError::Mismatch`] (scores), and
/// [`FigureError::Convert`] where the picture of many points cannot be made.
pub fn draw(data: &ScatterData, style: &Style) -> Result<Figure, FigureError> {
    let sheet = Sheet::new(style)?;
    if let Some(scores) = &data.scores {
        scores.check(data.points.len())?;
    }
    let mut notes = data.notes.clone();
    notes.extend(unplaceable(data));
    let lines = Lines::of(data);
    let zoomed = data.x_range.is_some() || data.y_range.is_some();
    let ranges = ranges(data)?;
    let (x, y) = if zoomed { ranges } else { lines.within(ranges) };
    notes.extend(lines.note());
    let without: Vec<&str> = lines.missing().collect();
    notes.extend((!without.is_empty()).then(|| {
        let sides = without.join(" and ");
        format!("No such lines for {sides}: fewer than 10 points, or all on one line.")
    }));
    let words = Words {
        title: &data.title,
        aside: "",
        notes,
        longest_note: points::longest_note(data),
        provenance: &data.provenance,
    };
    let bar = data.scores.as_ref().map(|scores| Bar {
        ramp: scores.ramp(&sheet.colours),
        label: clean(&scores.label),
        scale: scores.scale,
    });
    sheet.figure(words, |canvas, area| {
        let bar = bar.as_ref().map(|bar| bar.on(&sheet));
        let plot = Plot { sheet: &sheet, data, lines: &lines, bar, x, y };
        if sheet.sizes.legend_beside {
            plot.with_key_beside(canvas, area)
        } else {
            plot.with_key_above(canvas, area)
        }
    })
}

/// Draws what stands inside a frame. Lines lie beneath the points where these leave them to be seen.
pub(crate) fn draw_inside(
    sheet: &Sheet<'_>,
    lines: &Lines<'_>,
    frame: &Frame,
    markers: &mut Markers,
    canvas: &mut Canvas,
) -> Result<(), FigureError> {
    let data = lines.data();
    let above = points::count_shown(data, frame) > MOST_BELOW;
    if !above {
        lines.draw(sheet, frame, above, canvas);
    }
    points::draw(sheet, data, frame, markers, canvas)?;
    if above {
        lines.draw(sheet, frame, above, canvas);
    }
    Ok(())
}

/// What a colour bar shows.
struct Bar {
    ramp: Ramp,
    label: String,
    scale: Range,
}

impl Bar {
    fn on<'a>(&'a self, sheet: &'a Sheet<'a>) -> ColourBar<'a> {
        ColourBar { sheet, ramp: &self.ramp, scale: self.scale, label: &self.label }
    }
}

/// One scatter on its paper.
struct Plot<'a> {
    sheet: &'a Sheet<'a>,
    data: &'a ScatterData,
    lines: &'a Lines<'a>,
    bar: Option<ColourBar<'a>>,
    x: Range,
    y: Range,
}

impl Plot<'_> {
    fn legend(&self) -> Legend<'_> {
        Legend::new(self.sheet, groups(self.sheet, self.data))
    }

    fn triad(&self, stacked: bool) -> Option<Triad<'_>> {
        (!self.data.triad.is_empty()).then(|| Triad::new(self.sheet, self.data, stacked))
    }

    /// Key, plot and, where there are such, the triad and the colour bar below each other.
    fn with_key_above(&self, canvas: &mut Canvas, area: Area) -> Result<Plotted, FigureError> {
        let gap = self.sheet.sizes.gap;
        let triad = self.triad(false);
        let below = triad.as_ref().map_or(0.0, |triad| triad.height() + gap);
        let bar_room = self.bar.as_ref().map_or(0.0, |bar| bar.height() + gap * 1.5);
        let place = (area.x, area.y);
        let above =
            self.legend().draw_rows(canvas, &mut key_markers(self.sheet), place, area.width) + gap;
        let y = area.y + above;
        let height = area.height.map(|height| height - above - below - bar_room);
        let (frame, note) = self.plot(canvas, Area { y, height, ..area })?;
        let mut foot = frame.bottom;
        if let Some(triad) = triad {
            triad.draw(canvas, (area.x, foot + gap), area.width);
            foot += below;
        }
        if let Some(bar) = &self.bar {
            bar.draw(canvas, (frame.left, foot + gap * 1.5), frame.width);
            foot += bar_room;
        }
        Ok(Plotted { height: foot - area.y, note })
    }

    /// The plot with key and, where there are such, the colour bar and the triad in a column at its
    /// right.
    fn with_key_beside(&self, canvas: &mut Canvas, area: Area) -> Result<Plotted, FigureError> {
        let sizes = &self.sheet.sizes;
        let (legend, triad) = (self.legend(), self.triad(true));
        let most = area.width * 0.26;
        let least = match (self.bar.is_some(), triad.is_some()) {
            (true, _) => sizes.label * 14.0,
            (false, true) => sizes.label * 9.0,
            (false, false) => 0.0,
        };
        let column = legend.column_width(most).max(least);
        let width = area.width - column - sizes.gap * 3.0;
        let (frame, note) = self.plot(canvas, Area { width, ..area })?;
        let height = frame.bottom - area.y;
        let left = area.x + area.width - column;
        let mut room = height;
        if let Some(triad) = triad {
            room -= triad.height();
            triad.draw(canvas, (left, area.y + room), column);
            room -= sizes.gap * 2.0;
        }
        if let Some(bar) = &self.bar {
            room -= bar.height();
            bar.draw(canvas, (left, area.y + room), column);
            room -= sizes.gap * 2.0;
        }
        legend.draw_column(canvas, &mut key_markers(self.sheet), (left, area.y), column, room);
        Ok(Plotted { height, note })
    }

    /// Points, lines and, in 2-D, axes; with what only the finished plot can tell.
    fn plot(
        &self,
        canvas: &mut Canvas,
        area: Area,
    ) -> Result<(Frame, Option<String>), FigureError> {
        let Self { sheet, data, x, y, .. } = *self;
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
        let radius = radius(sheet.sizes.label, points::count_shown(data, &frame));
        let mut markers = Markers::new("m", radius, sheet.colours.paper);
        draw_inside(sheet, self.lines, &frame, &mut markers, canvas)?;
        if flat {
            axes.draw(&frame, canvas);
        }
        Ok((frame, points::told_by_frame(data, &frame)))
    }
}
