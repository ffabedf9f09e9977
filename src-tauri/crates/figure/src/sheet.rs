//! What every figure has around its plot: a title above, a caption beneath, the size of the paper.

use crate::colours::Colours;
use crate::font::{Fonts, Weight};
use crate::style::{POINTS_PER_MM, Sizes};
use crate::svg::{About, Anchor, Canvas, Stroke, TextStyle, clean, document};
use crate::{Figure, FigureError, Style};

/// Share of the width that a line of the caption may fill as measured: a browser that rounds widths
/// to whole pixels sets small type a little wider.
const FILL: f64 = 0.96;

/// Line height of the caption in multiples of its type size.
const LEADING: f64 = 1.35;

/// Where a plot may draw.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    /// Given where the paper has a fixed height; else the plot takes what it needs.
    pub(crate) height: Option<f64>,
}

/// What drawing a plot brought.
#[derive(Debug)]
pub(crate) struct Plotted {
    /// Height taken.
    pub(crate) height: f64,
    /// A sentence that only the finished plot can tell.
    pub(crate) note: Option<String>,
}

/// The paper of one figure and the tools to draw on it.
pub(crate) struct Sheet<'a> {
    style: &'a Style,
    pub(crate) sizes: Sizes,
    pub(crate) colours: Colours,
    pub(crate) fonts: Fonts,
}

/// The words around a plot.
pub(crate) struct Words<'a> {
    pub(crate) title: &'a str,
    /// Beside the title, at the right: a sample size, say.
    pub(crate) aside: &'a str,
    /// Sentences that follow the caption.
    pub(crate) notes: Vec<String>,
    /// The longest that [`Plotted::note`] can become: on paper of fixed height its lines are kept
    /// free before the plot is drawn.
    pub(crate) longest_note: Option<String>,
    pub(crate) provenance: &'a str,
}

impl<'a> Words<'a> {
    /// Words that the plot adds nothing to.
    pub(crate) fn new(
        title: &'a str,
        aside: &'a str,
        notes: Vec<String>,
        provenance: &'a str,
    ) -> Self {
        Self { title, aside, notes, longest_note: None, provenance }
    }
}

impl<'a> Sheet<'a> {
    pub(crate) fn new(style: &'a Style) -> Result<Self, FigureError> {
        Ok(Self {
            style,
            sizes: style.preset.sizes(),
            colours: Colours::of(style.theme)?,
            fonts: Fonts::load()?,
        })
    }

    pub(crate) fn label_style(&self, anchor: Anchor) -> TextStyle {
        TextStyle {
            size: self.sizes.label,
            weight: Weight::Regular,
            colour: self.colours.ink,
            anchor,
        }
    }

    /// A line that stands back: chance, a threshold.
    pub(crate) fn dashed(&self) -> Stroke {
        let stroke = Stroke::solid(self.colours.muted, self.sizes.axis_line);
        Stroke { dash: Some((4.0, 3.0)), ..stroke }
    }

    pub(crate) fn tick_style(&self, anchor: Anchor) -> TextStyle {
        TextStyle { size: self.sizes.tick_label, ..self.label_style(anchor) }
    }

