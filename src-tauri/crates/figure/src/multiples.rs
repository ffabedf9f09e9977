//! Small scatters of one kind beside each other: models, layers.

use crate::axes::Frame;
use crate::estimate::counted;
use crate::font::Weight;
use crate::grid::{Grid, Wish};
use crate::legend::with_key_above;
use crate::marker::{Markers, radius};
use crate::scatter::{
    Category, Lines, MOST_VECTORS, Point, ScatterData, draw_inside, finite, groups, picture_note,
    ranges, unplaceable,
};
use crate::sheet::{Area, Plotted, Sheet, Words};
use crate::svg::{Anchor, Canvas, Stroke, TextStyle, clean};
use crate::{Figure, FigureError, Style};

/// Panels drawn, at most.
pub const MOST_PANELS: usize = 36;

/// One small scatter.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// In bold above it: "toy-llama".
    pub title: String,
    /// Behind or below the title: "layer 4". Not drawn when empty.
    pub subtitle: String,
    /// Its points; depth counts for nothing.
    pub points: Vec<Point>,
}

/// What small multiples show. Each panel has ranges of its own and one scale for both axes.
#[derive(Debug, Clone, PartialEq)]
pub struct MultiplesData {
    /// "PCA by layer".
    pub title: String,
    /// Beside the title: "n = 100 texts".
    pub sample: String,
    /// Panels, left to right and top to bottom.
    pub panels: Vec<Panel>,
    /// Panels in a row, where the paper is wide enough; as the paper asks when absent.
    pub columns: Option<usize>,
    /// What the horizontal axis of every panel is: "PC1". Not drawn when empty.
    pub x_label: String,
    /// What the vertical axis of every panel is.
    pub y_label: String,
    /// What one point is, and several are: `["text", "texts"]`.
    pub noun: [&'static str; 2],
    /// As [`ScatterData::laid_over`].
    pub laid_over: bool,
    /// As [`ScatterData::contours`].
    pub contours: bool,
    /// As [`ScatterData::x_threshold`].
    pub x_threshold: Option<f64>,
    /// What the positive and the negative side are called.
    pub side_labels: [String; 2],
    /// What the categories are: "Scenario". Not drawn when empty.
    pub legend_title: String,
    /// The categories in the order in which the legend lists them.
    pub legend: Vec<Category>,
    /// Sentences to add to the caption.
    pub notes: Vec<String>,
    /// What the data rest on, in one line.
    pub provenance: String,
}

impl MultiplesData {
    /// Points of this figure as a scatter of their own.
    fn scatter(&self, points: Vec<Point>) -> ScatterData {
        ScatterData {
            title: String::new(),
            x_label: String::new(),
            y_label: String::new(),
            points: points.into_iter().map(|point| Point { depth: 0.0, ..point }).collect(),
            noun: self.noun,
            laid_over: self.laid_over,
            contours: self.contours,
            scores: None,
            x_threshold: self.x_threshold,
            pair_links: false,
            side_labels: self.side_labels.clone(),
            legend_title: self.legend_title.clone(),
            legend: self.legend.clone(),
            x_range: None,
            y_range: None,
            triad: Vec::new(),
            notes: Vec::new(),
            provenance: String::new(),
        }
    }
}

/// Draws the panels.
///
/// # Errors
/// [`FigureError::Empty`], [`FigureError::TooManyPanels`], [`FigureError::NothingFinite`] (where no
/// panel has a point), [`FigureError::Range`], and [`FigureError::Convert`] where the picture of many
/// points cannot be made.
pub fn draw(data: &MultiplesData, style: &Style) -> Result<Figure, FigureError> {
    let sheet = Sheet::new(style)?;
    let count = data.panels.len();
    if count > MOST_PANELS {
        return Err(FigureError::TooManyPanels { count, most: MOST_PANELS });
    }
    let scatters: Vec<ScatterData> =
        data.panels.iter().map(|panel| data.scatter(panel.points.clone())).collect();
    let all = data.scatter(data.panels.iter().flat_map(|panel| panel.points.clone()).collect());
    // whether there is anything at all
    ranges(&all)?;
    let lines: Vec<Lines<'_>> = scatters.iter().map(Lines::of).collect();
    let mut notes = data.notes.clone();
    notes.extend((count > 1).then(|| "Each panel has ranges of its own.".to_owned()));
    notes.extend(unplaceable(&all));
    notes.extend(lines.iter().find_map(Lines::note));
    let without = lines.iter().filter(|lines| lines.missing().next().is_some()).count();
    notes.extend((without > 0).then(|| {
        let panels = counted(without, "panel", "panels");
        format!("No such lines for a side of {panels}: fewer than 10 points, or all on one line.")
    }));
    let pictured = scatters.iter().map(|scatter| scatter.points.len());
    let pictured: usize = pictured.filter(|points| *points > MOST_VECTORS).sum();
    notes.extend((pictured > 0).then(|| picture_note(&all, pictured)));
    let words = Words::new(&data.title, &data.sample, notes, &data.provenance);
    sheet.figure(words, |canvas, area| {
        with_key_above(&sheet, groups(&sheet, &all), canvas, area, |canvas, area| {
            Panels::new(&sheet, data, area).draw(&scatters, &lines, canvas)
        })
    })
}

/// Height over width of a panel.
const SHAPE: f64 = 0.85;

/// Line height of titles in multiples of the type size.
const LEADING: f64 = 1.25;

/// The panels on their paper.
struct Panels<'a> {
    sheet: &'a Sheet<'a>,
    data: &'a MultiplesData,
    area: Area,
    grid: Grid,
    /// Whether subtitles stand below titles rather than behind them.
    stacked: bool,
}

