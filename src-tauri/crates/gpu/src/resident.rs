//! Rows that stay on the device, to be used more than once.

use rayon::prelude::*;
use wgpu::{Buffer, BufferUsages, MapRangeError};

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
        Ok(DeviceRows { format: layout.format, width, count, blocks })
    }
}
