//! Whether steering moved the outcome the way it was asked to.

use lens_core::Share;
use serde::Serialize;

use crate::dose::{Cell, Dose};

/// Share of coherent samples at 0, below which a model is too incoherent without steering to support
/// any claim about steering it.
pub const FEWEST_COHERENT: f64 = 0.5;

/// A rate that has nowhere to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// Every sample at 0 has the outcome: no positive coefficient can add to it.
    Ceiling,
    /// No sample at 0 has it: no negative coefficient can take from it.
    Floor,
}

impl Bound {
    const fn of(rate: Share) -> Option<Self> {
        match rate.n {
            0 => None,
            _ if rate.hits == rate.n => Some(Self::Ceiling),
            _ if rate.hits == 0 => Some(Self::Floor),
            _ => None,
        }
    }

    /// Whether a coefficient asks for what the bound forbids.
    const fn forbids(self, coefficient: f64) -> bool {
        match self {
            Self::Ceiling => coefficient > 0.0,
            Self::Floor => coefficient < 0.0,
        }
    }
}

/// Success as the published study counts it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SuccessAsPublished {
    /// Coefficients that count, of all that are not 0.
    pub share: Share,
    /// Coefficients without samples, which are left out. All of them where there is none at 0.
    pub unmeasured: Vec<f64>,
}

/// Share of the coefficients a != 0 with (a > 0) == (rate(a) - rate(0) > 0), over all samples.
///
/// At a ceiling or floor that is an artefact: with rate(0) = 1 every negative coefficient counts
/// without moving anything, and no positive one can, so a grid of as many of either gives 0.5
/// whatever the model does.
#[must_use]
pub fn success_as_published(dose: &Dose) -> SuccessAsPublished {
    let baseline = dose.baseline().rate();
    let mut found = SuccessAsPublished { share: Share::default(), unmeasured: Vec::new() };
    for cell in dose.steered() {
        match cell.rate().above(baseline) {
            Some(above) => found.share.count((cell.coefficient > 0.0) == above),
            None => found.unmeasured.push(cell.coefficient),
        }
    }
    found
}

/// Success counted strictly.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SuccessStrict {
    /// Coefficients that moved the rate the way they ask for, of those that can move it.
    pub share: Share,
    /// The rate at 0, among coherent samples.
    pub baseline: Share,
    /// Where the rate at 0 has nowhere to go.
    pub bound: Option<Bound>,
    /// Coefficients that cannot move the rate, because of the bound.
    pub cannot_move: Vec<f64>,
    /// Coefficients without coherent samples, which are left out. All of them where there is none
    /// at 0.
    pub unmeasured: Vec<f64>,
    /// Fewer than half of the samples at 0 are coherent ([`FEWEST_COHERENT`]): no claim stands.
    pub incoherent_unsteered: bool,
}

/// Share of the coefficients a != 0 whose rate lies strictly on the side of rate(0) that a asks for,
/// among those that can move it: positive ones unless rate(0) = 1, negative ones unless rate(0) = 0.
/// Rates are over coherent samples.
#[must_use]
pub fn success_strict(dose: &Dose) -> SuccessStrict {
    let baseline = dose.baseline().coherent_outcome_rate();
    let bound = Bound::of(baseline);
    let coherent = dose.baseline().coherent_rate().value();
    let mut found = SuccessStrict {
        share: Share::default(),
        baseline,
        bound,
        cannot_move: Vec::new(),
        unmeasured: Vec::new(),
        incoherent_unsteered: coherent.is_none_or(|share| share < FEWEST_COHERENT),
    };
    for cell in dose.steered() {
        if bound.is_some_and(|bound| bound.forbids(cell.coefficient)) {
            found.cannot_move.push(cell.coefficient);
            continue;
        }
        match moved_as_asked(cell, baseline) {
            Some(moved) => found.share.count(moved),
            None => found.unmeasured.push(cell.coefficient),
        }
    }
    found
}

fn moved_as_asked(cell: &Cell, baseline: Share) -> Option<bool> {
    let rate = cell.coherent_outcome_rate();
    if cell.coefficient > 0.0 { rate.above(baseline) } else { baseline.above(rate) }
}

