use half::f16;
use lens_gpu::{GpuError, Rows, cpu};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{TOLERANCE, device, dot, norm, values};

fn column(values: &[f32], columns: usize, number: usize) -> Vec<f32> {
    values.iter().skip(number).step_by(columns).copied().collect()
}

/// Sums in f64, and the largest each could be.
fn exact(rows: &[f32], weights: &[f32], width: usize) -> Vec<(f64, f64)> {
    let columns = weights.len() / (rows.len() / width);
    let of_weights = (0..columns).map(|k| column(weights, columns, k));
    of_weights
        .flat_map(|weights| {
            (0..width).map(move |at| {
                let row = column(rows, width, at);
                (dot(&row, &weights), norm(&row) * norm(&weights))
            })
        })
        .collect()
}

fn assert_close(found: &[f64], expected: &[(f64, f64)], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (&found, &(expected, largest)) in found.iter().zip(expected) {
        let error = (found - expected).abs();
        assert!(error <= tolerance * largest, "{found} instead of {expected}");
    }
}

/// Around the sides of every tile and span: rows, columns, width.
const SHAPES: [[usize; 3]; 10] = [
    [1, 1, 1],
    [7, 3, 5],
    [64, 16, 8],
    [65, 17, 520],
    [255, 12, 513],
    [257, 32, 9],
    [300, 33, 260],
    [130, 64, 128],
    [129, 70, 140],
    [700, 13, 24],
];

#[test]
fn shader_and_twin_give_the_weighted_sums() {
    let device = device();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for [count, columns, width] in SHAPES {
        let rows = values(count * width, 3.0, &mut random);
        let weights = values(count * columns, 1e3, &mut random);
        let packed: Vec<f16> = rows.iter().copied().map(f16::from_f32).collect();
        let held: Vec<f32> = packed.iter().map(|v| v.to_f32()).collect();
        for (rows, held) in [(Rows::F32(&rows), &rows), (Rows::F16(&packed), &held)] {
            let expected = exact(held, &weights, width);
            assert_close(&cpu::combine(rows, &weights, width).unwrap(), &expected, TOLERANCE);
            if let Some(device) = &device {
                let found = device.combine(rows, &weights, width).unwrap();
                assert_close(&found, &expected, TOLERANCE);
            }
        }
    }
}

/// Numbers of one sign, of which a plain sum in f32 loses digits as it grows.
#[test]
fn sums_of_many_rows_keep_the_digits_of_few() {
    let device = device();
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let (count, columns, width) = (60_000, 2, 3);
    let positive = |count: usize, random: &mut ChaCha8Rng| -> Vec<f32> {
        values(count, 1.0, random).into_iter().map(|v| v.abs() + 1.0).collect()
    };
    let rows = positive(count * width, &mut random);
    let weights = positive(count * columns, &mut random);
    let expected = exact(&rows, &weights, width);
    let plain: f32 = column(&rows, width, 0)
        .iter()
        .zip(column(&weights, columns, 0))
        .fold(0.0, |sum, (row, weight)| sum + row * weight);
    let off = (f64::from(plain) - expected[0].0).abs() / expected[0].1;
    let tolerance = 2e-7;
    assert!(off > 4.0 * tolerance, "a plain sum does as well: {off}");
    let rows = Rows::F32(&rows);
    assert_close(&cpu::combine(rows, &weights, width).unwrap(), &expected, tolerance);
    if let Some(device) = device {
        let found = device.combine(rows, &weights, width).unwrap();
        assert_close(&found, &expected, tolerance);
        assert_eq!(device.combine(rows, &weights, width).unwrap(), found, "another order");
    }
}

/// `X'X c` by sums in f64.
#[test]
fn images_are_products_forth_and_back() {
    let device = device();
    let mut random = ChaCha8Rng::seed_from_u64(3);
    for [count, columns, width] in SHAPES {
        let rows = values(count * width, 2.0, &mut random);
        let vectors = values(columns * width, 1.0, &mut random);
        let mut expected = Vec::new();
        for vector in vectors.chunks(width) {
            let scores: Vec<f64> = rows.chunks(width).map(|row| dot(row, vector)).collect();
            let most: f64 = rows.chunks(width).map(|row| dot(row, row)).sum();
            expected.extend((0..width).map(|at| {
                let row = column(&rows, width, at);
                let sum = row.iter().zip(&scores).map(|(&v, score)| f64::from(v) * score).sum();
                (sum, most * norm(vector))
            }));
        }
        let of = Rows::F32(&rows);
        assert_close(&cpu::image(of, &vectors, width).unwrap(), &expected, TOLERANCE);
        if let Some(device) = &device {
            let kept = device.keep(of, width).unwrap();
            assert_close(&device.image(&kept, &vectors).unwrap(), &expected, TOLERANCE);
        }
    }
}

#[test]
fn nothing_combined_is_nothing_and_shapes_are_checked() {
    let device = device();
    let combine = |rows: &[f32], weights: &[f32], width| {
        let twin = cpu::combine(Rows::F32(rows), weights, width);
        if let Some(device) = &device {
            assert_eq!(device.combine(Rows::F32(rows), weights, width), twin);
        }
        twin
    };
    assert_eq!(combine(&[], &[], 2), Ok(vec![]));
    assert_eq!(combine(&[1.0, 2.0], &[], 2), Ok(vec![]));
    assert_eq!(combine(&[1.0, 2.0, 3.0, 4.0], &[2.0, 10.0], 2), Ok(vec![32.0, 44.0]));
    let odd = combine(&[1.0, 2.0, 3.0], &[1.0], 2);
    assert_eq!(odd, Err(GpuError::Shape { what: "row", values: 3, width: 2 }));
    let odd = combine(&[1.0, 2.0, 3.0, 4.0], &[1.0, 2.0, 3.0], 2);
    assert_eq!(odd, Err(GpuError::Shape { what: "weight", values: 3, width: 2 }));
    assert_eq!(cpu::image(Rows::F32(&[]), &[1.0, 2.0], 2), Ok(vec![0.0; 2]));
    if let Some(device) = device {
        let none = device.room_for_rows(0, 2).unwrap();
        assert_eq!(device.image(&none, &[1.0, 2.0]), Ok(vec![0.0; 2]));
    }
}
