//! The fuzzy graph: how much each row counts as its neighbours' neighbour.

use rayon::prelude::*;

use crate::Neighbours;

/// Steps of the bisection for a row's scale.
const BISECTIONS: usize = 64;
/// How near the sum of memberships has to come to its target.
const TOLERANCE: f64 = 1e-5;
/// Least scale of a row, as a share of its mean distance.
const LEAST_SCALE: f64 = 1e-3;

/// What makes distances from one row comparable with those from another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Smoothing {
    /// Distance to the nearest neighbour that is not a copy; up to there membership is 1.
    pub(super) nearest: f64,
    /// The scale by which membership falls off beyond.
    pub(super) scale: f64,
}

impl Smoothing {
    /// From a row's distances, ascending, the row itself first where it is one of them. `mean` is
    /// the mean of all rows' distances. The scale is such that memberships sum to log2 of the
    /// number of distances, the first of which does not count (as in umap-learn). Where `is_own`,
    /// the nearest other row is a neighbour in full: membership falls off from its distance.
    pub(super) fn of(distances: &[f64], mean: f64, is_own: bool) -> Self {
        let nearest = if is_own {
            distances.iter().copied().find(|&distance| distance > 0.0).unwrap_or(0.0)
        } else {
            0.0
        };
        let target = (distances.len() as f64).log2();
        let (mut low, mut high, mut scale) = (0.0, f64::INFINITY, 1.0);
        for _ in 0..BISECTIONS {
            let sum: f64 =
                distances.iter().skip(1).map(|&d| Self { nearest, scale }.membership(d)).sum();
            if (sum - target).abs() < TOLERANCE {
                break;
            }
            if sum > target {
                high = scale;
            } else {
                low = scale;
            }
            scale = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * scale };
        }
        let own = distances.iter().sum::<f64>() / distances.len().max(1) as f64;
        let least = LEAST_SCALE * if nearest > 0.0 { own } else { mean };
        Self { nearest, scale: scale.max(least) }
    }

    /// Membership of a row at that distance.
    pub(super) fn membership(self, distance: f64) -> f64 {
        let beyond = distance - self.nearest;
        if beyond <= 0.0 || self.scale <= 0.0 { 1.0 } else { (-beyond / self.scale).exp() }
    }
}

/// A symmetric graph with weights, the neighbours of each row ascending.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Graph {
    pub(super) starts: Vec<usize>,
    pub(super) ends: Vec<u32>,
    pub(super) weights: Vec<f32>,
}

impl Graph {
    /// The union of the rows' fuzzy sets: `p + q - p q`, where `p` and `q` are the memberships in
    /// the two directions (McInnes et al. 2018, section 3.1). A row counts as its own first
    /// neighbour, at distance zero.
    pub(super) fn of(neighbours: &Neighbours) -> Self {
        let rows = neighbours.rows();
        let sum: f64 = neighbours.distances.iter().sum();
        let mean = sum / (rows * (neighbours.k + 1)).max(1) as f64;
        let directed: Vec<Vec<(u32, f64)>> = (0..rows)
            .into_par_iter()
            .map(|row| {
                let with_own: Vec<f64> =
                    std::iter::once(0.0).chain(neighbours.of(row).map(|(_, d)| d)).collect();
                let smoothing = Smoothing::of(&with_own, mean, true);
                let near = neighbours.of(row);
                let mut links: Vec<(u32, f64)> =
                    near.map(|(end, distance)| (end, smoothing.membership(distance))).collect();
                links.sort_unstable_by_key(|link| link.0);
                links
            })
            .collect();
        let mut back: Vec<Vec<(u32, f64)>> = vec![Vec::new(); rows];
        for (row, links) in directed.iter().enumerate() {
            for &(end, membership) in links {
                back[end as usize].push((row as u32, membership));
            }
        }
        Self::from_rows(directed.iter().zip(&back).map(|(there, back)| united(there, back)))
    }

    fn from_rows(rows: impl Iterator<Item = Vec<(u32, f32)>>) -> Self {
        let (mut starts, mut ends, mut weights) = (vec![0], Vec::new(), Vec::new());
        for row in rows {
            for (end, weight) in row {
                ends.push(end);
                weights.push(weight);
            }
            starts.push(ends.len());
        }
        Self { starts, ends, weights }
    }

    pub(super) fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// The links of one row: the other end, and the weight.
    pub(super) fn of_row(&self, row: usize) -> impl Iterator<Item = (u32, f32)> {
        let range = self.starts[row]..self.starts[row + 1];
        self.ends[range.clone()].iter().copied().zip(self.weights[range].iter().copied())
    }

    pub(super) fn largest(&self) -> f32 {
        self.weights.iter().copied().fold(0.0, f32::max)
    }

    /// Without the links that are weaker than `least`.
    pub(super) fn without_below(&self, least: f32) -> Self {
        let strong = |row| self.of_row(row).filter(|(_, weight)| *weight >= least).collect();
        Self::from_rows((0..self.rows()).map(strong))
    }
}

/// The union of two sets, each sorted by its members.
fn united(there: &[(u32, f64)], back: &[(u32, f64)]) -> Vec<(u32, f32)> {
    let mut all = Vec::with_capacity(there.len() + back.len());
    let (mut there, mut back) = (there.iter().peekable(), back.iter().peekable());
    loop {
        let first = match (there.peek(), back.peek()) {
            (Some(a), Some(b)) => a.0.min(b.0),
            (Some(one), None) | (None, Some(one)) => one.0,
            (None, None) => return all,
        };
        let p = there.next_if(|link| link.0 == first).map_or(0.0, |link| link.1);
        let q = back.next_if(|link| link.0 == first).map_or(0.0, |link| link.1);
        all.push((first, (p + q - p * q) as f32));
    }
}
