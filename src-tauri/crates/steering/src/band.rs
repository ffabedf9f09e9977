//! What random directions of the same norm do, as a band to hold the direction against.

use serde::Serialize;

use crate::SteeringError;
use crate::dose::Dose;

/// Random directions that a band needs at least.
pub const FEWEST_RANDOM_DIRECTIONS: usize = 5;

/// The rates of the random directions at one coefficient.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BandPoint {
    /// The coefficient.
    pub coefficient: f64,
    /// Lowest rate of a direction; absent, as the others, where no direction has samples.
    pub low: Option<f64>,
    /// Mean of the directions' rates.
    pub mean: Option<f64>,
    /// Highest rate.
    pub high: Option<f64>,
    /// Directions that have coherent samples here.
    pub directions: usize,
}

/// Lowest, mean and highest rate over random directions at each coefficient, among coherent samples.
///
/// Lowest and highest rather than percentiles: a handful of directions has no tails to cut.
///
/// # Errors
/// Fewer directions than [`FEWEST_RANDOM_DIRECTIONS`], or directions of different coefficients.
pub fn random_band(doses: &[Dose]) -> Result<Vec<BandPoint>, SteeringError> {
    let (found, needed) = (doses.len(), FEWEST_RANDOM_DIRECTIONS);
    let few = SteeringError::FewRandomDirections { found, needed };
    let Some(first) = doses.first().filter(|_| found >= needed) else { return Err(few) };
    let grid = |dose: &Dose| dose.cells().iter().map(|c| c.coefficient).collect::<Vec<_>>();
    let coefficients = grid(first);
    if let Some(index) = doses.iter().position(|dose| grid(dose) != coefficients) {
        return Err(SteeringError::OtherCoefficients { index });
    }
    let point = |(at, &coefficient): (usize, &f64)| {
        let cells = doses.iter().filter_map(|dose| dose.cells().get(at));
        let rates: Vec<f64> = cells.filter_map(|c| c.coherent_outcome_rate().value()).collect();
        let some = !rates.is_empty();
        BandPoint {
            coefficient,
            low: rates.iter().copied().reduce(f64::min),
            mean: some.then(|| rates.iter().sum::<f64>() / rates.len() as f64),
            high: rates.iter().copied().reduce(f64::max),
            directions: rates.len(),
        }
    };
    Ok(coefficients.iter().enumerate().map(point).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cell;

    fn dose(hits: usize, at: f64) -> Dose {
        let cell = |coefficient, coherent_outcomes, coherent| Cell {
            coefficient,
            n: 4,
            outcomes: coherent_outcomes,
            coherent,
            coherent_outcomes,
            empty: 0,
        };
        Dose::new(vec![cell(0.0, 2, 4), cell(at, hits, 4), cell(9.0, 0, 0)]).expect("has 0")
    }

    #[test]
    fn the_band_spans_the_directions() {
        let doses: Vec<Dose> = [0, 1, 2, 3, 4].map(|hits| dose(hits, 5.0)).to_vec();
        let band = random_band(&doses).expect("a band");
        let at_five = band.get(1).expect("three coefficients");
        assert_eq!(
            (at_five.low, at_five.mean, at_five.high, at_five.directions),
            (Some(0.0), Some(0.5), Some(1.0), 5)
        );
        let last = band.last().expect("three coefficients");
        assert_eq!((last.mean, last.directions), (None, 0));
    }

    #[test]
    fn too_few_or_other_coefficients_are_refused() {
        let few: Vec<Dose> = [0, 1].map(|hits| dose(hits, 5.0)).to_vec();
        assert!(random_band(&few).expect_err("few").to_string().contains("2 random directions"));
        assert!(random_band(&[]).is_err());
        let mut mixed: Vec<Dose> = [0, 1, 2, 3, 4].map(|hits| dose(hits, 5.0)).to_vec();
        mixed.push(dose(1, 6.0));
        assert!(random_band(&mixed).expect_err("other").to_string().contains("direction 5"));
    }
}
