//! Points moved by the pull of their neighbours and the push of everyone else: stochastic gradient
//! descent with negative sampling (McInnes et al. 2018, section 3.2).
//!
//! A pull moves both of its points at once, each from where it has just got to; where all are moved
//! from where they lay when the epoch began, maps are visibly worse. So that threads can share an
//! epoch without meeting, points are divided into blocks, a number that depends on that of the
//! points alone. Every two blocks meet once in an epoch, as teams do in a tournament, and all
//! meetings of a round go on at the same time. Others push from where they lay when the epoch began.
//! What is drawn follows from the seed, the epoch and the meeting. So a map is the same for any
//! number of threads.

use std::ops::Range;

use lens_core::{CancelToken, Progress, Reporter};
use rayon::prelude::*;

use super::forces::Forces;
use super::memberships::Graph;
use crate::ProjectionError;
use crate::draws::{Draws, Sequence};

/// Other points that push for each neighbour that pulls.
const PUSHES: usize = 5;
/// Most that one force moves a point along an axis, at a rate of 1.
const LONGEST: f32 = 4.0;
/// Points of a block, at least: fewer are not worth a thread.
const POINTS_PER_BLOCK: usize = 256;
/// Most blocks: half as many threads can share an epoch.
const MOST_BLOCKS: usize = 16;
/// Points among fixed ones that a task takes at least.
const POINTS_PER_TASK: usize = 64;

/// How points are moved.
pub(super) struct Course<'a> {
    pub(super) forces: &'a Forces,
    pub(super) epochs: usize,
    /// Rate of the first epoch; it falls to zero.
    pub(super) rate: f32,
    pub(super) draws: Draws,
}

/// A point that pulls another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pull {
    point: u32,
    by: u32,
    /// In which share of the epochs, in parts of 2^32.
    share: u32,
}

impl Pull {
    /// `weight` is a share of the heaviest link's, which pulls in every epoch.
    pub(super) fn new(point: u32, by: u32, weight: f32) -> Self {
        Self { point, by, share: (f64::from(weight) * f64::from(u32::MAX)) as u32 }
    }

    /// Whether it pulls in an epoch (counted from 1): one whose share is 0.3 in epochs 4, 7, 10, 14
    /// and so on.
    fn is_due(self, epoch: usize) -> bool {
        (epoch as u32).wrapping_mul(self.share) < self.share
    }
}

