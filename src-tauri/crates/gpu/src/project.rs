//! Products of rows with directions on the device: of rows that are there, and of rows that are
//! brought block by block.

use std::ops::Range;

use bytemuck::{Pod, Zeroable};
use wgpu::{Buffer, BufferUsages, CommandEncoder, MapMode, SubmissionIndex};

use crate::buffers::{Mapped, map};
use crate::resident::{DeviceRows, Layout};
use crate::rows::{Rows, whole_rows};
use crate::shaders::{Format, Kernel};
use crate::{GpuDevice, GpuError};

/// Bytes of rows that are brought at a time: enough for the device to be busy with, few enough that
/// the first are there soon.
const BLOCK_BYTES: usize = 64 << 20;
const F32_BYTES: usize = size_of::<f32>();

/// `Shape` in project.wgsl, rounded up to the 16 bytes of a uniform binding.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Shape {
    count: u32,
    first_row: u32,
    first_score: u32,
    directions: u32,
    first_direction: u32,
    parts: u32,
    padding: [u32; 2],
}

/// Scores on a device.
pub struct DeviceScores {
    pub(crate) directions: usize,
    pub(crate) parts: Vec<Part>,
}

/// Those of some of the rows of one block.
pub(crate) struct Part {
    pub(crate) block: usize,
    pub(crate) of_rows: Range<usize>,
    pub(crate) buffer: Buffer,
}

/// One run of the shader.
pub(crate) struct Product<'a> {
    pub(crate) format: Format,
    pub(crate) rows: &'a Buffer,
    /// Which of the rows in the buffer.
    pub(crate) of_rows: Range<usize>,
    pub(crate) directions: &'a Buffer,
    /// Which of the directions in the buffer.
    pub(crate) of_directions: Range<usize>,
    pub(crate) parts: u32,
    /// `[rows, directions]`.
    pub(crate) scores: &'a Buffer,
    /// Where in the scores the first row's are.
    pub(crate) first_score: usize,
}

impl GpuDevice {
    /// [`cpu::project`](crate::cpu::project) on the device. Rows are brought block by block: while
    /// the device computes on one, the next is copied.
    ///
    /// # Errors
    /// Values that are not whole rows, directions that exceed a binding, or a device that fails.
    pub fn project(
        &self,
        rows: Rows<'_>,
        directions: &[f32],
        width: usize,
    ) -> Result<Vec<f32>, GpuError> {
        let n = whole_rows("row", rows.len(), width)?;
        let k = whole_rows("direction", directions.len(), width)?;
        let layout = Layout::of(&rows, width);
        let block = self.fitting(layout.row_bytes())?.min(self.fitting(k * F32_BYTES)?);
        let work = self.kind().work_per_dispatch() / (k * layout.padded).max(1);
        let block = block.min(BLOCK_BYTES / layout.row_bytes().max(1)).min(work).max(1);
        let groups = self.most_groups() * Kernel::project(layout.format, k).block().0;
        self.project_in_blocks(rows, directions, width, block.min(groups).min(n.max(1)))
    }

    pub(crate) fn project_in_blocks(
        &self,
        rows: Rows<'_>,
        directions: &[f32],
        width: usize,
        block: usize,
    ) -> Result<Vec<f32>, GpuError> {
        let n = whole_rows("row", rows.len(), width)?;
        let k = whole_rows("direction", directions.len(), width)?;
        let mut scores = vec![0.0; n * k];
        if scores.is_empty() {
            return Ok(scores);
        }
        let directions = self.keep_whole(directions, width)?;
        let layout = Layout::of(&rows, width);
        let mut lanes = Vec::new();
        for _ in 0..n.div_ceil(block).min(2) {
            lanes.push(Lane::new(self, layout, k, block)?);
        }
        let lane_count = lanes.len();
        for (number, first) in (0..n).step_by(block).enumerate() {
            let Some(lane) = lanes.get_mut(number % lane_count) else { break };
            lane.finish(self, &mut scores)?;
            let range = first..(first + block).min(n);
            lane.start(self, &rows, range, &directions)?;
        }
        for lane in &mut lanes {
            lane.finish(self, &mut scores)?;
        }
        Ok(scores)
    }

    /// Scores `[rows, directions]` of rows that are on the device.
    ///
    /// # Errors
    /// Values that are not whole directions, directions or scores that exceed a binding, or a
    /// device that fails.
    pub fn project_kept(
        &self,
        rows: &DeviceRows,
        directions: &[f32],
    ) -> Result<Vec<f32>, GpuError> {
        let k = whole_rows("direction", directions.len(), rows.width)?;
        if rows.count == 0 || k == 0 {
            return Ok(Vec::new());
        }
        let directions = self.keep_whole(directions, rows.width)?;
        let scores = self.room_for_scores(rows, k)?;
        self.project_into(rows, &directions, &scores)?;
        self.read_scores(&scores)
    }

