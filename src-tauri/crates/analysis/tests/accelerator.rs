//! What an accelerator may and may not change.

#![allow(clippy::unwrap_used, reason = "a test asserts by unwrapping")]

mod planted;

use std::sync::atomic::{AtomicUsize, Ordering};

use lens_analysis::{
    Accelerator, Metric, Neighbours, Processor, Run, Search, ShortLists, UmapOptions, auroc,
    layer_sweep, nearest_on, probe_controls_on, umap_on,
};
use lens_core::{ActivationMatrix, CancelToken, DirectionMethod, Seed, Silent};
use planted::{planted, seventy_thirty, unit};

/// Counts what it is asked, and answers by sums in f32.
#[derive(Default)]
struct Narrow {
    asked: AtomicUsize,
    /// Lists are left without their last entry.
    is_short: bool,
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

impl Accelerator for Narrow {
    fn aurocs(
        &self,
        rows: &[f32],
        is_positive: &[bool],
        directions: &[f32],
        width: usize,
    ) -> Option<Vec<f64>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let area = |direction: &[f32]| {
            let side = |wanted: bool| -> Vec<f64> {
                let rows = rows.chunks(width).zip(is_positive).filter(|(_, is)| **is == wanted);
                rows.map(|(row, _)| f64::from(dot(row, direction))).collect()
            };
            auroc(&side(true), &side(false)).unwrap()
        };
        Some(directions.chunks(width).map(area).collect())
    }

    fn nearest(
        &self,
        queries: Option<&[f32]>,
        rows: &[f32],
        width: usize,
        k: usize,
    ) -> Option<ShortLists> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut lists = ShortLists { indices: Vec::new(), distances: Vec::new() };
        for (number, query) in queries.unwrap_or(rows).chunks(width).enumerate() {
            let mut near: Vec<(f32, u32)> = rows
                .chunks(width)
                .zip(0..)
                .filter(|(_, index)| queries.is_some() || *index as usize != number)
                .map(|(row, index)| {
                    let square = dot(query, query) + dot(row, row) - 2.0 * dot(query, row);
                    (square.max(0.0).sqrt(), index)
                })
                .collect();
            near.sort_by(|a, b| a.0.total_cmp(&b.0));
            lists.indices.extend(near.iter().take(k).map(|(_, index)| index));
            lists.distances.extend(near.iter().take(k).map(|(distance, _)| distance));
        }
        if self.is_short {
            lists.indices.pop();
        }
        Some(lists)
    }
}

fn rows(count: usize, width: usize, seed: u32) -> ActivationMatrix {
    use rand::Rng;
    let mut random = Seed(seed).stream("rows");
    // Far from the origin and near each other, with steps: what f32 rounds, and equal distances.
    let value = |_| 50.0 + (random.random_range(0..40_u8) as f32) / 8.0;
    ActivationMatrix::new(count, width, (0..count * width).map(value).collect()).unwrap()
}

fn neighbours(
    rows: &ActivationMatrix,
    metric: Metric,
    accelerator: &dyn Accelerator,
) -> Neighbours {
    let cancel = CancelToken::default();
    let run = Run { accelerator, reporter: &Silent, cancel: &cancel };
    nearest_on(rows, 15, metric, Search::Exact, Seed(0), run).unwrap()
}

#[test]
fn neighbours_and_maps_are_the_same_with_an_accelerator() {
    let rows = rows(300, 20, 1);
    for metric in [Metric::Euclidean, Metric::Cosine] {
        let narrow = Narrow::default();
        let expected = neighbours(&rows, metric, &Processor);
        assert_eq!(neighbours(&rows, metric, &narrow), expected);
        assert_eq!(narrow.asked.load(Ordering::Relaxed), 1);
        // Lists that are not whole are not used.
        let short = Narrow { is_short: true, ..Narrow::default() };
        assert_eq!(neighbours(&rows, metric, &short), expected);
    }
    let (cancel, options) = (CancelToken::default(), UmapOptions::default());
    let map = |accelerator: &dyn Accelerator| {
        let run = Run { accelerator, reporter: &Silent, cancel: &cancel };
        umap_on(&rows, &options, run).unwrap()
    };
    assert_eq!(map(&Narrow::default()), map(&Processor));
}

#[test]
fn of_the_controls_only_the_isotropic_directions_come_from_an_accelerator() {
    let layers = vec![(3, planted(60, 0.4, &unit(1), 2))];
    let (splits, scenarios) = (seventy_thirty(60), vec![None; 60]);
    let (method, cancel) = (DirectionMethod::MeanDifference, CancelToken::default());
    let sweep =
        layer_sweep(&layers, &splits, &scenarios, method, Seed(0), &Silent, &cancel).unwrap();
    let controls = |accelerator: &dyn Accelerator| {
        let run = Run { accelerator, reporter: &Silent, cancel: &cancel };
        probe_controls_on(&layers, &splits, &scenarios, &sweep, Seed(0), run).unwrap()
    };
    let narrow = Narrow::default();
    let (mut found, expected) = (controls(&narrow), controls(&Processor));
    assert_eq!(narrow.asked.load(Ordering::Relaxed), 1);
    let (band, exact) =
        (found.layers[0].random_isotropic.clone(), expected.layers[0].random_isotropic.clone());
    let close = |a: f64, b: f64| assert!((a - b).abs() <= 1e-4, "{a} instead of {b}");
    close(band.mean, exact.mean);
    close(band.sd, exact.sd);
    close(band.p95, exact.p95);
    close(band.folded_p95, exact.folded_p95);
    assert_eq!((band.draws, band.p), (exact.draws, exact.p));
    found.layers[0].random_isotropic = exact;
    assert_eq!(found, expected);
}
