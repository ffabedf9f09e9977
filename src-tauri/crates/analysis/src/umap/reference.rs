//! Against umap-learn: values made by tests/reference/umap/make.py.

use std::collections::BTreeMap;
use std::path::Path;

use lens_core::{ActivationMatrix, CancelToken, Seed, Silent};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::curve::Curve;
use super::memberships::{Graph, Smoothing};
use crate::neighbours::{Metric, Search, nearest};

fn read<T: DeserializeOwned>(name: &str) -> T {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/reference/umap");
    serde_json::from_str(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

#[derive(Deserialize)]
struct Curves {
    curves: Vec<CurveCase>,
}

#[derive(Deserialize)]
struct CurveCase {
    spread: f64,
    min_dist: f64,
    a: f64,
    b: f64,
}

#[test]
fn the_curve_is_fitted_as_by_umap_learn() {
    for case in read::<Curves>("curve.json").curves {
        let found = Curve::fit(case.min_dist, case.spread);
        let error = (found.a - case.a).abs().max((found.b - case.b).abs());
        assert!(error < 1e-4, "{} {}: {found:?}", case.spread, case.min_dist);
    }
}

#[derive(Deserialize)]
struct Graphs {
    rows: BTreeMap<String, Vec<Vec<f32>>>,
    graphs: Vec<GraphCase>,
}

#[derive(Deserialize)]
struct Digits {
    digits: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct GraphCase {
    name: String,
    metric: Metric,
    n_neighbors: usize,
    neighbours: Vec<Vec<u32>>,
    nearest: Vec<f64>,
    scales: Vec<f64>,
    links: Vec<(usize, u32, f32)>,
}

#[test]
fn neighbours_scales_and_graphs_are_those_of_umap_learn() {
    let mut graphs: Graphs = read("graphs.json");
    let digits = read::<Digits>("maps.json").digits;
    graphs.rows.insert("digits".to_owned(), digits[..200].to_vec());
    for case in graphs.graphs {
        let rows = &graphs.rows[&case.name];
        let rows = ActivationMatrix::new(rows.len(), rows[0].len(), rows.concat()).unwrap();
        let (k, cancel) = (case.n_neighbors - 1, CancelToken::default());
        let found =
            nearest(&rows, k, case.metric, Search::Exact, Seed(0), &Silent, &cancel).unwrap();
        assert_eq!(found.indices, case.neighbours.concat(), "{}", case.name);

        let mean = found.distances.iter().sum::<f64>() / (rows.rows() * case.n_neighbors) as f64;
        for row in 0..rows.rows() {
            let own = std::iter::once(0.0).chain(found.of(row).map(|(_, distance)| distance));
            let smoothing = Smoothing::of(&own.collect::<Vec<_>>(), mean, true);
            let (nearest, scale) = (case.nearest[row], case.scales[row]);
            assert!((smoothing.nearest - nearest).abs() <= 1e-5 * nearest, "{} {row}", case.name);
            assert!((smoothing.scale / scale - 1.0).abs() < 1e-4, "{} {row}", case.name);
        }

        let graph = Graph::of(&found);
        let upper: Vec<(usize, u32, f32)> = (0..graph.rows())
            .flat_map(|row| graph.of_row(row).map(move |(end, weight)| (row, end, weight)))
            .filter(|(row, end, _)| *row < *end as usize)
            .collect();
        assert_eq!(upper.len() * 2, graph.ends.len(), "{}: not symmetric", case.name);
        // A link of no weight is none there.
        let upper: Vec<_> = upper.into_iter().filter(|link| link.2 > 0.0).collect();
        assert_eq!(upper.len(), case.links.len(), "{}", case.name);
        for (found, expected) in upper.iter().zip(&case.links) {
            assert_eq!((found.0, found.1), (expected.0, expected.1), "{}", case.name);
            assert!((found.2 - expected.2).abs() < 1e-5, "{} {found:?} {expected:?}", case.name);
        }
    }
}
