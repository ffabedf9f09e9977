//! What the signs of a scatter mean.

use super::{ScatterData, lines};
use crate::colours::Colours;
use crate::legend::{Entry, Sign};
use crate::marker::{Look, Shape, side_shape};
use crate::sheet::Sheet;
use crate::style::Sizes;
use crate::svg::{Stroke, clean};

/// The key: categories with their colours, then the shapes, the splits and the lines, each only
/// where the figure makes use of it.
pub(crate) fn groups(sheet: &Sheet<'_>, data: &ScatterData) -> Vec<Vec<Entry>> {
    let (colours, sizes, threshold) = (&sheet.colours, sheet.sizes, sheet.dashed());
    let filled = |shape, colour| Sign::Point(Look::filled(shape, colour));
    let mut entries = Vec::new();
    let mut shapes_told = true;
    let mut folded: Vec<String> = Vec::new();
    // a colour bar speaks for numbers
    let legend = if data.scores.is_some() { &[] } else { data.legend.as_slice() };
    for item in legend {
        // one side only: the category's sign has that side's shape, and the shape needs no key
        let mut sides =
            data.points.iter().filter(|p| p.category == item.category).map(|p| p.positive);
        let first = sides.next();
        let shape = match first {
            Some(first) if sides.all(|side| side == first) => side_shape(first),
            _ => {
                shapes_told = false;
                Shape::Square
            }
        };
        let label = clean(&item.label);
        let label = if label.is_empty() { "(no name)".to_owned() } else { label };
        if item.category < colours.distinct() {
            entries.push(Entry { sign: filled(shape, colours.category(item.category)), label });
        } else {
            folded.push(label);
        }
    }
    // those that share a colour share an entry; one alone keeps its name
    if let Some(first) = folded.first() {
        let count = folded.len();
        let label = if count == 1 { first.clone() } else { format!("{count} others") };
        entries.push(Entry { sign: filled(Shape::Square, colours.muted), label });
    }
    let title = clean(&data.legend_title);
    if !title.is_empty() && !entries.is_empty() {
        entries.insert(0, Entry { sign: Sign::Bare, label: title });
    }

    let mut signs = Vec::new();
    if legend.is_empty() || !shapes_told {
        for (positive, label) in [true, false].into_iter().zip(&data.side_labels) {
            if data.points.iter().any(|p| p.positive == positive) {
                let sign = filled(side_shape(positive), colours.ink);
                signs.push(Entry { sign, label: clean(label) });
            }
        }
    }
    for (held_out, label) in [(false, "train"), (true, "test")] {
        let mixed = data.points.iter().any(|p| p.held_out);
        if mixed && data.points.iter().any(|p| p.held_out == held_out) {
            let clear = held_out && data.laid_over;
            let plain = Look::filled(Shape::Circle, colours.muted);
            let sign = Sign::Point(Look { hollow: held_out, clear, ..plain });
            let label = if clear { "test, laid over" } else { label };
            signs.push(Entry { sign, label: label.to_owned() });
        }
    }
    if data.points.iter().any(|p| p.selected) {
        let ring = Some(colours.ink);
        let look = Look { hollow: true, ring, ..Look::filled(Shape::Circle, colours.paper) };
        signs.push(Entry { sign: Sign::Point(look), label: "selected".to_owned() });
    }
    let scores = data.scores.iter().flat_map(|scores| &scores.values);
    if scores.clone().any(|value| !value.is_finite()) {
        let sign = filled(Shape::Circle, colours.muted);
        signs.push(Entry { sign, label: "no score".to_owned() });
    }
    let flat = data.triad.is_empty();
    if data.contours && flat {
        for (positive, label) in [true, false].into_iter().zip(&data.side_labels) {
            if data.points.iter().any(|p| p.positive == positive) {
                let sign = Sign::Line(lines::stroke(data, colours, sizes, positive));
                signs.push(Entry { sign, label: format!("densest of {}", clean(label)) });
            }
        }
    }
    if data.x_threshold.is_some() && flat {
        let sign = Sign::Line(threshold);
        signs.push(Entry { sign, label: "threshold".to_owned() });
    }
    if data.pair_links {
        // darker than in the plot: here it stands alone
        let stroke = Stroke::solid(colours.muted.mix(colours.paper, 0.4), sizes.axis_line);
        signs.push(Entry { sign: Sign::Line(stroke), label: "same pair".to_owned() });
    }
    [entries, signs].into_iter().filter(|group| !group.is_empty()).collect()
}

/// Lines between the texts of a pair stand back behind the points, the more of them the further.
pub(super) fn link_stroke(colours: &Colours, sizes: Sizes, points: usize) -> Stroke {
    let (share, width) = match points {
        0..=120 => (0.55, 1.0),
        121..=400 => (0.68, 0.8),
        _ => (0.8, 0.6),
    };
    Stroke::solid(colours.muted.mix(colours.paper, share), sizes.axis_line * width)
}
