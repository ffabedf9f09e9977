//! What an accelerator may and may not change.

#![allow(clippy::unwrap_used, reason = "a test asserts by unwrapping")]

mod planted;

use std::sync::atomic::{AtomicUsize, Ordering};

use lens_analysis::{
    Accelerator, Metric, Neighbours, PairedRows, ProbeControls, Processor, Run, Search, ShortLists,
    UmapOptions, auroc, layer_sweep, nearest_on, probe_controls_on, umap_on,
};
use lens_core::{
    ActivationMatrix, CancelToken, DirectionMethod, Progress, Reporter, Seed, Silent, Split,
};
use planted::{planted, seventy_thirty, unit};

/// Counts what it is asked, and answers by sums in f32.
#[derive(Default)]
struct Narrow {
    asked: AtomicUsize,
    /// Lists are left without their last entry.
    is_short: bool,
    /// Draws of permutation tests that it was asked about, and what it says of them.
    draws: AtomicUsize,
    says: Says,
}

/// What is said of wins.
#[derive(Clone, Copy, Default, PartialEq)]
enum Says {
    /// What sums in f32 show.
    #[default]
    Bounds,
    /// No more than that they are some.
    Anything,
    /// Less than was asked.
    TooLittle,
    /// What cannot be.
    Nonsense,
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

