//! Where to compute: decided once, and decided again when the device fails.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use crate::measure::{Machine, recall, remember};
use crate::{
    DeviceKind, DeviceRows, GpuDevice, GpuError, Measured, Nearest, NearestTo, PairedRows, Rows,
    SidedRows, Work, cpu,
};

/// Where a person wants it computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// Where it is faster, by measurement; never on a software rasteriser.
    #[default]
    Auto,
    /// On the processor.
    Cpu,
    /// On the best graphics adapter, software included.
    Gpu,
}

/// What computes: [`GpuDevice`], or what stands for one.
pub trait Backend: Send {
    /// Its name.
    fn name(&self) -> &str;

    /// See [`cpu::project`].
    ///
    /// # Errors
    /// Those of the twin, and the device's own.
    fn project(
        &self,
        rows: Rows<'_>,
        directions: &[f32],
        width: usize,
    ) -> Result<Vec<f32>, GpuError>;

    /// See [`cpu::nearest`].
    ///
    /// # Errors
    /// Those of the twin, and the device's own.
    fn nearest(&self, wanted: NearestTo<'_>) -> Result<Nearest, GpuError>;

    /// See [`cpu::auroc_along`].
    ///
    /// # Errors
    /// Those of the twin, and the device's own.
    fn auroc_along(&self, sided: SidedRows<'_>, directions: &[f32]) -> Result<Vec<f64>, GpuError>;

    /// See [`cpu::wins_along`].
    ///
    /// # Errors
    /// Those of the twin, and the device's own.
    fn wins_along(
        &self,
        paired: PairedRows<'_>,
        directions: &[f32],
        swaps: &[u32],
    ) -> Result<Vec<[u64; 2]>, GpuError>;

    /// See [`GpuDevice::room_for_rows`].
    ///
    /// # Errors
    /// The device's own.
    fn room_for_rows(&self, count: usize, width: usize) -> Result<DeviceRows, GpuError>;

    /// See [`GpuDevice::bring`].
    ///
    /// # Errors
    /// More rows than there is room for, and the device's own.
    fn bring(&self, kept: &mut DeviceRows, rows: &[f32]) -> Result<(), GpuError>;

    /// See [`cpu::image`].
    ///
    /// # Errors
    /// Those of the twin, rows that are not all there, and the device's own.
    fn image(&self, rows: &DeviceRows, columns: &[f32]) -> Result<Vec<f64>, GpuError>;
}

impl Backend for GpuDevice {
    fn name(&self) -> &str {
        self.name()
    }

    fn project(
        &self,
        rows: Rows<'_>,
        directions: &[f32],
        width: usize,
    ) -> Result<Vec<f32>, GpuError> {
        self.project(rows, directions, width)
    }

    fn nearest(&self, wanted: NearestTo<'_>) -> Result<Nearest, GpuError> {
        self.nearest(wanted)
    }

    fn auroc_along(&self, sided: SidedRows<'_>, directions: &[f32]) -> Result<Vec<f64>, GpuError> {
        self.auroc_along(sided, directions)
    }

    fn wins_along(
        &self,
        paired: PairedRows<'_>,
        directions: &[f32],
        swaps: &[u32],
    ) -> Result<Vec<[u64; 2]>, GpuError> {
        self.wins_along(paired, directions, swaps)
    }

    fn room_for_rows(&self, count: usize, width: usize) -> Result<DeviceRows, GpuError> {
        self.room_for_rows(count, width)
    }

    fn bring(&self, kept: &mut DeviceRows, rows: &[f32]) -> Result<(), GpuError> {
        self.bring(kept, rows)
    }

    fn image(&self, rows: &DeviceRows, columns: &[f32]) -> Result<Vec<f64>, GpuError> {
        self.image(rows, columns)
    }
}

/// A device where there is one worth it, the processor otherwise and whenever the device fails.
pub struct Compute {
    /// Held while it works.
    device: Mutex<Option<Box<dyn Backend>>>,
    /// The device's name as long as it is used.
    name: Mutex<Option<String>>,
    /// From which size on the device is used; none: always.
    measured: Option<Measured>,
    /// Why the processor computes although the choice was left open.
    reason: Option<String>,
    notices: Mutex<Vec<String>>,
}

impl Compute {
    /// Decides. With [`DeviceChoice::Auto`] a card is measured against the processor, unless `folder`
    /// holds what was measured on this machine before.
    ///
    /// # Errors
    /// Only with [`DeviceChoice::Gpu`]: no adapter, one that is too small, or one that cannot be
    /// opened.
    pub fn new(choice: DeviceChoice, folder: Option<&Path>) -> Result<Self, GpuError> {
        match choice {
            DeviceChoice::Cpu => Ok(Self::on_processor(None)),
            DeviceChoice::Gpu => Ok(Self::with(Box::new(GpuDevice::open()?), None)),
            DeviceChoice::Auto => Ok(Self::automatic(GpuDevice::open(), folder)),
        }
    }

    /// Computes on `device` whenever it is expected to be faster, or always without a measurement.
    #[must_use]
    pub fn with(device: Box<dyn Backend>, measured: Option<Measured>) -> Self {
        Self {
            name: Mutex::new(Some(device.name().to_owned())),
            device: Mutex::new(Some(device)),
            measured,
            reason: None,
            notices: Mutex::default(),
        }
    }

    /// Computes on the processor, because of `error`.
    #[must_use]
    pub fn without(error: &GpuError) -> Self {
        Self::on_processor(Some(error.to_string()))
    }

    fn on_processor(reason: Option<String>) -> Self {
        Self {
            device: Mutex::default(),
            name: Mutex::default(),
            measured: None,
            reason,
            notices: Mutex::default(),
        }
    }

    fn automatic(device: Result<GpuDevice, GpuError>, folder: Option<&Path>) -> Self {
        let device = match device {
            Ok(device) => device,
            Err(error) => return Self::without(&error),
        };
        let name = device.name().to_owned();
        if device.kind() == DeviceKind::Software {
            let reason = format!("the only graphics adapter, {name}, is a software one");
            return Self::on_processor(Some(reason));
        }
        let machine = Machine::with(&name, device.driver());
        let known = folder.and_then(|folder| recall(folder, &machine));
        let mut notice = None;
        let measured = match known.map_or_else(|| Measured::new(&device), Ok) {
            Ok(measured) => measured,
            Err(error) => return Self::without(&error),
        };
        if let (None, Some(folder)) = (known, folder)
            && let Err(error) = remember(folder, machine, measured)
        {
            notice = Some(format!(
                "{name} will be measured again at the next start: {} could not be written: {error}",
                folder.display()
            ));
        }
        let chosen = match measured.crossover() {
            Some(_) => Self::with(Box::new(device), Some(measured)),
            None => Self::on_processor(Some(format!(
                "measured, {name} is not faster than the processor"
            ))),
        };
        lock(&chosen.notices).extend(notice);
        chosen
    }

    /// The device's name; none where the processor computes everything.
    #[must_use]
    pub fn device_name(&self) -> Option<String> {
        lock(&self.name).clone()
    }

    /// What was chosen and why, to be read after a colon.
    #[must_use]
    pub fn describe(&self) -> String {
        match (self.device_name(), self.measured.and_then(|m| m.crossover()), &self.reason) {
            (Some(name), Some(from), _) => {
                format!("{name} from {:.1} million multiplications on", from / 1e6)
            }
            (Some(name), None, _) => name,
            (None, _, Some(reason)) => format!("processor: {reason}"),
            (None, _, None) => match lock(&self.notices).last() {
                Some(notice) => format!("processor: {notice}"),
                None => "processor".to_owned(),
            },
        }
    }

    /// What went wrong since the last call, in sentences.
    #[must_use]
    pub fn take_notices(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.notices))
    }

