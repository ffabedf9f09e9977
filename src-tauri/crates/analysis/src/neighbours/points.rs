//! Rows made ready for products in f32, and their distances in f64.

use lens_core::ActivationMatrix;
use pulp::Arch;
use rayon::prelude::*;

use super::Metric;

/// Rows whose sums are taken together; fixed, so that threads change no sum.
const CHUNK: usize = 1024;
/// Partial sums of one distance: enough for whole vector registers, in a fixed order.
const LANES: usize = 16;

/// Rows around their mean, scaled to a largest value near 1 (for cosine: at length 1 before that), in f32:
/// half the squared distance of two is `half + half - product`.
pub(crate) struct Points {
    pub(crate) width: usize,
    /// `[rows, width]`, row-major.
    pub(crate) values: Vec<f32>,
    /// Half the squared length of each row.
    pub(crate) halves: Vec<f32>,
}

/// Where the origin lies, and how long a unit is.
pub(crate) struct Frame {
    metric: Metric,
    mean: Vec<f64>,
    pub(super) scale: f64,
}

impl Frame {
    /// The frame of `rows`, in which `others` fit as well.
    pub(crate) fn of(
        rows: &ActivationMatrix,
        others: Option<&ActivationMatrix>,
        metric: Metric,
    ) -> Self {
        let (width, count) = (rows.width(), rows.rows());
        let chunks: Vec<Vec<f64>> = rows
            .values()
            .par_chunks(CHUNK * width.max(1))
            .map(|chunk| {
                let mut sum = vec![0.0; width];
                for row in chunk.chunks_exact(width.max(1)) {
                    let unit = unit(row, metric);
                    sum.iter_mut()
                        .zip(row)
                        .for_each(|(sum, &value)| *sum += f64::from(value) * unit);
                }
                sum
            })
            .collect();
        let mut mean = vec![0.0; width];
        for chunk in chunks {
            mean.iter_mut().zip(chunk).for_each(|(mean, sum)| *mean += sum / count.max(1) as f64);
        }
        let frame = Self { metric, mean, scale: 1.0 };
        let largest = |matrix: &ActivationMatrix| {
            let of_row =
                |row: &[f32]| frame.centred(row).fold(0.0_f64, |top, value| top.max(value.abs()));
            matrix.values().par_chunks_exact(width.max(1)).map(of_row).reduce(|| 0.0, f64::max)
        };
        let largest = largest(rows).max(others.map_or(0.0, largest));
        // A power of two, so that scaling rounds nothing.
        let scale = if largest > 0.0 { (-largest.log2().floor()).exp2() } else { 1.0 };
        Self { scale, ..frame }
    }

    pub(crate) fn points(&self, rows: &ActivationMatrix) -> Points {
        self.points_of(rows.values(), rows.width())
    }

    /// Rows of this width, row-major.
    pub(crate) fn points_of(&self, rows: &[f32], width: usize) -> Points {
        let mut values = vec![0.0_f32; rows.len()];
        let halves = values
            .par_chunks_exact_mut(width.max(1))
            .zip(rows.par_chunks_exact(width.max(1)))
            .map(|(out, row)| {
                for (out, value) in out.iter_mut().zip(self.centred(row)) {
                    *out = (value * self.scale) as f32;
                }
                let squares: f64 = out.iter().map(|&value| f64::from(value).powi(2)).sum();
                (0.5 * squares) as f32
            })
            .collect();
        Points { width, values, halves }
    }

    fn centred(&self, row: &[f32]) -> impl Iterator<Item = f64> {
        let unit = unit(row, self.metric);
        row.iter().zip(&self.mean).map(move |(&value, mean)| f64::from(value) * unit - mean)
    }
}

impl Points {
    /// `rows` for the metric, around their own mean.
    pub(crate) fn of(rows: &ActivationMatrix, metric: Metric) -> Self {
        Frame::of(rows, None, metric).points(rows)
    }

    pub(crate) fn rows(&self) -> usize {
        self.halves.len()
    }

    pub(crate) fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.width..(index + 1) * self.width]
    }

    /// Puts row `order[i]` at place `i`, in place. `order` holds every row once.
    pub(super) fn reorder(&mut self, order: &[u32]) {
        let width = self.width;
        let mut is_placed = vec![false; order.len()];
        for start in 0..order.len() {
            if is_placed[start] {
                continue;
            }
            let first = self.row(start).to_vec();
            let mut place = start;
            loop {
                is_placed[place] = true;
                let from = order[place] as usize;
                if from == start {
                    self.values[place * width..(place + 1) * width].copy_from_slice(&first);
                    break;
                }
                self.values.copy_within(from * width..(from + 1) * width, place * width);
                place = from;
            }
        }
        self.halves = order.iter().map(|&row| self.halves[row as usize]).collect();
    }
}

