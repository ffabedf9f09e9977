//! The one device that computes.

use std::sync::{Arc, Mutex, PoisonError};

use wgpu::{Adapter, AdapterInfo, DeviceType};

use crate::GpuError;
use crate::shaders::{Shaders, THREADS, WORKGROUP_BYTES};

/// Names under which software rasterisers go, in lower case. Some report themselves as `Other`.
const SOFTWARE: [&str; 4] = ["llvmpipe", "lavapipe", "swiftshader", "microsoft basic render"];
/// Share of the device's memory, in per cent, beyond which it refuses: the rest is the screen's.
const MEMORY_PERCENT: u8 = 90;

/// What a device runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviceKind {
    /// The processor, posing as a graphics card: slower than computing on it directly, of use in
    /// tests.
    Software,
    /// Hardware of unknown make, or lent by a host.
    Other,
    /// Graphics that share the processor's memory.
    Integrated,
    /// A graphics card.
    Discrete,
}

impl DeviceKind {
    fn of(info: &AdapterInfo) -> Self {
        Self::from_report(info.device_type, &info.name)
    }

    fn from_report(device_type: DeviceType, name: &str) -> Self {
        let name = name.to_lowercase();
        if SOFTWARE.iter().any(|software| name.contains(software)) {
            return Self::Software;
        }
        match device_type {
            DeviceType::Cpu => Self::Software,
            DeviceType::IntegratedGpu => Self::Integrated,
            DeviceType::DiscreteGpu => Self::Discrete,
            DeviceType::Other | DeviceType::VirtualGpu => Self::Other,
        }
    }

    /// Multiplications of one dispatch: systems end a shader that holds the screen for seconds. A
    /// tenth of a second or less on what is common of each kind.
    pub(crate) const fn work_per_dispatch(self) -> usize {
        match self {
            Self::Software | Self::Other => 1 << 31,
            Self::Integrated => 1 << 33,
            Self::Discrete => 1 << 36,
        }
    }
}

/// Less than the adapter gives: to try how the program fares on a smaller one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Constraints {
    /// Bytes of one binding.
    pub binding_bytes: Option<u64>,
    /// Threads of one workgroup.
    pub workgroup_threads: Option<u32>,
}

/// An open device with its compiled shaders.
pub struct GpuDevice {
    name: String,
    driver: String,
    kind: DeviceKind,
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) shaders: Shaders,
    trouble: Arc<Mutex<Trouble>>,
}

/// What the device reported. Without a handler wgpu panics on errors.
#[derive(Default)]
struct Trouble {
    /// The first error since the last look.
    error: Option<String>,
    /// Why the device is gone; stays.
    lost: Option<String>,
}

impl GpuDevice {
    /// Opens the best adapter there is: a card before integrated graphics before anything else, a
    /// software rasteriser last.
    ///
    /// # Errors
    /// No adapter, one that is too small, or one that cannot be opened.
    pub fn open() -> Result<Self, GpuError> {
        Self::open_constrained(Constraints::default())
    }

    /// Opens the best adapter and uses less of it than there is.
    ///
    /// # Errors
    /// See [`GpuDevice::open`].
    pub fn open_constrained(constraints: Constraints) -> Result<Self, GpuError> {
        let mut instance = wgpu::InstanceDescriptor::new_without_display_handle();
        instance.memory_budget_thresholds.for_resource_creation = Some(MEMORY_PERCENT);
        let instance = wgpu::Instance::new(instance);
        let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
        let best = adapters.into_iter().max_by_key(|a| DeviceKind::of(&a.get_info()));
        Self::open_adapter(&best.ok_or(GpuError::NoAdapter)?, constraints)
    }

