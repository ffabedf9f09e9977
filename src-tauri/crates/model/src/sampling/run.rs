//! Drawing several samples together.

use candle_core::Tensor;
use lens_core::CancelToken;
use rayon::prelude::*;

use super::choose::Chooser;
use super::text::GrowingText;
use super::{Control, Draw, Sample, SampleEnd, SampledToken, SamplingOptions};
use crate::ModelError;
use crate::generation::Generation;
use crate::hook::{Hook, InTurn};
use crate::intervene::Steering;
use crate::model::LanguageModel;
use crate::prompt::SharedPrompt;
use crate::reading::{ScoreDirection, ScoreHook};

impl LanguageModel {
    /// Draws samples that go on from a prompt, together, and tells each of their tokens. With
    /// `score`, a token is told once it has been read, which is one pass later.
    ///
    /// A sample is the same bits whatever other samples are drawn beside it. The prompt is read once
    /// for each way of steering among the draws.
    ///
    /// # Errors
    /// An encoder, no prompt, one that is longer than the model has positions for, options, a
    /// direction or changes that cannot be, predictions that are not finite, a cancellation (checked
    /// at every block of every pass), or a failed computation.
    pub fn sample(
        &self,
        prompt: &[u32],
        draws: &[Draw],
        options: &SamplingOptions,
        score: Option<&ScoreDirection>,
        on_token: &mut dyn FnMut(SampledToken<'_>) -> Control,
        cancel: &CancelToken,
    ) -> Result<Vec<Sample>, ModelError> {
        options.check()?;
        if let Some(score) = score {
            score.check(self)?;
        }
        if draws.is_empty() {
            return Ok(Vec::new());
        }
        let ways = draws.iter().map(|draw| &draw.interventions);
        let shared = SharedPrompt::read(self, prompt, ways, cancel)?;
        let (generation, steering, states) = shared.texts(0..draws.len())?;
        let logits = self.transformer.logits(&states.unsqueeze(1)?)?.squeeze(1)?;
        let live = draws.iter().enumerate();
        let live = live.map(|(index, draw)| Live::new(index, Chooser::new(options, draw.seed)));
        let scores = score.map(|direction| ScoreHook::new(direction, false));
        let batch = Batch { options, generation, steering, scores, logits, live: live.collect() };
        batch.run(draws.len(), on_token, cancel)
    }
}

/// A sample that is being drawn.
struct Live {
    index: usize,
    chooser: Chooser,
    /// Its row of the logits.
    row: usize,
    ids: Vec<u32>,
    text: GrowingText,
    scores: Vec<f32>,
    /// Whether it got a token in this round.
    drew: bool,
    end: Option<SampleEnd>,
}

impl Live {
    fn new(index: usize, chooser: Chooser) -> Self {
        Self {
            index,
            chooser,
            row: index,
            ids: Vec::new(),
            text: GrowingText::default(),
            scores: Vec::new(),
            drew: false,
            end: None,
        }
    }

    /// The next token, or the end.
    fn draw(
        &mut self,
        model: &LanguageModel,
        logits: &Tensor,
        so_far: &[u32],
        options: &SamplingOptions,
    ) -> Result<(), ModelError> {
        self.drew = false;
        if self.ids.len() >= options.max_tokens {
            self.end = Some(SampleEnd::Length);
            return Ok(());
        }
        if so_far.len() >= model.info().max_positions {
            self.end = Some(SampleEnd::Context);
            return Ok(());
        }
        let token = self.chooser.choose(&logits.get(self.row)?, so_far)?;
        let Some(token) = token else {
            return Err(ModelError::NonFiniteLogits { sample: self.index, tokens: self.ids.len() });
        };
        if model.stop_tokens().contains(&token) {
            self.end = Some(SampleEnd::StopToken);
            return Ok(());
        }
        self.ids.push(token);
        self.drew = true;
        if self.text.update(model.tokenizer(), &self.ids, &options.stop)? {
            self.end = Some(SampleEnd::StopText);
        } else if self.ids.len() == options.max_tokens {
            self.end = Some(SampleEnd::Length);
        }
        Ok(())
    }
}

/// Samples that are being drawn, each a row of what is read.
struct Batch<'a> {
    options: &'a SamplingOptions,
    generation: Generation<'a>,
    steering: Steering,
    scores: Option<ScoreHook>,
    /// After the last token of each text, at the row it had then.
    logits: Tensor,
    live: Vec<Live>,
}

