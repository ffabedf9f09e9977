//! Dot products of many rows with many others: what scores, Gram matrices and refits are made of.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Partial sums of one dot product: whole vector registers of any processor, and a fixed order.
const LANES: usize = 16;
/// Rows that one task takes, and others that they meet at once.
const ROWS: usize = 8;
/// Blocks of [`LANES`] that these rows go through together: in f64 they fit the first cache.
const BLOCKS_PER_PIECE: usize = 16;
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
        out.chunks_mut(ROWS * b.len()).zip(a.chunks(ROWS)).for_each(task);
    } else {
        out.par_chunks_mut(ROWS * b.len()).zip(a.par_chunks(ROWS)).for_each(task);
    }
    out
}

/// Dot product of two equally long vectors, in f64: partial sums over every sixteenth component,
/// whose halves are added to each other until one is left.
pub(crate) fn dot<T: Copy + Into<f64>>(a: &[T], b: &[T]) -> f64 {
    Arch::new().dispatch(One { a, b })
}

/// [`dot`] where vector instructions have been chosen already.
#[inline(always)]
pub(crate) fn dot_with<S: Simd, T: Copy + Into<f64>>(simd: S, a: &[T], b: &[T]) -> f64 {
    match S::F64_LANES {
        8 => one_product::<S, T, 2>(simd, a, b),
        4 => one_product::<S, T, 4>(simd, a, b),
        2 => one_product::<S, T, 8>(simd, a, b),
        _ => one_product::<S, T, LANES>(simd, a, b),
    }
}

/// One product, compiled for each set of vector instructions. (A closure would not be.)
struct One<'a, T> {
    a: &'a [T],
    b: &'a [T],
}

impl<T: Copy + Into<f64>> WithSimd for One<'_, T> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        dot_with(simd, self.a, self.b)
    }
}

#[inline(always)]
fn one_product<S: Simd, T, const REGISTERS: usize>(simd: S, a: &[T], b: &[T]) -> f64
where
    T: Copy + Into<f64>,
{
    let (a, b) = ([&Row::new(a)], [&Row::new(b)]);
    let blocks = a[0].blocks.len().min(b[0].blocks.len());
    let zero = [[[simd.splat_f64s(0.0); REGISTERS]; 1]; 1];
    let [[sums]] = add_rest(simd, add_blocks(simd, zero, a, b, 0..blocks), a, b);
    total::<S, REGISTERS>(&sums)
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

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match S::F64_LANES {
            8 => self.products::<S, 2>(simd),
            4 => self.products::<S, 4>(simd),
            2 => self.products::<S, 8>(simd),
            _ => self.products::<S, LANES>(simd),
        }
    }
}

impl<T: Copy + Into<f64>> Block<'_, T> {
    /// Two by two. A piece of every row stays in the first cache until all pairs have met in it.
    #[inline(always)]
    fn products<S: Simd, const REGISTERS: usize>(self, simd: S) {
        let Self { a, b, out } = self;
        let columns = b.len();
        let blocks = a.iter().chain(b).map(|row| row.blocks.len()).min().unwrap_or(0);
        let zero = [[[simd.splat_f64s(0.0); REGISTERS]; 2]; 2];
        for (group, b) in b.chunks(ROWS).enumerate() {
            let mut sums = [[zero; ROWS / 2]; ROWS / 2];
            for start in (0..blocks).step_by(BLOCKS_PER_PIECE) {
                let piece = start..blocks.min(start + BLOCKS_PER_PIECE);
                for (sums, a) in sums.iter_mut().zip(a.chunks(2)) {
                    for (sums, b) in sums.iter_mut().zip(b.chunks(2)) {
                        let (Some(a), Some(b)) = (two(a), two(b)) else { continue };
                        *sums = add_blocks(simd, *sums, a, b, piece.clone());
                    }
                }
            }
            let rows = sums.iter().zip(a.chunks(2)).zip(out.chunks_mut(2 * columns));
            for ((sums, a), out) in rows {
                for ((sums, b), pair) in sums.iter().zip(b.chunks(2)).zip(0..) {
                    let (Some(a), Some(b)) = (two(a), two(b)) else { continue };
                    let sums = add_rest(simd, *sums, a, b);
                    let first = group * ROWS + 2 * pair;
                    for (out, sums) in out.chunks_mut(columns).zip(&sums) {
                        for (out, sums) in out.iter_mut().skip(first).zip(sums) {
                            *out = total::<S, REGISTERS>(sums);
                        }
                    }
                }
            }
        }
    }
}

/// One row or two as two: a row without a neighbour is its own, and its products with it are dropped.
#[inline(always)]
fn two<'a, T>(rows: &'a [Row<'a, T>]) -> Option<[&'a Row<'a, T>; 2]> {
    Some([rows.first()?, rows.last()?])
}

