//! The exponential, in a form that compilers turn into vector instructions.

/// `e^x` to about one unit in the last place, for `x` held within the range where the result is a
/// normal number. NaN stays NaN.
///
/// `x = n ln 2 + r` with `|r| <= ln 2 / 2`; `e^r` by the polynomial of Cephes' `expf`, `2^n` by
/// writing the exponent.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    /// 1.5 * 2^23: adding it leaves the nearest integer in the low bits.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW;
    let mut p = 1.987_569_2e-4;
    p = p * r + 1.398_2e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    let e = p * r * r + r + 1.0;
    e * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

/// The hyperbolic tangent, to about 1e-7.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// The error function, to 3e-7: formula 7.1.26 of Abramowitz and Stegun.
#[inline(always)]
pub(super) fn erf(x: f32) -> f32 {
    let size = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * size);
    let mut p = 1.061_405_4;
    p = p * t - 1.453_152;
    p = p * t + 1.421_413_7;
    p = p * t - 0.284_496_74;
    p = p * t + 0.254_829_6;
    let result = 1.0 - p * t * exp(-size * size);
    result.copysign(x)
}

#[cfg(test)]
mod tests {
    use super::{erf, exp, tanh};

    #[test]
    fn it_is_the_error_function() {
        // integrated by Simpson's rule
        let truth = |x: f64| {
            let steps = 2000;
            let h = x / f64::from(steps);
            let sum: f64 = (0..=steps)
                .map(|i| {
                    let weight =
                        if i == 0 || i == steps { 1.0 } else { f64::from(2 + 2 * (i % 2)) };
                    weight * (-(h * f64::from(i)).powi(2)).exp()
                })
                .sum();
            sum * h / 3.0 * std::f64::consts::FRAC_2_SQRT_PI
        };
        for i in -50..=50 {
            let x = i as f32 / 10.0;
            assert!((f64::from(erf(x)) - truth(f64::from(x))).abs() < 3e-7, "{x}");
        }
        assert!(erf(1e9) == 1.0 && erf(-1e9) == -1.0 && erf(f32::NAN).is_nan());
    }

    #[test]
    fn it_is_the_hyperbolic_tangent() {
        for i in -2000..=2000 {
            let x = i as f32 / 100.0;
            assert!((f64::from(tanh(x)) - f64::from(x).tanh()).abs() < 2e-7, "{x}");
        }
        assert!(tanh(1e9) == 1.0 && tanh(-1e9) == -1.0 && tanh(f32::NAN).is_nan());
    }

    #[test]
    fn it_is_the_exponential() {
        for i in -8700..=8800 {
            let x = i as f32 / 100.0 + 0.003;
            let (mine, truth) = (f64::from(exp(x)), f64::from(x).exp());
            if x < 88.0 {
                assert!((mine / truth - 1.0).abs() < 2.5e-7, "{x}: {mine} {truth}");
            }
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NEG_INFINITY) < 1e-37 && exp(f32::NAN).is_nan());
    }
}
