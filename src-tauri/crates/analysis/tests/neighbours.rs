//! Nearest rows: against every distance in f64, and what the approximate search finds of them.

#![allow(clippy::unwrap_used, reason = "a test asserts by unwrapping")]

use lens_analysis::{Metric, Neighbours, ProjectionError, Search, nearest};
use lens_core::{ActivationMatrix, CancelToken, Seed, Silent};
use proptest::prelude::*;
use rand::Rng;
use rand_distr::StandardNormal;

fn found(rows: &ActivationMatrix, k: usize, metric: Metric, search: Search) -> Neighbours {
    nearest(rows, k, metric, search, Seed(3), &Silent, &CancelToken::default()).unwrap()
}

/// Every distance, sorted.
fn by_hand(rows: &ActivationMatrix, k: usize, metric: Metric) -> (Vec<u32>, Vec<f64>) {
    let unit = |row: &[f32]| -> Vec<f64> {
        let length = row.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
        let by = if metric == Metric::Cosine { length } else { 1.0 };
        row.iter().map(|&v| f64::from(v) / by).collect()
    };
    let units: Vec<Vec<f64>> = rows.iter_rows().map(unit).collect();
    let (mut indices, mut distances) = (Vec::new(), Vec::new());
    for (i, a) in units.iter().enumerate() {
        let squared = |b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        let others = units.iter().enumerate().filter(|(j, _)| *j != i);
        let mut all: Vec<(f64, u32)> = others.map(|(j, b)| (squared(b), j as u32)).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        indices.extend(all[..k].iter().map(|one| one.1));
        distances.extend(all[..k].iter().map(|one| match metric {
            Metric::Euclidean => one.0.sqrt(),
            Metric::Cosine => 0.5 * one.0,
        }));
    }
    (indices, distances)
}

#[track_caller]
fn assert_exact(rows: &ActivationMatrix, k: usize, metric: Metric) {
    let found = found(rows, k, metric, Search::Exact);
    let (indices, distances) = by_hand(rows, k, metric);
    assert_eq!(found.indices, indices);
    for (found, expected) in found.distances.iter().zip(&distances) {
        assert!((found - expected).abs() <= 1e-9 * expected.max(1e-6), "{found} {expected}");
    }
}

fn clusters(rows: usize, width: usize, clusters: usize, apart: f32, seed: u32) -> ActivationMatrix {
    let mut random = Seed(seed).stream("clusters");
    let centres: Vec<f32> =
        (0..clusters * width).map(|_| apart * random.sample::<f32, _>(StandardNormal)).collect();
    // Each cluster is spread along eight directions, with a little noise across.
    let axes: Vec<f32> = (0..8 * width).map(|_| random.sample(StandardNormal)).collect();
    let mut values = Vec::with_capacity(rows * width);
    for row in 0..rows {
        let along: [f32; 8] = std::array::from_fn(|_| random.sample(StandardNormal));
        for column in 0..width {
            let axis = |i: usize| along[i] * axes[i * width + column];
            let centre = centres[row % clusters * width + column];
            let noise: f32 = random.sample(StandardNormal);
            values.push(centre + (0..8).map(axis).sum::<f32>() + 0.1 * noise);
        }
    }
    ActivationMatrix::new(rows, width, values).unwrap()
}

#[test]
fn blocks_of_products_find_the_nearest_rows() {
    // More rows than a block of each kind, and none of their sizes round.
    for metric in [Metric::Euclidean, Metric::Cosine] {
        assert_exact(&clusters(2311, 37, 5, 1.0, 0), 15, metric);
        assert_exact(&clusters(130, 300, 3, 1.0, 1), 129, metric);
    }
    // Far from the origin, and clusters far from each other: f32 alone would lose the order.
    let far = clusters(700, 20, 3, 1e4, 2);
    assert_exact(&far, 10, Metric::Euclidean);
    let values = far.values().iter().map(|v| v * 1e30).collect();
    assert_exact(&ActivationMatrix::new(700, 20, values).unwrap(), 10, Metric::Euclidean);
}

