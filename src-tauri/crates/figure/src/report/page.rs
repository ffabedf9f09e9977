//! The report on paper.

use super::layout::{
    self, Block, LEADING, Look, PAGE_HEIGHT_MM, PAGE_WIDTH_MM, page_height, status_colour, width,
};
use super::words::{CAUTION, SHOWN, holds, sample, shown};
use super::{ReportData, ReportModel, ReportPart, ReportRung, beside};
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

/// How much smaller a figure may become: the type in it has to stay legible.
const SMALLEST: f64 = 0.68;

/// Type sizes in points.
const BODY: f64 = 8.5;
const SMALL: f64 = 6.5;

/// Sets the report's text.
pub(super) struct Setter {
    pub(super) colours: Colours,
    pub(super) fonts: Fonts,
}

/// The pages as drawings.
pub(super) fn pages(data: &ReportData) -> Result<Vec<Figure>, FigureError> {
    let setter = Setter { colours: Colours::of(Theme::Light)?, fonts: Fonts::load()? };
    let mut blocks = vec![setter.head(data)];
    match data.models.as_slice() {
        [only] => blocks.extend(setter.model(only)),
        models => blocks.extend(beside::tables(&setter, models)),
    }
    let conclusion = setter.conclusion(data);
    let text: f64 = blocks.iter().chain(&conclusion).map(Block::height).sum();
    let room = page_height() - text;
    let figure = data.figure.as_ref().map(|figure| picture(figure, room));
    // all that is said stands on the first page where it can, and then the figure on the next
    if figure.as_ref().is_some_and(|figure| room > 0.0 && figure.height() > room) {
        blocks.extend(conclusion);
        blocks.extend(figure);
    } else {
        blocks.extend(figure);
        blocks.extend(conclusion);
    }
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

/// A figure, a little smaller where that makes everything fit on one page.
fn picture(figure: &Figure, room: f64) -> Block {
    let of_size = |share: f64| {
        let mut block = Block::default();
        block.space(BODY);
        block.picture(figure, share);
        block
    };
    let full = of_size(1.0);
    // a hair less, so that sums of many heights do not exceed the page
    let share = (room - BODY - 0.01) / (full.height() - BODY);
    if (SMALLEST..1.0).contains(&share) { of_size(share) } else { full }
}

impl Setter {
    pub(super) fn look(&self, size: f64, weight: Weight) -> Look {
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
                text = part.in_words();
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
        let mut block = first;
        // beside each other, the models say above what is shown of each
        let found: Vec<String> = match data.models.as_slice() {
            [only] => vec![format!("{}. {}", clean(&only.name), shown(only))],
            models => models.iter().map(|m| format!("{}: {}", clean(&m.name), holds(m))).collect(),
        };
        if !found.is_empty() {
            block.paragraph(&self.fonts, &found.join(" "), self.body(), MOST_LINES);
            block.space(3.0);
        }
        block.paragraph(&self.fonts, CAUTION, self.body(), MOST_LINES);
        block.space(6.0);
        let mut blocks = vec![block];
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

#[cfg(test)]
mod tests {
    use super::super::{ReportData, ReportPart, Status};
    use super::*;

    fn report(sentence: &str, name: &str, models: usize) -> ReportData {
        let part = |name: &str| ReportPart {
            name: name.to_owned(),
            status: Status::Passed,
            sentence: sentence.to_owned(),
        };
        let rung = |number: u32| ReportRung {
            number,
            title: name.to_owned(),
            status: Status::Failed,
            parts: (0..number % 3).map(|index| part(&format!("part {index}"))).collect(),
        };
        let model = ReportModel {
            name: name.to_owned(),
            summary: sentence.to_owned(),
            rungs: (1..=7).map(rung).collect(),
            provenance: sentence.to_owned(),
        };
        ReportData {
            title: name.to_owned(),
            concept: name.to_owned(),
            data: name.to_owned(),
            train_pairs: 35,
            test_pairs: 15,
            models: vec![model; models],
            figure: None,
            version: "0.1.0".to_owned(),
        }
    }

    fn texts(group: &usvg::Group, found: &mut Vec<(String, usvg::Rect)>) {
        for node in group.children() {
            match node {
                usvg::Node::Group(group) => texts(group, found),
                usvg::Node::Text(text) => {
                    let words = text.chunks().iter().map(usvg::TextChunk::text).collect();
                    found.push((words, text.abs_bounding_box()));
                }
                _ => {}
            }
        }
    }

    #[test]
    fn no_text_leaves_the_page_or_lies_on_another_and_none_is_lost() {
        let short = "AUROC 0.987 [0.954, 1.000], n = 15 test pairs.";
        let long =
            "A sentence with a number, 0.98, and more to say about it than fits. ".repeat(12);
        let (unbroken, name) = ("y".repeat(300), "x".repeat(300));
        for (sentence, name) in [
            (short, "toy-llama"),
            (&long, "An uncommonly long name of a model"),
            (&unbroken, &name),
        ] {
            for models in [1, 2, 3, 7] {
                let data = report(sentence, name, models);
                let mut said = String::new();
                for page in pages(&data).unwrap() {
                    let tree = page.tree("PDF").unwrap();
                    let mut found = Vec::new();
                    texts(tree.root(), &mut found);
                    for (index, (text, a)) in found.iter().enumerate() {
                        assert!(
                            a.left() > 60.0 && a.right() < tree.size().width() - 60.0,
                            "{text}"
                        );
                        assert!(
                            a.top() > 40.0 && a.bottom() < tree.size().height() - 30.0,
                            "{text}"
                        );
                        for (other, b) in &found[index + 1..] {
                            // lines may touch by the room that a font keeps above its letters
                            let apart = a.left() >= b.right()
                                || b.left() >= a.right()
                                || a.top() + 3.0 >= b.bottom()
                                || b.top() + 3.0 >= a.bottom();
                            assert!(apart, "{text:?} and {other:?} overlap: {a:?} {b:?}");
                        }
                        said.push_str(text);
                        said.push(' ');
                    }
                }
                let squeeze = |text: &str| text.split_whitespace().collect::<String>();
                let (said, sentence) = (squeeze(&said), squeeze(sentence));
                // summary and provenance of each model, and its 1 + 2 + 0 + 1 + 2 + 0 + 1 parts
                let found = said.matches(sentence.trim_end_matches('.')).count();
                assert_eq!(found, models * (2 + 7), "{models} of {name}");
            }
        }
    }
}
