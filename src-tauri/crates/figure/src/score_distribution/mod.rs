//! How the scores of the two sides lie: every text as a point, a line for every pair, and the
//! density of each side beside its points.

mod density;
mod swarm;

use crate::axes::{Axes, Axis, Frame, Marks, Shape};
use crate::colours::Colour;
use crate::estimate::{counted, not_drawn, tested_on};
use crate::legend::{Entry, Sign, with_key_above};
use crate::marker::{self, Look, Markers};
use crate::names::NameRow;
use crate::sheet::{Plotted, Sheet, Words};
use crate::svg::{Canvas, Line, Stroke};
use crate::{Estimate, Figure, FigureError, Range, Style};

/// The scores of one pair's two texts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairScores {
    /// Of the positive text.
    pub positive: f64,
    /// Of the negative text.
    pub negative: f64,
}

/// What a score distribution shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreDistributionData {
    /// Model and layer: "toy-llama, layer 4".
    pub title: String,
    /// "Score (z)".
    pub y_label: String,
    /// What the positive and the negative side are called.
    pub side_labels: [String; 2],
    /// The test pairs.
    pub pairs: Vec<PairScores>,
    /// The score above which a text counts as positive: 0 for z-scores.
    pub threshold: f64,
    /// How well the scores tell the sides apart.
    pub auroc: Estimate,
    /// Sentences to add to the caption.
    pub notes: Vec<String>,
    /// What the data rest on, in one line.
    pub provenance: String,
}

/// Height over width of the plot where the paper leaves it open.
const SHAPE: f64 = 0.72;
const SHAPE_WIDE: f64 = 0.42;

/// Lines drawn at most: more would be a grey area, and as many elements to print.
const MOST_LINES: usize = 300;

/// Where the points of each side stand along (negative left, so that a line that rises is a pair in
/// order), and how far they may spread.
const NEGATIVE: f64 = 0.36;
const POSITIVE: f64 = 0.64;
const SPREAD: f64 = 0.055;

/// Draws the distribution.
///
/// # Errors
/// [`FigureError::Empty`], [`FigureError::NothingFinite`], [`FigureError::NotFinite`] (AUROC or
/// threshold) and [`FigureError::Range`].
pub fn draw(data: &ScoreDistributionData, style: &Style) -> Result<Figure, FigureError> {
    let sheet = Sheet::new(style)?;
    let pairs = finite(data)?;
    let mut notes = data.notes.clone();
    let lost = data.pairs.len() - pairs.len();
    notes.extend(not_drawn(lost, ["pair", "pairs"], "the scores"));
    let (lines, left_out) = chosen_lines(&pairs);
    if left_out > 0 {
        notes.push(format!(
            "Lines join {} of {}: every pair in the wrong order that there is room for, the others \
             evenly through the list.",
            lines.len(),
            counted(pairs.len(), "pair", "pairs"),
        ));
    }
    let aside = format!("AUROC {}, {}", data.auroc.words(3), tested_on(pairs.len()));
    let words = Words::new(&data.title, &aside, notes, &data.provenance);
    sheet.figure(words, |canvas, area| {
        let wrong = pairs.iter().filter(|pair| !in_order(pair)).count();
        let groups = vec![key(&sheet, pairs.len(), wrong)];
        with_key_above(&sheet, groups, canvas, area, |canvas, area| {
            let [positive, negative] = &data.side_labels;
            let sides = [negative.clone(), positive.clone()];
            let names = NameRow::new(&sheet, &sides, area.width * 0.4, area.width * 0.2);
            let values = pairs.iter().flat_map(|pair| [pair.positive, pair.negative]);
            let axes = Axes {
                sheet: &sheet,
                x: Axis { label: "", range: Range { low: 0.0, high: 1.0 }, marks: Marks::None },
                y: Axis {
                    label: &data.y_label,
                    range: Range::around(values.chain([data.threshold])).checked("vertical")?,
                    marks: Marks::Numbers,
                },
                shape: Shape::Open(if sheet.sizes.legend_beside { SHAPE_WIDE } else { SHAPE }),
                above: sheet.sizes.tick_label * 0.5,
                right: sheet.sizes.margin,
                below: names.height() + sheet.sizes.tick_label * 0.5,
            };
            let frame = axes.frame(area)?;
            draw_densities(&sheet, &pairs, &frame, canvas);
            let threshold = frame.at_y(data.threshold);
            let ends = ((frame.left, threshold), (frame.right(), threshold));
            canvas.line(ends.0, ends.1, &sheet.dashed());
            draw_points(&sheet, &pairs, &lines, &frame, canvas);
            axes.draw(&frame, canvas);
            let centres = [frame.at_x(0.25), frame.at_x(0.75)];
            names.draw_below(canvas, &sheet, &centres, frame.foot() + sheet.sizes.tick_label * 0.4);
            Ok(Plotted { height: frame.bottom - area.y, note: None })
        })
    })
}

