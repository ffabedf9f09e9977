//! Numbers with their intervals, and how they are written.

use crate::Range;
use crate::ticks::signed;

/// A measured number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Its interval, where there is one.
    pub interval: Option<Range>,
}

impl Estimate {
    pub(crate) fn is_finite(&self) -> bool {
        let range = self.interval.unwrap_or(Range { low: 0.0, high: 0.0 });
        self.value.is_finite() && range.low.is_finite() && range.high.is_finite()
    }

    /// "0.98 [0.95, 1.00]".
    pub(crate) fn words(&self, decimals: usize) -> String {
        match self.interval {
            Some(range) => {
                format!("{} {}", signed(self.value, decimals), interval_words(range, decimals))
            }
            None => signed(self.value, decimals),
        }
    }

    /// The ends of the interval, and the number itself.
    pub(crate) fn ends(&self) -> impl Iterator<Item = f64> {
        let interval = self.interval.into_iter().flat_map(|range| [range.low, range.high]);
        [self.value].into_iter().chain(interval)
    }
}

/// "[0.95, 1.00]".
pub(crate) fn interval_words(range: Range, decimals: usize) -> String {
    format!("[{}, {}]", signed(range.low, decimals), signed(range.high, decimals))
}

/// "p = 0.012", and "p < 0.001" below what three decimals can say.
pub(crate) fn p_words(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}

/// "n = 15 test pairs".
pub(crate) fn tested_on(pairs: usize) -> String {
    format!("n = {}", counted(pairs, "test pair", "test pairs"))
}

/// Says how many of `[one, many]` are left out because `what` ("the scores") are not finite; nothing
/// when none is.
pub(crate) fn not_drawn(count: usize, [one, many]: [&str; 2], what: &str) -> Option<String> {
    let are = if count == 1 { "is" } else { "are" };
    let counted = counted(count, one, many);
    (count > 0).then(|| format!("{counted} {are} not drawn: {what} are not finite numbers."))
}

/// "1 pair", "12 pairs".
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_their_intervals() {
        let range = Range { low: -0.051, high: 0.4 };
        let estimate = Estimate { value: 0.2, interval: Some(range) };
        assert_eq!(estimate.words(2), "0.20 [−0.05, 0.40]");
        assert_eq!(Estimate { value: -0.001, interval: None }.words(2), "0.00");
        assert!(estimate.is_finite());
        let broken = Range { low: f64::NAN, ..range };
        assert!(!Estimate { value: 0.2, interval: Some(broken) }.is_finite());
        assert_eq!(p_words(0.0004), "p < 0.001");
        assert_eq!(p_words(0.0126), "p = 0.013");
        let written = [1, 12, 999, 1_000, 1_234_567].map(|count| counted(count, "text", "texts"));
        assert_eq!(written, ["1 text", "12 texts", "999 texts", "1,000 texts", "1,234,567 texts"]);
    }
}
