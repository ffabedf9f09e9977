//! Scenarios and questions as a model reads them.

use lens_core::Digest;
use lens_model::{ChatMessage, ChatTemplate, LanguageModel, ModelFolder, TokenisedText};

use super::plan::bad;
use crate::EngineError;
use crate::contract::PromptStyle;
use crate::models::ModelEntry;

/// How a model is asked.
#[derive(Debug, Clone)]
pub(super) struct Prompting {
    template: Option<ChatTemplate>,
}

impl Prompting {
    /// The model's chat template, where that is the wish and it has one. A text to be continued
    /// (`continued`) is not put through it.
    ///
    /// # Errors
    /// A template that cannot be used.
    pub(super) fn of(
        model: &ModelEntry,
        style: PromptStyle,
        continued: bool,
    ) -> Result<Self, EngineError> {
        let template = match style {
            PromptStyle::Chat if !continued => {
                ChatTemplate::of(&ModelFolder::open(&model.folder)?)?
            }
            PromptStyle::Chat | PromptStyle::Plain => None,
        };
        Ok(Self { template })
    }

    /// Digest of the template.
    pub(super) fn digest(&self) -> Option<&Digest> {
        self.template.as_ref().map(ChatTemplate::digest)
    }

    /// What a model is asked as it reads it, the words of the template written out.
    ///
    /// # Errors
    /// A template that refuses.
    pub(super) fn text(&self, question: &str) -> Result<String, EngineError> {
        Ok(match &self.template {
            Some(template) => template.render(&[ChatMessage::new("user", question)], true)?,
            None => question.to_owned(),
        })
    }

    /// The tokens of what a model is asked.
    ///
    /// # Errors
    /// A template that refuses, a tokenizer that fails, or a question longer than the model has
    /// positions for: half of one would be another question.
    pub(super) fn tokens(
        &self,
        model: &LanguageModel,
        question: &str,
    ) -> Result<TokenisedText, EngineError> {
        let tokens = match &self.template {
            Some(template) => {
                let turns = [ChatMessage::new("user", question)];
                model.tokenise_chat(template, &turns, true, usize::MAX)?
            }
            None => model.tokenise(question, usize::MAX)?,
        };
        if tokens.truncated {
            let (name, most) = (&model.info().name, model.info().max_positions);
            return Err(bad(
                format!("This prompt has more tokens than {name} has positions ({most})."),
                "Shorten it, or choose a model with a longer context.",
            ));
        }
        Ok(tokens)
    }
}
