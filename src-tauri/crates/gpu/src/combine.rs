//! Sums of rows with weights on the device.

use std::ops::Range;

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;
use wgpu::{Buffer, BufferUsages};

use crate::project::DeviceScores;
use crate::resident::DeviceRows;
use crate::rows::{Rows, whole_rows};
use crate::shaders::{INNER_SUM, Kernel};
use crate::{GpuDevice, GpuError};

/// Rows of a span, whose sums are taken in f32: at most, and at least.
const SPANS: [usize; 2] = [64 * INNER_SUM, 4 * INNER_SUM];
/// Workgroups that keep a device busy.
const BUSY: usize = 1024;
/// Bytes of sums that are brought back at a time.
const READ_BYTES: usize = 256 << 20;

/// `Shape` in combine.wgsl, rounded up to the 16 bytes of a uniform binding.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Shape {
    count: u32,
    first_row: u32,
    first_weight: u32,
    columns: u32,
    parts: u32,
    span: u32,
    padding: [u32; 2],
}

/// One run of the shader.
struct Sum<'a> {
    rows: &'a Buffer,
    /// Which of the rows in the buffer.
    of_rows: Range<usize>,
    weights: &'a Buffer,
    /// Which row of the weights is the first row's.
    first_weight: usize,
}

impl GpuDevice {
    /// [`cpu::combine`](crate::cpu::combine) on the device, which has to hold the rows.
    ///
    /// # Errors
    /// See the twin; a device that fails.
    pub fn combine(
        &self,
        rows: Rows<'_>,
        weights: &[f32],
        width: usize,
    ) -> Result<Vec<f64>, GpuError> {
        let count = whole_rows("row", rows.len(), width)?;
        let columns = whole_rows("weight", weights.len(), count)?;
        if columns == 0 || width == 0 {
            return Ok(Vec::new());
        }
        let kept = self.keep(rows, width)?;
        let held = self.room_for_scores(&kept, columns)?;
        for part in &held.parts {
            let Some(block) = kept.blocks.get(part.block) else { continue };
            let [first, end] =
                [part.of_rows.start, part.of_rows.end].map(|row| (block.first + row) * columns);
            let values = weights.get(first..end).unwrap_or_default();
            self.queue.write_buffer(&part.buffer, 0, bytemuck::cast_slice(values));
        }
        self.check()?;
        self.combine_kept(&kept, &held)
    }

    /// [`cpu::image`](crate::cpu::image) of rows that are on the device.
    ///
    /// # Errors
    /// Rows that are not all there, values that are not whole columns, or a device that fails.
    pub fn image(&self, rows: &DeviceRows, columns: &[f32]) -> Result<Vec<f64>, GpuError> {
        let count = whole_rows("direction", columns.len(), rows.width)?;
        if rows.brought() < rows.count {
            return Err(GpuError::Room { rows: rows.brought(), room: rows.count });
        }
        if count == 0 || rows.count == 0 {
            return Ok(vec![0.0; columns.len()]);
        }
        let columns = self.keep_whole(columns, rows.width)?;
        let scores = self.room_for_scores(rows, count)?;
        self.project_into(rows, &columns, &scores)?;
        self.combine_kept(rows, &scores)
    }

    /// Sums of rows that are on the device, with weights that are there.
    fn combine_kept(
        &self,
        rows: &DeviceRows,
        weights: &DeviceScores,
    ) -> Result<Vec<f64>, GpuError> {
        let (layout, columns) = (rows.layout(), weights.directions);
        let (of_components, of_columns) = Kernel::combine(rows.format, columns).block();
        let tiles = [layout.padded.div_ceil(of_components), columns.div_ceil(of_columns)];
        let span = span(rows.count, tiles[0] * tiles[1]);
        let work = self.kind().work_per_dispatch() / (span * layout.padded * columns).max(1);
        let bytes = columns * layout.padded * size_of::<f32>();
        let most = self.fitting(bytes)?.min(READ_BYTES / bytes.max(1)).min(self.most_groups());
        let step = most.min(work).max(1) * span;
        let mut sums = vec![0.0; columns * layout.width];
        for part in &weights.parts {
            let Some(block) = rows.blocks.get(part.block) else { continue };
            for first in part.of_rows.clone().step_by(step) {
                let sum = Sum {
                    rows: &block.buffer,
                    of_rows: first..(first + step).min(part.of_rows.end),
                    weights: &part.buffer,
                    first_weight: first - part.of_rows.start,
                };
                let found = self.sums(rows, columns, span, &sum)?;
                // Spans come one after the other, so that sums are taken in one order.
                sums.par_chunks_mut(layout.width.max(1)).enumerate().for_each(|(column, sums)| {
                    let of_column = found.chunks_exact(layout.padded).skip(column);
                    for part in of_column.step_by(columns) {
                        sums.iter_mut().zip(part).for_each(|(sum, &part)| *sum += f64::from(part));
                    }
                });
            }
        }
        Ok(sums)
    }