    fn open_adapter(adapter: &Adapter, constraints: Constraints) -> Result<Self, GpuError> {
        let info = adapter.get_info();
        // All that the adapter has: the defaults are those of a browser.
        let mut limits = adapter.limits();
        if let Some(bytes) = constraints.binding_bytes {
            limits.max_storage_buffer_binding_size =
                limits.max_storage_buffer_binding_size.min(bytes);
        }
        if let Some(threads) = constraints.workgroup_threads {
            limits.max_compute_invocations_per_workgroup =
                limits.max_compute_invocations_per_workgroup.min(threads);
        }
        check_limits(&info.name, &limits)?;
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("compute"),
            required_limits: limits,
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|e| GpuError::NotOpened { name: info.name.clone(), reason: e.to_string() })?;
        let trouble = Arc::new(Mutex::new(Trouble::default()));
        let seen = Arc::clone(&trouble);
        device.on_uncaptured_error(Arc::new(move |e: wgpu::Error| {
            lock(&seen).error.get_or_insert(e.to_string());
        }));
        let seen = Arc::clone(&trouble);
        device.set_device_lost_callback(move |_, reason| {
            let reason = if reason.is_empty() { "no reason given".to_owned() } else { reason };
            lock(&seen).lost.get_or_insert(reason);
        });
        let driver = [info.driver.as_str(), info.driver_info.as_str()].join(" ").trim().to_owned();
        let kind = DeviceKind::of(&info);
        Ok(Self {
            kind,
            driver,
            name: info.name,
            device,
            queue,
            shaders: Shaders::default(),
            trouble,
        })
    }

    /// The adapter's name, as its driver gives it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The driver and its version, as it gives them.
    #[must_use]
    pub fn driver(&self) -> &str {
        &self.driver
    }

    /// What it runs on.
    #[must_use]
    pub const fn kind(&self) -> DeviceKind {
        self.kind
    }

    /// Gives the device up, as a system does that takes it away: everything asked of it from now on
    /// fails with [`GpuError::Lost`].
    pub fn destroy(&self) {
        self.device.destroy();
    }

    /// Bytes that one storage binding holds, at most.
    pub(crate) fn most_bytes(&self) -> u64 {
        let limits = self.device.limits();
        limits.max_storage_buffer_binding_size.min(limits.max_buffer_size)
    }

    /// Workgroups along one side of a dispatch, at most.
    pub(crate) fn most_groups(&self) -> usize {
        self.device.limits().max_compute_workgroups_per_dimension as usize
    }

    /// An error that the device reported since the last look.
    pub(crate) fn check(&self) -> Result<(), GpuError> {
        let mut trouble = lock(&self.trouble);
        let error = trouble.error.take();
        if let Some(reason) = &trouble.lost {
            return Err(GpuError::Lost { name: self.name.clone(), reason: reason.clone() });
        }
        match error {
            Some(reason) => Err(self.failed(&reason)),
            None => Ok(()),
        }
    }

    /// What the device itself reported, which says more than what failed because of it.
    pub(crate) fn failed_because(&self, reason: &impl ToString) -> GpuError {
        // A loss is told at the next look at the queue, which is the last anyway.
        self.device.poll(wgpu::PollType::Poll).ok();
        self.check().err().unwrap_or_else(|| self.failed(reason))
    }

    fn failed(&self, reason: &impl ToString) -> GpuError {
        GpuError::Failed { name: self.name.clone(), reason: reason.to_string() }
    }
}

/// What the shaders need of a workgroup.
fn check_limits(name: &str, limits: &wgpu::Limits) -> Result<(), GpuError> {
    let needed = [
        ("threads of a workgroup", limits.max_compute_invocations_per_workgroup, THREADS),
        ("threads along a side of a workgroup", limits.max_compute_workgroup_size_x, THREADS),
        ("bytes of workgroup memory", limits.max_compute_workgroup_storage_size, WORKGROUP_BYTES),
    ];
    match needed.into_iter().find(|(_, found, needed)| found < needed) {
        Some((what, found, needed)) => Err(GpuError::TooSmall {
            name: name.to_owned(),
            what,
            found: found.into(),
            needed: needed.into(),
        }),
        None => Ok(()),
    }
}

fn lock(trouble: &Mutex<Trouble>) -> std::sync::MutexGuard<'_, Trouble> {
    trouble.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_is_recognised_by_name_or_by_type() {
        let kind = DeviceKind::from_report;
        for name in ["llvmpipe (LLVM 15.0.6, 256 bits)", "SwiftShader Device (Subzero)"] {
            assert_eq!(kind(DeviceType::Other, name), DeviceKind::Software);
        }
        assert_eq!(kind(DeviceType::Cpu, "some renderer"), DeviceKind::Software);
        assert_eq!(kind(DeviceType::DiscreteGpu, "NVIDIA H200"), DeviceKind::Discrete);
        assert!(DeviceKind::Discrete > DeviceKind::Integrated);
        assert!(DeviceKind::Other > DeviceKind::Software);
    }
}