    /// Room for the scores of `rows` on this many directions.
    ///
    /// # Errors
    /// Scores of one row that exceed a binding, or refused memory.
    pub fn room_for_scores(
        &self,
        rows: &DeviceRows,
        directions: usize,
    ) -> Result<DeviceScores, GpuError> {
        let row_bytes = directions * F32_BYTES;
        let most = self.fitting(row_bytes)?;
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_SRC | BufferUsages::COPY_DST;
        let mut parts = Vec::new();
        for (block, here) in rows.blocks.iter().enumerate() {
            for first in (0..here.count).step_by(most) {
                let of_rows = first..(first + most).min(here.count);
                let buffer = self.buffer("scores", usage, of_rows.len() * row_bytes, false)?;
                parts.push(Part { block, of_rows, buffer });
            }
        }
        Ok(DeviceScores { directions, parts })
    }

    /// Lets the device compute scores; [`GpuDevice::finish`] waits until it has. `scores` is the room
    /// that was made for these rows and as many directions.
    ///
    /// # Errors
    /// Directions that exceed a binding, or a device that fails.
    pub fn project_into(
        &self,
        rows: &DeviceRows,
        directions: &DeviceRows,
        scores: &DeviceScores,
    ) -> Result<(), GpuError> {
        let k = directions.count.min(scores.directions);
        let whole = self.whole(directions)?;
        let layout = rows.layout();
        let work = self.kind().work_per_dispatch() / (k * layout.padded).max(1);
        let step = work.min(self.most_groups() * Kernel::project(rows.format, k).block().0).max(1);
        for part in &scores.parts {
            let Some(block) = rows.blocks.get(part.block) else { continue };
            for first in part.of_rows.clone().step_by(step) {
                let mut commands = self.commands();
                self.product(
                    &mut commands,
                    &Product {
                        format: rows.format,
                        rows: &block.buffer,
                        of_rows: first..(first + step).min(part.of_rows.end),
                        directions: whole,
                        of_directions: 0..k,
                        parts: layout.parts(),
                        scores: &part.buffer,
                        first_score: first - part.of_rows.start,
                    },
                )?;
                self.submit(commands)?;
            }
        }
        Ok(())
    }

    /// The scores that were computed.
    ///
    /// # Errors
    /// A device that fails.
    pub fn read_scores(&self, scores: &DeviceScores) -> Result<Vec<f32>, GpuError> {
        let mut found = Vec::new();
        for part in &scores.parts {
            let count = part.of_rows.len() * scores.directions;
            found.extend(self.read_after::<f32>(self.commands(), &part.buffer, count)?);
        }
        Ok(found)
    }

    /// Brings directions, which have to be in one buffer.
    pub(crate) fn keep_whole(
        &self,
        directions: &[f32],
        width: usize,
    ) -> Result<DeviceRows, GpuError> {
        let count = whole_rows("direction", directions.len(), width)?;
        let layout = Layout::of(&Rows::F32(directions), width);
        let most = self.fitting(layout.row_bytes())?;
        if count > most {
            return Err(self.too_large(count * layout.row_bytes()));
        }
        self.keep_in_blocks(Rows::F32(directions), layout, count, most)
    }

    /// The one buffer of rows that are in one.
    pub(crate) fn whole<'a>(&self, rows: &'a DeviceRows) -> Result<&'a Buffer, GpuError> {
        match rows.blocks.as_slice() {
            [block] => Ok(&block.buffer),
            _ => Err(self.too_large(rows.count * rows.layout().row_bytes())),
        }
    }

    pub(crate) fn too_large(&self, bytes: usize) -> GpuError {
        GpuError::TooLarge { bytes: bytes as u64, most_bytes: self.most_bytes() }
    }

    /// Puts one run of the shader among the commands.
    pub(crate) fn product(
        &self,
        commands: &mut CommandEncoder,
        product: &Product<'_>,
    ) -> Result<(), GpuError> {
        let shape = Shape {
            count: product.of_rows.len() as u32,
            first_row: product.of_rows.start as u32,
            first_score: product.first_score as u32,
            directions: product.of_directions.len() as u32,
            first_direction: product.of_directions.start as u32,
            parts: product.parts,
            padding: [0; 2],
        };
        let shape = self.filled("shape", BufferUsages::UNIFORM, &[shape])?;
        let kernel = Kernel::project(product.format, product.of_directions.len());
        let (rows, directions) = kernel.block();
        let of_rows = product.of_rows.len().div_ceil(rows);
        let groups = match kernel {
            Kernel::Few(..) => [of_rows, 1, 1],
            _ => [product.of_directions.len().div_ceil(directions), of_rows, 1],
        };
        let buffers = [product.rows, product.directions, product.scores, &shape];
        self.encode(commands, kernel, &buffers, groups);
        self.check()
    }
}