/// Adds the products of some blocks of each row with those of each other. `REGISTERS` hold the
/// partial sums of one product.
#[inline(always)]
fn add_blocks<S: Simd, T, const A: usize, const B: usize, const REGISTERS: usize>(
    simd: S,
    mut sums: [[[S::f64s; REGISTERS]; B]; A],
    a: [&Row<'_, T>; A],
    b: [&Row<'_, T>; B],
    blocks: Range<usize>,
) -> [[[S::f64s; REGISTERS]; B]; A]
where
    T: Copy + Into<f64>,
{
    let count = blocks.len();
    let a: [&[[T; LANES]]; A] = std::array::from_fn(|i| &a[i].blocks[blocks.clone()][..count]);
    let b: [&[[T; LANES]]; B] = std::array::from_fn(|j| &b[j].blocks[blocks.clone()][..count]);
    for at in 0..count {
        let mut x = [[0.0; LANES]; A];
        let mut y = [[0.0; LANES]; B];
        for i in 0..A {
            widen(&a[i][at], &mut x[i]);
        }
        for j in 0..B {
            widen(&b[j][at], &mut y[j]);
        }
        sums = add_products(simd, sums, &x, &y);
    }
    sums
}

/// The same for what is left of the rows after whole blocks.
#[inline(always)]
fn add_rest<S: Simd, T, const A: usize, const B: usize, const REGISTERS: usize>(
    simd: S,
    sums: [[[S::f64s; REGISTERS]; B]; A],
    a: [&Row<'_, T>; A],
    b: [&Row<'_, T>; B],
) -> [[[S::f64s; REGISTERS]; B]; A] {
    if a.iter().all(|row| row.rest.is_none()) {
        return sums;
    }
    let x: [[f64; LANES]; A] = std::array::from_fn(|i| a[i].rest.unwrap_or_default());
    let y: [[f64; LANES]; B] = std::array::from_fn(|j| b[j].rest.unwrap_or_default());
    add_products(simd, sums, &x, &y)
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
    mut sums: [[[S::f64s; REGISTERS]; B]; A],
    x: &[[f64; LANES]; A],
    y: &[[f64; LANES]; B],
) -> [[[S::f64s; REGISTERS]; B]; A] {
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
    sums
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

#[cfg(test)]
mod tests {
    use super::*;
    use lens_core::Seed;
    use rand::Rng;

    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut random = Seed(seed).stream("numbers");
        (0..count).map(|_| random.random_range(-3.0..3.0)).collect()
    }

    #[test]
    fn every_shape_gives_the_sums_and_the_bits_of_one_product() {
        for (rows, others, width) in [(1, 1, 1), (3, 5, 7), (2, 2, 16), (9, 4, 33), (17, 1, 160)] {
            let (a, b) = (numbers(rows * width, 1), numbers(others * width, 2));
            let (a, b): (Vec<&[f32]>, Vec<&[f32]>) =
                (a.chunks(width).collect(), b.chunks(width).collect());
            let found = row_products(&a, &b);
            assert_eq!(found.len(), rows * others);
            for (i, product) in found.iter().enumerate() {
                let (a, b) = (a[i / others], b[i % others]);
                assert_eq!(*product, dot(a, b));
                let expected: f64 =
                    a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum();
                assert!((product - expected).abs() < 1e-12 * width as f64);
            }
        }
    }

    #[test]
    fn every_set_of_vector_instructions_gives_the_same_bits() {
        #[cfg(target_arch = "x86_64")]
        let archs: Vec<Arch> = {
            let narrow = pulp::x86::V3::try_new().map(Arch::V3);
            narrow.into_iter().chain([Arch::Scalar, Arch::new()]).collect()
        };
        #[cfg(not(target_arch = "x86_64"))]
        let archs = [Arch::Scalar, Arch::new()];
        let width = 77;
        let (a, b) = (numbers(5 * width, 3), numbers(3 * width, 4));
        // Products of f64 are rounded, where those of f32 are exact.
        let wide = |values: Vec<f32>| -> Vec<f64> {
            values.into_iter().map(|v| f64::from(v) / 3.0).collect()
        };
        let (a, b) = (wide(a), wide(b));
        let rows = |values: &'_ [f64]| -> Vec<Vec<f64>> {
            values.chunks(width).map(<[f64]>::to_vec).collect()
        };
        let (a, b) = (rows(&a), rows(&b));
        let a: Vec<Row<'_, f64>> = a.iter().map(|row| Row::new(row)).collect();
        let b: Vec<Row<'_, f64>> = b.iter().map(|row| Row::new(row)).collect();
        let products = archs.into_iter().map(|arch| {
            let mut out = vec![0.0; 15];
            arch.dispatch(Block { a: &a, b: &b, out: &mut out });
            out
        });
        let products: Vec<Vec<f64>> = products.collect();
        assert!(products.windows(2).all(|pair| pair[0] == pair[1]));
    }
}
