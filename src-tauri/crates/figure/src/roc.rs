//! The receiver operating characteristic: what share of the negative texts is taken for positive
//! when so large a share of the positive ones is found.

use crate::axes::{Axes, Axis, Frame, Marks, Shape};
use crate::estimate::tested_on;
use crate::font::Weight;
use crate::legend::{Entry, Sign, with_key};
use crate::sheet::{Plotted, Sheet, Words};
use crate::style::POINTS_PER_MM;
use crate::svg::{Stroke, clean};
use crate::{Estimate, Figure, FigureError, Range, Style};

/// One corner of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RocPoint {
    /// Share of the negative texts above the threshold.
    pub false_positives: f64,
    /// Share of the positive texts above it.
    pub true_positives: f64,
}

/// The curve of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct RocCurve {
    /// The model's name.
    pub name: String,
    /// From (0, 0) to (1, 1). Texts of one score move both shares at once: a slanted segment, which
    /// is what counts a tie as one half.
    pub points: Vec<RocPoint>,
    /// The area beneath.
    pub auroc: Estimate,
}

/// What a ROC plot shows.
#[derive(Debug, Clone, PartialEq)]
pub struct RocData {
    /// "ROC on the test pairs".
    pub title: String,
    /// The models; a model keeps the colour of its place in this list.
    pub curves: Vec<RocCurve>,
    /// Pairs that the curves were measured on.
    pub test_pairs: usize,
    /// Sentences to add to the caption.
    pub notes: Vec<String>,
    /// What the data rest on, in one line.
    pub provenance: String,
}

/// Draws the curves in a square.
///
/// # Errors
/// [`FigureError::Empty`]; [`FigureError::NotFinite`] where a curve or an AUROC has a hole: unlike a
/// scatter, a curve without one of its points says something else.
pub fn draw(data: &RocData, style: &Style) -> Result<Figure, FigureError> {
    let sheet = Sheet::new(style)?;
    check(data)?;
    let aside = tested_on(data.test_pairs);
    let words = Words::new(&data.title, &aside, data.notes.clone(), &data.provenance);
    sheet.figure(words, |canvas, area| {
        with_key(&sheet, key(&sheet, data), canvas, area, |canvas, area| {
            // a little beyond 0 and 1, so that curves along the edges are not cut
            let range = Range { low: -0.02, high: 1.02 };
            let axes = Axes {
                sheet: &sheet,
                x: Axis { label: "False-positive rate", range, marks: Marks::Numbers },
                y: Axis { label: "True-positive rate", range, marks: Marks::Numbers },
                shape: Shape::Square,
                above: sheet.sizes.tick_label * 0.5,
                right: sheet.sizes.margin,
                below: 0.0,
            };
            let frame = axes.frame(area)?;
            canvas.line(frame.at(0.0, 0.0), frame.at(1.0, 1.0), &sheet.dashed());
            for (index, curve) in data.curves.iter().enumerate() {
                let line: Vec<(f64, f64)> = curve.points.iter().map(|p| place(&frame, p)).collect();
                canvas.polyline(&line, &stroke(&sheet, index));
            }
            axes.draw(&frame, canvas);
            Ok(Plotted { height: frame.bottom - area.y, note: None })
        })
    })
}

fn place(frame: &Frame, point: &RocPoint) -> (f64, f64) {
    frame.at(point.false_positives, point.true_positives)
}

fn check(data: &RocData) -> Result<(), FigureError> {
    if data.curves.is_empty() || data.curves.iter().any(|curve| curve.points.len() < 2) {
        return Err(FigureError::Empty);
    }
    let share = |share: f64| (0.0..=1.0).contains(&share);
    let sound = |point: &RocPoint| share(point.false_positives) && share(point.true_positives);
    if !data.curves.iter().flat_map(|curve| &curve.points).all(sound) {
        return Err(FigureError::NotFinite { what: "ROC curve's share" });
    }
    if !data.curves.iter().all(|curve| curve.auroc.is_finite()) {
        return Err(FigureError::NotFinite { what: "AUROC" });
    }
    Ok(())
}

/// A model's line: colour and dashes both tell models apart.
fn stroke(sheet: &Sheet<'_>, model: usize) -> Stroke {
    let dashes = [None, Some((4.0, 2.0)), Some((1.2, 1.6)), Some((8.0, 2.5))];
    let colour = sheet.colours.category(model % sheet.colours.distinct().max(1));
    let dash = dashes.get(model % dashes.len()).copied().flatten();
    Stroke { dash, ..Stroke::solid(colour, sheet.sizes.data_line * 1.2) }
}

/// A model's name with its AUROC: behind each other across the paper, beneath each other in a
/// column. A long name is shortened, the number never.
fn key(sheet: &Sheet<'_>, data: &RocData) -> Vec<Vec<Entry>> {
    let sizes = &sheet.sizes;
    let paper = sizes.width_mm * POINTS_PER_MM - 2.0 * sizes.margin;
    let entry = |index: usize, curve: &RocCurve| {
        let sign = Sign::Curve(stroke(sheet, index));
        let (name, auroc) = (clean(&curve.name), curve.auroc.words(3));
        if sizes.legend_beside {
            let under = Entry { sign: Sign::Under, label: format!("AUROC {auroc}") };
            return vec![Entry { sign, label: name }, under];
        }
        let auroc = format!(": AUROC {auroc}");
        // a dashed line stands before the name
        let room =
            paper - sheet.fonts.width(&auroc, sizes.label, Weight::Regular) - sizes.label * 2.1;
        let name = sheet.fonts.shorten(&name, sizes.label, Weight::Regular, room);
        vec![Entry { sign, label: format!("{name}{auroc}") }]
    };
    let mut groups: Vec<Vec<Entry>> =
        data.curves.iter().enumerate().map(|(index, curve)| entry(index, curve)).collect();
    let chance = Entry { sign: Sign::Line(sheet.dashed()), label: "chance".to_owned() };
    groups.push(vec![chance]);
    groups
}