    fn wins(
        &self,
        paired: PairedRows<'_>,
        directions: &[f32],
        swaps: &[u32],
    ) -> Option<Vec<[u64; 2]>> {
        let PairedRows { rows, width, margin } = paired;
        let pairs = rows.len() / width / 2;
        let of_direction = directions.chunks(width).zip(swaps.chunks(pairs.div_ceil(32)));
        let mut found: Vec<[u64; 2]> = of_direction
            .map(|(direction, swaps)| {
                let scores = rows.chunks(2 * width).enumerate().map(|(pair, rows)| {
                    let (a, b) = (dot(&rows[..width], direction), dot(&rows[width..], direction));
                    if swaps[pair / 32] >> (pair % 32) & 1 == 1 { (b, a) } else { (a, b) }
                });
                let (positive, negative): (Vec<f32>, Vec<f32>) = scores.unzip();
                let count = |is_won: &dyn Fn(f32, f32) -> bool| {
                    let of = |&p: &f32| negative.iter().filter(|n| is_won(p, **n)).count() as u64;
                    positive.iter().map(of).sum::<u64>()
                };
                [count(&|p, n| n < p - margin), count(&|p, n| n <= p + margin)]
            })
            .collect();
        self.draws.fetch_add(found.len(), Ordering::Relaxed);
        let all = (pairs * pairs) as u64;
        match self.says {
            Says::Bounds => {}
            Says::Anything => found.fill([0, all]),
            Says::TooLittle => found.truncate(found.len() - 1),
            Says::Nonsense => found.fill([all + 1, all + 2]),
        }
        Some(found)
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

/// The controls of mean differences in some layers, which an accelerator may help with.
fn controls(
    layers: &[(usize, ActivationMatrix)],
    splits: &[Split],
    method: DirectionMethod,
    accelerator: &dyn Accelerator,
) -> ProbeControls {
    let (scenarios, cancel) = (vec![None; splits.len()], CancelToken::default());
    let sweep = layer_sweep(layers, splits, &scenarios, method, Seed(0), &Silent, &cancel).unwrap();
    let run = Run { accelerator, reporter: &Silent, cancel: &cancel };
    probe_controls_on(layers, splits, &scenarios, &sweep, Seed(0), run).unwrap()
}

#[test]
fn of_the_controls_only_the_isotropic_directions_depend_on_an_accelerator() {
    let layers = vec![(3, planted(60, 0.4, &unit(1), 2))];
    let (splits, method) = (seventy_thirty(60), DirectionMethod::MeanDifference);
    let narrow = Narrow::default();
    let mut found = controls(&layers, &splits, method, &narrow);
    let expected = controls(&layers, &splits, method, &Processor);
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

/// Rows of few distinct numbers, in which scores are often equal, or would be but for rounding; with
/// pairs that are the same, and pairs whose sides are.
fn with_ties(pairs: usize, width: usize, step: f32, seed: u32) -> ActivationMatrix {
    use rand::Rng;
    let mut random = Seed(seed).stream("ties");
    let mut values: Vec<f32> = (0..2 * pairs * width)
        .map(|at| {
            let side = if (at / width).is_multiple_of(2) { 1.0 } else { 0.0 };
            step * (side + f32::from(random.random_range(0..3_u8)))
        })
        .collect();
    values.copy_within(0..2 * width, 2 * width);
    let last = 2 * (pairs - 1) * width;
    values.copy_within(last..last + width, last + width);
    ActivationMatrix::new(2 * pairs, width, values).unwrap()
}

/// The same p to the last bit: with thousands of draws and with every arrangement, with ties, with
/// layers that show much and layers that show nothing, whatever the accelerator says.
#[test]
fn a_permutation_test_finds_the_same_with_an_accelerator() {
    let method = DirectionMethod::MeanDifference;
    let tests = [
        (60, vec![planted(60, 0.4, &unit(1), 2), planted(60, 0.0, &unit(2), 3)]),
        (60, vec![planted(60, 0.0, &unit(1), 4), planted(60, 0.1, &unit(1), 5)]),
        (40, vec![with_ties(40, 3, 1.0, 1), with_ties(40, 5, 0.1, 2), with_ties(40, 2, 0.3, 3)]),
        // 511 and 1,023 arrangements.
        (9, vec![with_ties(9, 4, 1.0, 4), with_ties(9, 4, 0.1, 5)]),
        (10, vec![planted(10, 0.3, &unit(1), 6), planted(10, 0.2, &unit(3), 7)]),
    ];
    for (number, (pairs, layers)) in tests.into_iter().enumerate() {
        let layers: Vec<_> = (1..).zip(layers).collect();
        let splits = seventy_thirty(pairs);
        let expected = controls(&layers, &splits, method, &Processor).permutation;
        assert_eq!(expected.is_complete, pairs <= 10);
        for says in [Says::Bounds, Says::Anything, Says::TooLittle, Says::Nonsense] {
            let narrow = Narrow { says, ..Narrow::default() };
            let found = controls(&layers, &splits, method, &narrow).permutation;
            assert_eq!(found, expected, "test {number}");
            let asked = narrow.draws.load(Ordering::Relaxed);
            match says {
                Says::Bounds | Says::Anything => assert_eq!(asked, layers.len() * found.draws),
                Says::TooLittle | Says::Nonsense => assert!(asked > 0),
            }
        }
    }
}

/// Counts how often draws are told of: once for each question, and once for each part of the draws that
/// are counted in f64.
#[derive(Default)]
struct Told(AtomicUsize);

impl Reporter for Told {
    fn report(&self, progress: Progress) {
        if progress.unit == "draws" {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[test]
fn draws_far_below_what_is_observed_are_settled_by_their_bounds() {
    let layers = vec![(1, planted(60, 1.5, &unit(1), 2)), (2, planted(60, 1.5, &unit(2), 3))];
    let (splits, scenarios) = (seventy_thirty(60), vec![None; 60]);
    let (method, cancel) = (DirectionMethod::MeanDifference, CancelToken::default());
    let sweep =
        layer_sweep(&layers, &splits, &scenarios, method, Seed(0), &Silent, &cancel).unwrap();
    for (says, told) in [(Says::Bounds, 2 * 4), (Says::Anything, 2 * (4 + 40))] {
        let (accelerator, reporter) = (Narrow { says, ..Narrow::default() }, Told::default());
        let run = Run { accelerator: &accelerator, reporter: &reporter, cancel: &cancel };
        let found = probe_controls_on(&layers, &splits, &scenarios, &sweep, Seed(0), run).unwrap();
        assert_eq!(found.permutation.p_corrected, 1.0 / 10_001.0);
        assert_eq!(reporter.0.load(Ordering::Relaxed), told);
    }
}

/// What is not a sum with signs is refitted draw by draw as ever.
#[test]
fn methods_whose_scores_are_no_sums_do_not_ask() {
    let layers = vec![(1, planted(12, 0.4, &unit(1), 2))];
    let splits = seventy_thirty(12);
    for method in [DirectionMethod::Whitened, DirectionMethod::PcaOfDifferences] {
        let narrow = Narrow::default();
        let found = controls(&layers, &splits, method, &narrow).permutation;
        assert_eq!(found, controls(&layers, &splits, method, &Processor).permutation);
        assert_eq!(narrow.draws.load(Ordering::Relaxed), 0);
    }
}
