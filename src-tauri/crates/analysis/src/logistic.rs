//! Logistic regression with an L2 penalty.
//!
//! Newton's method, in the space that the rows span and along its principal axes. There the Hessian
//! is nearly diagonal, so conjugate gradients with the diagonal as preconditioner find each step in a
//! few passes over the coordinates, and nothing of the size of the features is ever factorised.

use pulp::{Arch, Simd, WithSimd};
use serde::{Deserialize, Serialize};

use crate::AnalysisError;
use crate::product::{dot, dot_with};
use crate::row_space::RowSpace;

/// Gradient, as a share of that at zero weights, below which weights are final.
pub(crate) const TOLERANCE: f64 = 1e-10;
/// Newton steps after which the fit is given up. Ten are usual.
const MOST_STEPS: usize = 200;
/// Halvings of one step after which it is given up.
const MOST_HALVINGS: usize = 40;
/// Share of the expected gain that a step has to bring (Armijo).
const GAIN: f64 = 1e-4;
/// Expected gain, as a share of the loss, that is lost in the rounding of the loss.
const ROUNDING: f64 = 1e-13;

/// A fitted logistic regression: the log-odds of the positive class are `weights . row + intercept`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    /// One weight for each feature.
    pub weights: Vec<f64>,
    /// The log-odds of a row of zeros. It is not penalised.
    pub intercept: f64,
}

impl Logistic {
    /// The log-odds of each of some rows; `rows` is row-major and as wide as the weights.
    #[must_use]
    pub fn log_odds(&self, rows: &[f64]) -> Vec<f64> {
        let width = self.weights.len().max(1);
        rows.chunks_exact(width).map(|row| dot(row, &self.weights) + self.intercept).collect()
    }
}

/// Minimises `sum of ln(1 + exp(-y f)) + strength / 2 * |weights|^2`, with `f = weights . row +
/// intercept` and `y` = 1 for rows labelled true, -1 for the others: scikit-learn's
/// `LogisticRegression` with `C = 1 / strength`.
///
/// `rows` is row-major with `features` columns; many more features than rows cost little. Weights
/// are exact to about ten digits.
///
/// # Errors
/// As many labels as there are not rows, fewer than two classes, a value that is not finite, a
/// strength that is not above zero, or a fit that does not converge.
pub fn logistic(
    rows: &[f64],
    features: usize,
    labels: &[bool],
    strength: f64,
) -> Result<Logistic, AnalysisError> {
    if features.checked_mul(labels.len()) != Some(rows.len()) {
        let found = rows.len().checked_div(features).unwrap_or(0);
        return Err(AnalysisError::LabelCount { labels: labels.len(), rows: found });
    }
    if let Some(at) = rows.iter().position(|value| !value.is_finite()) {
        return Err(AnalysisError::NonFiniteFeature { row: at / features, column: at % features });
    }
    if !(strength > 0.0 && strength.is_finite()) {
        return Err(AnalysisError::Strength { value: strength.to_string() });
    }
    if labels.iter().all(|&l| l) || !labels.iter().any(|&l| l) {
        return Err(AnalysisError::OneClass);
    }
    let all: Vec<usize> = (0..labels.len()).collect();
    let space = RowSpace::new(rows.iter().copied(), features, &all)?;
    let problem = Problem::new(&space, &all, labels.iter().copied());
    let solution = problem.solve(strength, None, TOLERANCE)?;
    let weights = space.lift(solution.weights());
    // The space has its origin at the mean of the rows.
    let at_mean = rows.chunks_exact(features.max(1)).map(|row| dot(row, &weights)).sum::<f64>();
    let intercept = solution.intercept() - at_mean / labels.len() as f64;
    Ok(Logistic { weights, intercept })
}

/// Weights in the coordinates of a [`RowSpace`], and the intercept last.
#[derive(Debug, Clone)]
pub(crate) struct Solution(Vec<f64>);

impl Solution {
    /// Without the intercept.
    pub(crate) fn weights(&self) -> &[f64] {
        self.0.split_last().map_or(&[], |(_, weights)| weights)
    }

