//! Lines of one height through a grid of numbers (marching squares).

use std::collections::BTreeMap;

/// An edge of the grid: twice the number of its lower left place, plus 1 where it goes up.
type Edge = usize;

/// Closed lines around what is at least `level`, in columns and rows, the last point being the first
/// again. The numbers at the border must be below the level, so that no line leaves the grid.
/// Where two opposite corners of a square stand out, the mean of its corners says whether they are
/// joined.
pub(super) fn rings(values: &[f64], columns: usize, level: f64) -> Vec<Vec<(f64, f64)>> {
    let value = |place: usize| values.get(place).copied().unwrap_or(0.0);
    let mut next: BTreeMap<Edge, Edge> = BTreeMap::new();
    let rows = values.len() / columns.max(1);
    for row in 0..rows.saturating_sub(1) {
        for column in 0..columns.saturating_sub(1) {
            let place = row * columns + column;
            let corners = [place, place + 1, place + columns + 1, place + columns].map(value);
            let [south, east, north, west] =
                [place * 2, place * 2 + 3, (place + columns) * 2, place * 2 + 1];
            let above = corners.map(|corner| corner >= level);
            let joined = corners.iter().sum::<f64>() / 4.0 >= level;
            // each line has what stands out at its left
            match above {
                [false, false, false, false] | [true, true, true, true] => {}
                [true, false, false, false] => join(&mut next, &[(south, west)]),
                [false, true, false, false] => join(&mut next, &[(east, south)]),
                [false, false, true, false] => join(&mut next, &[(north, east)]),
                [false, false, false, true] => join(&mut next, &[(west, north)]),
                [true, true, false, false] => join(&mut next, &[(east, west)]),
                [false, true, true, false] => join(&mut next, &[(north, south)]),
                [false, false, true, true] => join(&mut next, &[(west, east)]),
                [true, false, false, true] => join(&mut next, &[(south, north)]),
                [false, true, true, true] => join(&mut next, &[(west, south)]),
                [true, false, true, true] => join(&mut next, &[(south, east)]),
                [true, true, false, true] => join(&mut next, &[(east, north)]),
                [true, true, true, false] => join(&mut next, &[(north, west)]),
                [true, false, true, false] if joined => {
                    join(&mut next, &[(south, east), (north, west)]);
                }
                [true, false, true, false] => join(&mut next, &[(south, west), (north, east)]),
                [false, true, false, true] if joined => {
                    join(&mut next, &[(west, south), (east, north)]);
                }
                [false, true, false, true] => join(&mut next, &[(east, south), (west, north)]),
            }
        }
    }
    let at = |edge: Edge| {
        let (from, up) = (edge / 2, edge % 2 == 1);
        let to = if up { from + columns } else { from + 1 };
        let share = (level - value(from)) / (value(to) - value(from));
        let (column, row) = ((from % columns) as f64, (from / columns) as f64);
        if up { (column, row + share) } else { (column + share, row) }
    };
    let mut rings = Vec::new();
    while let Some((first, mut edge)) = next.pop_first() {
        let mut ring = vec![at(first)];
        while let Some(after) = next.remove(&edge) {
            ring.push(at(edge));
            edge = after;
        }
        ring.push(at(first));
        rings.push(ring);
    }
    rings
}

fn join(next: &mut BTreeMap<Edge, Edge>, lines: &[(Edge, Edge)]) {
    next.extend(lines.iter().copied());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(size: usize, mut height: impl FnMut(f64, f64) -> f64) -> Vec<f64> {
        (0..size * size).map(|place| height((place % size) as f64, (place / size) as f64)).collect()
    }

    /// Area by Gauss's formula: positive around what stands out, negative around holes.
    fn area(ring: &[(f64, f64)]) -> f64 {
        ring.windows(2).map(|p| p[0].0 * p[1].1 - p[1].0 * p[0].1).sum::<f64>() / 2.0
    }

    #[test]
    fn a_cone_is_cut_in_a_circle() {
        let values = grid(41, |x, y| 20.0 - (x - 20.0).hypot(y - 20.0));
        let rings = rings(&values, 41, 8.0);
        assert_eq!(rings.len(), 1);
        for (x, y) in &rings[0] {
            assert!(((x - 20.0).hypot(y - 20.0) - 12.0).abs() < 0.03);
        }
        assert_eq!(rings[0].first(), rings[0].last());
        assert!((area(&rings[0]) - std::f64::consts::PI * 144.0).abs() < 2.0);
    }

    #[test]
    fn two_hills_have_two_lines_and_a_crater_has_a_hole() {
        let hill =
            |x: f64, y: f64, at: f64| (-((x - at).powi(2) + (y - 20.0).powi(2)) / 20.0).exp();
        let two = grid(41, |x, y| hill(x, y, 11.0) + hill(x, y, 29.0));
        assert_eq!(rings(&two, 41, 0.5).iter().filter(|ring| area(ring) > 0.0).count(), 2);
        let crater = grid(41, |x, y| 5.0 - ((x - 20.0).hypot(y - 20.0) - 10.0).abs());
        let mut areas: Vec<f64> = rings(&crater, 41, 3.0).iter().map(|ring| area(ring)).collect();
        areas.sort_by(f64::total_cmp);
        assert_eq!(areas.len(), 2);
        assert!(areas[0] < 0.0 && areas[1] > 0.0);
        let ring = std::f64::consts::PI * (144.0 - 64.0);
        assert!((areas[0] + areas[1] - ring).abs() < 5.0, "{areas:?}");
    }

    #[test]
    fn every_line_closes_on_rough_ground() {
        let mut state = 3_u64;
        let rough = grid(30, |x, y| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let inside = (1.0..28.0).contains(&x) && (1.0..28.0).contains(&y);
            if inside { (state >> 40) as f64 } else { -1.0 }
        });
        let level = (1_u64 << 23) as f64;
        let rings = rings(&rough, 30, level);
        assert!(rings.len() > 20);
        for ring in rings {
            // neighbours lie in one square
            for pair in ring.windows(2) {
                assert!(
                    (pair[0].0 - pair[1].0).abs() <= 1.0 && (pair[0].1 - pair[1].1).abs() <= 1.0
                );
            }
        }
    }
}
