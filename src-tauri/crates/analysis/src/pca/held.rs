//! The products that the search for principal components multiplies by: on rows that an accelerator
//! holds, or in a pass over the rows.

use faer::{Mat, MatRef};
use rayon::prelude::*;

use super::blocks::RowBlocks;
use super::frame::Frame;
use super::passes;
use crate::{AnalysisError, Held, HeldRows, Run};

/// Rows that are centred together, and how many of these are handed over at once.
const CHUNK: usize = 128;
const BLOCK: usize = 8 * CHUNK;
/// Steps that a search takes, about: rows of language models settle in three to eight.
const STEPS: usize = 6;

/// Centred, scaled rows that are multiplied by again and again.
pub(super) struct Multiplied<'a, S> {
    pub(super) source: &'a mut S,
    pub(super) frame: &'a Frame,
    pub(super) run: Run<'a>,
    held: Option<Box<dyn HeldRows + 'a>>,
}

impl<'a, S: RowBlocks> Multiplied<'a, S> {
    pub(super) fn new(source: &'a mut S, frame: &'a Frame, run: Run<'a>) -> Self {
        Self { source, frame, run, held: None }
    }

    /// Hands the rows over, in f32 and block by block, where multiplying them by `columns` vectors a
    /// step is expected to be done sooner there than the `instead` multiplications here (none: the same
    /// steps). Whether they were taken.
    pub(super) fn hand_over(
        &mut self,
        columns: usize,
        instead: Option<usize>,
    ) -> Result<bool, S::Error> {
        let Frame { rows, width, .. } = *self.frame;
        let same = [rows, width, columns, 2 * STEPS].into_iter().fold(1, usize::saturating_mul);
        let instead = instead.unwrap_or(same);
        let wanted = Held { rows, width, columns, steps: STEPS, instead };
        let Some(mut held) = self.run.accelerator.hold(wanted) else { return Ok(false) };
        let mut centred = vec![0.0_f32; BLOCK.min(rows) * width];
        let mut is_taken = true;
        let frame = self.frame;
        frame.each_block(self.source, BLOCK, |_, block| {
            if !is_taken {
                return;
            }
            let centred = &mut centred[..block.len()];
            centred
                .par_chunks_mut(CHUNK * width.max(1))
                .zip(block.par_chunks(CHUNK * width.max(1)))
                .for_each(|(out, rows)| frame.centre(rows, 0..width, out));
            is_taken = held.add(centred).is_some();
        })?;
        self.held = is_taken.then_some(held);
        Ok(is_taken)
    }

    /// `X'X columns`: by the accelerator, or by the processor where there is none or it cannot.
    pub(super) fn image(&mut self, columns: MatRef<'_, f64>) -> Result<Mat<f64>, S::Error> {
        self.run.cancel.check().map_err(AnalysisError::from)?;
        match self.held_image(columns) {
            Some(found) => Ok(found),
            None => passes::image(self.source, self.frame, columns),
        }
    }

    fn held_image(&self, columns: MatRef<'_, f64>) -> Option<Mat<f64>> {
        let held = self.held.as_ref()?;
        let (width, count) = (columns.nrows(), columns.ncols());
        let mut narrow = Vec::with_capacity(width * count);
        for column in columns.col_iter() {
            narrow.extend(column.iter().map(|&value| value as f32));
        }
        let found = held.image(&narrow)?;
        let is_sound = found.len() == width * count && found.iter().all(|v| v.is_finite());
        is_sound.then(|| Mat::from_fn(width, count, |row, column| found[column * width + row]))
    }
}
