//! How much of what lies near each other lies near each other on a map.

use lens_core::{ActivationMatrix, CancelToken, Progress, Reporter, Seed};
use rand::seq::index::sample;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ProjectionError;
use crate::neighbours::{Metric, Points, check_rows, each_query};

/// Most rows that are looked at; of more, a seeded sample of this many is.
pub const QUALITY_ROWS: usize = 5_000;
/// Rows that are looked at before the next look at whether to stop; their distances to all rows
/// are held at once.
const STRETCH: usize = 256;

/// How far a map keeps neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MapQuality {
    /// Neighbours looked at.
    pub k: usize,
    /// From 0 to 1: 1 where every neighbour on the map is one of the k nearest in full (Venna and
    /// Kaski 2001; scikit-learn's `trustworthiness`).
    pub trustworthiness: f64,
    /// Share of the k nearest rows that are among the k nearest on the map.
    pub neighbours_kept: f64,
    /// Rows that were looked at, each among all others: all, or a sample.
    pub looked_at: usize,
    /// Rows on the map.
    pub rows: usize,
}

/// How far the map `coordinates` (`[rows, dimensions]`, row-major) keeps the neighbours of `rows`.
/// `k` (15 is usual) is lowered to less than half the rows. Of more than [`QUALITY_ROWS`] rows a
/// sample is looked at. Ranks are by f32 products, so that rows as good as equally far may change
/// places.
///
/// # Errors
/// Fewer than three rows or rows without columns, no neighbours, coordinates that are not those of the rows or not numbers,
/// NaN or an infinity, for [`Metric::Cosine`] a row of zeros, or a cancelled token.
pub fn map_quality<T>(
    rows: &ActivationMatrix,
    coordinates: &[T],
    metric: Metric,
    k: usize,
    seed: Seed,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<MapQuality, ProjectionError>
where
    T: Copy + Into<f64> + Sync,
{
    let count = rows.rows();
    if count < 3 {
        return Err(ProjectionError::TooFewRows { found: count, needed: 3 });
    }
    if k == 0 {
        return Err(ProjectionError::NeighbourCount { found: 0, most: (count - 1) / 2 });
    }
    if coordinates.is_empty() || !coordinates.len().is_multiple_of(count) {
        let found = coordinates.len();
        return Err(ProjectionError::Rows { what: "coordinates", found, rows: count });
    }
    if let Some(index) = coordinates.iter().position(|&value| !value.into().is_finite()) {
        return Err(ProjectionError::NonFiniteCoordinate { index });
    }
    check_rows(rows, metric)?;
    if rows.width() == 0 {
        return Err(ProjectionError::AllEqual);
    }
    let k = k.min((count - 1) / 2);
    let map = Map { coordinates, dimensions: coordinates.len() / count };
    let chosen: Vec<usize> = if count > QUALITY_ROWS {
        let mut random = seed.stream("map quality");
        let mut chosen = sample(&mut random, count, QUALITY_ROWS).into_vec();
        chosen.sort_unstable();
        chosen
    } else {
        (0..count).collect()
    };
    let points = Points::of(rows, metric);
    let (mut excess, mut kept) = (0_u64, 0_u64);
    for (stretch, done) in chosen.chunks(STRETCH).zip((0_u64..).step_by(STRETCH)) {
        cancel.check()?;
        let (stage, total) = ("Checking the map".to_owned(), chosen.len() as u64);
        reporter.report(Progress { stage, done, total, unit: "texts" });
        let lines = each_query(
            &points.select(stretch),
            &points,
            0..stretch.len(),
            |_| Vec::with_capacity(count),
            |line: &mut Vec<f32>, _, block| line.extend_from_slice(block),
        );
        let judged: Vec<(u64, u64)> = stretch
            .par_iter()
            .zip(lines)
            .map(|(&row, line)| judged(&line, row, &map.nearest(row, k), k))
            .collect();
        for (of_row, of_row_kept) in judged {
            excess += of_row;
            kept += of_row_kept;
        }
    }
    let places = (chosen.len() * k) as f64;
    let worst = places * (2 * count - 3 * k - 1) as f64;
    Ok(MapQuality {
        k,
        trustworthiness: 1.0 - 2.0 * excess as f64 / worst,
        neighbours_kept: kept as f64 / places,
        looked_at: chosen.len(),
        rows: count,
    })
}

/// By how many ranks the row's neighbours on the map lie beyond the k nearest, in all; and how many
/// of them do not. `line` holds the row's distances to all rows (up to a constant).
fn judged(line: &[f32], row: usize, on_map: &[usize], k: usize) -> (u64, u64) {
    let (mut excess, mut kept) = (0, 0);
    for &other in on_map {
        let own = line[other];
        let nearer = line.iter().filter(|&&half| half < own).count();
        let ties = line[..other].iter().enumerate().filter(|&(i, &half)| half == own && i != row);
        // The row itself is nearest, unless rounding says otherwise.
        let rank = nearer + ties.count() + 1 - usize::from(line[row] < own);
        if rank > k {
            excess += (rank - k) as u64;
        } else {
            kept += 1;
        }
    }
    (excess, kept)
}

/// Points on a map.
struct Map<'a, T> {
    coordinates: &'a [T],
    dimensions: usize,
}

impl<T: Copy + Into<f64>> Map<'_, T> {
    /// The `k` points nearest to one of them, equally near ones by index.
    fn nearest(&self, point: usize, k: usize) -> Vec<usize> {
        let own = &self.coordinates[point * self.dimensions..(point + 1) * self.dimensions];
        let squared = |other: &[T]| -> f64 {
            other.iter().zip(own).map(|(&a, &b)| (a.into() - b.into()).powi(2)).sum()
        };
        let others = self.coordinates.chunks_exact(self.dimensions).enumerate();
        let mut near: Vec<(f64, usize)> = others
            .filter(|(other, _)| *other != point)
            .map(|(other, place)| (squared(place), other))
            .collect();
        let order = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        if k < near.len() {
            near.select_nth_unstable_by(k - 1, order);
            near.truncate(k);
        }
        near.into_iter().map(|(_, other)| other).collect()
    }
}
