//! Points and the lines between them.

use super::raster::{DPI, MOST_VECTORS, Raster};
use super::{Point, ScatterData, key};
use crate::axes::Frame;
use crate::colours::Colour;
use crate::estimate::{counted, not_drawn};
use crate::marker::{Look, Markers, side_shape};
use crate::ramp::Ramp;
use crate::sheet::Sheet;
use crate::svg::{Canvas, Stroke};
use crate::{FigureError, Range};

pub(crate) fn finite(point: &Point) -> bool {
    point.x.is_finite() && point.y.is_finite() && point.depth.is_finite()
}

/// The ranges to show at least: those asked for, else around all points.
pub(crate) fn ranges(data: &ScatterData) -> Result<(Range, Range), FigureError> {
    if data.points.is_empty() {
        return Err(FigureError::Empty);
    }
    if !data.points.iter().any(finite) {
        return Err(FigureError::NothingFinite { count: data.points.len() });
    }
    let around = |coordinate: fn(&Point) -> f64| {
        Range::around(data.points.iter().filter(|p| finite(p)).map(coordinate))
    };
    let x = data.x_range.unwrap_or_else(|| around(|p| p.x)).checked("horizontal")?;
    let y = data.y_range.unwrap_or_else(|| around(|p| p.y)).checked("vertical")?;
    Ok((x, y))
}

/// Says how many points have no place.
pub(crate) fn unplaceable(data: &ScatterData) -> Option<String> {
    let count = data.points.iter().filter(|p| !finite(p)).count();
    not_drawn(count, data.noun, "the coordinates")
}

/// Says how many points lie outside the frame, which is at least as wide as what was asked for, and
/// whether those inside are a picture.
pub(super) fn told_by_frame(data: &ScatterData, frame: &Frame) -> Option<String> {
    let all = data.points.iter().filter(|p| finite(p)).count();
    let inside = count_shown(data, frame);
    let outside = (inside < all).then(|| outside_note(data, all - inside));
    let picture = (inside > MOST_VECTORS).then(|| picture_note(data, inside));
    joined(outside, picture)
}

/// The longest that [`told_by_frame`] can say; nothing where it says nothing.
pub(super) fn longest_note(data: &ScatterData) -> Option<String> {
    let count = data.points.len();
    let zoomed = data.x_range.is_some() || data.y_range.is_some();
    let outside = zoomed.then(|| outside_note(data, count));
    joined(outside, (count > MOST_VECTORS).then(|| picture_note(data, count)))
}

fn joined(first: Option<String>, second: Option<String>) -> Option<String> {
    let words: Vec<String> = first.into_iter().chain(second).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn outside_note(data: &ScatterData, count: usize) -> String {
    let [one, many] = data.noun;
    let lie = if count == 1 { "lies" } else { "lie" };
    format!("{} {lie} outside the part shown.", counted(count, one, many))
}

pub(crate) fn picture_note(data: &ScatterData, count: usize) -> String {
    let [one, many] = data.noun;
    let points = counted(count, one, many);
    format!("The {points} are a picture of {DPI} pixels per inch; all else is drawn as lines.")
}

fn shown(point: &Point, frame: &Frame) -> bool {
    finite(point) && frame.x.contains(point.x) && frame.y.contains(point.y)
}

pub(super) fn count_shown(data: &ScatterData, frame: &Frame) -> usize {
    data.points.iter().filter(|p| shown(p, frame)).count()
}

/// The colours of a scatter's points.
struct Hues<'a> {
    sheet: &'a Sheet<'a>,
    data: &'a ScatterData,
    ramp: Option<Ramp>,
    any_selected: bool,
    /// Farthest and nearest depth.
    depth: (f64, f64),
}

impl Hues<'_> {
    fn of(&self, index: usize, point: &Point) -> Colour {
        let colours = &self.sheet.colours;
        let colour = match (&self.data.scores, &self.ramp) {
            (Some(scores), Some(ramp)) => scores
                .values
                .get(index)
                .filter(|value| value.is_finite())
                .map_or(colours.muted, |&value| ramp.of(value, scores.scale)),
            _ => colours.category(point.category),
        };
        // what is far or not selected stands back towards the paper
        let share =
            if self.any_selected && !point.selected { 0.7 } else { haze(point.depth, self.depth) };
        colour.mix(colours.paper, share)
    }
}

