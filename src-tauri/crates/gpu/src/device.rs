//! The one device that computes.

use std::sync::{Arc, Mutex, PoisonError};

use wgpu::{Adapter, AdapterInfo, DeviceType};

use crate::GpuError;

/// Names under which software rasterisers go, in lower case. Some report themselves as `Other`.
const SOFTWARE: [&str; 4] = ["llvmpipe", "lavapipe", "swiftshader", "microsoft basic render"];

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
}

/// An open device with its compiled shaders.
pub struct GpuDevice {
    name: String,
    kind: DeviceKind,
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) project: wgpu::ComputePipeline,
    /// The first error since the last look. Without a handler wgpu panics on errors.
    error: Arc<Mutex<Option<String>>>,
}

impl GpuDevice {
    /// Opens the best adapter there is: a card before integrated graphics before anything else, a
    /// software rasteriser last.
    ///
    /// # Errors
    /// No adapter, or one that cannot be opened.
    pub fn open() -> Result<Self, GpuError> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
        let best = adapters.into_iter().max_by_key(|a| DeviceKind::of(&a.get_info()));
        Self::open_adapter(&best.ok_or(GpuError::NoAdapter)?)
    }

    fn open_adapter(adapter: &Adapter) -> Result<Self, GpuError> {
        let info = adapter.get_info();
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("compute"),
            // All that the adapter has: the defaults are those of a browser.
            required_limits: adapter.limits(),
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|e| GpuError::NotOpened { name: info.name.clone(), reason: e.to_string() })?;
        let error = Arc::new(Mutex::new(None));
        let seen = Arc::clone(&error);
        device.on_uncaptured_error(Arc::new(move |e: wgpu::Error| {
            seen.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(e.to_string());
        }));
        let module = device.create_shader_module(wgpu::include_wgsl!("shaders/project.wgsl"));
        let project = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some("project"),
            layout: None,
            module: &module,
            entry_point: Some("project"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        let opened =
            Self { kind: DeviceKind::of(&info), name: info.name, device, queue, project, error };
        opened.check()?;
        Ok(opened)
    }

    /// The adapter's name, as its driver gives it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it runs on.
    #[must_use]
    pub fn kind(&self) -> DeviceKind {
        self.kind
    }

    /// Bytes that one storage binding holds, at most.
    pub(crate) fn most_bytes(&self) -> u64 {
        let limits = self.device.limits();
        limits.max_storage_buffer_binding_size.min(limits.max_buffer_size)
    }

    /// An error that the device reported since the last look.
    pub(crate) fn check(&self) -> Result<(), GpuError> {
        let mut error = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        match error.take() {
            Some(reason) => Err(self.failed(&reason)),
            None => Ok(()),
        }
    }

    pub(crate) fn failed(&self, reason: &impl ToString) -> GpuError {
        GpuError::Failed { name: self.name.clone(), reason: reason.to_string() }
    }
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
