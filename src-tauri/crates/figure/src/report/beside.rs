//! Several models' ladders beside each other on paper: a row for each rung, a column for each model,
//! so that a rung is compared where the eye is and few models fit on one page.

use std::collections::BTreeMap;

use super::layout::{Block, LEADING, Look, status_colour, width};
use super::page::Setter;
use super::{ReportModel, ReportPart, ReportRung};
use crate::font::Weight;
use crate::svg::clean;

/// Models beside each other at most; more go into further tables.
const MOST: usize = 3;

/// Widths in points: the column of the rungs, and what stays free between columns.
const RUNG: f64 = 84.0;
const GAP: f64 = 10.0;

/// Type size in points, and the room that a mark takes before its word.
const TEXT: f64 = 7.4;
const MARK: f64 = 8.0;

/// Lines of one text at most; longer ones end in an ellipsis and are whole in the HTML report.
const MOST_LINES: usize = 30;

/// A table, or several of about as many models each.
pub(super) fn tables(setter: &Setter, models: &[ReportModel]) -> Vec<Block> {
    let tables = models.len().div_ceil(MOST).max(1);
    let size = models.len().div_ceil(tables).max(1);
    models.chunks(size).flat_map(|models| table(setter, models)).collect()
}

/// The names, which keep the first rung, and then a block for each rung.
fn table(setter: &Setter, models: &[ReportModel]) -> Vec<Block> {
    let column = (width() - RUNG) / models.len() as f64;
    let columns: Vec<(f64, &ReportModel)> =
        models.iter().enumerate().map(|(at, model)| (RUNG + column * at as f64, model)).collect();
    let room = column - GAP;
    let mut block = Block::default();
    block.space(12.0);
    let (top, text) = (block.height(), setter.look(TEXT, Weight::Regular));
    let name = setter.look(9.5, Weight::SemiBold);
    for (x, model) in &columns {
        let named = block.column(&setter.fonts, &model.name, name, (*x, top), room, 3);
        let below = (*x, top + named + 2.0);
        let said = block.column(&setter.fonts, &model.summary, text, below, room, MOST_LINES);
        block.reach(below.1 + said);
    }
    block.space(4.0);
    // rungs by their numbers: a model may lack one
    let mut rungs: BTreeMap<u32, &str> = BTreeMap::new();
    for rung in models.iter().flat_map(|model| &model.rungs) {
        rungs.entry(rung.number).or_insert(&rung.title);
    }
    let mut blocks = Vec::new();
    for (number, title) in rungs {
        block.rule();
        let top = block.height() + 2.5;
        let titled = format!("{number}. {}", clean(title));
        let look = setter.look(TEXT, Weight::SemiBold);
        let height = block.column(&setter.fonts, &titled, look, (0.0, top), RUNG - GAP, 6);
        block.reach(top + height + 2.5);
        for (x, model) in &columns {
            if let Some(rung) = model.rungs.iter().find(|rung| rung.number == number) {
                let height = cell(setter, &mut block, rung, (*x, top), room);
                block.reach(top + height + 2.5);
            }
        }
        blocks.push(std::mem::take(&mut block));
    }
    if blocks.is_empty() {
        blocks.push(block);
    }
    blocks
}

/// The status and, below it, what was measured; returns the height.
fn cell(
    setter: &Setter,
    block: &mut Block,
    rung: &ReportRung,
    (x, y): (f64, f64),
    room: f64,
) -> f64 {
    let bold = setter.look(TEXT, Weight::SemiBold);
    block.mark(rung.status, (x, y), bold);
    let status = Look { colour: status_colour(&setter.colours, rung.status), ..bold };
    block.column(&setter.fonts, rung.status.word(), status, (x + MARK, y), room - MARK, 1);
    let mut height = TEXT * LEADING;
    let several = rung.parts.len() > 1;
    for part in &rung.parts {
        let at = (x, y + height);
        height += if several {
            part_of_several(setter, block, part, at, room)
        } else {
            let look = setter.look(TEXT, Weight::Regular);
            block.column(&setter.fonts, &part.sentence, look, at, room, MOST_LINES)
        };
    }
    height
}

/// One of several parts, with its own mark.
fn part_of_several(
    setter: &Setter,
    block: &mut Block,
    part: &ReportPart,
    (x, y): (f64, f64),
    room: f64,
) -> f64 {
    let look = setter.look(TEXT, Weight::Regular);
    block.mark(part.status, (x, y), look);
    let text = part.in_words();
    block.column(&setter.fonts, &text, look, (x + MARK, y), room - MARK, MOST_LINES)
}
