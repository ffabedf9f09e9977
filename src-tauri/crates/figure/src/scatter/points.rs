//! Points and the lines between them.

use super::{Point, ScatterData, key};
use crate::axes::Frame;
use crate::estimate::not_drawn;
use crate::marker::{Look, Markers, radius, side_shape};
use crate::sheet::Sheet;
use crate::svg::{Canvas, Stroke};
use crate::{FigureError, Range};

fn finite(point: &Point) -> bool {
    point.x.is_finite() && point.y.is_finite() && point.depth.is_finite()
}

/// The ranges to show at least: those asked for, else around all points.
pub(super) fn ranges(data: &ScatterData) -> Result<(Range, Range), FigureError> {
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
pub(super) fn unplaceable(data: &ScatterData) -> Option<String> {
    let count = data.points.iter().filter(|p| !finite(p)).count();
    not_drawn(count, ["text", "texts"], "the coordinates")
}

/// Says how many points lie outside the frame, which is at least as wide as what was asked for.
pub(super) fn outside(data: &ScatterData, frame: &Frame) -> Option<String> {
    let hidden = |p: &&Point| finite(p) && !shown(p, frame);
    let count = data.points.iter().filter(hidden).count();
    (count > 0).then(|| outside_note(count))
}

/// The longest that [`outside`] can say; nothing where all points are shown.
pub(super) fn longest_note(data: &ScatterData) -> Option<String> {
    (data.x_range.is_some() || data.y_range.is_some()).then(|| outside_note(data.points.len()))
}

fn outside_note(count: usize) -> String {
    format!("{} outside the part shown.", texts(count, "lies", "lie"))
}

fn shown(point: &Point, frame: &Frame) -> bool {
    finite(point) && frame.x.contains(point.x) && frame.y.contains(point.y)
}

fn texts(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 text {one}") } else { format!("{count} texts {many}") }
}

/// Draws links and points, in 3-D from far to near.
pub(super) fn draw(sheet: &Sheet<'_>, data: &ScatterData, frame: &Frame, canvas: &mut Canvas) {
    let colours = &sheet.colours;
    let any_selected = data.points.iter().any(|p| p.selected);
    if data.pair_links {
        draw_links(sheet, data, frame, any_selected, canvas);
    }

    let mut order: Vec<(usize, &Point)> =
        data.points.iter().enumerate().filter(|(_, point)| shown(point, frame)).collect();
    // a fixed shuffle first: in the order of the file, the last scenario would cover the others
    order.sort_by_key(|(index, _)| (*index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    order.sort_by(|(_, a), (_, b)| a.selected.cmp(&b.selected).then(a.depth.total_cmp(&b.depth)));
    let depth = order.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(far, near), (_, p)| {
        (far.min(p.depth), near.max(p.depth))
    });
    let mut markers = Markers::new("m", radius(sheet.sizes.label, order.len()), colours.paper);
    for (_, point) in order {
        let colour = colours.category(point.category);
        // what is far or not selected stands back towards the paper
        let colour = if any_selected && !point.selected {
            colour.mix(colours.paper, 0.7)
        } else {
            colour.mix(colours.paper, haze(point.depth, depth))
        };
        let look = Look {
            shape: side_shape(point.positive),
            colour,
            hollow: point.held_out,
            ring: point.selected.then_some(colours.ink),
        };
        markers.draw(canvas, frame.at_x(point.x), frame.at_y(point.y), look);
    }
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
