//! The wgpu compute path: one device, chosen once, and a twin on the processor for each shader.
//!
//! Start with [`Projector`], which decides where to compute and says so; [`GpuDevice`] is the
//! device, [`cpu`] the twins. A shader and its twin give the same numbers within 1e-4 of the largest
//! possible product, `|row| |direction|`.
//!
//! wgpu appears in this crate only. Deliberately absent: files, models, randomness.

pub mod cpu;
mod device;
mod error;
mod project;
mod projector;

pub use device::{DeviceKind, GpuDevice};
pub use error::GpuError;
pub use projector::{DeviceChoice, Projector};
