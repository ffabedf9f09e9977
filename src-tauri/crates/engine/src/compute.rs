//! Where products of many rows are computed: on the processor, or on a graphics card that is faster.
//!
//! Models are read on the processor whatever is chosen here.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use lens_analysis::{Accelerator, Held, HeldRows, PairedRows, ShortLists};
pub use lens_gpu::DeviceChoice;
use lens_gpu::{Backend, DeviceRows, GpuError, Metric, NearestTo, Rows, SidedRows, Work};

use crate::EngineError;

/// Multiplications below which no device is looked for: the processor is done sooner than a driver
/// is loaded.
const WORTH_LOOKING: usize = 1 << 30;

/// The device of this machine, looked for when there is work that it could be worth it for.
pub struct Compute {
    choice: DeviceChoice,
    /// Where measurements are remembered.
    folder: PathBuf,
    opened: OnceLock<lens_gpu::Compute>,
}

impl std::fmt::Debug for Compute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compute").field("choice", &self.choice).finish_non_exhaustive()
    }
}

impl Compute {
    /// `cache`: folder for what can be computed again, measurements among it.
    ///
    /// # Errors
    /// Where a graphics card is asked for and there is none that can be used.
    pub fn new(choice: DeviceChoice, cache: &Path) -> Result<Self, EngineError> {
        let opened = OnceLock::new();
        if choice == DeviceChoice::Gpu {
            let compute =
                lens_gpu::Compute::new(choice, Some(cache)).map_err(|error| no_device(&error))?;
            opened.get_or_init(|| compute);
        }
        Ok(Self { choice, folder: cache.to_path_buf(), opened })
    }

    /// What computes products and why, to be read after a colon.
    #[must_use]
    pub fn describe(&self) -> String {
        self.opened().map_or_else(|| "processor".to_owned(), lens_gpu::Compute::describe)
    }

    /// What went wrong on the device since the last call, in sentences.
    #[must_use]
    pub fn take_notices(&self) -> Vec<String> {
        self.opened.get().map(lens_gpu::Compute::take_notices).unwrap_or_default()
    }

    /// The accelerator of one computation, which remembers whether it was used.
    #[must_use]
    pub fn accelerator(&self) -> Accelerated<'_> {
        Accelerated { compute: self, used: Mutex::default() }
    }

    fn opened(&self) -> Option<&lens_gpu::Compute> {
        if self.choice == DeviceChoice::Cpu {
            return None;
        }
        let open = || {
            let found = lens_gpu::Compute::new(self.choice, Some(&self.folder));
            found.unwrap_or_else(|error| lens_gpu::Compute::without(&error))
        };
        Some(self.opened.get_or_init(open))
    }
}

/// A graphics card that cannot be used although it was asked for.
fn no_device(error: &GpuError) -> EngineError {
    EngineError::BadValue {
        what: crate::error::sentence(&error.to_string()),
        hint: "Leave the choice open (auto), or compute on the processor (cpu).".into(),
    }
}

/// A line of provenance, with what a device computed.
pub(crate) fn with_note(provenance: String, note: Option<String>) -> String {
    match note {
        Some(note) => format!("{provenance}; {note}"),
        None => provenance,
    }
}

/// The device, as one computation uses it.
pub struct Accelerated<'a> {
    compute: &'a Compute,
    used: Mutex<Used>,
}

/// What a device computed.
#[derive(Default)]
struct Used {
    /// Its name.
    on: String,
    /// In the order in which it came.
    what: Vec<&'static str>,
}

impl Accelerated<'_> {
    /// What provenance says where the device computed something: "neighbours and components computed
    /// on NVIDIA H200".
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let what = match used.what.as_slice() {
            [] => return None,
            [one] => (*one).to_owned(),
            [most @ .., last] => format!("{} and {last}", most.join(", ")),
        };
        Some(format!("{what} computed on {}", used.on))
    }

    /// Runs what is called `what` where it is expected to be done sooner than `instead` on the
    /// processor.
    fn run<T>(
        &self,
        what: &'static str,
        [work, instead]: [Work; 2],
        run: impl FnOnce(&dyn Backend) -> Result<T, GpuError>,
    ) -> Option<T> {
        let named = |device: &dyn Backend| Ok((device.name().to_owned(), run(device)?));
        // What is wrong with the question the processor says.
        let found = self.worthwhile(instead)?.on_device_instead(work, instead, named);
        let (name, found) = found.ok().flatten()?;
        self.mark(what, name);
        Some(found)
    }

    /// What decides, where there is so much to do that a device may be looked for.
    fn worthwhile(&self, instead: Work) -> Option<&lens_gpu::Compute> {
        let is_open = self.compute.opened.get().is_some();
        if is_open || instead.multiply_adds >= WORTH_LOOKING { self.compute.opened() } else { None }
    }

    fn mark(&self, what: &'static str, on: String) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.on = on;
        if !used.what.contains(&what) {
            used.what.push(what);
        }
    }
}

