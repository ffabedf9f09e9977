//! One layer prepared for comparison: what does not depend on the other layer is done once.

use faer::MatRef;
use lens_core::ActivationMatrix;

use super::centred::Centred;
use super::{FEWEST_TEXTS, RSA_TEXTS};
use crate::agreement::Ordered;
use crate::linear::scatter;
use crate::{AgreementError, AnalysisError};

/// From this many texts per dimension on, keeping products of texts takes more memory than keeping
/// the rows does, by far.
const TEXTS_PER_DIMENSION: usize = 4;
/// Deviations smaller than this share of the rows' typical norm are the rounding of f32.
const ROUNDING: f64 = 1e-7;

/// What is kept of a layer's rows. All layers of a comparison need the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The products of texts with texts: `n (n - 1) / 2` numbers, and as many operations for every
    /// two layers.
    Gram,
    /// The centred rows: `n d` numbers, and `n d^2` operations for every two layers.
    Features,
}

impl Form {
    /// The form for this many texts in models of which the widest has `width` dimensions.
    #[must_use]
    pub const fn for_shape(texts: usize, width: usize) -> Self {
        if texts > TEXTS_PER_DIMENSION * width { Self::Features } else { Self::Gram }
    }
}

/// One layer of one model, prepared for comparison.
#[derive(Debug, Clone)]
pub struct Representation {
    pub(super) texts: usize,
    pub(super) form: Form,
    /// U-centred products of texts, in that form; none where all rows are the same.
    pub(super) gram: Option<Packed>,
    /// Centred rows, in that form; none where all are the same.
    pub(super) features: Option<Features>,
    /// Centred ranks of the cosine distances; none where there are none, or all are equal.
    pub(super) distances: Option<Packed>,
    pub(super) rsa_texts: usize,
}

/// What lies above the diagonal of a symmetric matrix, row by row, with its norm.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    pub(super) values: Vec<f32>,
    pub(super) norm: f64,
}

/// Centred rows.
#[derive(Debug, Clone)]
pub(super) struct Features {
    /// `[texts, width]`, row-major.
    pub(super) values: Vec<f32>,
    pub(super) width: usize,
    /// Squared norm of each row.
    pub(super) squares: Vec<f64>,
}

impl Representation {
    /// Prepares one layer's rows, one per text; memory is that of `form`, and `n^2 / 2` numbers of
    /// four bytes for up to [`RSA_TEXTS`] texts' distances.
    ///
    /// # Errors
    /// Fewer than four rows, or NaN or an infinity among them.
    pub fn of(rows: &ActivationMatrix, form: Form) -> Result<Self, AgreementError> {
        let texts = rows.rows();
        if texts < FEWEST_TEXTS {
            return Err(AgreementError::TooFewTexts { found: texts, needed: FEWEST_TEXTS });
        }
        if let Some((row, column)) = rows.first_non_finite() {
            return Err(AnalysisError::NonFiniteActivation { layer: None, row, column }.into());
        }
        let centred = Centred::new(rows);
        let sampled = evenly_spaced(texts);
        let needs_gram = form == Form::Gram || sampled.is_none();
        let gram = needs_gram.then(|| scatter(centred.matrix().transpose()));
        let distances = match (&gram, sampled) {
            (Some(gram), None) => cosine_ranks(gram.as_ref(), &centred),
            (_, Some(sampled)) => {
                let centred = Centred::new(&rows.select(&sampled));
                cosine_ranks(scatter(centred.matrix().transpose()).as_ref(), &centred)
            }
            (None, None) => None,
        };
        let of_mean: f64 = centred.mean.iter().map(|m| m * m).sum::<f64>() * texts as f64;
        let spread = centred.sum_of_squares();
        let varies = spread > ROUNDING * ROUNDING * (spread + of_mean);
        let gram = gram.filter(|_| varies && form == Form::Gram);
        Ok(Self {
            texts,
            form,
            gram: gram.and_then(|gram| u_centred(gram.as_ref())),
            features: (varies && form == Form::Features).then(|| Features::of(&centred, spread)),
            distances,
            rsa_texts: texts.min(RSA_TEXTS),
        })
    }

    /// Number of texts.
    #[must_use]
    pub const fn texts(&self) -> usize {
        self.texts
    }
}

