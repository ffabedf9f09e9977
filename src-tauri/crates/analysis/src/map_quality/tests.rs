//! Rows in blocks against a plain count over all distances in f64.

use lens_core::{Cancelled, Silent};
use rand::Rng;

use super::*;

/// Rows in blocks of a number of rows, which count how often they were read.
struct Blocks<'a> {
    rows: &'a ActivationMatrix,
    at_once: usize,
    passes: usize,
    /// From this pass on there are fewer rows.
    shrinks_at: usize,
}

impl RowBlocks for Blocks<'_> {
    type Error = AnalysisError;

    fn width(&self) -> usize {
        self.rows.width()
    }

    fn each_block(
        &mut self,
        take: &mut dyn FnMut(&[f32]) -> Result<(), AnalysisError>,
    ) -> Result<(), AnalysisError> {
        self.passes += 1;
        let missing = usize::from(self.passes >= self.shrinks_at) * self.rows.width();
        let values = self.rows.values();
        values[missing..].chunks(self.at_once * self.rows.width()).try_for_each(take)
    }
}

fn in_blocks(rows: &ActivationMatrix, at_once: usize) -> Blocks<'_> {
    Blocks { rows, at_once, passes: 0, shrinks_at: usize::MAX }
}

fn drawn(rows: usize, width: usize, seed: u32) -> ActivationMatrix {
    let mut random = Seed(seed).stream("rows");
    let values = (0..rows * width).map(|_| random.random_range(-1.0..1.0_f32)).collect();
    ActivationMatrix::new(rows, width, values).unwrap()
}

/// The first two columns as a map.
fn flat(rows: &ActivationMatrix) -> Vec<f32> {
    rows.iter_rows().flat_map(|row| [row[0], row[1]]).collect()
}

fn judged(source: &mut Blocks<'_>, map: &[f32], metric: Metric) -> MapQuality {
    let cancel = CancelToken::default();
    let run = Run::on_processor(&Silent, &cancel);
    let found: Result<_, ProjectionError> =
        map_quality_of_blocks(source, map, 2, metric, 15, Seed(3), run);
    found.unwrap()
}

/// Trustworthiness and neighbours kept of all rows, by sorting all distances.
fn plainly(rows: &ActivationMatrix, map: &[f32], metric: Metric, k: usize) -> (f64, f64) {
    every(rows, map, metric, k, 1)
}

/// The same of every so manieth row.
fn every(
    rows: &ActivationMatrix,
    map: &[f32],
    metric: Metric,
    k: usize,
    step: usize,
) -> (f64, f64) {
    let count = rows.rows();
    let order = |point: usize, distance: &dyn Fn(usize) -> f64| {
        let mut others: Vec<usize> = (0..count).filter(|&other| other != point).collect();
        others.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)).then(a.cmp(&b)));
        others
    };
    let unit = |row: &[f32]| match metric {
        Metric::Euclidean => 1.0,
        Metric::Cosine => row.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt().recip(),
    };
    let (mut excess, mut kept) = (0, 0);
    for point in (0..count).step_by(step) {
        let full = order(point, &|other| {
            let (a, b) = (rows.row(point), rows.row(other));
            let (of_a, of_b) = (unit(a), unit(b));
            a.iter()
                .zip(b)
                .map(|(&a, &b)| (f64::from(a) * of_a - f64::from(b) * of_b).powi(2))
                .sum()
        });
        let on_map = order(point, &|other| {
            (0..2).map(|i| f64::from(map[2 * point + i] - map[2 * other + i]).powi(2)).sum()
        });
        for near in &on_map[..k] {
            let rank = full.iter().position(|other| other == near).unwrap() + 1;
            excess += rank.saturating_sub(k);
            kept += usize::from(rank <= k);
        }
    }
    let all = (count.div_ceil(step) * k) as f64;
    let worst = all * (2 * count - 3 * k - 1) as f64;
    (1.0 - 2.0 * excess as f64 / worst, kept as f64 / all)
}