fn finite(data: &ScoreDistributionData) -> Result<Vec<PairScores>, FigureError> {
    if data.pairs.is_empty() {
        return Err(FigureError::Empty);
    }
    if !data.auroc.is_finite() {
        return Err(FigureError::NotFinite { what: "AUROC" });
    }
    if !data.threshold.is_finite() {
        return Err(FigureError::NotFinite { what: "threshold" });
    }
    let finite = |pair: &&PairScores| pair.positive.is_finite() && pair.negative.is_finite();
    let pairs: Vec<PairScores> = data.pairs.iter().filter(finite).copied().collect();
    if pairs.is_empty() {
        return Err(FigureError::NothingFinite { count: data.pairs.len() });
    }
    Ok(pairs)
}

/// Whether the positive text scores higher.
fn in_order(pair: &PairScores) -> bool {
    pair.positive > pair.negative
}

/// Which pairs get a line, those in order first, and how many get none.
fn chosen_lines(pairs: &[PairScores]) -> (Vec<usize>, usize) {
    let evenly = |of: &[usize], most: usize| -> Vec<usize> {
        let every = of.len().div_ceil(most.max(1)).max(1);
        if most == 0 { Vec::new() } else { of.iter().step_by(every).copied().collect() }
    };
    let (right, wrong): (Vec<usize>, Vec<usize>) =
        (0..pairs.len()).partition(|&index| pairs.get(index).is_some_and(in_order));
    // a third of the lines at least shows what is in order
    let wrong = evenly(&wrong, MOST_LINES - (MOST_LINES / 3).min(right.len()));
    let mut lines = evenly(&right, MOST_LINES - wrong.len());
    lines.extend(wrong);
    let left_out = pairs.len() - lines.len();
    (lines, left_out)
}

fn side_colour(sheet: &Sheet<'_>, positive: bool) -> Colour {
    sheet.colours.category(usize::from(!positive))
}

/// Lines stand back behind the points, the more of them the further.
fn line_stroke(sheet: &Sheet<'_>, pairs: usize, right: bool) -> Stroke {
    if !right {
        let width = if pairs > 150 { 0.8 } else { 1.2 };
        return Stroke::solid(sheet.colours.ink, sheet.sizes.axis_line * width);
    }
    let share = if pairs > 150 { 0.75 } else { 0.55 };
    let colour = sheet.colours.muted.mix(sheet.colours.paper, share);
    Stroke::solid(colour, sheet.sizes.axis_line)
}

fn key(sheet: &Sheet<'_>, pairs: usize, wrong: usize) -> Vec<Entry> {
    let line = |stroke, label: String| Entry { sign: Sign::Line(stroke), label };
    let right = Stroke::solid(sheet.colours.muted.mix(sheet.colours.paper, 0.4), 0.5);
    let mut entries = vec![line(right, "same pair".to_owned())];
    if wrong > 0 {
        let label = format!("pair in the wrong order ({wrong})");
        entries.push(line(line_stroke(sheet, pairs, false), label));
    }
    entries.push(line(sheet.dashed(), "threshold".to_owned()));
    entries
}

