//! How steeply the outcome follows the coefficient.

use lens_core::{Interval, NORMAL_QUANTILE};
use serde::Serialize;

use crate::dose::{Cell, Dose};

/// Newton steps after which the fit is given up; ten are usual.
const MOST_STEPS: usize = 100;
/// Halvings of one step after which it cannot be improved on.
const MOST_HALVINGS: i32 = 40;
/// Step, in log-odds, after which the next would be below rounding: the error is squared each time.
const LAST_STEP: f64 = 1e-8;

/// A likelihood lower by less than this share is no lower: next to the maximum a step changes it by
/// less than its rounding.
const ROUNDING: f64 = 1e-13;

/// Logistic regression of the outcome on the coefficient, over coherent samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Slope {
    /// Maximum likelihood, with Wald's interval from the Fisher information.
    Estimated {
        /// Change of the outcome's log-odds per unit of the coefficient.
        slope: f64,
        /// Log-odds of the outcome at coefficient 0.
        intercept: f64,
        /// Standard error of the slope.
        standard_error: f64,
        /// 95 % interval of the slope.
        interval: Interval,
        /// Samples.
        n: usize,
    },
    /// A threshold on the coefficient tells the outcomes apart but for ties at it, so the likelihood
    /// grows with the slope without end and no finite number is the best.
    Separated {
        /// Whether the outcome lies above the threshold.
        rising: bool,
        /// Samples.
        n: usize,
    },
    /// All samples have the same outcome.
    OneOutcome {
        /// That outcome.
        always: bool,
        /// Samples.
        n: usize,
    },
    /// The samples are of fewer than two coefficients.
    OneCoefficient,
    /// Newton's method did not end.
    NoConvergence,
}

impl Slope {
    /// The slope, where there is a finite one.
    #[must_use]
    pub const fn value(&self) -> Option<f64> {
        match self {
            Self::Estimated { slope, .. } => Some(*slope),
            _ => None,
        }
    }

    /// Why there is no slope, as a sentence.
    #[must_use]
    pub const fn problem(&self) -> Option<&'static str> {
        match self {
            Self::Estimated { .. } => None,
            Self::Separated { rising: true, .. } => Some(
                "The outcome is there above one coefficient and not below it, so the slope has no \
                 finite estimate.",
            ),
            Self::Separated { rising: false, .. } => Some(
                "The outcome is there below one coefficient and not above it, so the slope has no \
                 finite estimate.",
            ),
            Self::OneOutcome { always: true, .. } => Some("Every coherent sample has the outcome."),
            Self::OneOutcome { always: false, .. } => Some("No coherent sample has the outcome."),
            Self::OneCoefficient => Some("Fewer than two coefficients have coherent samples."),
            Self::NoConvergence => Some("The logistic regression did not converge."),
        }
    }
}

/// The slope over all coefficients.
#[must_use]
pub fn slope(dose: &Dose) -> Slope {
    fit(dose.cells())
}

/// How much steeper the outcome follows positive coefficients than negative ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Asymmetry {
    /// The slope over the coefficients from 0 up.
    pub above: Slope,
    /// The slope over the coefficients from 0 down.
    pub below: Slope,
    /// |slope above| - |slope below|; absent where one of them is.
    pub value: Option<f64>,
}

/// |slope for a > 0| - |slope for a < 0|, each fitted with the samples at 0.
#[must_use]
pub fn asymmetry(dose: &Dose) -> Asymmetry {
    let part = |wanted: fn(f64) -> bool| {
        let cells: Vec<Cell> =
            dose.cells().iter().filter(|cell| wanted(cell.coefficient)).copied().collect();
        fit(&cells)
    };
    let (above, below) = (part(|a| a >= 0.0), part(|a| a <= 0.0));
    let value = above.value().zip(below.value()).map(|(above, below)| above.abs() - below.abs());
    Asymmetry { above, below, value }
}

/// Samples of one coefficient, as the fit sees them.
#[derive(Clone, Copy)]
struct Group {
    /// The coefficient, in units of the largest.
    at: f64,
    hits: f64,
    n: f64,
}

/// Derivatives of the log-likelihood at a point.
struct Point {
    likelihood: f64,
    gradient: [f64; 2],
    /// Fisher information: intercept, mixed, slope.
    information: [f64; 3],
}

