//! At which rank, among all rows, the neighbours on the map are neighbours in full.

use pulp::Arch;
use rayon::prelude::*;

use crate::neighbours::{Points, rounding, row_products};
use crate::product::dot;

/// Rows looked at that one task multiplies at once.
const TOGETHER: usize = 128;

/// Rows that are looked at, with their neighbours on the map. The neighbours' distances are measured
/// in one pass over all rows, and in another the rows that are nearer are counted; so memory holds
/// neither the neighbours nor all distances. Distances are half the squared ones less half the
/// squared length of the row looked at.
pub(super) struct Ranked {
    points: Points,
    rows: Vec<Row>,
    /// Place of each neighbour in `rows`, by its row: (row, place, place among the neighbours).
    by_row: Vec<(u32, u32, u32)>,
}

struct Row {
    row: usize,
    near: Vec<Near>,
}

/// A neighbour on the map.
struct Near {
    row: usize,
    /// Its distance.
    distance: f64,
    /// Below this another is nearer, and above `high` farther, as far as products in f32 tell.
    low: f32,
    high: f32,
    /// Rows before it in rank.
    nearer: u64,
}

impl Ranked {
    /// `points` are the rows `chosen`, `near` their neighbours on the map.
    pub(super) fn new(points: Points, chosen: &[usize], near: &[Vec<u32>]) -> Self {
        let mut by_row = Vec::with_capacity(near.iter().map(Vec::len).sum());
        for (place, near) in (0..).zip(near) {
            by_row.extend((0..).zip(near).map(|(number, &row)| (row, place, number)));
        }
        by_row.sort_unstable();
        let unknown =
            |&row: &u32| Near { row: row as usize, distance: 0.0, low: 0.0, high: 0.0, nearer: 0 };
        let rows = chosen
            .iter()
            .zip(near)
            .map(|(&row, near)| Row { row, near: near.iter().map(unknown).collect() })
            .collect();
        Self { points, rows, by_row }
    }

    /// Measures the distances of the neighbours among the rows from `before` on.
    pub(super) fn measure(&mut self, before: usize, block: &Points) {
        let first = self.by_row.partition_point(|&(row, ..)| (row as usize) < before);
        for &(row, place, number) in &self.by_row[first..] {
            let at = row as usize - before;
            if at >= block.rows() {
                break;
            }
            let place = place as usize;
            let half = self.points.halves[place];
            let distance = distance(self.points.row(place), block, at);
            let beyond = distance + f64::from(half);
            let doubt = rounding(half, beyond as f32, block.width);
            let near = &mut self.rows[place].near[number as usize];
            near.distance = distance;
            near.low = (distance - doubt) as f32;
            near.high = (distance + doubt) as f32;
        }
    }

    /// Counts which of the rows from `before` on are nearer than each neighbour.
    pub(super) fn count(&mut self, before: usize, block: &Points) {
        let (count, width) = (block.rows(), block.width);
        let values = self.points.values.par_chunks(TOGETHER * width);
        self.rows.par_chunks_mut(TOGETHER).zip(values).for_each_init(
            || vec![0.0_f32; TOGETHER * count],
            |products, (rows, values)| {
                let products = &mut products[..rows.len() * count];
                row_products(values, rows.len(), &block.values, count, width, products);
                let lines = products.chunks_exact_mut(count).zip(values.chunks_exact(width));
                for (row, (line, own)) in rows.iter_mut().zip(lines) {
                    let of_row = line.iter_mut().zip(&block.halves);
                    of_row.for_each(|(line, half)| *line = half - *line);
                    Arch::new().dispatch(
                        #[inline(always)]
                        || row.count(before, line, own, block),
                    );
                }
            },
        );
    }

    /// By how many ranks all neighbours lie beyond the `k` nearest in all, and how many do not.
    pub(super) fn beyond(&self, k: usize) -> (u64, u64) {
        let (mut excess, mut kept) = (0, 0);
        for near in self.rows.iter().flat_map(|row| &row.near) {
            match (near.nearer + 1).saturating_sub(k as u64) {
                0 => kept += 1,
                ranks => excess += ranks,
            }
        }
        (excess, kept)
    }
}

/// Half the squared distance of a row of a block less half the squared length of the other, in f64.
fn distance(own: &[f32], block: &Points, at: usize) -> f64 {
    f64::from(block.halves[at]) - dot(own, block.row(at))
}

impl Row {
    /// `line`: the distances of the rows from `before` on, which are `block`; `own`: the values of the
    /// row looked at.
    #[inline(always)]
    fn count(&mut self, before: usize, line: &[f32], own: &[f32], block: &Points) {
        let mut exact = Vec::new();
        for near in &mut self.near {
            let (low, high) = (near.low, near.high);
            let nearer: u32 = line.iter().map(|&other| u32::from(other < low)).sum();
            let as_near: u32 = line.iter().map(|&other| u32::from(other <= high)).sum();
            near.nearer += u64::from(nearer);
            if as_near > nearer {
                near.nearer += near.settled(line, before, self.row, &mut exact, own, block);
            }
            // The row looked at lies nearest to itself and does not count.
            let itself = self.row.checked_sub(before).and_then(|at| line.get(at));
            near.nearer -= u64::from(itself.is_some_and(|&itself| itself < low));
            let again = near.row.checked_sub(before).and_then(|at| line.get(at));
            near.nearer -= u64::from(again.is_some_and(|&again| again < low));
        }
    }
}

impl Near {
    /// How many of the rows of which products in f32 do not tell are before it in rank: by their
    /// distances in f64, equal ones by their order. These are kept in `exact` for the next neighbour.
    fn settled(
        &self,
        line: &[f32],
        before: usize,
        looked_at: usize,
        exact: &mut Vec<f64>,
        own: &[f32],
        block: &Points,
    ) -> u64 {
        exact.resize(line.len(), f64::NAN);
        let in_doubt = line.iter().enumerate().filter(|(at, other)| {
            (self.low..=self.high).contains(*other)
                && ![self.row, looked_at].contains(&(before + at))
        });
        let is_before = in_doubt.map(|(at, _)| {
            if exact[at].is_nan() {
                exact[at] = distance(own, block, at);
            }
            let order = exact[at].total_cmp(&self.distance).then((before + at).cmp(&self.row));
            u64::from(order.is_lt())
        });
        is_before.sum()
    }
}
