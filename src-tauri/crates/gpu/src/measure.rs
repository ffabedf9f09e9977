//! Whether a device is worth its trouble: a short measurement, remembered for each machine.

use std::path::Path;
use std::thread;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::rows::Rows;
use crate::{Backend, GpuError, cpu};

/// File that measurements are remembered in.
const FILE: &str = "compute.json";
/// Runs of which the fastest counts. One more comes first, for pages, threads and shaders.
const RUNS: usize = 3;
/// Rows, directions and width of the three measurements: next to nothing, mostly rows to bring,
/// mostly arithmetic.
const TINY: [usize; 3] = [32, 16, 64];
const LONG: [usize; 3] = [4096, 1, 1024];
const DENSE: [usize; 3] = [2048, 512, 1024];

/// How much there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// Bytes to bring to the device and back.
    pub bytes: usize,
    /// Multiplications, each with an addition.
    pub multiply_adds: usize,
}

impl Work {
    /// What products of rows with directions are, both of this width, in f32.
    #[must_use]
    pub const fn of_products(rows: usize, directions: usize, width: usize) -> Self {
        let values = (rows + directions).saturating_mul(width);
        Self {
            bytes: values.saturating_mul(size_of::<f32>()),
            multiply_adds: rows.saturating_mul(directions).saturating_mul(width),
        }
    }
}

/// How long work takes somewhere, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Before anything is done.
    pub start: f64,
    /// For each byte to bring.
    pub per_byte: f64,
    /// For each multiplication and addition.
    pub per_multiply_add: f64,
}

impl Rates {
    /// What `work` is expected to take.
    #[must_use]
    pub fn seconds(&self, work: Work) -> f64 {
        self.start
            + self.per_byte * work.bytes as f64
            + self.per_multiply_add * work.multiply_adds as f64
    }

    fn measured(
        run: impl Fn(&[f32], &[f32], usize) -> Result<(), GpuError>,
    ) -> Result<Self, GpuError> {
        let seconds = |[rows, directions, width]: [usize; 3]| {
            let (rows, directions) = (vec![0.5; rows * width], vec![0.25; directions * width]);
            run(&rows, &directions, width)?;
            let mut best = f64::INFINITY;
            for _ in 0..RUNS {
                let start = Instant::now();
                run(&rows, &directions, width)?;
                best = best.min(start.elapsed().as_secs_f64());
            }
            Ok(best)
        };
        let work =
            |[rows, directions, width]: [usize; 3]| Work::of_products(rows, directions, width);
        let start = seconds(TINY)?;
        let per_byte = (seconds(LONG)? - start).max(0.0) / work(LONG).bytes as f64;
        let brought = start + per_byte * work(DENSE).bytes as f64;
        let per_multiply_add =
            (seconds(DENSE)? - brought).max(0.0) / work(DENSE).multiply_adds as f64;
        Ok(Self { start, per_byte, per_multiply_add })
    }
}

/// What was measured on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The device.
    pub device: Rates,
    /// The processor.
    pub processor: Rates,
}

impl Measured {
    /// Measures both: some tenths of a second.
    pub(crate) fn new(device: &dyn Backend) -> Result<Self, GpuError> {
        Ok(Self {
            device: Rates::measured(|rows, directions, width| {
                device.project(Rows::F32(rows), directions, width).map(drop)
            })?,
            processor: Rates::measured(|rows, directions, width| {
                cpu::project(Rows::F32(rows), directions, width).map(drop)
            })?,
        })
    }

    /// Whether the device is expected to be done first.
    #[must_use]
    pub fn prefers_device(&self, work: Work) -> bool {
        self.prefers_device_to(work, work)
    }

    /// The same where the processor would take another way, which is `instead`.
    #[must_use]
    pub fn prefers_device_to(&self, work: Work, instead: Work) -> bool {
        self.device.seconds(work) < self.processor.seconds(instead)
    }

    /// Multiplications with many directions (256 or so for each row) from which the device is
    /// faster; none where it never is.
    #[must_use]
    pub fn crossover(&self) -> Option<f64> {
        let bytes = 4.0 / 256.0;
        let each = |rates: &Rates| rates.per_multiply_add + bytes * rates.per_byte;
        let gain = each(&self.processor) - each(&self.device);
        (gain > 0.0).then(|| (self.device.start - self.processor.start).max(0.0) / gain)
    }
}

/// What a measurement holds for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Machine {
    adapter: String,
    driver: String,
    cores: usize,
    version: String,
}

impl Machine {
    pub(crate) fn with(adapter: &str, driver: &str) -> Self {
        Self {
            adapter: adapter.to_owned(),
            driver: driver.to_owned(),
            cores: thread::available_parallelism().map_or(1, std::num::NonZero::get),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Remembered {
    machine: Machine,
    measured: Measured,
}

/// What was measured on this machine before. A file that is damaged or of another machine, driver or
/// version counts as none.
pub(crate) fn recall(folder: &Path, machine: &Machine) -> Option<Measured> {
    let text = std::fs::read_to_string(folder.join(FILE)).ok()?;
    let remembered: Remembered = serde_json::from_str(&text).ok()?;
    (remembered.machine == *machine).then_some(remembered.measured)
}

/// Keeps a measurement.
pub(crate) fn remember(
    folder: &Path,
    machine: Machine,
    measured: Measured,
) -> Result<(), std::io::Error> {
    let text = serde_json::to_string_pretty(&Remembered { machine, measured })?;
    std::fs::create_dir_all(folder)?;
    // Written beside and renamed, so that nobody reads half of it.
    let (path, beside) = (folder.join(FILE), folder.join(format!("{FILE}.new")));
    std::fs::write(&beside, text)?;
    std::fs::rename(beside, path)
}
