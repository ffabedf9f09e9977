//! Maps: as good as umap-learn's, the same for any number of threads, sound on any input.

#![allow(clippy::unwrap_used, reason = "a test asserts by unwrapping")]

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use lens_analysis::{
    MapQuality, Metric, ProjectionError, Start, UmapModel, UmapOptions, map_quality, umap,
};
use lens_core::{ActivationMatrix, CancelToken, Progress, Reporter, Seed, Silent};
use rand::Rng;
use rand_distr::StandardNormal;
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    digits: Vec<Vec<f32>>,
    cloud: Vec<Vec<f32>>,
    plane: Vec<Vec<f32>>,
    judged: Vec<Judged>,
    maps: Vec<Map>,
}

#[derive(Deserialize)]
struct Judged {
    metric: Metric,
    k: usize,
    trustworthiness: f64,
    kept: f64,
}

#[derive(Deserialize)]
struct Map {
    metric: Metric,
    dimensions: usize,
    start: Start,
    trustworthiness: Vec<f64>,
}

fn reference() -> Reference {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/reference/umap");
    serde_json::from_str(&std::fs::read_to_string(folder.join("maps.json")).unwrap()).unwrap()
}

fn matrix(rows: &[Vec<f32>]) -> ActivationMatrix {
    ActivationMatrix::new(rows.len(), rows[0].len(), rows.concat()).unwrap()
}

fn draw(rows: &ActivationMatrix, options: &UmapOptions) -> Result<UmapModel, ProjectionError> {
    umap(rows, options, &Silent, &CancelToken::default())
}

fn quality(rows: &ActivationMatrix, coordinates: &[f32], metric: Metric, k: usize) -> MapQuality {
    map_quality(rows, coordinates, metric, k, Seed(0), &Silent, &CancelToken::default()).unwrap()
}

fn noise(count: usize, seed: u32) -> Vec<f32> {
    let mut random = Seed(seed).stream("noise");
    (0..count).map(|_| random.sample(StandardNormal)).collect()
}

/// Rows around `clusters` centres, cluster after cluster in turn.
fn blobs(rows: usize, width: usize, clusters: usize, apart: f32, seed: u32) -> ActivationMatrix {
    let centres = noise(clusters * width, seed);
    let mut values = noise(rows * width, seed + 1);
    for (row, values) in values.chunks_mut(width).enumerate() {
        let centre = &centres[row % clusters * width..(row % clusters + 1) * width];
        values.iter_mut().zip(centre).for_each(|(value, centre)| *value += apart * centre);
    }
    ActivationMatrix::new(rows, width, values).unwrap()
}