impl<'a> Panels<'a> {
    fn new(sheet: &'a Sheet<'a>, data: &'a MultiplesData, area: Area) -> Self {
        let sizes = &sheet.sizes;
        let room = |label: &str| if clean(label).is_empty() { 0.0 } else { sizes.label * 1.25 };
        let (beside, below) = (room(&data.y_label), room(&data.x_label));
        let inner = Area {
            x: area.x + beside,
            width: area.width - beside,
            height: area.height.map(|height| height - below),
            ..area
        };
        let grid = |stacked: bool| {
            let lines = if stacked { 2.0 } else { 1.0 };
            let wish = Wish {
                count: data.panels.len(),
                columns: data.columns,
                least_width: sizes.label * 6.5,
                shape: SHAPE,
                extra: sizes.label * LEADING * lines + sizes.gap * 0.3,
                gap: (sizes.gap, sizes.gap),
            };
            Grid::new(wish, inner)
        };
        let level = grid(false);
        let fits = data.panels.iter().all(|panel| {
            let title = sheet.fonts.width(&clean(&panel.title), sizes.label, Weight::SemiBold);
            let subtitle = sheet.fonts.width(&clean(&panel.subtitle), sizes.label, Weight::Regular);
            title + sizes.label * 0.5 + subtitle <= level.cell.0
        });
        let named = data.panels.iter().any(|panel| !clean(&panel.subtitle).is_empty());
        let stacked = named && !fits;
        let grid = if stacked { grid(true) } else { level };
        Self { sheet, data, area, grid, stacked }
    }

    fn draw(
        &self,
        scatters: &[ScatterData],
        lines: &[Lines<'_>],
        canvas: &mut Canvas,
    ) -> Result<Plotted, FigureError> {
        let sizes = &self.sheet.sizes;
        let most = scatters.iter().map(|scatter| scatter.points.len()).max().unwrap_or(0);
        // smaller plots have smaller points
        let scale = (self.grid.cell.0 / (sizes.label * 28.0)).clamp(0.45, 1.0);
        let radius = radius(sizes.label, most) * scale;
        let mut markers = Markers::new("m", radius, self.sheet.colours.paper);
        for (index, ((panel, scatter), lines)) in
            self.data.panels.iter().zip(scatters).zip(lines).enumerate()
        {
            let (left, top) = self.grid.corner(index);
            let head = self.draw_title(panel, (left, top), canvas);
            let (width, height) = (self.grid.cell.0, self.grid.cell.1 - head);
            let box_stroke = Stroke::solid(self.sheet.colours.muted, sizes.axis_line);
            let rectangle = [left, top + head, width, height];
            if scatter.points.iter().any(finite) {
                let (x, y) = lines.within(ranges(scatter)?);
                let frame = Frame {
                    edge: left,
                    left,
                    top: top + head,
                    width,
                    height,
                    bottom: top + self.grid.cell.1,
                    x,
                    y,
                }
                .fill(x, y)?;
                draw_inside(self.sheet, lines, &frame, &mut markers, canvas)?;
            } else {
                let style = TextStyle {
                    colour: self.sheet.colours.muted,
                    ..self.sheet.tick_style(Anchor::Middle)
                };
                let middle = (left + width / 2.0, top + head + height / 2.0);
                canvas.text(middle.0, middle.1, "no points", &style);
            }
            canvas.rectangles(&[rectangle], None, Some(&box_stroke));
        }
        let (width, height) = self.grid.size();
        self.draw_labels((width, height), canvas);
        let below = if clean(&self.data.x_label).is_empty() { 0.0 } else { sizes.label * 1.25 };
        Ok(Plotted { height: height + below, note: None })
    }

    /// Draws a panel's title and returns the height it takes.
    fn draw_title(&self, panel: &Panel, (x, y): (f64, f64), canvas: &mut Canvas) -> f64 {
        let (fonts, size) = (&self.sheet.fonts, self.sheet.sizes.label);
        let width = self.grid.cell.0;
        let bold = TextStyle { weight: Weight::SemiBold, ..self.sheet.label_style(Anchor::Start) };
        let title = fonts.shorten(&clean(&panel.title), size, bold.weight, width);
        canvas.text(x, y + size, &title, &bold);
        let plain =
            TextStyle { colour: self.sheet.colours.muted, ..self.sheet.label_style(Anchor::Start) };
        let after = fonts.width(&title, size, bold.weight) + size * 0.5;
        let (left, baseline) =
            if self.stacked { (x, y + size * (1.0 + LEADING)) } else { (x + after, y + size) };
        let room = x + width - left;
        let subtitle = clean(&panel.subtitle);
        let lines = if self.stacked { 2.0 } else { 1.0 };
        if !subtitle.is_empty() {
            let subtitle = fonts.shorten(&subtitle, size, plain.weight, room);
            canvas.text(left, baseline, &subtitle, &plain);
        }
        size * LEADING * lines + self.sheet.sizes.gap * 0.3
    }

    /// What the axes of all panels are, once.
    fn draw_labels(&self, (width, height): (f64, f64), canvas: &mut Canvas) {
        let (sheet, size) = (self.sheet, self.sheet.sizes.label);
        let style = sheet.label_style(Anchor::Middle);
        let left = self.grid.corner(0).0;
        let x = sheet.fonts.shorten(&clean(&self.data.x_label), size, style.weight, width);
        canvas.text(left + width / 2.0, self.area.y + height + size, &x, &style);
        let y = sheet.fonts.shorten(&clean(&self.data.y_label), size, style.weight, height);
        canvas.upward_text(self.area.x + size * 0.8, self.area.y + height / 2.0, &y, &style);
    }
}
