//! AUROCs of many columns of scores on the device.

use bytemuck::{Pod, Zeroable};
use wgpu::{Buffer, BufferUsages, CommandEncoder};

use crate::cpu::{SidedRows, area, check_sides, in_sides};
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
    padding: [u32; 3],
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
        let count = sided.count()?;
        let SidedRows { rows, is_positive, width } = sided;
        let sides = Sides::of(is_positive)?;
        // The directions are the shader's rows, so that a direction's scores lie together.
        let ordered: Vec<f32> = in_sides(is_positive)
            .flat_map(|row| rows.get(row * width..(row + 1) * width).unwrap_or_default())
            .copied()
            .collect();
        let rows = self.keep_whole(&ordered, width)?;
        let directions = self.keep(Rows::F32(directions), width)?;
        let layout = directions.layout();
        let work = self.kind().work_per_dispatch() / (count * layout.padded).max(1);
        let groups = self.most_groups() * Kernel::project(layout.format, count).block().0;
        let most = self.fitting(count * size_of::<f32>())?.min(work.max(1)).min(groups);
        let mut areas = Vec::with_capacity(directions.count());
        for block in &directions.blocks {
            for first in (0..block.count).step_by(most) {
                let of_directions = first..(first + most).min(block.count);
                let columns = of_directions.len();
                let bytes = columns * count * size_of::<f32>();
                let scores = self.buffer("scores", BufferUsages::STORAGE, bytes, false)?;
                let mut commands = self.commands();
                self.product(
                    &mut commands,
                    &Product {
                        format: layout.format,
                        rows: &block.buffer,
                        of_rows: of_directions,
                        directions: self.whole(&rows)?,
                        of_directions: 0..count,
                        parts: layout.parts(),
                        scores: &scores,
                        first_score: 0,
                    },
                )?;
                areas.extend(self.areas(commands, &scores, columns, sides)?);
            }
        }
        Ok(areas)
    }

    /// The AUROCs of columns of scores `[columns, positive rows then negative rows]`, which
    /// `commands` may still have to compute.
    fn areas(
        &self,
        mut commands: CommandEncoder,
        scores: &Buffer,
        columns: usize,
        sides: Sides,
    ) -> Result<Vec<f64>, GpuError> {
        let chunks = sides.negatives.div_ceil(AUROC_CHUNK);
        let stretches = sides.positives.div_ceil(AUROC_STRETCH);
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_SRC;
        let count = columns * chunks * stretches;
        let counts = self.buffer("counts", usage, count * size_of::<u32>(), false)?;
        for first in (0..columns).step_by(self.most_groups()) {
            let shape = Shape {
                positives: sides.positives as u32,
                negatives: sides.negatives as u32,
                first_column: first as u32,
                chunks: chunks as u32,
                stretches: stretches as u32,
                padding: [0; 3],
            };
            let shape = self.filled("shape", BufferUsages::UNIFORM, &[shape])?;
            let groups = [chunks, self.most_groups().min(columns - first), stretches];
            self.encode(&mut commands, Kernel::Auroc, &[scores, &counts, &shape], groups);
        }
        let counts: Vec<u32> = self.read_after(commands, &counts, count)?;
        let of_column = |counts: &[u32]| {
            let twice_wins = counts.iter().copied().map(u64::from).sum();
            area(twice_wins, sides.positives, sides.negatives)
        };
        Ok(counts.chunks_exact((chunks * stretches).max(1)).map(of_column).collect())
    }
}