impl Features {
    /// `spread` is the sum of the squares of all values. They are kept at a sum of 1, so that f32
    /// holds them and f64 their products whatever the scale of the activations.
    fn of(centred: &Centred, spread: f64) -> Self {
        let (width, scale) = (centred.mean.len(), spread.sqrt().recip());
        let square = |row: &[f64]| row.iter().map(|v| (v * scale).powi(2)).sum();
        Self {
            values: centred.values().iter().map(|v| (v * scale) as f32).collect(),
            width,
            squares: centred.values().chunks_exact(width.max(1)).map(square).collect(),
        }
    }
}

/// Rows of [`RSA_TEXTS`] texts in evenly spaced pairs, where there are more.
fn evenly_spaced(texts: usize) -> Option<Vec<usize>> {
    let (pairs, kept) = (texts / 2, RSA_TEXTS / 2);
    (texts > RSA_TEXTS).then(|| {
        (0..kept).map(|i| i * pairs / kept).flat_map(|pair| [2 * pair, 2 * pair + 1]).collect()
    })
}

/// The U-centred products of centred rows (Szekely and Rizzo 2014): inner products of two such
/// matrices are the unbiased HSIC (Song et al. 2012) times `n (n - 3)`. None where nothing is left.
///
/// Rows being centred, a row of the products without its diagonal entry sums to less that entry.
fn u_centred(gram: MatRef<'_, f64>) -> Option<Packed> {
    let n = gram.nrows() as f64;
    let diagonal: Vec<f64> = (0..gram.nrows()).map(|i| gram[(i, i)]).collect();
    let of_all = diagonal.iter().sum::<f64>() / ((n - 1.0) * (n - 2.0));
    let entry =
        |i: usize, j: usize| gram[(i, j)] + (gram[(i, i)] + gram[(j, j)]) / (n - 2.0) - of_all;
    let squares: f64 = above_diagonal(gram.nrows()).map(|(i, j)| entry(i, j)).map(|v| v * v).sum();
    let norm = squares.sqrt();
    let largest = diagonal.iter().fold(0.0_f64, |top, d| top.max(*d));
    // At length 1, so that f32 holds it whatever the scale of the activations.
    (norm > f64::EPSILON * n * largest).then(|| Packed {
        values: above_diagonal(gram.nrows()).map(|(i, j)| (entry(i, j) / norm) as f32).collect(),
        norm: 1.0,
    })
}

/// Ranks of the cosine distances between texts, centred. None where a row has no length or all
/// distances are equal.
fn cosine_ranks(gram: MatRef<'_, f64>, centred: &Centred) -> Option<Packed> {
    // The products of the rows as they were, from those around the mean.
    let mean = &centred.mean;
    let with_mean: Vec<f64> = centred
        .values()
        .chunks_exact(mean.len().max(1))
        .map(|row| row.iter().zip(mean).map(|(v, m)| v * m).sum())
        .collect();
    let of_mean: f64 = mean.iter().map(|m| m * m).sum();
    let lengths: Vec<f64> = with_mean
        .iter()
        .enumerate()
        .map(|(i, along)| (gram[(i, i)] + 2.0 * along + of_mean).max(0.0).sqrt())
        .collect();
    if lengths.len() != gram.nrows() || lengths.iter().any(|&length| length <= 0.0) {
        return None;
    }
    let distances: Vec<f64> = above_diagonal(gram.nrows())
        .map(|(i, j)| {
            let product = gram[(i, j)] + with_mean[i] + with_mean[j] + of_mean;
            1.0 - product / (lengths[i] * lengths[j])
        })
        .collect();
    let count = distances.len();
    let ranks = Ordered::new(&distances).ranks(&vec![1.0; count]);
    let mean_rank = 0.5 * (count as f64 + 1.0);
    // Whole and half numbers far below 2^24: exact in f32.
    let values: Vec<f32> = ranks.iter().map(|rank| (rank - mean_rank) as f32).collect();
    let norm = values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    (norm > 0.0).then_some(Packed { values, norm })
}

/// Positions above the diagonal, row by row.
fn above_diagonal(size: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..size).flat_map(move |i| (i + 1..size).map(move |j| (i, j)))
}