fn squared(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

/// Share of points whose nearest point on the map is of the same cluster.
fn undivided(coordinates: &[f32], dimensions: usize, clusters: usize) -> f64 {
    let points: Vec<&[f32]> = coordinates.chunks(dimensions).collect();
    let is_same = |i: &usize| {
        let others = (0..points.len()).filter(|j| j != i);
        let near = |a: &usize, b: &usize| {
            squared(points[*i], points[*a]).total_cmp(&squared(points[*i], points[*b]))
        };
        others.min_by(near).is_some_and(|nearest| nearest % clusters == i % clusters)
    };
    (0..points.len()).filter(is_same).count() as f64 / points.len() as f64
}

#[test]
fn the_quality_of_a_map_is_that_of_scikit_learn() {
    let reference = reference();
    let (rows, plane) = (matrix(&reference.cloud), reference.plane.concat());
    for case in reference.judged {
        let found = quality(&rows, &plane, case.metric, case.k);
        assert_eq!((found.k, found.looked_at, found.rows), (case.k, 150, 150));
        assert!((found.trustworthiness - case.trustworthiness).abs() < 1e-9, "{found:?}");
        assert!((found.neighbours_kept - case.kept).abs() < 1e-9, "{found:?} {}", case.kept);
    }
}

#[test]
fn maps_are_as_trustworthy_as_those_of_umap_learn() {
    let reference = reference();
    let rows = matrix(&reference.digits);
    for case in reference.maps {
        let (metric, dimensions, start) = (case.metric, case.dimensions, case.start);
        let of_seed = |seed| {
            let options =
                UmapOptions { metric, dimensions, start, seed: Seed(seed), ..Default::default() };
            quality(&rows, &draw(&rows, &options).unwrap().coordinates, metric, 15).trustworthiness
        };
        let found: Vec<f64> = (0..5).map(of_seed).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let (own, expected) = (mean(&found), mean(&case.trustworthiness));
        println!("{metric:?} {dimensions} {start:?}: {own:.4} umap-learn {expected:.4}");
        assert!(own > expected - 0.005, "{metric:?} {dimensions} {start:?}: {own} {expected}");
    }
}

#[test]
fn clusters_that_are_apart_stay_apart() {
    for (clusters, start, dimensions) in [
        (3, Start::Spectral, 2),
        (3, Start::Pca, 2),
        (7, Start::Spectral, 3),
        (12, Start::Spectral, 2),
    ] {
        let rows = blobs(600, 30, clusters, 10.0, 1);
        let options = UmapOptions { start, dimensions, ..Default::default() };
        let map = draw(&rows, &options).unwrap();
        assert_eq!(undivided(&map.coordinates, dimensions, clusters), 1.0, "{clusters} {start:?}");
        let note = format!("{clusters} groups");
        assert!(map.notes.iter().any(|n| n.contains(&note)), "{:?}", map.notes);
    }
}

#[test]
fn the_same_seed_gives_the_same_map_on_any_number_of_threads() {
    let rows = blobs(1500, 40, 4, 1.0, 3);
    let on = |threads: usize, seed| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let options = UmapOptions { seed: Seed(seed), epochs: Some(60), ..Default::default() };
        pool.install(|| {
            let map = draw(&rows, &options).unwrap();
            let placed = map.transform(&rows, &rows, &Silent, &CancelToken::default()).unwrap();
            (map.coordinates, placed)
        })
    };
    let one = on(1, 0);
    assert!(one == on(2, 0) && one == on(5, 0));
    assert!(one.0 != on(2, 1).0);
}

#[test]
fn held_out_rows_fall_where_their_cluster_lies() {
    let clusters = 5;
    let all = blobs(1000, 30, clusters, 4.0, 5);
    let (shown, held): (Vec<usize>, Vec<usize>) =
        (0..1000).partition(|row| row / clusters % 4 != 0);
    let (rows, new) = (all.select(&shown), all.select(&held));
    for metric in [Metric::Euclidean, Metric::Cosine] {
        let map = draw(&rows, &UmapOptions { metric, ..Default::default() }).unwrap();
        let placed = map.transform(&rows, &new, &Silent, &CancelToken::default()).unwrap();
        for (point, row) in placed.chunks(2).zip(&held) {
            let points = map.coordinates.chunks(2).zip(&shown);
            let near = points.min_by(|a, b| squared(point, a.0).total_cmp(&squared(point, b.0)));
            assert_eq!(near.unwrap().1 % clusters, row % clusters, "{metric:?}");
        }
    }
    let map = draw(&rows, &UmapOptions::default()).unwrap();
    let place = |rows: &ActivationMatrix, new: &ActivationMatrix| {
        map.transform(rows, new, &Silent, &CancelToken::default())
    };
    assert!(place(&rows, &rows.select(&[])).unwrap().is_empty());
    // A row that is far from all others, and one that is on the map already.
    let far = ActivationMatrix::new(1, 30, vec![1e20; 30]).unwrap();
    assert!(place(&rows, &far).unwrap().iter().all(|value| value.is_finite()));
    assert!(matches!(place(&new, &new), Err(ProjectionError::Rows { .. })));
    let narrow = ActivationMatrix::new(2, 3, vec![1.0; 6]).unwrap();
    assert!(matches!(
        place(&rows, &narrow),
        Err(ProjectionError::Width { found: 3, expected: 30 })
    ));
}

