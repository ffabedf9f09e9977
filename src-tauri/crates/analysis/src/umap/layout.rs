//! Points moved by the pull of their neighbours and the push of everyone else.
//!
//! Stochastic gradient descent with negative sampling (McInnes et al. 2018, section 3.2). An epoch
//! moves every point from where all points lay when it began, each through its own pulls and pushes
//! one after the other. So points can be done in any order, and the map is the same for any number
//! of threads. What a point draws follows from the seed, the epoch and the point.

use lens_core::{CancelToken, Progress, Reporter};
use rayon::prelude::*;

use super::forces::Forces;
use crate::ProjectionError;
use crate::draws::Draws;

/// Other points that push for each neighbour that pulls.
const PUSHES: usize = 5;
/// Most that one force moves a point along an axis, at a rate of 1.
const LONGEST: f32 = 4.0;
/// Points that a task takes at least.
const POINTS_PER_TASK: usize = 256;

/// Which points pull which, and how often.
pub(super) struct Pulls {
    starts: Vec<usize>,
    /// The point that pulls, and in which share of the epochs, in parts of 2^32.
    pulls: Vec<(u32, u32)>,
}

impl Pulls {
    /// From the links of each point in order. The heaviest of them pulls in every epoch.
    pub(super) fn of(rows: impl Iterator<Item = Vec<(u32, f32)>>, largest: f32) -> Self {
        let (mut starts, mut pulls) = (vec![0], Vec::new());
        for row in rows {
            pulls.extend(row.into_iter().map(|(end, weight)| (end, share(weight / largest))));
            starts.push(pulls.len());
        }
        Self { starts, pulls }
    }

    /// The points that pull `point` in an epoch (counted from 1): one whose share is 0.3 in epochs
    /// 4, 7, 10, 14 ...
    fn in_epoch(&self, point: usize, epoch: u32) -> impl Iterator<Item = usize> {
        let pulls = &self.pulls[self.starts[point]..self.starts[point + 1]];
        let is_due = move |share: u32| epoch.wrapping_mul(share) < share;
        pulls.iter().filter(move |(_, share)| is_due(*share)).map(|(end, _)| *end as usize)
    }
}

/// A share from 0 to 1 in parts of 2^32.
fn share(share: f32) -> u32 {
    (f64::from(share) * f64::from(u32::MAX)) as u32
}

/// How points are moved.
pub(super) struct Course<'a> {
    pub(super) pulls: &'a Pulls,
    pub(super) forces: &'a Forces,
    pub(super) epochs: usize,
    /// Rate of the first epoch; it falls to zero.
    pub(super) rate: f32,
    pub(super) draws: Draws,
}

impl Course<'_> {
    /// Moves points that pull each other. Each link is seen from both of its ends, and as in
    /// umap-learn moves both of them each time: so every pull counts twice.
    pub(super) fn run<const D: usize>(
        &self,
        mut points: Vec<[f32; D]>,
        reporter: &dyn Reporter,
        cancel: &CancelToken,
    ) -> Result<Vec<[f32; D]>, ProjectionError> {
        let mut next = points.clone();
        for epoch in 1..=self.epochs {
            self.begin(epoch, reporter, cancel)?;
            self.epoch(epoch, &mut next, &points, &points, 2.0);
            std::mem::swap(&mut points, &mut next);
        }
        self.begin(self.epochs + 1, reporter, cancel)?;
        Ok(points)
    }

    /// Moves points among others that stay where they are.
    pub(super) fn run_among<const D: usize>(
        &self,
        mut points: Vec<[f32; D]>,
        fixed: &[[f32; D]],
        reporter: &dyn Reporter,
        cancel: &CancelToken,
    ) -> Result<Vec<[f32; D]>, ProjectionError> {
        let mut next = points.clone();
        for epoch in 1..=self.epochs {
            self.begin(epoch, reporter, cancel)?;
            self.epoch(epoch, &mut next, &points, fixed, 1.0);
            std::mem::swap(&mut points, &mut next);
        }
        self.begin(self.epochs + 1, reporter, cancel)?;
        Ok(points)
    }

    fn begin(
        &self,
        epoch: usize,
        reporter: &dyn Reporter,
        cancel: &CancelToken,
    ) -> Result<(), ProjectionError> {
        cancel.check()?;
        let (done, total) = (epoch as u64 - 1, self.epochs as u64);
        reporter.report(Progress { stage: "Drawing the map".into(), done, total, unit: "epochs" });
        Ok(())
    }

    /// Where `points` lie after an epoch among `others`, whose pulls count `times` times.
    fn epoch<const D: usize>(
        &self,
        epoch: usize,
        next: &mut [[f32; D]],
        points: &[[f32; D]],
        others: &[[f32; D]],
        times: f32,
    ) {
        let rate = self.rate * (1.0 - (epoch - 1) as f32 / self.epochs as f32);
        let draws = self.draws.stream(epoch as u64);
        next.par_iter_mut().with_min_len(POINTS_PER_TASK).zip(points).enumerate().for_each(
            |(number, (next, &point))| {
                let mut point = point;
                let mut draws = draws.stream(number as u64).sequence();
                for end in self.pulls.in_epoch(number, epoch as u32) {
                    let away = difference(point, others[end]);
                    let pull = self.forces.pull(squared(away));
                    move_by(&mut point, away, pull, times * rate);
                    for _ in 0..PUSHES {
                        let away = difference(point, others[draws.below(others.len())]);
                        let push = self.forces.push(squared(away));
                        move_by(&mut point, away, push, rate);
                    }
                }
                *next = point;
            },
        );
    }
}

#[inline(always)]
fn difference<const D: usize>(a: [f32; D], b: [f32; D]) -> [f32; D] {
    std::array::from_fn(|axis| a[axis] - b[axis])
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
