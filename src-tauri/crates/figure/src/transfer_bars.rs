//! How well a direction carried over from one model does in another, beside the other model's own
//! direction and beside what chance would carry.

use crate::axes::{Axes, Axis, Frame, Marks, Shape};
use crate::colours::Colour;
use crate::estimate::tested_on;
use crate::font::Weight;
use crate::legend::{Entry, Sign, with_key_above};
use crate::names::NameRow;
use crate::sheet::{Plotted, Sheet, Words};
use crate::svg::{Anchor, Canvas, Stroke, TextStyle, clean};
use crate::{Estimate, Figure, FigureError, Range, Style};

/// What a control reaches: the middle of its draws and the range of most of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ControlBand {
    /// Mean of the draws.
    pub mean: f64,
    /// The range.
    pub range: Range,
}

/// One direction.
#[derive(Debug, Clone, PartialEq)]
pub struct TransferBar {
    /// "native", "Procrustes", "ridge", "CCA".
    pub name: String,
    /// How well it does.
    pub value: Estimate,
    /// The map fitted on shuffled texts.
    pub shuffled: Option<ControlBand>,
    /// A random direction, carried the same way.
    pub random: Option<ControlBand>,
}

/// The directions that were tried in one model.
#[derive(Debug, Clone, PartialEq)]
pub struct TransferGroup {
    /// "toy-llama to toy-gpt2".
    pub name: String,
    /// The directions; those of one name have one colour in all groups.
    pub bars: Vec<TransferBar>,
}

/// What transfer bars show.
#[derive(Debug, Clone, PartialEq)]
pub struct TransferBarsData {
    /// "Carried directions".
    pub title: String,
    /// "AUROC (test)".
    pub y_label: String,
    /// The groups, from the left.
    pub groups: Vec<TransferGroup>,
    /// What guessing reaches: the bars stand on it.
    pub chance: f64,
    /// The best that there is: 1 for AUROC and cosine.
    pub best: f64,
    /// Pairs that the values were measured on.
    pub test_pairs: usize,
    /// Sentences to add to the caption.
    pub notes: Vec<String>,
    /// What the data rest on, in one line.
    pub provenance: String,
}

/// Height over width of the plot where the paper leaves it open.
const SHAPE: f64 = 0.55;
const SHAPE_WIDE: f64 = 0.38;

/// Free columns between groups.
const BETWEEN: f64 = 0.7;

