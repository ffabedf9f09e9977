//! What has to be the same before two models' scores may be compared.

use lens_core::{Digest, DirectionMethod, Pooling, Split};
use serde::{Deserialize, Serialize};

use super::AgreementError;

/// How the layer was chosen at which a model is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerChoice {
    /// By cross-validation within the training pairs.
    CrossValidated,
    /// The best on the test pairs: optimistic.
    BestOnTest,
    /// By hand.
    Given,
}

impl LayerChoice {
    /// For a sentence.
    const fn words(self) -> &'static str {
        match self {
            Self::CrossValidated => "by cross-validation",
            Self::BestOnTest => "as the best on test",
            Self::Given => "by hand",
        }
    }
}

/// How scores came about, as far as it has to be the same for every model of a comparison. Models
/// keep their own layer, tokenizer and chat template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Convention {
    /// How each model's layer was chosen.
    pub layer_choice: LayerChoice,
    /// How the direction was found.
    pub method: DirectionMethod,
    /// How tokens became rows.
    pub pooling: Pooling,
    /// Texts longer than this many tokens were cut.
    pub token_limit: usize,
    /// Whether texts were read through the model's own chat template.
    pub chat_template: bool,
    /// Digest over the pairs and their order.
    pub data: Digest,
    /// Digest over which pairs are for training: see [`split_digest`].
    pub split: Digest,
    /// The part that the scores are of; none for all pairs.
    pub part: Option<Split>,
}

/// Digest over the splits of all pairs, in order.
#[must_use]
pub fn split_digest(splits: &[Split]) -> Digest {
    Digest::of_fields(splits.iter().map(|split| Some(split.name())))
}

impl Convention {
    /// Whether scores of this convention may be compared with those of `other`; the names are the
    /// models', for the message.
    ///
    /// # Errors
    /// [`AgreementError::UnlikeConventions`] with everything that differs.
    pub fn check(&self, name: &str, other: &Self, other_name: &str) -> Result<(), AgreementError> {
        let template = |through| if through { "through the chat template" } else { "as they are" };
        let part = |part: Option<Split>| match part {
            Some(Split::Train) => "the training pairs",
            Some(Split::Test) => "the test pairs",
            None => "all pairs",
        };
        let limit = |convention: &Self| convention.token_limit.to_string();
        let compared = [
            ("the layer was chosen", self.layer_choice.words(), other.layer_choice.words()),
            ("the direction is", self.method.name(), other.method.name()),
            ("the pooling is", self.pooling.name(), other.pooling.name()),
            ("the token limit is", &limit(self), &limit(other)),
            ("texts were read", template(self.chat_template), template(other.chat_template)),
            ("the digest of the pairs is", self.data.short(), other.data.short()),
            ("the digest of the split is", self.split.short(), other.split.short()),
            ("the scores are of", part(self.part), part(other.part)),
        ];
        let differences: Vec<String> = compared
            .into_iter()
            .filter(|(_, one, other)| one != other)
            .map(|(what, one, other)| {
                format!("{what} {one} for {name} and {other} for {other_name}")
            })
            .collect();
        if differences.is_empty() {
            return Ok(());
        }
        Err(AgreementError::UnlikeConventions {
            first: name.to_owned(),
            second: other_name.to_owned(),
            differences: differences.join(", "),
        })
    }
}
