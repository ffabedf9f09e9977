//! Random-projection trees (Dasgupta and Freund 2008): rows that few random cuts tell apart are
//! probably near each other.

use std::ops::Range;

use faer::Mat;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use lens_core::Seed;
use rand::Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use super::points::Points;
use crate::draws::Draws;

/// Dimensions in which cuts are made.
const SKETCH: usize = 32;
/// Rows that the sketch's dimensions are taken from, evenly spaced.
const SAMPLE: usize = 2048;
/// Most rows of a leaf: small enough that its rows stay in the second cache.
const LEAF: usize = 128;
/// Rows of a leaf for each that is kept, so that every row meets enough others.
const LEAF_PER_KEPT: usize = 3;
/// Rows of the sketch that one task computes.
const ROWS_PER_TASK: usize = 512;
/// Rows below which a branch is not worth a thread.
const WORTH_A_THREAD: usize = 4096;

/// Rows in the few dimensions along which they spread most, roughly.
pub(super) struct Sketch {
    width: usize,
    /// Most rows of a leaf.
    leaf: usize,
    values: Vec<f32>,
}

impl Sketch {
    /// One step of subspace iteration from random directions, on a sample of the rows.
    pub(super) fn of(points: &Points, kept: usize, seed: Seed) -> Self {
        let width = SKETCH.min(points.width);
        let mut random = seed.stream("neighbours/sketch");
        let start = Mat::<f32>::from_fn(points.width, width, |_, _| random.sample(StandardNormal));
        let count = points.rows().min(SAMPLE);
        let rows = (0..count).map(|i| points.row(i * points.rows() / count));
        let sample: Vec<f32> = rows.flatten().copied().collect();
        let sample = MatRef::from_row_major_slice(&sample, count, points.width);
        let (mut along, mut back) = (Mat::<f32>::zeros(count, width), start);
        matmul(along.as_mut(), Accum::Replace, sample, back.as_ref(), 1.0, Par::Seq);
        matmul(back.as_mut(), Accum::Replace, sample.transpose(), along.as_ref(), 1.0, Par::Seq);
        let axes = back.qr().compute_thin_Q();
        let mut values = vec![0.0_f32; points.rows() * width];
        values
            .par_chunks_mut(ROWS_PER_TASK * width.max(1))
            .zip(points.values.par_chunks(ROWS_PER_TASK * points.width.max(1)))
            .for_each(|(out, rows)| {
                let count = rows.len() / points.width.max(1);
                let rows = MatRef::from_row_major_slice(rows, count, points.width);
                let out = MatMut::from_row_major_slice_mut(out, count, width);
                matmul(out, Accum::Replace, rows, axes.as_ref(), 1.0, Par::Seq);
            });
        Self { width, leaf: LEAF.max(LEAF_PER_KEPT * kept), values }
    }

    fn row(&self, row: u32) -> &[f32] {
        &self.values[row as usize * self.width..(row as usize + 1) * self.width]
    }

    /// Puts row `order[i]` at place `i`.
    pub(super) fn reorder(&mut self, order: &[u32]) {
        self.values = order.iter().flat_map(|&row| self.row(row)).copied().collect();
    }

    /// All rows in the order of a tree's leaves.
    pub(super) fn tree(&self, draws: Draws) -> Vec<u32> {
        let mut order: Vec<u32> = (0..(self.values.len() / self.width.max(1)) as u32).collect();
        self.cut(&mut order, draws, 1);
        order
    }

    /// Halves a branch at the median along the difference of two of its rows, and so on.
    fn cut(&self, branch: &mut [u32], draws: Draws, number: u64) {
        let Some(half) = self.halved(branch.len()) else { return };
        let of_branch = draws.stream(number);
        let one = of_branch.below(0, branch.len());
        let other = (one + 1 + of_branch.below(1, branch.len() - 1)) % branch.len();
        let (one, other) = (self.row(branch[one]), self.row(branch[other]));
        let across: Vec<f32> = one.iter().zip(other).map(|(a, b)| a - b).collect();
        let mut placed: Vec<(f32, u32)> = branch
            .iter()
            .map(|&row| (self.row(row).iter().zip(&across).map(|(a, b)| a * b).sum(), row))
            .collect();
        placed.select_nth_unstable_by(half, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        branch.iter_mut().zip(placed).for_each(|(place, (_, row))| *place = row);
        let is_worth = branch.len() >= WORTH_A_THREAD;
        let (low, high) = branch.split_at_mut(half);
        if is_worth {
            rayon::join(
                || self.cut(low, draws, 2 * number),
                || self.cut(high, draws, 2 * number + 1),
            );
        } else {
            self.cut(low, draws, 2 * number);
            self.cut(high, draws, 2 * number + 1);
        }
    }

    /// Where the leaves lie in a tree's order: that depends on the number of rows alone.
    pub(super) fn leaves(&self, rows: usize) -> Vec<Range<usize>> {
        let mut leaves = Vec::new();
        let mut branches: Vec<Range<usize>> = std::iter::once(0..rows).collect();
        while let Some(branch) = branches.pop() {
            match self.halved(branch.len()) {
                Some(half) => {
                    branches.push(branch.start + half..branch.end);
                    branches.push(branch.start..branch.start + half);
                }
                None => leaves.push(branch),
            }
        }
        leaves
    }

    /// Rows of the lower half of a branch, or none for a leaf.
    fn halved(&self, rows: usize) -> Option<usize> {
        (rows > self.leaf).then_some(rows / 2)
    }
}
