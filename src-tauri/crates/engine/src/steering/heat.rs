//! A text read token by token (METHODS, section 7).

use lens_core::{CancelToken, Silent, WeightsDtype};
use lens_model::{Interventions, LanguageModel};

use super::along::Along;
use super::measures::kept_measures;
use super::plan::FileDirection;
use super::sampling::scored;
use crate::contract::{TokenHeatView, TokenScoreView};
use crate::models::{LoadedModels, ModelEntry};
use crate::probe::small;
use crate::session::Session;
use crate::store::ActivationStore;
use crate::{EngineError, VERSION};

/// Scores every token of `text` along the direction of the probe at `layer`, or at the chosen layer.
/// The text is read as it is, not through a chat template.
///
/// # Errors
/// When the model has not read the pairs, lacks the layer, or fails.
pub fn token_heat(
    session: &Session,
    loaded: &mut LoadedModels,
    model_id: &str,
    layer: Option<u32>,
    text: &str,
    cancel: &CancelToken,
) -> Result<TokenHeatView, EngineError> {
    let snapshot = session.snapshot(model_id)?;
    let layer = match layer {
        Some(layer) => layer,
        None => session.layer_sweep(model_id)?.chosen_layer,
    };
    let along = Along::of_probe(&snapshot, session.store(), layer as usize)?;
    let measures = kept_measures(session, &snapshot, &along, loaded, &Silent, cancel)?;
    let (key, settings) = (&snapshot.reading.key, &snapshot.settings);
    let model = loaded.get(&snapshot.model, &key.model, settings.weights)?;
    Ok(TokenHeatView {
        model_id: snapshot.model.id.clone(),
        scale: measures.score_spread,
        provenance: snapshot.provenance()?.summary(),
        ..read(model, &along, settings.token_limit, text, cancel)?
    })
}

/// Scores every token of `text` along a direction from a file. The scale of colours is the spread of
/// the text's own scores: there are no training pairs.
///
/// # Errors
/// When the direction does not fit the model, or the model fails.
pub fn read_text(
    entry: &ModelEntry,
    store: &ActivationStore,
    held: WeightsDtype,
    direction: &FileDirection,
    text: &str,
    cancel: &CancelToken,
) -> Result<TokenHeatView, EngineError> {
    let info = entry.usable()?;
    let along = Along::of_file(direction, &info.name, info.layers, info.width)?;
    let mut loaded = LoadedModels::default();
    let digest = entry.digest(store)?;
    let model = loaded.get(entry, &digest, held)?;
    let mut view = read(model, &along, usize::MAX, text, cancel)?;
    let scores: Vec<f64> = view.tokens.iter().filter_map(|token| token.score).collect();
    let n = scores.len().max(1) as f64;
    let mean = scores.iter().sum::<f64>() / n;
    view.scale = (scores.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / n).sqrt();
    view.model_id.clone_from(&entry.id);
    view.provenance = format!(
        "Empathy Lens {VERSION}; model {} ({}, {} weights); {} ({}), layer {}",
        info.name,
        digest.short(),
        held.of_stored(&info.weights_dtype),
        along.told,
        along.digest().short(),
        along.layer,
    );
    Ok(view)
}

/// The tokens and their scores; the rest is the caller's to say.
fn read(
    model: &LanguageModel,
    along: &Along,
    limit: usize,
    text: &str,
    cancel: &CancelToken,
) -> Result<TokenHeatView, EngineError> {
    let read = model.read_tokens(text, limit, &scored(along), &Interventions::default(), cancel)?;
    let mut running_mean = Vec::new();
    let mut sum = 0.0;
    let mut tokens = Vec::with_capacity(read.tokens.len());
    for token in &read.tokens {
        let score = (!token.special).then(|| f64::from(token.score));
        if let Some(score) = score {
            sum += score;
            running_mean.push(sum / (running_mean.len() + 1) as f64);
        }
        let piece = read.text.get(token.range.clone()).unwrap_or_default();
        tokens.push(TokenScoreView { text: piece.to_owned(), score });
    }
    Ok(TokenHeatView {
        model_id: String::new(),
        layer: small(along.layer),
        tokens,
        running_mean,
        scale: 0.0,
        truncated: read.truncated,
        provenance: String::new(),
    })
}
