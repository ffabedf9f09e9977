//! Every query held against every row.

use lens_core::{ActivationMatrix, Progress};
use pulp::Arch;
use rayon::prelude::*;

use super::points::{Frame, Points};
use super::products::each_query;
use super::shortlist::{Candidate, VACANT, insert};
use super::{Found, Gaps, Metric};
use crate::{ProjectionError, Run, ShortLists};

/// Queries between two looks at whether to stop.
const STRETCH: usize = 2048;
/// Candidates beyond those asked for, at least.
const SPARE: usize = 8;
/// Products held against the last of the list together.
const LANES: usize = 32;

/// The `k` nearest of `rows` to each of `queries`, or to each row itself among the others.
pub(super) fn nearest(
    rows: &ActivationMatrix,
    queries: Option<&ActivationMatrix>,
    k: usize,
    metric: Metric,
    run: Run<'_>,
) -> Result<Vec<Vec<Found>>, ProjectionError> {
    let frame = Frame::of(rows, queries, metric);
    let points = frame.points(rows);
    let of_queries = queries.map(|queries| frame.points(queries));
    let (asked, asked_points) = (queries.unwrap_or(rows), of_queries.as_ref().unwrap_or(&points));
    let gaps = Gaps::new(asked, rows, metric);
    let others = rows.rows() - usize::from(queries.is_none());
    let kept = (k + SPARE.max(k / 2)).min(others);
    let own = |query: usize| if queries.is_none() { query } else { usize::MAX };
    let made = shortlists(&points, of_queries.as_ref(), kept, run);
    let mut found = Vec::with_capacity(asked.rows());
    while found.len() < asked.rows() {
        run.cancel.check()?;
        let (done, total) = (found.len() as u64, asked.rows() as u64);
        run.reporter.report(Progress {
            stage: "Finding neighbours".into(),
            done,
            total,
            unit: "texts",
        });
        let range = found.len()..(found.len() + STRETCH).min(asked.rows());
        let lists = match &made {
            Some(made) => range.map(|query| (query, made.of(query, asked_points))).collect(),
            None => each_query(
                asked_points,
                &points,
                range.clone(),
                |query| (query, vec![VACANT; kept]),
                |(query, list), first, line| gather(list, own(*query), first, line),
            ),
        };
        let refined = lists.into_par_iter().map(|(query, list)| {
            let half = asked_points.halves[query];
            let unit = 0.5 * frame.scale.powi(2);
            let near = refine(&list, |row| gaps.between(query, row));
            let beyond = list.last().map_or(f32::INFINITY, |last| last.half) + half;
            let is_certain = kept == others
                || near.get(k - 1).is_some_and(|last| {
                    last.distance * unit < f64::from(beyond) - rounding(half, beyond, points.width)
                });
            let mut near = if is_certain { near } else { search(&gaps, query, own(query), rows) };
            near.truncate(k);
            near.iter_mut().for_each(|found| found.distance = gaps.distance(found.distance));
            near
        });
        found.par_extend(refined);
    }
    Ok(found)
}

/// Short lists from an accelerator.
struct Made {
    lists: ShortLists,
    kept: usize,
}

/// The short lists, where the accelerator makes them and they are whole.
fn shortlists(
    points: &Points,
    queries: Option<&Points>,
    kept: usize,
    run: Run<'_>,
) -> Option<Made> {
    let asked = queries.map(|queries| queries.values.as_slice());
    let lists = run.accelerator.nearest(asked, &points.values, points.width, kept)?;
    let places = kept * queries.unwrap_or(points).rows();
    let is_whole = lists.indices.len() == places
        && lists.distances.len() == places
        && lists.indices.iter().all(|&index| (index as usize) < points.rows());
    is_whole.then_some(Made { lists, kept })
}

impl Made {
    /// A query's list, as the processor would have made it.
    fn of(&self, query: usize, asked: &Points) -> Vec<Candidate> {
        let places = query * self.kept..(query + 1) * self.kept;
        let (indices, distances) =
            (&self.lists.indices[places.clone()], &self.lists.distances[places]);
        let near = indices.iter().zip(distances).map(|(&index, distance)| Candidate {
            half: 0.5 * distance * distance - asked.halves[query],
            index,
            is_fresh: true,
        });
        near.collect()
    }
}

/// Takes what is near enough out of one line of halves less products.
fn gather(list: &mut [Candidate], own: usize, first: usize, line: &[f32]) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            let Some(mut last) = list.last().map(|last| last.half) else { return };
            for (chunk, at) in line.chunks(LANES).zip((first..).step_by(LANES)) {
                // No early end, so that the comparison is made in vector registers.
                if !chunk.iter().fold(false, |near, &half| near | (half < last)) {
                    continue;
                }
                for (&half, row) in chunk.iter().zip(at..) {
                    if half < last && row != own {
                        insert(list, Candidate { half, index: row as u32, is_fresh: true });
                        last = list.last().map_or(last, |last| last.half);
                    }
                }
            }
        },
    );
}

/// The candidates by their squared distance in f64, which stands for the distance.
fn refine(list: &[Candidate], gap: impl Fn(usize) -> f64) -> Vec<Found> {
    let mut near: Vec<Found> = list
        .iter()
        .filter(|candidate| candidate.index != u32::MAX)
        .map(|&Candidate { index, .. }| Found { distance: gap(index as usize), index })
        .collect();
    near.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.index.cmp(&b.index)));
    near
}

/// What rounding may have added to half a squared distance `beyond` of a query of this half squared
/// length: errors of a sum of products grow as the root of their number; four times that.
pub(crate) fn rounding(half: f32, beyond: f32, width: usize) -> f64 {
    let length = f64::from(2.0 * half).sqrt();
    let other = length + f64::from(2.0 * beyond.max(0.0)).sqrt();
    2.0 * f64::from(f32::EPSILON) * ((width as f64).sqrt() + 4.0) * length.max(other) * other
}

/// The whole search in f64: for queries that f32 cannot settle.
fn search(gaps: &Gaps<'_>, query: usize, own: usize, rows: &ActivationMatrix) -> Vec<Found> {
    let mut all: Vec<Found> = (0..rows.rows())
        .filter(|&row| row != own)
        .map(|row| Found { distance: gaps.between(query, row), index: row as u32 })
        .collect();
    all.sort_unstable_by(|a, b| a.distance.total_cmp(&b.distance).then(a.index.cmp(&b.index)));
    all
}
