//! The layer sweep: a probe at every layer, the choice between them, and the test.

use lens_analysis::{Estimate, GroupedBy, LayerSweep, PairScores, ProbeStatistics, RocPoint};
use lens_core::{ActivationMatrix, CancelToken, Digest, Direction, Reporter, Silent, Split};

use crate::EngineError;
use crate::contract::{EstimateView, LayerSweepView, LayerView, ScoresHeader, StatisticsView};
use crate::packet::Packet;
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;

/// Raised when the statistics change their numbers, so that kept results are computed again.
const SWEEP_VERSION: &str = "layer-sweep/2";

/// What a sweep rests on: the key under which a study keeps it.
#[must_use]
pub fn sweep_key(snapshot: &Snapshot) -> Digest {
    let reading = &snapshot.reading.key;
    let layers = reading.layers.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
    Digest::of_fields(
        [
            Some(SWEEP_VERSION),
            Some(snapshot.pairs.digest().as_str()),
            Some(reading.model.as_str()),
            Some(&layers),
            Some(reading.pooling.name()),
            Some(&reading.token_limit.to_string()),
            Some(&snapshot.settings.seed.0.to_string()),
            Some(snapshot.settings.method.name()),
            Some(snapshot.pairs.split_digest().as_str()),
            reading.template.as_ref().map(Digest::as_str),
        ]
        .into_iter()
        .chain(reading.rounding()),
    )
}

/// Fits and tests a probe at every layer of a reading.
///
/// # Errors
/// When the activations cannot be read, the pairs do not allow a probe, or on cancel.
pub fn sweep(
    snapshot: &Snapshot,
    store: &ActivationStore,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<LayerSweep, EngineError> {
    let layers = snapshot.reading.matrices(store)?;
    let pairs = &snapshot.pairs;
    let (method, seed) = (snapshot.settings.method, snapshot.settings.seed);
    let (splits, groups) = (pairs.splits(), pairs.groups());
    Ok(lens_analysis::layer_sweep(&layers, splits, &groups, method, seed, reporter, cancel)?)
}

/// A sweep as the window and the command line show it.
///
/// # Errors
/// When the model's files cannot be used.
pub fn sweep_view(sweep: &LayerSweep, snapshot: &Snapshot) -> Result<LayerSweepView, EngineError> {
    let provenance = snapshot.provenance()?;
    let (train, test) = snapshot.pairs.split_sizes();
    Ok(LayerSweepView {
        model_id: snapshot.model.id.clone(),
        model_name: provenance.model.clone(),
        method: snapshot.settings.method.name().to_owned(),
        train_pairs: small(train),
        test_pairs: small(test),
        layers: layer_views(sweep),
        chosen_layer: small(sweep.chosen_layer),
        chosen_by: match sweep.grouped_by {
            GroupedBy::Scenario => "scenario",
            GroupedBy::Pair => "pair",
        }
        .to_owned(),
        best_on_test_layer: small(sweep.best_on_test_layer),
        optimism: sweep.optimism,
        provenance: provenance.summary(),
    })
}

/// Layers with and without a probe, ascending.
fn layer_views(sweep: &LayerSweep) -> Vec<LayerView> {
    let probed = sweep.layers.iter().map(|result| LayerView {
        layer: small(result.layer),
        test: Some(statistics_view(&result.test)),
        cv_auroc: Some(result.cv_auroc),
        problem: None,
    });
    let skipped = sweep.skipped.iter().map(|skipped| LayerView {
        layer: small(skipped.layer),
        test: None,
        cv_auroc: None,
        problem: Some(crate::error::sentence(&skipped.reason)),
    });
    let mut layers: Vec<LayerView> = probed.chain(skipped).collect();
    layers.sort_by_key(|l| l.layer);
    layers
}

/// Statistics as the window and the command line show them.
#[must_use]
pub fn statistics_view(statistics: &ProbeStatistics) -> StatisticsView {
    StatisticsView {
        pairs: small(statistics.n_pairs),
        auroc: estimate(&statistics.auroc),
        accuracy: estimate(&statistics.accuracy),
        accuracy_as_published: estimate(&statistics.accuracy_at_own_midpoint),
        paired_accuracy: estimate(&statistics.paired_accuracy),
        paired_accuracy_bound: statistics.paired_accuracy_bound,
        separation: estimate(&statistics.separation),
        cohens_d: statistics.cohens_d.as_ref().map(estimate),
        std_positive: statistics.std_positive.value,
        std_negative: statistics.std_negative.value,
    }
}

pub(crate) fn estimate(e: &Estimate) -> EstimateView {
    EstimateView { value: e.value, low: e.low, high: e.high }
}

pub(crate) fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The probe of one layer with the score of every text.
pub(crate) struct LayerScores {
    /// The direction, fitted on the training pairs.
    pub(crate) direction: Direction,
    /// Scores of all texts, two per pair.
    scores: Vec<f64>,
    test_positive: Vec<f64>,
    test_negative: Vec<f64>,
}

impl LayerScores {
    /// Scores `rows` (two per pair) by a direction.
    ///
    /// # Errors
    /// When the direction has another width.
    pub(crate) fn new(
        rows: &ActivationMatrix,
        direction: Direction,
        splits: &[Split],
    ) -> Result<Self, EngineError> {
        let scores = lens_analysis::project(rows, &[&direction.vector])?;
        let sides = scores.chunks_exact(2).zip(splits);
        let (test_positive, test_negative) = sides
            .filter(|(_, split)| **split == Split::Test)
            .filter_map(|(sides, _)| Some((*sides.first()?, *sides.get(1)?)))
            .unzip();
        Ok(Self { direction, scores, test_positive, test_negative })
    }

    /// Scores of the test pairs.
    pub(crate) fn test(&self) -> PairScores<'_> {
        PairScores {
            positive: &self.test_positive,
            negative: &self.test_negative,
            threshold: self.direction.midpoint,
        }
    }

    /// Every text's z: how far above the threshold, in units of the training spread.
    pub(crate) fn z(&self) -> Vec<f64> {
        // Training scores without any spread have no unit of their own.
        let scale = if self.direction.scale > 0.0 { self.direction.scale } else { 1.0 };
        self.scores.iter().map(|score| (score - self.direction.midpoint) / scale).collect()
    }
}

