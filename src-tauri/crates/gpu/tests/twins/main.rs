//! Each shader against its twin on the processor, and both against plain sums in f64.

#![allow(clippy::unwrap_used, reason = "a test asserts by unwrapping")]

mod areas;
mod combinations;
mod neighbours;
mod products;
mod swapped;

use lens_gpu::{GpuDevice, GpuError};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Largest difference, as a share of |row| |direction|.
const TOLERANCE: f64 = 1e-4;

fn device() -> Option<GpuDevice> {
    match GpuDevice::open() {
        Ok(device) => Some(device),
        Err(error) => {
            assert_eq!(error, GpuError::NoAdapter);
            eprintln!("no graphics adapter here: only the processor's side was tested");
            None
        }
    }
}

fn values(count: usize, scale: f32, random: &mut ChaCha8Rng) -> Vec<f32> {
    (0..count).map(|_| scale * random.random_range(-1.0..1.0)).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum()
}

fn norm(v: &[f32]) -> f64 {
    dot(v, v).sqrt()
}
