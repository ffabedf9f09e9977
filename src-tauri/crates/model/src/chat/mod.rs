//! Conversations, written out by the model's own chat template.
//!
//! [`ChatTemplate`] renders as transformers' `apply_chat_template` does. A template comes with the
//! weights and is somebody else's program, so it sees the conversation and nothing else, and it has
//! a budget of steps and of depth. Its memory is bounded by that budget only, as in transformers: a
//! template written to do harm can double a text at every step.
//!
//! Deliberately absent: tools, documents, the clock (see [`ChatDate`]).

mod date;
mod environment;
mod files;
mod json;
mod methods;
mod pair;
mod tags;

use std::collections::BTreeMap;
use std::ops::Range;

use lens_core::Digest;
use minijinja::{Environment, Value, context};

use crate::ModelError;
use crate::folder::ModelFolder;

pub use date::ChatDate;
pub(crate) use files::{json_object, special_tokens};

/// Special tokens by the name that templates call them: `bos_token` to `<s>`.
pub type SpecialTokens = BTreeMap<String, String>;

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// Who speaks: `system`, `user` or `assistant`.
    pub role: String,
    /// What is said.
    pub content: String,
}

impl ChatMessage {
    /// A turn.
    pub fn new(role: impl Into<String>, content: impl Into<String>) -> Self {
        Self { role: role.into(), content: content.into() }
    }
}

/// The chat template of a model, ready to be used.
#[derive(Debug, Clone)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    digest: Digest,
}

/// A conversation as the model reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RenderedChat {
    /// All of it.
    pub(crate) text: String,
    /// For each message the bytes of `text` that are its content, without the white space around
    /// it. None where there is no one such place: an empty content, one that the template repeats,
    /// or one that it drops at least in part.
    pub(crate) contents: Vec<Option<Range<usize>>>,
}

impl ChatTemplate {
    /// The template in a model folder, found where transformers looks for it: chat_template.jinja
    /// and additional_chat_templates/*.jinja, else `chat_template` in tokenizer_config.json; or the
    /// one in a GGUF file. None where the model has none. It sees the date [`ChatDate::default`].
    ///
    /// # Errors
    /// Files that cannot be read, several templates of which none is the default, and what
    /// [`Self::new`] refuses.
    pub fn of(folder: &ModelFolder) -> Result<Option<Self>, ModelError> {
        let (source, tokens) = match folder.gguf() {
            Some(file) => (file.text("tokenizer.chat_template")?, files::gguf_tokens(file)?),
            None => (files::source(folder)?, special_tokens(folder)?),
        };
        source.map(|source| Self::new(&source, tokens, ChatDate::default())).transpose()
    }

    /// A template from its text, with the special tokens it may name and the date it sees.
    ///
    /// # Errors
    /// A text that is not a template; the error names the line.
    pub fn new(source: &str, tokens: SpecialTokens, date: ChatDate) -> Result<Self, ModelError> {
        let day = date.to_string();
        let named = tokens.iter().flat_map(|(name, token)| [name.as_str(), token.as_str()]);
        let digest = Digest::of_fields([source, &day].into_iter().chain(named).map(Some));
        let environment = environment::build(source, tokens, date)?;
        Ok(Self { environment, digest })
    }

    /// Digest of all that determines what it writes: the text, the special tokens and the date.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Writes out a conversation; with `add_generation_prompt` the opening of the assistant's next
    /// turn stands at the end.
    ///
    /// # Errors
    /// No messages, a conversation the template refuses, or a template that fails or does not end.
    pub fn render(
        &self,
        messages: &[ChatMessage],
        add_generation_prompt: bool,
    ) -> Result<String, ModelError> {
        if messages.is_empty() {
            return Err(ModelError::NoMessages);
        }
        environment::render(&self.environment, || {
            let messages: Value = messages.iter().map(message_value).collect();
            let absent = || Value::from(());
            context! {
                messages, add_generation_prompt, tools => absent(), documents => absent()
            }
        })
    }

    /// [`Self::render`], and where the messages' contents stand in it.
    ///
    /// Each content is rendered once more between two marks. Where taking the marks out again gives
    /// the same text, they show the place.
    pub(crate) fn render_located(
        &self,
        messages: &[ChatMessage],
        add_generation_prompt: bool,
    ) -> Result<RenderedChat, ModelError> {
        let text = self.render(messages, add_generation_prompt)?;
        let unused = |c: &char| {
            !text.contains(*c) && !messages.iter().any(|message| message.content.contains(*c))
        };
        let mut marks = ('\u{f0000}'..='\u{ffffd}').filter(unused);
        let (Some(open), Some(close)) = (marks.next(), marks.next()) else {
            return Ok(RenderedChat { text, contents: vec![None; messages.len()] });
        };
        let mut marked = messages.to_vec();
        let mut contents = Vec::with_capacity(messages.len());
        for (i, message) in messages.iter().enumerate() {
            let content = message.content.as_str();
            let core = content.trim();
            let place = if core.is_empty() {
                None
            } else {
                // inside the white space, so that a template that trims still does
                let start = content.len() - content.trim_start().len();
                let (before, rest) = content.split_at(start);
                let (core, after) = rest.split_at(core.len());
                marked[i].content = format!("{before}{open}{core}{close}{after}");
                // a template may refuse or turn elsewhere because of the marks
                let rendered = self.render(&marked, add_generation_prompt).ok();
                marked[i].content.clone_from(&message.content);
                rendered.and_then(|rendered| between(&rendered, [open, close], &text))
            };
            contents.push(place);
        }
        Ok(RenderedChat { text, contents })
    }
}

fn message_value(message: &ChatMessage) -> Value {
    Value::from_pairs([("role", message.role.as_str()), ("content", message.content.as_str())])
}

/// Bytes of `text` between the marks in `marked`, if each is there once and nothing else differs.
fn between(marked: &str, marks: [char; 2], text: &str) -> Option<Range<usize>> {
    let (before, rest) = marked.split_once(marks[0])?;
    let (inside, after) = rest.split_once(marks[1])?;
    let range = before.len()..before.len() + inside.len();
    let same = text.get(..range.start)? == before
        && text.get(range.clone())? == inside
        && text.get(range.end..)? == after;
    same.then_some(range)
}
