//! Neighbours on a map.

/// Where points lie on a map, `[points, dimensions]`, row-major.
pub(super) struct Places<'a, T> {
    pub(super) coordinates: &'a [T],
    pub(super) dimensions: usize,
}

impl<T: Copy + Into<f64>> Places<'_, T> {
    pub(super) fn count(&self) -> usize {
        self.coordinates.len() / self.dimensions
    }

    /// The `k` points nearest to one of them, equally near ones by index.
    pub(super) fn nearest(&self, point: usize, k: usize) -> Vec<u32> {
        let own: Vec<f64> = self.coordinates[point * self.dimensions..][..self.dimensions]
            .iter()
            .map(|&value| value.into())
            .collect();
        let mut near: Vec<(f64, u32)> = Vec::with_capacity(k + 1);
        let mut farthest = f64::INFINITY;
        let others = self.coordinates.chunks_exact(self.dimensions).zip(0_u32..);
        for (other, index) in others {
            let squares = other.iter().zip(&own).map(|(&a, b)| (a.into() - b).powi(2));
            let squared: f64 = squares.sum();
            // Later points that are as far come after those that are there.
            if squared >= farthest || index as usize == point {
                continue;
            }
            let place = near.partition_point(|&(nearer, _)| nearer <= squared);
            near.insert(place, (squared, index));
            near.truncate(k);
            if near.len() == k {
                farthest = near.last().map_or(farthest, |last| last.0);
            }
        }
        near.into_iter().map(|(_, index)| index).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first_and_equally_near_ones_by_index() {
        // On a line, with two at one place.
        let coordinates = [0.0_f32, 4.0, 1.0, 4.0, -2.0, 9.0];
        let places = Places { coordinates: &coordinates, dimensions: 1 };
        assert_eq!(places.nearest(0, 3), [2, 4, 1]);
        assert_eq!(places.nearest(1, 2), [3, 2]);
        assert_eq!(places.nearest(3, 9), [1, 2, 0, 5, 4]);
    }

    #[test]
    fn it_is_what_sorting_all_gives() {
        let coordinates: Vec<f64> =
            (0..400).map(|i: i32| f64::from((i * i) % 37) + f64::from(i % 5)).collect();
        let places = Places { coordinates: &coordinates, dimensions: 2 };
        for point in [0, 17, 199] {
            let own = &coordinates[2 * point..2 * point + 2];
            let mut all: Vec<(f64, u32)> = (0..200_u32)
                .filter(|&other| other as usize != point)
                .map(|other| {
                    let at = &coordinates[2 * other as usize..];
                    ((at[0] - own[0]).powi(2) + (at[1] - own[1]).powi(2), other)
                })
                .collect();
            all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let expected: Vec<u32> = all.into_iter().take(15).map(|(_, other)| other).collect();
            assert_eq!(places.nearest(point, 15), expected);
        }
    }
}
