//! Every layer of one model against every layer of another: how alike they represent the texts,
//! with each model's own layer sweep along its side.

mod cells;
mod margins;

use crate::axes::{Axes, Axis, Frame, Marks, Shape};
use crate::legend::{Entry, Legend, Sign, key_markers, with_key_above};
use crate::ramp::{ColourBar, Ramp};
use crate::sheet::{Area, Plotted, Sheet, Words};
use crate::svg::{Canvas, Stroke, clean};
use crate::{Figure, FigureError, Range, Style};

/// One side of the map: a model, its layers and how well its probe does at each.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMapSide {
    /// The model's name.
    pub model: String,
    /// Its layers in ascending order.
    pub layers: Vec<u32>,
    /// The layer chosen on the training pairs, marked by a line across the map.
    pub chosen_layer: Option<u32>,
    /// A value for every layer, drawn along the map's side; none to leave that out.
    pub sweep: Option<Vec<f64>>,
}

/// What a heat map shows.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMapData {
    /// "Similarity of layers".
    pub title: String,
    /// What the colours are: "linear CKA (debiased)".
    pub measure: String,
    /// The model whose layers are the rows, the first at the bottom.
    pub rows: HeatMapSide,
    /// The model whose layers are the columns.
    pub columns: HeatMapSide,
    /// A value for every pair of layers: rows as [`HeatMapData::rows`] lists them, in each a value
    /// for every column. Not-a-number where nothing could be measured.
    pub values: Vec<Vec<f64>>,
    /// The numbers at the ends of the colours.
    pub scale: Range,
    /// What the sweeps are: "AUROC (test)".
    pub sweep_label: String,
    /// What the numbers were measured on: "n = 70 training texts".
    pub sample: String,
    /// Sentences to add to the caption.
    pub notes: Vec<String>,
    /// What the data rest on, in one line.
    pub provenance: String,
}

/// Draws the map.
///
/// # Errors
/// [`FigureError::Empty`], [`FigureError::Mismatch`] (values, sweeps and layers),
/// [`FigureError::NothingFinite`] and [`FigureError::Range`] (the scale).
pub fn draw(data: &HeatMapData, style: &Style) -> Result<Figure, FigureError> {
    let sheet = Sheet::new(style)?;
    check(data)?;
    let values = || data.values.iter().flatten();
    let missing = values().filter(|value| !value.is_finite()).count();
    let mut notes = data.notes.clone();
    if missing > 0 {
        let (cells, have) = if missing == 1 { ("cell", "has") } else { ("cells", "have") };
        notes.push(format!("{missing} {cells} {have} no value and no colour."));
    }
    let beyond = values().filter(|v| v.is_finite() && !data.scale.contains(**v)).count();
    if beyond > 0 {
        let (cells, have) = if beyond == 1 { ("cell", "has") } else { ("cells", "have") };
        notes.push(format!("{beyond} {cells} beyond the scale {have} the colour of its end."));
    }
    let words = Words::new(&data.title, &data.sample, notes, &data.provenance);
    let ramp = Ramp::sequential(&sheet.colours);
    let measure = clean(&data.measure);
    let bar = ColourBar { sheet: &sheet, ramp: &ramp, scale: data.scale, label: &measure };
    sheet.figure(words, |canvas, area| {
        let gap = sheet.sizes.gap;
        let groups = vec![key(&sheet, data)];
        if !sheet.sizes.legend_beside {
            return with_key_above(&sheet, groups, canvas, area, |canvas, area| {
                let below = bar.height() + gap * 1.5;
                let height = area.height.map(|height| height - below);
                let frame = plot(&sheet, data, &ramp, canvas, Area { height, ..area })?;
                bar.draw(canvas, (frame.left, frame.bottom + gap * 1.5), frame.width);
                Ok(Plotted { height: frame.bottom + below - area.y, note: None })
            });
        }
        let column = area.width * 0.32;
        let width = (area.width - column - gap * 4.0).min(area.width * 0.62);
        let frame = plot(&sheet, data, &ramp, canvas, Area { width, ..area })?;
        let left = area.x + width + gap * 4.0;
        let foot = frame.foot().max(area.y + bar.height());
        let room = foot - area.y - bar.height();
        let legend = Legend::new(&sheet, groups);
        legend.draw_column(canvas, &mut key_markers(&sheet), (left, area.y), column, room);
        bar.draw(canvas, (left, foot - bar.height()), column);
        Ok(Plotted { height: frame.bottom - area.y, note: None })
    })
}

