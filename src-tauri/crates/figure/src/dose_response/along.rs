//! Marks and numbers along the coefficients.

use super::curves::Place;
use crate::font::Weight;
use crate::sheet::Sheet;
use crate::ticks::{Ticks, round_step, signed};

/// Coefficients with marks of their own, at most; beyond, round numbers have them.
const MOST_OWN: usize = 15;

/// Digits behind the point of a coefficient, at most.
const MOST_DECIMALS: usize = 3;

/// What stands along one panel.
pub(super) struct Along {
    /// Where marks stand on the paper.
    pub(super) marks: Vec<f64>,
    /// Numbers at some of them, as many as do not touch.
    pub(super) numbers: Vec<(f64, String)>,
    /// The power of ten that the numbers count in.
    pub(super) unit: Option<String>,
}

impl Along {
    /// `out` keeps the place of the word below what is projected out.
    pub(super) fn new(sheet: &Sheet<'_>, doses: &[f64], place: &Place<'_>, out: bool) -> Self {
        let (size, rates) = (sheet.sizes.tick_label, &place.rates);
        let width = |text: &str| sheet.fonts.width(text, size, Weight::Regular);
        let own = written(doses).filter(|own| own.len() <= MOST_OWN);
        let (named, unit) = match own {
            Some(own) => (own, None),
            None => {
                let step = round_step(rates.x.span() / rates.width * size * 3.4);
                let ticks = Ticks::every(step, rates.x);
                (ticks.marks, ticks.unit)
            }
        };
        let marks = named.iter().map(|(value, _)| rates.at_x(*value)).collect();
        let mut taken: Vec<(f64, f64)> = Vec::new();
        if out {
            let half = width("out") / 2.0;
            taken.push((place.out - half, place.out + half));
        }
        let mut numbers = Vec::new();
        for index in by_worth(&named) {
            let Some((value, text)) = named.get(index) else { continue };
            let (x, half) = (rates.at_x(*value), width(text) / 2.0);
            let (left, right) = (x - half, x + half);
            let free = taken.iter().all(|(a, b)| right + size * 0.5 < *a || *b + size * 0.5 < left);
            if free {
                taken.push((left, right));
                numbers.push((x, text.clone()));
            }
        }
        Self { marks, numbers, unit }
    }
}

/// The coefficients as they are written, all with as many decimals as one of them needs; none where
/// that would be too long.
fn written(doses: &[f64]) -> Option<Vec<(f64, String)>> {
    let exact = |value: f64, decimals: usize| {
        let power = 10_f64.powi(i32::try_from(decimals).unwrap_or(0));
        ((value * power).round() / power - value).abs() <= 1e-9 * value.abs().max(1e-3)
    };
    let fits = |decimals: &usize| doses.iter().all(|dose| exact(*dose, *decimals));
    let decimals = (0..=MOST_DECIMALS).find(fits)?;
    let short = doses.iter().all(|dose| dose.abs() < 1e5);
    short.then(|| doses.iter().map(|&dose| (dose, signed(dose, decimals))).collect())
}

/// Places in the order in which they want their numbers: 0, the ends, then every other one of what
/// is left, so that what finds room is spread out.
fn by_worth(named: &[(f64, String)]) -> Vec<usize> {
    let last = named.len().saturating_sub(1);
    let zero = named.iter().position(|(value, _)| *value == 0.0);
    let mut order: Vec<usize> = zero.into_iter().chain([0, last]).collect();
    order.extend((0..named.len()).step_by(2).chain((1..named.len()).step_by(2)));
    let mut seen = vec![false; named.len()];
    order.retain(|&index| seen.get_mut(index).is_some_and(|seen| !std::mem::replace(seen, true)));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_are_written_alike_and_not_at_length() {
        let words = |doses: &[f64]| {
            written(doses).map(|named| named.into_iter().map(|(_, text)| text).collect::<Vec<_>>())
        };
        assert_eq!(words(&[-4.0, 0.0, 2.0]).unwrap(), ["−4", "0", "2"]);
        assert_eq!(words(&[-0.5, 0.0, 0.25]).unwrap(), ["−0.50", "0.00", "0.25"]);
        assert_eq!(words(&[0.1, 0.2, 0.1 + 0.2]).unwrap(), ["0.1", "0.2", "0.3"]);
        assert_eq!(words(&[0.0, 1.0 / 3.0]), None);
        assert_eq!(words(&[0.0, 2e6]), None);
    }

    #[test]
    fn nought_and_the_ends_come_first_and_none_twice() {
        let named: Vec<(f64, String)> =
            [-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0].map(|value| (value, String::new())).to_vec();
        assert_eq!(by_worth(&named), [3, 0, 6, 2, 4, 1, 5]);
        assert_eq!(by_worth(&named[..1]), [0]);
        assert!(by_worth(&[]).is_empty());
    }
}
