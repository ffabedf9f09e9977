//! Distances of blocks of queries to all rows, as products of matrices in f32.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::points::Points;

/// Queries that one task takes.
const QUERIES: usize = 128;
/// Rows of one product; with the queries' products in the second cache.
const ROWS: usize = 1024;

/// Hands every query in `range` its distances to all rows, a block of rows after the other:
/// `take(state of the query, first row of the block, halves less products)`, where half the
/// squared distance is that plus the query's own half. Gives back the states, in order. Blocks are
/// the same whatever the number of threads.
pub(super) fn each_query<S: Send>(
    queries: &Points,
    rows: &Points,
    range: Range<usize>,
    start: impl Fn(usize) -> S + Sync,
    take: impl Fn(&mut S, usize, &[f32]) + Sync,
) -> Vec<S> {
    let blocks: Vec<usize> = range.clone().step_by(QUERIES).collect();
    let states: Vec<Vec<S>> = blocks
        .into_par_iter()
        .map(|first| {
            let block = first..(first + QUERIES).min(range.end);
            let mut states: Vec<S> = block.clone().map(&start).collect();
            let mut products = vec![0.0_f32; block.len() * ROWS];
            for at in (0..rows.rows()).step_by(ROWS) {
                let count = ROWS.min(rows.rows() - at);
                let products = &mut products[..block.len() * count];
                multiply(queries, block.clone(), rows, at..at + count, products);
                let halves = &rows.halves[at..at + count];
                for (state, line) in states.iter_mut().zip(products.chunks_exact_mut(count)) {
                    line.iter_mut().zip(halves).for_each(|(line, half)| *line = half - *line);
                    take(state, at, line);
                }
            }
            states
        })
        .collect();
    states.into_iter().flatten().collect()
}

/// Products of each of some rows of `a` with each of some rows of `b`, row-major in that order.
fn multiply(a: &Points, of_a: Range<usize>, b: &Points, of_b: Range<usize>, out: &mut [f32]) {
    let width = a.width;
    let slice = |points: &'_ Points, range: &Range<usize>| {
        range.start * points.width..range.end * points.width
    };
    let (of_a_values, of_b_values) = (&a.values[slice(a, &of_a)], &b.values[slice(b, &of_b)]);
    row_products(of_a_values, of_a.len(), of_b_values, of_b.len(), width, out);
}

/// `out[i, j]`, row-major: the product of row `i` of `a` with row `j` of `b`.
pub(crate) fn row_products(
    a: &[f32],
    rows_a: usize,
    b: &[f32],
    rows_b: usize,
    width: usize,
    out: &mut [f32],
) {
    let a = MatRef::from_row_major_slice(a, rows_a, width);
    let b = MatRef::from_row_major_slice(b, rows_b, width);
    let out = MatMut::from_row_major_slice_mut(out, rows_a, rows_b);
    matmul(out, Accum::Replace, a, b.transpose(), 1.0, Par::Seq);
}
