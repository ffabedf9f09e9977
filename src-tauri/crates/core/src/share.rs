//! Shares with their intervals.

use serde::{Serialize, Serializer};

/// Standard normal quantile at 97.5 %.
pub const NORMAL_QUANTILE: f64 = 1.959_963_984_540_054;

/// The bounds of a 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// How many.
    pub hits: usize,
    /// Of how many.
    pub n: usize,
}

impl Share {
    /// The share; absent of none.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        (self.n > 0).then(|| self.hits as f64 / self.n as f64)
    }

    /// 95 % interval by Wilson's score (1927); absent of none.
    #[must_use]
    pub fn wilson(self) -> Option<Interval> {
        let share = self.value()?;
        let (n, z) = (self.n as f64, NORMAL_QUANTILE);
        let squared = z * z;
        let centre = share + squared / (2.0 * n);
        let width = z * (share * (1.0 - share) / n + squared / (4.0 * n * n)).sqrt();
        let scale = 1.0 + squared / n;
        // at none and at all, a bound is exact and rounding must not move it
        let low = if self.hits == 0 { 0.0 } else { (centre - width) / scale };
        let high = if self.hits == self.n { 1.0 } else { (centre + width) / scale };
        Some(Interval { low, high })
    }

    /// Whether this share is above another, compared exactly; absent if one is of none.
    #[must_use]
    pub fn above(self, other: Self) -> Option<bool> {
        let times = |a: usize, b: usize| a as u128 * b as u128;
        (self.n > 0 && other.n > 0).then(|| times(self.hits, other.n) > times(other.hits, self.n))
    }

    /// Counts one more.
    pub fn count(&mut self, hit: bool) {
        self.n += 1;
        self.hits += usize::from(hit);
    }
}

impl Serialize for Share {
    /// As `{value, n, low, high}`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told {
            value: Option<f64>,
            n: usize,
            low: Option<f64>,
            high: Option<f64>,
        }
        let interval = self.wilson();
        let (low, high) = (interval.map(|i| i.low), interval.map(|i| i.high));
        Told { value: self.value(), n: self.n, low, high }.serialize(serializer)
    }
}
