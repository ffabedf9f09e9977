//! Coordinates from the smoothest functions on a graph: the eigenvectors of its normalised Laplacian
//! with the smallest eigenvalues, the constant one left out.

use faer::{Mat, MatRef};
use rand::Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use super::memberships::Graph;
use crate::AnalysisError;
use crate::eigen::symmetric_eigen;

/// Most rows whose eigenvectors are all computed.
const MOST_DENSE: usize = 256;
/// Vectors that are iterated together.
const BLOCK: usize = 8;
/// Degree of the polynomial of one round.
const DEGREE: usize = 24;
/// Most rounds. Coordinates to start from need no more than the outline.
const ROUNDS: usize = 12;
/// An eigenvector's error at which it is good enough to start from.
const GOOD: f64 = 1e-3;
/// Least share of a vector that has to remain once the others are taken out of it.
const INDEPENDENT: f64 = 1e-6;
/// Rows that one task takes; fixed, so that threads change no sum.
const ROWS_PER_TASK: usize = 1024;

/// The first `dimensions` coordinates of the rows of a connected graph with more rows than that by
/// two at least; `[rows, dimensions]`, row-major.
pub(super) fn coordinates(
    graph: &Graph,
    dimensions: usize,
    random: &mut impl Rng,
) -> Result<Vec<f64>, AnalysisError> {
    let adjacency = Adjacency::of(graph);
    if graph.rows() <= MOST_DENSE {
        return dense(graph, &adjacency, dimensions);
    }
    let rows = graph.rows();
    let start = (0..rows * BLOCK).map(|_| random.sample::<f32, _>(StandardNormal));
    let start: Vec<f32> = start.collect();
    let mut block: Vec<Row> = start.as_chunks::<BLOCK>().0.to_vec();
    adjacency.without_constant(&mut block);
    let mut floor = 0.0;
    for _ in 0..ROUNDS {
        block = adjacency.filtered(block, floor);
        adjacency.without_constant(&mut block);
        let image = adjacency.times(&block);
        let (values, turn) = rotation(&block, &image)?;
        block = turned(&block, &turn);
        let image = turned(&image, &turn);
        let error = |column: usize| -> f64 {
            let squares = block.iter().zip(&image).map(|(row, image)| {
                (f64::from(image[column]) - values[column] * f64::from(row[column])).powi(2)
            });
            squares.sum::<f64>().sqrt()
        };
        if (0..dimensions).all(|column| error(column) < GOOD) {
            break;
        }
        floor = values[BLOCK - 1].clamp(0.0, 0.999) as f32;
    }
    Ok(block.iter().flat_map(|row| row.iter().take(dimensions)).map(|&v| f64::from(v)).collect())
}

/// One row of all vectors of the block.
type Row = [f32; BLOCK];

/// Weights divided by the roots of both ends' sums of weights. Its eigenvalues lie between -1 and 1:
/// 1 less those of the normalised Laplacian.
struct Adjacency<'a> {
    graph: &'a Graph,
    weights: Vec<f32>,
    /// The eigenvector with eigenvalue 1, of length 1.
    constant: Vec<f64>,
}

impl<'a> Adjacency<'a> {
    fn of(graph: &'a Graph) -> Self {
        let sum = |row| graph.of_row(row).map(|(_, weight)| f64::from(weight)).sum::<f64>();
        let roots: Vec<f64> = (0..graph.rows()).map(|row| sum(row).sqrt()).collect();
        let weights = (0..graph.rows())
            .flat_map(|row| graph.of_row(row).map(move |link| (row, link)))
            .map(|(row, (end, weight))| {
                (f64::from(weight) / (roots[row] * roots[end as usize])) as f32
            })
            .collect();
        let length = roots.iter().map(|root| root * root).sum::<f64>().sqrt();
        let constant = roots.iter().map(|root| root / length).collect();
        Self { graph, weights, constant }
    }

    fn of_row(&self, row: usize) -> impl Iterator<Item = (usize, f32)> {
        let range = self.graph.starts[row]..self.graph.starts[row + 1];
        let ends = self.graph.ends[range.clone()].iter().map(|&end| end as usize);
        ends.zip(self.weights[range].iter().copied())
    }

    fn times(&self, block: &[Row]) -> Vec<Row> {
        self.combined(block, None, 1.0, 0.0)
    }

    /// `scale (A - shift) block - before`.
    fn combined(&self, block: &[Row], before: Option<&[Row]>, scale: f32, shift: f32) -> Vec<Row> {
        let row = |number: usize| {
            let mut sum = block[number].map(|value| -shift * value);
            for (end, weight) in self.of_row(number) {
                sum.iter_mut().zip(block[end]).for_each(|(sum, value)| *sum += weight * value);
            }
            let before = before.map_or([0.0; BLOCK], |before| before[number]);
            std::array::from_fn(|column| scale * sum[column] - before[column])
        };
        (0..block.len()).into_par_iter().with_min_len(ROWS_PER_TASK).map(row).collect()
    }

    /// The block times the Chebyshev polynomial that stays within 1 for eigenvalues from -1 to
    /// `floor` and grows steeply above.
    fn filtered(&self, block: Vec<Row>, floor: f32) -> Vec<Row> {
        let (centre, radius) = (0.5 * (floor - 1.0), 0.5 * (floor + 1.0));
        let mut before = block;
        let mut now = self.combined(&before, None, 1.0 / radius, centre);
        for _ in 1..DEGREE {
            let next = self.combined(&now, Some(&before), 2.0 / radius, centre);
            before = std::mem::replace(&mut now, next);
        }
        // At length 1, before anything grows out of f32.
        let products = products(&now, &now);
        let lengths: [f64; BLOCK] =
            std::array::from_fn(|column| products[(column, column)].sqrt().max(f64::MIN_POSITIVE));
        for row in &mut now {
            row.iter_mut()
                .zip(lengths)
                .for_each(|(v, length)| *v = (f64::from(*v) / length) as f32);
        }
        now
    }

