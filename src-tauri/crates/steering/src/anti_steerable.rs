//! Samples that steering moves the wrong way.

use lens_core::Share;
use serde::Serialize;

use crate::dose::SampleOutcome;

/// How many samples went against the coefficients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AntiSteerable {
    /// Samples that moved the wrong way more often than the right one.
    pub wrong: Share,
    /// Samples that moved the right way more often than the wrong one.
    pub right: Share,
}

/// Compares each sample with itself at coefficient 0.
///
/// Sample `i` of every coefficient has to be made from the same seed, as this program makes them. It
/// moves the right way at a where it gains the outcome and a > 0, or loses it and a < 0; the wrong
/// way the other way round. Counted are samples that are coherent at 0 and at one other coefficient
/// at least. Samples beyond those at 0 have nothing to be compared with.
#[must_use]
pub fn anti_steerable(
    at_zero: &[SampleOutcome],
    steered: &[(f64, &[SampleOutcome])],
) -> AntiSteerable {
    let mut found = AntiSteerable { wrong: Share::default(), right: Share::default() };
    for (index, before) in at_zero.iter().enumerate().filter(|(_, sample)| sample.coherent) {
        let mut compared = false;
        let mut balance = 0_i64;
        for (coefficient, samples) in steered.iter().filter(|(a, _)| *a != 0.0) {
            let Some(after) = samples.get(index).filter(|after| after.coherent) else { continue };
            compared = true;
            if after.outcome != before.outcome {
                balance += if after.outcome == (*coefficient > 0.0) { 1 } else { -1 };
            }
        }
        if compared {
            found.wrong.count(balance < 0);
            found.right.count(balance > 0);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(outcomes: &str) -> Vec<SampleOutcome> {
        let sample = |c| SampleOutcome { outcome: c == '1', coherent: c != 'x', empty: false };
        outcomes.chars().map(sample).collect()
    }

    #[test]
    fn each_sample_is_compared_with_itself() {
        let zero = samples("0011x0");
        let (up, down) = (samples("1001"), samples("1010x0"));
        let found = anti_steerable(&zero, &[(2.0, &up), (-2.0, &down), (0.0, &up)]);
        // sample 0: up right, down wrong: even. 1: still. 2: lost going up: wrong, kept going down.
        // 3: kept going up, lost going down: right. 4: incoherent at 0. 5: still, at -2 alone.
        assert_eq!(found.wrong, Share { hits: 1, n: 5 });
        assert_eq!(found.right, Share { hits: 1, n: 5 });
        let all_incoherent = samples("xxxxxx");
        assert_eq!(anti_steerable(&zero, &[(2.0, &all_incoherent)]).wrong.value(), None);
    }
}
