//! How far two models agree about the same texts.
//!
//! Everything here takes scores as they come, raw or standardised: no statistic changes when one
//! model's scores and threshold are shifted or stretched. Definitions: METHODS, section 6.

mod association;
mod convention;
mod error;
mod reliability;
mod sample;

use lens_core::{CancelToken, Progress, Reporter, Seed};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub(crate) use self::association::{Moments, Ordered};
pub use self::association::{cohens_kappa, kendall_tau_b, pearson, spearman};
pub use self::convention::{Convention, LayerChoice, split_digest};
pub use self::error::AgreementError;
pub use self::reliability::{FitDirection, HALVINGS, Reliability, split_half_reliability};
use self::sample::{Compared, STATISTICS, Sample};
use crate::bootstrap::{draw_weights, interval, stream};
use crate::{AnalysisError, DRAWS, Estimate, PairScores};

/// Draws between two looks at the cancel token.
const DRAWS_PER_CHECK: usize = 250;
/// Fewest pairs that agreement is measured with.
const FEWEST_PAIRS: usize = 2;

/// One model's side of a comparison.
#[derive(Debug, Clone, Copy)]
pub struct ModelScores<'a> {
    /// The model's name, for messages.
    pub name: &'a str,
    /// How its scores came about.
    pub convention: &'a Convention,
    /// Its scores of the texts that are compared, with its own threshold.
    pub scores: PairScores<'a>,
    /// How far its scores would repeat with other training pairs, where that was estimated.
    pub reliability: Option<Reliability>,
}

/// How far two models' scores of the same texts agree. Every value has a 95 % interval from
/// [`DRAWS`] draws of pairs with replacement; a statistic that does not exist (scores that do not
/// vary) is absent, and draws without it are left out of its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Number of pairs; texts are twice as many.
    pub n_pairs: usize,
    /// Pearson's r over all texts. The gap between the classes alone makes it large.
    pub pearson: Option<Estimate>,
    /// Spearman's rho over all texts: Pearson's r of the mid-ranks.
    pub spearman: Option<Estimate>,
    /// Kendall's tau-b over all texts.
    pub kendall_tau_b: Option<Estimate>,
    /// Share of texts that both models put on the same side of their own thresholds.
    pub sign_agreement: Option<Estimate>,
    /// Cohen's kappa of those two decisions: agreement beyond chance.
    pub cohens_kappa: Option<Estimate>,
    /// The same correlations with the gap between the classes taken out.
    pub within_class: WithinClass,
    /// [`Self::pearson`] over the root of the product of both models' reliabilities; may exceed 1.
    /// Its interval holds the reliabilities fixed.
    pub disattenuated: Option<Estimate>,
    /// [`WithinClass::pearson`] over the root of the product of the reliabilities within classes.
    pub disattenuated_within_class: Option<Estimate>,
}

/// Correlations within the classes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WithinClass {
    /// Over both classes, each centred on its own means first.
    pub pearson: Option<Estimate>,
    /// Over both classes, of the ranks within each class, centred on their own means.
    pub spearman: Option<Estimate>,
    /// Pearson's r over the positive sides alone.
    pub positive_pearson: Option<Estimate>,
    /// Spearman's rho over the positive sides alone.
    pub positive_spearman: Option<Estimate>,
    /// Pearson's r over the negative sides alone.
    pub negative_pearson: Option<Estimate>,
    /// Spearman's rho over the negative sides alone.
    pub negative_spearman: Option<Estimate>,
}

/// One cell of the matrix of models.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AgreementCell {
    /// Position of the one model.
    pub first: usize,
    /// Position of the other, always the larger.
    pub second: usize,
    /// How far they agree.
    pub agreement: Agreement,
}