    /// `[spans, columns, padded width]`.
    fn sums(
        &self,
        rows: &DeviceRows,
        columns: usize,
        span: usize,
        sum: &Sum<'_>,
    ) -> Result<Vec<f32>, GpuError> {
        let layout = rows.layout();
        let kernel = Kernel::combine(rows.format, columns);
        let (of_components, of_columns) = kernel.block();
        let spans = sum.of_rows.len().div_ceil(span);
        let count = spans * columns * layout.padded;
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_SRC;
        let found = self.buffer("sums", usage, count * size_of::<f32>(), false)?;
        let shape = Shape {
            count: sum.of_rows.len() as u32,
            first_row: sum.of_rows.start as u32,
            first_weight: sum.first_weight as u32,
            columns: columns as u32,
            parts: layout.parts(),
            span: span as u32,
            padding: [0; 2],
        };
        let shape = self.filled("shape", BufferUsages::UNIFORM, &[shape])?;
        let groups = [layout.padded.div_ceil(of_components), columns.div_ceil(of_columns), spans];
        let mut commands = self.commands();
        self.encode(&mut commands, kernel, &[sum.rows, sum.weights, &found, &shape], groups);
        self.read_after(commands, &found, count)
    }
}

/// Rows of a span: long enough that few sums come back, short enough that there is work for all of a
/// device. `tiles`: workgroups of each span.
fn span(rows: usize, tiles: usize) -> usize {
    let [most, least] = SPANS;
    (rows * tiles / BUSY).next_multiple_of(INNER_SUM).clamp(least, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_whole_and_keep_a_device_busy() {
        for (rows, tiles) in [(1, 1), (300, 4), (10_000, 8), (1_000_000, 32), (1_000_000, 1)] {
            let span = span(rows, tiles);
            assert!(span.is_multiple_of(INNER_SUM) && (256..=4096).contains(&span));
            let is_shortest = span == 256;
            assert!(is_shortest || rows.div_ceil(span) * tiles >= BUSY / 2, "{rows} {tiles}");
        }
    }

    /// In pieces that divide neither blocks nor spans, rows are the same as brought at once.
    #[test]
    fn rows_brought_in_pieces_are_all_there() {
        let constraints = crate::Constraints { binding_bytes: Some(4096), ..Default::default() };
        let Ok(device) = GpuDevice::open_constrained(constraints) else {
            eprintln!("no graphics adapter here: the device was not tested");
            return;
        };
        for width in [16, 13] {
            let rows: Vec<f32> = (0..301 * width).map(|i| ((i * 7) % 17) as f32 - 8.0).collect();
            let columns: Vec<f32> = (0..3 * width).map(|i| ((i * 5) % 7) as f32 - 3.0).collect();
            // Small integers: every sum is exact, so equality has to be too.
            let expected = crate::cpu::image(Rows::F32(&rows), &columns, width).unwrap();
            for piece in [1, 50, 64, 301] {
                let mut kept = device.room_for_rows(301, width).unwrap();
                assert!(kept.blocks.len() > 1);
                let unfinished = device.image(&kept, &columns);
                assert_eq!(unfinished, Err(GpuError::Room { rows: 0, room: 301 }));
                for rows in rows.chunks(piece * width) {
                    device.bring(&mut kept, rows).unwrap();
                }
                assert_eq!(device.image(&kept, &columns).as_ref(), Ok(&expected), "{piece}");
                let beyond = device.bring(&mut kept, &rows[..width]);
                assert_eq!(beyond, Err(GpuError::Room { rows: 302, room: 301 }));
            }
        }
    }
}
