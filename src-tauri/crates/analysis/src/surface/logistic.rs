//! Logistic regression on rows that are nearly all zeros.
//!
//! Newton's method with each step found by conjugate gradients, which need no more than products of
//! the rows with a vector: ten thousand pairs have a vocabulary and a Gram matrix that are both too
//! large to be written out, but few words per text. With rows of length 1 and a penalty of 1 the
//! Hessian is well conditioned (at most 1 + n/4), so that tens of products make a step.

use lens_core::CancelToken;
use rayon::prelude::*;

use super::{ROUNDING, SparseRow};
use crate::AnalysisError;

/// Length of the gradient, as a share of that at zero, at which weights are final.
const TOLERANCE: f64 = 1e-9;
/// Newton steps after which the fit is given up; five to ten are usual.
const MOST_STEPS: usize = 100;
/// Products after which one step is taken as it is.
const MOST_PRODUCTS: usize = 1_000;
/// Halvings of one step after which the fit is given up.
const MOST_HALVINGS: usize = 40;

/// Minimises `|w|^2 / 2 + sum of ln(1 + exp(-y (w . x + b)))`, with y = 1 for rows labelled true, -1
/// for the others: C = 1, intercept not penalised. Weights and intercept, or `None` where the
/// iteration does not end.
pub(super) fn logistic(
    rows: &[&SparseRow],
    width: usize,
    labels: &[bool],
    cancel: &CancelToken,
) -> Result<Option<(Vec<f64>, f64)>, AnalysisError> {
    let problem =
        Problem { rows, signs: labels.iter().map(|l| if *l { 1.0 } else { -1.0 }).collect() };
    // the intercept comes last
    let mut at = vec![0.0; width + 1];
    let mut point = problem.point(&at);
    // a gradient of nothing but rounding, where both sides have the same words, is none
    let least = TOLERANCE * norm(&point.gradient) + ROUNDING * rows.len() as f64;
    for _ in 0..MOST_STEPS {
        if norm(&point.gradient) <= least {
            let intercept = at.pop().unwrap_or(0.0);
            return Ok(Some((at, intercept)));
        }
        let step = problem.step(&point, cancel)?;
        let slope = dot(&step, &point.gradient);
        let mut length = 1.0;
        let mut next = None;
        for _ in 0..MOST_HALVINGS {
            let there: Vec<f64> = at.iter().zip(&step).map(|(a, s)| a + length * s).collect();
            let candidate = problem.point(&there);
            // Armijo's condition, with room for the rounding of a loss that hardly changes
            if candidate.loss <= point.loss + 1e-4 * length * slope + 1e-13 * point.loss {
                next = Some((there, candidate));
                break;
            }
            length /= 2.0;
        }
        let Some(better) = next else { return Ok(None) };
        (at, point) = better;
    }
    Ok(None)
}

struct Problem<'a> {
    rows: &'a [&'a SparseRow],
    signs: Vec<f64>,
}

/// The loss with its derivatives at one point.
struct Point {
    loss: f64,
    gradient: Vec<f64>,
    /// `p (1 - p)` of each row.
    curvature: Vec<f64>,
}

