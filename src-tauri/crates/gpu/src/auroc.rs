//! AUROCs of many columns of scores on the device.

use std::ops::Range;

use bytemuck::{Pod, Zeroable};
use wgpu::{Buffer, BufferUsages, CommandEncoder};

use crate::cpu::{PairedRows, SidedRows, area, check_sides, in_sides, words};
use crate::project::Product;
use crate::rows::{Rows, whole_rows};
use crate::shaders::{AUROC_CHUNK, AUROC_STRETCH, Kernel};
use crate::{GpuDevice, GpuError};

/// `Shape` in auroc.wgsl, rounded up to the 16 bytes of a uniform binding.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Shape {
    positives: u32,
    negatives: u32,
    first_column: u32,
    chunks: u32,
    stretches: u32,
    words: u32,
    margin: f32,
    padding: u32,
}

/// Which pairs have their sides swapped in some columns, and how far apart scores have to be.
#[derive(Clone, Copy)]
struct Swapped<'a> {
    /// `[columns, words]`.
    swaps: &'a [u32],
    words: usize,
    margin: f32,
}

/// Rows on either side.
#[derive(Clone, Copy)]
struct Sides {
    positives: usize,
    negatives: usize,
}

impl Sides {
    fn of(is_positive: &[bool]) -> Result<Self, GpuError> {
        let (positives, negatives) = check_sides(is_positive)?;
        Ok(Self { positives, negatives })
    }

    const fn rows(self) -> usize {
        self.positives + self.negatives
    }
}

impl GpuDevice {
    /// [`cpu::auroc`](crate::cpu::auroc) on the device.
    ///
    /// # Errors
    /// See the twin; more rows than a binding holds scores; a device that fails.
    pub fn auroc(&self, scores: &[f32], is_positive: &[bool]) -> Result<Vec<f64>, GpuError> {
        let columns = whole_rows("score", scores.len(), is_positive.len())?;
        let sides = Sides::of(is_positive)?;
        let order: Vec<usize> = in_sides(is_positive).collect();
        let most = self.fitting(sides.rows() * size_of::<f32>())?;
        let mut areas = Vec::with_capacity(columns);
        for first in (0..columns).step_by(most) {
            let block = first..(first + most).min(columns);
            let values: Vec<f32> = block
                .clone()
                .flat_map(|column| {
                    order.iter().filter_map(move |row| scores.get(row * columns + column)).copied()
                })
                .collect();
            let scores = self.filled("scores", BufferUsages::STORAGE, &values)?;
            areas.extend(self.areas(self.commands(), &scores, block.len(), sides)?);
        }
        Ok(areas)
    }

    /// [`cpu::auroc_along`](crate::cpu::auroc_along) on the device: scores do not leave it.
    ///
    /// # Errors
    /// See the twin; rows that exceed a binding; a device that fails.
    pub fn auroc_along(
        &self,
        sided: SidedRows<'_>,
        directions: &[f32],
    ) -> Result<Vec<f64>, GpuError> {
        sided.count()?;
        let SidedRows { rows, is_positive, width } = sided;
        let sides = Sides::of(is_positive)?;
        let ordered: Vec<f32> = in_sides(is_positive)
            .flat_map(|row| rows.get(row * width..(row + 1) * width).unwrap_or_default())
            .copied()
            .collect();
        let mut areas = Vec::new();
        self.each_scored(&ordered, directions, width, |commands, scores, columns| {
            areas.extend(self.areas(commands, scores, columns.len(), sides)?);
            Ok(())
        })?;
        Ok(areas)
    }

    /// [`cpu::wins_along`](crate::cpu::wins_along) on the device: scores do not leave it.
    ///
    /// # Errors
    /// See the twin; rows that exceed a binding; a device that fails.
    pub fn wins_along(
        &self,
        paired: PairedRows<'_>,
        directions: &[f32],
        swaps: &[u32],
    ) -> Result<Vec<[u64; 2]>, GpuError> {
        let pairs = paired.count(directions, swaps)?;
        let PairedRows { rows, width, margin } = paired;
        let side = |side: usize| rows.chunks_exact(width).skip(side).step_by(2);
        let ordered: Vec<f32> = side(0).chain(side(1)).flatten().copied().collect();
        let words = words(pairs);
        let sides = Sides { positives: pairs, negatives: pairs };
        let mut wins = Vec::new();
        self.each_scored(&ordered, directions, width, |commands, scores, columns| {
            let swaps = swaps.get(columns.start * words..columns.end * words).unwrap_or_default();
            let swapped = Some(Swapped { swaps, words, margin });
            wins.extend(self.counts(commands, scores, columns.len(), sides, swapped)?);
            Ok(())
        })?;
        Ok(wins)
    }

