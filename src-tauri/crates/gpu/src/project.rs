//! Batched projection on the device: buffers, blocks of rows, reading back.

use std::sync::mpsc;
use std::time::Duration;

use bytemuck::{Pod, Zeroable};
use wgpu::BufferUsages;

use crate::cpu::count;
use crate::{GpuDevice, GpuError};

/// Rows and directions of a tile, as in project.wgsl.
const TILE: usize = 16;
/// Multiplications of one dispatch: systems end a shader that holds the screen for seconds.
const WORK_PER_DISPATCH: usize = 1 << 31;
/// A dispatch that takes longer than this will not end.
const PATIENCE: Duration = Duration::from_secs(120);
const F32_BYTES: usize = size_of::<f32>();

/// `Shape` in project.wgsl, rounded up to the 16 bytes of a uniform binding.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Shape {
    rows: u32,
    directions: u32,
    width: u32,
    padding: u32,
}

impl GpuDevice {
    /// [`cpu::project`](crate::cpu::project) on the device, in as many blocks of rows as its
    /// bindings need.
    ///
    /// # Errors
    /// Values that are not whole rows, directions that exceed a binding, or a device that fails.
    pub fn project(
        &self,
        rows: &[f32],
        directions: &[f32],
        width: usize,
    ) -> Result<Vec<f32>, GpuError> {
        let (_, k) = count(rows, directions, width)?;
        let most_bytes = self.most_bytes();
        let most_values = usize::try_from(most_bytes).unwrap_or(usize::MAX) / F32_BYTES;
        if directions.len() > most_values || width.max(k) > most_values {
            return Err(GpuError::TooLarge { directions: k, width, most_bytes });
        }
        let groups = self.device.limits().max_compute_workgroups_per_dimension as usize;
        let block = (most_values / width.max(k).max(1))
            .min(WORK_PER_DISPATCH / directions.len().max(1))
            .min(groups.saturating_mul(TILE));
        self.project_in_blocks(rows, directions, width, block.max(1))
    }

    fn project_in_blocks(
        &self,
        rows: &[f32],
        directions: &[f32],
        width: usize,
        block: usize,
    ) -> Result<Vec<f32>, GpuError> {
        let (n, k) = count(rows, directions, width)?;
        let mut scores = Vec::with_capacity(n * k);
        if n == 0 || k == 0 {
            return Ok(scores);
        }
        let directions = self.filled("directions", BufferUsages::STORAGE, directions)?;
        for rows in rows.chunks(block.saturating_mul(width)) {
            scores.extend(self.project_block(rows, &directions, k, width)?);
        }
        Ok(scores)
    }

    fn project_block(
        &self,
        rows: &[f32],
        directions: &wgpu::Buffer,
        k: usize,
        width: usize,
    ) -> Result<Vec<f32>, GpuError> {
        let n = rows.len() / width;
        let shape = Shape { rows: n as u32, directions: k as u32, width: width as u32, padding: 0 };
        let rows = self.filled("rows", BufferUsages::STORAGE, rows)?;
        let shape = self.filled("shape", BufferUsages::UNIFORM, &[shape])?;
        let bytes = (n * k * F32_BYTES) as u64;
        let scores = self.buffer("scores", BufferUsages::STORAGE | BufferUsages::COPY_SRC, bytes);
        let readable =
            self.buffer("readable", BufferUsages::MAP_READ | BufferUsages::COPY_DST, bytes);
        let buffers = [&rows, directions, &scores, &shape];
        let entries: Vec<wgpu::BindGroupEntry<'_>> = (0..)
            .zip(buffers)
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        let bindings = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("project"),
            layout: &self.project.get_bind_group_layout(0),
            entries: &entries,
        });
        let mut commands = self.device.create_command_encoder(&Default::default());
        {
            let mut pass = commands.begin_compute_pass(&Default::default());
            pass.set_pipeline(&self.project);
            pass.set_bind_group(0, &bindings, &[]);
            pass.dispatch_workgroups(k.div_ceil(TILE) as u32, n.div_ceil(TILE) as u32, 1);
        }
        commands.copy_buffer_to_buffer(&scores, 0, &readable, 0, bytes);
        self.queue.submit([commands.finish()]);
        self.read(&readable)
    }

    fn buffer(&self, label: &str, usage: BufferUsages, size: u64) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size,
            usage,
            mapped_at_creation: false,
        })
    }

    /// A buffer with contents.
    fn filled<T: Pod>(
        &self,
        label: &str,
        usage: BufferUsages,
        values: &[T],
    ) -> Result<wgpu::Buffer, GpuError> {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        let buffer = self.buffer(label, usage | BufferUsages::COPY_DST, bytes.len() as u64);
        // Out of memory is known by now, and writing to a buffer that is not there is worse.
        self.check()?;
        self.queue.write_buffer(&buffer, 0, bytes);
        Ok(buffer)
    }

    /// Waits for the device and copies a buffer's values.
    fn read(&self, buffer: &wgpu::Buffer) -> Result<Vec<f32>, GpuError> {
        let (sender, mapped) = mpsc::channel();
        buffer.map_async(wgpu::MapMode::Read, .., move |result| {
            // Fails only where the receiver has stopped waiting.
            sender.send(result).ok();
        });
        let wait = wgpu::PollType::Wait { submission_index: None, timeout: Some(PATIENCE) };
        let polled = self.device.poll(wait);
        // What the device reported says more than that mapping failed because of it.
        self.check()?;
        polled.map_err(|e| self.failed(&e))?;
        mapped.try_recv().map_err(|e| self.failed(&e))?.map_err(|e| self.failed(&e))?;
        let view = buffer.get_mapped_range(..).map_err(|e| self.failed(&e))?;
        Ok(bytemuck::pod_collect_to_vec(&view))
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
        let (n, k, width) = (37, 5, 19);
        let values = |count: usize, step: usize| -> Vec<f32> {
            (0..count).map(|i| ((i * step) % 17) as f32 - 8.0).collect()
        };
        let (rows, directions) = (values(n * width, 7), values(k * width, 5));
        // Small integers: every sum is exact, so equality has to be too.
        let expected = cpu::project(&rows, &directions, width).unwrap();
        for block in [1, 16, 36, 37, 1000] {
            let found = device.project_in_blocks(&rows, &directions, width, block).unwrap();
            assert_eq!(found, expected, "blocks of {block}");
        }
    }
}
