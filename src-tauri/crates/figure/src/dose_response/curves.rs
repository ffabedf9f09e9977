//! What stands inside a panel: bands, lines, intervals and points.

use super::{DoseCurve, DosePoint, DoseResponseData, RandomDose};
use crate::Range;
use crate::axes::Frame;
use crate::colours::Colour;
use crate::marker::{Look, Markers, model_look};
use crate::sheet::Sheet;
use crate::svg::{Canvas, Stroke};

/// Look of a model's points: shape and colour both tell models apart.
pub(super) fn look(sheet: &Sheet<'_>, model: usize) -> Look {
    model_look(&sheet.colours, model)
}

/// An interval stands back behind its model's line.
pub(super) fn whisker(sheet: &Sheet<'_>, model: usize) -> Stroke {
    let colour = look(sheet, model).colour.mix(sheet.colours.paper, 0.35);
    Stroke::solid(colour, sheet.sizes.data_line * 0.8)
}

/// Ground of what random directions did: shaded for one model, light for several.
pub(super) fn band_fill(sheet: &Sheet<'_>, data: &DoseResponseData, model: usize) -> Colour {
    if data.models.len() == 1 {
        sheet.colours.grid.mix(sheet.colours.muted, 0.12)
    } else {
        look(sheet, model).colour.mix(sheet.colours.paper, 0.9)
    }
}

/// Edge of that ground where models are overlaid, so that none is hidden.
pub(super) fn band_edge(sheet: &Sheet<'_>, model: usize) -> Stroke {
    let colour = look(sheet, model).colour.mix(sheet.colours.paper, 0.55);
    Stroke { dash: Some((1.0, 1.5)), ..Stroke::solid(colour, sheet.sizes.axis_line) }
}

/// Line of the coherence strip.
pub(super) fn strip_line(sheet: &Sheet<'_>, model: usize) -> Stroke {
    Stroke::solid(look(sheet, model).colour, sheet.sizes.data_line * 0.8)
}

/// Where the coefficients of one panel lie.
pub(super) struct Place<'a> {
    pub(super) sheet: &'a Sheet<'a>,
    pub(super) data: &'a DoseResponseData,
    /// Rates by coefficient.
    pub(super) rates: Frame,
    /// Shares of coherent samples by coefficient, where they are drawn.
    pub(super) strip: Option<Frame>,
    /// Where the points with the direction projected out stand.
    pub(super) out: f64,
    /// Least distance of two coefficients, on the paper.
    pub(super) pitch: f64,
    /// Radius of points.
    pub(super) radius: f64,
}

impl Place<'_> {
    /// How far a model's points stand beside their place, so that no model hides another.
    fn aside(&self, model: usize) -> f64 {
        let count = self.data.models.len() as f64;
        let apart = (self.pitch * 0.5 / count).min(self.radius * 1.3);
        (model as f64 - (count - 1.0) / 2.0) * apart
    }

    pub(super) fn draw(&self, curves: &[DoseCurve], markers: &mut Markers, canvas: &mut Canvas) {
        for (model, curve) in curves.iter().enumerate() {
            for outline in self.bands(curve) {
                canvas.polygon(&outline, band_fill(self.sheet, self.data, model));
            }
        }
        if curves.len() > 1 {
            for (model, curve) in curves.iter().enumerate() {
                for mut outline in self.bands(curve) {
                    outline.extend(outline.first().copied());
                    canvas.polylines(&[outline], &band_edge(self.sheet, model));
                }
            }
        }
        for (model, curve) in curves.iter().enumerate() {
            let places = self.places(model, curve);
            let whiskers: Vec<_> = places
                .iter()
                .filter_map(|(x, point)| {
                    let range = point.rate?.interval?;
                    Some(((*x, self.rates.at_y(range.low)), (*x, self.rates.at_y(range.high))))
                })
                .collect();
            canvas.lines(&whiskers, &whisker(self.sheet, model));
        }
        for (model, curve) in curves.iter().enumerate() {
            self.draw_lines(model, curve, canvas);
        }
        for (model, curve) in curves.iter().enumerate() {
            for (index, (x, point)) in self.places(model, curve).into_iter().enumerate() {
                let hollow = index >= curve.points.len();
                let look = Look { hollow, ..look(self.sheet, model) };
                if let Some(rate) = point.rate {
                    markers.draw(canvas, x, self.rates.at_y(rate.value), look);
                }
            }
        }
    }

    /// Each point of a curve with its place along; that with the direction projected out last.
    fn places<'c>(&self, model: usize, curve: &'c DoseCurve) -> Vec<(f64, &'c DosePoint)> {
        let aside = self.aside(model);
        let along = curve.points.iter().map(|p| (self.rates.at_x(p.coefficient) + aside, p));
        along.chain(curve.projected_out.iter().map(|p| (self.out + aside, p))).collect()
    }

    /// Lines through rates and shares, broken where one is missing.
    fn draw_lines(&self, model: usize, curve: &DoseCurve, canvas: &mut Canvas) {
        let places = self.places(model, curve);
        let steered = places.get(..curve.points.len()).unwrap_or_default();
        let stroke = Stroke::solid(look(self.sheet, model).colour, self.sheet.sizes.data_line);
        let rate = |point: &DosePoint| point.rate.map(|rate| self.rates.at_y(rate.value));
        canvas.polylines(&runs(steered, rate), &stroke);
        if let Some(strip) = &self.strip {
            let share = |point: &DosePoint| point.coherent.map(|share| strip.at_y(share));
            let mut lines = runs(steered, share);
            // what stands alone is a short dash
            let short = self.radius * 0.9;
            let out = places.get(curve.points.len()..).unwrap_or_default();
            let dash = |(x, y): (f64, f64)| vec![(x - short, y), (x + short, y)];
            lines.extend(out.iter().filter_map(|(x, p)| Some(dash((*x, share(p)?)))));
            for line in &mut lines {
                if let [only] = line.as_slice() {
                    *line = dash(*only);
                }
            }
            canvas.polylines(&lines, &strip_line(self.sheet, model));
        }
    }

    /// Outlines of what random directions did; one coefficient alone is a bar.
    fn bands(&self, curve: &DoseCurve) -> Vec<Vec<(f64, f64)>> {
        let at = |dose: &RandomDose, aside: f64, value: f64| {
            (self.rates.at_x(dose.coefficient) + aside, self.rates.at_y(value))
        };
        match curve.random.as_slice() {
            [] => Vec::new(),
            [only] => {
                let half = self.radius * 1.5;
                let Range { low, high } = only.range;
                let corners = [(-half, high), (half, high), (half, low), (-half, low)];
                vec![corners.map(|(aside, value)| at(only, aside, value)).to_vec()]
            }
            doses => {
                let above = doses.iter().map(|dose| at(dose, 0.0, dose.range.high));
                let below = doses.iter().rev().map(|dose| at(dose, 0.0, dose.range.low));
                vec![above.chain(below).collect()]
            }
        }
    }
}

/// The stretches of points that have a height.
fn runs(
    places: &[(f64, &DosePoint)],
    height: impl Fn(&DosePoint) -> Option<f64>,
) -> Vec<Vec<(f64, f64)>> {
    let mut runs: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
    for (x, point) in places {
        match (height(point), runs.last_mut()) {
            (Some(y), Some(run)) => run.push((*x, y)),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}