impl Problem<'_> {
    fn point(&self, at: &[f64]) -> Point {
        let margins = self.times(at);
        let weights = at.split_last().map_or(at, |(_, weights)| weights);
        let mut loss = 0.5 * dot(weights, weights);
        let mut pulls = Vec::with_capacity(margins.len());
        let mut curvature = Vec::with_capacity(margins.len());
        for (log_odds, sign) in margins.iter().zip(&self.signs) {
            let margin = sign * log_odds;
            // ln(1 + exp(-m)) and 1 / (1 + exp(m)) without overflow
            let small = (-margin.abs()).exp();
            loss += small.ln_1p() + (-margin).max(0.0);
            let wrong = if margin > 0.0 { small } else { 1.0 } / (1.0 + small);
            pulls.push(-sign * wrong);
            curvature.push(wrong * (1.0 - wrong));
        }
        let mut gradient = self.transposed_times(&pulls, at.len());
        gradient.iter_mut().zip(weights).for_each(|(g, w)| *g += w);
        Point { loss, gradient, curvature }
    }

    /// The Newton step from a point, by preconditioned conjugate gradients, to a precision that grows
    /// as the minimum comes near.
    fn step(&self, point: &Point, cancel: &CancelToken) -> Result<Vec<f64>, AnalysisError> {
        let width = point.gradient.len();
        let diagonal = self.diagonal(&point.curvature, width);
        let mut step = vec![0.0; width];
        let mut residual: Vec<f64> = point.gradient.iter().map(|g| -g).collect();
        let size = norm(&residual);
        let enough = size * size.sqrt().min(0.1);
        let scaled = |residual: &[f64]| -> Vec<f64> {
            residual.iter().zip(&diagonal).map(|(r, d)| r / d).collect()
        };
        let mut preconditioned = scaled(&residual);
        let mut search = preconditioned.clone();
        let mut energy = dot(&residual, &preconditioned);
        for _ in 0..MOST_PRODUCTS {
            cancel.check()?;
            let image = self.hessian_times(&point.curvature, &search);
            let along = energy / dot(&search, &image);
            step.iter_mut().zip(&search).for_each(|(s, d)| *s += along * d);
            residual.iter_mut().zip(&image).for_each(|(r, i)| *r -= along * i);
            if norm(&residual) <= enough {
                break;
            }
            preconditioned = scaled(&residual);
            let next = dot(&residual, &preconditioned);
            let share = next / energy;
            energy = next;
            search.iter_mut().zip(&preconditioned).for_each(|(s, p)| *s = p + share * *s);
        }
        Ok(step)
    }

    fn hessian_times(&self, curvature: &[f64], vector: &[f64]) -> Vec<f64> {
        let products = self.times(vector);
        let bent: Vec<f64> = products.iter().zip(curvature).map(|(p, c)| p * c).collect();
        let mut image = self.transposed_times(&bent, vector.len());
        let weights = vector.split_last().map_or(vector, |(_, weights)| weights);
        image.iter_mut().zip(weights).for_each(|(i, w)| *i += w);
        image
    }

    fn diagonal(&self, curvature: &[f64], width: usize) -> Vec<f64> {
        let mut diagonal = vec![1.0; width];
        for (row, c) in self.rows.iter().zip(curvature) {
            for (feature, value) in *row {
                if let Some(d) = diagonal.get_mut(*feature as usize) {
                    *d += c * value * value;
                }
            }
        }
        if let Some(intercept) = diagonal.last_mut() {
            // curvature of rows that are all but certain underflows before the rest does
            *intercept = curvature.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        }
        diagonal
    }

    /// Every row's log-odds under weights with the intercept last.
    fn times(&self, vector: &[f64]) -> Vec<f64> {
        let intercept = vector.last().copied().unwrap_or(0.0);
        let weight = |feature: u32| vector.get(feature as usize).copied().unwrap_or(0.0);
        let product = |row: &&SparseRow| {
            row.iter().map(|(feature, value)| value * weight(*feature)).sum::<f64>() + intercept
        };
        self.rows.par_iter().with_min_len(256).map(product).collect()
    }

    /// The sum of the rows, each `factors` times, with the sum of the factors last.
    fn transposed_times(&self, factors: &[f64], width: usize) -> Vec<f64> {
        let mut sum = vec![0.0; width];
        for (row, factor) in self.rows.iter().zip(factors) {
            for (feature, value) in *row {
                if let Some(s) = sum.get_mut(*feature as usize) {
                    *s += factor * value;
                }
            }
        }
        if let Some(last) = sum.last_mut() {
            *last = factors.iter().sum();
        }
        sum
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}
