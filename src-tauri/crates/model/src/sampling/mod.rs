//! Texts drawn token by token: several at once after one prompt, steered or not.

mod choose;
mod run;
mod text;

use crate::ModelError;
use crate::intervene::Interventions;

/// How the next token is drawn (METHODS, section 6).
#[derive(Debug, Clone, PartialEq)]
pub struct SamplingOptions {
    /// Logits are divided by it; 0 takes the likeliest token.
    pub temperature: f64,
    /// Draws among the likeliest tokens whose probabilities reach this sum, if it is less than 1.
    pub top_p: Option<f64>,
    /// Draws among so many likeliest tokens; with `top_p` this comes first.
    pub top_k: Option<usize>,
    /// Positive logits of tokens that came before are divided by it, negative ones multiplied; 1
    /// changes nothing.
    pub repetition_penalty: f32,
    /// So many tokens from the end of the text count as having come before, the prompt's among them.
    pub repetition_window: usize,
    /// Tokens of a sample at most.
    pub max_tokens: usize,
    /// A sample ends before the first of these that it writes.
    pub stop: Vec<String>,
}

impl Default for SamplingOptions {
    /// The likeliest token each time, 150 of them at most.
    fn default() -> Self {
        Self {
            temperature: 0.0,
            top_p: None,
            top_k: None,
            repetition_penalty: 1.0,
            repetition_window: usize::MAX,
            max_tokens: 150,
            stop: Vec::new(),
        }
    }
}

impl SamplingOptions {
    /// Whether one can draw by them; [`LanguageModel::sample`](crate::LanguageModel::sample) asks.
    ///
    /// # Errors
    /// A sentence that names what cannot be.
    pub fn check(&self) -> Result<(), ModelError> {
        let refuse = |sentence: String| Err(ModelError::Sampling(sentence));
        if !(self.temperature.is_finite() && self.temperature >= 0.0) {
            return refuse(format!(
                "a temperature of {} cannot be; use 0 or more",
                self.temperature
            ));
        }
        if let Some(p) = self.top_p.filter(|p| !(*p > 0.0 && *p <= 1.0)) {
            return refuse(format!("top-p is {p}; use more than 0 and at most 1"));
        }
        if self.top_k == Some(0) {
            return refuse("top-k is 0, which leaves no token; use 1 or more".to_owned());
        }
        if !(self.repetition_penalty.is_finite() && self.repetition_penalty > 0.0) {
            let penalty = self.repetition_penalty;
            return refuse(format!("a repetition penalty of {penalty} cannot be; 1 is none"));
        }
        if self.stop.iter().any(String::is_empty) {
            return refuse("an empty stop text would end every sample at once".to_owned());
        }
        Ok(())
    }
}

/// A sample that is wanted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draw {
    /// What its tokens are drawn by: the same seed draws the same text, whatever is drawn beside it.
    pub seed: u64,
    /// How it is steered. Draws with equal ones share one reading of the prompt.
    pub interventions: Interventions,
}

/// A token that a sample has just got.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampledToken<'a> {
    /// Index of the sample among the draws.
    pub sample: usize,
    /// Its id.
    pub id: u32,
    /// What it adds to the text, often nothing: characters are told once they are whole, and what may
    /// be the beginning of a stop text once it is none. What is held back at the end is in
    /// [`Sample::text`].
    pub text: &'a str,
    /// Its score, where tokens are scored.
    pub score: Option<f32>,
}

/// How a sample goes on after a token.
#[derive(Debug, Clone, PartialEq)]
pub enum Control {
    /// As before.
    Go,
    /// Steered in this way in all passes to come. What was read stays as it was read.
    Steer(Interventions),
    /// Not at all.
    End,
}

/// Why a sample ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleEnd {
    /// The model drew a token that ends texts. It is not among the tokens.
    StopToken,
    /// It wrote a stop text.
    StopText,
    /// It has as many tokens as were asked for.
    Length,
    /// The text is as long as the model has positions for.
    Context,
    /// [`Control::End`] was answered.
    Stopped,
}

/// A text that was drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Its tokens, without the prompt's. Those that a stop text is made of are among them.
    pub ids: Vec<u32>,
    /// What they say, special tokens left out, up to a stop text.
    pub text: String,
    /// Why it ended.
    pub end: SampleEnd,
    /// Scores of the tokens, where they are scored: each that of the residual stream at the token's
    /// own position.
    pub scores: Vec<f32>,
}
