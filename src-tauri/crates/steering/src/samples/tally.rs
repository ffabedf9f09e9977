//! Texts scored in batches, on all cores, and forgotten.

use rayon::prelude::*;

use crate::dose::{Cell, SampleOutcome};

/// Bytes of texts that wait at most, but for the last one's.
const MOST_BYTES: usize = 1 << 20;
/// Texts that wait at most.
const MOST_TEXTS: usize = 8192;

/// Counts per cell, and the texts that are still to be counted.
#[derive(Debug, Default)]
pub(super) struct Tally {
    cells: Vec<Cell>,
    waiting: Vec<(usize, String)>,
    bytes: usize,
}

impl Tally {
    /// A new cell; its coefficient is not known yet.
    pub(super) fn begin(&mut self) -> usize {
        self.cells.push(Cell::default());
        self.cells.len() - 1
    }

    /// Takes a sample of a cell.
    pub(super) fn add(&mut self, cell: usize, text: &str) {
        self.waiting.push((cell, text.to_owned()));
        self.bytes += text.len();
        if self.bytes >= MOST_BYTES || self.waiting.len() >= MOST_TEXTS {
            self.count();
        }
    }

    /// All counts.
    pub(super) fn into_cells(mut self) -> Vec<Cell> {
        self.count();
        self.cells
    }

    fn count(&mut self) {
        let judged: Vec<(usize, SampleOutcome)> = std::mem::take(&mut self.waiting)
            .into_par_iter()
            .map(|(cell, text)| (cell, SampleOutcome::by_language(&text)))
            .collect();
        self.bytes = 0;
        for (cell, outcome) in judged {
            if let Some(cell) = self.cells.get_mut(cell) {
                cell.count(outcome);
            }
        }
    }
}
