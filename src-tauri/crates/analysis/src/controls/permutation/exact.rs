//! Draws counted in f64.

use crate::AnalysisError;
use crate::probe::Refit;
use crate::statistics::twice_wins;

/// Twice the number of (positive, negative) combinations in the right order, for each draw: after a
/// refit with the signs `train`, on `pairs` test pairs with the signs `test`.
pub(super) fn wins(
    refit: &dyn Refit,
    train: &[f64],
    test: &[f64],
    pairs: usize,
) -> Result<Vec<u128>, AnalysisError> {
    let scores = refit.scores(train)?;
    let (mut positive, mut negative) = (vec![0.0; pairs], vec![0.0; pairs]);
    let draws =
        scores.as_chunks::<2>().0.chunks_exact(pairs.max(1)).zip(test.chunks_exact(pairs.max(1)));
    Ok(draws
        .map(|(sides, signs)| {
            for (((p, n), sides), sign) in
                positive.iter_mut().zip(&mut negative).zip(sides).zip(signs)
            {
                let [first, second] = *sides;
                (*p, *n) = if *sign < 0.0 { (second, first) } else { (first, second) };
            }
            negative.sort_unstable_by(f64::total_cmp);
            twice_wins(&positive, &negative)
        })
        .collect())
}
