//! How much of what lies near each other lies near each other on a map.

mod nearest;
mod ranks;

use lens_core::{ActivationMatrix, CancelToken, Progress, Reporter, Seed};
use rand::seq::index::sample;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::nearest::Places;
use self::ranks::Ranked;
use crate::neighbours::{Frame, Metric};
use crate::pca::{RowBlocks, Whole, even_blocks};
use crate::{AnalysisError, ProjectionError, Run};

/// Most rows that are looked at; of more, a seeded sample of this many is.
pub const QUALITY_ROWS: usize = 5_000;
/// Fewest rows that are looked at, where there are as many.
const FEWEST_ROWS: usize = 1_000;
/// Multiplications that looking at more rows than these is worth: some ten seconds on two cores.
const WORTH: usize = 1 << 40;
/// Rows that are read together.
const BLOCK: usize = 2048;
/// Rows that are looked up on the map before the next look at whether to stop.
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
/// sample is looked at, and of so many values that this would take long, a smaller one. Ranks are by
/// f32 products, and in f64 where their rounding leaves a doubt; rows equally far are in their order.
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
    if coordinates.is_empty() || !coordinates.len().is_multiple_of(count) {
        let found = coordinates.len();
        return Err(ProjectionError::Rows { what: "coordinates", found, rows: count });
    }
    let (dimensions, run) = (coordinates.len() / count, Run::on_processor(reporter, cancel));
    map_quality_of_blocks(&mut Whole(rows), coordinates, dimensions, metric, k, seed, run)
}

/// The same for rows that are read block by block, three times; memory holds the sample of them.
///
/// # Errors
/// As [`map_quality`]; rows that cannot be read, are cut, or change in between.
pub fn map_quality_of_blocks<S, T, E>(
    source: &mut S,
    coordinates: &[T],
    dimensions: usize,
    metric: Metric,
    k: usize,
    seed: Seed,
    run: Run<'_>,
) -> Result<MapQuality, E>
where
    S: RowBlocks,
    T: Copy + Into<f64> + Sync,
    E: From<S::Error> + From<ProjectionError>,
{
    let places = Places { coordinates, dimensions: dimensions.max(1) };
    let (count, width) = (places.count(), source.width());
    if count < 3 {
        return Err(ProjectionError::TooFewRows { found: count, needed: 3 }.into());
    }
    if k == 0 {
        return Err(ProjectionError::NeighbourCount { found: 0, most: (count - 1) / 2 }.into());
    }
    if let Some(index) = coordinates.iter().position(|&value| !value.into().is_finite()) {
        return Err(ProjectionError::NonFiniteCoordinate { index }.into());
    }
    if width == 0 {
        return Err(ProjectionError::AllEqual.into());
    }
    let k = k.min((count - 1) / 2);
    let chosen = chosen(count, width, seed);
    let of_chosen = gathered::<S, E>(source, &chosen, count, metric)?;
    let frame = Frame::of(&of_chosen, None, metric);
    let points = frame.points(&of_chosen);
    drop(of_chosen);

    let mut near = Vec::with_capacity(chosen.len());
    for (stretch, done) in chosen.chunks(STRETCH).zip((0_u64..).step_by(STRETCH)) {
        run.cancel.check().map_err(ProjectionError::from)?;
        let (stage, total) = ("Finding neighbours on the map".to_owned(), chosen.len() as u64);
        run.reporter.report(Progress { stage, done, total, unit: "points" });
        near.par_extend(stretch.par_iter().map(|&row| places.nearest(row, k)));
    }
    let mut ranked = Ranked::new(points, &chosen, &near);
    drop(near);
    each_block::<S, E>(source, count, |before, block| {
        run.cancel.check()?;
        ranked.measure(before, &frame.points_of(block, width));
        Ok(())
    })?;
    each_block::<S, E>(source, count, |before, block| {
        let (stage, done) = ("Checking the map".to_owned(), before as u64);
        run.reporter.report(Progress { stage, done, total: count as u64, unit: "points" });
        run.cancel.check()?;
        ranked.count(before, &frame.points_of(block, width));
        Ok(())
    })?;
    let (excess, kept) = ranked.beyond(k);
    let of_all = (chosen.len() * k) as f64;
    let worst = of_all * (2 * count - 3 * k - 1) as f64;
    Ok(MapQuality {
        k,
        trustworthiness: 1.0 - 2.0 * excess as f64 / worst,
        neighbours_kept: kept as f64 / of_all,
        looked_at: chosen.len(),
        rows: count,
    })
}

/// The rows to look at, ascending.
fn chosen(count: usize, width: usize, seed: Seed) -> Vec<usize> {
    let worth = WORTH / count.saturating_mul(width).max(1);
    let most = worth.clamp(FEWEST_ROWS, QUALITY_ROWS);
    if count <= most {
        return (0..count).collect();
    }
    let mut chosen = sample(&mut seed.stream("map quality"), count, most).into_vec();
    chosen.sort_unstable();
    chosen
}

/// Reads all rows, checks them, and keeps those chosen.
fn gathered<S, E>(
    source: &mut S,
    chosen: &[usize],
    count: usize,
    metric: Metric,
) -> Result<ActivationMatrix, E>
where
    S: RowBlocks,
    E: From<S::Error> + From<ProjectionError>,
{
    let width = source.width();
    let mut values = Vec::with_capacity(chosen.len() * width);
    let mut left = chosen;
    let mut without_direction = None;
    each_block::<S, E>(source, count, |before, block| {
        let is_odd = |row: &[f32]| row.iter().any(|value| !value.is_finite());
        if let Some(row) = block.par_chunks_exact(width).position_first(is_odd) {
            let odd = block[row * width..].iter().position(|value| !value.is_finite());
            let (row, column) = (before + row, odd.unwrap_or_default());
            return Err(AnalysisError::NonFiniteActivation { layer: None, row, column });
        }
        if metric == Metric::Cosine && without_direction.is_none() {
            let is_zero = |row: &[f32]| row.iter().all(|&value| value == 0.0);
            let zero = block.par_chunks_exact(width).position_first(is_zero);
            without_direction = zero.map(|row| before + row);
        }
        let end = before + block.len() / width;
        let (here, rest) = left.split_at(left.partition_point(|&row| row < end));
        left = rest;
        values.extend(here.iter().flat_map(|&row| &block[(row - before) * width..][..width]));
        Ok(())
    })?;
    if let Some(row) = without_direction {
        return Err(ProjectionError::NoDirection { row }.into());
    }
    let (found, rows) = (values.len() / width, chosen.len());
    ActivationMatrix::new(rows, width, values)
        .map_err(|_| ProjectionError::Rows { what: "rows", found, rows }.into())
}

/// Reads all rows once, in blocks that do not depend on the source; there have to be `count`.
fn each_block<S, E>(
    source: &mut S,
    count: usize,
    mut take: impl FnMut(usize, &[f32]) -> Result<(), AnalysisError>,
) -> Result<(), E>
where
    S: RowBlocks,
    E: From<S::Error> + From<ProjectionError>,
{
    let width = source.width();
    let changed = AnalysisError::RowsChanged { expected: count };
    let found = even_blocks(source, BLOCK, |before, block| {
        if before + block.len() / width.max(1) > count {
            return Err(changed.clone());
        }
        take(before, block)
    })?;
    if found == count { Ok(()) } else { Err(ProjectionError::from(changed).into()) }
}

#[cfg(test)]
mod tests;
