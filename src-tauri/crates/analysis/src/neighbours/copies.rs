//! Rows that are equal to others: searched once, and given back as neighbours at distance zero.

use lens_core::ActivationMatrix;
use rayon::prelude::*;

use super::Found;

/// Equal rows together.
pub(super) struct Copies {
    /// The first row of each group, ascending.
    first: Vec<usize>,
    /// The rows of each group, ascending.
    members: Vec<Vec<u32>>,
    /// Group of each row.
    group: Vec<usize>,
}

impl Copies {
    /// Compares rows bit by bit.
    pub(super) fn of(rows: &ActivationMatrix) -> Self {
        let bits = |&row: &u32| rows.row(row as usize).iter().map(|value| value.to_bits());
        let mut order: Vec<u32> = (0..rows.rows() as u32).collect();
        order.par_sort_unstable_by(|a, b| bits(a).cmp(bits(b)).then(a.cmp(b)));
        let mut members: Vec<Vec<u32>> =
            order.chunk_by(|a, b| bits(a).eq(bits(b))).map(<[u32]>::to_vec).collect();
        members.sort_unstable();
        let mut group = vec![0; rows.rows()];
        for (number, rows) in members.iter().enumerate() {
            for &row in rows {
                group[row as usize] = number;
            }
        }
        let first = members.iter().filter_map(|rows| rows.first()).map(|&row| row as usize);
        Self { first: first.collect(), members, group }
    }

    pub(super) fn first(&self) -> &[usize] {
        &self.first
    }

    /// Number of rows of which no two are equal.
    pub(super) fn distinct(&self) -> usize {
        self.first.len()
    }

    /// The `k` neighbours of every row from those of the distinct rows, of which each has `k` or all
    /// there are.
    pub(super) fn expand(&self, found: &[Vec<Found>], k: usize) -> Vec<Vec<Found>> {
        let row = |(row, &group): (usize, &usize)| {
            let own = Found { distance: 0.0, index: group as u32 };
            let mut all: Vec<Found> = Vec::with_capacity(2 * k);
            for near in std::iter::once(&own).chain(&found[group]) {
                // Groups equally far away share what is left by index.
                if all.len() >= k && all.last().is_some_and(|last| last.distance < near.distance) {
                    break;
                }
                let members = self.members[near.index as usize].iter();
                let others = members.filter(|&&member| member as usize != row).take(k);
                all.extend(others.map(|&index| Found { distance: near.distance, index }));
            }
            all.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.index.cmp(&b.index)));
            all.truncate(k);
            all
        };
        self.group.par_iter().enumerate().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_come_first_and_equally_far_groups_by_index() {
        // rows 0, 2, 4 are equal; 1 and 3 are equal; 5 stands alone, as far from 0 as 1 is
        let values = vec![0.0, 1.0, 0.0, 1.0, 0.0, -1.0];
        let copies = Copies::of(&ActivationMatrix::new(6, 1, values).unwrap());
        assert_eq!((copies.first(), copies.distinct()), (&[0, 1, 5][..], 3));
        let found = |list: &[(u32, f64)]| -> Vec<Found> {
            list.iter().map(|&(index, distance)| Found { distance, index }).collect()
        };
        let distinct = [
            found(&[(1, 1.0), (2, 1.0)]),
            found(&[(0, 1.0), (2, 2.0)]),
            found(&[(0, 1.0), (1, 2.0)]),
        ];
        let all = copies.expand(&distinct, 4);
        assert_eq!(all[2], found(&[(0, 0.0), (4, 0.0), (1, 1.0), (3, 1.0)]));
        assert_eq!(all[3], found(&[(1, 0.0), (0, 1.0), (2, 1.0), (4, 1.0)]));
        assert_eq!(all[5], found(&[(0, 1.0), (2, 1.0), (4, 1.0), (1, 2.0)]));
    }
}
