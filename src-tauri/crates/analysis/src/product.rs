//! Dot products of many rows with many others: what scores, Gram matrices and refits are made of.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Partial sums of one dot product: whole vector registers of any processor, and a fixed order.
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
    let b: Vec<Row<'_, T>> = b.iter().map(|row| Row::new(row)).collect();
    let task = |(out, a): (&mut [f64], &[&[T]])| {
        let a: Vec<Row<'_, T>> = a.iter().map(|row| Row::new(row)).collect();
        arch.dispatch(Block { a: &a, b: &b, out });
    };
    if out.len() * width < WORTH_THREADS {
        out.chunks_mut(ROWS_PER_TASK * b.len()).zip(a.chunks(ROWS_PER_TASK)).for_each(task);
    } else {
        out.par_chunks_mut(ROWS_PER_TASK * b.len()).zip(a.par_chunks(ROWS_PER_TASK)).for_each(task);
    }
    out
}

/// Dot product of two equally long vectors, in f64: partial sums over every sixteenth component,
/// whose halves are added to each other until one is left.
pub(crate) fn dot<T: Copy + Into<f64>>(a: &[T], b: &[T]) -> f64 {
    let mut out = [0.0];
    Arch::new().dispatch(Block { a: &[Row::new(a)], b: &[Row::new(b)], out: &mut out });
    out[0]
}

/// [`dot`] where vector instructions have been chosen already.
#[inline(always)]
pub(crate) fn dot_with<S: Simd>(simd: S, a: &[f64], b: &[f64]) -> f64 {
    let [[product]] = one_tile(simd, [&Row::new(a)], [&Row::new(b)]);
    product
}

/// A row in whole blocks, and what is left of it in a block filled up with zeros.
struct Row<'a, T> {
    blocks: &'a [[T; LANES]],
    rest: Option<[f64; LANES]>,
}

impl<'a, T: Copy + Into<f64>> Row<'a, T> {
    #[inline(always)]
    fn new(row: &'a [T]) -> Self {
        let (blocks, rest) = row.as_chunks();
        let mut filled = [0.0; LANES];
        filled.iter_mut().zip(rest).for_each(|(filled, value)| *filled = (*value).into());
        Self { blocks, rest: (!rest.is_empty()).then_some(filled) }
    }
}

/// All products of some rows, compiled for each set of vector instructions.
struct Block<'a, T> {
    a: &'a [Row<'a, T>],
    b: &'a [Row<'a, T>],
    out: &'a mut [f64],
}

impl<T: Copy + Into<f64>> WithSimd for Block<'_, T> {
    type Output = ();

    /// Two rows of `b` stay in the first cache while all rows of `a` pass.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { a, b, out } = self;
        let columns = b.len();
        for (j, b) in b.chunks(2).enumerate() {
            for (a, out) in a.chunks(2).zip(out.chunks_mut(2 * columns)) {
                match (a, b) {
                    ([a0, a1], [b0, b1]) => {
                        put(one_tile(simd, [a0, a1], [b0, b1]), out, columns, 2 * j);
                    }
                    ([a0, a1], [b0]) => put(one_tile(simd, [a0, a1], [b0]), out, columns, 2 * j),
                    ([a0], [b0, b1]) => put(one_tile(simd, [a0], [b0, b1]), out, columns, 2 * j),
                    ([a0], [b0]) => put(one_tile(simd, [a0], [b0]), out, columns, 2 * j),
                    _ => {}
                }
            }
        }
    }
}

/// Writes products to rows of `columns` entries, from column `at` on.
#[inline(always)]
fn put<const A: usize, const B: usize>(
    products: [[f64; B]; A],
    out: &mut [f64],
    columns: usize,
    at: usize,
) {
    for (out, products) in out.chunks_mut(columns).zip(&products) {
        for (out, product) in out.iter_mut().skip(at).zip(products) {
            *out = *product;
        }
    }
}

/// The dot products of a few rows with a few others, in registers of this processor's width.
#[inline(always)]
fn one_tile<S: Simd, T, const A: usize, const B: usize>(
    simd: S,
    a: [&Row<'_, T>; A],
    b: [&Row<'_, T>; B],
) -> [[f64; B]; A]
where
    T: Copy + Into<f64>,
{
    match S::F64_LANES {
        8 => tile::<S, T, A, B, 2>(simd, a, b),
        4 => tile::<S, T, A, B, 4>(simd, a, b),
        2 => tile::<S, T, A, B, 8>(simd, a, b),
        _ => tile::<S, T, A, B, LANES>(simd, a, b),
    }
}

/// `REGISTERS` of them hold the partial sums of one product.
#[inline(always)]
fn tile<S: Simd, T, const A: usize, const B: usize, const REGISTERS: usize>(
    simd: S,
    a: [&Row<'_, T>; A],
    b: [&Row<'_, T>; B],
) -> [[f64; B]; A]
where
    T: Copy + Into<f64>,
{
    let mut sums = [[[simd.splat_f64s(0.0); REGISTERS]; B]; A];
    let blocks = a.iter().chain(&b).map(|row| row.blocks.len()).min().unwrap_or(0);
    let a_blocks: [&[[T; LANES]]; A] = std::array::from_fn(|i| &a[i].blocks[..blocks]);
    let b_blocks: [&[[T; LANES]]; B] = std::array::from_fn(|j| &b[j].blocks[..blocks]);
    for at in 0..blocks {
        let mut x = [[0.0; LANES]; A];
        let mut y = [[0.0; LANES]; B];
        for i in 0..A {
            widen(&a_blocks[i][at], &mut x[i]);
        }
        for j in 0..B {
            widen(&b_blocks[j][at], &mut y[j]);
        }
        add_products(simd, &mut sums, &x, &y);
    }
    let x: [[f64; LANES]; A] = std::array::from_fn(|i| a[i].rest.unwrap_or_default());
    let y: [[f64; LANES]; B] = std::array::from_fn(|j| b[j].rest.unwrap_or_default());
    if a.iter().any(|row| row.rest.is_some()) {
        add_products(simd, &mut sums, &x, &y);
    }
    std::array::from_fn(|i| std::array::from_fn(|j| total::<S, REGISTERS>(&sums[i][j])))
}

#[inline(always)]
fn widen<T: Copy + Into<f64>>(block: &[T; LANES], wide: &mut [f64; LANES]) {
    for lane in 0..LANES {
        wide[lane] = block[lane].into();
    }
}

/// One block of each row with one of each other. Products and sums are rounded one after the other
/// on every processor; a fused operation would differ from those that have none.
#[inline(always)]
fn add_products<S: Simd, const A: usize, const B: usize, const REGISTERS: usize>(
    simd: S,
    sums: &mut [[[S::f64s; REGISTERS]; B]; A],
    x: &[[f64; LANES]; A],
    y: &[[f64; LANES]; B],
) {
    for i in 0..A {
        let (x, _) = S::as_simd_f64s(&x[i]);
        for j in 0..B {
            let (y, _) = S::as_simd_f64s(&y[j]);
            for register in 0..REGISTERS {
                let product = simd.mul_f64s(x[register], y[register]);
                sums[i][j][register] = simd.add_f64s(sums[i][j][register], product);
            }
        }
    }
}

/// The sum of all lanes: the second half is added to the first until one lane is left.
#[inline(always)]
fn total<S: Simd, const REGISTERS: usize>(sums: &[S::f64s; REGISTERS]) -> f64 {
    let mut lanes = [0.0; LANES];
    S::as_mut_simd_f64s(&mut lanes).0.copy_from_slice(sums);
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}
