//! Counts of samples at each coefficient.

use lens_core::Share;
use serde::Serialize;

use crate::SteeringError;

/// What is judged of one sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SampleOutcome {
    /// Whether the outcome occurred: by language, or by the scenario's own rule.
    pub outcome: bool,
    /// Whether it is coherent by the published rules.
    pub coherent: bool,
    /// Whether there is nothing but white space.
    pub empty: bool,
}

impl SampleOutcome {
    /// A text judged by its language.
    #[must_use]
    pub fn by_language(text: &str) -> Self {
        Self {
            outcome: crate::language_outcome(text),
            coherent: crate::coherent_as_published(text),
            empty: text.trim().is_empty(),
        }
    }
}

/// The samples made at one coefficient, counted.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Cell {
    /// The coefficient.
    pub coefficient: f64,
    /// Samples.
    pub n: usize,
    /// Samples in which the outcome occurred.
    pub outcomes: usize,
    /// Coherent samples.
    pub coherent: usize,
    /// Coherent samples in which the outcome occurred.
    pub coherent_outcomes: usize,
    /// Samples of nothing but white space.
    pub empty: usize,
}

impl Cell {
    /// Counts samples.
    pub fn of(coefficient: f64, samples: impl IntoIterator<Item = SampleOutcome>) -> Self {
        let mut cell = Self { coefficient, ..Self::default() };
        samples.into_iter().for_each(|sample| cell.count(sample));
        cell
    }

    /// Counts one more sample.
    pub fn count(&mut self, sample: SampleOutcome) {
        self.n += 1;
        self.outcomes += usize::from(sample.outcome);
        self.coherent += usize::from(sample.coherent);
        self.coherent_outcomes += usize::from(sample.outcome && sample.coherent);
        self.empty += usize::from(sample.empty);
    }

    /// Outcomes among all samples.
    #[must_use]
    pub const fn rate(&self) -> Share {
        Share { hits: self.outcomes, n: self.n }
    }

    /// Outcomes among the coherent samples.
    #[must_use]
    pub const fn coherent_outcome_rate(&self) -> Share {
        Share { hits: self.coherent_outcomes, n: self.coherent }
    }

    /// Coherent samples among all.
    #[must_use]
    pub const fn coherent_rate(&self) -> Share {
        Share { hits: self.coherent, n: self.n }
    }

    const fn add(&mut self, other: &Self) {
        self.n += other.n;
        self.outcomes += other.outcomes;
        self.coherent += other.coherent;
        self.coherent_outcomes += other.coherent_outcomes;
        self.empty += other.empty;
    }
}

/// One scenario steered by several coefficients, one of them 0.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dose {
    cells: Vec<Cell>,
    baseline: Cell,
}

impl Dose {
    /// Cells by ascending coefficient; those of equal coefficients are counted together.
    ///
    /// # Errors
    /// No coefficient 0, no other one, or one that is not finite.
    pub fn new(mut cells: Vec<Cell>) -> Result<Self, SteeringError> {
        if let Some(cell) = cells.iter().find(|cell| !cell.coefficient.is_finite()) {
            return Err(SteeringError::BadCoefficient(cell.coefficient.to_string()));
        }
        cells.sort_by(|a, b| a.coefficient.total_cmp(&b.coefficient));
        // -0 equals 0
        cells.dedup_by(|next, kept| {
            let same = next.coefficient == kept.coefficient;
            if same {
                kept.add(next);
            }
            same
        });
        let Some(baseline) = cells.iter_mut().find(|cell| cell.coefficient == 0.0) else {
            let given: Vec<String> = cells.iter().map(|c| c.coefficient.to_string()).collect();
            let given =
                if given.is_empty() { "there are none".to_owned() } else { given.join(", ") };
            return Err(SteeringError::NoBaseline { given });
        };
        baseline.coefficient = 0.0;
        let baseline = *baseline;
        if cells.len() == 1 {
            return Err(SteeringError::OnlyBaseline);
        }
        Ok(Self { cells, baseline })
    }

    /// Every cell, by ascending coefficient.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The cell at 0.
    #[must_use]
    pub const fn baseline(&self) -> &Cell {
        &self.baseline
    }

    /// The cells at other coefficients.
    pub(crate) fn steered(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| cell.coefficient != 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_sorted_merged_and_need_zero() {
        let cell = |coefficient, n| Cell { coefficient, n, ..Cell::default() };
        let dose = Dose::new(vec![cell(5.0, 1), cell(0.0, 2), cell(-5.0, 3), cell(-0.0, 4)]);
        let dose = dose.expect("has 0");
        let read: Vec<_> = dose.cells().iter().map(|c| (c.coefficient, c.n)).collect();
        assert_eq!(read, [(-5.0, 3), (0.0, 6), (5.0, 1)]);
        assert!(dose.baseline().coefficient.is_sign_positive());

        let said = |cells| Dose::new(cells).expect_err("refused").to_string();
        assert!(said(vec![cell(5.0, 1), cell(-5.0, 1)]).contains("lack 0 (-5, 5)"));
        assert!(said(Vec::new()).contains("lack 0"));
        assert!(said(vec![cell(0.0, 9)]).contains("besides 0"));
        assert!(said(vec![cell(0.0, 1), cell(f64::NAN, 1)]).contains("NaN"));
    }
}