#[test]
fn a_ring_stays_a_ring() {
    let values = (0..400).flat_map(|i| {
        let angle = i as f32 * std::f32::consts::TAU / 400.0;
        [angle.cos(), angle.sin(), 0.0]
    });
    let rows = ActivationMatrix::new(400, 3, values.collect()).unwrap();
    let map = draw(&rows, &UmapOptions::default()).unwrap();
    let found = quality(&rows, &map.coordinates, Metric::Euclidean, 15);
    assert!(found.trustworthiness > 0.99, "{found:?}");
}

#[test]
fn few_equal_and_constant_rows_give_sound_maps() {
    let mut random = Seed(9).stream("test");
    let mut cases: Vec<(String, ActivationMatrix)> = Vec::new();
    for count in [4, 5, 6, 7, 15, 16, 17] {
        cases.push((format!("{count} rows"), blobs(count, 8, 2, 5.0, count as u32)));
    }
    let two = blobs(2, 8, 2, 3.0, 1);
    cases.push(("two rows, copied".into(), two.select(&[0, 1, 0, 1, 0, 1, 1, 1, 0, 0])));
    cases.push(("all equal but one".into(), two.select(&[&[1][..], &[0; 40]].concat())));
    let copied: Vec<usize> = (0..300).map(|_| random.random_range(0..12)).collect();
    cases.push(("12 rows, copied".into(), blobs(12, 8, 3, 5.0, 2).select(&copied)));
    let constant = blobs(50, 8, 2, 5.0, 3);
    let constant =
        constant.values().iter().enumerate().map(|(i, v)| if i % 8 < 6 { 3.0 } else { *v });
    cases.push((
        "constant columns".into(),
        ActivationMatrix::new(50, 8, constant.collect()).unwrap(),
    ));
    let line = (0..80).map(|i| 1.0 + i as f32).collect();
    cases.push(("one column".into(), ActivationMatrix::new(80, 1, line).unwrap()));
    let huge = blobs(40, 8, 2, 5.0, 4).values().iter().map(|v| v * 1e30).collect();
    cases.push(("huge values".into(), ActivationMatrix::new(40, 8, huge).unwrap()));
    let tiny = blobs(40, 8, 2, 5.0, 4).values().iter().map(|v| v * 1e-30).collect();
    cases.push(("tiny values".into(), ActivationMatrix::new(40, 8, tiny).unwrap()));
    for (name, rows) in &cases {
        for (dimensions, start) in [(2, Start::Spectral), (2, Start::Pca), (3, Start::Spectral)] {
            for metric in [Metric::Euclidean, Metric::Cosine] {
                let options = UmapOptions {
                    dimensions,
                    start,
                    metric,
                    epochs: Some(50),
                    ..Default::default()
                };
                let map = draw(rows, &options).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(map.coordinates.len(), rows.rows() * dimensions, "{name}");
                assert!(map.coordinates.iter().all(|value| value.is_finite()), "{name}");
                let apart = map.coordinates[dimensions..].chunks(dimensions);
                assert!(apart.into_iter().any(|p| p != &map.coordinates[..dimensions]), "{name}");
                assert_eq!(rows.rows() <= 15, map.n_neighbors < 15, "{name}");
                let lowered = map.notes.iter().any(|note| note.contains("instead of 15"));
                assert_eq!(lowered, map.n_neighbors < 15, "{name}");
                let found = quality(rows, &map.coordinates, metric, 15);
                assert!((0.0..=1.0).contains(&found.trustworthiness), "{name} {found:?}");
            }
        }
    }
}

#[test]
fn six_texts_of_two_kinds_lie_in_two_groups() {
    let rows = blobs(6, 20, 2, 20.0, 0);
    let options = UmapOptions { n_neighbors: 3, ..Default::default() };
    let map = draw(&rows, &options).unwrap();
    assert_eq!(undivided(&map.coordinates, 2, 2), 1.0, "{:?}", map.coordinates);
}

