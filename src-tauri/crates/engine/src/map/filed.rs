//! Tokens as rows of a file, which come block by block.

use std::ops::Range;

use lens_analysis::{AnalysisError, RowBlocks, Run};
use lens_core::{ActivationMatrix, Direction, Progress};
use rayon::prelude::*;

use crate::EngineError;
use crate::tensors::TensorFile;

/// The tensor of activations.
pub(super) const ROWS: &str = "rows";
/// Bytes of rows that are handed over at once.
const BLOCK_BYTES: usize = 8 << 20;

/// Which rows of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Those that shape it.
    Shaping,
    /// Those laid over it.
    Over,
}

/// The rows of a file, those that shape a map apart from those that are laid over.
#[derive(Debug)]
pub(super) struct FiledRows {
    file: TensorFile,
    width: usize,
    shaping: Vec<Range<usize>>,
    over: Vec<Range<usize>>,
}

impl FiledRows {
    /// All rows of `file`; `laid_over` says of each whether it is.
    ///
    /// # Errors
    /// When the file has not as many.
    pub(super) fn new(file: TensorFile, laid_over: &[bool]) -> Result<Self, EngineError> {
        let (count, width) = file.shape(ROWS)?;
        if count != laid_over.len() {
            return Err(file.damaged());
        }
        let (mut shaping, mut over) = (Vec::new(), Vec::new());
        let mut from = 0;
        for run in laid_over.chunk_by(|a, b| a == b) {
            let part = if run.first() == Some(&true) { &mut over } else { &mut shaping };
            part.push(from..from + run.len());
            from += run.len();
        }
        Ok(Self { file, width, shaping, over })
    }

    pub(super) const fn width(&self) -> usize {
        self.width
    }

    pub(super) fn rows(&self, part: Part) -> usize {
        self.ranges(part).iter().map(Range::len).sum()
    }

    /// Bytes of all rows.
    pub(super) fn bytes(&self) -> u64 {
        let rows = self.rows(Part::Shaping) + self.rows(Part::Over);
        (rows as u64).saturating_mul(self.width as u64 * 4)
    }

    fn ranges(&self, part: Part) -> &[Range<usize>] {
        match part {
            Part::Shaping => &self.shaping,
            Part::Over => &self.over,
        }
    }

    /// All rows of a part, in memory.
    ///
    /// # Errors
    /// When they cannot be read, or on cancel.
    pub(super) fn load(
        &mut self,
        part: Part,
        run: Run<'_>,
    ) -> Result<ActivationMatrix, EngineError> {
        let (rows, width) = (self.rows(part), self.width);
        let mut values = Vec::new();
        values.reserve_exact(rows * width);
        self.blocks(part, Some("Loading tokens"), run).each_block(&mut |block| {
            values.extend_from_slice(block);
            Ok(())
        })?;
        ActivationMatrix::new(rows, width, values).map_err(|_| self.file.damaged())
    }

    /// The rows of a part, block by block. Each pass over them is reported as `stage`, where there is
    /// one.
    pub(super) fn blocks<'a>(
        &'a mut self,
        part: Part,
        stage: Option<&'a str>,
        run: Run<'a>,
    ) -> FiledBlocks<'a> {
        let (rows, width) = (self.rows(part), self.width);
        let ranges = match part {
            Part::Shaping => &self.shaping,
            Part::Over => &self.over,
        };
        FiledBlocks {
            file: &mut self.file,
            ranges,
            rows,
            width,
            stage,
            passes: 0,
            without: None,
            run,
        }
    }
}

/// Rows of a file on their way to a computation.
pub(super) struct FiledBlocks<'a> {
    file: &'a mut TensorFile,
    ranges: &'a [Range<usize>],
    rows: usize,
    width: usize,
    stage: Option<&'a str>,
    passes: usize,
    without: Option<(&'a Direction, &'a [f64])>,
    run: Run<'a>,
}

impl<'a> FiledBlocks<'a> {
    /// The same with a direction taken out of each row, given how far along it the rows lie.
    pub(super) fn without(self, direction: &'a Direction, along: &'a [f64]) -> Self {
        Self { without: Some((direction, along)), ..self }
    }

    /// Reads all rows once: `take(rows before, block)`.
    ///
    /// # Errors
    /// What `take` gives back, rows that cannot be read, or on cancel.
    pub(super) fn each(
        &mut self,
        mut take: impl FnMut(usize, ActivationMatrix) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let width = self.width.max(1);
        let at_once = (BLOCK_BYTES / (width * 4)).max(1);
        self.passes += 1;
        let stage = self.stage.map(|stage| match self.passes {
            1 => stage.to_owned(),
            pass => format!("{stage}, pass {pass}"),
        });
        let report = |done: usize| {
            if let Some(stage) = &stage {
                let (done, total) = (done as u64, self.rows as u64);
                let stage = stage.clone();
                self.run.reporter.report(Progress { stage, done, total, unit: "tokens" });
            }
        };
        let mut before = 0;
        let mut values = Vec::with_capacity(at_once.min(self.rows) * width);
        for range in self.ranges {
            let mut from = range.start;
            while from < range.end {
                let held = values.len() / width;
                let count = (at_once - held).min(range.end - from);
                self.file.rows(ROWS, from, count, &mut values)?;
                from += count;
                if held + count < at_once {
                    continue;
                }
                self.run.cancel.check()?;
                report(before);
                before = self.hand_over(before, &mut values, &mut take)?;
            }
        }
        self.run.cancel.check()?;
        self.hand_over(before, &mut values, &mut take)?;
        report(self.rows);
        Ok(())
    }

    /// Gives back the number of rows handed over by then.
    fn hand_over(
        &self,
        before: usize,
        values: &mut Vec<f32>,
        take: &mut impl FnMut(usize, ActivationMatrix) -> Result<(), EngineError>,
    ) -> Result<usize, EngineError> {
        if values.is_empty() {
            return Ok(before);
        }
        let rows = values.len() / self.width.max(1);
        let next = Vec::with_capacity(values.capacity());
        let block = ActivationMatrix::new(rows, self.width, std::mem::replace(values, next));
        let mut block = block.map_err(|_| self.file.damaged())?;
        if let Some((direction, along)) = self.without {
            let along = along.get(before..before + rows).unwrap_or_default();
            take_out(&mut block, direction, along);
        }
        take(before, block)?;
        Ok(before + rows)
    }
}

impl RowBlocks for FiledBlocks<'_> {
    type Error = EngineError;

    fn width(&self) -> usize {
        self.width
    }

    fn each_block(
        &mut self,
        take: &mut dyn FnMut(&[f32]) -> Result<(), AnalysisError>,
    ) -> Result<(), EngineError> {
        self.each(|_, block| Ok(take(block.values())?))
    }
}

/// Takes a direction out of rows, given how far along it they lie.
#[expect(clippy::cast_possible_truncation, reason = "rows are f32")]
pub(super) fn take_out(rows: &mut ActivationMatrix, direction: &Direction, along: &[f64]) {
    let width = rows.width().max(1);
    rows.values_mut().par_chunks_mut(width).zip(along).for_each(|(row, distance)| {
        let score = distance + direction.midpoint;
        for (value, &unit) in row.iter_mut().zip(&direction.vector) {
            *value = (f64::from(*value) - score * f64::from(unit)) as f32;
        }
    });
}
