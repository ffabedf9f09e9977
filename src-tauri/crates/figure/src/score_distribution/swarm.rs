//! Places points beside each other that would lie on each other.

/// Above so many points a swarm is wider than its room: they are spread evenly instead.
const MOST: usize = 400;

/// How far each point of a column moves aside, at most `room` either way: as little as keeps points
/// of that diameter apart.
pub(super) fn asides(heights: &[f64], diameter: f64, room: f64) -> Vec<f64> {
    if heights.len() > MOST {
        // van der Corput's sequence: evenly spread wherever it is cut
        return (0..heights.len())
            .map(|index| (radical_inverse(index) * 2.0 - 1.0) * room)
            .collect();
    }
    let mut order: Vec<(usize, f64)> = heights.iter().copied().enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut placed: Vec<(f64, f64)> = Vec::new();
    let mut asides = vec![0.0; heights.len()];
    for (index, height) in order {
        let near: Vec<(f64, f64)> =
            placed.iter().copied().filter(|(_, y)| (y - height).abs() < diameter).collect();
        let free = |aside: f64| {
            near.iter().all(|(x, y)| (x - aside).hypot(y - height) >= diameter * (1.0 - 1e-9))
        };
        // beside a neighbour, the nearest place is on the circle around it
        let mut candidates = vec![0.0];
        for (x, y) in &near {
            let reach = (diameter.powi(2) - (y - height).powi(2)).max(0.0).sqrt();
            candidates.extend([x - reach, x + reach]);
        }
        candidates.retain(|aside| aside.abs() <= room);
        candidates.sort_by(|a, b| a.abs().total_cmp(&b.abs()).then(a.total_cmp(b)));
        // no place left: points overlap, spread over the room
        let fallback = (radical_inverse(index) * 2.0 - 1.0) * room;
        let aside = candidates.into_iter().find(|aside| free(*aside)).unwrap_or(fallback);
        placed.push((aside, height));
        if let Some(place) = asides.get_mut(index) {
            *place = aside;
        }
    }
    asides
}

/// The binary digits of a number mirrored at the point, 0 to 1.
fn radical_inverse(index: usize) -> f64 {
    (index as u32).reverse_bits() as f64 / (u32::MAX as f64 + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_stay_apart_and_within_their_room() {
        let heights = [0.0, 0.5, 0.1, 5.0, 0.2];
        let asides = asides(&heights, 1.0, 10.0);
        for (a, first) in heights.iter().zip(&asides) {
            let near = heights
                .iter()
                .zip(&asides)
                .filter(|(b, second)| (a - **b).hypot(first - **second) < 1.0 - 1e-6);
            assert_eq!(near.count(), 1, "only itself");
        }
        assert_eq!(asides[3], 0.0, "alone, it stays in the middle");
    }

    #[test]
    fn crowds_are_spread_over_the_room() {
        for count in [200, 5_000] {
            let asides = asides(&vec![1.0; count], 1.0, 4.0);
            assert!(asides.iter().all(|aside| aside.abs() <= 4.0));
            assert!(asides.iter().any(|a| *a > 3.0) && asides.iter().any(|a| *a < -3.0));
        }
    }
}
