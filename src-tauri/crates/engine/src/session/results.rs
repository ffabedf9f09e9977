//! What is asked about the pairs and the models that read them.

use std::path::Path;

use lens_core::{CancelToken, Digest, Silent};
use lens_dataset::KeywordList;

use crate::agreement::KeptSimilarity;
use crate::contract::{
    AblatedPairView, AblationView, AgreementView, BehaviourView, EvidenceView, LayerSweepView,
    ModelView, ProbeControlsView, ProjectionRequest, ReportFormat, SurfaceView, TokensAlongView,
};
use crate::controls::controls_key;
use crate::corpus::ScoredTokens;
use crate::map::{Map, MapSettings, text_rows};
use crate::packet::Packet;
use crate::probe::ScoredLayer;
use crate::session::Session;
use crate::snapshot::Snapshot;
use crate::surface::surface_view;
use crate::{EngineError, agreement, behaviour, corpus, editing, evidence, map, probe};

impl Session {
    /// A map of one layer.
    ///
    /// # Errors
    /// When the model has not read the pairs or lacks the layer; [`EngineError::NotDrawn`] for a map
    /// that a job has to draw first (any map of neighbours, any of tokens) and has not.
    pub fn projection(&self, request: &ProjectionRequest) -> Result<Packet, EngineError> {
        self.map(&request.model_id, &MapSettings::from(request))?.packet()
    }

    /// The sweep of one model over its layers.
    ///
    /// # Errors
    /// When the model has not read the pairs, or they do not allow a probe.
    pub fn layer_sweep(&self, model: &str) -> Result<LayerSweepView, EngineError> {
        let snapshot = self.snapshot(model)?;
        let key = probe::sweep_key(&snapshot);
        if let Some(mut kept) = self.kept_sweep(&key)? {
            kept.model_id.clone_from(&snapshot.model.id);
            return Ok(kept);
        }
        let sweep = probe::sweep(&snapshot, &self.store, &Silent, &CancelToken::default())?;
        self.keep_sweep(&key, &sweep, &snapshot)
    }

    /// What the texts alone give away.
    ///
    /// # Errors
    /// When there are no pairs, or too few.
    pub fn surface(&self) -> Result<SurfaceView, EngineError> {
        let pairs = self.prepared()?;
        let found = pairs.surface(&Silent, &CancelToken::default())?;
        Ok(surface_view(&pairs, &found))
    }

    /// What one model's probe was checked against.
    ///
    /// # Errors
    /// [`EngineError::NotComputed`] until the job has come there.
    pub fn probe_controls(&self, model: &str) -> Result<ProbeControlsView, EngineError> {
        let snapshot = self.snapshot(model)?;
        let key = controls_key(&snapshot, &self.keywords()?);
        let kept: Option<ProbeControlsView> = self.study()?.result(&key)?;
        let mut kept = kept.ok_or(EngineError::NotComputed("The controls of this probe"))?;
        kept.model_id.clone_from(&snapshot.model.id);
        Ok(kept)
    }

    /// The scores of all texts at one layer, with the ROC curve of the test pairs.
    ///
    /// # Errors
    /// When the model has not read the pairs, or they allow no probe at that layer.
    pub fn scores(&self, model: &str, layer: u32) -> Result<Packet, EngineError> {
        self.scored_layer(model, layer)?.packet()
    }

    /// The keywords of the study, and what replacing them does.
    ///
    /// # Errors
    /// When there are no pairs.
    pub fn ablation(&self) -> Result<AblationView, EngineError> {
        let is_default = self.study()?.state().keywords.is_none();
        Ok(editing::ablation_view(&*self.prepared()?, &self.keywords()?, is_default))
    }

    /// One pair before and after its keywords are replaced.
    ///
    /// # Errors
    /// When there is no such pair.
    pub fn ablated_pair(&self, index: u32) -> Result<AblatedPairView, EngineError> {
        editing::ablated_pair(&*self.prepared()?, &self.keywords()?, index)
    }

    /// How one model's scores follow human scores of the same pairs.
    ///
    /// # Errors
    /// When no pair has one, or the model has not read the pairs.
    pub fn behaviour(&self, model: &str) -> Result<BehaviourView, EngineError> {
        let chosen = self.layer_sweep(model)?.chosen_layer;
        behaviour::of_pairs(&self.snapshot(model)?, &self.store, chosen as usize)
    }

    /// The strongest tokens of all pairs along the probe's direction at a layer, of those that occur at
    /// least `fewest` times.
    ///
    /// # Errors
    /// [`EngineError::NotComputed`] until a job has scored them.
    pub fn tokens_along(
        &self,
        model: &str,
        layer: u32,
        fewest: u32,
    ) -> Result<TokensAlongView, EngineError> {
        let (scored, snapshot) = self.scored_tokens(model, layer)?;
        scored.view(&snapshot, fewest as usize)
    }

    /// Writes all of them as CSV; gives the path.
    ///
    /// # Errors
    /// As [`tokens_along`](Self::tokens_along), or when the file cannot be written.
    pub fn export_tokens_along(
        &self,
        model: &str,
        layer: u32,
        fewest: u32,
        path: &Path,
    ) -> Result<String, EngineError> {
        self.scored_tokens(model, layer)?.0.write_csv(fewest as usize, path)?;
        Ok(path.to_string_lossy().into_owned())
    }