#[test]
fn it_is_what_sorting_all_distances_gives_however_rows_come() {
    let rows = drawn(2_100, 7, 1);
    let map = flat(&rows);
    for metric in [Metric::Euclidean, Metric::Cosine] {
        let (trust, kept) = plainly(&rows, &map, metric, 15);
        let mut source = in_blocks(&rows, 501);
        let found = judged(&mut source, &map, metric);
        assert_eq!((found.looked_at, found.rows, found.k, source.passes), (2_100, 2_100, 15, 3));
        assert!((found.trustworthiness - trust).abs() < 1e-6, "{found:?}, {trust}");
        assert!((found.neighbours_kept - kept).abs() < 1e-4, "{found:?}, {kept}");
        for at_once in [1, 2_048, 5_000] {
            assert_eq!(judged(&mut in_blocks(&rows, at_once), &map, metric), found);
        }
    }
}

/// Rows that are equal are equally far, whatever products in f32 make of them, and in their order.
#[test]
fn many_copies_of_few_rows_rank_by_their_order() {
    let few = drawn(4, 33, 2);
    let rows = few.select(&(0..1_200).map(|i| (i * i) % 4).collect::<Vec<_>>());
    let map = flat(&rows);
    let (trust, kept) = plainly(&rows, &map, Metric::Euclidean, 15);
    let found = judged(&mut in_blocks(&rows, 100), &map, Metric::Euclidean);
    assert_eq!((found.trustworthiness, found.neighbours_kept), (trust, kept));
    assert_eq!(kept, 1.0, "copies lie at one place on the map, too");
}

#[test]
fn of_many_rows_a_sample_is_looked_at_that_says_the_same() {
    let rows = drawn(6_000, 5, 4);
    let map = flat(&rows);
    let found = judged(&mut in_blocks(&rows, 4_000), &map, Metric::Euclidean);
    assert_eq!((found.looked_at, found.rows), (QUALITY_ROWS, 6_000));
    let (trust, _) = every(&rows, &map, Metric::Euclidean, 15, 15);
    assert!((found.trustworthiness - trust).abs() < 0.01, "{} and {trust}", found.trustworthiness);
    assert_eq!(chosen(1 << 20, 1 << 20, Seed(0)).len(), FEWEST_ROWS);
    assert_eq!(chosen(200_000, 896, Seed(0)).len(), QUALITY_ROWS);
}

#[test]
fn rows_that_change_or_that_one_does_not_wait_for_are_errors() {
    let rows = drawn(300, 4, 5);
    let map = flat(&rows);
    let cancel = CancelToken::default();
    let asked = |source: &mut Blocks<'_>, map: &[f32]| -> Result<MapQuality, ProjectionError> {
        let run = Run::on_processor(&Silent, &cancel);
        map_quality_of_blocks(source, map, 2, Metric::Cosine, 15, Seed(0), run)
    };
    for shrinks_at in 1..=3 {
        let mut source = Blocks { shrinks_at, ..in_blocks(&rows, 77) };
        let changed = AnalysisError::RowsChanged { expected: 300 };
        assert_eq!(asked(&mut source, &map), Err(ProjectionError::Analysis(changed)));
    }
    assert!(asked(&mut in_blocks(&rows, 77), &map[2..]).is_err());
    let mut odd = rows.clone();
    odd.values_mut()[4 * 205 + 1] = f32::NAN;
    let at = AnalysisError::NonFiniteActivation { layer: None, row: 205, column: 1 };
    assert_eq!(asked(&mut in_blocks(&odd, 77), &map), Err(ProjectionError::Analysis(at)));
    odd.values_mut()[4 * 205..4 * 206].fill(0.0);
    let zero = ProjectionError::NoDirection { row: 205 };
    assert_eq!(asked(&mut in_blocks(&odd, 77), &map), Err(zero));
    cancel.cancel();
    let stopped = ProjectionError::Analysis(AnalysisError::Cancelled(Cancelled));
    assert_eq!(asked(&mut in_blocks(&rows, 77), &map), Err(stopped));
}
