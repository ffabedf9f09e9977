//! How far the models of a study agree: their scores, their layers, their directions (METHODS,
//! section 5).

mod layers;
mod scores;
mod transfer;

use lens_analysis::{LayerChoice, Reliability};
use lens_core::{CancelToken, Digest, Reporter, Split};

use crate::EngineError;
use crate::contract::{
    AgreementModelView, AgreementView, LayerSweepView, ModelPairView, ScorePairHeader,
};
use crate::packet::Packet;
use crate::probe::{LayerScores, layer_scores, small, sweep_key};
use crate::session::Session;
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;

pub(crate) use layers::KeptSimilarity;

/// Raised when the comparison changes its numbers, so that kept results are computed again.
const AGREEMENT_VERSION: &str = "agreement/1";

/// A model with its probe.
pub struct Probed {
    /// What it read.
    pub snapshot: Snapshot,
    /// Its probe at every layer.
    pub sweep: LayerSweepView,
}

impl Probed {
    fn id(&self) -> &str {
        &self.snapshot.model.id
    }

    fn convention(&self) -> lens_analysis::Convention {
        let (key, pairs) = (&self.snapshot.reading.key, &self.snapshot.pairs);
        lens_analysis::Convention {
            layer_choice: LayerChoice::CrossValidated,
            method: self.snapshot.settings.method,
            pooling: key.pooling,
            token_limit: key.token_limit,
            chat_template: key.template.is_some(),
            data: pairs.digest().clone(),
            split: pairs.split_digest(),
            part: Some(Split::Test),
        }
    }
}

/// A model's probe with what the comparisons need of it.
struct Compared<'a> {
    probed: &'a Probed,
    scores: LayerScores,
    reliability: Reliability,
}

/// Compares every two of the models; what is kept of an earlier comparison is not computed again.
///
/// # Errors
/// When the store or the study fails, or on cancel. Models that cannot be compared are no error:
/// the view says why.
pub(crate) fn compute(
    session: &Session,
    probed: &[Probed],
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<(), EngineError> {
    let key = agreement_key(probed.iter().map(|p| &p.snapshot));
    if session.study()?.result::<AgreementView>(&key)?.is_some() {
        return Ok(());
    }
    let mut keep = |key: &Digest, similarity: &KeptSimilarity| -> Result<(), EngineError> {
        session.study()?.keep_result(key, similarity)
    };
    let view = compare(probed, session.store(), &mut keep, reporter, cancel)?;
    session.study()?.keep_result(&key, &view)
}

/// Compares every two of the models. `keep` is given the similarity of all layers of each two.
///
/// # Errors
/// As [`compute`].
pub fn compare(
    probed: &[Probed],
    store: &ActivationStore,
    keep: &mut dyn FnMut(&Digest, &KeptSimilarity) -> Result<(), EngineError>,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<AgreementView, EngineError> {
    let compared = probed
        .iter()
        .map(|probed| scores::prepare(probed, store, cancel))
        .collect::<Result<Vec<_>, EngineError>>()?;
    let mut pairs = Vec::new();
    for (b, second) in compared.iter().enumerate() {
        for first in compared.iter().take(b) {
            pairs.push(compare_two(first, second, store, keep, reporter, cancel)?);
        }
    }
    pairs.sort_by_key(|pair| {
        let place = |id: &str| probed.iter().position(|p| p.id() == id);
        (place(&pair.a), place(&pair.b))
    });
    Ok(AgreementView {
        models: probed.iter().filter_map(model_view).collect(),
        pairs,
        convention: convention(probed),
        provenance: probed
            .iter()
            .map(|p| p.sweep.provenance.as_str())
            .collect::<Vec<_>>()
            .join(" | "),
    })
}

fn compare_two(
    first: &Compared<'_>,
    second: &Compared<'_>,
    store: &ActivationStore,
    keep: &mut dyn FnMut(&Digest, &KeptSimilarity) -> Result<(), EngineError>,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<ModelPairView, EngineError> {
    let mut problems = Vec::new();
    let scores = scores::agreement(first, second, cancel, &mut problems)?;
    let similarity = layers::similarity_of(first, second, store, reporter, cancel, &mut problems)?;
    let (layer_a, layer_b) = (first.probed.sweep.chosen_layer, second.probed.sweep.chosen_layer);
    let cka = similarity.as_ref().and_then(|s| s.cka_at(layer_a, layer_b));
    if let Some(similarity) = &similarity {
        let key = layers::similarity_key(&first.probed.snapshot, &second.probed.snapshot);
        keep(&key, similarity)?;
    }
    let forth = transfer::carry(first, second, store, reporter, cancel, &mut problems)?;
    let back = transfer::carry(second, first, store, reporter, cancel, &mut problems)?;
    problems.dedup();
    Ok(ModelPairView {
        a: first.probed.id().to_owned(),
        b: second.probed.id().to_owned(),
        layer_a,
        layer_b,
        scores,
        cka,
        forth,
        back,
        problem: (!problems.is_empty()).then(|| problems.join(" ")),
    })
}

/// A result, or why there is none, as a sentence among the problems; a stop stays an error.
fn or_problem<T>(
    found: Result<T, lens_analysis::AgreementError>,
    problems: &mut Vec<String>,
) -> Result<Option<T>, EngineError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) => {
            let error = EngineError::from(error);
            if error.is_cancelled() {
                return Err(error);
            }
            problems.push(crate::contract::ApiError::from(&error).message);
            Ok(None)
        }
    }
}

