//! Neighbours without holding every row against every other.

use lens_core::{ActivationMatrix, CancelToken, Progress, Reporter, Seed};
use rayon::prelude::*;

use super::explore::explore;
use super::points::Points;
use super::products::row_products;
use super::shortlist::{Candidate, VACANT, insert_once};
use super::trees::Sketch;
use super::{Found, Gaps, Metric};
use crate::ProjectionError;
use crate::draws::Draws;

/// Trees that are grown.
const TREES: usize = 8;
/// Most rounds of exploring.
const ROUNDS: usize = 8;
/// Exploring ends once fewer than this share of all places are taken anew.
const SETTLED: f64 = 0.002;
/// Candidates kept beyond those asked for.
const SPARE: usize = 5;

/// The `k` nearest others of each row, of which no two are equal, or nearly so.
pub(super) fn nearest(
    rows: &ActivationMatrix,
    k: usize,
    metric: Metric,
    seed: Seed,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<Vec<Vec<Found>>, ProjectionError> {
    let count = rows.rows();
    let kept = (k + SPARE).min(count - 1);
    let total = (TREES + ROUNDS) as u64;
    let step = |done: usize| -> Result<(), ProjectionError> {
        cancel.check()?;
        let stage = "Finding neighbours".to_owned();
        reporter.report(Progress { stage, done: done as u64, total, unit: "rounds" });
        Ok(())
    };
    step(0)?;
    let mut points = Points::of(rows, metric);
    let mut sketch = Sketch::of(&points, kept, seed);
    let draws = Draws::new(seed, "neighbours/trees");
    // Rows that are near each other come to lie near each other in memory.
    let place = sketch.tree(draws.stream(0));
    points.reorder(&place);
    sketch.reorder(&place);
    let leaves = sketch.leaves(count);
    let mut lists = vec![VACANT; count * kept];
    for tree in 0..TREES {
        step(tree)?;
        let order = match tree {
            0 => (0..count as u32).collect(),
            _ => sketch.tree(draws.stream(tree as u64)),
        };
        let joined: Vec<Vec<Candidate>> = leaves
            .par_iter()
            .map(|leaf| join(&points, &order[leaf.clone()], &lists, kept))
            .collect();
        for (row, list) in order.iter().zip(joined.iter().flat_map(|l| l.chunks_exact(kept))) {
            lists[*row as usize * kept..(*row as usize + 1) * kept].copy_from_slice(list);
        }
    }
    for round in 0..ROUNDS {
        step(TREES + round)?;
        let (next, taken) = explore(&points, &lists, kept);
        lists = next;
        if (taken as f64) < SETTLED * lists.len() as f64 {
            break;
        }
    }
    step(TREES + ROUNDS)?;
    drop(points);

    let gaps = Gaps::new(rows, rows, metric);
    let mut found = vec![Vec::new(); count];
    let settle = |(list, &row): (&[Candidate], &u32)| {
        let held = list.iter().filter_map(|held| place.get(held.index as usize));
        let mut near: Vec<Found> = held
            .map(|&index| Found { distance: gaps.between(row as usize, index as usize), index })
            .collect();
        near.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.index.cmp(&b.index)));
        near.truncate(k);
        near.iter_mut().for_each(|found| found.distance = gaps.distance(found.distance));
        near
    };
    let settled: Vec<Vec<Found>> = lists.par_chunks_exact(kept).zip(&place).map(settle).collect();
    for (near, &row) in settled.into_iter().zip(&place) {
        found[row as usize] = near;
    }
    Ok(found)
}

/// Introduces all rows of a leaf to each other; gives their lists, in the leaf's order.
fn join(points: &Points, leaf: &[u32], lists: &[Candidate], kept: usize) -> Vec<Candidate> {
    let values: Vec<f32> = leaf.iter().flat_map(|&row| points.row(row as usize)).copied().collect();
    let mut products = vec![0.0_f32; leaf.len() * leaf.len()];
    row_products(&values, leaf.len(), &values, leaf.len(), points.width, &mut products);
    let mut joined = Vec::with_capacity(leaf.len() * kept);
    for (i, (&row, line)) in leaf.iter().zip(products.chunks_exact(leaf.len())).enumerate() {
        let row = row as usize;
        let start = joined.len();
        joined.extend_from_slice(&lists[row * kept..(row + 1) * kept]);
        let list = &mut joined[start..];
        for (j, (&index, product)) in leaf.iter().zip(line).enumerate() {
            if i != j {
                let half = points.halves[row] + points.halves[index as usize] - product;
                insert_once(list, Candidate { half, index, is_fresh: true });
            }
        }
    }
    joined
}