    /// Runs `run` on the device where that is expected to be faster. None where the processor is to
    /// compute: nothing won, the device is busy, or it failed, which leaves a notice. A device that was
    /// lost or failed is not asked again.
    ///
    /// # Errors
    /// Only what is wrong with the question itself.
    pub fn on_device<T>(
        &self,
        work: Work,
        run: impl FnOnce(&dyn Backend) -> Result<T, GpuError>,
    ) -> Result<Option<T>, GpuError> {
        self.on_device_instead(work, work, run)
    }

    /// The same where the processor would take another way, which is `instead`.
    ///
    /// # Errors
    /// Only what is wrong with the question itself.
    pub fn on_device_instead<T>(
        &self,
        work: Work,
        instead: Work,
        run: impl FnOnce(&dyn Backend) -> Result<T, GpuError>,
    ) -> Result<Option<T>, GpuError> {
        match self.measured {
            Some(measured) if !measured.prefers_device_to(work, instead) => Ok(None),
            _ => self.on_device_again(run),
        }
    }

    /// The same for what goes on with work that the device was preferred for.
    ///
    /// # Errors
    /// Only what is wrong with the question itself.
    pub fn on_device_again<T>(
        &self,
        run: impl FnOnce(&dyn Backend) -> Result<T, GpuError>,
    ) -> Result<Option<T>, GpuError> {
        // Waiting could be for a task that waits for this one.
        let mut held = match self.device.try_lock() {
            Ok(held) => held,
            Err(TryLockError::Poisoned(held)) => held.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(None),
        };
        let Some(device) = held.as_deref() else { return Ok(None) };
        match run(device) {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_of_input() => Err(error),
            Err(error) => {
                let stays = matches!(error, GpuError::NoMemory { .. } | GpuError::TooLarge { .. });
                if !stays {
                    *held = None;
                    *lock(&self.name) = None;
                }
                let notice = format!("{error}, so the processor computed instead");
                let mut notices = lock(&self.notices);
                if !notices.contains(&notice) {
                    notices.push(notice);
                }
                Ok(None)
            }
        }
    }

