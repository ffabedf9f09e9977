//! The wgpu compute path: one device, chosen once, and a twin on the processor for each shader.
//!
//! Start with [`Compute`], which decides where to compute and says so; [`GpuDevice`] is the device,
//! [`cpu`] the twins. A shader and its twin give the same products within 1e-4 of the largest
//! possible one, `|row| |direction|` (or of rows and weights), and the same counts of the same scores
//! to the last bit.
//!
//! wgpu appears in this crate only. Deliberately absent: models, randomness.

mod auroc;
mod buffers;
mod ceilings;
mod combine;
mod compute;
pub mod cpu;
mod device;
mod error;
mod measure;
mod nearest;
mod project;
mod resident;
mod rows;
mod shaders;

pub use compute::{Backend, Compute, DeviceChoice};
pub use cpu::{MOST_NEIGHBOURS, Metric, Nearest, NearestTo, PairedRows, SidedRows};
pub use device::{Constraints, DeviceKind, GpuDevice};
pub use error::GpuError;
pub use measure::{Measured, Rates, Work};
pub use project::DeviceScores;
pub use resident::DeviceRows;
pub use rows::Rows;