/// The buffers of one block on its way: two take turns.
struct Lane {
    layout: Layout,
    directions: usize,
    staging: Buffer,
    rows: Buffer,
    scores: Buffer,
    readable: Buffer,
    flight: Option<Flight>,
}

/// A block that the device works on.
struct Flight {
    range: Range<usize>,
    index: SubmissionIndex,
    read: Mapped,
    staged: Mapped,
}

impl Lane {
    fn new(
        device: &GpuDevice,
        layout: Layout,
        directions: usize,
        block: usize,
    ) -> Result<Self, GpuError> {
        let (rows, scores) = (block * layout.row_bytes(), block * directions * F32_BYTES);
        let (storage, from, to) =
            (BufferUsages::STORAGE, BufferUsages::COPY_SRC, BufferUsages::COPY_DST);
        Ok(Self {
            layout,
            directions,
            staging: device.buffer("staging", BufferUsages::MAP_WRITE | from, rows, true)?,
            rows: device.buffer("rows", storage | to, rows, false)?,
            scores: device.buffer("scores", storage | from, scores, false)?,
            readable: device.buffer("readable", BufferUsages::MAP_READ | to, scores, false)?,
            flight: None,
        })
    }

    /// Copies a block and lets the device begin with it.
    fn start(
        &mut self,
        device: &GpuDevice,
        rows: &Rows<'_>,
        range: Range<usize>,
        directions: &DeviceRows,
    ) -> Result<(), GpuError> {
        let width = self.layout.width;
        let rows = rows.slice(range.start * width, range.end * width);
        self.layout.write(&rows, &self.staging).map_err(|e| device.failed_because(&e))?;
        self.staging.unmap();
        let mut commands = device.commands();
        let bytes = (range.len() * self.layout.row_bytes()) as u64;
        commands.copy_buffer_to_buffer(&self.staging, 0, &self.rows, 0, bytes);
        device.product(
            &mut commands,
            &Product {
                format: self.layout.format,
                rows: &self.rows,
                of_rows: 0..range.len(),
                directions: device.whole(directions)?,
                of_directions: 0..self.directions,
                parts: self.layout.parts(),
                scores: &self.scores,
                first_score: 0,
            },
        )?;
        let bytes = (range.len() * self.directions * F32_BYTES) as u64;
        commands.copy_buffer_to_buffer(&self.scores, 0, &self.readable, 0, bytes);
        let index = device.submit(commands)?;
        self.flight = Some(Flight {
            range,
            index,
            read: map(&self.readable, MapMode::Read),
            staged: map(&self.staging, MapMode::Write),
        });
        Ok(())
    }

    /// Waits for the block that is on its way, if there is one, and takes its scores.
    fn finish(&mut self, device: &GpuDevice, scores: &mut [f32]) -> Result<(), GpuError> {
        let Some(Flight { range, index, read, staged }) = self.flight.take() else {
            return Ok(());
        };
        device.wait(index, &[&read, &staged])?;
        let k = self.directions;
        let out = scores.get_mut(range.start * k..range.end * k).unwrap_or_default();
        device.take(&self.readable, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu;

    #[test]
    fn blocks_of_rows_join_seamlessly() {
        let Ok(device) = GpuDevice::open() else {
            eprintln!("no graphics adapter here: the device was not tested");
            return;
        };
        let values = |count: usize, step: usize| -> Vec<f32> {
            (0..count).map(|i| ((i * step) % 17) as f32 - 8.0).collect()
        };
        for k in [5, 40] {
            let (n, width) = (37, 19);
            let (rows, directions) = (values(n * width, 7), values(k * width, 5));
            // Small integers: every sum is exact, so equality has to be too.
            let rows = Rows::F32(&rows);
            let expected = cpu::project(rows, &directions, width).unwrap();
            for block in [1, 16, 36, 37] {
                let found = device.project_in_blocks(rows, &directions, width, block).unwrap();
                assert_eq!(found, expected, "blocks of {block}");
                let layout = Layout::of(&rows, width);
                let kept = device.keep_in_blocks(rows, layout, n, block).unwrap();
                assert_eq!(device.project_kept(&kept, &directions).unwrap(), expected);
            }
        }
    }
}