    fn intercept(&self) -> f64 {
        self.0.last().copied().unwrap_or(0.0)
    }
}

/// Rows with labels, to be fitted with one strength after the other.
pub(crate) struct Problem<'a> {
    /// Coordinates `[rows, rank]`.
    rows: Vec<&'a [f64]>,
    /// 1 or -1 for each row.
    labels: Vec<f64>,
    /// Sum of squares along each axis, for the preconditioner.
    spread: &'a [f64],
}

/// The loss and what its derivatives need, at one point.
struct Point {
    loss: f64,
    /// Of the loss; the intercept's last.
    gradient: Vec<f64>,
    /// `p (1 - p)` of each row.
    curvature: Vec<f64>,
}

/// A fit, compiled for the vector instructions of the processor.
struct Newton<'a> {
    problem: &'a Problem<'a>,
    strength: f64,
    start: Option<&'a Solution>,
    tolerance: f64,
}

impl WithSimd for Newton<'_> {
    type Output = Result<Solution, AnalysisError>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        self.problem.newton(simd, &self)
    }
}

impl<'a> Problem<'a> {
    /// The rows at `rows` with their labels, which both classes have.
    pub(crate) fn new(
        space: &'a RowSpace,
        rows: &[usize],
        labels: impl Iterator<Item = bool>,
    ) -> Self {
        Self {
            rows: rows.iter().map(|&i| space.row(i)).collect(),
            labels: labels.map(|positive| if positive { 1.0 } else { -1.0 }).collect(),
            spread: &space.spread,
        }
    }

    /// The minimum for one `strength`, from zero or from the solution for another, where the gradient
    /// is at most `tolerance` of that at zero.
    ///
    /// # Errors
    /// [`AnalysisError::LogisticNoConvergence`].
    pub(crate) fn solve(
        &self,
        strength: f64,
        start: Option<&Solution>,
        tolerance: f64,
    ) -> Result<Solution, AnalysisError> {
        Arch::new().dispatch(Newton { problem: self, strength, start, tolerance })
    }

    #[inline(always)]
    fn newton<S: Simd>(&self, simd: S, asked: &Newton<'_>) -> Result<Solution, AnalysisError> {
        let Newton { strength, start, tolerance, .. } = *asked;
        let zero = vec![0.0; self.spread.len() + 1];
        let mut at = start.map_or_else(|| zero.clone(), |solution| solution.0.clone());
        let mut point = self.point(simd, &at, strength);
        let at_zero = match start {
            Some(_) => self.size(&self.point(simd, &zero, strength), strength),
            None => self.size(&point, strength),
        };
        for _ in 0..MOST_STEPS {
            let size = self.size(&point, strength);
            if size <= tolerance * at_zero {
                return Ok(Solution(at));
            }
            let forcing = (size / at_zero).sqrt().min(0.25);
            let step = self.newton_step(simd, &point, strength, forcing * size);
            let slope: f64 = step.iter().zip(&point.gradient).map(|(s, g)| s * g).sum();
            let mut length = 1.0;
            let mut next = None;
            for _ in 0..MOST_HALVINGS {
                let there: Vec<f64> = at.iter().zip(&step).map(|(a, s)| a + length * s).collect();
                let candidate = self.point(simd, &there, strength);
                let allowed = GAIN * length * slope + ROUNDING * point.loss;
                if candidate.loss <= point.loss + allowed {
                    next = Some((there, candidate));
                    break;
                }
                length *= 0.5;
            }
            let Some(better) = next else { break };
            (at, point) = better;
        }
        Err(AnalysisError::LogisticNoConvergence)
    }

