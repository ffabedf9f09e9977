//! The shapes of points, sized to look equally heavy, and each defined once per figure.

use std::collections::BTreeSet;

use crate::colours::{Colour, Colours};
use crate::svg::{Canvas, Stroke, number};

/// Outline of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    Circle,
    Diamond,
    Square,
    Triangle,
}

impl Shape {
    /// Whether a place, as seen from the centre and counted downwards, is inside the outline that
    /// [`Shape::path`] draws.
    pub(crate) fn holds(self, (x, y): (f64, f64), radius: f64) -> bool {
        match self {
            Self::Circle => x.hypot(y) <= radius,
            Self::Diamond => x.abs() + y.abs() <= radius * 1.3,
            Self::Square => x.abs().max(y.abs()) <= radius * 0.88,
            Self::Triangle => {
                let (w, up, down) = (radius * 1.2, radius * 1.25, radius * 0.85);
                y <= down && x.abs() * (up + down) <= w * (y + up)
            }
        }
    }

    /// Path data around the origin with the area of a circle of `radius`, roughly.
    fn path(self, radius: f64) -> String {
        match self {
            Self::Circle => {
                let r = number(radius);
                format!("M{r} 0A{r} {r} 0 1 1 -{r} 0A{r} {r} 0 1 1 {r} 0Z")
            }
            Self::Diamond => {
                let r = number(radius * 1.3);
                format!("M0 -{r}L{r} 0L0 {r}L-{r} 0Z")
            }
            Self::Square => {
                let r = number(radius * 0.88);
                format!("M-{r} -{r}L{r} -{r}L{r} {r}L-{r} {r}Z")
            }
            Self::Triangle => {
                let (w, up, down) =
                    (number(radius * 1.2), number(radius * 1.25), number(radius * 0.85));
                format!("M0 -{up}L{w} {down}L-{w} {down}Z")
            }
        }
    }
}

/// One look of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Look {
    pub(crate) shape: Shape,
    pub(crate) colour: Colour,
    pub(crate) hollow: bool,
    /// Of a hollow point: what lies beneath shows through.
    pub(crate) clear: bool,
    /// Ringed in this colour.
    pub(crate) ring: Option<Colour>,
}

impl Look {
    /// A point of one colour.
    pub(crate) fn filled(shape: Shape, colour: Colour) -> Self {
        Self { shape, colour, hollow: false, clear: false, ring: None }
    }
}

/// Look of a model by its place in a list: shape and colour both tell models apart.
pub(crate) fn model_look(colours: &Colours, model: usize) -> Look {
    let shapes = [Shape::Circle, Shape::Diamond, Shape::Square, Shape::Triangle];
    let shape = shapes.get(model % shapes.len()).copied().unwrap_or(Shape::Circle);
    Look::filled(shape, colours.category(model % colours.distinct().max(1)))
}

/// Shape of a side.
pub(crate) fn side_shape(positive: bool) -> Shape {
    if positive { Shape::Circle } else { Shape::Diamond }
}

/// Radius of the points where there are so many, for a type size.
pub(crate) fn radius(label: f64, count: usize) -> f64 {
    let share = match count {
        0..=150 => 0.30,
        151..=600 => 0.25,
        601..=2_500 => 0.19,
        2_501..=20_000 => 0.13,
        20_001..=200_000 => 0.09,
        _ => 0.06,
    };
    label * share
}

/// How wide the edge of a hollow point is, in radii.
pub(crate) const EDGE: f64 = 0.4;

/// Stamps points of one radius onto a canvas.
#[derive(Debug)]
pub(crate) struct Markers {
    radius: f64,
    paper: Colour,
    prefix: &'static str,
    defined: BTreeSet<Look>,
}

impl Markers {
    /// `prefix` keeps the names of two sizes in one figure apart.
    pub(crate) fn new(prefix: &'static str, radius: f64, paper: Colour) -> Self {
        Self { radius, paper, prefix, defined: BTreeSet::new() }
    }

    pub(crate) fn radius(&self) -> f64 {
        self.radius
    }

    pub(crate) fn draw(&mut self, canvas: &mut Canvas, x: f64, y: f64, look: Look) {
        let id = self.name(look);
        if self.defined.insert(look) {
            let edge = self.radius * EDGE;
            let (fill, radius, stroke) = match (look.ring, look.hollow) {
                (Some(ring), hollow) => {
                    let fill = if hollow { self.paper } else { look.colour };
                    (Some(fill), self.radius * 1.25, Stroke::solid(ring, edge))
                }
                (None, true) => {
                    let fill = if look.clear { None } else { Some(self.paper) };
                    (fill, self.radius - edge / 2.0, Stroke::solid(look.colour, edge))
                }
                // an edge in the paper's colour keeps overlapping points apart
                (None, false) => {
                    (Some(look.colour), self.radius, Stroke::solid(self.paper, self.radius * 0.2))
                }
            };
            canvas.define(&id, &look.shape.path(radius), fill, Some(&stroke));
        }
        canvas.stamp(&id, x, y);
    }

    fn name(&self, look: Look) -> String {
        let shape = match look.shape {
            Shape::Circle => 'c',
            Shape::Diamond => 'd',
            Shape::Square => 's',
            Shape::Triangle => 't',
        };
        let hex = |colour: Colour| colour.to_string().trim_start_matches('#').to_owned();
        let hollow = match (look.hollow, look.clear) {
            (true, true) => "o",
            (true, false) => "h",
            (false, _) => "",
        };
        let ring = look.ring.map(|ring| format!("-{}", hex(ring))).unwrap_or_default();
        format!("{}{shape}{hollow}{}{ring}", self.prefix, hex(look.colour))
    }
}
