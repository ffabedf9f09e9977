//! One number of each text against another: scores against human labels with a fitted line, or the
//! scores of two models against each other.

use crate::axes::{Axes, Axis, Frame, Marks, Shape};
use crate::estimate::{counted, not_drawn, p_words};
use crate::legend::{Entry, Sign, with_key};
use crate::marker::{self, Look, Markers};
use crate::sheet::{Plotted, Sheet, Words};
use crate::svg::{Canvas, Stroke, clean};
use crate::{Estimate, Figure, FigureError, Range, Style};

/// One text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegressionPoint {
    /// Horizontal coordinate.
    pub x: f64,
    /// Vertical coordinate, upwards.
    pub y: f64,
    /// Whether it is of the second class (diamond) rather than the first (circle).
    pub second: bool,
}

/// One place of the fitted line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FitPoint {
    /// Horizontal coordinate.
    pub x: f64,
    /// The fit there.
    pub y: f64,
    /// The fit's interval there.
    pub band: Option<Range>,
}

/// A line through the points.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// "least squares, 95 % band".
    pub label: String,
    /// Places in ascending order of x: two make a line, a band wants some thirty.
    pub points: Vec<FitPoint>,
}

/// A correlation to state above the plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Correlation {
    /// "r", "ρ", "τ".
    pub name: String,
    /// Its value.
    pub value: Estimate,
    /// Its p-value.
    pub p: Option<f64>,
}

/// What a regression scatter shows.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressionScatterData {
    /// What is compared: "Score and human label".
    pub title: String,
    /// "toy-llama, layer 4 (z)".
    pub x_label: String,
    /// "Human score".
    pub y_label: String,
    /// The texts.
    pub points: Vec<RegressionPoint>,
    /// What the two classes are called; both are drawn alike, and not named, when absent.
    pub classes: Option<[String; 2]>,
    /// A fitted line.
    pub fit: Option<Fit>,
    /// Stated above the plot with the number of texts.
    pub correlations: Vec<Correlation>,
    /// A line at this x: a model's own threshold.
    pub x_threshold: Option<f64>,
    /// A line at this y.
    pub y_threshold: Option<f64>,
    /// Whether both axes count in one unit and so have one scale.
    pub one_scale: bool,
    /// Sentences to add to the caption.
    pub notes: Vec<String>,
    /// What the data rest on, in one line.
    pub provenance: String,
}

/// Height over width of the plot where the paper leaves it open.
const SHAPE: f64 = 0.75;
const SHAPE_WIDE: f64 = 0.55;

