//! Each shader against its twin on the processor, and the twin against sums in f64.

#![allow(clippy::unwrap_used, reason = "a test asserts by unwrapping")]

use lens_gpu::{DeviceChoice, DeviceKind, GpuDevice, GpuError, Projector, cpu};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
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

/// Scores in f64, and the largest each could be.
fn exact(rows: &[f32], directions: &[f32], width: usize) -> Vec<(f64, f64)> {
    let norm = |v: &[f32]| v.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum()
    };
    rows.chunks(width)
        .flat_map(|r| directions.chunks(width).map(move |d| (dot(r, d), norm(r) * norm(d))))
        .collect()
}

fn assert_close(found: &[f32], expected: &[(f64, f64)]) {
    assert_eq!(found.len(), expected.len());
    for (&found, &(expected, largest)) in found.iter().zip(expected) {
        let error = (f64::from(found) - expected).abs();
        assert!(error <= TOLERANCE * largest, "{found} instead of {expected}");
    }
}

#[test]
fn shader_and_twin_give_the_dot_products() {
    let device = device();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    // Around the tile of 16 on every side, and the sizes of real use.
    for (n, k, width) in
        [(1, 1, 1), (16, 16, 16), (17, 15, 33), (3, 40, 7), (50, 2, 64), (60, 18, 768)]
    {
        for scale in [1.0, 1e-6, 1e6] {
            let rows = values(n * width, scale, &mut random);
            let directions = values(k * width, 1.0, &mut random);
            let expected = exact(&rows, &directions, width);
            assert_close(&cpu::project(&rows, &directions, width).unwrap(), &expected);
            if let Some(device) = &device {
                assert_close(&device.project(&rows, &directions, width).unwrap(), &expected);
            }
        }
    }
}

#[test]
fn nothing_times_nothing_is_nothing_and_shapes_are_checked() {
    let device = device();
    let project = |rows: &[f32], directions: &[f32], width| {
        let twin = cpu::project(rows, directions, width);
        if let Some(device) = &device {
            assert_eq!(device.project(rows, directions, width), twin);
        }
        twin
    };
    assert_eq!(project(&[], &[1.0, 2.0], 2), Ok(vec![]));
    assert_eq!(project(&[1.0, 2.0], &[], 2), Ok(vec![]));
    assert_eq!(project(&[], &[], 0), Ok(vec![]));
    let odd = project(&[1.0, 2.0, 3.0], &[1.0, 2.0], 2);
    assert_eq!(odd, Err(GpuError::Shape { what: "row", values: 3, width: 2 }));
    let odd = project(&[1.0, 2.0], &[1.0], 2);
    assert_eq!(odd, Err(GpuError::Shape { what: "direction", values: 1, width: 2 }));
    assert!(project(&[1.0], &[], 0).is_err());
}

#[test]
fn left_open_the_choice_never_falls_on_a_software_adapter() {
    let projector = Projector::new(DeviceChoice::Auto).unwrap();
    match projector.device() {
        Some(device) => assert_ne!(device.kind(), DeviceKind::Software),
        None => assert!(projector.notice().is_some_and(|n| n.contains("processor"))),
    }
    assert_eq!(projector.project(&[1.0, 2.0], &[3.0, 4.0], 2), Ok(vec![11.0]));
}

#[test]
fn asked_for_a_processor_or_a_device_one_gets_it() {
    let processor = Projector::new(DeviceChoice::Cpu).unwrap();
    assert!(processor.device().is_none() && processor.notice().is_none());
    match Projector::new(DeviceChoice::Gpu) {
        Ok(projector) => {
            assert!(projector.device().is_some());
            assert_eq!(projector.project(&[1.0, 2.0], &[3.0, 4.0], 2), Ok(vec![11.0]));
        }
        Err(error) => assert_eq!(error, GpuError::NoAdapter),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_row_scores_the_same_alone_and_among_others(
        n in 1usize..9, k in 1usize..9, width in 1usize..40, seed in any::<u64>(),
    ) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (rows, directions) =
            (values(n * width, 3.0, &mut random), values(k * width, 1.0, &mut random));
        let together = cpu::project(&rows, &directions, width).unwrap();
        let apart: Vec<f32> = rows
            .chunks(width)
            .flat_map(|row| cpu::project(row, &directions, width).unwrap())
            .collect();
        prop_assert_eq!(together, apart);
    }
}