/// The density of each side, outwards of its points, both to one scale.
fn draw_densities(sheet: &Sheet<'_>, pairs: &[PairScores], frame: &Frame, canvas: &mut Canvas) {
    let side = |positive: bool| -> Vec<f64> {
        pairs.iter().map(|pair| if positive { pair.positive } else { pair.negative }).collect()
    };
    let curves = [
        (false, density::curve(&side(false), frame.y)),
        (true, density::curve(&side(true), frame.y)),
    ];
    let highest = curves
        .iter()
        .flat_map(|(_, curve)| curve)
        .map(|&(_, density)| density)
        .fold(f64::MIN_POSITIVE, f64::max);
    for (positive, curve) in curves {
        let (root, reach) = if positive {
            (POSITIVE + SPREAD * 1.4, 0.97 - POSITIVE - SPREAD * 1.4)
        } else {
            (NEGATIVE - SPREAD * 1.4, -(NEGATIVE - SPREAD * 1.4 - 0.03))
        };
        let outline: Vec<(f64, f64)> = curve
            .iter()
            .map(|&(value, density)| frame.at(root + reach * density / highest, value))
            .collect();
        let mut area = outline.clone();
        area.extend(
            [curve.last(), curve.first()].into_iter().flatten().map(|p| frame.at(root, p.0)),
        );
        let colour = side_colour(sheet, positive);
        canvas.polygon(&area, colour.mix(sheet.colours.paper, 0.8));
        canvas.polyline(&outline, &Stroke::solid(colour, sheet.sizes.axis_line * 1.4));
    }
}

fn draw_points(
    sheet: &Sheet<'_>,
    pairs: &[PairScores],
    lines: &[usize],
    frame: &Frame,
    canvas: &mut Canvas,
) {
    let radius = marker::radius(sheet.sizes.label, pairs.len() * 2);
    let room = SPREAD * frame.width;
    let places = |positive: bool| -> Vec<(f64, f64)> {
        let centre = frame.at_x(if positive { POSITIVE } else { NEGATIVE });
        let heights: Vec<f64> = pairs
            .iter()
            .map(|pair| frame.at_y(if positive { pair.positive } else { pair.negative }))
            .collect();
        let asides = swarm::asides(&heights, radius * 1.9, room);
        asides.iter().zip(heights).map(|(aside, y)| (centre + aside, y)).collect()
    };
    let (positive, negative) = (places(true), places(false));
    for right in [true, false] {
        let joined: Vec<Line> = lines
            .iter()
            .filter(|&&index| pairs.get(index).is_some_and(in_order) == right)
            .filter_map(|&index| Some((*negative.get(index)?, *positive.get(index)?)))
            .collect();
        canvas.lines(&joined, &line_stroke(sheet, pairs.len(), right));
    }
    let mut markers = Markers::new("m", radius, sheet.colours.paper);
    for (is_positive, places) in [(false, negative), (true, positive)] {
        let shape = marker::side_shape(is_positive);
        let colour = side_colour(sheet, is_positive);
        let look = Look::filled(shape, colour);
        for (x, y) in places {
            markers.draw(canvas, x, y, look);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_pairs_all_get_a_line_and_many_keep_those_in_the_wrong_order() {
        let pair =
            |wrong: bool| PairScores { positive: if wrong { -1.0 } else { 1.0 }, negative: 0.0 };
        let lines = |count: usize, wrong: usize| {
            let pairs: Vec<PairScores> = (0..count).map(|index| pair(index < wrong)).collect();
            let (lines, left_out) = chosen_lines(&pairs);
            assert_eq!(lines.len() + left_out, count);
            assert!(lines.len() <= MOST_LINES);
            (lines.len(), lines.iter().filter(|&&index| index < wrong).count())
        };
        assert_eq!(lines(15, 2), (15, 2));
        assert_eq!(lines(300, 0), (300, 0));
        let (all, wrong) = lines(5_000, 40);
        assert!(all > 200 && wrong == 40);
        let (all, wrong) = lines(5_000, 4_000);
        assert!(all > 200 && (100..=200).contains(&wrong), "{all} {wrong}");
        assert_eq!(lines(400, 400).0, 200);
    }
}
