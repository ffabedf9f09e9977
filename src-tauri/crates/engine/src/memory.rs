//! What a model asks of this machine's memory, before it is loaded.

use std::path::Path;

use lens_core::WeightsDtype;
use lens_model::ModelInfo;
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::contract::MemoryView;

/// What reading texts takes beside the weights: activations of a few batches, and the program.
const WORKING_BYTES: u64 = 256 << 20;

/// Bytes of memory that programs can have now without pushing others out.
pub(crate) fn free_bytes() -> u64 {
    let what = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    System::new_with_specifics(what).available_memory()
}

/// Bytes that are free on the disk that `folder` is or will be on; 0 where that cannot be told.
pub(crate) fn free_disk_bytes(folder: &Path) -> u64 {
    let there = folder.ancestors().find(|ancestor| ancestor.is_dir());
    there.and_then(|folder| fs4::available_space(folder).ok()).unwrap_or(0)
}

/// What a model takes to read texts with its weights held so, beside what is free.
pub(crate) fn of_model(info: &ModelInfo, held: WeightsDtype, free: u64) -> MemoryView {
    of_weights(info.memory_bytes(held), free)
}

/// The same for a model of the catalogue, known by its number of parameters only: those are stored as
/// bf16 or f16.
pub(crate) fn of_parameters(parameters: u64, held: WeightsDtype, free: u64) -> MemoryView {
    let size = match held {
        WeightsDtype::Stored | WeightsDtype::Bf16 => 2,
        WeightsDtype::F32 => 4,
    };
    of_weights(parameters.saturating_mul(size), free)
}

fn of_weights(weights: u64, free: u64) -> MemoryView {
    let needs = weights.saturating_add(WORKING_BYTES);
    MemoryView {
        needs_megabytes: megabytes(needs),
        free_megabytes: megabytes(free),
        fits: needs <= free,
    }
}

/// Millions, as megabytes and parameters are shown.
#[expect(clippy::cast_precision_loss, reason = "shown rounded")]
pub(crate) fn megabytes(count: u64) -> f64 {
    count as f64 / 1e6
}
