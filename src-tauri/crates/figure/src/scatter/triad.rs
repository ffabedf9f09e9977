//! What stands for axes in a 3-D view, where no axis lies in the paper: a small triad that says
//! which way they point, and their names.

use super::ScatterData;
use crate::axes::{Frame, open_height};
use crate::font::Weight;
use crate::sheet::{Area, Sheet};
use crate::svg::{Anchor, Canvas, Stroke, TextStyle, clean};
use crate::{FigureError, Range};

/// Length of a triad axis that lies in the paper, in multiples of the type size.
const ARM: f64 = 2.6;

/// Shorter than this as seen, an axis points at the reader and is drawn as its name alone.
const SHORTEST: f64 = 0.12;

/// The plot of a 3-D view takes the whole area.
pub(super) fn frame(
    sheet: &Sheet<'_>,
    area: Area,
    x: Range,
    y: Range,
) -> Result<Frame, FigureError> {
    let height = area.height.unwrap_or_else(|| open_height(sheet, area.width, x, y));
    let (left, top, width) = (area.x, area.y, area.width);
    Frame { edge: left, left, top, width, height, bottom: top + height, x, y }.fill(x, y)
}

/// An axis of the triad, placed relative to the triad's centre, y downwards.
struct Arm {
    /// None when the axis points at the reader.
    tip: Option<(f64, f64)>,
    name: String,
    name_centre: (f64, f64),
    name_half_width: f64,
}

/// The triad and the list of names, ready to draw.
pub(super) struct Triad<'a> {
    sheet: &'a Sheet<'a>,
    arms: Vec<Arm>,
    names: Vec<String>,
    /// Left, top, right and bottom of the arms with their names, relative to the centre.
    bounds: [f64; 4],
    /// Whether the list stands below the arms rather than beside them.
    stacked: bool,
}

impl<'a> Triad<'a> {
    /// `stacked` puts the names below, for a narrow column.
    pub(super) fn new(sheet: &'a Sheet<'a>, data: &ScatterData, stacked: bool) -> Self {
        let mut arms: Vec<Arm> = Vec::new();
        let axes = data.triad.iter().filter(|axis| axis.dx.is_finite() && axis.dy.is_finite());
        for axis in axes.clone() {
            let arm = arm(sheet, &clean(&axis.name), (axis.dx, -axis.dy), &arms);
            arms.push(arm);
        }
        let reach = sheet.sizes.tick_label * 0.5;
        let bounds = arms.iter().fold([0.0_f64; 4], |[left, top, right, bottom], arm| {
            let (x, y) = arm.name_centre;
            [
                left.min(x - arm.name_half_width),
                top.min(y - reach),
                right.max(x + arm.name_half_width),
                bottom.max(y + reach),
            ]
        });
        let names = axes.map(|axis| clean(&axis.name)).collect();
        Self { sheet, arms, names, bounds, stacked }
    }

    fn leading(&self) -> f64 {
        self.sheet.sizes.label * 1.4
    }

    fn list_height(&self) -> f64 {
        self.leading() * self.names.len() as f64
    }

    fn arms_height(&self) -> f64 {
        let [_, top, _, bottom] = self.bounds;
        bottom - top
    }

    pub(super) fn height(&self) -> f64 {
        if self.stacked {
            self.arms_height() + self.sheet.sizes.gap + self.list_height()
        } else {
            self.arms_height().max(self.list_height())
        }
    }

    /// Draws both with the upper left corner at (x, y), no wider than `width`.
    pub(super) fn draw(&self, canvas: &mut Canvas, (x, y): (f64, f64), width: f64) {
        let sizes = &self.sheet.sizes;
        let [left, top, right, _] = self.bounds;
        let drop = if self.stacked { 0.0 } else { (self.height() - self.arms_height()) / 2.0 };
        let centre = (x - left, y - top + drop);
        let stroke = Stroke::solid(self.sheet.colours.ink, sizes.axis_line * 1.4);
        let style = self.sheet.tick_style(Anchor::Middle);
        for arm in &self.arms {
            if let Some((dx, dy)) = arm.tip {
                canvas.line(centre, (centre.0 + dx, centre.1 + dy), &stroke);
            }
            let (dx, dy) = arm.name_centre;
            canvas.text(centre.0 + dx, centre.1 + dy + style.size * 0.36, &arm.name, &style);
        }

        let (list_x, list_y) = if self.stacked {
            (x, y + self.arms_height() + sizes.gap)
        } else {
            (x + right - left + sizes.label * 2.0, y + (self.height() - self.list_height()) / 2.0)
        };
        let names =
            TextStyle { colour: self.sheet.colours.muted, ..self.sheet.label_style(Anchor::Start) };
        let room = x + width - list_x;
        for (index, name) in self.names.iter().enumerate() {
            let name = self.sheet.fonts.shorten(name, sizes.label, Weight::Regular, room);
            let baseline = list_y + self.leading() * index as f64 + sizes.label;
            canvas.text(list_x, baseline, &name, &names);
        }
    }
}

/// Places an axis and its name beyond the tip, clear of the names placed before.
fn arm(sheet: &Sheet<'_>, name: &str, (dx, dy): (f64, f64), placed: &[Arm]) -> Arm {
    let size = sheet.sizes.tick_label;
    // the part before the share of variance: "PC1" of "PC1 (41.2 %)"
    let short = name.split(" (").next().unwrap_or(name);
    let short = sheet.fonts.shorten(short, size, Weight::Regular, size * 4.0);
    let half = sheet.fonts.width(&short, size, Weight::Regular) / 2.0;
    let length = dx.hypot(dy);
    let arm = ARM * sheet.sizes.label;
    let tip = (length >= SHORTEST).then_some((dx * arm, dy * arm));
    let away = if length >= SHORTEST { (dx / length, dy / length) } else { (-0.7, 0.7) };
    let (from_x, from_y) = tip.unwrap_or((0.0, 0.0));
    let mut centre = (from_x + away.0 * (half + size * 0.3), from_y + away.1 * size * 0.8);
    let overlaps = |centre: (f64, f64)| {
        placed.iter().any(|other| {
            (centre.0 - other.name_centre.0).abs() < half + other.name_half_width
                && (centre.1 - other.name_centre.1).abs() < size * 1.25
        })
    };
    // each earlier name can push this one away once
    for _ in 0..placed.len() {
        if overlaps(centre) {
            centre.1 += if away.1 < 0.0 { -size * 1.25 } else { size * 1.25 };
        }
    }
    Arm { tip, name: short, name_centre: centre, name_half_width: half }
}