/// Agreement of every two of `models`, in the order (0, 1), (0, 2), (1, 2) and so on. Draw `b` is
/// the same set of pairs for all of them, and the same as in [`bootstrap`](crate::bootstrap).
///
/// # Errors
/// See [`score_agreement`]; the conventions of all models are compared before anything is computed.
pub fn agreement_matrix(
    models: &[ModelScores<'_>],
    seed: Seed,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<Vec<AgreementCell>, AgreementError> {
    let combinations: Vec<(usize, usize)> =
        (0..models.len()).flat_map(|b| (0..b).map(move |a| (a, b))).collect();
    let chosen = |(first, second): (usize, usize)| Some((models.get(first)?, models.get(second)?));
    for (a, b) in combinations.iter().copied().filter_map(chosen) {
        a.convention.check(a.name, b.convention, b.name)?;
    }
    let mut cells = Vec::with_capacity(combinations.len());
    for (done, &(first, second)) in combinations.iter().enumerate() {
        let Some((a, b)) = chosen((first, second)) else { continue };
        cells.push(AgreementCell {
            first,
            second,
            agreement: score_agreement(a, b, seed, cancel)?,
        });
        reporter.report(Progress {
            stage: "Comparing models".to_owned(),
            done: done as u64 + 1,
            total: combinations.len() as u64,
            unit: "comparisons",
        });
    }
    Ok(cells)
}

/// How far two models' scores of the same texts agree. Swapping the models changes nothing.
///
/// # Errors
/// Models that were not read by the same convention, unlike numbers of pairs, fewer than two pairs,
/// scores that are not finite, or a cancelled token.
pub fn score_agreement(
    a: &ModelScores<'_>,
    b: &ModelScores<'_>,
    seed: Seed,
    cancel: &CancelToken,
) -> Result<Agreement, AgreementError> {
    a.convention.check(a.name, b.convention, b.name)?;
    let n_pairs = a.scores.check()?;
    let found = b.scores.check()?;
    if found != n_pairs {
        return Err(AgreementError::UnlikeTexts {
            first: a.name.to_owned(),
            first_pairs: n_pairs,
            second: b.name.to_owned(),
            second_pairs: found,
        });
    }
    if n_pairs < FEWEST_PAIRS {
        let (split, needed) = ("test", FEWEST_PAIRS);
        return Err(AnalysisError::TooFewPairs { split, found, needed }.into());
    }

    let compared = Compared::new(&a.scores, &b.scores);
    let point = compared.sample(&vec![1.0; n_pairs]);
    let mut draws: Vec<Sample> = Vec::with_capacity(DRAWS);
    while draws.len() < DRAWS {
        cancel.check()?;
        let block = draws.len()..DRAWS.min(draws.len() + DRAWS_PER_CHECK);
        draws.par_extend(
            block
                .into_par_iter()
                .map(|draw| compared.sample(&draw_weights(n_pairs, stream(seed, draw)))),
        );
    }
    let estimates: [Option<Estimate>; STATISTICS] = std::array::from_fn(|of| {
        let value = point[of];
        let drawn = draws.iter().map(|draw| draw[of]).filter(|draw| !draw.is_nan());
        (!value.is_nan()).then(|| interval(value, drawn.collect()))
    });
    let [
        pearson,
        spearman,
        kendall_tau_b,
        sign_agreement,
        cohens_kappa,
        within_pearson,
        within_spearman,
        positive_pearson,
        positive_spearman,
        negative_pearson,
        negative_spearman,
    ] = estimates;
    let reliabilities = a.reliability.zip(b.reliability);
    Ok(Agreement {
        n_pairs,
        pearson,
        spearman,
        kendall_tau_b,
        sign_agreement,
        cohens_kappa,
        within_class: WithinClass {
            pearson: within_pearson,
            spearman: within_spearman,
            positive_pearson,
            positive_spearman,
            negative_pearson,
            negative_spearman,
        },
        disattenuated: disattenuated(
            pearson,
            reliabilities.and_then(|(a, b)| a.overall.zip(b.overall)),
        ),
        disattenuated_within_class: disattenuated(
            within_pearson,
            reliabilities.and_then(|(a, b)| a.within_class.zip(b.within_class)),
        ),
    })
}

/// A correlation over the root of the product of two reliabilities (Spearman 1904), where both are
/// positive. Not cut off at 1: a value above says that the reliabilities are underestimates.
fn disattenuated(r: Option<Estimate>, reliabilities: Option<(f64, f64)>) -> Option<Estimate> {
    let (r, (a, b)) = r.zip(reliabilities)?;
    let root = (a * b).sqrt();
    (a > 0.0 && b > 0.0).then(|| Estimate {
        value: r.value / root,
        low: r.low / root,
        high: r.high / root,
    })
}