impl SuccessStrict {
    /// What has to be said beside the share, as sentences.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.incoherent_unsteered {
            remarks.push(
                "Fewer than half of the samples at 0 are coherent, so nothing can be claimed."
                    .into(),
            );
        }
        match self.bound {
            Some(Bound::Ceiling) => remarks.push(
                "Ceiling: every coherent sample at 0 has the outcome; it cannot move up.".into(),
            ),
            Some(Bound::Floor) => remarks.push(
                "Floor: no coherent sample at 0 has the outcome; it cannot move down.".into(),
            ),
            None => {}
        }
        if !self.unmeasured.is_empty() {
            let list: Vec<String> = self.unmeasured.iter().map(f64::to_string).collect();
            remarks.push(format!("Without coherent samples to compare: {}.", list.join(", ")));
        }
        remarks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Coherent samples only.
    fn dose(cells: &[(f64, usize, usize)]) -> Dose {
        let cell = |&(coefficient, outcomes, n): &(f64, usize, usize)| Cell {
            coefficient,
            n,
            outcomes,
            coherent: n,
            coherent_outcomes: outcomes,
            empty: 0,
        };
        Dose::new(cells.iter().map(cell).collect()).expect("has 0")
    }

    const GRID: [f64; 4] = [-2.0, -1.0, 1.0, 2.0];

    #[test]
    fn at_the_ceiling_the_published_rule_gives_half_and_the_strict_one_says_so() {
        let still = dose(&[(-2.0, 5, 5), (-1.0, 5, 5), (0.0, 5, 5), (1.0, 5, 5), (2.0, 5, 5)]);
        assert_eq!(success_as_published(&still).share.value(), Some(0.5));
        let strict = success_strict(&still);
        assert_eq!(strict.bound, Some(Bound::Ceiling));
        assert_eq!(strict.cannot_move, [1.0, 2.0]);
        assert_eq!(strict.share, Share { hits: 0, n: 2 });
        assert!(strict.remarks().iter().any(|r| r.contains("cannot move up")));

        let upwards = dose(&[(0.0, 5, 5), (1.0, 5, 5)]);
        let strict = success_strict(&upwards);
        assert_eq!(strict.share.value(), None, "nothing could move");
        assert_eq!(strict.share.wilson(), None);
    }

    proptest! {
        #[test]
        fn whatever_the_model_does_at_the_ceiling_the_published_rule_says_half(
            rates in prop::array::uniform4(0..=9_usize),
        ) {
            let mut cells = vec![(0.0, 9, 9)];
            cells.extend(GRID.iter().zip(rates).map(|(&a, k)| (a, k, 9)));
            prop_assert_eq!(success_as_published(&dose(&cells)).share.value(), Some(0.5));
            // and the strict one depends on the negative ones alone
            let strict = success_strict(&dose(&cells));
            let moved = GRID.iter().zip(rates).filter(|(a, k)| **a < 0.0 && *k < 9).count();
            prop_assert_eq!(strict.share, Share { hits: moved, n: 2 });
        }

        #[test]
        fn away_from_bounds_every_coefficient_is_judged_and_strict_is_no_easier(
            rates in prop::array::uniform4(0..=9_usize), zero in 1..9_usize,
        ) {
            let mut cells = vec![(0.0, zero, 9)];
            cells.extend(GRID.iter().zip(rates).map(|(&a, k)| (a, k, 9)));
            let (published, strict) =
                (success_as_published(&dose(&cells)).share, success_strict(&dose(&cells)).share);
            prop_assert_eq!((published.n, strict.n), (4, 4));
            prop_assert!(strict.hits <= published.hits);
        }
    }

    #[test]
    fn cells_without_samples_are_named_not_judged() {
        let gaps = dose(&[(-1.0, 0, 0), (0.0, 2, 4), (1.0, 3, 4)]);
        let published = success_as_published(&gaps);
        assert_eq!((published.share, published.unmeasured), (Share { hits: 1, n: 1 }, vec![-1.0]));
        let nothing = dose(&[(-1.0, 1, 2), (0.0, 0, 0), (1.0, 2, 2)]);
        assert_eq!(success_as_published(&nothing).share.value(), None);
        let strict = success_strict(&nothing);
        assert_eq!((strict.share.n, strict.unmeasured.len(), strict.bound), (0, 2, None));
        assert!(strict.incoherent_unsteered);
    }

    #[test]
    fn incoherent_samples_do_not_count_as_movement() {
        // at 1 the outcome is there in samples that make no sense
        let cell = Cell {
            coefficient: 1.0,
            n: 4,
            outcomes: 4,
            coherent: 2,
            coherent_outcomes: 1,
            empty: 0,
        };
        let zero = Cell {
            coefficient: 0.0,
            n: 4,
            outcomes: 2,
            coherent: 4,
            coherent_outcomes: 2,
            empty: 0,
        };
        let dose = Dose::new(vec![zero, cell]).expect("has 0");
        assert_eq!(success_as_published(&dose).share.hits, 1);
        assert_eq!(success_strict(&dose).share, Share { hits: 0, n: 1 });
    }
}
