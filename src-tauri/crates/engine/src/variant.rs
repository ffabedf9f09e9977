//! Other readings of the same pairs, that a probe is held against: with the words shuffled, with the
//! keywords replaced, and pooled as the published study did (METHODS, section 4).

use lens_analysis::{LayerSweep, difference, layer_sweep};
use lens_core::{CancelToken, ContrastPair, LayerSelection, Pooling, Progress, Reporter};
use lens_dataset::{Ablation, KeywordList, ablate, shuffled};

use crate::EngineError;
use crate::contract::VariantView;
use crate::models::LoadedModels;
use crate::probe::{LayerScores, estimate, small};
use crate::read::{ReadRequest, passages, read};
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;
use crate::study::Settings;

/// What it takes to read the pairs again.
pub(crate) struct Rereading<'a> {
    pub(crate) snapshot: &'a Snapshot,
    /// The chosen layer's probe on the pairs as they are.
    pub(crate) measured: &'a LayerScores,
    pub(crate) store: &'a ActivationStore,
    pub(crate) reporter: &'a dyn Reporter,
    pub(crate) cancel: &'a CancelToken,
}

impl Rereading<'_> {
    /// The same pairs with the words of every text in random order, at the chosen layer.
    ///
    /// # Errors
    /// When the model or the store fails, or on cancel.
    pub(crate) fn shuffled(&self, models: &mut LoadedModels) -> Result<VariantView, EngineError> {
        let pairs = shuffled(self.snapshot.pairs.pairs(), self.snapshot.settings.seed);
        let note = "The words of every text are in random order.".to_owned();
        let kind = Kind { name: "shuffled", stage: "words shuffled", pooling: None };
        self.measure(&kind, &pairs, note, models)
    }

    /// The same pairs with the keywords replaced, at the chosen layer.
    ///
    /// # Errors
    /// When the model or the store fails, or on cancel.
    pub(crate) fn ablated(
        &self,
        keywords: &KeywordList,
        models: &mut LoadedModels,
    ) -> Result<VariantView, EngineError> {
        let kind = Kind { name: "ablated", stage: "keywords replaced", pooling: None };
        let before = self.snapshot.pairs.pairs();
        let Ablation { pairs, replaced_positive, replaced_negative, touched_pairs, .. } =
            ablate(before, keywords, self.snapshot.settings.seed);
        if touched_pairs == 0 {
            let words = keywords.entries().len();
            return Ok(kind.untested(format!(
                "None of the {words} keywords stands in these texts, so there was nothing to replace."
            )));
        }
        let note = format!(
            "{replaced_positive} keywords in positive and {replaced_negative} in negative texts \
             replaced, in {touched_pairs} of {} pairs.",
            before.len()
        );
        self.measure(&kind, &pairs, note, models)
    }

    /// The same texts pooled over all tokens, at the layer that is best on the test pairs, with the
    /// threshold that the test pairs give themselves.
    ///
    /// # Errors
    /// When the model or the store fails, or on cancel.
    pub(crate) fn as_published(
        &self,
        models: &mut LoadedModels,
    ) -> Result<VariantView, EngineError> {
        let note =
            "All tokens in the mean, the layer with the best test AUROC, the threshold at the \
                    midpoint of the test scores."
                .to_owned();
        let kind = Kind {
            name: "as-published",
            stage: "all tokens in the mean",
            pooling: Some(Pooling::MeanAll),
        };
        self.measure(&kind, self.snapshot.pairs.pairs(), note, models)
    }

    fn measure(
        &self,
        kind: &Kind,
        pairs: &[ContrastPair],
        note: String,
        models: &mut LoadedModels,
    ) -> Result<VariantView, EngineError> {
        let published = kind.pooling.is_some();
        let (sweep, scores) = match self.sweep(kind, pairs, models) {
            Ok(found) => found,
            // Texts that allow no probe any more: said, and the other controls go on.
            Err(EngineError::Analysis(reason))
                if !EngineError::Analysis(reason.clone()).is_cancelled() =>
            {
                return Ok(kind.untested(crate::error::sentence(&reason.to_string())));
            }
            Err(error) => return Err(error),
        };
        let layer = if published { sweep.best_on_test_layer } else { sweep.chosen_layer };
        let Some(result) = sweep.layers.iter().find(|l| l.layer == layer) else {
            return Ok(kind.untested("The two sides do not differ any more.".to_owned()));
        };
        let accuracy =
            if published { &result.test.accuracy_at_own_midpoint } else { &result.test.accuracy };
        let seed = self.snapshot.settings.seed;
        let drop = difference(self.measured.test(), scores.test(), seed)?;
        Ok(VariantView {
            name: kind.name.to_owned(),
            auroc: Some(estimate(&result.test.auroc)),
            accuracy: Some(estimate(accuracy)),
            layer: Some(small(layer)),
            drop: Some(estimate(&drop)),
            note,
        })
    }

    /// Reads the texts and fits the probe anew: at the chosen layer alone, or at all where the
    /// published way is to choose among them.
    fn sweep(
        &self,
        kind: &Kind,
        pairs: &[ContrastPair],
        models: &mut LoadedModels,
    ) -> Result<(LayerSweep, LayerScores), EngineError> {
        let Self { snapshot, store, cancel, .. } = *self;
        let layers = match kind.pooling {
            Some(_) => LayerSelection::These(snapshot.reading.key.layers.clone()),
            None => LayerSelection::These(vec![self.measured.direction.layer]),
        };
        let settings = Settings {
            pooling: kind.pooling.unwrap_or(snapshot.settings.pooling),
            ..snapshot.settings
        };
        let request = ReadRequest { model: &snapshot.model, layers: &layers, settings: &settings };
        let reporter = Staged { inner: self.reporter, what: kind.stage };
        let reading = read(&request, &passages(pairs), models, store, &reporter, cancel)?;
        let matrices = reading.matrices(store)?;
        let (splits, groups) = (snapshot.pairs.splits(), snapshot.pairs.groups());
        let sweep = layer_sweep(
            &matrices,
            splits,
            &groups,
            settings.method,
            settings.seed,
            &reporter,
            cancel,
        )?;
        let layer =
            if kind.pooling.is_some() { sweep.best_on_test_layer } else { sweep.chosen_layer };
        let found = sweep.layers.iter().find(|l| l.layer == layer);
        let rows = matrices.iter().find(|(l, _)| *l == layer);
        let scores = match (found, rows) {
            (Some(found), Some((_, rows))) => {
                LayerScores::new(rows, found.direction.clone(), splits)?
            }
            _ => return Err(lens_analysis::AnalysisError::NoDifferenceAnywhere.into()),
        };
        Ok((sweep, scores))
    }
}

/// One way of reading the pairs again.
struct Kind {
    /// Stable name.
    name: &'static str,
    /// Part of the progress line.
    stage: &'static str,
    /// Another pooling than the study's.
    pooling: Option<Pooling>,
}

impl Kind {
    fn untested(&self, note: String) -> VariantView {
        VariantView {
            name: self.name.to_owned(),
            auroc: None,
            accuracy: None,
            layer: None,
            drop: None,
            note,
        }
    }
}

/// Says in every stage which reading or model it belongs to.
pub(crate) struct Staged<'a> {
    pub(crate) inner: &'a dyn Reporter,
    pub(crate) what: &'a str,
}

impl Reporter for Staged<'_> {
    fn report(&self, progress: Progress) {
        let stage = format!("{}, {}", progress.stage, self.what);
        self.inner.report(Progress { stage, ..progress });
    }
}
