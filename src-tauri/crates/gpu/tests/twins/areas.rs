use lens_gpu::{GpuError, SidedRows, cpu};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{device, values};

/// By looking at every combination.
fn exact(scores: &[f32], is_positive: &[bool], column: usize) -> f64 {
    let columns = scores.len() / is_positive.len();
    let side = |wanted: bool| {
        let rows = scores.chunks(columns).zip(is_positive);
        rows.filter(move |(_, is)| **is == wanted).map(move |(row, _)| row[column])
    };
    let (mut twice, mut all) = (0_u64, 0_u64);
    for positive in side(true) {
        for negative in side(false) {
            twice += 2 * u64::from(positive > negative) + u64::from(positive == negative);
            all += 2;
        }
    }
    twice as f64 / all as f64
}

#[test]
fn shader_and_twin_count_the_same_combinations() {
    let device = device();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    // Up to several chunks of negatives.
    for (rows, columns) in [(2, 1), (7, 3), (60, 40), (500, 2), (5000, 2)] {
        let mut scores = values(rows * columns, 1.0, &mut random);
        for score in scores.iter_mut().step_by(3) {
            *score = (*score * 4.0).round();
        }
        scores[0] = -0.0;
        let mut is_positive: Vec<bool> = (0..rows).map(|_| random.random_bool(0.4)).collect();
        (is_positive[0], is_positive[1]) = (true, false);
        let twin = cpu::auroc(&scores, &is_positive).unwrap();
        for (column, found) in twin.iter().enumerate() {
            assert_eq!(*found, exact(&scores, &is_positive, column));
        }
        if let Some(device) = &device {
            assert_eq!(device.auroc(&scores, &is_positive).unwrap(), twin);
        }
    }
}

#[test]
fn numbers_next_to_zero_are_told_apart_and_the_two_zeros_are_not() {
    let tiny = f32::from_bits(1);
    let scores = [tiny, 0.0, -tiny, -0.0, f32::MIN_POSITIVE, 2.0 * tiny];
    let is_positive = [true, true, false, false, false, true];
    // tiny: above two; 0: above one, equal to one; two tiny: above two.
    let expected = vec![5.5 / 9.0];
    assert_eq!(cpu::auroc(&scores, &is_positive), Ok(expected.clone()));
    if let Some(device) = device() {
        assert_eq!(device.auroc(&scores, &is_positive), Ok(expected));
    }
}

#[test]
fn along_directions_the_device_counts_as_of_its_own_scores() {
    let device = device();
    let mut random = ChaCha8Rng::seed_from_u64(2);
    for (count, directions, width) in [(12, 5, 9), (150, 70, 33), (5, 300, 8)] {
        // Small whole numbers: scores are exact, so they are the same everywhere, and often equal.
        let mut whole = |count: usize| -> Vec<f32> {
            (0..count).map(|_| random.random_range(-2_i8..=2).into()).collect()
        };
        let (rows, directions) = (whole(count * width), whole(directions * width));
        let is_positive: Vec<bool> = (0..count).map(|row| row % 2 == 0).collect();
        let sided = SidedRows { rows: &rows, is_positive: &is_positive, width };
        let twin = cpu::auroc_along(sided, &directions).unwrap();
        let scores = cpu::project(rows.as_slice().into(), &directions, width).unwrap();
        assert_eq!(twin, cpu::auroc(&scores, &is_positive).unwrap());
        if let Some(device) = &device {
            let found = device.auroc_along(sided, &directions).unwrap();
            assert_eq!(found, twin);
        }
    }
}

#[test]
fn one_side_alone_is_refused_on_either_side() {
    let device = device();
    assert_eq!(cpu::auroc(&[1.0, 2.0], &[true, true]), Err(GpuError::OneSide));
    assert!(cpu::auroc(&[1.0, 2.0, 3.0], &[true, false]).is_err());
    assert_eq!(cpu::auroc(&[], &[]), Err(GpuError::OneSide));
    let sided = |is_positive| SidedRows { rows: &[1.0, 2.0], is_positive, width: 1 };
    assert!(cpu::auroc_along(sided(&[true]), &[1.0]).is_err());
    assert_eq!(cpu::auroc_along(sided(&[true, false]), &[]), Ok(vec![]));
    if let Some(device) = device {
        assert_eq!(device.auroc(&[1.0, 2.0], &[true, true]), Err(GpuError::OneSide));
        assert!(device.auroc(&[1.0, 2.0, 3.0], &[true, false]).is_err());
        assert!(device.auroc_along(sided(&[true]), &[1.0]).is_err());
        assert_eq!(device.auroc_along(sided(&[true, false]), &[]), Ok(vec![]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_twin_counts_every_combination(
        scores in prop::collection::vec(-3_i8..3, 2..40),
        sides in prop::collection::vec(any::<bool>(), 40),
    ) {
        let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
        let mut is_positive = sides[..scores.len()].to_vec();
        (is_positive[0], is_positive[1]) = (true, false);
        prop_assert_eq!(cpu::auroc(&scores, &is_positive).unwrap()[0], exact(&scores, &is_positive, 0));
    }
}
