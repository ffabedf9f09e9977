//! Where points lie before they are moved.

use lens_core::{ActivationMatrix, Seed};
use rand::Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

use super::memberships::Graph;
use super::spectral;
use crate::neighbours::Metric;
use crate::product::dot;
use crate::{AnalysisError, RowBlocks, pca, pca_of_blocks};

/// Where points start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// The smoothest functions on the graph of neighbours.
    #[default]
    Spectral,
    /// Principal components.
    Pca,
}

/// Largest coordinate before the noise is added, and then the length of each axis.
const EXTENT: f64 = 10.0;
/// Standard deviation of the noise, which parts points that start in one place.
const NOISE: f64 = 1e-4;
/// How far apart parts of a graph are put at least, as a share of the farthest from the middle.
const APART: f64 = 0.1;
/// Rows that are brought to length 1 together.
const ROWS_AT_ONCE: usize = 1024;

/// Coordinates of each row to start from, on axes from 0 to 10.
pub(super) fn start<const D: usize>(
    rows: &ActivationMatrix,
    graph: &Graph,
    metric: Metric,
    from: Start,
    seed: Seed,
) -> Result<Vec<[f32; D]>, AnalysisError> {
    let coordinates = match from {
        Start::Pca => match metric {
            Metric::Euclidean => pca(rows, D, None)?.coordinates,
            Metric::Cosine => pca_of_blocks(&mut Directions(rows), D, None)?.coordinates,
        },
        Start::Spectral => by_parts::<D>(rows, graph, seed)?,
    };
    Ok(settled(&coordinates, seed))
}

/// The parts of a graph between which there are no links: the rows of each, ascending.
pub(super) fn parts(graph: &Graph) -> Vec<Vec<u32>> {
    let mut is_seen = vec![false; graph.rows()];
    let mut parts = Vec::new();
    for first in 0..graph.rows() {
        if std::mem::replace(&mut is_seen[first], true) {
            continue;
        }
        let mut part = vec![first as u32];
        let mut next = 0;
        while let Some(&row) = part.get(next) {
            next += 1;
            for (end, _) in graph.of_row(row as usize) {
                if !std::mem::replace(&mut is_seen[end as usize], true) {
                    part.push(end);
                }
            }
        }
        part.sort_unstable();
        parts.push(part);
    }
    parts
}

/// Each part by its own spectrum, around a place that stands for its mean row.
fn by_parts<const D: usize>(
    rows: &ActivationMatrix,
    graph: &Graph,
    seed: Seed,
) -> Result<Vec<f64>, AnalysisError> {
    let mut random = seed.stream("umap/start");
    let parts = parts(graph);
    if parts.len() == 1 && graph.rows() > D + 1 {
        return spectral::coordinates(graph, D, &mut random);
    }
    let centres = centres::<D>(rows, &parts)?;
    let farthest = centres.iter().flatten().fold(0.0_f64, |top, value| top.max(value.abs()));
    let unit = if farthest > 0.0 { farthest } else { 1.0 };
    let mut number_in_part = vec![0_u32; graph.rows()];
    let mut coordinates = vec![0.0; graph.rows() * D];
    for (part, centre) in parts.iter().zip(&centres) {
        let other = centres.iter().filter(|other| *other != centre);
        let nearest = other.map(|other| distance(centre, other)).fold(f64::INFINITY, f64::min);
        let room = if nearest.is_finite() { 0.5 * nearest } else { unit }.max(APART * unit);
        let own = if part.len() > D + 1 {
            part.iter().zip(0..).for_each(|(&row, number)| number_in_part[row as usize] = number);
            spectral::coordinates(&within(graph, part, &number_in_part), D, &mut random)?
        } else {
            (0..part.len() * D).map(|_| random.random_range(-1.0..1.0)).collect()
        };
        let largest = own.iter().fold(f64::MIN_POSITIVE, |top, value| top.max(value.abs()));
        for (&row, own) in part.iter().zip(own.chunks_exact(D)) {
            let place = &mut coordinates[row as usize * D..(row as usize + 1) * D];
            for ((place, own), centre) in place.iter_mut().zip(own).zip(centre) {
                *place = centre + own / largest * room;
            }
        }
    }
    Ok(coordinates)
}

