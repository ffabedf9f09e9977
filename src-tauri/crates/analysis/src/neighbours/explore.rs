//! Neighbours of neighbours: NN-descent (Dong, Moses and Li 2011), seen from each row, so that rows
//! can be done in any order.

use pulp::Arch;
use rayon::prelude::*;

use super::points::Points;
use super::shortlist::{Candidate, insert_once};

/// Rows that one task takes; in the order of a tree, so that their candidates are near in memory.
const ROWS_PER_TASK: usize = 256;
/// Partial sums of a product: enough for whole vector registers, in a fixed order.
const LANES: usize = 32;
/// Marks a link whose ends have not been introduced yet.
const FRESH: u32 = 1 << 31;

/// Introduces every row to the neighbours of its neighbours, both ways, where one of the two links
/// is fresh. Gives the new lists, and how many places in them have been taken anew.
pub(super) fn explore(
    points: &Points,
    lists: &[Candidate],
    kept: usize,
) -> (Vec<Candidate>, usize) {
    let links = Links::of(lists, kept);
    let mut next = lists.to_vec();
    let taken = next
        .par_chunks_mut(ROWS_PER_TASK * kept)
        .enumerate()
        .map_init(
            || vec![u32::MAX; points.rows()],
            |met, (task, lists)| {
                let rows = lists.chunks_exact_mut(kept).zip(task * ROWS_PER_TASK..);
                rows.map(|(list, row)| introduce(points, &links, row, list, met)).sum::<usize>()
            },
        )
        .sum();
    (next, taken)
}

/// One row's turn. `met` remembers whom it has met.
fn introduce(
    points: &Points,
    links: &Links,
    row: usize,
    list: &mut [Candidate],
    met: &mut [u32],
) -> usize {
    let mark = row as u32;
    met[row] = mark;
    for held in list.iter_mut() {
        held.is_fresh = false;
        if let Some(met) = met.get_mut(held.index as usize) {
            *met = mark;
        }
    }
    let (own, half) = (points.row(row), points.halves[row]);
    let mut taken = 0;
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for &first in links.of_row(row) {
                for &second in links.of_row((first & !FRESH) as usize) {
                    let index = second & !FRESH;
                    let other = index as usize;
                    if (first | second) & FRESH == 0 || met[other] == mark {
                        continue;
                    }
                    met[other] = mark;
                    let half = half + points.halves[other] - product(own, points.row(other));
                    taken +=
                        usize::from(insert_once(list, Candidate { half, index, is_fresh: true }));
                }
            }
        },
    );
    taken
}

/// The rows that each row is linked with: its neighbours, and the nearest of those whose neighbour
/// it is.
struct Links {
    starts: Vec<usize>,
    /// The other end, with [`FRESH`].
    ends: Vec<u32>,
}

impl Links {
    fn of(lists: &[Candidate], kept: usize) -> Self {
        let rows = lists.len() / kept.max(1);
        let mut back: Vec<Vec<(f32, u32)>> = vec![Vec::new(); rows];
        for (row, list) in lists.chunks_exact(kept).enumerate() {
            for held in list {
                if let Some(back) = back.get_mut(held.index as usize) {
                    back.push((held.half, row as u32 | flag(held.is_fresh)));
                }
            }
        }
        back.par_iter_mut().for_each(|back| {
            back.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            back.truncate(kept);
        });
        let mut starts = vec![0];
        let mut ends = Vec::with_capacity(2 * lists.len());
        for (list, back) in lists.chunks_exact(kept).zip(back) {
            let start = ends.len();
            let held = list.iter().filter(|held| (held.index as usize) < rows);
            ends.extend(held.map(|held| held.index | flag(held.is_fresh)));
            for (_, end) in back {
                let is_there = ends[start..].iter().any(|held: &u32| (held ^ end) & !FRESH == 0);
                if !is_there {
                    ends.push(end);
                }
            }
            starts.push(ends.len());
        }
        Self { starts, ends }
    }

    fn of_row(&self, row: usize) -> &[u32] {
        &self.ends[self.starts[row]..self.starts[row + 1]]
    }
}

fn flag(is_fresh: bool) -> u32 {
    if is_fresh { FRESH } else { 0 }
}

#[inline(always)]
fn product(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}
