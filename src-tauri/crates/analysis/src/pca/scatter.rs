//! Products of all columns with all columns (or all rows with all rows), block after block: in the
//! number type asked for within a block, in f64 between blocks.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use lens_core::ActivationMatrix;
use rayon::prelude::*;

use super::blocks::RowBlocks;
use super::frame::{Element, Frame};

/// Columns of a tile: so many that products are at their fastest, and few tiles on the diagonal, of
/// which only half is needed.
const TILE: usize = 96;
/// Tiles there are at least, unless a block is too short for them: what threads share.
const SHARES: usize = 8;
/// Rows of a block that are worth a share.
const ROWS_PER_SHARE: usize = 256;
/// Values of a block, about: they stay in the last cache.
const VALUES: usize = 1 << 21;
/// Rows that are centred together.
const CHUNK: usize = 32;
/// Columns of a block of a Gram matrix.
const PANEL: usize = 256;

/// The products `X'X` of centred, scaled rows. `T` is the number type within a block.
pub(super) fn covariance<T: Element, S: RowBlocks>(
    source: &mut S,
    frame: &Frame,
) -> Result<Mat<f64>, S::Error> {
    let width = frame.width;
    let mut sums = Sums::new(width);
    let rows = (VALUES / width.max(1)).clamp(ROWS_PER_SHARE, ROWS_PER_SHARE * SHARES);
    let mut centred = vec![T::default(); rows.min(frame.rows) * width];
    frame.each_block(source, rows, |_, block| {
        let centred = &mut centred[..block.len()];
        centred
            .par_chunks_mut(CHUNK * width.max(1))
            .zip(block.par_chunks(CHUNK * width.max(1)))
            .for_each(|(out, rows)| frame.centre(rows, 0..width, out));
        sums.add(MatRef::from_row_major_slice(centred, block.len() / width.max(1), width));
    })?;
    Ok(sums.whole())
}

/// The products `XX'` of centred, scaled rows, in f64.
pub(super) fn gram(rows: &ActivationMatrix, frame: &Frame) -> Mat<f64> {
    let (count, width) = (frame.rows, frame.width);
    let mut sums = Sums::new(count);
    let mut centred = vec![0.0_f64; count * PANEL.min(width)];
    for start in (0..width).step_by(PANEL) {
        let columns = start..(start + PANEL).min(width);
        let own = columns.len();
        let centred = &mut centred[..count * own];
        centred
            .par_chunks_mut(CHUNK * own)
            .zip(rows.values().par_chunks(CHUNK * width))
            .for_each(|(out, rows)| frame.centre(rows, columns.clone(), out));
        sums.add(MatRef::from_row_major_slice(centred, count, own).transpose());
    }
    sums.whole()
}

/// `X'X`, of which one triangle is kept, in tiles; which tiles there are depends on the size alone.
struct Sums {
    size: usize,
    /// Parts of a block that are summed apart, where there are few tiles.
    shares: usize,
    tiles: Vec<Tile>,
}

struct Tile {
    share: usize,
    /// First column on either side; the first is not below the second.
    at: [usize; 2],
    /// `[columns, columns]`, one column of the product after the other.
    sums: Vec<f64>,
}

impl Sums {
    fn new(size: usize) -> Self {
        let starts: Vec<usize> = (0..size).step_by(TILE).collect();
        let shares = SHARES.div_ceil((starts.len() * (starts.len() + 1) / 2).max(1));
        let tiles = (0..shares)
            .flat_map(|share| {
                let pairs = starts.iter().flat_map(|&row| {
                    starts.iter().take_while(move |&&column| column <= row).map(move |&c| [row, c])
                });
                pairs.map(move |at| {
                    let long = |start: usize| TILE.min(size - start);
                    Tile { share, at, sums: vec![0.0; long(at[0]) * long(at[1])] }
                })
            })
            .collect();
        Self { size, shares, tiles }
    }

    /// Adds `block' block`; `block` has `size` columns.
    fn add<T: Element>(&mut self, block: MatRef<'_, T>) {
        let Self { size, shares, .. } = *self;
        let rows = block.nrows();
        let share = rows.div_ceil(shares).max(ROWS_PER_SHARE);
        let products = || Vec::<T>::with_capacity(TILE * TILE);
        self.tiles.par_iter_mut().for_each_init(products, |products, tile| {
            let first = tile.share * share;
            if first >= rows {
                return;
            }
            let block = block.subrows(first, share.min(rows - first));
            let [a, b] = tile.at.map(|start| block.subcols(start, TILE.min(size - start)));
            products.resize(tile.sums.len(), T::default());
            let out = MatMut::from_column_major_slice_mut(products, a.ncols(), b.ncols());
            matmul(out, Accum::Replace, a.transpose(), b, T::of(1.0), Par::Seq);
            tile.sums.iter_mut().zip(&*products).for_each(|(sum, &product)| *sum += product.into());
        });
    }

    /// Both triangles.
    fn whole(self) -> Mat<f64> {
        let mut whole = Mat::zeros(self.size, self.size);
        for Tile { at: [row, column], sums, .. } in self.tiles {
            let long = |start: usize| TILE.min(self.size - start);
            let tile = MatRef::from_column_major_slice(&sums, long(row), long(column));
            let mut place = whole.submatrix_mut(row, column, tile.nrows(), tile.ncols());
            place += tile;
            if row != column {
                let mut place = whole.submatrix_mut(column, row, tile.ncols(), tile.nrows());
                place += tile.transpose();
            }
        }
        whole
    }
}