    /// Loss, gradient and curvature at `at`.
    #[inline(always)]
    fn point<S: Simd>(&self, simd: S, at: &[f64], strength: f64) -> Point {
        let (intercept, weights) = at.split_last().map_or((0.0, at), |(i, w)| (*i, w));
        let mut gradient = vec![0.0; at.len()];
        let mut curvature = Vec::with_capacity(self.rows.len());
        let mut loss = 0.5 * strength * dot_with(simd, weights, weights);
        for (row, &label) in self.rows.iter().zip(&self.labels) {
            let margin = label * (dot_with(simd, row, weights) + intercept);
            // ln(1 + exp(-m)) and 1 / (1 + exp(m)) without overflow.
            let small = (-margin.abs()).exp();
            loss += small.ln_1p() + (-margin).max(0.0);
            let wrong = if margin > 0.0 { small / (1.0 + small) } else { 1.0 / (1.0 + small) };
            curvature.push(wrong * (1.0 - wrong));
            add_row(&mut gradient, row, -label * wrong);
        }
        gradient.iter_mut().zip(weights).for_each(|(g, w)| *g += strength * w);
        Point { loss, gradient, curvature }
    }

    /// The diagonal of the Hessian, nearly: along principal axes the rest is small.
    fn diagonal(&self, point: &Point, strength: f64) -> Vec<f64> {
        let total: f64 = point.curvature.iter().sum();
        let mean = total / self.rows.len() as f64;
        let axes = self.spread.iter().map(|spread| mean * spread + strength);
        // Where every row is far on its side, the intercept has hardly any curvature.
        axes.chain([total.max(f64::MIN_POSITIVE)]).collect()
    }

    /// Length of the gradient where every axis has its own unit, in which the loss is round.
    fn size(&self, point: &Point, strength: f64) -> f64 {
        let diagonal = self.diagonal(point, strength);
        point.gradient.iter().zip(&diagonal).map(|(g, d)| g * g / d).sum::<f64>().sqrt()
    }

    /// Minus the inverse Hessian times the gradient, by conjugate gradients until what is left of
    /// the gradient has at most the size `left`.
    #[inline(always)]
    fn newton_step<S: Simd>(&self, simd: S, point: &Point, strength: f64, left: f64) -> Vec<f64> {
        let diagonal = self.diagonal(point, strength);
        let mut step = vec![0.0; diagonal.len()];
        let mut residual: Vec<f64> = point.gradient.iter().map(|g| -g).collect();
        let mut scaled: Vec<f64> = residual.iter().zip(&diagonal).map(|(r, d)| r / d).collect();
        let mut search = scaled.clone();
        let mut squared = dot_with(simd, &residual, &scaled);
        for _ in 0..2 * diagonal.len() {
            let image = self.hessian_times(simd, &search, point, strength);
            let bend = dot_with(simd, &search, &image);
            // Nothing is left to search along.
            if bend <= 0.0 {
                break;
            }
            let length = squared / bend;
            step.iter_mut().zip(&search).for_each(|(s, d)| *s += length * d);
            residual.iter_mut().zip(&image).for_each(|(r, h)| *r -= length * h);
            for ((z, r), d) in scaled.iter_mut().zip(&residual).zip(&diagonal) {
                *z = r / d;
            }
            let next = dot_with(simd, &residual, &scaled);
            if next.sqrt() <= left {
                break;
            }
            let turn = next / squared;
            search.iter_mut().zip(&scaled).for_each(|(d, z)| *d = z + turn * *d);
            squared = next;
        }
        step
    }

    #[inline(always)]
    fn hessian_times<S: Simd>(
        &self,
        simd: S,
        vector: &[f64],
        point: &Point,
        strength: f64,
    ) -> Vec<f64> {
        let (intercept, weights) = vector.split_last().map_or((0.0, vector), |(i, w)| (*i, w));
        let mut image = vec![0.0; vector.len()];
        for (row, curvature) in self.rows.iter().zip(&point.curvature) {
            let along = dot_with(simd, row, weights) + intercept;
            add_row(&mut image, row, curvature * along);
        }
        image.iter_mut().zip(weights).for_each(|(i, w)| *i += strength * w);
        image
    }
}

/// Adds `times` a row, and `times` itself for the intercept.
#[inline(always)]
fn add_row(sum: &mut [f64], row: &[f64], times: f64) {
    let Some((intercept, sum)) = sum.split_last_mut() else { return };
    sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += times * value);
    *intercept += times;
}
