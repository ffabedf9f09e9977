//! Puts text blocks onto pages of A4.

use super::Status;
use crate::colours::{Colour, Colours};
use crate::font::{Fonts, Weight};
use crate::style::POINTS_PER_MM;
use crate::svg::{Anchor, Canvas, Stroke, TextStyle, clean};
use crate::{Figure, FigureError};

pub(super) const PAGE_WIDTH_MM: f64 = 210.0;
pub(super) const PAGE_HEIGHT_MM: f64 = 297.0;
const SIDE: f64 = 17.0 * POINTS_PER_MM;
const TOP: f64 = 15.0 * POINTS_PER_MM;
/// Above the foot line, which has its own room below.
const BOTTOM: f64 = 19.0 * POINTS_PER_MM;

/// Line height in multiples of the type size.
pub(super) const LEADING: f64 = 1.34;

/// Width of a line of text.
pub(super) fn width() -> f64 {
    PAGE_WIDTH_MM * POINTS_PER_MM - 2.0 * SIDE
}

/// Height that the blocks of a page share.
pub(super) fn page_height() -> f64 {
    PAGE_HEIGHT_MM * POINTS_PER_MM - TOP - BOTTOM
}

/// How text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) size: f64,
    pub(super) weight: Weight,
    pub(super) colour: Colour,
}

/// What can stand in a block; lengths from its upper left corner.
#[derive(Debug, Clone)]
enum Item {
    Text { x: f64, baseline: f64, text: String, look: Look },
    Mark { x: f64, middle: f64, size: f64, status: Status },
    Rule { y: f64 },
    Picture { figure: Figure, width: f64, height: f64 },
}

/// What is never divided between two pages.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    items: Vec<Item>,
    height: f64,
}

impl Block {
    /// Free space below what is there.
    pub(super) fn space(&mut self, height: f64) {
        self.height += height;
    }

    /// A line across the page.
    pub(super) fn rule(&mut self) {
        self.items.push(Item::Rule { y: self.height });
    }

    /// A picture, no wider than the page's text and no higher than a page; `at_most` a share of its
    /// own size.
    pub(super) fn picture(&mut self, figure: &Figure, at_most: f64) {
        let full = (figure.width_mm * POINTS_PER_MM, figure.height_mm * POINTS_PER_MM);
        let scale = (width() / full.0).min(page_height() / full.1).min(1.0) * at_most;
        let (width, height) = (full.0 * scale, full.1 * scale);
        self.items.push(Item::Picture { figure: figure.clone(), width, height });
        self.height += height;
    }

    /// Text below what is there, across the page.
    pub(super) fn paragraph(&mut self, fonts: &Fonts, text: &str, look: Look, most: usize) {
        self.height += self.column(fonts, text, look, (0.0, self.height), width(), most);
    }

    /// Text in a column from (x, y) downwards; returns the height it takes.
    pub(super) fn column(
        &mut self,
        fonts: &Fonts,
        text: &str,
        look: Look,
        (x, y): (f64, f64),
        width: f64,
        most: usize,
    ) -> f64 {
        let lines = fonts.wrap(&clean(text), look.size, look.weight, width, most);
        let leading = look.size * LEADING;
        let height = leading * lines.len() as f64;
        for (index, text) in lines.into_iter().enumerate() {
            let baseline = y + leading * index as f64 + look.size;
            self.items.push(Item::Text { x, baseline, text, look });
        }
        height
    }

    /// The mark of a status beside a line of text that begins at `y`.
    pub(super) fn mark(&mut self, status: Status, (x, y): (f64, f64), look: Look) {
        let middle = y + look.size * 0.64;
        self.items.push(Item::Mark { x, middle, size: look.size * 0.62, status });
    }

    /// Makes the block at least so high.
    pub(super) fn reach(&mut self, height: f64) {
        self.height = self.height.max(height);
    }

    pub(super) fn height(&self) -> f64 {
        self.height
    }
}

/// Colour of a status.
pub(super) fn status_colour(colours: &Colours, status: Status) -> Colour {
    match status {
        Status::Passed => colours.category(0),
        Status::Failed => colours.category(1),
        Status::NotTested => colours.muted,
    }
}

/// The blocks one below the other, on as many pages as they need.
pub(super) fn flow(blocks: Vec<Block>, colours: &Colours) -> Result<Vec<Canvas>, FigureError> {
    let bottom = PAGE_HEIGHT_MM * POINTS_PER_MM - BOTTOM;
    let mut pages = Vec::new();
    let mut page = Canvas::default();
    let mut y = TOP;
    for block in blocks {
        if y > TOP && y + block.height > bottom {
            pages.push(std::mem::take(&mut page));
            y = TOP;
        }
        for item in block.items {
            draw(&mut page, item, y, colours)?;
        }
        y += block.height;
    }
    pages.push(page);
    Ok(pages)
}

fn draw(page: &mut Canvas, item: Item, top: f64, colours: &Colours) -> Result<(), FigureError> {
    match item {
        Item::Text { x, baseline, text, look: Look { size, weight, colour } } => {
            let style = TextStyle { size, weight, colour, anchor: Anchor::Start };
            page.text(SIDE + x, top + baseline, &text, &style);
        }
        Item::Rule { y } => {
            let stroke = Stroke::solid(colours.grid, 0.6);
            page.line((SIDE, top + y), (SIDE + width(), top + y), &stroke);
        }
        Item::Mark { x, middle, size, status } => {
            let (x, y) = (SIDE + x, top + middle);
            let at = |right: f64, down: f64| (x + right * size, y + (down - 0.5) * size);
            let stroke = Stroke::solid(status_colour(colours, status), size * 0.2);
            match status {
                Status::Passed => {
                    page.polyline(&[at(0.0, 0.55), at(0.36, 0.95), at(1.0, 0.05)], &stroke);
                }
                Status::Failed => {
                    page.polyline(&[at(0.08, 0.08), at(0.92, 0.92)], &stroke);
                    page.polyline(&[at(0.92, 0.08), at(0.08, 0.92)], &stroke);
                }
                Status::NotTested => page.polyline(&[at(0.0, 0.5), at(1.0, 0.5)], &stroke),
            }
        }
        Item::Picture { figure, width, height } => {
            page.embed(&figure, (SIDE, top), (width, height))?;
        }
    }
    Ok(())
}

/// What stands at the foot of a page.
pub(super) fn foot(page: &mut Canvas, left: &str, right: &str, look: Look) {
    let baseline = PAGE_HEIGHT_MM * POINTS_PER_MM - BOTTOM + 7.0 * POINTS_PER_MM;
    let Look { size, weight, colour } = look;
    let style = |anchor| TextStyle { size, weight, colour, anchor };
    page.text(SIDE, baseline, left, &style(Anchor::Start));
    page.text(SIDE + width(), baseline, right, &style(Anchor::End));
}
