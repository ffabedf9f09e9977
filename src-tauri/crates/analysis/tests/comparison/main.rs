//! Comparing models: properties, planted truths, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test asserts by unwrapping")]

mod agreement;
mod behaviour;
mod convention;
mod similarity;
mod transfer;

use lens_core::{ActivationMatrix, Seed};
use rand::Rng;
use rand_distr::StandardNormal;

/// `count` random orthonormal vectors of this width, by Gram and Schmidt.
fn orthonormal(count: usize, width: usize, seed: u32) -> Vec<Vec<f64>> {
    let mut random = Seed(seed).stream("rotation");
    let mut basis: Vec<Vec<f64>> = Vec::new();
    while basis.len() < count {
        let mut next: Vec<f64> = (0..width).map(|_| random.sample(StandardNormal)).collect();
        for axis in &basis {
            let along: f64 = axis.iter().zip(&next).map(|(a, b)| a * b).sum();
            next.iter_mut().zip(axis).for_each(|(n, a)| *n -= along * a);
        }
        let norm = next.iter().map(|v| v * v).sum::<f64>().sqrt();
        basis.push(next.into_iter().map(|v| v / norm).collect());
    }
    basis
}

/// The same texts in a model whose space is turned (dimension `i` becomes `turn[i]`), stretched and
/// moved.
fn turned(rows: &ActivationMatrix, turn: &[Vec<f64>], scale: f64, shift: f64) -> ActivationMatrix {
    let to = turn[0].len();
    let mut values = Vec::new();
    for row in rows.iter_rows() {
        let mut image = vec![shift; to];
        for (&value, axis) in row.iter().zip(turn) {
            image.iter_mut().zip(axis).for_each(|(i, a)| *i += scale * f64::from(value) * a);
        }
        values.extend(image.into_iter().map(|v| v as f32));
    }
    ActivationMatrix::new(rows.rows(), to, values).unwrap()
}

/// Runs on a pool of this many threads.
fn on<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}
