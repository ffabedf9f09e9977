//! Matrix products with a right-hand side packed in panels.
//!
//! A panel is two vectors wide and holds its columns row by row, so that the inner loop reads it
//! from front to back. Every number of a result is one sum that runs upwards over the inner
//! dimension, whatever the other rows and columns are: results do not depend on the batch.

use pulp::Simd;

use super::number::Held;

/// Columns of a panel: two vectors.
pub(super) const fn panel_width<S: Simd>() -> usize {
    2 * S::F32_LANES
}

/// Rows computed at once where there are registers for them (AVX-512, NEON) and where not: with
/// two vectors per row they fill the registers without spilling.
pub(super) const MANY_ROWS: usize = 12;
/// See [`MANY_ROWS`].
pub(super) const FEW_ROWS: usize = 6;

/// Rows computed at once where there are no more: texts that grow token by token.
pub(super) const FEWEST_ROWS: usize = 4;
/// The same for some texts that grow together, where there are registers for [`MANY_ROWS`].
pub(super) const SOME_ROWS: usize = 8;

/// Whether [`MANY_ROWS`] fit.
pub(super) const fn has_many_registers<S: Simd>() -> bool {
    S::REGISTER_COUNT >= 32
}

/// `R` rows by two vectors of running sums.
pub(super) type Sums<V, const R: usize> = [[V; 2]; R];

/// Adds `rows[k][r] * panel[k]` over all `k` to `sums[r]`: the rows lie side by side, the way
/// [`interleave`] puts them. `panel` is `[depth, panel width]`, its numbers held as `H` holds them.
#[inline(always)]
pub(super) fn add_interleaved<S: Simd, const R: usize, H: Held>(
    simd: S,
    rows: &[f32],
    panel: &[H::Word],
    mut sums: Sums<S::f32s, R>,
) -> Sums<S::f32s, R> {
    let (rows, _) = rows.as_chunks::<R>();
    for (factors, row) in rows.iter().zip(H::rows::<S>(panel)) {
        let pair = H::widen(simd, *row);
        for r in 0..R {
            let factor = simd.splat_f32s(factors[r]);
            sums[r][0] = simd.mul_add_e_f32s(factor, pair[0], sums[r][0]);
            sums[r][1] = simd.mul_add_e_f32s(factor, pair[1], sums[r][1]);
        }
    }
    sums
}

/// Steps of the inner dimension that [`add_rows`] takes at a time; its depth is a multiple.
pub(super) const STEP: usize = 8;

/// Adds `rows[r * stride + k] * panel[k]` for `k` below `depth`, a multiple of [`STEP`], to
/// `sums[r]`: the rows lie one below the other.
#[inline(always)]
pub(super) fn add_rows<S: Simd, const R: usize>(
    simd: S,
    rows: &[f32],
    stride: usize,
    depth: usize,
    panel: &[f32],
    mut sums: Sums<S::f32s, R>,
) -> Sums<S::f32s, R> {
    let (pairs, _) = S::as_simd_f32s(panel).0.as_chunks::<2>();
    let (pairs, _) = pairs.as_chunks::<STEP>();
    for (number, pairs) in pairs.iter().take(depth / STEP).enumerate() {
        // indices are checked once per step, not once per product
        let mut factors = [&[0.0_f32; STEP]; R];
        for (r, factors) in factors.iter_mut().enumerate() {
            let row = rows.get(r * stride + number * STEP..);
            if let Some(row) = row.and_then(<[f32]>::first_chunk) {
                *factors = row;
            }
        }
        for k in 0..STEP {
            for r in 0..R {
                let factor = simd.splat_f32s(factors[r][k]);
                sums[r][0] = simd.mul_add_e_f32s(factor, pairs[k][0], sums[r][0]);
                sums[r][1] = simd.mul_add_e_f32s(factor, pairs[k][1], sums[r][1]);
            }
        }
    }
    sums
}

/// Puts rows side by side, `R` at a time: `[tile, depth, R]` from the columns `first..first +
/// depth` of `[rows, columns]`. Rows missing in the last tile are left as they are.
#[inline(always)]
pub(super) fn interleave<const R: usize>(
    from: &[f32],
    columns: usize,
    first: usize,
    depth: usize,
    to: &mut [f32],
) {
    let tiles = from.chunks(R * columns).zip(to.chunks_exact_mut(R * depth));
    for (rows, tile) in tiles {
        for (r, row) in rows.chunks_exact(columns).enumerate() {
            let targets = tile.iter_mut().skip(r).step_by(R);
            for (target, value) in targets.zip(&row[first..][..depth]) {
                *target = *value;
            }
        }
    }
}
