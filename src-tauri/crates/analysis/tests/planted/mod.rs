//! Rows with a concept planted in them.

use lens_core::{ActivationMatrix, Seed, Split};
use rand::Rng;

pub(crate) const WIDTH: usize = 24;

/// A unit normal, near enough.
fn normal(random: &mut impl Rng) -> f64 {
    (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0
}

/// Rows of `pairs` pairs: noise, a shared part per pair, and `strength` times the planted unit
/// vector added to the positive sides.
pub(crate) fn planted(
    pairs: usize,
    strength: f64,
    direction: &[f64],
    seed: u32,
) -> ActivationMatrix {
    let mut random = Seed(seed).stream("planted");
    let mut values = Vec::new();
    for _ in 0..pairs {
        let shared: Vec<f64> = (0..WIDTH).map(|_| normal(&mut random)).collect();
        for side in [1.0, 0.0] {
            for (common, planted) in shared.iter().zip(direction) {
                let noise = 0.5 * normal(&mut random);
                values.push((common + noise + side * strength * planted) as f32);
            }
        }
    }
    ActivationMatrix::new(2 * pairs, WIDTH, values).unwrap()
}

/// A direction of length 1.
pub(crate) fn unit(seed: u32) -> Vec<f64> {
    let mut random = Seed(seed).stream("direction");
    let raw: Vec<f64> = (0..WIDTH).map(|_| normal(&mut random)).collect();
    let norm = raw.iter().map(|v| v * v).sum::<f64>().sqrt();
    raw.into_iter().map(|v| v / norm).collect()
}

/// Seven pairs to fit on, three to measure with, and so on.
pub(crate) fn seventy_thirty(pairs: usize) -> Vec<Split> {
    (0..pairs).map(|i| if i % 10 < 7 { Split::Train } else { Split::Test }).collect()
}