    /// Takes the constant eigenvector out of each vector of the block.
    fn without_constant(&self, block: &mut [Row]) {
        for column in 0..BLOCK {
            let along: f64 =
                block.iter().zip(&self.constant).map(|(row, c)| f64::from(row[column]) * c).sum();
            for (row, constant) in block.iter_mut().zip(&self.constant) {
                row[column] -= (along * constant) as f32;
            }
        }
    }
}

/// `[BLOCK, BLOCK]`: products of the vectors of one block with those of another, in f64.
fn products(a: &[Row], b: &[Row]) -> Mat<f64> {
    let chunk = |(a, b): (&[Row], &[Row])| {
        let mut sums = [[0.0_f64; BLOCK]; BLOCK];
        for (a, b) in a.iter().zip(b) {
            for (sums, a) in sums.iter_mut().zip(a) {
                sums.iter_mut().zip(b).for_each(|(sum, b)| *sum += f64::from(*a) * f64::from(*b));
            }
        }
        sums
    };
    let chunks: Vec<[[f64; BLOCK]; BLOCK]> =
        a.par_chunks(ROWS_PER_TASK).zip(b.par_chunks(ROWS_PER_TASK)).map(chunk).collect();
    Mat::from_fn(BLOCK, BLOCK, |i, j| chunks.iter().map(|sums| sums[i][j]).sum())
}

/// Rayleigh and Ritz: the best approximations of eigenvalues, falling, in the span of a block, and
/// the `[BLOCK, BLOCK]` combinations of its vectors that belong to them. `image` is the block times
/// the matrix.
fn rotation(block: &[Row], image: &[Row]) -> Result<(Vec<f64>, Mat<f64>), AnalysisError> {
    let (lengths, directions) = symmetric_eigen(products(block, block).as_ref())?;
    let largest = lengths.last().copied().unwrap_or(0.0);
    // Directions in which the block has nothing are scaled to nothing.
    let orthonormal = Mat::from_fn(BLOCK, BLOCK, |i, j| {
        let length = lengths[j];
        if length > INDEPENDENT * largest { directions[(i, j)] / length.sqrt() } else { 0.0 }
    });
    let between = products(block, image);
    let between = Mat::from_fn(BLOCK, BLOCK, |i, j| 0.5 * (between[(i, j)] + between[(j, i)]));
    let inner = orthonormal.transpose() * &between * &orthonormal;
    let (values, vectors) = symmetric_eigen(inner.as_ref())?;
    let turn = &orthonormal * &vectors;
    let falling = Mat::from_fn(BLOCK, BLOCK, |i, j| turn[(i, BLOCK - 1 - j)]);
    Ok((values.into_iter().rev().collect(), falling))
}

fn turned(block: &[Row], turn: &Mat<f64>) -> Vec<Row> {
    let turn: [Row; BLOCK] = std::array::from_fn(|i| std::array::from_fn(|j| turn[(i, j)] as f32));
    let row = |row: &Row| {
        let mut sum = [0.0; BLOCK];
        for (value, turn) in row.iter().zip(&turn) {
            sum.iter_mut().zip(turn).for_each(|(sum, turn)| *sum += value * turn);
        }
        sum
    };
    block.par_iter().with_min_len(ROWS_PER_TASK).map(row).collect()
}

/// All eigenvectors, of which those next to the constant one are kept.
fn dense(
    graph: &Graph,
    adjacency: &Adjacency<'_>,
    dimensions: usize,
) -> Result<Vec<f64>, AnalysisError> {
    let rows = graph.rows();
    let mut matrix = vec![0.0; rows * rows];
    for (row, line) in matrix.chunks_exact_mut(rows).enumerate() {
        for (end, weight) in adjacency.of_row(row) {
            line[end] = f64::from(weight);
        }
    }
    let (_, vectors) = symmetric_eigen(MatRef::from_row_major_slice(&matrix, rows, rows))?;
    let column = |row: usize, axis: usize| vectors[(row, rows - 2 - axis)];
    Ok((0..rows).flat_map(|row| (0..dimensions).map(move |axis| column(row, axis))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lens_core::Seed;

    /// Rows along a line with unequal weights, each linked with the next two.
    fn chain(rows: usize) -> Graph {
        let (mut starts, mut ends, mut weights) = (vec![0], Vec::new(), Vec::new());
        for row in 0..rows {
            for end in row.saturating_sub(2)..(row + 3).min(rows) {
                if end != row {
                    ends.push(end as u32);
                    weights.push(0.5 + 0.5 * ((row + end) % 3) as f32);
                }
            }
            starts.push(ends.len());
        }
        Graph { starts, ends, weights }
    }

    /// On a path the first eigenvector rises along it, and the second turns once: on a short path
    /// by all eigenvectors, on a long one by iteration.
    #[test]
    fn a_path_unrolls() {
        for rows in [60, 400] {
            let mut random = Seed(0).stream("test");
            let found = coordinates(&chain(rows), 2, &mut random).unwrap();
            let changes = |axis: usize| {
                let signs: Vec<bool> = found.chunks(2).map(|row| row[axis] > 0.0).collect();
                signs.windows(2).filter(|pair| pair[0] != pair[1]).count()
            };
            assert_eq!((changes(0), changes(1)), (1, 2), "{rows} rows");
        }
    }
}
