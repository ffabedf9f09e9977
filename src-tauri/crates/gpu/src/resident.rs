//! Rows that stay on the device, to be used more than once.

use std::borrow::Cow;

use rayon::prelude::*;
use wgpu::{Buffer, BufferUsages, MapRangeError, SubmissionIndex};

use crate::rows::{Rows, whole_rows};
use crate::shaders::{Format, PADDING};
use crate::{GpuDevice, GpuError};

/// Bytes that one thread copies at a time.
const COPY_BYTES: usize = 1 << 20;

/// Rows on a device, padded for its shaders.
pub struct DeviceRows {
    pub(crate) format: Format,
    pub(crate) width: usize,
    pub(crate) count: usize,
    /// The rows in order, as many in each buffer as a binding holds.
    pub(crate) blocks: Vec<Block>,
    /// Rows that are there; the rest is room.
    brought: usize,
    /// What was brought last.
    on_the_way: Option<SubmissionIndex>,
}

/// Some of the rows.
pub(crate) struct Block {
    pub(crate) buffer: Buffer,
    pub(crate) first: usize,
    pub(crate) count: usize,
}

impl DeviceRows {
    /// Number of rows.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Rows that were brought so far.
    pub(crate) const fn brought(&self) -> usize {
        self.brought
    }

    /// How the rows lie in their buffers.
    pub(crate) const fn layout(&self) -> Layout {
        Layout::in_format(self.format, self.width)
    }
}

/// How rows lie in a buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) format: Format,
    pub(crate) width: usize,
    /// Components of a padded row.
    pub(crate) padded: usize,
}

impl Layout {
    pub(crate) fn of(rows: &Rows<'_>, width: usize) -> Self {
        let format = match rows {
            Rows::F32(_) => Format::F32,
            Rows::F16(_) => Format::F16,
        };
        Self::in_format(format, width)
    }

    const fn in_format(format: Format, width: usize) -> Self {
        Self { format, width, padded: width.next_multiple_of(PADDING) }
    }

    /// Bytes of one padded row.
    pub(crate) const fn row_bytes(&self) -> usize {
        match self.format {
            Format::F32 => 4 * self.padded,
            Format::F16 => 2 * self.padded,
        }
    }

    /// Parts of four components in a row.
    pub(crate) const fn parts(&self) -> u32 {
        (self.padded / 4) as u32
    }

    /// Rows in f32, each with the zeros behind it.
    fn pad<'a>(&self, rows: &'a [f32]) -> Cow<'a, [f32]> {
        if self.width == self.padded || self.width == 0 {
            return rows.into();
        }
        let mut padded = vec![0.0; rows.len() / self.width * self.padded];
        for (to, from) in padded.chunks_exact_mut(self.padded).zip(rows.chunks_exact(self.width)) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        }
        padded.into()
    }

    /// Writes rows to the beginning of a mapped buffer, several threads at once.
    pub(crate) fn write(&self, rows: &Rows<'_>, buffer: &Buffer) -> Result<(), MapRangeError> {
        let (from, to) = (self.width * rows.value_bytes(), self.row_bytes());
        let rows_per_task = (COPY_BYTES / to.max(1)).max(1);
        let tasks = rows.bytes().par_chunks((rows_per_task * from).max(1)).enumerate();
        tasks.try_for_each(|(number, source)| {
            let start = number * rows_per_task * to;
            let bytes = source.len() / from * to;
            let mut target = buffer.get_mapped_range_mut(start as u64..(start + bytes) as u64)?;
            if from == to {
                target.copy_from_slice(source);
                return Ok(());
            }
            for (row, start) in source.chunks_exact(from).zip((0..).step_by(to)) {
                target.slice(start..start + from).copy_from_slice(row);
                target.slice(start + from..start + to).fill(0);
            }
            Ok(())
        })
    }
}