/// Draws the bars. Each is followed by its controls: a filled patch for shuffled texts, a hollow one
/// for random directions, with a line at the mean.
///
/// # Errors
/// [`FigureError::Empty`], [`FigureError::NotFinite`] and [`FigureError::Range`].
pub fn draw(data: &TransferBarsData, style: &Style) -> Result<Figure, FigureError> {
    let sheet = Sheet::new(style)?;
    check(data)?;
    let aside = tested_on(data.test_pairs);
    let words = Words::new(&data.title, &aside, data.notes.clone(), &data.provenance);
    sheet.figure(words, |canvas, area| {
        let sizes = &sheet.sizes;
        with_key_above(&sheet, vec![key(&sheet, data)], canvas, area, |canvas, area| {
            let places = places(data);
            let columns = places.iter().map(|(_, end)| *end).fold(0.0, f64::max);
            let bars: Vec<String> = data
                .groups
                .iter()
                .flat_map(|group| group.bars.iter().map(|bar| bar.name.clone()))
                .collect();
            // the numbers at the left are not known yet: a tenth of the width is theirs
            let column = area.width * 0.9 / columns.max(1.0);
            let most = area.height.map_or(area.width * 0.2, |height| height * 0.25);
            let names = NameRow::new(&sheet, &bars, column, most);
            let group_line = sizes.label * 1.5;
            let axes = Axes {
                sheet: &sheet,
                x: Axis { label: "", range: Range { low: 0.0, high: columns }, marks: Marks::None },
                y: Axis { label: &data.y_label, range: values(data), marks: Marks::Numbers },
                shape: Shape::Open(if sizes.legend_beside { SHAPE_WIDE } else { SHAPE }),
                above: sizes.tick_label * 0.5,
                right: sizes.margin,
                below: names.height() + group_line + sizes.tick_label * 0.6,
            };
            let frame = axes.frame(area)?;
            let names_of_bars = bar_names(data);
            for (group, (start, _)) in data.groups.iter().zip(&places) {
                for (index, bar) in group.bars.iter().enumerate() {
                    let colour = bar_colour(&sheet, &names_of_bars, &bar.name);
                    let left = start + index as f64;
                    draw_bar(&sheet, data, bar, colour, left, &frame, canvas);
                }
            }
            let chance = frame.at_y(data.chance);
            let ends = ((frame.left, chance), (frame.right(), chance));
            canvas.line(ends.0, ends.1, &chance_stroke(&sheet));
            axes.draw(&frame, canvas);
            let centres: Vec<f64> = data
                .groups
                .iter()
                .zip(&places)
                .flat_map(|(group, (start, _))| {
                    (0..group.bars.len()).map(move |index| start + index as f64 + 0.5)
                })
                .map(|centre| frame.at_x(centre))
                .collect();
            let below = frame.foot() + sizes.tick_label * 0.4;
            names.draw_below(canvas, &sheet, &centres, below);
            for (group, (start, end)) in data.groups.iter().zip(&places) {
                let room = (frame.at_x(*end) - frame.at_x(*start)) * 1.1;
                let style =
                    TextStyle { weight: Weight::SemiBold, ..sheet.label_style(Anchor::Middle) };
                let name = sheet.fonts.shorten(&clean(&group.name), style.size, style.weight, room);
                let centre = frame.at_x((start + end) / 2.0);
                canvas.text(centre, below + names.height() + sizes.label * 1.15, &name, &style);
            }
            Ok(Plotted { height: frame.bottom - area.y, note: None })
        })
    })
}

fn check(data: &TransferBarsData) -> Result<(), FigureError> {
    if data.groups.iter().all(|group| group.bars.is_empty()) {
        return Err(FigureError::Empty);
    }
    let sound = |band: &Option<ControlBand>| {
        band.is_none_or(|band| {
            [band.mean, band.range.low, band.range.high].iter().all(|v| v.is_finite())
        })
    };
    for bar in data.groups.iter().flat_map(|group| &group.bars) {
        if !bar.value.is_finite() {
            return Err(FigureError::NotFinite { what: "value of a bar" });
        }
        if !(sound(&bar.shuffled) && sound(&bar.random)) {
            return Err(FigureError::NotFinite { what: "control of a bar" });
        }
    }
    if !(data.chance.is_finite() && data.best.is_finite()) {
        return Err(FigureError::NotFinite { what: "value of chance or of the best" });
    }
    values(data).checked("vertical").map(|_| ())
}

/// From the lowest number drawn to the best there is.
fn values(data: &TransferBarsData) -> Range {
    let bars = data.groups.iter().flat_map(|group| &group.bars);
    let controls = |bar: &TransferBar| {
        [bar.shuffled, bar.random]
            .into_iter()
            .flatten()
            .flat_map(|band| [band.range.low, band.range.high])
    };
    let (low, high) = bars
        .flat_map(|bar| bar.value.ends().chain(controls(bar)).collect::<Vec<f64>>())
        .chain([data.chance, data.best])
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let pad = (high - low) * 0.05;
    Range { low: low - pad, high: high + pad * 0.4 }
}

/// Where each group begins and ends along, in columns.
fn places(data: &TransferBarsData) -> Vec<(f64, f64)> {
    let mut start = BETWEEN / 2.0;
    data.groups
        .iter()
        .map(|group| {
            let end = start + group.bars.len().max(1) as f64;
            let place = (start, end);
            start = end + BETWEEN;
            place
        })
        .collect()
}

/// The names of all bars, each once, in order of appearance.
fn bar_names(data: &TransferBarsData) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for bar in data.groups.iter().flat_map(|group| &group.bars) {
        if !names.contains(&bar.name.as_str()) {
            names.push(&bar.name);
        }
    }
    names
}

