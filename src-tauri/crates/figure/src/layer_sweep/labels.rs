//! Names beside the right ends of the lines, moved apart where they would overlap.

use super::{CHANCE, LayerSweepData, ModelSweep, look};
use crate::axes::Frame;
use crate::colours::Colour;
use crate::font::Weight;
use crate::sheet::Sheet;
use crate::svg::{Anchor, Canvas, Stroke, TextStyle, clean};

/// A name and the end of the line it belongs to.
#[derive(Debug, Clone)]
pub(super) struct Name {
    text: String,
    width: f64,
    colour: Colour,
    /// Layer (none for the line of chance) and value of the line's end.
    end: (Option<u32>, f64),
}

/// Share of the width that names may take.
const MOST: f64 = 0.3;

/// The line of chance and every model that the title does not name already.
pub(super) fn names(
    sheet: &Sheet<'_>,
    data: &LayerSweepData,
    models: &[ModelSweep],
    width: f64,
) -> Vec<Name> {
    let size = sheet.sizes.label;
    let name = |text: &str, colour, end| {
        let text = sheet.fonts.shorten(&clean(text), size, Weight::Regular, width * MOST);
        Name { width: sheet.fonts.width(&text, size, Weight::Regular), text, colour, end }
    };
    let title = clean(&data.title);
    let mut names = vec![name("chance", sheet.colours.muted, (None, CHANCE))];
    for (index, model) in models.iter().enumerate() {
        let told = models.len() == 1 && title.contains(clean(&model.name).as_str());
        if let Some(last) = model.points.last().filter(|_| !told) {
            // the ink in it keeps small type in the model's colour legible
            let colour = look(sheet, index).colour.mix(sheet.colours.ink, 0.25);
            names.push(name(&model.name, colour, (Some(last.layer), last.value)));
        }
    }
    names
}

/// Room for the names and what leads to them.
pub(super) fn width(names: &[Name]) -> f64 {
    names.iter().map(|name| name.width).fold(0.0, f64::max) + LEAD
}

/// Space between the plot and the names, in points.
const LEAD: f64 = 9.0;

/// Draws the names, each as near to its line as the others allow.
pub(super) fn draw(sheet: &Sheet<'_>, mut names: Vec<Name>, frame: &Frame, canvas: &mut Canvas) {
    let size = sheet.sizes.label;
    names.sort_by(|a, b| b.end.1.total_cmp(&a.end.1));
    let wanted: Vec<f64> = names.iter().map(|name| frame.at_y(name.end.1)).collect();
    let right = frame.left + frame.width;
    let places = spread(&wanted, size * 1.25, frame.top + size * 0.4, frame.bottom - size * 0.4);
    for ((name, wanted), y) in names.iter().zip(wanted).zip(places) {
        let from =
            name.end.0.map_or(right, |layer| frame.at_x(f64::from(layer)) + frame.pitch() * 0.35);
        let moved = (y - wanted).abs() > 1.0;
        if moved || right - from > frame.pitch() {
            let lead = Stroke::solid(sheet.colours.grid.mix(sheet.colours.muted, 0.4), 0.4);
            canvas.line((from, wanted), (right + LEAD - 2.0, y), &lead);
        }
        let style = TextStyle { colour: name.colour, ..sheet.label_style(Anchor::Start) };
        canvas.text(right + LEAD, y + size * 0.36, &name.text, &style);
    }
}

/// Places in ascending order, at least `apart` from each other and between `low` and `high` where
/// they fit, each as near to what it wants as going down and then up the list allows.
fn spread(wanted: &[f64], apart: f64, low: f64, high: f64) -> Vec<f64> {
    let mut places = Vec::with_capacity(wanted.len());
    let mut least = low;
    for &y in wanted {
        let place = y.max(least);
        places.push(place);
        least = place + apart;
    }
    let mut most = high;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - apart;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_never_overlap_and_stay_near() {
        assert_eq!(spread(&[10.0, 50.0], 9.0, 0.0, 100.0), [10.0, 50.0]);
        assert_eq!(spread(&[10.0, 10.0, 10.0], 9.0, 0.0, 100.0), [10.0, 19.0, 28.0]);
        assert_eq!(spread(&[96.0, 97.0, 98.0], 9.0, 0.0, 100.0), [82.0, 91.0, 100.0]);
    }
}