/// Draws links and points, in 3-D from far to near: as vectors up to [`MOST_VECTORS`], beyond that
/// as a picture with the selected points above it.
pub(crate) fn draw(
    sheet: &Sheet<'_>,
    data: &ScatterData,
    frame: &Frame,
    markers: &mut Markers,
    canvas: &mut Canvas,
) -> Result<(), FigureError> {
    let any_selected = data.points.iter().any(|p| p.selected);
    if data.pair_links {
        draw_links(sheet, data, frame, any_selected, canvas);
    }

    let mut order: Vec<(usize, &Point)> =
        data.points.iter().enumerate().filter(|(_, point)| shown(point, frame)).collect();
    // a fixed shuffle first: in the order of the file, the last scenario would cover the others
    order.sort_by_key(|(index, _)| (*index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let laid_over = |point: &Point| data.laid_over && point.held_out;
    order.sort_by(|(_, a), (_, b)| {
        let depth = || a.depth.total_cmp(&b.depth);
        a.selected.cmp(&b.selected).then_with(depth).then(laid_over(a).cmp(&laid_over(b)))
    });
    let depth = order.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(far, near), (_, p)| {
        (far.min(p.depth), near.max(p.depth))
    });
    let ramp = data.scores.as_ref().map(|scores| scores.ramp(&sheet.colours));
    let hues = Hues { sheet, data, ramp, any_selected, depth };
    let singled = order.iter().filter(|(_, p)| p.selected).count();
    let mut raster = (order.len() > MOST_VECTORS)
        .then(|| Raster::new(frame, sheet.colours.paper, markers.radius()));
    let mut above = Vec::new();
    for (index, point) in order {
        let look = Look {
            shape: side_shape(point.positive),
            colour: hues.of(index, point),
            hollow: point.held_out,
            clear: laid_over(point),
            ring: point.selected.then_some(sheet.colours.ink),
        };
        let place = frame.at(point.x, point.y);
        match &mut raster {
            Some(raster) if look.ring.is_none() || singled > MOST_VECTORS => {
                raster.draw(place, look);
            }
            _ => above.push((place, look)),
        }
    }
    if let Some(raster) = raster {
        raster.place(canvas)?;
    }
    for ((x, y), look) in above {
        markers.draw(canvas, x, y, look);
    }
    Ok(())
}

/// Share of paper in the colour of a point at a depth: none for the nearest quarter of the range,
/// 0.45 for the farthest, in four steps.
fn haze(depth: f64, (far, near): (f64, f64)) -> f64 {
    let span = near - far;
    if !(span > 0.0 && span.is_finite()) {
        return 0.0;
    }
    let step = ((near - depth) / span * 4.0).floor().clamp(0.0, 3.0);
    step * 0.15
}

fn draw_links(
    sheet: &Sheet<'_>,
    data: &ScatterData,
    frame: &Frame,
    any_selected: bool,
    canvas: &mut Canvas,
) {
    let stroke = key::link_stroke(&sheet.colours, sheet.sizes, data.points.len());
    let (mut plain, mut singled) = (Vec::new(), Vec::new());
    for pair in data.points.chunks_exact(2) {
        let [a, b] = pair else { continue };
        if !(finite(a) && finite(b)) {
            continue;
        }
        let at = |p: &Point| (frame.at_x(p.x), frame.at_y(p.y));
        let Some(line) = frame.clip((at(a), at(b))) else { continue };
        if a.selected || b.selected { singled.push(line) } else { plain.push(line) }
    }
    let share = if any_selected { 0.5 } else { 0.0 };
    let colour = stroke.colour.mix(sheet.colours.paper, share);
    canvas.lines(&plain, &Stroke { colour, ..stroke });
    canvas.lines(&singled, &Stroke::solid(sheet.colours.muted, sheet.sizes.axis_line));
}
