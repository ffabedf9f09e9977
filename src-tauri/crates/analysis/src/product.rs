//! Dot products of many rows with many others: what scores, Gram matrices and refits are made of.

use pulp::Arch;
use rayon::prelude::*;

/// Partial sums of one dot product: enough for whole vector registers, and a fixed order.
const LANES: usize = 16;
/// Rows that one task takes.
const ROWS_PER_TASK: usize = 8;
/// Below this many multiplications threads cost more than they bring.
const WORTH_THREADS: usize = 1 << 18;

/// `[a, b]`, row-major: the dot product of every row of `a` with every row of `b`, in f64. All rows
/// have to be equally long.
///
/// Each product is summed in the order of [`dot`], which depends on the two rows alone. So equal rows
/// give equal numbers wherever they stand, for any number of threads, any neighbours and any
/// processor.
pub(crate) fn row_products<T>(a: &[&[T]], b: &[&[T]]) -> Vec<f64>
where
    T: Copy + Into<f64> + Sync,
{
    let mut out = vec![0.0; a.len() * b.len()];
    let width = a.first().map_or(0, |row| row.len());
    if out.is_empty() || width == 0 {
        return out;
    }
    let arch = Arch::new();
    let task = |(out, a): (&mut [f64], &[&[T]])| {
        arch.dispatch(
            #[inline(always)]
            || block(a, b, out),
        );
    };
    if out.len() * width < WORTH_THREADS {
        out.chunks_mut(ROWS_PER_TASK * b.len()).zip(a.chunks(ROWS_PER_TASK)).for_each(task);
    } else {
        out.par_chunks_mut(ROWS_PER_TASK * b.len()).zip(a.par_chunks(ROWS_PER_TASK)).for_each(task);
    }
    out
}

/// Two rows of `b` stay in the first cache while all rows of `a` pass.
#[inline(always)]
fn block<T: Copy + Into<f64>>(a: &[&[T]], b: &[&[T]], out: &mut [f64]) {
    for (j, columns) in b.chunks(2).enumerate() {
        for (rows, out) in a.chunks(2).zip(out.chunks_mut(2 * b.len())) {
            let tile = match (rows, columns) {
                ([a0, a1], [b0, b1]) => tile([a0, a1], [b0, b1]),
                ([a0, a1], [b0]) => widen(tile([a0, a1], [b0])),
                ([a0], [b0, b1]) => {
                    let [first] = tile([a0], [b0, b1]);
                    [first, [0.0; 2]]
                }
                ([a0], [b0]) => {
                    let [[only]] = tile([a0], [b0]);
                    [[only, 0.0], [0.0; 2]]
                }
                _ => continue,
            };
            for (out, products) in out.chunks_mut(b.len()).zip(&tile) {
                for (out, product) in out.iter_mut().skip(2 * j).zip(products) {
                    *out = *product;
                }
            }
        }
    }
}

fn widen(tile: [[f64; 1]; 2]) -> [[f64; 2]; 2] {
    tile.map(|[only]| [only, 0.0])
}

/// The dot products of a few rows with a few others, each in the order of [`dot`].
#[inline(always)]
fn tile<T, const A: usize, const B: usize>(a: [&[T]; A], b: [&[T]; B]) -> [[f64; B]; A]
where
    T: Copy + Into<f64>,
{
    let mut sums = [[[0.0_f64; LANES]; B]; A];
    let (a_blocks, b_blocks) =
        (a.map(|row| row.as_chunks::<LANES>()), b.map(|row| row.as_chunks::<LANES>()));
    let blocks =
        a_blocks.iter().chain(&b_blocks).map(|(blocks, _)| blocks.len()).min().unwrap_or(0);
    let (a_whole, b_whole) =
        (a_blocks.map(|(w, _)| &w[..blocks]), b_blocks.map(|(w, _)| &w[..blocks]));
    for at in 0..blocks {
        let a: [[f64; LANES]; A] = a_whole.map(|blocks| blocks[at].map(Into::into));
        let b: [[f64; LANES]; B] = b_whole.map(|blocks| blocks[at].map(Into::into));
        for (sums, a) in sums.iter_mut().zip(&a) {
            for (sums, b) in sums.iter_mut().zip(&b) {
                for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
                    *sum += a * b;
                }
            }
        }
    }
    let mut products = [[0.0; B]; A];
    for ((products, sums), (_, a)) in products.iter_mut().zip(&sums).zip(&a_blocks) {
        for ((product, sums), (_, b)) in products.iter_mut().zip(sums).zip(&b_blocks) {
            let rest: f64 = a.iter().zip(*b).map(|(&a, &b)| a.into() * b.into()).sum();
            *product = sums.iter().sum::<f64>() + rest;
        }
    }
    products
}

/// Dot product of two equally long vectors, in f64: [`LANES`] partial sums over every sixteenth
/// component, added up in order, then the rest.
#[inline(always)]
pub(crate) fn dot<T: Copy + Into<f64>>(a: &[T], b: &[T]) -> f64 {
    let [[product]] = tile([a], [b]);
    product
}