impl Accelerator for Accelerated<'_> {
    fn aurocs(
        &self,
        rows: &[f32],
        is_positive: &[bool],
        directions: &[f32],
        width: usize,
    ) -> Option<Vec<f64>> {
        let count = directions.len().checked_div(width)?;
        let work = Work::of_products(is_positive.len(), count, width);
        self.run("random directions", [work; 2], |device| {
            device.auroc_along(SidedRows { rows, is_positive, width }, directions)
        })
    }

    fn nearest(
        &self,
        queries: Option<&[f32]>,
        rows: &[f32],
        width: usize,
        k: usize,
    ) -> Option<ShortLists> {
        let count = |values: &[f32]| values.len().checked_div(width);
        let work = Work::of_products(count(queries.unwrap_or(rows))?, count(rows)?, width);
        let wanted = NearestTo { queries, rows, width, k, metric: Metric::Euclidean };
        let found = self.run("neighbours", [work; 2], |device| device.nearest(wanted))?;
        Some(ShortLists { indices: found.indices, distances: found.distances })
    }

    fn scores(&self, rows: &[f32], directions: &[f32], width: usize) -> Option<Vec<f32>> {
        let count = |values: &[f32]| values.len().checked_div(width);
        let (of_rows, of_directions) = (count(rows)?, count(directions)?);
        let mut work = Work::of_products(of_rows, of_directions, width);
        work.bytes = work.bytes.saturating_add(of_rows * of_directions * size_of::<f32>());
        self.run("scores", [work; 2], |device| device.project(Rows::F32(rows), directions, width))
    }

    fn wins(
        &self,
        paired: PairedRows<'_>,
        directions: &[f32],
        swaps: &[u32],
    ) -> Option<Vec<[u64; 2]>> {
        let PairedRows { rows, width, margin } = paired;
        let count = |values: &[f32]| values.len().checked_div(width);
        let work = Work::of_products(count(rows)?, count(directions)?, width);
        let paired = lens_gpu::PairedRows { rows, width, margin };
        self.run("permutations", [work; 2], |device| device.wins_along(paired, directions, swaps))
    }

    fn hold(&self, wanted: Held) -> Option<Box<dyn HeldRows + '_>> {
        let Held { rows, width, columns, steps, instead } = wanted;
        let values = rows.saturating_mul(width);
        let bytes = values.saturating_mul(size_of::<f32>());
        let multiply_adds = [columns, 2, steps].into_iter().fold(values, usize::saturating_mul);
        let work = Work { bytes, multiply_adds };
        let instead = Work { bytes, multiply_adds: instead };
        let compute = self.worthwhile(instead)?;
        let room = |device: &dyn Backend| device.room_for_rows(rows, width);
        let rows = compute.on_device_instead(work, instead, room).ok().flatten()?;
        Some(Box::new(OnDevice { accelerated: self, compute, rows }))
    }
}

/// Rows that stay on the device.
struct OnDevice<'a> {
    accelerated: &'a Accelerated<'a>,
    compute: &'a lens_gpu::Compute,
    rows: DeviceRows,
}

impl HeldRows for OnDevice<'_> {
    fn add(&mut self, rows: &[f32]) -> Option<()> {
        self.compute.on_device_again(|device| device.bring(&mut self.rows, rows)).ok().flatten()
    }

    fn image(&self, columns: &[f32]) -> Option<Vec<f64>> {
        let image = |device: &dyn Backend| {
            Ok((device.name().to_owned(), device.image(&self.rows, columns)?))
        };
        let (name, found) = self.compute.on_device_again(image).ok().flatten()?;
        self.accelerated.mark("components", name);
        Some(found)
    }
}

#[cfg(test)]
mod tests;
