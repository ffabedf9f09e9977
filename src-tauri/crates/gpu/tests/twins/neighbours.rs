use lens_gpu::{GpuError, Metric, Nearest, NearestTo, cpu};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{TOLERANCE, device, dot, norm, values};

/// The distance in f64, and what its error is a share of.
fn exact(metric: Metric, a: &[f32], b: &[f32]) -> (f64, f64) {
    match metric {
        Metric::Euclidean => {
            let square: f64 =
                a.iter().zip(b).map(|(&x, &y)| (f64::from(x) - f64::from(y)).powi(2)).sum();
            (square, (norm(a) + norm(b)).powi(2))
        }
        Metric::Cosine => {
            let lengths = norm(a) * norm(b);
            (if lengths > 0.0 { 1.0 - dot(a, b) / lengths } else { 1.0 }, 1.0)
        }
    }
}

/// The distance as [`exact`] gives it.
fn given(metric: Metric, distance: f32) -> f64 {
    match metric {
        Metric::Euclidean => f64::from(distance).powi(2),
        Metric::Cosine => f64::from(distance),
    }
}

/// Every distance is that of its row, in order; none that was left out is nearer than the last.
fn assert_nearest(found: &Nearest, wanted: NearestTo<'_>) {
    let NearestTo { queries, rows, width, k, metric } = wanted;
    assert_eq!(found.k, k);
    let asked = queries.unwrap_or(rows);
    assert_eq!(found.indices.len(), asked.len() / width * k);
    assert_eq!(found.distances.len(), found.indices.len());
    for (number, query) in asked.chunks(width).enumerate() {
        let indices = &found.indices[number * k..(number + 1) * k];
        let distances = &found.distances[number * k..(number + 1) * k];
        assert!(distances.windows(2).all(|pair| pair[0] <= pair[1]));
        let last = given(metric, distances[k - 1]);
        for (row, values) in rows.chunks(width).enumerate() {
            let (expected, scale) = exact(metric, query, values);
            let slack = TOLERANCE * scale;
            match indices.iter().position(|&index| index as usize == row) {
                Some(place) => {
                    assert!(!(queries.is_none() && row == number), "its own neighbour");
                    let found = given(metric, distances[place]);
                    assert!((found - expected).abs() <= slack, "{found} instead of {expected}");
                }
                None if queries.is_none() && row == number => {}
                None => assert!(expected >= last - slack, "{row} is nearer to {number}"),
            }
        }
        let mut once = indices.to_vec();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), k, "a neighbour twice");
    }
}

#[test]
fn shader_and_twin_list_the_nearest_rows() {
    let device = device();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for (count, asked, width, k) in
        [(2, 1, 3, 1), (65, 9, 5, 64), (300, 40, 17, 15), (900, 3, 64, 64)]
    {
        let mut rows = values(count * width, 2.0, &mut random);
        // A copy, and a row without a direction.
        rows.copy_within(0..width, width);
        if count > 2 {
            rows[2 * width..3 * width].fill(0.0);
        }
        let queries = values(asked * width, 2.0, &mut random);
        for metric in [Metric::Euclidean, Metric::Cosine] {
            for queries in [None, Some(queries.as_slice())] {
                let k = k.min(count - usize::from(queries.is_none()));
                let wanted = NearestTo { queries, rows: &rows, width, k, metric };
                assert_nearest(&cpu::nearest(wanted).unwrap(), wanted);
                if let Some(device) = &device {
                    assert_nearest(&device.nearest(wanted).unwrap(), wanted);
                }
            }
        }
    }
}

#[test]
fn equally_near_rows_come_by_index_on_either_side() {
    // Corners of squares: whole numbers, so that distances are exact.
    let rows: Vec<f32> = (0..400).flat_map(|i| [(i % 20) as f32, (i / 20) as f32]).collect();
    let metric = Metric::Euclidean;
    let wanted = NearestTo { queries: None, rows: &rows, width: 2, k: 12, metric };
    let twin = cpu::nearest(wanted).unwrap();
    assert_eq!(twin.indices[..3], [1, 20, 21]);
    if let Some(device) = device() {
        assert_eq!(device.nearest(wanted), Ok(twin));
    }
}

#[test]
fn lists_that_cannot_be_made_are_refused_on_either_side() {
    let device = device();
    let nearest = |queries: Option<&[f32]>, rows: &[f32], width, k| {
        let wanted = NearestTo { queries, rows, width, k, metric: Metric::Euclidean };
        let twin = cpu::nearest(wanted);
        if let Some(device) = &device {
            assert_eq!(device.nearest(wanted), twin);
        }
        twin
    };
    let rows = [0.0; 200];
    let count = |found, most| Err(GpuError::NeighbourCount { found, most });
    assert_eq!(nearest(None, &rows[..3], 1, 3), count(3, 2));
    assert_eq!(nearest(Some(&rows[..1]), &rows[..3], 1, 0), count(0, 3));
    assert_eq!(nearest(None, &rows, 1, 65), count(65, 64));
    assert!(nearest(None, &rows[..3], 2, 1).is_err());
    assert_eq!(nearest(Some(&[]), &rows[..3], 1, 1).map(|found| found.indices), Ok(vec![]));
}