impl Batch<'_> {
    fn run(
        mut self,
        samples: usize,
        on_token: &mut dyn FnMut(SampledToken<'_>) -> Control,
        cancel: &CancelToken,
    ) -> Result<Vec<Sample>, ModelError> {
        let mut done: Vec<Option<Sample>> = vec![None; samples];
        loop {
            self.draw()?;
            self.settle(&mut done, |live| live.drew);
            // a token's score is known once it has been read
            if self.scores.is_some() && !self.live.is_empty() {
                self.read(cancel)?;
            }
            self.tell(on_token)?;
            self.settle(&mut done, |live| live.end.is_none());
            if self.live.is_empty() {
                break;
            }
            if self.scores.is_none() {
                self.read(cancel)?;
            }
        }
        Ok(done.into_iter().flatten().collect())
    }

    fn draw(&mut self) -> Result<(), ModelError> {
        let (model, options, logits) = (self.generation.model(), self.options, &self.logits);
        let live = self.live.par_iter_mut().zip(self.generation.texts());
        live.try_for_each(|(live, text)| live.draw(model, logits, text, options))
    }

    /// Reads the tokens that were drawn.
    fn read(&mut self, cancel: &CancelToken) -> Result<(), ModelError> {
        let tokens: Vec<u32> = self.live.iter().filter_map(|l| l.ids.last().copied()).collect();
        let steering: &mut dyn Hook = &mut self.steering;
        let logits = match &mut self.scores {
            None => self.generation.step(&tokens, steering, cancel)?,
            Some(scores) => {
                let mut both = InTurn { first: steering, second: scores };
                let logits = self.generation.step(&tokens, &mut both, cancel)?;
                for (live, row) in self.live.iter_mut().zip(&scores.rows) {
                    live.scores.extend(row.last());
                }
                logits
            }
        };
        self.logits = logits.ok_or(lens_core::Cancelled)?;
        for (row, live) in self.live.iter_mut().enumerate() {
            live.row = row;
        }
        Ok(())
    }

    fn tell(
        &mut self,
        on_token: &mut dyn FnMut(SampledToken<'_>) -> Control,
    ) -> Result<(), ModelError> {
        for (row, live) in self.live.iter_mut().enumerate() {
            let Some(id) = live.ids.last() else { continue };
            let token = SampledToken {
                sample: live.index,
                id: *id,
                text: live.text.tell(live.end.is_some(), &self.options.stop),
                score: live.scores.last().copied(),
            };
            match on_token(token) {
                Control::Go => {}
                Control::Steer(interventions) => {
                    interventions.check(self.generation.model())?;
                    self.steering.steer(row, interventions);
                }
                Control::End => live.end = live.end.or(Some(SampleEnd::Stopped)),
            }
        }
        Ok(())
    }

    /// Takes out the samples that do not go on.
    fn settle(&mut self, done: &mut [Option<Sample>], goes_on: impl Fn(&Live) -> bool) {
        let keep: Vec<bool> = self.live.iter().map(goes_on).collect();
        if keep.iter().all(|keep| *keep) {
            return;
        }
        let keeps = |row: usize| keep.get(row).copied().unwrap_or(false);
        self.generation.retain(keeps);
        self.steering.retain(keeps);
        let live = std::mem::take(&mut self.live);
        for (row, live) in live.into_iter().enumerate() {
            if keeps(row) {
                self.live.push(live);
            } else if let (Some(end), Some(place)) = (live.end, done.get_mut(live.index)) {
                let Live { ids, text, scores, .. } = live;
                *place = Some(Sample { ids, text: text.into_text(), end, scores });
            }
        }
    }
}
