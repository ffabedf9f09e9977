//! How alike the layers of two models are.

use lens_analysis::{AgreementError, Form, Representation, Similarity, similarity};
use lens_core::{CancelToken, Digest, Reporter};
use rand::seq::index::sample;
use serde::{Deserialize, Serialize};

use super::{Compared, Probed, or_problem};
use crate::EngineError;
use crate::contract::SimilarityHeader;
use crate::packet::Packet;
use crate::probe::{small, sweep_key};
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;

/// Raised when the numbers change.
const SIMILARITY_VERSION: &str = "similarity/1";
/// Most pairs that are compared; of more, so many are drawn. Memory grows with the square.
const MOST_PAIRS: usize = 1_000;

/// The likeness of all layers of two models, as a study keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptSimilarity {
    header: SimilarityHeader,
    cka: Vec<Option<f64>>,
    rsa: Vec<Option<f64>>,
}

impl KeptSimilarity {
    /// As bytes for the window: CKA, then RSA; NaN where there is none.
    ///
    /// # Errors
    /// When the header cannot be written.
    pub(crate) fn packet(&self) -> Result<Packet, EngineError> {
        #[expect(clippy::cast_possible_truncation, reason = "drawn, not computed with")]
        let values: Vec<f32> =
            self.cka.iter().chain(&self.rsa).map(|v| v.map_or(f32::NAN, |v| v as f32)).collect();
        Ok(Packet::of_f32(&self.header, &values)?)
    }

    /// What it is about.
    pub(crate) fn header(&self) -> &SimilarityHeader {
        &self.header
    }

    /// CKA, row-major by the layers of the first model.
    pub(crate) fn cka(&self) -> &[Option<f64>] {
        &self.cka
    }

    /// RSA likewise.
    pub(crate) fn rsa(&self) -> &[Option<f64>] {
        &self.rsa
    }

    /// CKA of two layers.
    pub(crate) fn cka_at(&self, layer_a: u32, layer_b: u32) -> Option<f64> {
        let row = self.header.layers_a.iter().position(|&l| l == layer_a)?;
        let column = self.header.layers_b.iter().position(|&l| l == layer_b)?;
        *self.cka.get(row * self.header.layers_b.len() + column)?
    }
}

/// What it rests on. The order of the two is part of it: the table is turned over otherwise.
pub(super) fn similarity_key(first: &Snapshot, second: &Snapshot) -> Digest {
    let (first, second) = (sweep_key(first), sweep_key(second));
    Digest::of_fields([Some(SIMILARITY_VERSION), Some(first.as_str()), Some(second.as_str())])
}

pub(super) fn similarity_of(
    first: &Compared<'_>,
    second: &Compared<'_>,
    store: &ActivationStore,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
    problems: &mut Vec<String>,
) -> Result<Option<KeptSimilarity>, EngineError> {
    let (first, second) = (first.probed, second.probed);
    let rows = drawn_rows(&first.snapshot);
    let width = |p: &Probed| p.snapshot.model.usable().map(|info| info.width);
    let form = Form::for_shape(rows.len(), width(first)?.max(width(second)?));
    let Some(layers_a) = or_problem(prepare(first, &rows, form, store, cancel)?, problems)? else {
        return Ok(None);
    };
    let Some(layers_b) = or_problem(prepare(second, &rows, form, store, cancel)?, problems)? else {
        return Ok(None);
    };
    let found = or_problem(similarity(&layers_a, &layers_b, reporter, cancel), problems)?;
    let layers = |p: &Probed| p.snapshot.reading.key.layers.iter().map(|&l| small(l)).collect();
    Ok(found.map(|Similarity { texts, cka, rsa, .. }| KeptSimilarity {
        header: SimilarityHeader {
            a: first.id().to_owned(),
            b: second.id().to_owned(),
            layers_a: layers(first),
            layers_b: layers(second),
            texts: small(texts),
            provenance: format!("{} | {}", first.sweep.provenance, second.sweep.provenance),
        },
        cka,
        rsa,
    }))
}

/// Both texts of all pairs, or of so many drawn by the seed, in order.
fn drawn_rows(snapshot: &Snapshot) -> Vec<usize> {
    let pairs = snapshot.pairs.pairs().len();
    let mut drawn: Vec<usize> = if pairs > MOST_PAIRS {
        let mut random = snapshot.settings.seed.stream("similarity");
        sample(&mut random, pairs, MOST_PAIRS).into_vec()
    } else {
        (0..pairs).collect()
    };
    drawn.sort_unstable();
    drawn.into_iter().flat_map(|pair| [2 * pair, 2 * pair + 1]).collect()
}

/// Every layer, one in memory at a time.
fn prepare(
    probed: &Probed,
    rows: &[usize],
    form: Form,
    store: &ActivationStore,
    cancel: &CancelToken,
) -> Result<Result<Vec<Representation>, AgreementError>, EngineError> {
    let mut layers = Vec::new();
    for &layer in &probed.snapshot.reading.key.layers {
        cancel.check()?;
        let all = probed.snapshot.reading.layer(store, layer)?;
        match Representation::of(&all.select(rows), form) {
            Ok(layer) => layers.push(layer),
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(layers))
}