fn check(data: &HeatMapData) -> Result<(), FigureError> {
    let (rows, columns) = (&data.rows.layers, &data.columns.layers);
    if rows.is_empty() || columns.is_empty() {
        return Err(FigureError::Empty);
    }
    let alike = |what, expected: usize, found: usize| {
        if expected == found {
            Ok(())
        } else {
            Err(FigureError::Mismatch { what, expected, found })
        }
    };
    alike("rows of values", rows.len(), data.values.len())?;
    for row in &data.values {
        alike("values in a row", columns.len(), row.len())?;
    }
    for side in [&data.rows, &data.columns] {
        if let Some(sweep) = &side.sweep {
            alike("values of a sweep", side.layers.len(), sweep.len())?;
        }
        let ascending = side.layers.windows(2).filter(|pair| pair.first() < pair.last()).count();
        alike("layers in ascending order", side.layers.len(), ascending + 1)?;
    }
    let count = data.values.iter().map(Vec::len).sum();
    if !data.values.iter().flatten().any(|value| value.is_finite()) {
        return Err(FigureError::NothingFinite { count });
    }
    data.scale.checked("colour").map(|_| ())
}

/// Where the cells of layers begin and end along their axis: halfway between neighbours.
fn edges(layers: &[u32]) -> Vec<f64> {
    let at = |index: usize| layers.get(index).map_or(0.0, |&layer| f64::from(layer));
    let last = layers.len().saturating_sub(1);
    let first_gap = if last == 0 { 1.0 } else { at(1) - at(0) };
    let last_gap = if last == 0 { 1.0 } else { at(last) - at(last - 1) };
    let mut edges = vec![at(0) - first_gap / 2.0];
    edges.extend((0..last).map(|index| (at(index) + at(index + 1)) / 2.0));
    edges.push(at(last) + last_gap / 2.0);
    edges
}

fn extent(layers: &[u32]) -> Range {
    let edges = edges(layers);
    Range { low: edges.first().copied().unwrap_or(0.0), high: edges.last().copied().unwrap_or(1.0) }
}

/// Draws cells, margins and axes.
fn plot(
    sheet: &Sheet<'_>,
    data: &HeatMapData,
    ramp: &Ramp,
    canvas: &mut Canvas,
    area: Area,
) -> Result<Frame, FigureError> {
    let sizes = &sheet.sizes;
    let margins = margins::Margins::new(sheet, data, area);
    let label = |side: &HeatMapSide| format!("Layer of {}", clean(&side.model));
    let (x_label, y_label) = (label(&data.columns), label(&data.rows));
    let axes = Axes {
        sheet,
        x: Axis { label: &x_label, range: extent(&data.columns.layers), marks: Marks::Whole },
        y: Axis { label: &y_label, range: extent(&data.rows.layers), marks: Marks::Whole },
        shape: Shape::Square,
        above: margins.above(),
        right: margins.right() + sizes.tick_label * 0.6,
        below: 0.0,
    };
    let frame = axes.frame(area)?;
    cells::draw(data, ramp, &frame, canvas);
    cells::draw_chosen(sheet, data, &frame, canvas);
    margins.draw(&frame, canvas);
    axes.draw(&frame, canvas);
    Ok(frame)
}

/// Line through a chosen layer.
fn chosen_stroke(sheet: &Sheet<'_>) -> Stroke {
    Stroke::solid(sheet.colours.category(1), sheet.sizes.data_line)
}

fn key(sheet: &Sheet<'_>, data: &HeatMapData) -> Vec<Entry> {
    let sides = [&data.rows, &data.columns];
    let mut entries = Vec::new();
    if sides.iter().any(|side| side.chosen_layer.is_some()) {
        let label = "chosen on the training pairs".to_owned();
        entries.push(Entry { sign: Sign::Line(chosen_stroke(sheet)), label });
    }
    if sides.iter().any(|side| side.sweep.is_some()) {
        let sign = Sign::Line(margins::stroke(sheet));
        entries.push(Entry { sign, label: clean(&data.sweep_label) });
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_reach_halfway_to_their_neighbours() {
        assert_eq!(edges(&[0, 1, 2]), [-0.5, 0.5, 1.5, 2.5]);
        assert_eq!(edges(&[0, 8, 12]), [-4.0, 4.0, 10.0, 14.0]);
        assert_eq!(edges(&[5]), [4.5, 5.5]);
    }
}