fn fit(cells: &[Cell]) -> Slope {
    let cells: Vec<&Cell> = cells.iter().filter(|cell| cell.coherent > 0).collect();
    let n: usize = cells.iter().map(|cell| cell.coherent).sum();
    let hits: usize = cells.iter().map(|cell| cell.coherent_outcomes).sum();
    if cells.len() < 2 {
        return Slope::OneCoefficient;
    }
    if hits == 0 || hits == n {
        return Slope::OneOutcome { always: hits > 0, n };
    }
    if let Some(rising) = separated(&cells) {
        return Slope::Separated { rising, n };
    }
    let unit = cells.iter().map(|cell| cell.coefficient.abs()).fold(0.0, f64::max);
    let group = |cell: &&Cell| Group {
        at: cell.coefficient / unit,
        hits: cell.coherent_outcomes as f64,
        n: cell.coherent as f64,
    };
    let groups: Vec<Group> = cells.iter().map(group).collect();
    let Some(([intercept, slope], information)) = newton(&groups) else {
        return Slope::NoConvergence;
    };
    let [at_zero, mixed, along] = information;
    let standard_error = (at_zero / (at_zero * along - mixed * mixed)).sqrt() / unit;
    let slope = slope / unit;
    let half = NORMAL_QUANTILE * standard_error;
    let interval = Interval { low: slope - half, high: slope + half };
    if !(slope.is_finite() && half.is_finite()) {
        return Slope::NoConvergence;
    }
    Slope::Estimated { slope, intercept, standard_error, interval, n }
}

/// Whether a threshold tells the outcomes apart, and which way. With one covariate the likelihood has
/// a maximum if and only if there is none (Albert and Anderson, 1984).
fn separated(cells: &[&Cell]) -> Option<bool> {
    let range = |wanted: fn(&Cell) -> bool| {
        let those = cells.iter().filter(|cell| wanted(cell)).map(|cell| cell.coefficient);
        those.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), a| (low.min(a), high.max(a)))
    };
    let (first_hit, last_hit) = range(|cell| cell.coherent_outcomes > 0);
    let (first_miss, last_miss) = range(|cell| cell.coherent_outcomes < cell.coherent);
    if last_miss <= first_hit {
        return Some(true);
    }
    (last_hit <= first_miss).then_some(false)
}

/// Intercept and slope of the greatest likelihood, and the information there.
fn newton(groups: &[Group]) -> Option<([f64; 2], [f64; 3])> {
    let mut at = [0.0; 2];
    let mut here = point(groups, at);
    for _ in 0..MOST_STEPS {
        let [a, b, c] = here.information;
        let [g, h] = here.gradient;
        let determinant = a * c - b * b;
        if determinant.is_nan() || determinant <= 0.0 {
            return None;
        }
        let step = [(c * g - b * h) / determinant, (a * h - b * g) / determinant];
        let moved = |length: f64| [at[0] + length * step[0], at[1] + length * step[1]];
        if step.iter().zip(at).all(|(step, at)| step.abs() <= LAST_STEP * (1.0 + at.abs())) {
            let top = moved(1.0);
            return Some((top, point(groups, top).information));
        }
        let lengths = (0..MOST_HALVINGS).map(|halving| 0.5_f64.powi(halving));
        let mut steps = lengths.map(moved).map(|next| (next, point(groups, next)));
        let least = here.likelihood - ROUNDING * here.likelihood.abs();
        (at, here) = steps.find(|(_, there)| there.likelihood >= least)?;
    }
    None
}

