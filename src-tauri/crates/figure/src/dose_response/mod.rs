//! How often models do what a direction stands for, by how far they are steered along it: a panel for
//! each scenario, models overlaid.

mod along;
mod curves;
mod data;
mod head;
mod panels;

pub use data::{DoseCurve, DosePanel, DosePoint, DoseResponseData, RandomDose, Remark};

use crate::estimate::{counted, not_drawn};
use crate::legend::{Entry, Sign, with_key_above};
use crate::marker::{Look, Shape};
use crate::sheet::{Sheet, Words};
use crate::svg::{Stroke, clean};
use crate::{Figure, FigureError, Style};

use curves::{band_edge, band_fill, look, strip_line, whisker};
use panels::Panels;

/// Panels drawn, at most.
pub const MOST_PANELS: usize = 36;

/// Draws the panels. All have the same axes; rates that are not there leave a gap.
///
/// # Errors
/// [`FigureError::Empty`], [`FigureError::TooManyPanels`], [`FigureError::Mismatch`] (curves and
/// models), [`FigureError::NothingFinite`], and [`FigureError::Range`] (coefficients).
pub fn draw(data: &DoseResponseData, style: &Style) -> Result<Figure, FigureError> {
    let sheet = Sheet::new(style)?;
    let (data, lost) = &finite(data)?;
    let mut notes = data.notes.clone();
    notes.extend(
        Remark::ALL
            .into_iter()
            .filter(|remark| curves(data).any(|curve| curve.remarks.contains(remark)))
            .map(|remark| remark.sentence().to_owned()),
    );
    let missing = curves(data).flat_map(all_points).filter(|p| p.rate.is_none()).count();
    notes.extend((missing > 0).then(|| {
        let points = counted(missing, "point", "points");
        let are = if missing == 1 { "is" } else { "are" };
        format!("{points} {are} not drawn: no sample there is coherent.")
    }));
    notes.extend(not_drawn(*lost, ["point", "points"], "the rates"));
    let words = Words::new(&data.title, &data.sample, notes, &data.provenance);
    let scale = panels::coefficients(data)?;
    sheet.figure(words, |canvas, area| {
        with_key_above(&sheet, key(&sheet, data), canvas, area, |canvas, area| {
            Ok(Panels::new(&sheet, data, scale, area).draw(canvas))
        })
    })
}

fn curves(data: &DoseResponseData) -> impl Iterator<Item = &DoseCurve> {
    data.panels.iter().flat_map(|panel| &panel.curves)
}

/// The points of a curve and that with the direction projected out.
fn all_points(curve: &DoseCurve) -> impl Iterator<Item = &DosePoint> {
    curve.points.iter().chain(&curve.projected_out)
}

/// What can be drawn, and how many points cannot.
fn finite(data: &DoseResponseData) -> Result<(DoseResponseData, usize), FigureError> {
    let count = data.panels.len();
    if count > MOST_PANELS {
        return Err(FigureError::TooManyPanels { count, most: MOST_PANELS });
    }
    for panel in &data.panels {
        let (expected, found) = (data.models.len(), panel.curves.len());
        if expected != found {
            return Err(FigureError::Mismatch { what: "curves", expected, found });
        }
    }
    let points = curves(data).flat_map(all_points).count();
    if points == 0 {
        return Err(FigureError::Empty);
    }
    let mut kept = data.clone();
    let sound = |point: &DosePoint| {
        point.coefficient.is_finite()
            && point.rate.is_none_or(|rate| rate.is_finite())
            && point.coherent.is_none_or(f64::is_finite)
    };
    let mut lost = 0;
    for curve in kept.panels.iter_mut().flat_map(|panel| &mut panel.curves) {
        let before = all_points(curve).count();
        curve.points.retain(sound);
        // the coefficient counts for nothing there
        curve.projected_out =
            curve.projected_out.filter(|point| sound(&DosePoint { coefficient: 0.0, ..*point }));
        lost += before - all_points(curve).count();
        let finite = |dose: &RandomDose| {
            [dose.coefficient, dose.range.low, dose.range.high].iter().all(|v| v.is_finite())
        };
        let before = curve.random.len();
        curve.random.retain(finite);
        lost += before - curve.random.len();
    }
    if curves(&kept).flat_map(all_points).all(|point| point.rate.is_none()) {
        return Err(FigureError::NothingFinite { count: points });
    }
    Ok((kept, lost))
}

fn key(sheet: &Sheet<'_>, data: &DoseResponseData) -> Vec<Vec<Entry>> {
    let entry = |sign, label: &str| Entry { sign, label: clean(label) };
    let models = data
        .models
        .iter()
        .enumerate()
        .map(|(index, name)| entry(Sign::Point(look(sheet, index)), name))
        .collect();
    let mut signs = Vec::new();
    let muted = sheet.colours.muted;
    let mut rates = curves(data).flat_map(all_points).filter_map(|point| point.rate);
    if rates.any(|rate| rate.interval.is_some()) {
        let stroke = Stroke { colour: muted, ..whisker(sheet, 0) };
        signs.push(entry(Sign::Bar(stroke), &data.interval_label));
    }
    if curves(data).any(|curve| !curve.random.is_empty()) {
        let sign = if data.models.len() == 1 {
            Sign::Patch(band_fill(sheet, data, 0))
        } else {
            Sign::Frame(Stroke { colour: muted, ..band_edge(sheet, 0) })
        };
        signs.push(entry(sign, &data.random_label));
    }
    if curves(data).any(|curve| curve.projected_out.is_some()) {
        let look = Look { hollow: true, ..Look::filled(Shape::Circle, muted) };
        signs.push(entry(Sign::Point(look), "out: projected out"));
    }
    if data.coherence {
        let stroke = Stroke { colour: muted, ..strip_line(sheet, 0) };
        signs.push(entry(Sign::Line(stroke), "strip: share coherent"));
    }
    [models, signs].into_iter().filter(|group: &Vec<Entry>| !group.is_empty()).collect()
}
