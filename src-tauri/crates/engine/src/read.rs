//! Texts become activations: what is in the store is taken from there, the rest is read by the
//! model and kept as it comes, so that a stop loses nothing.

use std::time::Instant;

use lens_core::{
    ActivationMatrix, CancelToken, ContrastPair, Digest, LayerSelection, Progress, Reporter, Side,
};
use lens_model::{
    CaptureOptions, ChatMessage, ChatTemplate, Interventions, LanguageModel, ModelError,
    ModelFolder, TokenisedText,
};

use crate::EngineError;
use crate::models::{LoadedModels, ModelEntry};
use crate::store::{ActivationStore, ReadingKey, StoredPlace, StoredText};
use crate::study::Settings;

/// A shard is written when this many texts or values (64 MB) have come together: seldom enough for
/// few files, often enough to lose little.
const SHARD_TEXTS: usize = 64;
const SHARD_VALUES: usize = 16 << 20;

/// One side of a pair, to be read.
#[derive(Debug, Clone, Copy)]
pub struct Passage<'a> {
    pair: &'a ContrastPair,
    side: Side,
}

impl Passage<'_> {
    /// Its key: of the text as it is, or of the two turns that a chat template is given.
    fn key(&self, key: &ReadingKey) -> Digest {
        match key.template {
            None => key.of_text(&[&self.pair.reading(self.side)]),
            Some(_) => {
                let prompt = self.pair.prompt.as_deref().unwrap_or_default();
                key.of_text(&[prompt, self.pair.text(self.side)])
            }
        }
    }
}

/// One text of a pair.
#[must_use]
pub const fn passage(pair: &ContrastPair, side: Side) -> Passage<'_> {
    Passage { pair, side }
}

/// How passages become tokens: as they are, or through a chat template.
#[derive(Debug)]
pub struct Passages {
    template: Option<ChatTemplate>,
}

impl Passages {
    /// As a model reads them under these settings.
    ///
    /// # Errors
    /// A template that cannot be used.
    pub fn of(model: &ModelEntry, settings: &Settings) -> Result<Self, EngineError> {
        let wanted = settings.chat_template;
        let template =
            if wanted { ChatTemplate::of(&ModelFolder::open(&model.folder)?)? } else { None };
        Ok(Self { template })
    }

    /// The tokens of one, `limit` at most.
    ///
    /// # Errors
    /// A template that refuses, or a tokenizer that fails.
    pub fn tokens(
        &self,
        model: &LanguageModel,
        passage: Passage<'_>,
        limit: usize,
    ) -> Result<TokenisedText, ModelError> {
        match &self.template {
            None => model.tokenise(&passage.pair.reading(passage.side), limit),
            Some(template) => {
                let turns = ChatMessage::of_pair(passage.pair, passage.side);
                model.tokenise_chat(template, &turns, false, limit)
            }
        }
    }
}

/// Both texts of every pair: positive first, pair by pair.
#[must_use]
pub fn passages(pairs: &[ContrastPair]) -> Vec<Passage<'_>> {
    pairs.iter().flat_map(|pair| Side::BOTH.map(|side| passage(pair, side))).collect()
}

/// The activations of some texts by one model, as found in the store.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Under what they were captured.
    pub key: ReadingKey,
    /// Where each text's activations are.
    pub places: Vec<StoredPlace>,
    /// Texts that had been read before.
    pub from_store: usize,
    /// Seconds of forward passes.
    pub seconds: f64,
}

impl Reading {
    /// Looks a reading up without a model.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn find(
        store: &ActivationStore,
        key: ReadingKey,
        texts: &[Passage<'_>],
    ) -> Result<Option<Self>, EngineError> {
        let keys: Vec<Digest> = texts.iter().map(|text| text.key(&key)).collect();
        let places: Option<Vec<StoredPlace>> = store.find(&keys)?.into_iter().collect();
        Ok(places.map(|places| Self { from_store: places.len(), key, places, seconds: 0.0 }))
    }

    /// Tokens in all.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.places.iter().map(|p| u64::from(p.tokens)).sum()
    }

    /// Texts cut at the token limit.
    #[must_use]
    pub fn truncated(&self) -> usize {
        self.places.iter().filter(|p| p.truncated).count()
    }

    /// Activations `[texts, width]` at one layer.
    ///
    /// # Errors
    /// When the layer was not captured or the store cannot be read.
    pub fn layer(
        &self,
        store: &ActivationStore,
        layer: usize,
    ) -> Result<ActivationMatrix, EngineError> {
        store.layer(&self.places, layer)
    }

    /// Every layer captured, with its activations.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn matrices(
        &self,
        store: &ActivationStore,
    ) -> Result<Vec<(usize, ActivationMatrix)>, EngineError> {
        self.key.layers.iter().map(|&layer| Ok((layer, self.layer(store, layer)?))).collect()
    }
}

