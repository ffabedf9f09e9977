//! What a device can do at most, measured: what its shaders are held against.

use std::time::Instant;

use wgpu::BufferUsages;

use crate::shaders::{Kernel, THREADS};
use crate::{GpuDevice, GpuError};

/// Runs of which the fastest counts; one more comes first.
const RUNS: usize = 5;
/// Bytes copied, at most.
const COPIED: u64 = 1 << 30;
/// Multiplications of one thread in one round of ceiling.wgsl, and threads.
const PER_ROUND: usize = 64;
const GROUPS: usize = 4096;

impl GpuDevice {
    /// Bytes read and written a second when one buffer is copied to another.
    ///
    /// # Errors
    /// A device that fails.
    pub fn copy_ceiling(&self) -> Result<f64, GpuError> {
        let bytes = usize::try_from(self.most_bytes().min(COPIED)).unwrap_or(usize::MAX) / 16 * 16;
        let usage = BufferUsages::COPY_SRC | BufferUsages::COPY_DST;
        let (from, to) =
            (self.buffer("from", usage, bytes, false)?, self.buffer("to", usage, bytes, false)?);
        let seconds = self.fastest(|| {
            let mut commands = self.commands();
            commands.copy_buffer_to_buffer(&from, 0, &to, 0, bytes as u64);
            self.submit(commands).map(drop)
        })?;
        Ok(2.0 * bytes as f64 / seconds)
    }

    /// Multiplications, each with an addition, a second, in f32 and in registers.
    ///
    /// # Errors
    /// A device that fails.
    pub fn arithmetic_ceiling(&self) -> Result<f64, GpuError> {
        let threads = GROUPS * THREADS as usize;
        let rounds = (self.kind().work_per_dispatch() / (threads * PER_ROUND)).max(1);
        let kept = self.buffer("kept", BufferUsages::STORAGE, 256, false)?;
        let shape = self.filled("shape", BufferUsages::UNIFORM, &[rounds as u32, 0, 0, 0])?;
        let seconds = self.fastest(|| {
            let mut commands = self.commands();
            self.encode(&mut commands, Kernel::Ceiling, &[&kept, &shape], [GROUPS, 1, 1]);
            self.submit(commands).map(drop)
        })?;
        Ok((rounds * threads * PER_ROUND) as f64 / seconds)
    }

    /// Seconds of the fastest run, until the device is done.
    fn fastest(&self, run: impl Fn() -> Result<(), GpuError>) -> Result<f64, GpuError> {
        run()?;
        self.finish()?;
        let mut best = f64::INFINITY;
        for _ in 0..RUNS {
            let start = Instant::now();
            run()?;
            self.finish()?;
            best = best.min(start.elapsed().as_secs_f64());
        }
        Ok(best)
    }
}
