//! Sink check: does a direction live in a few dimensions?

use serde::{Deserialize, Serialize};

use crate::bootstrap::percentile;

/// Dimensions that are looked at.
const DIMENSIONS: usize = 3;
/// Share of the squared norm above which they are named.
const NAMED: f64 = 0.2;

/// How much of a direction lies in its largest dimensions: massive activations rather than meaning,
/// where it is much.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SinkCheck {
    /// The three dimensions with the largest components, the largest first.
    pub dimensions: Vec<usize>,
    /// Their share of the squared norm.
    pub share: f64,
    /// 95th percentile of that share in random directions of the same width: in a narrow model three
    /// dimensions hold much of any direction.
    pub random_p95: f64,
    /// The share is above 20 % and above that of random directions.
    pub is_sink: bool,
}

impl SinkCheck {
    /// Of one direction; `random` holds the shares of random ones, ascending.
    pub(super) fn new(direction: &[f32], random: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..direction.len()).collect();
        let size = |i: &usize| direction.get(*i).map_or(0.0, |v| v.abs());
        order.sort_by(|a, b| size(b).total_cmp(&size(a)));
        order.truncate(DIMENSIONS);
        let share = share_of_largest(direction);
        let random_p95 = percentile(random, 0.95).unwrap_or(1.0);
        Self { dimensions: order, share, random_p95, is_sink: share > NAMED && share > random_p95 }
    }
}

/// The share of a direction's squared norm in its largest dimensions.
pub(super) fn share_of_largest(direction: &[f32]) -> f64 {
    let mut largest = [0.0_f64; DIMENSIONS];
    let mut total = 0.0;
    for &component in direction {
        let mut square = f64::from(component).powi(2);
        total += square;
        for held in &mut largest {
            if square > *held {
                std::mem::swap(held, &mut square);
            }
        }
    }
    if total > 0.0 { largest.iter().sum::<f64>() / total } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_dimensions_are_found_in_order() {
        let mut direction = vec![0.01_f32; 500];
        (direction[9], direction[444], direction[3], direction[4]) = (0.3, -0.8, 0.2, -0.1);
        let expected = (0.09 + 0.64 + 0.04) / (0.09 + 0.64 + 0.04 + 0.01 + 496.0 * 1e-4);
        let found = SinkCheck::new(&direction, &[0.02, 0.03]);
        assert_eq!(found.dimensions, [444, 9, 3]);
        assert!((found.share - expected).abs() < 1e-6);
        assert!(found.is_sink);
        assert!(!SinkCheck::new(&direction, &[0.95]).is_sink);
        assert!(!SinkCheck::new(&[0.1; 500], &[0.02]).is_sink);
        assert_eq!(SinkCheck::new(&[1.0, 0.0], &[]).dimensions, [0, 1]);
    }
}