/// Which numbers are wanted of which model.
#[derive(Debug, Clone)]
pub struct ReadRequest<'a> {
    /// Model.
    pub model: &'a ModelEntry,
    /// Layers.
    pub layers: &'a LayerSelection,
    /// Pooling, token limit, and how the weights are held.
    pub settings: &'a Settings,
}

impl ReadRequest<'_> {
    /// The key that the store knows this request by.
    ///
    /// # Errors
    /// When the model cannot be used or lacks a layer.
    pub fn key(&self, store: &ActivationStore) -> Result<ReadingKey, EngineError> {
        let info = self.model.usable()?;
        let layers = self.layers.resolve(info.layers).map_err(|layer| {
            EngineError::UnknownLayer { model: info.name.clone(), layer, last: info.layers }
        })?;
        Ok(ReadingKey {
            model: self.model.digest(store)?,
            layers,
            pooling: self.settings.pooling,
            token_limit: self.settings.token_limit,
            template: Passages::of(self.model, self.settings)?.template.map(|t| t.digest().clone()),
            weights: self.settings.weights.by_numbers(),
        })
    }
}

/// Reads texts with a model.
///
/// # Errors
/// When the model or the store fails, or on cancel; what was read by then is kept.
pub fn read(
    request: &ReadRequest<'_>,
    texts: &[Passage<'_>],
    models: &mut LoadedModels,
    store: &ActivationStore,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<Reading, EngineError> {
    let key = request.key(store)?;
    let keys: Vec<Digest> = texts.iter().map(|text| text.key(&key)).collect();
    let known = store.find(&keys)?;
    // A text that occurs twice is read once.
    let mut missing: Vec<usize> = (0..texts.len()).filter(|&i| known[i].is_none()).collect();
    missing.sort_by(|&a, &b| keys[a].cmp(&keys[b]).then(a.cmp(&b)));
    missing.dedup_by(|a, b| keys[*a] == keys[*b]);
    missing.sort_unstable();

    let mut seconds = 0.0;
    if !missing.is_empty() {
        cancel.check()?;
        let name = request.model.usable()?.name.clone();
        let stage = format!("Loading {name}");
        reporter.report(Progress { stage, done: 0, total: 0, unit: "" });
        let model = models.get(request.model, &key.model, request.settings.weights)?;
        let wanted: Vec<Passage<'_>> = missing.iter().map(|&i| texts[i]).collect();
        let reader = Passages::of(request.model, request.settings)?;
        let tokenise = |passage: &Passage<'_>| reader.tokens(model, *passage, key.token_limit);
        let options = CaptureOptions {
            layers: key.layers.clone(),
            pooling: key.pooling,
            token_limit: key.token_limit,
            batch_tokens: CaptureOptions::BATCH_TOKENS,
            interventions: Interventions::default(),
        };
        let mut waiting: Vec<StoredText> = Vec::new();
        let mut waiting_values = 0;
        let start = Instant::now();
        let outcome =
            model.capture_by(&wanted, &tokenise, &options, reporter, cancel, &mut |text| {
                let at = missing.get(text.index).and_then(|&i| keys.get(i));
                let key_of_text = at.ok_or_else(|| EngineError::NotRead(name.clone()))?;
                waiting_values += text.values.len();
                waiting.push(StoredText {
                    key: key_of_text.clone(),
                    tokens: u32::try_from(text.tokens).unwrap_or(u32::MAX),
                    truncated: text.truncated,
                    layers: text.values,
                });
                if waiting.len() >= SHARD_TEXTS || waiting_values >= SHARD_VALUES {
                    store.keep(&key.layers, &waiting)?;
                    waiting.clear();
                    waiting_values = 0;
                }
                Ok::<(), EngineError>(())
            });
        // Kept also when the capture was stopped half-way.
        store.keep(&key.layers, &waiting)?;
        seconds = start.elapsed().as_secs_f64();
        outcome?;
    }

    let places: Option<Vec<StoredPlace>> = store.find(&keys)?.into_iter().collect();
    let places = places.ok_or_else(|| EngineError::NotRead(request.model.id.clone()))?;
    Ok(Reading { key, from_store: texts.len() - missing.len(), places, seconds })
}