/// What a row is multiplied by first.
fn unit(row: &[f32], metric: Metric) -> f64 {
    match metric {
        Metric::Euclidean => 1.0,
        Metric::Cosine => {
            let squares: f64 = row.iter().map(|&value| f64::from(value).powi(2)).sum();
            if squares > 0.0 { squares.sqrt().recip() } else { 0.0 }
        }
    }
}

/// Squared distances in f64 of the rows as they were given (for cosine: of their directions).
pub(crate) struct Gaps<'a> {
    metric: Metric,
    queries: &'a ActivationMatrix,
    rows: &'a ActivationMatrix,
    /// What each row is multiplied by.
    query_units: Vec<f64>,
    units: Vec<f64>,
}

impl<'a> Gaps<'a> {
    pub(crate) fn new(
        queries: &'a ActivationMatrix,
        rows: &'a ActivationMatrix,
        metric: Metric,
    ) -> Self {
        let units = |matrix: &ActivationMatrix| -> Vec<f64> {
            (0..matrix.rows()).into_par_iter().map(|row| unit(matrix.row(row), metric)).collect()
        };
        let query_units = if std::ptr::eq(queries, rows) { Vec::new() } else { units(queries) };
        Self { metric, queries, rows, query_units, units: units(rows) }
    }

    /// The squared distance of a query and a row: the same whichever of the two is the query.
    pub(crate) fn between(&self, query: usize, row: usize) -> f64 {
        let of_query = if self.query_units.is_empty() { &self.units } else { &self.query_units };
        let (a, b) = (of_query[query], self.units[row]);
        let (query, row) = (self.queries.row(query), self.rows.row(row));
        Arch::new().dispatch(
            #[inline(always)]
            || squared_difference(query, a, row, b),
        )
    }

    /// The distance that a squared distance stands for.
    pub(crate) fn distance(&self, gap: f64) -> f64 {
        match self.metric {
            Metric::Euclidean => gap.sqrt(),
            Metric::Cosine => 0.5 * gap,
        }
    }
}

#[inline(always)]
fn squared_difference(a: &[f32], unit_a: f64, b: &[f32], unit_b: f64) -> f64 {
    let mut sums = [0.0_f64; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            let difference = f64::from(a) * unit_a - f64::from(b) * unit_b;
            *sum += difference * difference;
        }
    }
    let rest: f64 = a_rest
        .iter()
        .zip(b_rest)
        .map(|(&a, &b)| (f64::from(a) * unit_a - f64::from(b) * unit_b).powi(2))
        .sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reordering_moves_rows_with_their_lengths() {
        let rows = ActivationMatrix::new(5, 2, (0..10).map(|i| (i * i) as f32).collect()).unwrap();
        let points = Points::of(&rows, Metric::Euclidean);
        let order = [3, 1, 4, 0, 2];
        let mut moved = Points::of(&rows, Metric::Euclidean);
        moved.reorder(&order);
        for (place, &from) in order.iter().enumerate() {
            assert_eq!(moved.row(place), points.row(from as usize));
            assert_eq!(moved.halves[place], points.halves[from as usize]);
        }
    }

    #[test]
    fn half_the_squared_distance_is_what_products_leave() {
        let values = (0..60).map(|i| 100.0 + ((i * 37) % 23) as f32).collect();
        let rows = ActivationMatrix::new(6, 10, values).unwrap();
        for metric in [Metric::Euclidean, Metric::Cosine] {
            let frame = Frame::of(&rows, None, metric);
            let (points, gaps) = (frame.points(&rows), Gaps::new(&rows, &rows, metric));
            for (i, j) in [(0, 1), (2, 5), (3, 3)] {
                let product: f32 =
                    points.row(i).iter().zip(points.row(j)).map(|(a, b)| a * b).sum();
                let half = f64::from(points.halves[i] + points.halves[j] - product);
                let expected = 0.5 * gaps.between(i, j) * frame.scale.powi(2);
                assert!((half - expected).abs() < 1e-5, "{half} instead of {expected}");
            }
        }
    }
}