/// The probe of one layer, fitted on the training pairs, with the score of every text.
///
/// # Errors
/// When the layer was not captured, or the pairs allow no probe there.
pub(crate) fn layer_scores(
    snapshot: &Snapshot,
    store: &ActivationStore,
    layer: usize,
) -> Result<LayerScores, EngineError> {
    let rows = snapshot.reading.layer(store, layer)?;
    let pairs = &snapshot.pairs;
    let in_train = pairs.splits().iter().enumerate().filter(|(_, split)| **split == Split::Train);
    let train: Vec<usize> = in_train.map(|(pair, _)| pair).collect();
    let (method, seed) = (snapshot.settings.method, snapshot.settings.seed);
    let direction =
        lens_analysis::fit_direction(method, &rows, &train, &pairs.groups(), layer, seed)?;
    LayerScores::new(&rows, direction, pairs.splits())
}

/// What the window and the figures show of one layer's scores.
pub(crate) struct ScoredLayer {
    pub(crate) model_id: String,
    pub(crate) layer: usize,
    /// Every text's z, two per pair.
    pub(crate) z: Vec<f64>,
    /// The ROC curve of the test pairs.
    pub(crate) roc: Vec<RocPoint>,
    pub(crate) auroc: Estimate,
    pub(crate) provenance: String,
}

impl ScoredLayer {
    /// Fits the probe of a layer and scores all texts.
    ///
    /// # Errors
    /// When the layer was not captured, or the pairs allow no probe there.
    pub(crate) fn new(
        snapshot: &Snapshot,
        store: &ActivationStore,
        layer: usize,
    ) -> Result<Self, EngineError> {
        let found = layer_scores(snapshot, store, layer)?;
        let test = found.test();
        let (seed, cancel) = (snapshot.settings.seed, CancelToken::default());
        let statistics = lens_analysis::bootstrap(&[test], seed, &Silent, &cancel)?;
        let no_layer = lens_analysis::AnalysisError::NoLayers;
        Ok(Self {
            model_id: snapshot.model.id.clone(),
            layer,
            roc: lens_analysis::roc_curve(test.positive, test.negative)?,
            auroc: statistics.first().ok_or(no_layer)?.auroc,
            z: found.z(),
            provenance: snapshot.provenance()?.summary(),
        })
    }

    /// As bytes for the window.
    ///
    /// # Errors
    /// When the header cannot be written.
    pub(crate) fn packet(&self) -> Result<Packet, EngineError> {
        let header = ScoresHeader {
            model_id: self.model_id.clone(),
            layer: small(self.layer),
            pairs: small(self.z.len() / 2),
            roc_points: small(self.roc.len()),
            auroc: estimate(&self.auroc),
            provenance: self.provenance.clone(),
        };
        let false_positive = self.roc.iter().map(|point| point.false_positive_rate);
        let true_positive = self.roc.iter().map(|point| point.true_positive_rate);
        let all = self.z.iter().copied().chain(false_positive).chain(true_positive);
        #[expect(clippy::cast_possible_truncation, reason = "drawn, not computed with")]
        let values: Vec<f32> = all.map(|v| v as f32).collect();
        Ok(Packet::of_f32(&header, &values)?)
    }
}