fn model_view(probed: &Probed) -> Option<AgreementModelView> {
    let sweep = &probed.sweep;
    let chosen = sweep.layers.iter().find(|l| l.layer == sweep.chosen_layer)?;
    Some(AgreementModelView {
        id: probed.id().to_owned(),
        name: sweep.model_name.clone(),
        layer: sweep.chosen_layer,
        auroc: chosen.test.as_ref()?.auroc,
    })
}

fn convention(probed: &[Probed]) -> String {
    let Some(first) = probed.first() else { return String::new() };
    format!(
        "Every model with its own {} probe at the layer chosen on the training pairs, pooling {}, on \
         the same {} test pairs.",
        first.sweep.method, first.snapshot.reading.key.pooling, first.sweep.test_pairs
    )
}

fn agreement_key<'a>(snapshots: impl Iterator<Item = &'a Snapshot>) -> Digest {
    let keys: Vec<Digest> = snapshots.map(sweep_key).collect();
    let version = std::iter::once(Some(AGREEMENT_VERSION));
    Digest::of_fields(version.chain(keys.iter().map(|key| Some(key.as_str()))))
}

/// The comparison of the chosen models that have read the pairs, if it is there.
pub(crate) fn kept(session: &Session) -> Result<Option<AgreementView>, EngineError> {
    let (models, _) = session.chosen()?;
    let mut snapshots = Vec::new();
    for model in &models {
        match session.snapshot(&model.id) {
            Ok(snapshot) => snapshots.push(snapshot),
            Err(
                EngineError::NotRead(_) | EngineError::Model(_) | EngineError::UnusableModel(_),
            ) => {}
            Err(error) => return Err(error),
        }
    }
    session.study()?.result(&agreement_key(snapshots.iter()))
}

/// The likeness of two models' layers, if it is there.
pub(crate) fn kept_similarity(
    session: &Session,
    a: &str,
    b: &str,
) -> Result<Option<KeptSimilarity>, EngineError> {
    let key = layers::similarity_key(&session.snapshot(a)?, &session.snapshot(b)?);
    session.study()?.result(&key)
}

/// The scores z of the test texts by two models, each at its chosen layer.
pub(crate) fn score_pair(session: &Session, a: &str, b: &str) -> Result<Packet, EngineError> {
    let z = |model: &str| -> Result<Vec<f64>, EngineError> {
        let chosen = session.layer_sweep(model)?.chosen_layer;
        let snapshot = session.snapshot(model)?;
        let all = layer_scores(&snapshot, session.store(), chosen as usize)?.z();
        let of_pairs = all.chunks_exact(2).zip(snapshot.pairs.splits());
        Ok(of_pairs.filter(|(_, s)| **s == Split::Test).flat_map(|(z, _)| z.to_vec()).collect())
    };
    let (first, second) = (z(a)?, z(b)?);
    let header =
        ScorePairHeader { a: a.to_owned(), b: b.to_owned(), pairs: small(first.len() / 2) };
    #[expect(clippy::cast_possible_truncation, reason = "drawn, not computed with")]
    let values: Vec<f32> = first.into_iter().chain(second).map(|v| v as f32).collect();
    Ok(Packet::of_f32(&header, &values)?)
}