impl GpuDevice {
    /// Brings rows `[rows, width]` to the device.
    ///
    /// # Errors
    /// Values that are not whole rows, a row that exceeds a binding, or a device that fails.
    pub fn keep(&self, rows: Rows<'_>, width: usize) -> Result<DeviceRows, GpuError> {
        let count = whole_rows("row", rows.len(), width)?;
        let layout = Layout::of(&rows, width);
        let per_block = self.fitting(layout.row_bytes())?;
        self.keep_in_blocks(rows, layout, count, per_block)
    }

    /// Rows of this many bytes that one binding holds.
    pub(crate) fn fitting(&self, row_bytes: usize) -> Result<usize, GpuError> {
        let (bytes, most_bytes) = (row_bytes.max(1) as u64, self.most_bytes());
        let most = most_bytes / bytes;
        // Shaders count parts of rows in 32 bits.
        let most = most.min(u64::from(u32::MAX) / bytes.div_ceil(4));
        if most == 0 {
            return Err(GpuError::TooLarge { bytes, most_bytes });
        }
        Ok(usize::try_from(most).unwrap_or(usize::MAX))
    }

    pub(crate) fn keep_in_blocks(
        &self,
        rows: Rows<'_>,
        layout: Layout,
        count: usize,
        per_block: usize,
    ) -> Result<DeviceRows, GpuError> {
        let width = layout.width;
        let mut blocks = Vec::new();
        for first in (0..count).step_by(per_block) {
            let here = per_block.min(count - first);
            let buffer =
                self.buffer("rows", BufferUsages::STORAGE, here * layout.row_bytes(), true)?;
            let rows = rows.slice(first * width, (first + here) * width);
            layout.write(&rows, &buffer).map_err(|e| self.failed_because(&e))?;
            buffer.unmap();
            self.check()?;
            blocks.push(Block { buffer, first, count: here });
        }
        let (format, brought) = (layout.format, count);
        Ok(DeviceRows { format, width, count, blocks, brought, on_the_way: None })
    }

    /// Room for this many rows in f32, which [`GpuDevice::bring`] brings block by block.
    ///
    /// # Errors
    /// A row that exceeds a binding, or refused memory.
    pub fn room_for_rows(&self, count: usize, width: usize) -> Result<DeviceRows, GpuError> {
        let layout = Layout::in_format(Format::F32, width);
        let per_block = self.fitting(layout.row_bytes())?;
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_DST;
        let mut blocks = Vec::new();
        for first in (0..count).step_by(per_block) {
            let count = per_block.min(count - first);
            let buffer = self.buffer("rows", usage, count * layout.row_bytes(), false)?;
            blocks.push(Block { buffer, first, count });
        }
        let format = layout.format;
        Ok(DeviceRows { format, width, count, blocks, brought: 0, on_the_way: None })
    }

    /// Brings the next rows. They are on their way when this returns, and those before them are there.
    ///
    /// # Errors
    /// Values that are not whole rows, more rows than there is room for, or a device that fails.
    pub fn bring(&self, kept: &mut DeviceRows, rows: &[f32]) -> Result<(), GpuError> {
        let layout = kept.layout();
        let count = whole_rows("row", rows.len(), layout.width)?;
        let (from, to) = (kept.brought, kept.brought + count);
        if to > kept.count {
            return Err(GpuError::Room { rows: to, room: kept.count });
        }
        let padded = layout.pad(rows);
        for block in &kept.blocks {
            let here = from.max(block.first)..to.min(block.first + block.count);
            let values = (here.start.saturating_sub(from) * layout.padded)
                ..(here.end.saturating_sub(from) * layout.padded);
            if let Some(values) = padded.get(values).filter(|values| !values.is_empty()) {
                let offset = (here.start - block.first) * layout.row_bytes();
                self.queue.write_buffer(&block.buffer, offset as u64, bytemuck::cast_slice(values));
            }
        }
        let index = self.queue.submit([]);
        self.check()?;
        kept.brought = to;
        // What is copied waits in memory until the device has it.
        match kept.on_the_way.replace(index) {
            Some(before) => self.wait(before, &[]),
            None => Ok(()),
        }
    }
}