#[test]
fn what_cannot_be_mapped_is_refused_in_a_sentence() {
    let rows = blobs(20, 4, 2, 1.0, 0);
    let with = |change: &dyn Fn(&mut UmapOptions)| {
        let mut options = UmapOptions::default();
        change(&mut options);
        draw(&rows, &options).unwrap_err()
    };
    assert_eq!(with(&|o| o.dimensions = 4), ProjectionError::Dimensions { found: 4 });
    assert_eq!(with(&|o| o.n_neighbors = 1), ProjectionError::TooFewNeighbours { found: 1 });
    assert!(matches!(with(&|o| o.min_dist = 1.5), ProjectionError::Spread { .. }));
    assert!(matches!(with(&|o| o.spread = f64::NAN), ProjectionError::Spread { .. }));
    assert!(matches!(with(&|o| o.epochs = Some(0)), ProjectionError::Epochs { .. }));
    let options = UmapOptions::default();
    let few = draw(&rows.select(&[0, 1, 2]), &options).unwrap_err();
    assert_eq!(few.to_string(), "a map needs at least 4 points and there are 3; add pairs");
    assert_eq!(draw(&rows.select(&[1; 30]), &options).unwrap_err(), ProjectionError::AllEqual);
    let mut values = rows.values().to_vec();
    values[9] = f32::INFINITY;
    let infinite = ActivationMatrix::new(20, 4, values).unwrap();
    assert!(draw(&infinite, &options).unwrap_err().to_string().contains("row 2, column 1"));

    let none = ActivationMatrix::new(9, 0, Vec::new()).unwrap();
    assert_eq!(draw(&none, &options).unwrap_err(), ProjectionError::AllEqual);
    let found = map_quality(
        &none,
        &[0.0_f32; 18],
        Metric::Euclidean,
        5,
        Seed(0),
        &Silent,
        &CancelToken::default(),
    );
    assert_eq!(found.unwrap_err(), ProjectionError::AllEqual);
    let short = map_quality(
        &rows,
        &[0.0_f32; 39],
        Metric::Euclidean,
        5,
        Seed(0),
        &Silent,
        &CancelToken::default(),
    );
    assert!(matches!(short, Err(ProjectionError::Rows { .. })));
    let bad = map_quality(
        &rows,
        &[f64::NAN; 40],
        Metric::Euclidean,
        5,
        Seed(0),
        &Silent,
        &CancelToken::default(),
    );
    assert_eq!(bad.unwrap_err(), ProjectionError::NonFiniteCoordinate { index: 0 });
}

/// Asks for the stop once it has heard of so many epochs.
struct Stopping {
    cancel: CancelToken,
    at: u64,
    heard: AtomicU64,
}

impl Reporter for Stopping {
    fn report(&self, progress: Progress) {
        if progress.unit == "epochs" {
            self.heard.fetch_max(progress.done, Ordering::Relaxed);
            if progress.done == self.at {
                self.cancel.cancel();
            }
        }
    }
}

#[test]
fn a_map_is_stopped_between_epochs() {
    let rows = blobs(50, 4, 2, 1.0, 0);
    let cancel = CancelToken::default();
    let reporter = Stopping { cancel: cancel.clone(), at: 7, heard: AtomicU64::new(0) };
    let error = umap(&rows, &UmapOptions::default(), &reporter, &cancel).unwrap_err();
    assert_eq!((error.to_string().as_str(), reporter.heard.into_inner()), ("cancelled", 7));
}

/// Of many rows a sample is looked at, and says the same.
#[test]
fn a_sample_judges_as_all_rows_do() {
    let rows = blobs(6000, 6, 3, 3.0, 2);
    let plane: Vec<f32> = rows.iter_rows().flat_map(|row| [row[0], row[1]]).collect();
    let found = quality(&rows, &plane, Metric::Euclidean, 15);
    assert_eq!((found.looked_at, found.rows), (5000, 6000));
    let few = rows.select(&(0..3000).collect::<Vec<_>>());
    let of_few = quality(&few, &plane[..6000], Metric::Euclidean, 15);
    assert!((found.trustworthiness - of_few.trustworthiness).abs() < 0.01, "{found:?} {of_few:?}");
}
