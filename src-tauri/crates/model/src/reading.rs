//! Reading a text token by token: how far along a direction each token stands (METHODS, section 7).

use std::ops::Range;

use candle_core::Tensor;
use lens_core::{CancelToken, Direction, HookPoint};

use crate::ModelError;
use crate::chat::{ChatMessage, ChatTemplate};
use crate::hook::{Hook, HookOutcome, InTurn};
use crate::intervene::{Interventions, along, check_direction};
use crate::model::LanguageModel;
use crate::tokens::LocatedTokens;

/// What tokens are scored on: score = h.d - midpoint, with h the residual stream at the token's own
/// position, after what is changed there.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreDirection {
    /// Layer of the residual stream.
    pub layer: usize,
    /// d, as wide as the stream. It is taken as it is: length 1, if scores are to have the units of the stream.
    pub vector: Vec<f32>,
    /// Taken off every score; 0 for none.
    pub midpoint: f64,
}

impl From<&Direction> for ScoreDirection {
    fn from(direction: &Direction) -> Self {
        let Direction { layer, vector, midpoint, .. } = direction;
        Self { layer: *layer, vector: vector.clone(), midpoint: *midpoint }
    }
}

impl ScoreDirection {
    pub(crate) fn check(&self, model: &LanguageModel) -> Result<(), ModelError> {
        check_direction(model, self.layer, &self.vector)?;
        if self.midpoint.is_finite() {
            Ok(())
        } else {
            Err(ModelError::NonFiniteDirection { layer: self.layer })
        }
    }
}

/// A token of a text with its score.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredToken {
    /// Its id.
    pub id: u32,
    /// The bytes of the text that it stands for. Ranges lie end to end: white space that a tokenizer
    /// counts to no token goes with the one after it, and of tokens that share a character the first
    /// has it. Empty for tokens that are not in the text.
    pub range: Range<usize>,
    /// h.d - midpoint.
    pub score: f32,
    /// Whether it is special (BOS, EOS ..., the words of a chat template) rather than content.
    pub special: bool,
}

/// A text read token by token.
#[derive(Debug, Clone, PartialEq)]
pub struct TextReading {
    /// What was read; a conversation as the chat template writes it.
    pub text: String,
    /// Its tokens.
    pub tokens: Vec<ScoredToken>,
    /// Whether the text was longer than the limit and lost its end.
    pub truncated: bool,
}

impl LanguageModel {
    /// Scores every token of a text, of which at most `limit` tokens are read. A text is a prompt as
    /// a whole where it is steered.
    ///
    /// # Errors
    /// What [`Self::tokenise`] refuses, a direction or changes that do not fit the model, a
    /// cancellation, or a failed computation.
    pub fn read_tokens(
        &self,
        text: &str,
        limit: usize,
        direction: &ScoreDirection,
        interventions: &Interventions,
        cancel: &CancelToken,
    ) -> Result<TextReading, ModelError> {
        let limit = limit.min(self.info().max_positions);
        let located = self.tokenizer().tokenise_located(text, limit)?;
        self.read_located(text.to_owned(), located, direction, interventions, cancel)
    }

    /// The same for a conversation as the chat template writes it.
    ///
    /// # Errors
    /// What [`Self::tokenise_chat`] refuses, and as [`Self::read_tokens`].
    pub fn read_chat_tokens(
        &self,
        (template, messages): (&ChatTemplate, &[ChatMessage]),
        limit: usize,
        direction: &ScoreDirection,
        interventions: &Interventions,
        cancel: &CancelToken,
    ) -> Result<TextReading, ModelError> {
        let chat = template.render_located(messages, false)?;
        let limit = limit.min(self.info().max_positions);
        let located = self.tokenizer().tokenise_chat(&chat, limit)?;
        self.read_located(chat.text, located, direction, interventions, cancel)
    }

    fn read_located(
        &self,
        text: String,
        (tokens, ends): LocatedTokens,
        direction: &ScoreDirection,
        interventions: &Interventions,
        cancel: &CancelToken,
    ) -> Result<TextReading, ModelError> {
        let prompt = tokens.ids.len();
        let scores = self.score_tokens(&tokens.ids, prompt, direction, interventions, cancel)?;
        let mut start = 0;
        let tokens_with_scores = tokens.ids.iter().zip(&tokens.special).zip(ends).zip(scores);
        let scored = tokens_with_scores.map(|(((id, special), end), score)| {
            let end = end.max(start);
            let range = start..end;
            start = end;
            ScoredToken { id: *id, range, score, special: *special }
        });
        Ok(TextReading { tokens: scored.collect(), text, truncated: tokens.truncated })
    }

    /// Scores of the tokens of a text, of which so many are the prompt (what that means for changes,
    /// [`Positions`](crate::Positions) says): the same bits that [`Self::sample`] gives for the text.
    ///
    /// # Errors
    /// No tokens, more than the model has positions for, a direction or changes that do not fit the
    /// model, a cancellation, or a failed computation.
    pub fn score_tokens(
        &self,
        ids: &[u32],
        prompt: usize,
        direction: &ScoreDirection,
        interventions: &Interventions,
        cancel: &CancelToken,
    ) -> Result<Vec<f32>, ModelError> {
        direction.check(self)?;
        interventions.check(self)?;
        let mut steering = interventions.hook(&[prompt]);
        let mut scores = ScoreHook::new(direction, true);
        let mut hook = InTurn { first: &mut steering, second: &mut scores };
        self.forward(&[ids], &mut hook, cancel)?;
        Ok(scores.rows.pop().unwrap_or_default())
    }
}

/// Scores every position of a pass.
pub(crate) struct ScoreHook {
    point: HookPoint,
    vector: Vec<f64>,
    midpoint: f64,
    /// Whether the pass ends there.
    stops: bool,
    places: Vec<Range<usize>>,
    /// For each row of the batch, the scores of the positions it holds.
    pub(crate) rows: Vec<Vec<f32>>,
}

impl ScoreHook {
    pub(crate) fn new(direction: &ScoreDirection, stops: bool) -> Self {
        Self {
            point: HookPoint::of_layer(direction.layer),
            vector: direction.vector.iter().map(|d| f64::from(*d)).collect(),
            midpoint: direction.midpoint,
            stops,
            places: Vec::new(),
            rows: Vec::new(),
        }
    }
}

impl Hook for ScoreHook {
    fn wants(&self, point: HookPoint) -> bool {
        point == self.point
    }

    fn begins(&mut self, rows: &[Range<usize>]) {
        self.places = rows.to_vec();
    }

    fn at(&mut self, _point: HookPoint, residual: &Tensor) -> Result<HookOutcome, ModelError> {
        let (_, columns, width) = residual.dims3()?;
        let values = residual.flatten_all()?.to_vec1::<f32>()?;
        let rows = values.chunks_exact((columns * width).max(1)).zip(&self.places);
        let score = |h: &[f32]| (along(h, &self.vector) - self.midpoint) as f32;
        self.rows = rows
            .map(|(row, place)| row.chunks_exact(width).take(place.len()).map(score).collect())
            .collect();
        Ok(if self.stops { HookOutcome::Stop } else { HookOutcome::Keep })
    }
}