    /// Draws title, plot and caption.
    pub(crate) fn figure(
        &self,
        mut words: Words<'_>,
        plot: impl FnOnce(&mut Canvas, Area) -> Result<Plotted, FigureError>,
    ) -> Result<Figure, FigureError> {
        let sizes = &self.sizes;
        let mut canvas = Canvas::default();
        let page_width = sizes.width_mm * POINTS_PER_MM;
        let width = page_width - 2.0 * sizes.margin;
        let leading = sizes.caption * LEADING;
        let height_of = |lines: &[String]| match lines.len() {
            0 => 0.0,
            count => sizes.gap * 1.5 + leading * count as f64,
        };

        let header = self.header(&mut canvas, &words, width);
        let top = sizes.margin + header;
        let expected = words.notes.iter().chain(&words.longest_note);
        let (_, expected_lines) = self.caption(expected, width);
        let fixed = sizes
            .height_mm
            .map(|mm| mm * POINTS_PER_MM - sizes.margin - height_of(&expected_lines) - top);
        let area = Area { x: sizes.margin, y: top, width, height: fixed };
        let plotted = plot(&mut canvas, area)?;
        words.notes.extend(plotted.note);

        let (caption, lines) = self.caption(words.notes.iter(), width);
        let body = fixed.unwrap_or(plotted.height);
        let mut baseline = top + body + sizes.gap * 1.5 + sizes.caption;
        let style = TextStyle {
            size: sizes.caption,
            weight: Weight::Regular,
            colour: self.colours.ink,
            anchor: Anchor::Start,
        };
        for line in &lines {
            canvas.text(sizes.margin, baseline, line, &style);
            baseline += leading;
        }

        let height = top + body + height_of(&lines) + sizes.margin;
        // to a tenth of a millimetre, so that the size can be stated
        let height_mm =
            sizes.height_mm.unwrap_or_else(|| (height / POINTS_PER_MM * 10.0).ceil() / 10.0);
        let title = clean(words.title);
        let provenance = clean(words.provenance);
        let about = About { title: &title, caption: &caption, provenance: &provenance };
        let svg = document(&canvas, sizes.width_mm, height_mm, self.colours.paper, &about);
        Ok(Figure {
            svg,
            width_mm: sizes.width_mm,
            height_mm,
            title,
            caption,
            provenance,
            notes: words.notes,
        })
    }

    /// The caption with the notes behind it, whole and as the lines to draw.
    fn caption<'n>(
        &self,
        notes: impl Iterator<Item = &'n String>,
        width: f64,
    ) -> (String, Vec<String>) {
        let mut whole = self.style.caption.as_deref().map(clean).unwrap_or_default();
        for note in notes {
            if !whole.is_empty() {
                whole.push(' ');
            }
            whole.push_str(&clean(note));
        }
        let (size, most) = (self.sizes.caption, self.sizes.caption_lines);
        let lines = self.fonts.wrap(&whole, size, Weight::Regular, width * FILL, most);
        (whole, lines)
    }

    /// Title at the left, aside at the right on the same line or, where both do not fit, beneath;
    /// returns the height taken.
    fn header(&self, canvas: &mut Canvas, words: &Words<'_>, width: f64) -> f64 {
        let sizes = &self.sizes;
        let (title, aside) = (clean(words.title), clean(words.aside));
        if title.is_empty() && aside.is_empty() {
            return 0.0;
        }
        let baseline = sizes.margin + sizes.title;
        let title_width = self.fonts.width(&title, sizes.title, Weight::SemiBold);
        let aside_width = self.fonts.width(&aside, sizes.label, Weight::Regular);
        let between = if aside.is_empty() { 0.0 } else { sizes.gap * 2.0 };
        let beside = title_width + between + aside_width <= width;
        let muted = |anchor| TextStyle { colour: self.colours.muted, ..self.label_style(anchor) };
        let mut height = sizes.title * 1.2 + sizes.gap;
        if beside {
            canvas.text(sizes.margin + width, baseline, &aside, &muted(Anchor::End));
        } else if !aside.is_empty() {
            let aside = self.fonts.shorten(&aside, sizes.label, Weight::Regular, width);
            let beneath = baseline + sizes.label * 1.5;
            canvas.text(sizes.margin, beneath, &aside, &muted(Anchor::Start));
            height += sizes.label * 1.5;
        }
        let style = TextStyle {
            size: sizes.title,
            weight: Weight::SemiBold,
            colour: self.colours.ink,
            anchor: Anchor::Start,
        };
        let title = self.fonts.shorten(&title, sizes.title, Weight::SemiBold, width);
        canvas.text(sizes.margin, baseline, &title, &style);
        height
    }
}
