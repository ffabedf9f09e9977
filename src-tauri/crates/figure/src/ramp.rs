//! Colours that stand for numbers, and the bar that says which.

use crate::Range;
use crate::colours::{Colour, Colours};
use crate::font::Weight;
use crate::sheet::Sheet;
use crate::svg::{Anchor, Canvas, Stroke};
use crate::ticks::{Ticks, round_step};

/// Colours told apart, from one end to the other. More than an eye can tell, few enough to draw
/// neighbouring cells of one colour as one.
const STEPS: u32 = 96;

/// Colours along a scale.
#[derive(Debug, Clone)]
pub(crate) struct Ramp {
    /// Share of the scale and colour there, ascending.
    stops: Vec<(f64, Colour)>,
}

impl Ramp {
    /// From near the ground through the first category's colour towards the ink: its lightness
    /// goes one way only, so that it can be read without seeing its hue.
    pub(crate) fn sequential(colours: &Colours) -> Self {
        let hue = colours.category(0);
        let ground = colours.paper.mix(hue, 0.07);
        Self { stops: vec![(0.0, ground), (0.62, hue), (1.0, hue.mix(colours.ink, 0.78))] }
    }

    /// From the negative side's colour over the ground's to the positive side's: a blue and an
    /// orange that colour-vision deficiency leaves apart. `centre` is the ground's share.
    pub(crate) fn diverging(colours: &Colours, centre: f64) -> Self {
        let ground = colours.paper.mix(colours.grid, 0.5);
        let centre = centre.clamp(0.01, 0.99);
        Self {
            stops: vec![(0.0, colours.category(1)), (centre, ground), (1.0, colours.category(0))],
        }
    }

    /// The same for points: its centre is a grey that shows on the ground.
    pub(crate) fn diverging_points(colours: &Colours, centre: f64) -> Self {
        let mut ramp = Self::diverging(colours, centre);
        if let Some((_, middle)) = ramp.stops.get_mut(1) {
            *middle = colours.grid.mix(colours.muted, 0.35);
        }
        ramp
    }

    /// The colour at a share of the scale; ends beyond it.
    pub(crate) fn at(&self, share: f64) -> Colour {
        let share = (share.clamp(0.0, 1.0) * f64::from(STEPS)).round() / f64::from(STEPS);
        let mut before = self.stops.first().copied().unwrap_or((0.0, Colour::BLACK));
        for &(place, colour) in &self.stops {
            if share <= place {
                let span = place - before.0;
                let part = if span > 0.0 { (share - before.0) / span } else { 1.0 };
                return before.1.mix(colour, part);
            }
            before = (place, colour);
        }
        before.1
    }

    /// The colour of a number on a scale.
    pub(crate) fn of(&self, value: f64, scale: Range) -> Colour {
        self.at((value - scale.low) / scale.span())
    }
}

/// A horizontal bar with numbers and a name beneath.
pub(crate) struct ColourBar<'a> {
    pub(crate) sheet: &'a Sheet<'a>,
    pub(crate) ramp: &'a Ramp,
    pub(crate) scale: Range,
    pub(crate) label: &'a str,
}

impl ColourBar<'_> {
    fn thickness(&self) -> f64 {
        self.sheet.sizes.label * 0.9
    }

    pub(crate) fn height(&self) -> f64 {
        let sizes = &self.sheet.sizes;
        self.thickness() + sizes.tick + sizes.tick_label * 1.35 + sizes.label * 1.25
    }

    /// Draws it with the upper left corner at (x, y).
    pub(crate) fn draw(&self, canvas: &mut Canvas, (x, y): (f64, f64), width: f64) {
        let (sheet, sizes) = (self.sheet, &self.sheet.sizes);
        let thickness = self.thickness();
        let step = width / f64::from(STEPS);
        for index in 0..STEPS {
            let left = x + f64::from(index) * step;
            // a little wider, so that no ground shows between two; the last one ends where it must
            let right = (left + step * 1.5).min(x + width);
            let colour = self.ramp.at((f64::from(index) + 0.5) / f64::from(STEPS));
            canvas.rectangles(&[[left, y, right - left, thickness]], Some(colour), None);
        }
        let stroke = Stroke::solid(sheet.colours.ink, sizes.axis_line);
        canvas.rectangles(&[[x, y, width, thickness]], None, Some(&stroke));
        let foot = y + thickness;
        let least = self.scale.span() / width.max(1.0) * sizes.tick_label * 4.0;
        let ticks = Ticks::every(round_step(least), self.scale);
        let at = |value: f64| x + (value - self.scale.low) / self.scale.span() * width;
        let marks: Vec<_> = ticks
            .marks
            .iter()
            .map(|(value, _)| ((at(*value), foot), (at(*value), foot + sizes.tick)))
            .collect();
        canvas.lines(&marks, &stroke);
        let baseline = foot + sizes.tick + sizes.tick_label * 1.1;
        for (value, text) in &ticks.marks {
            // the first and last number stay within the bar's own ends
            let half = sheet.fonts.width(text, sizes.tick_label, Weight::Regular) / 2.0;
            let place = at(*value).clamp(x + half, (x + width - half).max(x + half));
            canvas.text(place, baseline, text, &sheet.tick_style(Anchor::Middle));
        }
        let unit = ticks.unit.map(|unit| format!(", in {unit}")).unwrap_or_default();
        let room = width - sheet.fonts.width(&unit, sizes.label, Weight::Regular);
        let label = sheet.fonts.shorten(self.label, sizes.label, Weight::Regular, room);
        let style = sheet.label_style(Anchor::Start);
        let baseline = y + self.height() - sizes.label * 0.25;
        canvas.text(x, baseline, &format!("{label}{unit}"), &style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Theme;

    #[test]
    fn lightness_goes_one_way_and_the_diverging_centre_is_the_ground() {
        for (theme, darkens) in [(Theme::Light, true), (Theme::Dark, false)] {
            let colours = Colours::of(theme).unwrap();
            let ramp = Ramp::sequential(&colours);
            let light: Vec<f64> =
                (0..=96).map(|step| ramp.at(f64::from(step) / 96.0).luminance()).collect();
            assert!(light.windows(2).all(|pair| (pair[1] < pair[0]) == darkens), "{theme:?}");
            assert!((light[0] - light[96]).abs() > 0.5, "{theme:?}");

            let ramp = Ramp::diverging(&colours, 0.5);
            assert_eq!(ramp.at(0.0), colours.category(1));
            assert_eq!(ramp.at(1.0), colours.category(0));
            assert_eq!(ramp.at(7.0), colours.category(0));
            let from_ground = |share| {
                let contrast = ramp.at(share).luminance() - colours.paper.luminance();
                contrast.abs()
            };
            assert!(from_ground(0.5) < from_ground(0.25) && from_ground(0.5) < from_ground(0.75));
        }
    }
}
