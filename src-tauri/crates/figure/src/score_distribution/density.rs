//! The density of a side's scores, estimated with a Gaussian kernel.

use crate::Range;

/// Points of the curve.
const STEPS: usize = 96;

/// Value and density along the range, where there is any. The kernel's width is Silverman's (1986,
/// eq. 3.31): 0.9 n^(-1/5) times the smaller of the standard deviation and the interquartile range
/// over 1.34; scores that are all alike get a fiftieth of the range.
pub(super) fn curve(values: &[f64], range: Range) -> Vec<(f64, f64)> {
    let count = values.len() as f64;
    // sums of the largest numbers would overflow: measured in shares of the range
    let mut shares: Vec<f64> =
        values.iter().map(|value| (value - range.low) / range.span()).collect();
    shares.sort_by(f64::total_cmp);
    let mean = shares.iter().sum::<f64>() / count;
    let variance = shares.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    let quantile = |share: f64| {
        let place = share * (count - 1.0);
        let at = |index: f64| shares.get(index as usize).copied().unwrap_or(mean);
        at(place.floor()) + (at(place.ceil()) - at(place.floor())) * place.fract()
    };
    let between = (quantile(0.75) - quantile(0.25)) / 1.34;
    let scale = variance.sqrt().min(if between > 0.0 { between } else { f64::INFINITY });
    let width = (0.9 * scale * count.powf(-0.2)).max(0.02);
    let root = (2.0 * std::f64::consts::PI).sqrt();
    let (low, high) = shares
        .iter()
        .fold((1.0_f64, 0.0_f64), |(low, high), &share| (low.min(share), high.max(share)));
    let (low, high) = ((low - 3.0 * width).max(0.0), (high + 3.0 * width).min(1.0));
    (0..=STEPS)
        .map(|step| {
            let place = low + (high - low) * step as f64 / STEPS as f64;
            let kernel = |share: &f64| (-0.5 * ((place - share) / width).powi(2)).exp();
            let density = shares.iter().map(kernel).sum::<f64>() / (count * width * root);
            (range.low + place * range.span(), density)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_one_and_the_top_is_where_the_values_are() {
        let range = Range { low: -10.0, high: 10.0 };
        let values: Vec<f64> = (0..200).map(|i| (f64::from(i) / 199.0 - 0.5) * 4.0 + 3.0).collect();
        let curve = curve(&values, range);
        let area: f64 = curve
            .windows(2)
            .map(|pair| (pair[1].0 - pair[0].0) / range.span() * (pair[0].1 + pair[1].1) / 2.0)
            .sum();
        assert!((area - 1.0).abs() < 0.01, "{area}");
        let top = curve.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        assert!((top.0 - 3.0).abs() < 1.5, "{top:?}");
    }

    #[test]
    fn one_value_and_equal_values_have_a_curve() {
        let range = Range { low: -1.0, high: 1.0 };
        for values in [vec![0.5], vec![0.5; 30]] {
            let curve = curve(&values, range);
            assert!(curve.iter().all(|(value, density)| value.is_finite() && density.is_finite()));
        }
    }
}
