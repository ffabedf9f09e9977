//! Every layer of one model against every layer of another.

use faer::{Mat, MatRef};
use lens_core::{CancelToken, Progress, Reporter};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::representation::{Features, Packed, Representation};
use crate::AgreementError;
use crate::linear::product;
use crate::product::row_products;

/// Entries of packed matrices that are compared at a time: one block of every layer of two models
/// fits the second cache.
const BLOCK: usize = 2_048;
/// Blocks between two looks at the cancel token.
const BLOCKS_PER_CHECK: usize = 32;

/// Every layer of one model against every layer of another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Similarity {
    /// Layers of the first model: rows of the tables.
    pub first_layers: usize,
    /// Layers of the second model: columns.
    pub second_layers: usize,
    /// Texts that CKA rests on.
    pub texts: usize,
    /// Texts that RSA rests on: all, or [`RSA_TEXTS`](super::RSA_TEXTS) in evenly spaced pairs.
    pub rsa_texts: usize,
    /// Debiased linear CKA, row-major: 1 for the same arrangement, 0 on average for unrelated ones
    /// (single values may be negative). None where the texts of a layer all have the same row.
    pub cka: Vec<Option<f64>>,
    /// Spearman's rho of the cosine distances between texts, row-major. None where a row has no
    /// length or all distances are equal.
    pub rsa: Vec<Option<f64>>,
}

/// Debiased linear CKA (Kornblith et al. 2019, with the unbiased HSIC of Song et al. 2012) and RSA
/// (Kriegeskorte et al. 2008) of every layer of `first` with every layer of `second`. Swapping the
/// models turns the tables over and changes nothing else.
///
/// # Errors
/// Layers of unlike numbers of texts or of unlike forms, or a cancelled token.
pub fn similarity(
    first: &[Representation],
    second: &[Representation],
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<Similarity, AgreementError> {
    let layers: Vec<&Representation> = first.iter().chain(second).collect();
    let texts = layers.first().map_or(0, |layer| layer.texts);
    if let Some(odd) = layers.iter().find(|layer| layer.texts != texts) {
        return Err(AgreementError::UnlikeRows { first: texts, second: odd.texts });
    }
    if layers.windows(2).any(|two| matches!(two, [a, b] if a.form != b.form)) {
        return Err(AgreementError::UnlikeRepresentations);
    }
    let watch = |stage: &str, done: usize, total: usize| -> Result<(), AgreementError> {
        cancel.check()?;
        let (stage, done, total) = (stage.to_owned(), done as u64, total as u64);
        reporter.report(Progress { stage, done, total, unit: "steps" });
        Ok(())
    };
    let grams = cosines(
        &packed(first, |layer| layer.gram.as_ref()),
        &packed(second, |layer| layer.gram.as_ref()),
        |done, total| watch("Comparing layers", done, total),
    )?;
    let features =
        of_features(first, second, |done, total| watch("Comparing layers", done, total))?;
    let rsa = cosines(
        &packed(first, |layer| layer.distances.as_ref()),
        &packed(second, |layer| layer.distances.as_ref()),
        |done, total| watch("Comparing distances", done, total),
    )?;
    Ok(Similarity {
        first_layers: first.len(),
        second_layers: second.len(),
        texts,
        rsa_texts: layers.first().map_or(0, |layer| layer.rsa_texts),
        cka: grams.into_iter().zip(features).map(|(gram, features)| gram.or(features)).collect(),
        rsa,
    })
}

fn packed(
    layers: &[Representation],
    of: impl Fn(&Representation) -> Option<&Packed>,
) -> Vec<Option<&Packed>> {
    layers.iter().map(of).collect()
}

/// Cosines between packed matrices, a block of all of them at a time: one matrix product with f64
/// sums, in the order of the blocks.
fn cosines(
    first: &[Option<&Packed>],
    second: &[Option<&Packed>],
    watch: impl Fn(usize, usize) -> Result<(), AgreementError>,
) -> Result<Vec<Option<f64>>, AgreementError> {
    let present = |layers: &[Option<&'_ Packed>]| layers.iter().flatten().count();
    let (rows, columns) = (present(first), present(second));
    let length = first.iter().chain(second).flatten().map(|layer| layer.values.len()).next();
    let mut sums = vec![0.0; rows * columns];
    let starts: Vec<usize> = (0..length.unwrap_or(0)).step_by(BLOCK).collect();
    for (done, checked) in starts.chunks(BLOCKS_PER_CHECK).enumerate() {
        watch(done * BLOCKS_PER_CHECK, starts.len())?;
        let products: Vec<Vec<f64>> = checked
            .par_iter()
            .map(|&start| row_products(&block(first, start), &block(second, start)))
            .collect();
        for product in products {
            sums.iter_mut().zip(product).for_each(|(sum, product)| *sum += product);
        }
    }
    watch(starts.len(), starts.len())?;

    let mut sums = sums.into_iter();
    let both = first.iter().flat_map(|a| second.iter().map(move |b| a.zip(*b)));
    Ok(both
        .map(|both| {
            let (a, b) = both?;
            Some((sums.next()? / (a.norm * b.norm)).clamp(-1.0, 1.0))
        })
        .collect())
}

/// One block of every matrix there is.
fn block<'a>(layers: &[Option<&'a Packed>], start: usize) -> Vec<&'a [f32]> {
    layers
        .iter()
        .flatten()
        .map(|layer| layer.values.get(start..).unwrap_or_default())
        .map(|rest| rest.get(..BLOCK).unwrap_or(rest))
        .collect()
}

