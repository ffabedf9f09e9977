//! Round numbers along an axis.

use crate::FigureError;

/// A closed range of one axis, in data units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Range {
    pub(crate) fn span(self) -> f64 {
        self.high - self.low
    }

    pub(crate) fn centre(self) -> f64 {
        self.low + self.span() / 2.0
    }

    /// Widened as far as a value.
    pub(crate) fn with(self, value: f64) -> Self {
        Self { low: self.low.min(value), high: self.high.max(value) }
    }

    pub(crate) fn contains(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// The same centre with another span.
    pub(crate) fn with_span(self, span: f64) -> Self {
        Self { low: self.centre() - span / 2.0, high: self.centre() + span / 2.0 }
    }

    /// Refuses what cannot be drawn to scale. `axis` is `horizontal` or `vertical`.
    pub(crate) fn checked(self, axis: &'static str) -> Result<Self, FigureError> {
        let span = self.span();
        // below this, neighbouring f64 numbers would be visibly apart
        let least = 1e-12 * self.low.abs().max(self.high.abs()).max(f64::MIN_POSITIVE);
        if span.is_finite() && span > least {
            Ok(self)
        } else {
            Err(FigureError::Range { axis, low: self.low, high: self.high })
        }
    }

    /// The range of the values, widened by a twentieth at each end; around a single value by a
    /// twentieth of it, or by 1 around nought.
    pub(crate) fn around(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        let span = high - low;
        let size = low.abs().max(high.abs());
        let pad = if span > 1e-9 * size {
            span / 20.0
        } else if size > 0.0 {
            size / 20.0
        } else {
            1.0
        };
        Self { low: low - pad, high: high + pad }
    }
}

/// The largest step of 1, 2 or 5 times a power of ten that is at least `least`.
pub(crate) fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let multiple = [1.0, 2.0, 5.0].into_iter().find(|m| m * power >= least * (1.0 - 1e-9));
    multiple.map_or(10.0 * power, |m| m * power)
}

/// Marks of one axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ticks {
    /// Value and what is written beside it.
    pub(crate) marks: Vec<(f64, String)>,
    /// "10⁵" when the labels count in it.
    pub(crate) unit: Option<String>,
}

impl Ticks {
    pub(crate) fn none() -> Self {
        Self { marks: Vec::new(), unit: None }
    }

    /// Multiples of `step` inside the range.
    pub(crate) fn every(step: f64, range: Range) -> Self {
        // a step is chosen from the length of the axis: more marks than this cannot come of it
        const MOST: usize = 200;
        let first = (range.low / step - 1e-9).ceil();
        let largest = range.low.abs().max(range.high.abs());
        let exponent = if largest > 0.0 { largest.log10().floor() as i32 } else { 0 };
        let exponent = if (-3..5).contains(&exponent) { 0 } else { exponent };
        let unit = 10_f64.powi(exponent);
        let decimals = (-(step / unit).log10().floor()).clamp(0.0, 12.0) as usize;
        let marks = (0..MOST)
            .map(|index| (first + index as f64) * step)
            .take_while(|&value| value <= range.high + 1e-9 * step)
            .map(|value| (value, signed(value / unit, decimals)))
            .collect();
        Self { marks, unit: (exponent != 0).then(|| format!("10{}", superior(exponent))) }
    }
}

/// A number with a typographic minus.
pub(crate) fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().all(|c| matches!(c, '0' | '.')) => digits.to_owned(),
        Some(digits) => format!("\u{2212}{digits}"),
        None => text,
    }
}

fn superior(exponent: i32) -> String {
    exponent
        .to_string()
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '0' | '4'..='9' => char::from_u32(c as u32 - u32::from(b'0') + 0x2070).unwrap_or(c),
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(step: f64, low: f64, high: f64) -> (Vec<String>, Option<String>) {
        let ticks = Ticks::every(step, Range { low, high });
        (ticks.marks.into_iter().map(|(_, label)| label).collect(), ticks.unit)
    }

    #[test]
    fn steps_are_the_next_round_number() {
        for (least, step) in [
            (0.8, 1.0),
            (1.0, 1.0),
            (1.1, 2.0),
            (2.5, 5.0),
            (6.0, 10.0),
            (0.03, 0.05),
            (420.0, 500.0),
        ] {
            assert!((round_step(least) - step).abs() < 1e-9 * step, "{least}");
        }
    }

    #[test]
    fn labels_are_exact_and_use_a_true_minus() {
        assert_eq!(labels(0.1, -0.21, 0.2).0, ["−0.2", "−0.1", "0.0", "0.1", "0.2"]);
        assert_eq!(labels(5.0, -7.0, 11.0).0, ["−5", "0", "5", "10"]);
        assert_eq!(
            labels(20_000.0, 0.0, 120_000.0),
            (
                ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0", "1.2"].map(str::to_owned).to_vec(),
                Some("10⁵".to_owned())
            )
        );
        assert_eq!(
            labels(2e-7, 0.0, 4.5e-7),
            (["0", "2", "4"].map(str::to_owned).to_vec(), Some("10⁻⁷".to_owned()))
        );
    }

    #[test]
    fn ranges_around_one_value_have_extent() {
        for value in [0.0, 3.0, -1e30, 1e-30] {
            let range = Range::around([value, value].into_iter());
            assert!(range.checked("horizontal").is_ok());
            assert!(range.contains(value));
        }
        assert!(Range { low: 1.0, high: 1.0 }.checked("vertical").is_err());
        assert!(Range { low: f64::MIN, high: f64::MAX }.checked("vertical").is_err());
        assert!(Range { low: f64::NAN, high: 1.0 }.checked("vertical").is_err());
    }
}