/// Draws the scatter.
///
/// # Errors
/// [`FigureError::Empty`], [`FigureError::NothingFinite`], [`FigureError::NotFinite`] (correlation,
/// fit or threshold) and [`FigureError::Range`].
pub fn draw(data: &RegressionScatterData, style: &Style) -> Result<Figure, FigureError> {
    let sheet = Sheet::new(style)?;
    let points = finite(data)?;
    let mut notes = data.notes.clone();
    let lost = data.points.len() - points.len();
    notes.extend(not_drawn(lost, ["text", "texts"], "the coordinates"));
    let aside = aside(data, points.len());
    let words = Words::new(&data.title, &aside, notes, &data.provenance);
    let (x, y) = ranges(data, &points)?;
    sheet.figure(words, |canvas, area| {
        with_key(&sheet, key(&sheet, data), canvas, area, |canvas, area| {
            let shape = if sheet.sizes.legend_beside { SHAPE_WIDE } else { SHAPE };
            let axes = Axes {
                sheet: &sheet,
                x: Axis { label: &data.x_label, range: x, marks: Marks::Numbers },
                y: Axis { label: &data.y_label, range: y, marks: Marks::Numbers },
                shape: if data.one_scale { Shape::OneScale } else { Shape::Open(shape) },
                above: sheet.sizes.tick_label * 0.5,
                right: sheet.sizes.margin,
                below: 0.0,
            };
            let frame = axes.frame(area)?;
            draw_thresholds(&sheet, data, &frame, canvas);
            if let Some(fit) = &data.fit {
                draw_fit(&sheet, fit, &frame, canvas);
            }
            let radius = marker::radius(sheet.sizes.label, points.len());
            let mut markers = Markers::new("m", radius, sheet.colours.paper);
            // a fixed shuffle: in the order of the file, the last class would cover the other
            let mut order: Vec<(usize, &RegressionPoint)> = points.iter().enumerate().collect();
            order.sort_by_key(|(index, _)| (*index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            for (_, point) in order {
                let (x, y) = frame.at(point.x, point.y);
                markers.draw(canvas, x, y, look(&sheet, data.classes.is_some() && point.second));
            }
            axes.draw(&frame, canvas);
            Ok(Plotted { height: frame.bottom - area.y, note: None })
        })
    })
}

fn finite(data: &RegressionScatterData) -> Result<Vec<RegressionPoint>, FigureError> {
    if data.points.is_empty() {
        return Err(FigureError::Empty);
    }
    if !data.correlations.iter().all(|c| c.value.is_finite() && c.p.is_none_or(f64::is_finite)) {
        return Err(FigureError::NotFinite { what: "correlation" });
    }
    let in_band =
        |band: Option<Range>| band.is_none_or(|band| band.low.is_finite() && band.high.is_finite());
    let sound = |p: &FitPoint| p.x.is_finite() && p.y.is_finite() && in_band(p.band);
    if !data.fit.iter().flat_map(|fit| &fit.points).all(sound) {
        return Err(FigureError::NotFinite { what: "fitted line" });
    }
    if ![data.x_threshold, data.y_threshold].into_iter().flatten().all(f64::is_finite) {
        return Err(FigureError::NotFinite { what: "threshold" });
    }
    let finite = |p: &&RegressionPoint| p.x.is_finite() && p.y.is_finite();
    let points: Vec<RegressionPoint> = data.points.iter().filter(finite).copied().collect();
    if points.is_empty() {
        return Err(FigureError::NothingFinite { count: data.points.len() });
    }
    Ok(points)
}

/// Around all points and thresholds, and around the fit, but not around its band: that widens
/// without end beyond the points.
fn ranges(
    data: &RegressionScatterData,
    points: &[RegressionPoint],
) -> Result<(Range, Range), FigureError> {
    let fit = || data.fit.iter().flat_map(|fit| &fit.points);
    let x = points.iter().map(|p| p.x).chain(data.x_threshold).chain(fit().map(|p| p.x));
    let y = points.iter().map(|p| p.y).chain(data.y_threshold).chain(fit().map(|p| p.y));
    Ok((Range::around(x).checked("horizontal")?, Range::around(y).checked("vertical")?))
}

/// "r = 0.71 [0.40, 0.88], p = 0.009, n = 12 texts".
fn aside(data: &RegressionScatterData, count: usize) -> String {
    let mut parts: Vec<String> = Vec::new();
    for Correlation { name, value, p } in &data.correlations {
        parts.push(format!("{} = {}", clean(name), value.words(2)));
        parts.extend(p.map(p_words));
    }
    parts.push(format!("n = {}", counted(count, "text", "texts")));
    parts.join(", ")
}

fn look(sheet: &Sheet<'_>, second: bool) -> Look {
    let colour = sheet.colours.category(usize::from(second));
    Look::filled(marker::side_shape(!second), colour)
}

fn fit_stroke(sheet: &Sheet<'_>) -> Stroke {
    Stroke::solid(sheet.colours.ink, sheet.sizes.data_line)
}

fn draw_thresholds(
    sheet: &Sheet<'_>,
    data: &RegressionScatterData,
    frame: &Frame,
    canvas: &mut Canvas,
) {
    if let Some(x) = data.x_threshold.map(|x| frame.at_x(x)) {
        canvas.line((x, frame.top), (x, frame.foot()), &sheet.dashed());
    }
    if let Some(y) = data.y_threshold.map(|y| frame.at_y(y)) {
        canvas.line((frame.left, y), (frame.right(), y), &sheet.dashed());
    }
}

/// The band, cut at the frame's upper and lower edge, and the line upon it.
fn draw_fit(sheet: &Sheet<'_>, fit: &Fit, frame: &Frame, canvas: &mut Canvas) {
    let inside = |x: f64, y: f64| {
        let (x, y) = frame.at(x, y);
        (x, y.clamp(frame.top, frame.foot()))
    };
    let bands: Vec<(f64, Range)> = fit.points.iter().filter_map(|p| Some((p.x, p.band?))).collect();
    let mut outline: Vec<(f64, f64)> =
        bands.iter().map(|(x, band)| inside(*x, band.high)).collect();
    outline.extend(bands.iter().rev().map(|(x, band)| inside(*x, band.low)));
    canvas.polygon(&outline, sheet.colours.grid);
    let line: Vec<(f64, f64)> = fit.points.iter().map(|p| frame.at(p.x, p.y)).collect();
    canvas.polyline(&line, &fit_stroke(sheet));
}

fn key(sheet: &Sheet<'_>, data: &RegressionScatterData) -> Vec<Vec<Entry>> {
    let mut entries = Vec::new();
    for (label, second) in data.classes.iter().flatten().zip([false, true]) {
        let sign = Sign::Point(look(sheet, second));
        entries.push(Entry { sign, label: clean(label) });
    }
    if let Some(fit) = &data.fit {
        entries.push(Entry { sign: Sign::Line(fit_stroke(sheet)), label: clean(&fit.label) });
    }
    if data.x_threshold.or(data.y_threshold).is_some() {
        let both = data.x_threshold.is_some() && data.y_threshold.is_some();
        let label = if both { "thresholds" } else { "threshold" }.to_owned();
        entries.push(Entry { sign: Sign::Line(sheet.dashed()), label });
    }
    vec![entries]
}
