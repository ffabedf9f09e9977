//! Lines laid over the points: around the densest part of each side, and at a threshold.

use super::{Point, ScatterData};
use crate::Range;
use crate::axes::Frame;
use crate::colours::Colours;
use crate::contours::{Contour, contours};
use crate::sheet::Sheet;
use crate::style::Sizes;
use crate::svg::{Canvas, Line, Stroke};

/// Shares of a side's mass that lines enclose.
const SHARES: [f64; 2] = [0.5, 0.9];

/// Whether points are coloured by their side, so that lines may be too.
fn by_side(data: &ScatterData) -> bool {
    data.scores.is_none() && data.points.iter().all(|p| p.category == usize::from(!p.positive))
}

/// The line around the densest half of a side. The negative side's is dashed, so that colour is not
/// all that tells them apart.
pub(super) fn stroke(
    data: &ScatterData,
    colours: &Colours,
    sizes: Sizes,
    positive: bool,
) -> Stroke {
    let colour = if by_side(data) {
        // darker than the points that it crosses
        colours.category(usize::from(!positive)).mix(colours.ink, 0.35)
    } else {
        colours.ink
    };
    let dash = (!positive).then_some((3.5, 2.0));
    Stroke { dash, ..Stroke::solid(colour, sizes.data_line * 1.2) }
}

/// Whether a point counts for its side's density: what is laid over does not.
fn counts(data: &ScatterData, point: &Point) -> bool {
    point.x.is_finite() && point.y.is_finite() && !(data.laid_over && point.held_out)
}

/// The lines of one scatter.
pub(crate) struct Lines<'a> {
    data: &'a ScatterData,
    /// The sides that have points, by whether they are positive, with their lines if they can have
    /// any.
    sides: Vec<(bool, Option<Vec<Contour>>)>,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(data: &'a ScatterData) -> Self {
        let mut sides = Vec::new();
        for positive in [true, false] {
            let of_side = |p: &&Point| p.positive == positive && counts(data, p);
            let points: Vec<(f64, f64)> =
                data.points.iter().filter(of_side).map(|p| (p.x, p.y)).collect();
            if data.contours && data.triad.is_empty() && !points.is_empty() {
                sides.push((positive, contours(&points, &SHARES)));
            }
        }
        Self { data, sides }
    }

    pub(crate) fn data(&self) -> &'a ScatterData {
        self.data
    }

    /// What a caption says of lines around the densest part.
    pub(crate) fn note(&self) -> Option<String> {
        self.sides.iter().any(|(_, found)| found.is_some()).then(|| {
            "Lines enclose the densest 50 % (thick) and 90 % (thin) of each side's points (Gaussian \
             kernel of Scott's width)."
                .to_owned()
        })
    }

    /// Sides without lines.
    pub(crate) fn missing(&self) -> impl Iterator<Item = &str> {
        let [positive, negative] = &self.data.side_labels;
        let without = self.sides.iter().filter(|(_, found)| found.is_none());
        without.map(move |(side, _)| if *side { positive.as_str() } else { negative.as_str() })
    }

    /// Ranges that hold the lines too.
    pub(crate) fn within(&self, (x, y): (Range, Range)) -> (Range, Range) {
        let found = self.sides.iter().filter_map(|(_, found)| found.as_ref()).flatten();
        let places = found.flat_map(|contour| contour.rings.iter().flatten());
        places.fold((x, y), |(x, y), &place| (x.with(place.0), y.with(place.1)))
    }

    /// Draws the lines as far as they lie in the frame, and the threshold. `above` the points, they
    /// have an edge in the ground's colour.
    pub(crate) fn draw(&self, sheet: &Sheet<'_>, frame: &Frame, above: bool, canvas: &mut Canvas) {
        let data = self.data;
        let threshold = data.x_threshold.filter(|x| data.triad.is_empty() && frame.x.contains(*x));
        if let Some(x) = threshold.map(|x| frame.at_x(x)) {
            canvas.line((x, frame.top), (x, frame.foot()), &sheet.dashed());
        }
        for (positive, found) in &self.sides {
            let thick = stroke(data, &sheet.colours, sheet.sizes, *positive);
            for contour in found.iter().flatten() {
                let lines: Vec<Vec<(f64, f64)>> =
                    contour.rings.iter().flat_map(|ring| inside(frame, ring)).collect();
                let width = if contour.share > 0.5 { thick.width * 0.5 } else { thick.width };
                // dashes of one length for both widths
                let longer = thick.width / width;
                let dash = thick.dash.map(|(dash, gap)| (dash * longer, gap * longer));
                if above {
                    let edge = Stroke::solid(sheet.colours.paper, width + sheet.sizes.data_line);
                    canvas.polylines(&lines, &edge);
                }
                canvas.polylines(&lines, &Stroke { width, dash, ..thick });
            }
        }
    }
}

/// The parts of a line inside the frame.
fn inside(frame: &Frame, ring: &[(f64, f64)]) -> Vec<Vec<(f64, f64)>> {
    let mut parts: Vec<Vec<(f64, f64)>> = Vec::new();
    for (&(ax, ay), &(bx, by)) in ring.iter().zip(ring.iter().skip(1)) {
        let Some((from, to)): Option<Line> = frame.clip((frame.at(ax, ay), frame.at(bx, by)))
        else {
            continue;
        };
        match parts.last_mut() {
            Some(part) if part.last() == Some(&from) => part.push(to),
            _ => parts.push(vec![from, to]),
        }
    }
    parts
}