/// The graph of one part, its rows numbered anew.
fn within(graph: &Graph, part: &[u32], number_in_part: &[u32]) -> Graph {
    let mut own = Graph { starts: vec![0], ends: Vec::new(), weights: Vec::new() };
    for &row in part {
        for (end, weight) in graph.of_row(row as usize) {
            own.ends.push(number_in_part[end as usize]);
            own.weights.push(weight);
        }
        own.starts.push(own.ends.len());
    }
    own
}

/// The principal components of the parts' mean rows.
fn centres<const D: usize>(
    rows: &ActivationMatrix,
    parts: &[Vec<u32>],
) -> Result<Vec<[f64; D]>, AnalysisError> {
    if parts.len() < 2 {
        return Ok(vec![[0.0; D]; parts.len()]);
    }
    let mut means = Vec::with_capacity(parts.len() * rows.width());
    for part in parts {
        let mut mean = vec![0.0; rows.width()];
        for &row in part {
            let values = rows.row(row as usize);
            mean.iter_mut().zip(values).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        means.extend(mean.iter().map(|sum| (sum / part.len() as f64) as f32));
    }
    // The shape is right by construction.
    let Ok(means) = ActivationMatrix::new(parts.len(), rows.width(), means) else {
        return Ok(vec![[0.0; D]; parts.len()]);
    };
    let found = pca(&means, D, None)?;
    Ok(found.coordinates.as_chunks::<D>().0.to_vec())
}

/// Every row at length 1.
struct Directions<'a>(&'a ActivationMatrix);

impl RowBlocks for Directions<'_> {
    type Error = AnalysisError;

    fn width(&self) -> usize {
        self.0.width()
    }

    fn each_block(
        &mut self,
        take: &mut dyn FnMut(&[f32]) -> Result<(), AnalysisError>,
    ) -> Result<(), AnalysisError> {
        let width = self.0.width().max(1);
        let mut values = Vec::new();
        for rows in self.0.values().chunks(ROWS_AT_ONCE * width) {
            values.clear();
            for row in rows.chunks_exact(width) {
                let length = dot(row, row).sqrt();
                values.extend(row.iter().map(|&value| (f64::from(value) / length) as f32));
            }
            take(&values)?;
        }
        Ok(())
    }
}

fn distance<const D: usize>(a: &[f64; D], b: &[f64; D]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// Scales coordinates to the extent, adds the noise, and stretches each axis from 0 to the extent.
fn settled<const D: usize>(coordinates: &[f64], seed: Seed) -> Vec<[f32; D]> {
    let mut random = seed.stream("umap/noise");
    let largest = coordinates.iter().fold(0.0_f64, |top, value| top.max(value.abs()));
    let scale = if largest > 0.0 { EXTENT / largest } else { 0.0 };
    let mut points: Vec<[f64; D]> = coordinates.as_chunks::<D>().0.to_vec();
    for value in points.as_flattened_mut() {
        *value = *value * scale + NOISE * random.sample::<f64, _>(StandardNormal);
    }
    let (mut low, mut high) = ([f64::INFINITY; D], [f64::NEG_INFINITY; D]);
    for point in &points {
        for axis in 0..D {
            low[axis] = low[axis].min(point[axis]);
            high[axis] = high[axis].max(point[axis]);
        }
    }
    let stretched = |point: &[f64; D]| {
        std::array::from_fn(|axis| {
            let range = (high[axis] - low[axis]).max(f64::MIN_POSITIVE);
            (EXTENT * (point[axis] - low[axis]) / range) as f32
        })
    };
    points.iter().map(stretched).collect()
}
