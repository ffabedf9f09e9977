//! Where to compute, decided once.

use std::time::Instant;

use crate::{DeviceKind, GpuDevice, GpuError, cpu};

/// Rows, directions and width of the measurement: a few milliseconds on either side.
const MEASURED: (usize, usize, usize) = (1024, 64, 512);

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

/// Projects rows on directions, on the processor or on a device.
pub struct Projector {
    device: Option<GpuDevice>,
    notice: Option<String>,
}

impl Projector {
    /// Decides.
    ///
    /// # Errors
    /// Only with [`DeviceChoice::Gpu`]: no adapter, or one that cannot be opened.
    pub fn new(choice: DeviceChoice) -> Result<Self, GpuError> {
        match choice {
            DeviceChoice::Cpu => Ok(Self { device: None, notice: None }),
            DeviceChoice::Gpu => Ok(Self { device: Some(GpuDevice::open()?), notice: None }),
            DeviceChoice::Auto => Ok(Self::automatic()),
        }
    }

    fn automatic() -> Self {
        match GpuDevice::open().and_then(|device| Ok((slower_reason(&device)?, device))) {
            Ok((None, device)) => Self { device: Some(device), notice: None },
            Ok((notice, _)) => Self { device: None, notice },
            Err(error) => Self { device: None, notice: Some(error.to_string()) },
        }
    }

    /// The device that computes; none where the processor does.
    #[must_use]
    pub fn device(&self) -> Option<&GpuDevice> {
        self.device.as_ref()
    }

    /// Why the processor computes although the choice was left open, in a sentence.
    #[must_use]
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// Scores `[rows, directions]` in f32: see [`cpu::project`].
    ///
    /// # Errors
    /// See [`GpuDevice::project`].
    pub fn project(
        &self,
        rows: &[f32],
        directions: &[f32],
        width: usize,
    ) -> Result<Vec<f32>, GpuError> {
        match &self.device {
            Some(device) => device.project(rows, directions, width),
            None => cpu::project(rows, directions, width),
        }
    }
}

/// Why the processor is to be preferred to `device`, if it is.
fn slower_reason(device: &GpuDevice) -> Result<Option<String>, GpuError> {
    let name = device.name();
    if device.kind() == DeviceKind::Software {
        return Ok(Some(format!(
            "the only graphics adapter, {name}, is a software one, so the processor computes"
        )));
    }
    let (n, k, width) = MEASURED;
    let (rows, directions) = (vec![0.5; n * width], vec![0.25; k * width]);
    // The first run pays for pages, threads and shader caches.
    let time = |run: &dyn Fn() -> Result<Vec<f32>, GpuError>| {
        run()?;
        let start = Instant::now();
        run()?;
        Ok::<_, GpuError>(start.elapsed())
    };
    let on_device = time(&|| device.project(&rows, &directions, width))?;
    let on_processor = time(&|| cpu::project(&rows, &directions, width))?;
    Ok((on_device >= on_processor).then(|| {
        format!(
            "measured, {name} is not faster than the processor ({:.1} ms and {:.1} ms), so the \
             processor computes",
            on_device.as_secs_f64() * 1e3,
            on_processor.as_secs_f64() * 1e3
        )
    }))
}
