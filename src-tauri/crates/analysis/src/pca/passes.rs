//! What is computed of all rows in one pass over them, besides their products.

use faer::linalg::matmul::matmul;
use faer::prelude::{Reborrow, ReborrowMut};
use faer::{Accum, Mat, MatMut, MatRef, Par};
use lens_core::ActivationMatrix;
use rayon::prelude::*;

use super::Axis;
use super::blocks::RowBlocks;
use super::frame::Frame;
use crate::product::dot;

/// Parts of the rows that are summed apart, in turn: what threads share.
const SHARES: usize = 8;
/// Rows that are centred and multiplied together.
const CHUNK: usize = 128;
/// Columns of many rows that are centred together.
const PANEL: usize = 64;

/// `X'X columns` for centred, scaled rows: products in f32, their sums in f64.
pub(super) fn image<S: RowBlocks>(
    source: &mut S,
    frame: &Frame,
    columns: MatRef<'_, f64>,
) -> Result<Mat<f64>, S::Error> {
    let (width, count) = (frame.width, columns.ncols());
    let columns = Mat::from_fn(width, count, |row, column| columns[(row, column)] as f32);
    let share = || Share {
        centred: vec![0.0_f32; CHUNK * width],
        along: Mat::<f32>::zeros(CHUNK, count),
        products: Mat::<f32>::zeros(width, count),
        sums: Mat::<f64>::zeros(width, count),
    };
    let mut shares: Vec<Share> = std::iter::repeat_with(share).take(SHARES).collect();
    frame.each_block(source, SHARES * CHUNK, |_, block| {
        let rows = block.par_chunks(CHUNK * width.max(1));
        shares.par_iter_mut().zip(rows).for_each(|(share, rows)| share.add(frame, rows, &columns));
    })?;
    let mut whole = Mat::zeros(width, count);
    for share in &shares {
        whole += &share.sums;
    }
    Ok(whole)
}

/// What one share has at hand.
struct Share {
    centred: Vec<f32>,
    along: Mat<f32>,
    products: Mat<f32>,
    sums: Mat<f64>,
}

impl Share {
    fn add(&mut self, frame: &Frame, rows: &[f32], columns: &Mat<f32>) {
        let width = frame.width;
        let centred = &mut self.centred[..rows.len()];
        frame.centre(rows, 0..width, centred);
        let centred = MatRef::from_row_major_slice(centred, rows.len() / width.max(1), width);
        let along = self.along.subrows_mut(0, centred.nrows());
        matmul(along, Accum::Replace, centred, columns, 1.0, Par::Seq);
        let along = self.along.subrows(0, centred.nrows());
        let products = self.products.as_mut();
        matmul(products, Accum::Replace, centred.transpose(), along, 1.0, Par::Seq);
        let of_column = self.sums.col_iter_mut().zip(self.products.col_iter());
        for (sums, products) in of_column {
            let both = sums.iter_mut().zip(products.iter());
            both.for_each(|(sum, &product)| *sum += f64::from(product));
        }
    }
}

/// All rows on some axes.
pub(super) struct Coordinates {
    axes: usize,
    /// `[rows, axes]`, row-major, scaled.
    pub(super) values: Vec<f64>,
    /// `[axes, axes]`: their products, summed over the rows.
    pub(super) products: Mat<f64>,
    /// Sum of the squares of all centred, scaled values.
    pub(super) total: f64,
}

impl Coordinates {
    /// On the columns of `axes`, in f64.
    pub(super) fn of<S: RowBlocks>(
        source: &mut S,
        frame: &Frame,
        axes: &Mat<f64>,
    ) -> Result<Self, S::Error> {
        let (width, count) = (frame.width, axes.ncols());
        let mut values = vec![0.0; frame.rows * count];
        let mut products = Mat::zeros(count, count);
        let mut total = 0.0;
        frame.each_block(source, SHARES * CHUNK, |before, block| {
            let rows = block.len() / width.max(1);
            let out = &mut values[before * count..(before + rows) * count];
            let centred = || vec![0.0_f64; CHUNK * width];
            let sums: Vec<(Mat<f64>, f64)> = out
                .par_chunks_mut(CHUNK * count)
                .zip(block.par_chunks(CHUNK * width.max(1)))
                .map_init(centred, |centred, (out, rows)| {
                    let centred = &mut centred[..rows.len()];
                    frame.centre(rows, 0..width, centred);
                    let rows = MatRef::from_row_major_slice(centred, out.len() / count, width);
                    let mut out = MatMut::from_row_major_slice_mut(out, rows.nrows(), count);
                    matmul(out.rb_mut(), Accum::Replace, rows, axes, 1.0, Par::Seq);
                    let mut products = Mat::zeros(count, count);
                    let own = products.as_mut();
                    matmul(own, Accum::Replace, out.rb().transpose(), out.rb(), 1.0, Par::Seq);
                    let squares = centred.chunks_exact(width.max(1)).map(|row| dot(row, row));
                    (products, squares.sum())
                })
                .collect();
            for (of_chunk, squares) in &sums {
                products += of_chunk;
                total += squares;
            }
        })?;
        Ok(Self { axes: count, values, products, total })
    }

    /// Takes each row times `turn`, an orthogonal matrix.
    pub(super) fn turn(&mut self, turn: &Mat<f64>) {
        let count = self.axes;
        let before = || Vec::with_capacity(CHUNK * count);
        self.values.par_chunks_mut(CHUNK * count).for_each_init(before, |before, rows| {
            before.clear();
            before.extend_from_slice(rows);
            let before = MatRef::from_row_major_slice(before, rows.len() / count, count);
            let rows = MatMut::from_row_major_slice_mut(rows, before.nrows(), count);
            matmul(rows, Accum::Replace, before, turn, 1.0, Par::Seq);
        });
    }
}

/// The axes `X'u`, at length 1, for the eigenvectors `u` of the products of all rows with all rows.
pub(super) fn lifted(rows: &ActivationMatrix, frame: &Frame, of_rows: &[Axis]) -> Vec<Axis> {
    let (count, width) = (frame.rows, frame.width);
    let weights = Mat::from_fn(count, of_rows.len(), |row, axis| of_rows[axis].vector[row]);
    let starts: Vec<usize> = (0..width).step_by(PANEL).collect();
    let parts: Vec<Mat<f64>> = starts
        .into_par_iter()
        .map(|start| {
            let columns = start..(start + PANEL).min(width);
            let own = columns.len();
            let mut centred = vec![0.0_f64; count * own];
            frame.centre(rows.values(), columns, &mut centred);
            let centred = MatRef::from_row_major_slice(&centred, count, own);
            let mut part = Mat::zeros(own, of_rows.len());
            matmul(part.as_mut(), Accum::Replace, centred.transpose(), &weights, 1.0, Par::Seq);
            part
        })
        .collect();
    let axis = |(number, of_rows): (usize, &Axis)| {
        let values = parts.iter().flat_map(|part| part.col(number).iter());
        let mut vector: Vec<f64> = values.copied().collect();
        let length = dot(&vector, &vector).sqrt();
        vector.iter_mut().for_each(|value| *value /= length);
        Axis { vector, squares: of_rows.squares }
    };
    of_rows.iter().enumerate().map(axis).collect()
}
