use half::f16;
use lens_gpu::{GpuError, Rows, cpu};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{TOLERANCE, device, dot, norm, values};

/// Scores in f64, and the largest each could be.
fn exact(rows: &[f32], directions: &[f32], width: usize) -> Vec<(f64, f64)> {
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

/// Around the sides of every tile, a shader for each number of directions, and sizes of real use.
const SHAPES: [[usize; 3]; 12] = [
    [1, 1, 1],
    [33, 1, 300],
    [40, 2, 33],
    [31, 3, 7],
    [65, 7, 129],
    [3, 8, 768],
    [17, 9, 33],
    [513, 32, 5],
    [257, 33, 24],
    [130, 100, 17],
    [300, 129, 40],
    [129, 190, 64],
];

#[test]
fn shaders_and_twin_give_the_dot_products() {
    let device = device();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for [n, k, width] in SHAPES {
        for scale in [1.0, 1e-6, 1e6] {
            let rows = values(n * width, scale, &mut random);
            let directions = values(k * width, 1.0, &mut random);
            let expected = exact(&rows, &directions, width);
            let rows = Rows::F32(&rows);
            assert_close(&cpu::project(rows, &directions, width).unwrap(), &expected);
            if let Some(device) = &device {
                assert_close(&device.project(rows, &directions, width).unwrap(), &expected);
            }
        }
    }
}

#[test]
fn packed_rows_give_the_dot_products_of_what_they_hold() {
    let device = device();
    let mut random = ChaCha8Rng::seed_from_u64(2);
    for [n, k, width] in SHAPES {
        let packed: Vec<f16> =
            values(n * width, 3.0, &mut random).into_iter().map(f16::from_f32).collect();
        // The smallest number of the format is a number.
        let packed: Vec<f16> = std::iter::once(f16::from_bits(1)).chain(packed).collect();
        let packed = &packed[..n * width];
        let held: Vec<f32> = packed.iter().map(|v| v.to_f32()).collect();
        let directions = values(k * width, 1.0, &mut random);
        let expected = exact(&held, &directions, width);
        let rows = Rows::F16(packed);
        assert_close(&cpu::project(rows, &directions, width).unwrap(), &expected);
        if let Some(device) = &device {
            assert_close(&device.project(rows, &directions, width).unwrap(), &expected);
            let kept = device.keep(rows, width).unwrap();
            assert_close(&device.project_kept(&kept, &directions).unwrap(), &expected);
        }
    }
}

#[test]
fn nothing_times_nothing_is_nothing_and_shapes_are_checked() {
    let device = device();
    let project = |rows: &[f32], directions: &[f32], width| {
        let rows = Rows::F32(rows);
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
fn equal_rows_score_equally_on_the_device() {
    let Some(device) = device() else { return };
    let mut random = ChaCha8Rng::seed_from_u64(3);
    for (k, width) in [(1, 130), (5, 130), (20, 66), (150, 66)] {
        let row = values(width, 1.0, &mut random);
        let directions = values(k * width, 1.0, &mut random);
        let rows = row.repeat(300);
        let scores = device.project(Rows::F32(&rows), &directions, width).unwrap();
        let first = &scores[..k];
        assert!(scores.chunks(k).all(|scores| scores == first), "{k} directions");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_twin_gives_the_dot_products_of_any_shape(
        n in 1usize..300, k in 1usize..20, width in 1usize..40, seed in any::<u64>(),
    ) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (rows, directions) =
            (values(n * width, 3.0, &mut random), values(k * width, 1.0, &mut random));
        let found = cpu::project(Rows::F32(&rows), &directions, width).unwrap();
        assert_close(&found, &exact(&rows, &directions, width));
    }
}
