//! Buffers of a device: allocating, filling, reading back.

use std::sync::mpsc;
use std::time::Duration;

use bytemuck::Pod;
use wgpu::{Buffer, BufferUsages, CommandEncoder, SubmissionIndex};

use crate::shaders::Kernel;
use crate::{GpuDevice, GpuError};

/// Work that takes longer than this will not end.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a mapping says once it is there.
pub(crate) type Mapped = mpsc::Receiver<Result<(), wgpu::BufferAsyncError>>;

impl GpuDevice {
    /// A buffer of zeros; being refused is an answer. `is_mapped`: the processor begins with it.
    pub(crate) fn buffer(
        &self,
        label: &str,
        usage: BufferUsages,
        bytes: usize,
        is_mapped: bool,
    ) -> Result<Buffer, GpuError> {
        let size = (bytes as u64).next_multiple_of(wgpu::COPY_BUFFER_ALIGNMENT).max(16);
        let refused = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size,
            usage,
            mapped_at_creation: is_mapped,
        });
        match pollster::block_on(refused.pop()) {
            Some(_) => {
                self.check()?;
                Err(GpuError::NoMemory { name: self.name().to_owned(), bytes: size })
            }
            None => self.check().map(|()| buffer),
        }
    }

    /// A buffer that shaders read, with contents.
    pub(crate) fn filled<T: Pod>(
        &self,
        label: &str,
        usage: BufferUsages,
        values: &[T],
    ) -> Result<Buffer, GpuError> {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        let buffer = self.buffer(label, usage | BufferUsages::COPY_DST, bytes.len(), false)?;
        self.queue.write_buffer(&buffer, 0, bytes);
        self.check()?;
        Ok(buffer)
    }

    /// Puts a shader's run on these buffers (bindings 0, 1, ...) among the commands.
    pub(crate) fn encode(
        &self,
        commands: &mut CommandEncoder,
        kernel: Kernel,
        buffers: &[&Buffer],
        groups: [usize; 3],
    ) {
        let pipeline = self.shaders.get(&self.device, kernel);
        let entries: Vec<wgpu::BindGroupEntry<'_>> = (0..)
            .zip(buffers)
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        let bindings = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        let mut pass = commands.begin_compute_pass(&Default::default());
        pass.set_pipeline(&pipeline);
        pass.set_bind_group(0, &bindings, &[]);
        let [x, y, z] = groups.map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        pass.dispatch_workgroups(x, y, z);
    }

    pub(crate) fn commands(&self) -> CommandEncoder {
        self.device.create_command_encoder(&Default::default())
    }

    /// Hands commands to the device, which begins with them.
    pub(crate) fn submit(&self, commands: CommandEncoder) -> Result<SubmissionIndex, GpuError> {
        let index = self.queue.submit([commands.finish()]);
        self.check()?;
        Ok(index)
    }

    /// Waits for a submission, and for what was to be mapped after it.
    pub(crate) fn wait(&self, index: SubmissionIndex, mapped: &[&Mapped]) -> Result<(), GpuError> {
        let wait = wgpu::PollType::Wait { submission_index: Some(index), timeout: Some(PATIENCE) };
        let polled = self.device.poll(wait);
        self.check()?;
        polled.map_err(|e| self.failed_because(&e))?;
        for mapped in mapped {
            mapped
                .try_recv()
                .map_err(|e| self.failed_because(&e))?
                .map_err(|e| self.failed_because(&e))?;
        }
        Ok(())
    }

    /// Waits until the device has done everything it was asked for.
    ///
    /// # Errors
    /// A device that fails, or takes too long.
    pub fn finish(&self) -> Result<(), GpuError> {
        self.wait(self.queue.submit([]), &[])
    }

    /// Copies what a mapped buffer holds, and gives it back to the device.
    pub(crate) fn take<T: Pod>(&self, buffer: &Buffer, out: &mut [T]) -> Result<(), GpuError> {
        {
            let out: &mut [u8] = bytemuck::cast_slice_mut(out);
            let view = buffer.get_mapped_range(..).map_err(|e| self.failed_because(&e))?;
            let found =
                view.get(..out.len()).ok_or_else(|| self.failed_because(&"short buffer"))?;
            out.copy_from_slice(found);
        }
        buffer.unmap();
        Ok(())
    }

    /// Submits commands and reads a buffer after them.
    pub(crate) fn read_after<T: Pod>(
        &self,
        mut commands: CommandEncoder,
        buffer: &Buffer,
        count: usize,
    ) -> Result<Vec<T>, GpuError> {
        let bytes = count * size_of::<T>();
        let usage = BufferUsages::MAP_READ | BufferUsages::COPY_DST;
        let readable = self.buffer("readable", usage, bytes, false)?;
        commands.copy_buffer_to_buffer(buffer, 0, &readable, 0, readable.size());
        let index = self.submit(commands)?;
        let mapped = map(&readable, wgpu::MapMode::Read);
        self.wait(index, &[&mapped])?;
        let mut values = vec![T::zeroed(); count];
        self.take(&readable, &mut values)?;
        Ok(values)
    }
}

/// Asks for a buffer to be handed to the processor after what was submitted.
pub(crate) fn map(buffer: &Buffer, mode: wgpu::MapMode) -> Mapped {
    let (sender, mapped) = mpsc::channel();
    buffer.map_async(mode, .., move |result| {
        // Fails only where the receiver has stopped waiting.
        sender.send(result).ok();
    });
    mapped
}
