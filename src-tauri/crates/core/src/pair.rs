//! Contrastive pairs: the same situation twice, with and without the concept.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Digest;

/// One of the two texts of a [`ContrastPair`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The text that shows the concept.
    Positive,
    /// The text that does not.
    Negative,
}

impl Side {
    /// Both sides, positive first: the order in which texts of a pair are laid out everywhere.
    pub const BOTH: [Self; 2] = [Self::Positive, Self::Negative];

    /// `positive` or `negative`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Negative => "negative",
        }
    }
}

/// Which part of the data a pair belongs to. A pair is never divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Directions, thresholds and layer choices are made here.
    Train,
    /// Only looked at to measure.
    Test,
}

impl Split {
    /// `train` or `test`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }
}

/// A split name that is not one of those known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a split; use \"train\" or \"test\"")]
pub struct UnknownSplit(pub String);

impl FromStr for Split {
    type Err = UnknownSplit;

    /// Reads the names found in the wild: `train`/`training`, and `test`/`eval`/`validation`/`dev`,
    /// in any case.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s.trim().to_ascii_lowercase().as_str() {
            "train" | "training" => Ok(Self::Train),
            "test" | "testing" | "eval" | "evaluation" | "validation" | "valid" | "val" | "dev" => {
                Ok(Self::Test)
            }
            _ => Err(UnknownSplit(s.to_owned())),
        }
    }
}

/// Two texts on the same situation: one shows the concept, the other does not.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ContrastPair {
    /// Unique within its data set; given by the file, or `{file stem}-{row number}`.
    pub id: String,
    /// The text that shows the concept.
    pub positive: String,
    /// The text that does not.
    pub negative: String,
    /// Context that both sides share, read before either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// The situation, by name; pairs of one scenario are kept together where groups matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// Train or test, where the file says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    /// Who wrote the pair (a person, a model).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// A human label of the pair, any finite number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Every other field of the row, as text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

impl ContrastPair {
    /// The bare text of one side, without the shared prompt.
    #[must_use]
    pub fn text(&self, side: Side) -> &str {
        match side {
            Side::Positive => &self.positive,
            Side::Negative => &self.negative,
        }
    }

    /// What a model is given to read for one side: the prompt, where there is one, then the text.
    /// A line break is put between them unless one of them already brings white space there.
    #[must_use]
    pub fn reading(&self, side: Side) -> String {
        let text = self.text(side);
        let Some(prompt) = self.prompt.as_deref().filter(|p| !p.is_empty()) else {
            return text.to_owned();
        };
        let touches =
            prompt.ends_with(char::is_whitespace) || text.starts_with(char::is_whitespace);
        if touches { format!("{prompt}{text}") } else { format!("{prompt}\n{text}") }
    }

    /// Digest of what determines a result: the texts, prompt, scenario, split, source and score.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let score = self.score.map(|s| s.to_bits().to_string());
        Digest::of_fields([
            Some(self.id.as_str()),
            Some(self.positive.as_str()),
            Some(self.negative.as_str()),
            self.prompt.as_deref(),
            self.scenario.as_deref(),
            self.split.map(Split::name),
            self.source.as_deref(),
            score.as_deref(),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(prompt: Option<&str>) -> ContrastPair {
        ContrastPair {
            id: "1".into(),
            positive: "I stop to help.".into(),
            negative: " I go on.".into(),
            prompt: prompt.map(str::to_owned),
            ..ContrastPair::default()
        }
    }

    #[test]
    fn a_reading_joins_prompt_and_text_with_one_break_at_most() {
        assert_eq!(pair(None).reading(Side::Positive), "I stop to help.");
        assert_eq!(pair(Some("")).reading(Side::Positive), "I stop to help.");
        assert_eq!(pair(Some("What now?")).reading(Side::Positive), "What now?\nI stop to help.");
        assert_eq!(pair(Some("What now?")).reading(Side::Negative), "What now? I go on.");
        assert_eq!(pair(Some("What now?\n")).reading(Side::Positive), "What now?\nI stop to help.");
    }

    #[test]
    fn the_digest_sees_every_field_that_matters_and_not_the_metadata() {
        let base = pair(Some("p"));
        let mut other = base.clone();
        other.metadata.insert("run".into(), "7".into());
        assert_eq!(base.digest(), other.digest());
        for change in [
            |p: &mut ContrastPair| p.positive.push('.'),
            |p: &mut ContrastPair| p.prompt = None,
            |p: &mut ContrastPair| p.scenario = Some(String::new()),
            |p: &mut ContrastPair| p.split = Some(Split::Test),
            |p: &mut ContrastPair| p.score = Some(0.0),
        ] {
            let mut changed = base.clone();
            change(&mut changed);
            assert_ne!(base.digest(), changed.digest(), "{changed:?}");
        }
    }

    #[test]
    fn split_names_are_read_loosely_and_unknown_ones_refused() {
        assert_eq!(" Train".parse(), Ok(Split::Train));
        assert_eq!("validation".parse(), Ok(Split::Test));
        assert!("maybe".parse::<Split>().is_err());
    }
}