fn bar_colour(sheet: &Sheet<'_>, names: &[&str], name: &str) -> Colour {
    let index = names.iter().position(|other| *other == name).unwrap_or(0);
    sheet.colours.category(index % sheet.colours.distinct().max(1))
}

fn chance_stroke(sheet: &Sheet<'_>) -> Stroke {
    Stroke { colour: sheet.colours.ink, ..sheet.dashed() }
}

fn control_edge(sheet: &Sheet<'_>) -> Stroke {
    Stroke::solid(sheet.colours.muted, sheet.sizes.axis_line)
}

fn shuffled_fill(sheet: &Sheet<'_>) -> Colour {
    sheet.colours.muted.mix(sheet.colours.paper, 0.55)
}

fn key(sheet: &Sheet<'_>, data: &TransferBarsData) -> Vec<Entry> {
    let bars = || data.groups.iter().flat_map(|group| &group.bars);
    let entry = |sign, label: &str| Entry { sign, label: label.to_owned() };
    let mut entries = Vec::new();
    if bars().any(|bar| bar.value.interval.is_some()) {
        let whisker = Stroke::solid(sheet.colours.ink, sheet.sizes.data_line);
        entries.push(entry(Sign::Bar(whisker), "95 % interval"));
    }
    if bars().any(|bar| bar.shuffled.is_some()) {
        entries.push(entry(Sign::Patch(shuffled_fill(sheet)), "fitted on shuffled texts"));
    }
    if bars().any(|bar| bar.random.is_some()) {
        entries.push(entry(Sign::Frame(control_edge(sheet)), "random direction"));
    }
    entries.push(entry(Sign::Line(chance_stroke(sheet)), "chance"));
    entries
}

/// One bar with its whisker and, at its right, its controls.
fn draw_bar(
    sheet: &Sheet<'_>,
    data: &TransferBarsData,
    bar: &TransferBar,
    colour: Colour,
    left: f64,
    frame: &Frame,
    canvas: &mut Canvas,
) {
    let controls = [bar.shuffled, bar.random];
    let count = controls.iter().flatten().count() as f64;
    // bar and controls stand around the middle of their column
    let (wide, narrow) = (0.46, 0.15);
    let first = left + (1.0 - wide - narrow * count) / 2.0;
    let rectangle = |from: f64, width: f64, a: f64, b: f64| {
        let (high, low) = (frame.at_y(a.max(b)), frame.at_y(a.min(b)));
        [frame.at_x(from), high, width * frame.pitch(), low - high]
    };
    let body = rectangle(first, wide, bar.value.value, data.chance);
    let edge = Stroke::solid(colour, sheet.sizes.axis_line);
    canvas.rectangles(&[body], Some(colour.mix(sheet.colours.paper, 0.35)), Some(&edge));
    if let Some(interval) = bar.value.interval {
        let x = frame.at_x(first + wide / 2.0);
        let cap = wide * 0.18 * frame.pitch();
        let (high, low) = (frame.at_y(interval.high), frame.at_y(interval.low));
        let whisker = [
            ((x, high), (x, low)),
            ((x - cap, high), (x + cap, high)),
            ((x - cap, low), (x + cap, low)),
        ];
        canvas.lines(&whisker, &Stroke::solid(sheet.colours.ink, sheet.sizes.data_line * 0.8));
    }
    let mut from = first + wide;
    for (control, filled) in controls.into_iter().zip([true, false]) {
        let Some(control) = control else { continue };
        let (from_inset, width) = (from + narrow * 0.18, narrow * 0.82);
        let patch = rectangle(from_inset, width, control.range.low, control.range.high);
        let fill = filled.then(|| shuffled_fill(sheet));
        canvas.rectangles(&[patch], fill, Some(&control_edge(sheet)));
        let y = frame.at_y(control.mean);
        let ends = ((frame.at_x(from_inset), y), (frame.at_x(from_inset + width), y));
        canvas.line(ends.0, ends.1, &Stroke::solid(sheet.colours.ink, sheet.sizes.data_line * 0.8));
        from += narrow;
    }
}