impl Course<'_> {
    /// Moves the points of a graph, each link pulling both of its ends, seen from either of them.
    pub(super) fn run<const D: usize>(
        &self,
        mut points: Vec<[f32; D]>,
        graph: &Graph,
        reporter: &dyn Reporter,
        cancel: &CancelToken,
    ) -> Result<Vec<[f32; D]>, ProjectionError> {
        let rounds = rounds(graph);
        let mut others = points.clone();
        for epoch in 1..=self.epochs {
            let (rate, draws) = self.begin(epoch, reporter, cancel)?;
            others.copy_from_slice(&points);
            for (round, number) in rounds.iter().zip(0..) {
                let draws = draws.stream(number);
                let moved: Vec<Vec<[f32; D]>> = round
                    .par_iter()
                    .enumerate()
                    .map(|(number, meeting)| {
                        let mut met = meeting.gathered(&points);
                        let mut draws = draws.stream(number as u64).sequence();
                        for pull in meeting.pulls.iter().filter(|pull| pull.is_due(epoch)) {
                            self.pull_both(&mut met, *pull, rate);
                            self.push(&mut met[pull.point as usize], &others, &mut draws, rate);
                        }
                        met
                    })
                    .collect();
                for (meeting, met) in round.iter().zip(&moved) {
                    meeting.scatter(met, &mut points);
                }
            }
        }
        self.begin(self.epochs + 1, reporter, cancel)?;
        Ok(points)
    }

    /// Moves points among others that stay where they are: `pulls` are those of each point.
    pub(super) fn run_among<const D: usize>(
        &self,
        mut points: Vec<[f32; D]>,
        pulls: &[Vec<Pull>],
        fixed: &[[f32; D]],
        reporter: &dyn Reporter,
        cancel: &CancelToken,
    ) -> Result<Vec<[f32; D]>, ProjectionError> {
        for epoch in 1..=self.epochs {
            let (rate, draws) = self.begin(epoch, reporter, cancel)?;
            points.par_iter_mut().zip(pulls).enumerate().with_min_len(POINTS_PER_TASK).for_each(
                |(number, (point, pulls))| {
                    let mut draws = draws.stream(number as u64).sequence();
                    for pull in pulls.iter().filter(|pull| pull.is_due(epoch)) {
                        let away = difference(*point, fixed[pull.by as usize]);
                        move_by(point, away, self.forces.pull(squared(away)), rate);
                        self.push(point, fixed, &mut draws, rate);
                    }
                },
            );
        }
        self.begin(self.epochs + 1, reporter, cancel)?;
        Ok(points)
    }

    /// The rate of an epoch and what it draws.
    fn begin(
        &self,
        epoch: usize,
        reporter: &dyn Reporter,
        cancel: &CancelToken,
    ) -> Result<(f32, Draws), ProjectionError> {
        cancel.check()?;
        let (done, total) = (epoch as u64 - 1, self.epochs as u64);
        reporter.report(Progress { stage: "Drawing the map".into(), done, total, unit: "epochs" });
        let left = 1.0 - (epoch - 1) as f32 / self.epochs as f32;
        Ok((self.rate * left, self.draws.stream(epoch as u64)))
    }

    #[inline(always)]
    fn pull_both<const D: usize>(&self, points: &mut [[f32; D]], pull: Pull, rate: f32) {
        let (point, by) = (pull.point as usize, pull.by as usize);
        let away = difference(points[point], points[by]);
        let force = self.forces.pull(squared(away));
        move_by(&mut points[point], away, force, rate);
        move_by(&mut points[by], away, -force, rate);
    }

    #[inline(always)]
    fn push<const D: usize>(
        &self,
        point: &mut [f32; D],
        others: &[[f32; D]],
        draws: &mut Sequence,
        rate: f32,
    ) {
        // All from where the point is now: one need not wait for the other.
        let (mut away, mut force) = ([[0.0; D]; PUSHES], [0.0; PUSHES]);
        for (away, force) in away.iter_mut().zip(&mut force) {
            *away = difference(*point, others[draws.below(others.len())]);
            *force = self.forces.push(squared(*away));
        }
        for (away, force) in away.into_iter().zip(force) {
            move_by(point, away, force, rate);
        }
    }
}

/// Two blocks of points, or a block by itself, and the pulls between them.
struct Meeting {
    blocks: [Range<usize>; 2],
    /// Points counted from the first block's first, those of the second block behind.
    pulls: Vec<Pull>,
}

impl Meeting {
    fn gathered<const D: usize>(&self, points: &[[f32; D]]) -> Vec<[f32; D]> {
        let [first, second] = self.blocks.clone();
        [&points[first], &points[second]].concat()
    }

    fn scatter<const D: usize>(&self, met: &[[f32; D]], points: &mut [[f32; D]]) {
        let (first, second) = met.split_at(self.blocks[0].len());
        points[self.blocks[0].clone()].copy_from_slice(first);
        points[self.blocks[1].clone()].copy_from_slice(second);
    }
}

