//! How well the two sides are told apart at each layer, for one model or several.

mod curves;
mod ground;
mod labels;

use crate::estimate::{not_drawn, tested_on};
use crate::legend::{Entry, Sign, with_key_above};
use crate::marker::{Look, Shape, model_look};
use crate::sheet::{Plotted, Sheet, Words};
use crate::svg::{Stroke, clean};
use crate::{Figure, FigureError, Style};

/// One layer of one model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerPoint {
    /// 0 is the embedding output.
    pub layer: u32,
    /// The measured value.
    pub value: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
}

/// One model's sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelSweep {
    /// Its name.
    pub name: String,
    /// Layers in ascending order. Where one is missing between its neighbours, the line is broken.
    pub points: Vec<LayerPoint>,
    /// The layer chosen on the training pairs, marked by a ring.
    pub chosen_layer: Option<u32>,
}

/// What the best surface baseline reaches (words, punctuation, length): a line across all layers,
/// because it knows no layers.
#[derive(Debug, Clone, PartialEq)]
pub struct Ceiling {
    /// "surface ceiling (bag of words)".
    pub label: String,
    /// Its value in the unit of the vertical axis.
    pub value: f64,
}

/// What random directions reach at one layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RandomLayer {
    /// The layer.
    pub layer: u32,
    /// Lower end of the band.
    pub low: f64,
    /// Upper end of the band.
    pub high: f64,
}

/// What random directions reach, layer by layer.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomBand {
    /// "random directions (95 %)".
    pub label: String,
    /// Layers in ascending order; the band is broken where one is missing.
    pub layers: Vec<RandomLayer>,
}

/// What a layer sweep shows.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerSweepData {
    /// What was swept: "Mean difference by layer".
    pub title: String,
    /// "AUROC (test)".
    pub y_label: String,
    /// The models; a model keeps the colour of its place in this list.
    pub models: Vec<ModelSweep>,
    /// A layer to mark by an upright line.
    pub marked_layer: Option<u32>,
    /// What the texts' surface alone reaches.
    pub ceiling: Option<Ceiling>,
    /// What random directions reach.
    pub random: Option<RandomBand>,
    /// Pairs that the values were measured on.
    pub test_pairs: usize,
    /// Sentences to add to the caption.
    pub notes: Vec<String>,
    /// What the data rest on, in one line.
    pub provenance: String,
}

/// The value that guessing reaches.
const CHANCE: f64 = 0.5;

/// Draws the sweep: a line per model with its intervals, named at its right end.
///
/// # Errors
/// [`FigureError::Empty`], [`FigureError::NothingFinite`], [`FigureError::NotFinite`] (the ceiling)
/// and [`FigureError::Range`].
pub fn draw(data: &LayerSweepData, style: &Style) -> Result<Figure, FigureError> {
    let sheet = Sheet::new(style)?;
    let (models, lost_values) = finite(data)?;
    let (data, lost_layers) = &ground::finite(data)?;
    let lost = lost_values + lost_layers;
    let mut notes = data.notes.clone();
    notes.extend(not_drawn(lost, ["layer", "layers"], "the values"));
    let aside = tested_on(data.test_pairs);
    let words = Words::new(&data.title, &aside, notes, &data.provenance);
    sheet.figure(words, |canvas, area| {
        let groups = vec![key(&sheet, data, &models)];
        with_key_above(&sheet, groups, canvas, area, |canvas, area| {
            let names = labels::names(&sheet, data, &models, area.width);
            let axes = ground::axes(&sheet, data, &models, labels::width(&names));
            let frame = axes.frame(area)?;
            ground::draw(&sheet, data, &frame, canvas);
            axes.draw(&frame, canvas);
            curves::draw(&sheet, &models, &frame, canvas);
            labels::draw(&sheet, names, &frame, canvas);
            Ok(Plotted { height: frame.bottom - area.y, note: None })
        })
    })
}

/// The models with what can be drawn of them, and how many layers cannot.
fn finite(data: &LayerSweepData) -> Result<(Vec<ModelSweep>, usize), FigureError> {
    let count: usize = data.models.iter().map(|model| model.points.len()).sum();
    if count == 0 {
        return Err(FigureError::Empty);
    }
    let mut models = data.models.clone();
    for model in &mut models {
        model.points.retain(|p| p.value.is_finite() && p.low.is_finite() && p.high.is_finite());
    }
    let left: usize = models.iter().map(|model| model.points.len()).sum();
    if left == 0 {
        return Err(FigureError::NothingFinite { count });
    }
    Ok((models, count - left))
}

/// Look of a model's points: shape and colour both tell models apart.
fn look(sheet: &Sheet<'_>, model: usize) -> Look {
    model_look(&sheet.colours, model)
}

/// Stroke of an interval: stands back behind the line of its model.
fn interval(sheet: &Sheet<'_>, model: usize) -> Stroke {
    let colour = look(sheet, model).colour.mix(sheet.colours.paper, 0.45);
    Stroke::solid(colour, sheet.sizes.data_line * 0.9)
}

/// Runs of layers at their own distance: a line across a missing layer would invent a value.
fn runs<T>(points: &[T], layer: impl Fn(&T) -> u32 + Copy) -> impl Iterator<Item = &[T]> {
    let gap = move |a: &T, b: &T| layer(b).saturating_sub(layer(a));
    let gaps = points.iter().zip(points.iter().skip(1)).map(|(a, b)| gap(a, b));
    let step = gaps.min().unwrap_or(1);
    points.chunk_by(move |a, b| gap(a, b) <= step)
}

fn key(sheet: &Sheet<'_>, data: &LayerSweepData, models: &[ModelSweep]) -> Vec<Entry> {
    let muted = sheet.colours.muted;
    let mut entries = vec![Entry {
        sign: Sign::Bar(Stroke { colour: muted, ..interval(sheet, 0) }),
        label: "95 % interval".to_owned(),
    }];
    if models.iter().any(|model| model.chosen_layer.is_some()) {
        let ring = Some(sheet.colours.ink);
        let look = Look { ring, ..Look::filled(Shape::Circle, muted) };
        let label = "chosen on the training pairs".to_owned();
        entries.push(Entry { sign: Sign::Point(look), label });
    }
    if let Some(Ceiling { label, .. }) = &data.ceiling {
        let sign = Sign::Line(ground::ceiling_stroke(sheet));
        entries.push(Entry { sign, label: clean(label) });
    }
    if let Some(RandomBand { label, .. }) = &data.random {
        let sign = Sign::Patch(ground::band_fill(sheet));
        entries.push(Entry { sign, label: clean(label) });
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_where_a_layer_is_missing() {
        let lengths = |layers: &[u32]| runs(layers, |l| *l).map(<[_]>::len).collect::<Vec<_>>();
        assert_eq!(lengths(&[0, 1, 2, 4, 5]), [3, 2]);
        assert_eq!(lengths(&[0, 8, 16, 24]), [4], "every eighth layer was asked for");
        assert_eq!(lengths(&[0, 8, 24]), [2, 1]);
        assert_eq!(lengths(&[3]), [1]);
        assert!(lengths(&[]).is_empty());
    }
}