/// Debiased CKA from centred rows; none for layers that are not kept so.
fn of_features(
    first: &[Representation],
    second: &[Representation],
    watch: impl Fn(usize, usize) -> Result<(), AgreementError>,
) -> Result<Vec<Option<f64>>, AgreementError> {
    let own = |layers: &[Representation]| -> Vec<Option<f64>> {
        let own = |layer: &Representation| layer.features.as_ref().map(|own| hsic(own, own));
        layers.iter().map(own).collect()
    };
    let (own_first, own_second) = (own(first), own(second));
    let mut cka = Vec::with_capacity(first.len() * second.len());
    for (done, (a, own_a)) in first.iter().zip(&own_first).enumerate() {
        watch(done, first.len())?;
        for (b, own_b) in second.iter().zip(&own_second) {
            let value = a.features.as_ref().zip(b.features.as_ref()).and_then(|(a, b)| {
                let norm = (own_a.as_ref()? * own_b.as_ref()?).sqrt();
                (norm > 0.0).then(|| (hsic(a, b) / norm).clamp(-1.0, 1.0))
            });
            cka.push(value);
        }
    }
    Ok(cka)
}

/// The unbiased HSIC of Song et al. (2012), equation 5, times `n (n - 3)`, with both kernels linear
/// and their rows centred. Then `K~ 1 = -k` with `k` the diagonal of `K`, and
/// `tr K~ L~ = ||X' Y||^2 - k' l`.
fn hsic(x: &Features, y: &Features) -> f64 {
    let n = x.squares.len() as f64;
    let common: f64 = product(x.matrix().transpose().as_ref(), y.matrix().as_ref())
        .col_iter()
        .map(|column| column.iter().map(|v| v * v).sum::<f64>())
        .sum();
    let diagonals: f64 = x.squares.iter().zip(&y.squares).map(|(k, l)| k * l).sum();
    let totals = x.squares.iter().sum::<f64>() * y.squares.iter().sum::<f64>();
    common - n / (n - 2.0) * diagonals + totals / ((n - 1.0) * (n - 2.0))
}

impl Features {
    fn matrix(&self) -> Mat<f64> {
        let rows = MatRef::from_row_major_slice(&self.values, self.squares.len(), self.width);
        Mat::from_fn(rows.nrows(), rows.ncols(), |i, j| f64::from(rows[(i, j)]))
    }
}