/// The meetings of each round. In the first every block is by itself.
fn rounds(graph: &Graph) -> Vec<Vec<Meeting>> {
    let points = graph.rows();
    let blocks = match (points / POINTS_PER_BLOCK).min(MOST_BLOCKS) {
        0 | 1 => 1,
        count => count - count % 2,
    };
    let size = points.div_ceil(blocks).max(1);
    let range = |block: usize| (block * size).min(points)..((block + 1) * size).min(points);
    let mut pulls: Vec<Vec<Pull>> = vec![Vec::new(); blocks * blocks];
    let largest = graph.largest();
    for point in 0..points {
        for (by, weight) in graph.of_row(point) {
            let by = by as usize;
            let (low, high) = (point.min(by) / size, point.max(by) / size);
            let place = |point: usize| {
                let of_high = if low == high { 0 } else { range(low).len() };
                let block = point / size;
                point % size + if block == low { 0 } else { of_high }
            };
            let pull = Pull::new(place(point) as u32, place(by) as u32, weight / largest);
            pulls[low * blocks + high].push(pull);
        }
    }
    let mut meeting = |one: usize, other: usize| {
        let (low, high) = (one.min(other), one.max(other));
        let second = if low == high { 0..0 } else { range(high) };
        let pulls = std::mem::take(&mut pulls[low * blocks + high]);
        Meeting { blocks: [range(low), second], pulls }
    };
    let mut rounds: Vec<Vec<Meeting>> =
        vec![(0..blocks).map(|block| meeting(block, block)).collect()];
    // One block stays, the others go round it.
    let circle = blocks - 1;
    for turn in 0..circle {
        let across =
            (1..blocks / 2).map(|step| ((turn + step) % circle, (turn + circle - step) % circle));
        let pairs = std::iter::once((turn, circle)).chain(across);
        rounds.push(pairs.map(|(one, other)| meeting(one, other)).collect());
    }
    rounds
}

#[inline(always)]
fn difference<const D: usize>(mut a: [f32; D], b: [f32; D]) -> [f32; D] {
    a.iter_mut().zip(b).for_each(|(a, b)| *a -= b);
    a
}

#[inline(always)]
fn squared<const D: usize>(vector: [f32; D]) -> f32 {
    vector.iter().fold(0.0, |sum, value| sum + value * value)
}

#[inline(always)]
fn move_by<const D: usize>(point: &mut [f32; D], along: [f32; D], force: f32, rate: f32) {
    for (value, along) in point.iter_mut().zip(along) {
        *value += rate * (force * along).clamp(-LONGEST, LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every link is in one meeting, from both of its ends, and no block is in two meetings of a
    /// round.
    #[test]
    fn every_two_blocks_meet_once() {
        for points in [5, 300, 600, 1100, 5000] {
            let (mut starts, mut ends) = (vec![0], Vec::new());
            for point in 0..points {
                let mut near: Vec<usize> = [1, 7, points / 2]
                    .iter()
                    .map(|step| step % points)
                    .flat_map(|step| [(point + step) % points, (point + points - step) % points])
                    .filter(|&end| end != point)
                    .collect();
                near.sort_unstable();
                near.dedup();
                ends.extend(near.into_iter().map(|end| end as u32));
                starts.push(ends.len());
            }
            let graph = Graph { starts, weights: vec![1.0; ends.len()], ends };
            let mut expected: Vec<(usize, usize)> = (0..points)
                .flat_map(|row| graph.of_row(row).map(move |(end, _)| (row, end as usize)))
                .collect();
            let mut found = Vec::new();
            for round in rounds(&graph) {
                let mut met = vec![false; points];
                for meeting in round {
                    let of: Vec<usize> = meeting.blocks.iter().cloned().flatten().collect();
                    for &point in &of {
                        assert!(!std::mem::replace(&mut met[point], true), "twice in a round");
                    }
                    let ends = |pull: &Pull| (of[pull.point as usize], of[pull.by as usize]);
                    found.extend(meeting.pulls.iter().map(ends));
                }
            }
            found.sort_unstable();
            expected.sort_unstable();
            assert!(found == expected, "{points} points");
        }
    }

    #[test]
    fn a_share_says_in_how_many_epochs_a_point_pulls() {
        for (weight, expected) in [(1.0, 500), (0.5, 250), (0.3, 150), (0.0021, 1), (0.0, 0)] {
            let pull = Pull::new(0, 1, weight);
            let due = (1..=500).filter(|&epoch| pull.is_due(epoch)).count();
            assert!(due.abs_diff(expected) <= 1, "{weight}: {due}");
        }
    }
}
