//! Agreement of two models' scores.

use lens_analysis::{
    Agreement, Convention, Estimate, ModelScores, mean_difference, score_agreement,
    split_half_reliability,
};
use lens_core::{CancelToken, Split};

use super::{Compared, Probed, or_problem};
use crate::EngineError;
use crate::contract::{EstimateView, ScoreAgreementView};
use crate::probe::{estimate, layer_scores, small};
use crate::store::ActivationStore;

/// Scores a model's texts at its chosen layer, and how far these scores can be relied on.
pub(super) fn prepare<'a>(
    probed: &'a Probed,
    store: &ActivationStore,
    cancel: &CancelToken,
) -> Result<Compared<'a>, EngineError> {
    let snapshot = &probed.snapshot;
    let layer = probed.sweep.chosen_layer as usize;
    let scores = layer_scores(snapshot, store, layer)?;
    let rows = snapshot.reading.layer(store, layer)?;
    let pairs_in = |wanted: Split| -> Vec<usize> {
        let splits = snapshot.pairs.splits().iter().enumerate();
        splits.filter(|(_, split)| **split == wanted).map(|(pair, _)| pair).collect()
    };
    let reliability = split_half_reliability(
        &rows,
        &pairs_in(Split::Train),
        &pairs_in(Split::Test),
        snapshot.settings.seed,
        &|rows, train| mean_difference(rows, train, layer),
        cancel,
    )?;
    Ok(Compared { probed, scores, reliability })
}

/// How far two models' scores of the test texts agree.
pub(super) fn agreement(
    first: &Compared<'_>,
    second: &Compared<'_>,
    cancel: &CancelToken,
    problems: &mut Vec<String>,
) -> Result<Option<ScoreAgreementView>, EngineError> {
    let conventions = [first, second].map(|c| c.probed.convention());
    let [of_first, of_second] = &conventions;
    let (a, b) = (side(first, of_first), side(second, of_second));
    let seed = first.probed.snapshot.settings.seed;
    let Some(found) = or_problem(score_agreement(&a, &b, seed, cancel), problems)? else {
        return Ok(None);
    };
    let view = view(&found, first, second);
    if view.is_none() {
        problems
            .push("The scores of one model do not vary, so nothing can agree with them.".into());
    }
    Ok(view)
}

fn side<'a>(compared: &'a Compared<'_>, convention: &'a Convention) -> ModelScores<'a> {
    ModelScores {
        name: &compared.probed.sweep.model_name,
        convention,
        scores: compared.scores.test(),
        reliability: Some(compared.reliability),
    }
}

fn view(
    found: &Agreement,
    first: &Compared<'_>,
    second: &Compared<'_>,
) -> Option<ScoreAgreementView> {
    let all = |e: &Option<Estimate>| -> Option<EstimateView> { e.as_ref().map(estimate) };
    Some(ScoreAgreementView {
        texts: small(2 * found.n_pairs),
        pearson: all(&found.pearson)?,
        spearman: all(&found.spearman)?,
        kendall: all(&found.kendall_tau_b)?,
        sign_agreement: all(&found.sign_agreement)?,
        kappa: all(&found.cohens_kappa),
        within_class_pearson: all(&found.within_class.pearson),
        within_class_spearman: all(&found.within_class.spearman),
        disattenuated: found.disattenuated.map(|e| e.value),
        reliability_a: first.reliability.overall,
        reliability_b: second.reliability.overall,
    })
}
