//! Whether what scores say, read as probabilities, happens as often: bins of similar scores, each
//! with the share observed in it.

use crate::axes::{Axes, Axis, Frame, Marks, Shape};
use crate::estimate::counted;
use crate::font::Weight;
use crate::legend::{Entry, Sign, with_key};
use crate::marker::{self, Look, Markers};
use crate::sheet::{Plotted, Sheet, Words};
use crate::svg::{Anchor, Canvas, Stroke, clean};
use crate::{Estimate, Figure, FigureError, Range, Style};

/// Texts of similar scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationBin {
    /// How many.
    pub n: usize,
    /// The mean of what their scores say.
    pub predicted: f64,
    /// The share that was observed.
    pub observed: Estimate,
}

/// What a calibration plot shows.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrationData {
    /// "Calibration".
    pub title: String,
    /// "toy-llama, layer 4: predicted share".
    pub x_label: String,
    /// "Observed share".
    pub y_label: String,
    /// The bins, from low predictions to high.
    pub bins: Vec<CalibrationBin>,
    /// Sentences to add to the caption.
    pub notes: Vec<String>,
    /// What the data rest on, in one line.
    pub provenance: String,
}

/// A little beyond 0 and 1, so that points at the edges are whole.
const SHARES: Range = Range { low: -0.04, high: 1.04 };

/// Draws the bins in a square, with the number of texts above each: where two numbers would touch, only
/// the first is drawn.
///
/// # Errors
/// [`FigureError::Empty`]; [`FigureError::NotFinite`] where a bin has something that is no share.
pub fn draw(data: &CalibrationData, style: &Style) -> Result<Figure, FigureError> {
    let sheet = Sheet::new(style)?;
    check(data)?;
    let n = data.bins.iter().map(|bin| bin.n).sum();
    let bins = counted(data.bins.len(), "bin", "bins");
    let aside = format!("n = {} in {bins}", counted(n, "test pair", "test pairs"));
    let words = Words::new(&data.title, &aside, data.notes.clone(), &data.provenance);
    sheet.figure(words, |canvas, area| {
        with_key(&sheet, key(&sheet, data), canvas, area, |canvas, area| {
            let axes = Axes {
                sheet: &sheet,
                x: Axis { label: &data.x_label, range: SHARES, marks: Marks::Numbers },
                y: Axis { label: &data.y_label, range: SHARES, marks: Marks::Numbers },
                shape: Shape::Square,
                above: sheet.sizes.tick_label,
                right: sheet.sizes.margin,
                below: 0.0,
            };
            let frame = axes.frame(area)?;
            canvas.line(frame.at(0.0, 0.0), frame.at(1.0, 1.0), &sheet.dashed());
            let radius = marker::radius(sheet.sizes.label, data.bins.len());
            let mut markers = Markers::new("m", radius, sheet.colours.paper);
            for bin in &data.bins {
                let x = frame.at_x(bin.predicted);
                if let Some(interval) = bin.observed.interval {
                    let (low, high) = (frame.at_y(interval.low), frame.at_y(interval.high));
                    canvas.line((x, low), (x, high), &whisker(&sheet));
                }
                markers.draw(canvas, x, frame.at_y(bin.observed.value), look(&sheet));
            }
            draw_counts(&sheet, data, &frame, canvas);
            axes.draw(&frame, canvas);
            Ok(Plotted { height: frame.bottom - area.y, note: None })
        })
    })
}

fn check(data: &CalibrationData) -> Result<(), FigureError> {
    if data.bins.is_empty() {
        return Err(FigureError::Empty);
    }
    let share = |value: f64| (0.0..=1.0).contains(&value);
    let sound = |bin: &CalibrationBin| share(bin.predicted) && bin.observed.ends().all(share);
    if data.bins.iter().all(sound) {
        Ok(())
    } else {
        Err(FigureError::NotFinite { what: "share of a bin" })
    }
}

/// The number of texts over each interval.
fn draw_counts(sheet: &Sheet<'_>, data: &CalibrationData, frame: &Frame, canvas: &mut Canvas) {
    let style = sheet.tick_style(Anchor::Middle);
    let mut taken: Vec<(Range, f64)> = Vec::new();
    for bin in &data.bins {
        let text = bin.n.to_string();
        let half = sheet.fonts.width(&text, style.size, Weight::Regular) / 2.0 + style.size * 0.2;
        let (x, top) = frame.at(bin.predicted, bin.observed.ends().fold(0.0, f64::max));
        let across = Range { low: x - half, high: x + half };
        let baseline = top - style.size * 0.45;
        let touches = taken.iter().any(|(other, line)| {
            other.low < across.high
                && across.low < other.high
                && (line - baseline).abs() < style.size * 1.1
        });
        if !touches {
            canvas.text(x, baseline, &text, &style);
            taken.push((across, baseline));
        }
    }
}

fn look(sheet: &Sheet<'_>) -> Look {
    let shape = marker::side_shape(true);
    Look { shape, colour: sheet.colours.category(0), hollow: false, clear: false, ring: None }
}

fn whisker(sheet: &Sheet<'_>) -> Stroke {
    Stroke::solid(sheet.colours.ink, sheet.sizes.axis_line * 1.5)
}

fn key(sheet: &Sheet<'_>, data: &CalibrationData) -> Vec<Vec<Entry>> {
    let entry = |sign: Sign, label: &str| Entry { sign, label: clean(label) };
    let mut entries = vec![entry(Sign::Point(look(sheet)), "bin, with its number of texts")];
    if data.bins.iter().any(|bin| bin.observed.interval.is_some()) {
        entries.push(entry(Sign::Bar(whisker(sheet)), "95 % interval"));
    }
    entries.push(entry(Sign::Line(sheet.dashed()), "predicted = observed"));
    vec![entries]
}