    /// Products of rows with directions: see [`cpu::project`].
    ///
    /// # Errors
    /// Values that are not whole rows.
    pub fn project(
        &self,
        rows: Rows<'_>,
        directions: &[f32],
        width: usize,
    ) -> Result<Vec<f32>, GpuError> {
        let count = |values: usize| values.checked_div(width).unwrap_or(0);
        let work = Work::of_products(count(rows.len()), count(directions.len()), width);
        let found = self.on_device(work, |device| device.project(rows, directions, width))?;
        found.map_or_else(|| cpu::project(rows, directions, width), Ok)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rates;

    #[test]
    fn what_was_measured_is_remembered_for_the_same_machine_only() {
        let rates = Rates { start: 1e-4, per_byte: 1e-10, per_multiply_add: 1e-12 };
        let processor = Rates { start: 1e-6, per_byte: 1e-11, per_multiply_add: 1e-11 };
        let measured = Measured { device: rates, processor };
        let folder = std::env::temp_dir().join(format!("lens-gpu-{}", std::process::id()));
        let machine = Machine::with("card", "driver 1");
        assert_eq!(recall(&folder, &machine), None);
        remember(&folder, machine.clone(), measured).unwrap();
        assert_eq!(recall(&folder, &machine), Some(measured));
        assert_eq!(recall(&folder, &Machine::with("card", "driver 2")), None);
        std::fs::write(folder.join("compute.json"), "{").unwrap();
        assert_eq!(recall(&folder, &machine), None);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn without_an_adapter_or_with_one_too_small_the_processor_computes_and_says_why() {
        let too_small = GpuError::TooSmall {
            name: "card".to_owned(),
            what: "threads of a workgroup",
            found: 64,
            needed: 256,
        };
        for error in [GpuError::NoAdapter, too_small] {
            let compute = Compute::automatic(Err(error.clone()), None);
            assert_eq!(compute.device_name(), None);
            assert_eq!(compute.describe(), format!("processor: {error}"));
            let rows = [1.0, 2.0];
            assert_eq!(compute.project(Rows::F32(&rows), &[3.0, 4.0], 2), Ok(vec![11.0]));
        }
    }
}
