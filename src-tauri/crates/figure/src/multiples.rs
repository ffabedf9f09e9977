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
    /// Panels in a row, where the paper is wide enough; as the paper asks when absent. Where the
    /// panels of a row share their title, and those of a column their subtitle, both are told once.
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
    heads: Heads,
}

/// Where the names of panels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heads {
    /// Titles along the rows, subtitles above the columns.
    Once,
    /// Above each panel, side by side.
    Level,
    /// Above each panel, the subtitle below the title.
    Stacked,
}

impl Heads {
    /// Height above each panel in lines.
    fn lines(self) -> f64 {
        match self {
            Self::Once => 0.0,
            Self::Level => 1.0,
            Self::Stacked => 2.0,
        }
    }
}

impl<'a> Panels<'a> {
    fn new(sheet: &'a Sheet<'a>, data: &'a MultiplesData, area: Area) -> Self {
        let sizes = &sheet.sizes;
        let room = |label: &str| if clean(label).is_empty() { 0.0 } else { sizes.label * 1.25 };
        let (beside, below) = (room(&data.y_label), room(&data.x_label));
        let grid = |heads: Heads| {
            let once = if heads == Heads::Once { sizes.label * LEADING } else { 0.0 };
            let inner = Area {
                x: area.x + beside + once,
                y: area.y + once,
                width: area.width - beside - once,
                height: area.height.map(|height| height - below - once),
            };
            let head = heads.lines() * sizes.label * LEADING;
            let wish = Wish {
                count: data.panels.len(),
                columns: data.columns,
                least_width: sizes.label * 6.5,
                shape: SHAPE,
                gap: (sizes.gap, sizes.gap),
            };
            let extra = if head > 0.0 { head + sizes.gap * 0.3 } else { 0.0 };
            (Grid::new(wish, |_| extra, inner), heads)
        };
        let fits = |cell: f64| {
            data.panels.iter().all(|panel| {
                let width =
                    |text: &str, weight| sheet.fonts.width(&clean(text), sizes.label, weight);
                let title = width(&panel.title, Weight::SemiBold);
                title + sizes.label * 0.5 + width(&panel.subtitle, Weight::Regular) <= cell
            })
        };
        let named = data.panels.iter().any(|panel| !clean(&panel.subtitle).is_empty());
        let once = grid(Heads::Once);
        let level = grid(Heads::Level);
        let (grid, heads) = if shared(data, &once.0) {
            once
        } else if named && !fits(level.0.cell.0) {
            grid(Heads::Stacked)
        } else {
            level
        };
        Self { sheet, data, area, grid, heads }
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
            let head = self.draw_head(index, panel, canvas);
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
        self.draw_labels(canvas);
        let below = if clean(&self.data.x_label).is_empty() { 0.0 } else { sizes.label * 1.25 };
        Ok(Plotted { height: self.foot() - self.area.y + below, note: None })
    }

    /// Draws what names a panel, and returns the height it takes above it.
    fn draw_head(&self, index: usize, panel: &Panel, canvas: &mut Canvas) -> f64 {
        let (fonts, size) = (&self.sheet.fonts, self.sheet.sizes.label);
        let (x, y) = self.grid.corner(index);
        let (width, height) = self.grid.cell;
        let (title, subtitle) = (clean(&panel.title), clean(&panel.subtitle));
        let bold = TextStyle { weight: Weight::SemiBold, ..self.sheet.label_style(Anchor::Start) };
        let plain =
            TextStyle { colour: self.sheet.colours.muted, ..self.sheet.label_style(Anchor::Start) };
        if self.heads == Heads::Once {
            if index < self.grid.columns {
                let room = width + self.sheet.sizes.gap * 0.6;
                let subtitle = fonts.shorten(&subtitle, size, plain.weight, room);
                canvas.text(x, y - size * 0.4, &subtitle, &plain);
            }
            if self.grid.first_in_row(index) {
                let title = fonts.shorten(&title, size, bold.weight, height);
                let style = TextStyle { anchor: Anchor::Middle, ..bold };
                canvas.upward_text(x - size * 0.4, y + height / 2.0, &title, &style);
            }
            return 0.0;
        }
        let title = fonts.shorten(&title, size, bold.weight, width);
        canvas.text(x, y + size, &title, &bold);
        let after = fonts.width(&title, size, bold.weight) + size * 0.5;
        let (left, baseline) = match self.heads {
            Heads::Stacked => (x, y + size * (1.0 + LEADING)),
            Heads::Level | Heads::Once => (x + after, y + size),
        };
        if !subtitle.is_empty() {
            let subtitle = fonts.shorten(&subtitle, size, plain.weight, x + width - left);
            canvas.text(left, baseline, &subtitle, &plain);
        }
        self.heads.lines() * size * LEADING + self.sheet.sizes.gap * 0.3
    }

    /// Lower end of the last row.
    fn foot(&self) -> f64 {
        self.grid.corner(0).1 + self.grid.size().1
    }

    /// What the axes of all panels are, once.
    fn draw_labels(&self, canvas: &mut Canvas) {
        let (sheet, size) = (self.sheet, self.sheet.sizes.label);
        let style = sheet.label_style(Anchor::Middle);
        let ((left, top), (width, height)) = (self.grid.corner(0), self.grid.size());
        let x = sheet.fonts.shorten(&clean(&self.data.x_label), size, style.weight, width);
        canvas.text(left + width / 2.0, self.foot() + size, &x, &style);
        let y = sheet.fonts.shorten(&clean(&self.data.y_label), size, style.weight, height);
        canvas.upward_text(self.area.x + size * 0.8, top + height / 2.0, &y, &style);
    }
}

/// Whether the rows of a grid share their titles and its columns their subtitles.
fn shared(data: &MultiplesData, grid: &Grid) -> bool {
    let panels = &data.panels;
    let full = grid.rows > 1 && data.columns == Some(grid.columns);
    let first_of_row = |index: usize| panels.get(index - index % grid.columns);
    let first_of_column = |index: usize| panels.get(index % grid.columns);
    full && panels.iter().enumerate().all(|(index, panel)| {
        first_of_row(index).is_some_and(|first| first.title == panel.title)
            && first_of_column(index).is_some_and(|first| first.subtitle == panel.subtitle)
    })
}
