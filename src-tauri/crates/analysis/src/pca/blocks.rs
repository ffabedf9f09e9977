//! Rows that are read a block at a time.

use lens_core::ActivationMatrix;

use crate::AnalysisError;

/// Rows that are read block by block, as often as is asked for: for activations that memory does not
/// hold. To stop early, [`each_block`](Self::each_block) gives back an error.
pub trait RowBlocks {
    /// Why reading failed.
    type Error: From<AnalysisError>;

    /// Values of each row.
    fn width(&self) -> usize;

    /// Hands over all rows, in the same order every time: some whole rows at once, row-major, however
    /// many there are at hand.
    ///
    /// # Errors
    /// What `take` gives back, or why the rows could not be read.
    fn each_block(
        &mut self,
        take: &mut dyn FnMut(&[f32]) -> Result<(), AnalysisError>,
    ) -> Result<(), Self::Error>;
}

/// All rows of a matrix, at once.
pub(crate) struct Whole<'a>(pub(crate) &'a ActivationMatrix);

impl RowBlocks for Whole<'_> {
    type Error = AnalysisError;

    fn width(&self) -> usize {
        self.0.width()
    }

    fn each_block(
        &mut self,
        take: &mut dyn FnMut(&[f32]) -> Result<(), AnalysisError>,
    ) -> Result<(), AnalysisError> {
        take(self.0.values())
    }
}

/// Hands over all rows in blocks of `rows`, the last one shorter, with the number of rows before:
/// `take(before, rows)`. So sums are the same however the source divides its rows. Gives back the
/// number of rows.
pub(crate) fn even_blocks<S: RowBlocks>(
    source: &mut S,
    rows: usize,
    mut take: impl FnMut(usize, &[f32]) -> Result<(), AnalysisError>,
) -> Result<usize, S::Error> {
    let width = source.width().max(1);
    let length = rows.max(1) * width;
    let mut waiting: Vec<f32> = Vec::new();
    let mut before = 0;
    source.each_block(&mut |mut values| {
        if !values.len().is_multiple_of(width) {
            return Err(AnalysisError::TornRow { values: values.len(), width });
        }
        if !waiting.is_empty() {
            let (missing, rest) = values.split_at(values.len().min(length - waiting.len()));
            waiting.extend_from_slice(missing);
            values = rest;
            if waiting.len() == length {
                take(before, &waiting)?;
                before += rows;
                waiting.clear();
            }
        }
        let whole = values.chunks_exact(length);
        waiting.extend_from_slice(whole.remainder());
        for block in whole {
            take(before, block)?;
            before += rows;
        }
        Ok(())
    })?;
    if !waiting.is_empty() {
        take(before, &waiting)?;
    }
    Ok(before + waiting.len() / width)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Pieces(Vec<Vec<f32>>);

    impl RowBlocks for Pieces {
        type Error = AnalysisError;

        fn width(&self) -> usize {
            2
        }

        fn each_block(
            &mut self,
            take: &mut dyn FnMut(&[f32]) -> Result<(), AnalysisError>,
        ) -> Result<(), AnalysisError> {
            self.0.iter().try_for_each(|piece| take(piece))
        }
    }

    #[test]
    fn blocks_are_even_however_rows_come() {
        let values: Vec<f32> = (0..22).map(|i| i as f32).collect();
        for sizes in [vec![11], vec![1; 11], vec![2, 0, 7, 1, 1], vec![3, 8], vec![9, 2]] {
            let mut left = values.as_slice();
            let mut pieces = Vec::new();
            for size in sizes {
                let (piece, rest) = left.split_at(2 * size);
                pieces.push(piece.to_vec());
                left = rest;
            }
            let mut found = Vec::new();
            let rows = even_blocks(&mut Pieces(pieces), 4, |before, block| {
                found.push((before, block.to_vec()));
                Ok(())
            });
            assert_eq!(rows, Ok(11));
            let expected: Vec<(usize, Vec<f32>)> =
                values.chunks(8).zip(0..).map(|(block, i)| (4 * i, block.to_vec())).collect();
            assert_eq!(found, expected);
        }
        let torn = even_blocks(&mut Pieces(vec![vec![0.0; 3]]), 4, |_, _| Ok(()));
        assert_eq!(torn, Err(AnalysisError::TornRow { values: 3, width: 2 }));
    }
}
