//! The two forces as functions of the squared distance, from tables.
//!
//! A power for every pull and push would take most of a map's time, and its last bits depend on the
//! machine's library. A straight line between 32 points per doubling is within a thousandth of the force.

use super::curve::Curve;

/// Bits of a float's fraction that choose a table entry within a doubling.
const FRACTION_BITS: u32 = 5;
/// Bits of the fraction below.
const REST_BITS: u32 = f32::MANTISSA_DIGITS - 1 - FRACTION_BITS;
/// Squared distances from 2^-32 to 2^32; beyond, that of the nearer end.
const FIRST_EXPONENT: u32 = 127 - 32;
const DOUBLINGS: u32 = 64;
const ENTRIES: usize = (DOUBLINGS as usize) << FRACTION_BITS;
/// Keeps the push finite where two points meet.
const SOFTENING: f64 = 1e-3;

/// What a difference of two points is multiplied by.
pub(super) struct Forces {
    pull: Table,
    push: Table,
}

/// A function of the squared distance: values at the entries, and the rise to the next.
type Table = Box<[[f32; 2]; ENTRIES]>;

impl Forces {
    /// The gradients of the cross entropy for a curve (McInnes et al. 2018, section 4.2).
    pub(super) fn of(curve: Curve) -> Self {
        let Curve { a, b } = curve;
        Self {
            pull: table(|squared| {
                -2.0 * a * b * squared.powf(b - 1.0) / (1.0 + a * squared.powf(b))
            }),
            push: table(|squared| 2.0 * b / ((SOFTENING + squared) * (1.0 + a * squared.powf(b)))),
        }
    }

    /// Below zero: towards the other point.
    #[inline(always)]
    pub(super) fn pull(&self, squared: f32) -> f32 {
        interpolated(&self.pull, squared)
    }

    /// Above zero: away from the other point.
    #[inline(always)]
    pub(super) fn push(&self, squared: f32) -> f32 {
        interpolated(&self.push, squared)
    }
}

fn table(function: impl Fn(f64) -> f64) -> Table {
    let at = |entry: usize| {
        let bits = (entry as u32 + (FIRST_EXPONENT << FRACTION_BITS)) << REST_BITS;
        function(f64::from(f32::from_bits(bits)))
    };
    let mut table = Box::new([[0.0; 2]; ENTRIES]);
    for (entry, place) in table.iter_mut().enumerate() {
        let value = at(entry);
        *place = [value as f32, (at(entry + 1) - value) as f32];
    }
    table
}

#[inline(always)]
fn interpolated(table: &Table, squared: f32) -> f32 {
    let bits = squared.to_bits();
    let entry = (bits >> REST_BITS).saturating_sub(FIRST_EXPONENT << FRACTION_BITS);
    let [value, rise] = table[(entry as usize).min(ENTRIES - 1)];
    let rest = bits & ((1 << REST_BITS) - 1);
    value + rise * (rest as f32 * (1.0 / (1_u32 << REST_BITS) as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_follow_the_formulas() {
        let curve = Curve::fit(0.1, 1.0);
        let forces = Forces::of(curve);
        let (a, b) = (curve.a, curve.b);
        for step in 0..4000 {
            let squared = 1e-8 * 1.01_f64.powi(step);
            let found = forces.push(squared as f32);
            let push = 2.0 * b / ((1e-3 + squared) * (1.0 + a * squared.powf(b)));
            assert!((f64::from(found) / push - 1.0).abs() < 1e-3, "push at {squared}");
            let pull = -2.0 * a * b * squared.powf(b - 1.0) / (1.0 + a * squared.powf(b));
            let found = forces.pull(squared as f32);
            assert!((f64::from(found) / pull - 1.0).abs() < 1e-3, "pull at {squared}");
            if squared > 1e9 {
                break;
            }
        }
        for end in [0.0, f32::MIN_POSITIVE, f32::MAX] {
            assert!(forces.pull(end).is_finite() && forces.push(end).is_finite());
        }
    }
}
