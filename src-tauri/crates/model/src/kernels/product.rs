//! Matrix products with a right-hand side packed in panels.
//!
//! A panel is two vectors wide and holds its columns row by row, so that the inner loop reads it
//! from front to back. Every number of a result is one sum that runs upwards over the inner
//! dimension, whatever the other rows and columns are: results do not depend on the batch.

use pulp::Simd;

/// Columns of a panel: two vectors.
pub(super) const fn panel_width<S: Simd>() -> usize {
    2 * S::F32_LANES
}

/// Rows computed at once where there are registers for them (AVX-512, NEON) and where not: with
/// two vectors per row they fill the registers without spilling.
pub(super) const MANY_ROWS: usize = 12;
/// See [`MANY_ROWS`].
pub(super) const FEW_ROWS: usize = 6;

/// Whether [`MANY_ROWS`] fit.
pub(super) const fn has_many_registers<S: Simd>() -> bool {
    S::REGISTER_COUNT >= 32
}

/// Adds `rows[r][k] * panel[k]` over all `k` to the two vectors `sums[r]`, for `R` rows.
///
/// `panel` is `[depth, panel width]`; the rows are at least `depth` long.
#[inline(always)]
pub(super) fn add_tile<S: Simd, const R: usize>(
    simd: S,
    rows: [&[f32]; R],
    panel: &[f32],
    sums: &mut [[S::f32s; 2]; R],
) {
    let (pairs, _) = S::as_simd_f32s(panel).0.as_chunks::<2>();
    let depth = pairs.len();
    // one length for all, so that no index below is checked
    let rows = rows.map(|row| &row[..depth]);
    for k in 0..depth {
        let pair = &pairs[k];
        for r in 0..R {
            let factor = simd.splat_f32s(rows[r][k]);
            sums[r][0] = simd.mul_add_e_f32s(factor, pair[0], sums[r][0]);
            sums[r][1] = simd.mul_add_e_f32s(factor, pair[1], sums[r][1]);
        }
    }
}
