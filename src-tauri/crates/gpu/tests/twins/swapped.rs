use lens_gpu::{GpuError, PairedRows, cpu};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::device;

/// By looking at every combination of every direction.
fn exact(paired: PairedRows<'_>, directions: &[f32], swaps: &[u32]) -> Vec<[u64; 2]> {
    let PairedRows { rows, width, margin } = paired;
    let words = (rows.len() / width / 2).div_ceil(32);
    let of_direction = directions.chunks(width).zip(swaps.chunks(words));
    of_direction
        .map(|(direction, swaps)| {
            let score = |row: &[f32]| row.iter().zip(direction).map(|(a, b)| a * b).sum::<f32>();
            let sides = rows.chunks(2 * width).enumerate().map(|(pair, rows)| {
                let sides = [score(&rows[..width]), score(&rows[width..])];
                let is_swapped = swaps[pair / 32] >> (pair % 32) & 1 == 1;
                if is_swapped { [sides[1], sides[0]] } else { sides }
            });
            let (positive, negative): (Vec<f32>, Vec<f32>) = sides.map(|[p, n]| (p, n)).unzip();
            let mut wins = [0; 2];
            for p in &positive {
                for n in &negative {
                    wins[0] += u64::from(*n < p - margin);
                    wins[1] += u64::from(*n <= p + margin);
                }
            }
            wins
        })
        .collect()
}

#[test]
fn shader_and_twin_count_the_same_wins_of_swapped_pairs() {
    let device = device();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    // Beyond one word of swaps and one chunk of negatives.
    for (pairs, directions, width) in [(1, 3, 4), (5, 40, 9), (32, 7, 8), (33, 70, 3), (2100, 5, 2)]
    {
        // Small whole numbers: scores are exact, so they are the same everywhere, and often equal.
        let mut whole = |count: usize| -> Vec<f32> {
            (0..count).map(|_| random.random_range(-2_i8..=2).into()).collect()
        };
        let (rows, directions) = (whole(2 * pairs * width), whole(directions * width));
        let count = directions.len() / width * pairs.div_ceil(32);
        let swaps: Vec<u32> = (0..count).map(|_| random.random()).collect();
        for margin in [0.0, 0.5, 1.0, 100.0] {
            let paired = PairedRows { rows: &rows, width, margin };
            let twin = cpu::wins_along(paired, &directions, &swaps).unwrap();
            assert_eq!(twin, exact(paired, &directions, &swaps), "{pairs} pairs, {margin}");
            if let Some(device) = &device {
                let found = device.wins_along(paired, &directions, &swaps).unwrap();
                assert_eq!(found, twin, "{pairs} pairs, {margin}");
            }
        }
    }
}

#[test]
fn a_swapped_pair_wins_what_it_lost() {
    let rows = [2.0, 1.0];
    let paired = PairedRows { rows: &rows, width: 1, margin: 0.0 };
    let expected = Ok(vec![[1, 1], [0, 0], [0, 0]]);
    assert_eq!(cpu::wins_along(paired, &[1.0, 1.0, -1.0], &[0, 1, 0]), expected);
    if let Some(device) = device() {
        assert_eq!(device.wins_along(paired, &[1.0, 1.0, -1.0], &[0, 1, 0]), expected);
    }
}

#[test]
fn pairs_that_are_none_are_refused_on_either_side() {
    let device = device();
    let wins = |rows: &[f32], directions: &[f32], swaps: &[u32]| {
        let paired = PairedRows { rows, width: 1, margin: 0.0 };
        let twin = cpu::wins_along(paired, directions, swaps);
        if let Some(device) = &device {
            assert_eq!(device.wins_along(paired, directions, swaps), twin);
        }
        twin
    };
    assert_eq!(wins(&[], &[1.0], &[]), Err(GpuError::OneSide));
    assert_eq!(wins(&[1.0, 2.0], &[], &[]), Ok(vec![]));
    let odd = wins(&[1.0, 2.0, 3.0], &[1.0], &[0]);
    assert_eq!(odd, Err(GpuError::Shape { what: "side", values: 3, width: 2 }));
    let short = wins(&[1.0, 2.0], &[1.0], &[]);
    assert_eq!(short, Err(GpuError::Shape { what: "swap", values: 0, width: 1 }));
}