    /// Computes scores of rows along directions, block by block of these: `take` is given what is left
    /// to be submitted, the scores `[directions of the block, rows]`, and which directions these are.
    fn each_scored(
        &self,
        rows: &[f32],
        directions: &[f32],
        width: usize,
        mut take: impl FnMut(CommandEncoder, &Buffer, Range<usize>) -> Result<(), GpuError>,
    ) -> Result<(), GpuError> {
        // The directions are the shader's rows, so that a direction's scores lie together.
        let rows = self.keep_whole(rows, width)?;
        let count = rows.count();
        let directions = self.keep(Rows::F32(directions), width)?;
        let layout = directions.layout();
        let work = self.kind().work_per_dispatch() / (count * layout.padded).max(1);
        let groups = self.most_groups() * Kernel::project(layout.format, count).block().0;
        let most = self.fitting(count * size_of::<f32>())?.min(work.max(1)).min(groups);
        for block in &directions.blocks {
            for first in (0..block.count).step_by(most) {
                let of_directions = first..(first + most).min(block.count);
                let bytes = of_directions.len() * count * size_of::<f32>();
                let scores = self.buffer("scores", BufferUsages::STORAGE, bytes, false)?;
                let mut commands = self.commands();
                self.product(
                    &mut commands,
                    &Product {
                        format: layout.format,
                        rows: &block.buffer,
                        of_rows: of_directions.clone(),
                        directions: self.whole(&rows)?,
                        of_directions: 0..count,
                        parts: layout.parts(),
                        scores: &scores,
                        first_score: 0,
                    },
                )?;
                let [first, end] = [of_directions.start, of_directions.end];
                take(commands, &scores, block.first + first..block.first + end)?;
            }
        }
        Ok(())
    }

    /// The AUROCs of columns of scores `[columns, positive rows then negative rows]`, which
    /// `commands` may still have to compute.
    fn areas(
        &self,
        commands: CommandEncoder,
        scores: &Buffer,
        columns: usize,
        sides: Sides,
    ) -> Result<Vec<f64>, GpuError> {
        let counts = self.counts(commands, scores, columns, sides, None)?;
        let areas = counts
            .into_iter()
            .map(|[below, not_above]| area(below + not_above, sides.positives, sides.negatives));
        Ok(areas.collect())
    }

    /// Of each column, the combinations with the negative score below either bound of the positive.
    fn counts(
        &self,
        mut commands: CommandEncoder,
        scores: &Buffer,
        columns: usize,
        sides: Sides,
        swapped: Option<Swapped<'_>>,
    ) -> Result<Vec<[u64; 2]>, GpuError> {
        let chunks = sides.negatives.div_ceil(AUROC_CHUNK);
        let stretches = sides.positives.div_ceil(AUROC_STRETCH);
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_SRC;
        let count = columns * chunks * stretches;
        let counts = self.buffer("counts", usage, count * size_of::<[u32; 2]>(), false)?;
        let words = swapped.map_or(0, |swapped| swapped.words);
        let swaps = match swapped {
            Some(Swapped { swaps, .. }) => {
                Some(self.filled("swaps", BufferUsages::STORAGE, swaps)?)
            }
            None => None,
        };
        let kernel = if swaps.is_some() { Kernel::AurocSwapped } else { Kernel::Auroc };
        for first in (0..columns).step_by(self.most_groups()) {
            let shape = Shape {
                positives: sides.positives as u32,
                negatives: sides.negatives as u32,
                first_column: first as u32,
                chunks: chunks as u32,
                stretches: stretches as u32,
                words: words as u32,
                margin: swapped.map_or(0.0, |swapped| swapped.margin),
                padding: 0,
            };
            let shape = self.filled("shape", BufferUsages::UNIFORM, &[shape])?;
            let groups = [chunks, self.most_groups().min(columns - first), stretches];
            let buffers = [scores, &counts, &shape].into_iter().chain(&swaps);
            self.encode(&mut commands, kernel, &buffers.collect::<Vec<_>>(), groups);
        }
        let counts: Vec<[u32; 2]> = self.read_after(commands, &counts, count)?;
        let of_column = |counts: &[[u32; 2]]| {
            let add = |sums: [u64; 2], count: &[u32; 2]| {
                [sums[0] + u64::from(count[0]), sums[1] + u64::from(count[1])]
            };
            counts.iter().fold([0; 2], add)
        };
        Ok(counts.chunks_exact((chunks * stretches).max(1)).map(of_column).collect())
    }
}
