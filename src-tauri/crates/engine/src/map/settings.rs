//! What a map depends on besides the rows.

use lens_analysis::{Metric, UmapOptions};
use lens_core::Digest;
use serde::{Deserialize, Serialize};

use crate::EngineError;
use crate::contract::{
    MapFit, MapLevel, MapMethod, MapMetric, ProjectionRequest, UmapSettingsView,
};
use crate::probe::sweep_key;
use crate::snapshot::Snapshot;

/// Raised when maps change their numbers, so that kept ones are drawn again.
const MAP_VERSION: &str = "map/2";

/// Neighbours that a map can be asked to rest on.
const NEIGHBOURS: std::ops::RangeInclusive<usize> = 2..=200;

/// Which map of a model's activations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MapSettings {
    /// Layer.
    pub layer: usize,
    /// 2 or 3.
    pub dims: usize,
    /// How rows become points.
    pub method: MapMethod,
    /// Of what.
    pub level: MapLevel,
    /// Shaped by what.
    pub fit: MapFit,
    /// For [`MapMethod::Umap`]. Its dimensions and seed are set when it is drawn.
    pub umap: UmapOptions,
}

impl MapSettings {
    /// Principal components of all texts.
    #[must_use]
    pub fn new(layer: usize, dims: usize) -> Self {
        Self {
            layer,
            dims,
            method: MapMethod::default(),
            level: MapLevel::default(),
            fit: MapFit::default(),
            umap: UmapOptions::default(),
        }
    }

    /// All tokens.
    #[must_use]
    pub fn of_tokens(layer: usize) -> Self {
        Self { level: MapLevel::Tokens, ..Self::new(layer, 2) }
    }

    /// Whether it is drawn while one waits, rather than by a job that tells how far it is.
    #[must_use]
    pub(crate) fn is_at_once(&self) -> bool {
        self.method != MapMethod::Umap && self.level == MapLevel::Texts
    }

    /// What the map rests on: the key under which it is kept.
    pub(crate) fn key(&self, snapshot: &Snapshot) -> Result<Digest, EngineError> {
        let settings = serde_json::to_string(self)?;
        let sweep = sweep_key(snapshot);
        Ok(Digest::of_fields([Some(MAP_VERSION), Some(sweep.as_str()), Some(&settings)]))
    }

    /// Whether the layer is there and the map can be drawn.
    pub(crate) fn check(&self, snapshot: &Snapshot) -> Result<(), EngineError> {
        let Self { layer, dims, umap, .. } = *self;
        let info = snapshot.model.usable()?;
        if !snapshot.reading.key.layers.contains(&layer) {
            let (model, last) = (info.name.clone(), info.layers);
            return Err(EngineError::UnknownLayer { model, layer, last });
        }
        let bad = |what: String, hint: &str| EngineError::BadValue { what, hint: hint.to_owned() };
        if !(2..=3).contains(&dims) {
            let what = format!("A projection to {dims} dimensions cannot be drawn.");
            return Err(bad(what, "Ask for 2 or 3."));
        }
        if self.method == MapMethod::Umap {
            if !NEIGHBOURS.contains(&umap.n_neighbors) {
                let what = format!("A map cannot rest on {} neighbours.", umap.n_neighbors);
                return Err(bad(what, "Ask for 2 to 200; 15 is usual."));
            }
            if !(0.0..=1.0).contains(&umap.min_dist) {
                let what = format!("A least distance of {} is not possible.", umap.min_dist);
                return Err(bad(what, "Ask for 0 to 1; 0.1 is usual."));
            }
        }
        Ok(())
    }
}

impl From<&ProjectionRequest> for MapSettings {
    fn from(request: &ProjectionRequest) -> Self {
        let mut settings = Self {
            method: request.method,
            level: request.level,
            fit: request.fit,
            ..Self::new(request.layer as usize, request.dims as usize)
        };
        // What a method does not use would only tell equal maps apart.
        if let Some(view) = request.umap.filter(|_| request.method == MapMethod::Umap) {
            settings.umap = options(view);
        }
        settings
    }
}

fn options(view: UmapSettingsView) -> UmapOptions {
    UmapOptions {
        n_neighbors: view.neighbors as usize,
        min_dist: view.min_dist,
        metric: match view.metric {
            MapMetric::Euclidean => Metric::Euclidean,
            MapMetric::Cosine => Metric::Cosine,
        },
        ..UmapOptions::default()
    }
}