fn point(groups: &[Group], [intercept, slope]: [f64; 2]) -> Point {
    let mut point = Point { likelihood: 0.0, gradient: [0.0; 2], information: [0.0; 3] };
    for group in groups {
        let log_odds = intercept + slope * group.at;
        // ln(1 + exp(x)) without overflow
        let softplus = log_odds.max(0.0) + (-log_odds.abs()).exp().ln_1p();
        point.likelihood += group.hits * log_odds - group.n * softplus;
        let probability = 1.0 / (1.0 + (-log_odds).exp());
        let residual = group.hits - group.n * probability;
        let weight = group.n * probability * (1.0 - probability);
        let powers = [1.0, group.at, group.at * group.at];
        for (sum, power) in point.gradient.iter_mut().zip(powers) {
            *sum += residual * power;
        }
        for (sum, power) in point.information.iter_mut().zip(powers) {
            *sum += weight * power;
        }
    }
    point
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells(counts: &[(f64, usize, usize)]) -> Vec<Cell> {
        let cell = |&(coefficient, hits, n): &(f64, usize, usize)| Cell {
            coefficient,
            n,
            outcomes: hits,
            coherent: n,
            coherent_outcomes: hits,
            empty: 0,
        };
        counts.iter().map(cell).collect()
    }

    #[test]
    fn what_has_no_finite_slope_says_so() {
        let kind = |counts: &[(f64, usize, usize)]| fit(&cells(counts));
        let rising = Slope::Separated { rising: true, n: 9 };
        assert_eq!(kind(&[(-1.0, 0, 3), (0.0, 1, 3), (1.0, 3, 3)]), rising, "quasi-separated at 0");
        assert_eq!(kind(&[(-1.0, 0, 3), (0.0, 0, 3), (1.0, 3, 3)]), rising);
        let falling = Slope::Separated { rising: false, n: 6 };
        assert_eq!(kind(&[(-1.0, 3, 3), (1.0, 0, 3)]), falling);
        assert_eq!(kind(&[(-1.0, 3, 3), (1.0, 3, 3)]), Slope::OneOutcome { always: true, n: 6 });
        assert_eq!(kind(&[(-1.0, 0, 3), (1.0, 0, 3)]), Slope::OneOutcome { always: false, n: 6 });
        assert_eq!(kind(&[(-1.0, 0, 0), (1.0, 1, 3)]), Slope::OneCoefficient);
    }

    proptest! {
        #[test]
        fn every_slope_is_finite_and_turns_with_the_coefficients(
            hits in prop::collection::vec(0..=6_usize, 5), unit in prop::sample::select(vec![1e-6, 1.0, 20.0, 1e9]),
        ) {
            let grid = [-2.0, -1.0, 0.0, 1.0, 2.0];
            let counts: Vec<_> = grid.iter().zip(&hits).map(|(a, k)| (a * unit, *k, 6)).collect();
            let turned: Vec<_> = counts.iter().rev().map(|(a, k, n)| (-a, *k, *n)).collect();
            match (fit(&cells(&counts)), fit(&cells(&turned))) {
                (
                    Slope::Estimated { slope, interval, standard_error, .. },
                    Slope::Estimated { slope: turned, .. },
                ) => {
                    prop_assert!(slope.is_finite() && standard_error > 0.0);
                    prop_assert!(interval.low < slope && slope < interval.high);
                    prop_assert!((slope + turned).abs() <= 1e-9 * standard_error);
                }
                (Slope::Separated { rising, .. }, Slope::Separated { rising: turned, .. }) => {
                    prop_assert_ne!(rising, turned);
                }
                (one, other) => prop_assert_eq!(one, other),
            }
        }
    }

    #[test]
    fn the_last_step_may_be_lost_in_rounding() {
        for hits in [[6, 5, 3, 0, 1], [0, 0, 1, 0, 1], [1, 0, 3, 5, 6]] {
            for unit in [1e-6, 1.0, 20.0, 1e9] {
                let grid = [-2.0, -1.0, 0.0, 1.0, 2.0];
                let counts: Vec<_> = grid.iter().zip(hits).map(|(a, k)| (a * unit, k, 6)).collect();
                assert!(fit(&cells(&counts)).value().is_some(), "{hits:?} in units of {unit}");
            }
        }
    }

    #[test]
    fn asymmetry_is_the_difference_of_two_slopes() {
        let counts = [(-2.0, 3, 10), (-1.0, 4, 10), (0.0, 5, 10), (1.0, 8, 10), (2.0, 9, 10)];
        let dose = Dose::new(cells(&counts)).expect("has 0");
        let found = asymmetry(&dose);
        let (above, below) = (fit(&cells(&counts[2..])), fit(&cells(&counts[..3])));
        assert_eq!((found.above, found.below), (above, below));
        let value = found.value.expect("both are finite");
        assert!(value > 0.0, "it follows positive coefficients more steeply: {value}");
        let flat = [(-1.0, 0, 4), (0.0, 0, 4), (1.0, 2, 4)];
        let dose = Dose::new(cells(&flat)).expect("has 0");
        assert_eq!(asymmetry(&dose).value, None);
    }
}