    fn scored_tokens(
        &self,
        model: &str,
        layer: u32,
    ) -> Result<(ScoredTokens, Snapshot), EngineError> {
        let (snapshot, layer) = (self.snapshot(model)?, layer as usize);
        let kept = self.maps.find_tokens(&corpus::key(&snapshot, layer));
        let (index, note) = kept.ok_or(EngineError::NotComputed("The table of these tokens"))?;
        Ok((ScoredTokens::new(&snapshot, layer, index, note)?, snapshot))
    }

    /// How far the chosen models agree.
    ///
    /// # Errors
    /// [`EngineError::NotComputed`] until the job has come there.
    pub fn agreement(&self) -> Result<AgreementView, EngineError> {
        agreement::kept(self)?.ok_or(EngineError::NotComputed("The agreement of these models"))
    }

    /// The scores of two models about the same texts.
    ///
    /// # Errors
    /// When one has not read the pairs.
    pub fn score_pair(&self, a: &str, b: &str) -> Result<Packet, EngineError> {
        agreement::score_pair(self, a, b)
    }

    /// How alike the layers of two models are.
    ///
    /// # Errors
    /// [`EngineError::NotComputed`] until the job has come there.
    pub fn similarity(&self, a: &str, b: &str) -> Result<Packet, EngineError> {
        self.kept_similarity(a, b)?.packet()
    }

    pub(crate) fn kept_similarity(&self, a: &str, b: &str) -> Result<KeptSimilarity, EngineError> {
        let kept = agreement::kept_similarity(self, a, b)?;
        kept.ok_or(EngineError::NotComputed("The likeness of these models' layers"))
    }

    /// The evidence ladders of the chosen models, from what has been computed by now.
    ///
    /// # Errors
    /// When there are no pairs or no model is chosen.
    pub fn evidence(&self) -> Result<EvidenceView, EngineError> {
        evidence::view(self)
    }

    /// Writes the evidence as a report; gives the path.
    ///
    /// # Errors
    /// When there is nothing to report on, or the file cannot be written.
    pub fn export_report(&self, path: &Path, format: ReportFormat) -> Result<String, EngineError> {
        evidence::export(self, path, format)
    }

    pub(crate) fn scored_layer(&self, model: &str, layer: u32) -> Result<ScoredLayer, EngineError> {
        ScoredLayer::new(&self.snapshot(model)?, &self.store, layer as usize)
    }

    /// Whether a job has something to do for the chosen models.
    pub(crate) fn is_pending(&self, models: &[ModelView]) -> Result<bool, EngineError> {
        let chosen: Vec<&ModelView> =
            models.iter().filter(|m| m.chosen && m.problem.is_none()).collect();
        if chosen.is_empty() {
            return Ok(false);
        }
        if chosen.iter().any(|model| model.reading.is_none()) {
            return Ok(true);
        }
        let keywords = self.keywords()?;
        for model in chosen {
            let key = controls_key(&self.snapshot(&model.id)?, &keywords);
            if !self.study()?.has_result(&key)? {
                return Ok(true);
            }
        }
        Ok(agreement::kept(self)?.is_none())
    }

    /// The words that the ablation control replaces.
    pub(crate) fn keywords(&self) -> Result<KeywordList, EngineError> {
        let own = self.study()?.state().keywords.clone();
        own.map_or_else(editing::shipped_keywords, Ok)
    }

    /// Everything a result about one model is computed from.
    pub(crate) fn snapshot(&self, model: &str) -> Result<Snapshot, EngineError> {
        let pairs = self.prepared()?;
        let state = self.study()?.state().clone();
        let model = self
            .all_models(&state.model_folders)
            .into_iter()
            .find(|m| m.id == model)
            .ok_or_else(|| EngineError::UnknownModel(model.to_owned()))?;
        let reading = self
            .find_reading(&model, &state.settings, &pairs)?
            .ok_or_else(|| EngineError::NotRead(model.id.clone()))?;
        Ok(Snapshot { pairs, model, reading, settings: state.settings })
    }

    /// A map that is drawn at once, or kept.
    pub(crate) fn map(&self, model: &str, settings: &MapSettings) -> Result<Map, EngineError> {
        let snapshot = self.snapshot(model)?;
        if settings.is_at_once() {
            let rows = text_rows(&snapshot, &self.store, settings)?;
            let cancel = CancelToken::default();
            let (store, compute) = (&self.store, self.compute());
            return map::draw(&snapshot, store, rows, settings, compute, &Silent, &cancel);
        }
        settings.check(&snapshot)?;
        self.maps.find(&settings.key(&snapshot)?, &snapshot)?.ok_or(EngineError::NotDrawn)
    }

    pub(crate) fn kept_sweep(&self, key: &Digest) -> Result<Option<LayerSweepView>, EngineError> {
        self.study()?.result(key)
    }

    pub(crate) fn keep_sweep(
        &self,
        key: &Digest,
        sweep: &lens_analysis::LayerSweep,
        snapshot: &Snapshot,
    ) -> Result<LayerSweepView, EngineError> {
        let view = probe::sweep_view(sweep, snapshot)?;
        self.study()?.keep_result(key, &view)?;
        Ok(view)
    }
}
