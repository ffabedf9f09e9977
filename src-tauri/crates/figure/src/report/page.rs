//! The report on paper.

use super::layout::{
    self, Block, LEADING, Look, PAGE_HEIGHT_MM, PAGE_WIDTH_MM, status_colour, width,
};
use super::words::{CAUTION, SHOWN, sample, shown};
use super::{ReportData, ReportModel, ReportPart, ReportRung};
use crate::colours::Colours;
use crate::font::{Fonts, Weight};
use crate::svg::{About, clean, document};
use crate::{Figure, FigureError, Theme};

/// Lines of one text at most; longer ones end in an ellipsis and are whole in the HTML report.
const MOST_LINES: usize = 40;

/// Left ends of the columns of a rung, in points: mark and status, title, what was measured.
const STATUS: f64 = 9.0;
const TITLE: f64 = 64.0;
const MEASURED: f64 = 204.0;

/// Type sizes in points.
const BODY: f64 = 8.5;
const SMALL: f64 = 6.5;

/// Sets the report's text.
struct Setter {
    colours: Colours,
    fonts: Fonts,
}

/// The pages as drawings.
pub(super) fn pages(data: &ReportData) -> Result<Vec<Figure>, FigureError> {
    let setter = Setter { colours: Colours::of(Theme::Light)?, fonts: Fonts::load()? };
    let mut blocks = vec![setter.head(data)];
    for model in &data.models {
        blocks.extend(setter.model(model));
    }
    if let Some(figure) = &data.figure {
        let mut block = Block::default();
        block.space(BODY);
        block.picture(figure);
        blocks.push(block);
    }
    blocks.extend(setter.conclusion(data));
    let mut canvases = layout::flow(blocks, &setter.colours)?;

    let count = canvases.len();
    let left = format!("Empathy Lens {}", clean(&data.version));
    for (index, canvas) in canvases.iter_mut().enumerate() {
        let right = format!("page {} of {count}", index + 1);
        layout::foot(canvas, &left, &right, setter.small());
    }
    let title = clean(&data.title);
    let caption = format!("{}; {}; {}", clean(&data.concept), clean(&data.data), sample(data));
    let provenance: Vec<String> =
        data.models.iter().map(|model| clean(&model.provenance)).collect();
    let provenance = provenance.join(" | ");
    let about = About { title: &title, caption: &caption, provenance: &provenance };
    let paper = setter.colours.paper;
    let figure = |canvas| Figure {
        svg: document(canvas, PAGE_WIDTH_MM, PAGE_HEIGHT_MM, paper, &about),
        width_mm: PAGE_WIDTH_MM,
        height_mm: PAGE_HEIGHT_MM,
        title: title.clone(),
        caption: caption.clone(),
        provenance: provenance.clone(),
        notes: Vec::new(),
    };
    Ok(canvases.iter().map(figure).collect())
}

impl Setter {
    fn look(&self, size: f64, weight: Weight) -> Look {
        Look { size, weight, colour: self.colours.ink }
    }

    fn body(&self) -> Look {
        self.look(BODY, Weight::Regular)
    }

    fn small(&self) -> Look {
        Look { colour: self.colours.muted, ..self.look(SMALL, Weight::Regular) }
    }

    fn heading(&self) -> Look {
        self.look(11.0, Weight::SemiBold)
    }

    /// Title, concept, data and pairs.
    fn head(&self, data: &ReportData) -> Block {
        let mut block = Block::default();
        block.paragraph(&self.fonts, &data.title, self.look(16.0, Weight::SemiBold), 3);
        block.space(4.0);
        let sample = sample(data);
        let muted = Look { colour: self.colours.muted, ..self.body() };
        for (term, value) in [("Concept", &data.concept), ("Data", &data.data), ("Pairs", &sample)]
        {
            let y = block.height();
            block.column(&self.fonts, term, muted, (0.0, y), TITLE, 1);
            let body = self.body();
            let height = block.column(&self.fonts, value, body, (TITLE, y), width() - TITLE, 4);
            block.reach(y + height.max(BODY * LEADING));
        }
        block
    }

    /// Name, summary and rungs; the first rung stays with the name.
    fn model(&self, model: &ReportModel) -> Vec<Block> {
        let mut first = Block::default();
        first.space(12.0);
        first.paragraph(&self.fonts, &model.name, self.heading(), 2);
        first.space(1.0);
        first.paragraph(&self.fonts, &model.summary, self.body(), MOST_LINES);
        first.space(4.0);
        let mut rungs = model.rungs.iter();
        if let Some(rung) = rungs.next() {
            self.rung(&mut first, rung);
        }
        let mut blocks = vec![first];
        for rung in rungs {
            let mut block = Block::default();
            self.rung(&mut block, rung);
            blocks.push(block);
        }
        blocks
    }

    fn rung(&self, block: &mut Block, rung: &ReportRung) {
        block.rule();
        let top = block.height() + 2.5;
        let bold = self.look(BODY, Weight::SemiBold);
        let status = Look { colour: status_colour(&self.colours, rung.status), ..bold };
        block.mark(rung.status, (0.0, top), bold);
        let room = TITLE - STATUS;
        block.column(&self.fonts, rung.status.word(), status, (STATUS, top), room, 1);
        let title = format!("{}. {}", rung.number, clean(&rung.title));
        let room = MEASURED - TITLE - 8.0;
        let titled = block.column(&self.fonts, &title, self.body(), (TITLE, top), room, 4);
        let measured = self.measured(block, &rung.parts, top);
        block.reach(top + titled.max(measured).max(BODY * LEADING) + 2.5);
    }

    /// The sentences of a rung; several have a mark each.
    fn measured(&self, block: &mut Block, parts: &[ReportPart], top: f64) -> f64 {
        let several = parts.len() > 1;
        let left = if several { MEASURED + STATUS } else { MEASURED };
        let mut height = 0.0;
        for part in parts {
            let y = top + height;
            let mut text = clean(&part.sentence);
            if several {
                block.mark(part.status, (MEASURED, y), self.body());
                let name = clean(&part.name);
                let word = part.status.word();
                text = match name.is_empty() {
                    true => format!("{word}: {text}"),
                    false => format!("{name}, {word}: {text}"),
                };
            }
            let room = width() - left;
            height += block.column(&self.fonts, &text, self.body(), (left, y), room, MOST_LINES);
        }
        height
    }

    /// What is and is not shown, and what the numbers rest on.
    fn conclusion(&self, data: &ReportData) -> Vec<Block> {
        let mut first = Block::default();
        first.space(12.0);
        first.paragraph(&self.fonts, SHOWN, self.heading(), 1);
        first.space(1.0);
        let mut blocks = Vec::new();
        let mut block = first;
        for model in &data.models {
            let text = format!("{}. {}", clean(&model.name), shown(model));
            block.paragraph(&self.fonts, &text, self.body(), MOST_LINES);
            block.space(3.0);
            blocks.push(std::mem::take(&mut block));
        }
        block.paragraph(&self.fonts, CAUTION, self.body(), MOST_LINES);
        block.space(8.0);
        blocks.push(std::mem::take(&mut block));
        for model in &data.models {
            let mut block = Block::default();
            let text = format!("{}: {}", clean(&model.name), clean(&model.provenance));
            block.paragraph(&self.fonts, &text, self.small(), MOST_LINES);
            block.space(2.0);
            blocks.push(block);
        }
        blocks
    }
}