#[test]
fn equally_near_rows_come_by_index() {
    // A grid: four at 1, four at the root of 2 ...
    let values = (0..400).flat_map(|i| [(i % 20) as f32, (i / 20) as f32]).collect();
    assert_exact(&ActivationMatrix::new(400, 2, values).unwrap(), 12, Metric::Euclidean);
    // Many copies of few rows
    let base = clusters(9, 12, 9, 1.0, 4);
    let copies = base.select(&(0..300).map(|i| i * i % 9).collect::<Vec<_>>());
    for search in [Search::Exact, Search::Approximate] {
        for k in [5, 70, 299] {
            let found = found(&copies, k, Metric::Euclidean, search);
            let (indices, _) = by_hand(&copies, k, Metric::Euclidean);
            assert_eq!(found.indices, indices, "{search:?} {k}");
            assert_eq!(found.copies, 300 - 4);
        }
    }
    let equal = ActivationMatrix::new(5, 2, vec![0.1; 10]).unwrap();
    assert_eq!(
        found(&equal, 2, Metric::Cosine, Search::Exact).indices,
        [1, 2, 0, 2, 0, 1, 0, 1, 0, 1]
    );
}

#[test]
fn the_approximate_search_finds_95_percent() {
    for (rows, metric) in [
        (clusters(3000, 64, 6, 1.0, 5), Metric::Euclidean),
        (clusters(3000, 64, 6, 1.0, 5), Metric::Cosine),
        (clusters(4000, 128, 1, 0.0, 6), Metric::Euclidean),
        (clusters(2000, 16, 2, 50.0, 7), Metric::Euclidean),
        // The number from which it is used.
        (clusters(16_385, 32, 12, 1.5, 8), Metric::Euclidean),
        (clusters(16_385, 32, 1, 0.0, 9), Metric::Cosine),
    ] {
        let is_large = rows.rows() > 16_384;
        assert_eq!(Search::for_rows(rows.rows()) == Search::Approximate, is_large);
        let exact = found(&rows, 15, metric, Search::Exact);
        let approximate = found(&rows, 15, metric, Search::Approximate);
        let mut hits = 0;
        for row in 0..rows.rows() {
            let truth: Vec<(u32, f64)> = exact.of(row).collect();
            // What it finds it measures as the exact search does.
            for one in approximate.of(row) {
                assert!(one.0 as usize != row);
                hits += usize::from(truth.contains(&one));
            }
        }
        let recall = hits as f64 / exact.indices.len() as f64;
        assert!(recall >= 0.95, "recall {recall} of {} rows", rows.rows());
    }
}

#[test]
fn threads_change_nothing() {
    let rows = clusters(3000, 48, 4, 1.0, 8);
    let on = |threads: usize, search| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| found(&rows, 15, Metric::Euclidean, search))
    };
    for search in [Search::Exact, Search::Approximate] {
        assert!(on(1, search) == on(3, search), "{search:?}");
    }
}

#[test]
fn what_has_no_neighbours_is_refused_in_a_sentence() {
    let look = |values: Vec<f32>, k, metric| {
        let rows = ActivationMatrix::new(values.len() / 2, 2, values).unwrap();
        nearest(&rows, k, metric, Search::Exact, Seed(0), &Silent, &CancelToken::default())
    };
    let some = vec![1.0, 2.0, 3.0, 4.0, 0.0, 0.0];
    assert!(matches!(
        look(some.clone(), 3, Metric::Euclidean),
        Err(ProjectionError::NeighbourCount { found: 3, most: 2 })
    ));
    assert!(look(some.clone(), 0, Metric::Euclidean).is_err());
    assert!(look(Vec::new(), 1, Metric::Euclidean).is_err());
    assert_eq!(
        look(some.clone(), 1, Metric::Cosine).unwrap_err(),
        ProjectionError::NoDirection { row: 2 }
    );
    let mut bad = some.clone();
    bad[3] = f32::NAN;
    assert!(look(bad, 1, Metric::Euclidean).unwrap_err().to_string().contains("row 1, column 1"));
    let cancel = CancelToken::default();
    cancel.cancel();
    let rows = ActivationMatrix::new(3, 2, some).unwrap();
    let stopped = nearest(&rows, 1, Metric::Euclidean, Search::Exact, Seed(0), &Silent, &cancel);
    assert_eq!(stopped.unwrap_err().to_string(), "cancelled");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Few values make many ties and copies.
    #[test]
    fn any_rows_have_the_neighbours_that_all_distances_say(
        width in 1_usize..6,
        values in prop::collection::vec(prop::sample::select(vec![-1.0_f32, 0.0, 0.5, 2.0]), 12..200),
        share in 0.0_f64..1.0,
    ) {
        let count = values.len() / width;
        prop_assume!(count >= 2);
        let rows = ActivationMatrix::new(count, width, values[..count * width].to_vec()).unwrap();
        let k = 1 + (share * (count - 2) as f64) as usize;
        let found = found(&rows, k, Metric::Euclidean, Search::Exact);
        prop_assert_eq!(found.indices, by_hand(&rows, k, Metric::Euclidean).0);
    }
}
