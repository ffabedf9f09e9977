//! A model in memory.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use candle_core::{Device, Tensor};
use lens_core::{CancelToken, Progress, Reporter, WeightsDtype};

use crate::ModelError;
use crate::arch::{self, Memory, Transformer};
use crate::chat::{ChatMessage, ChatTemplate};
use crate::folder::{ModelFolder, ModelInfo};
use crate::hook::{Hook, NoHook};
use crate::stop_tokens::stop_tokens;
use crate::tokens::{TextTokenizer, TokenisedText};
use crate::weights::Weights;

/// A local language model with its tokenizer. Weights stay in the type they are stored in, unless
/// another is asked for; what is computed with them is f32.
#[derive(Debug)]
pub struct LanguageModel {
    info: ModelInfo,
    tokenizer: TextTokenizer,
    stop_tokens: Vec<u32>,
    pub(crate) transformer: Transformer,
    device: Device,
}

impl LanguageModel {
    /// Number type of the forward pass.
    pub const COMPUTE_DTYPE: &'static str = "f32";

    /// Loads the model in a folder of the Hugging Face layout, or in a GGUF file, with its weights in
    /// the type they are stored in.
    ///
    /// # Errors
    /// Files that are missing, damaged or do not belong together, and what is not supported; each
    /// names the file or tensor.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        Self::load_as(path, WeightsDtype::Stored)
    }

    /// The same with its matrices, the embedding among them, held in memory as `held` says. What is
    /// no matrix to multiply by (gains and biases, learned positions) is f32 always.
    ///
    /// # Errors
    /// Those of [`Self::load`], and a number too large for bf16.
    pub fn load_as(path: impl AsRef<Path>, held: WeightsDtype) -> Result<Self, ModelError> {
        let device = Device::Cpu;
        let folder = ModelFolder::open(path)?;
        let info = folder.inspect()?;
        let family = arch::family(&info.family)?;
        let weights = Arc::new(Weights::open(&folder, held)?);
        // a large vocabulary takes one core for as long as a large file's weights take another
        let (tokenizer, transformer) = rayon::join(
            || TextTokenizer::open(&folder, info.vocab),
            || (family.build)(&folder, &weights, &device),
        );
        let transformer = transformer.map_err(|error| folder.located(error))?;
        let tokenizer = tokenizer?;
        let stop_tokens = stop_tokens(&folder, |token| tokenizer.id(token))?;
        Ok(Self { tokenizer, stop_tokens, transformer, info, device })
    }

    /// What the model's files say about it.
    #[must_use]
    pub const fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// Number of blocks: the residual stream has layers 0 to this, both included.
    #[must_use]
    pub const fn layers(&self) -> usize {
        self.transformer.layers()
    }

    /// Width of the residual stream.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.info.width
    }

    /// Tokens of a text, at most `limit` of them and never more than the model has positions for.
    ///
    /// # Errors
    /// A limit that leaves no room beside the special tokens, or a tokenizer that does not belong
    /// to the weights.
    pub fn tokenise(&self, text: &str, limit: usize) -> Result<TokenisedText, ModelError> {
        self.tokenizer.tokenise(text, limit.min(self.info.max_positions))
    }

    /// Tokens of a conversation as the model's chat template writes it, at most `limit` of them and
    /// never more than the model has positions for. No special tokens are added to those that the
    /// template writes. Content tokens are those of what the messages say; a message of which the
    /// template drops a part, or which it repeats, has none.
    ///
    /// # Errors
    /// What [`ChatTemplate::render`] refuses, a limit of 0, or a tokenizer that does not belong to
    /// the weights.
    pub fn tokenise_chat(
        &self,
        template: &ChatTemplate,
        messages: &[ChatMessage],
        add_generation_prompt: bool,
        limit: usize,
    ) -> Result<TokenisedText, ModelError> {
        let chat = template.render_located(messages, add_generation_prompt)?;
        Ok(self.tokenizer.tokenise_chat(&chat, limit.min(self.info.max_positions))?.0)
    }

    /// The tokens that end a text, ascending: those that the model's files name.
    #[must_use]
    pub fn stop_tokens(&self) -> &[u32] {
        &self.stop_tokens
    }

    pub(crate) const fn tokenizer(&self) -> &TextTokenizer {
        &self.tokenizer
    }

    /// What a token writes within a text, the space before it included: " man". A token that is half
    /// a character is the replacement mark.
    ///
    /// # Errors
    /// When the tokenizer cannot write it.
    pub fn token_text(&self, id: u32) -> Result<String, ModelError> {
        self.tokenizer.piece(id)
    }

    /// Runs one or more texts of token ids through the model with a hook, up to and including the
    /// final norm: `[batch, position, width]`, or `None` when the hook stopped it. Shorter rows
    /// are padded at the end.
    ///
    /// # Errors
    /// No tokens, a text longer than the positions a model has learned, what the hook returns, a
    /// cancellation, or a failed computation.
    pub fn forward(
        &self,
        rows: &[&[u32]],
        hook: &mut dyn Hook,
        cancel: &CancelToken,
    ) -> Result<Option<Tensor>, ModelError> {
        let whole: Vec<_> = rows.iter().map(|row| 0..row.len()).collect();
        self.pass(rows, &whole, None, hook, cancel)
    }

    /// Runs tokens that are at the positions `places` of their texts.
    pub(crate) fn pass(
        &self,
        rows: &[&[u32]],
        places: &[Range<usize>],
        memory: Option<&mut Memory>,
        hook: &mut dyn Hook,
        cancel: &CancelToken,
    ) -> Result<Option<Tensor>, ModelError> {
        let columns = rows.iter().map(|row| row.len()).max().unwrap_or(0);
        if columns == 0 {
            return Err(ModelError::NoTokens);
        }
        let mut ids = vec![0_u32; rows.len() * columns];
        for (padded, row) in ids.chunks_exact_mut(columns).zip(rows) {
            padded[..row.len()].copy_from_slice(row);
        }
        let tokens = Tensor::from_vec(ids, (rows.len(), columns), &self.device)?;
        self.transformer.forward(&tokens, places, memory, hook, cancel)
    }

    /// Whether the model predicts what comes next: encoders (BERT and its kin) only read.
    #[must_use]
    pub const fn has_logits(&self) -> bool {
        self.transformer.head.is_some()
    }

    /// Logits after every token of one text: `[position, vocabulary]`.
    ///
    /// # Errors
    /// No tokens, an encoder, or a failed computation.
    pub fn logits(&self, ids: &[u32]) -> Result<Tensor, ModelError> {
        if !self.has_logits() {
            return Err(ModelError::NoLogits);
        }
        let normed = self.forward(&[ids], &mut NoHook, &CancelToken::default())?;
        let normed = normed.ok_or(lens_core::Cancelled)?;
        Ok(self.transformer.logits(&normed)?.squeeze(0)?.narrow(0, 0, ids.len())?)
    }

    pub(crate) fn report(&self, reporter: &dyn Reporter, done: u64, total: u64) {
        let stage = format!("Reading with {}", self.info.name);
        reporter.report(Progress { stage, done, total, unit: "tokens" });
    }
}
