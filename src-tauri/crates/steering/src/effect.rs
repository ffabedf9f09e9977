//! How far a change of the residual stream moves the outcome, as one bounded number.
//!
//! A logistic slope has no finite value where a threshold tells the outcomes apart, which is what
//! strong steering does. The difference of two rates always has one, between -1 and 1.

use lens_core::{Interval, Seed};
use rand::Rng;
use serde::Serialize;

use crate::dose::SampleOutcome;

/// Draws of the bootstrap.
const DRAWS: usize = 2_000;

/// A difference of rates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Effect {
    /// The difference.
    pub value: f64,
    /// 95 % interval: percentiles of a bootstrap over seeds of samples, within these scenarios.
    pub interval: Interval,
    /// Seeds that have coherent samples on both sides.
    pub n: usize,
}

/// Rate at positive coefficients minus that at negative ones, among coherent samples, each seed
/// against itself. `scenarios` hold, for each coefficient, the samples in the order of their seeds.
/// Absent where no seed has coherent samples on both sides.
#[must_use]
pub fn effect(scenarios: &[Vec<(f64, &[SampleOutcome])>], seed: Seed) -> Option<Effect> {
    let differences = scenarios.iter().flat_map(|cells| {
        let seeds = cells.iter().map(|(_, samples)| samples.len()).max().unwrap_or(0);
        (0..seeds).filter_map(|index| {
            let rate = |wanted: fn(f64) -> bool| {
                mean(cells.iter().filter(|(a, _)| wanted(*a)).filter_map(|(_, samples)| {
                    samples
                        .get(index)
                        .filter(|s| s.coherent)
                        .map(|s| f64::from(u8::from(s.outcome)))
                }))
            };
            Some(rate(|a| a > 0.0)? - rate(|a| a < 0.0)?)
        })
    });
    estimate(&differences.collect::<Vec<f64>>(), seed)
}

/// Rate after a change minus that before it, among coherent samples, each seed against itself; one
/// entry a scenario. Absent where no seed has coherent samples before and after.
#[must_use]
pub fn change(scenarios: &[(&[SampleOutcome], &[SampleOutcome])], seed: Seed) -> Option<Effect> {
    let differences = scenarios.iter().flat_map(|(before, after)| {
        let both = before.iter().zip(*after).filter(|(b, a)| b.coherent && a.coherent);
        both.map(|(b, a)| f64::from(u8::from(a.outcome)) - f64::from(u8::from(b.outcome)))
    });
    estimate(&differences.collect::<Vec<f64>>(), seed)
}

fn estimate(differences: &[f64], seed: Seed) -> Option<Effect> {
    let value = mean(differences.iter().copied())?;
    let n = differences.len();
    let mut random = seed.stream("steering/effect");
    let mut draws: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let drawn = (0..n).filter_map(|_| differences.get(random.random_range(0..n)));
            drawn.sum::<f64>() / n as f64
        })
        .collect();
    draws.sort_by(f64::total_cmp);
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of the draws"
        )]
        let index = (share * (DRAWS - 1) as f64).round() as usize;
        draws.get(index).copied()
    };
    Some(Effect { value, interval: Interval { low: at(0.025)?, high: at(0.975)? }, n })
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0_usize), |(sum, n), v| (sum + v, n + 1));
    (n > 0).then(|| sum / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(outcomes: &str) -> Vec<SampleOutcome> {
        let sample = |c| SampleOutcome { outcome: c == '1', coherent: c != 'x', empty: false };
        outcomes.chars().map(sample).collect()
    }

    #[test]
    fn each_seed_is_set_against_itself() {
        let (down, zero, up, far) =
            (samples("0010x1"), samples("111111"), samples("1110 1"), samples("1x1011"));
        let cells = vec![(-1.0, &*down), (0.0, &*zero), (1.0, &*up), (2.0, &*far)];
        // seeds: 1 - 0, 1 - 0 (one incoherent), 1 - 1, 0 - 0, none, 1 - 1
        let found = effect(&[cells], Seed(0)).expect("five seeds");
        assert_eq!((found.value, found.n), (0.4, 5));
        assert!(found.interval.low >= 0.0 && found.interval.high <= 1.0);
        let found = change(&[(&zero, &far), (&down, &zero)], Seed(0)).expect("ten seeds");
        assert_eq!((found.value, found.n), (0.2, 10));
        let nothing = samples("xxx");
        assert!(change(&[(&nothing, &nothing)], Seed(0)).is_none());
        assert!(effect(&[], Seed(0)).is_none());
    }

    #[test]
    fn the_interval_is_that_of_a_mean() {
        let before = samples(&"0".repeat(400));
        let after = samples(&format!("{}{}", "1".repeat(100), "0".repeat(300)));
        let found = change(&[(&before, &after)], Seed(1)).expect("400 seeds");
        // normal approximation: 0.25 +- 1.96 sqrt(.25 .75 / 400)
        assert!((found.interval.low - 0.2076).abs() < 0.01, "{found:?}");
        assert!((found.interval.high - 0.2924).abs() < 0.01, "{found:?}");
    }
}
