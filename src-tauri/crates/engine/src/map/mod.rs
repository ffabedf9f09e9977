//! Maps: one layer's activations as points to be drawn (METHODS, section 7).
//!
//! [`text_rows`] or [`token_rows`] give the rows, [`draw`] makes points of them. Principal components
//! of texts are there at once; a map of neighbours, and any of tokens, is drawn by a job
//! ([`draw_map`]) and kept in the cache.

mod along;
mod filed;
mod in_memory;
mod job;
mod kept;
mod packet;
mod rows;
mod settings;
mod shape;
mod table;
mod tokens;

use lens_analysis::{MapQuality, Run};
pub use lens_analysis::{Metric, Start, UmapOptions};
use lens_core::{CancelToken, Pooling, Reporter, grouped};
use serde::{Deserialize, Serialize};

pub use job::draw_map;
pub(crate) use job::{await_tokens, in_background};
pub(crate) use kept::MapStore;
pub use rows::{MapRows, TokenIndex, text_rows};
pub use settings::MapSettings;
pub use table::{table, write_csv};
pub(crate) use tokens::open as open_tokens;
pub use tokens::{TokenStore, token_rows};

use self::along::Along;
use self::filed::Part;
use self::shape::{Shaped, Shaping};
use crate::EngineError;
use crate::compute::{Compute, with_note};
use crate::contract::{MapFit, MapLevel, MapMethod};
use crate::probe::layer_scores;
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;

/// Points of one model's activations at one layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Map {
    /// Model id.
    pub model_id: String,
    /// Model name.
    pub model_name: String,
    /// Which map.
    pub settings: MapSettings,
    /// `[points, dims]`, row-major. At the level of texts point `2 i` is the positive text of pair `i`.
    #[serde(skip)]
    pub coordinates: Vec<f32>,
    /// For each point whether it is laid over the map rather than shaping it.
    #[serde(skip)]
    pub laid_over: Vec<bool>,
    /// What each point is, at the level of tokens.
    pub tokens: Option<TokenIndex>,
    /// What each axis is, for readers: "PC1 (41.2 %)".
    pub axes: Vec<String>,
    /// Share of the total variance along each axis; empty where axes have none.
    pub explained_variance_ratio: Vec<f64>,
    /// How far neighbours on the map are neighbours, by the points that shape it; absent where there
    /// are too few, or so many that one would have to wait.
    pub quality: Option<MapQuality>,
    /// What there is to know about the map, in sentences.
    pub notes: Vec<String>,
    /// How tokens became rows; not used at the level of tokens.
    pub pooling: Pooling,
    /// What a device computed of it.
    #[serde(default)]
    pub device: Option<String>,
    /// What it rests on, in one line.
    pub provenance: String,
}

impl Map {
    /// Number of points.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.coordinates.len() / self.settings.dims.max(1)
    }

    /// Coordinates of one point.
    #[must_use]
    pub fn row(&self, index: usize) -> &[f32] {
        let dims = self.settings.dims;
        let start = index.saturating_mul(dims);
        self.coordinates.get(start..start.saturating_add(dims)).unwrap_or(&[])
    }

    /// The text that a point is, or is of.
    #[must_use]
    pub fn text(&self, index: usize) -> usize {
        match &self.tokens {
            None => index,
            Some(tokens) => tokens.text.get(index).map_or(usize::MAX, |&text| text as usize),
        }
    }
}

/// Draws a map of `rows`, which are those that `settings` ask for. The same pairs, model, settings
/// and seed give the same map to the last bit.
///
/// # Errors
/// When the activations do not allow it, for the probe's axis when the pairs allow no probe at the
/// layer, or on cancel.
pub fn draw(
    snapshot: &Snapshot,
    store: &ActivationStore,
    mut rows: MapRows,
    settings: &MapSettings,
    compute: &Compute,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<Map, EngineError> {
    settings.check(snapshot)?;
    let mut notes = Vec::new();
    let wants_probe = settings.method == MapMethod::Probe || rows.tokens.is_some();
    let direction = match wants_probe.then(|| layer_scores(snapshot, store, settings.layer)) {
        None => None,
        Some(Ok(found)) => Some(found.direction),
        Some(Err(EngineError::Analysis(reason))) if settings.method != MapMethod::Probe => {
            notes.push(format!("Tokens have no score here: {reason}."));
            None
        }
        Some(Err(error)) => return Err(error),
    };
    let seed = snapshot.settings.seed;
    let accelerator = compute.accelerator();
    let run = Run { accelerator: &accelerator, reporter, cancel };
    let along = direction.as_ref().map(|direction| Along::of(&mut rows.source, direction, run));
    let along = along.transpose()?;
    let shaped = Shaping { rows: &mut rows, settings, seed, run }.run(along.as_ref())?;
    if let Some(tokens) = &mut rows.tokens {
        tokens.score = match &along {
            None => vec![f32::NAN; rows.laid_over.len()],
            Some(along) => scores(along, &rows.laid_over),
        };
    }
    let Shaped { axes, explained_variance_ratio, quality, .. } = shaped;
    notes.extend(shaped.notes);
    notes.extend(fit_note(&rows, settings));
    Ok(Map {
        model_id: snapshot.model.id.clone(),
        model_name: snapshot.model.usable()?.name.clone(),
        settings: *settings,
        coordinates: in_order(&shaped.shaping, &shaped.over, &rows.laid_over, settings.dims),
        laid_over: rows.laid_over,
        tokens: rows.tokens,
        axes,
        explained_variance_ratio,
        quality,
        notes,
        pooling: snapshot.reading.key.pooling,
        provenance: with_note(snapshot.provenance()?.summary(), accelerator.note()),
        device: accelerator.note(),
    })
}

/// The tokens of `rows` with their scores along the probe's direction at `layer`.
///
/// # Errors
/// When the pairs allow no probe there, the rows cannot be read, or on cancel.
pub(crate) fn scored(
    snapshot: &Snapshot,
    store: &ActivationStore,
    mut rows: MapRows,
    layer: usize,
    run: Run<'_>,
) -> Result<TokenIndex, EngineError> {
    let direction = layer_scores(snapshot, store, layer)?.direction;
    let along = Along::of(&mut rows.source, &direction, run)?;
    let mut tokens = rows.tokens.unwrap_or_default();
    tokens.score = scores(&along, &rows.laid_over);
    Ok(tokens)
}

fn scores(along: &Along<'_>, laid_over: &[bool]) -> Vec<f32> {
    in_order(&shape::drawn(&along.shaping), &shape::drawn(&along.over), laid_over, 1)
}

/// What shaped the map, where that is not all.
fn fit_note(rows: &MapRows, settings: &MapSettings) -> Option<String> {
    let what = match settings.level {
        MapLevel::Texts => "texts",
        MapLevel::Tokens => "tokens",
    };
    let count = |part| grouped(rows.source.rows(part));
    let (shaping, over) = (count(Part::Shaping), count(Part::Over));
    (settings.fit == MapFit::Train).then(|| {
        format!(
            "The {shaping} {what} of the training pairs shape the map; the {over} of the test pairs \
             are laid over it, and what is said about the map is about the training pairs."
        )
    })
}

/// Values of the points in the order in which these are numbered, `each` a point.
fn in_order(shaping: &[f32], over: &[f32], laid_over: &[bool], each: usize) -> Vec<f32> {
    let (mut own, mut others) = (shaping.chunks_exact(each), over.chunks_exact(each));
    let next = laid_over.iter().filter_map(|over| if *over { others.next() } else { own.next() });
    next.flatten().copied().collect()
}

#[cfg(test)]
mod tests;
