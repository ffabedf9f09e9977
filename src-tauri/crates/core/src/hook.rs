//! Where a model is read, and how tokens become one row per text.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A named place in a forward pass where the residual stream can be read or changed.
///
/// The tensor there has shape `[batch, position, width]`. Names follow TransformerLens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HookPoint {
    /// The embedding output: residual stream before the first block, layer 0. Positions that were
    /// learned, the scale of Gemma's embeddings and BERT's norm of them are in it.
    Embedding,
    /// Between attention and the feed-forward part of block `0..layers`: the stream once what
    /// attention made has been added.
    ///
    /// Families that norm what attention makes (Gemma 2 and 3, OLMo 2) add it normed. In encoders
    /// the sum itself is normed, and this is after that norm. Where both halves of a block read its
    /// input (GPT-NeoX), the feed-forward part does not see this stream: a change here changes what
    /// it is added to, not what it makes.
    ResidualMid(usize),
    /// After block `0..layers`: layer `block + 1`. Equals Hugging Face `hidden_states[block + 1]`
    /// except for the last, which there is taken after the final norm. In encoders, which have no
    /// such norm, the last is equal too.
    ResidualPost(usize),
    /// After the final norm: Hugging Face `hidden_states[layers]`. In encoders the same as the last
    /// [`Self::ResidualPost`].
    FinalNorm,
}

impl HookPoint {
    /// The point at which layer `layer` of the residual stream is read: 0 is the embedding output,
    /// `l` the stream after the `l`-th block.
    #[must_use]
    pub const fn of_layer(layer: usize) -> Self {
        match layer {
            0 => Self::Embedding,
            l => Self::ResidualPost(l - 1),
        }
    }
}

impl fmt::Display for HookPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedding => f.write_str("hook_embed"),
            Self::ResidualMid(block) => write!(f, "blocks.{block}.hook_resid_mid"),
            Self::ResidualPost(block) => write!(f, "blocks.{block}.hook_resid_post"),
            Self::FinalNorm => f.write_str("ln_final.hook_normalized"),
        }
    }
}

/// How the tokens of a text become one row.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// Mean over content tokens: special tokens (BOS, EOS ...) and padding left out.
    #[default]
    Mean,
    /// Mean over every token of the text, special tokens included, as many studies do.
    MeanAll,
    /// The last content token.
    Last,
}

impl Pooling {
    /// All poolings, the default first.
    pub const ALL: [Self; 3] = [Self::Mean, Self::MeanAll, Self::Last];

    /// `mean`, `mean-all` or `last`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::MeanAll => "mean-all",
            Self::Last => "last",
        }
    }
}

impl fmt::Display for Pooling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A pooling name that is not one of those known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a pooling; use mean, mean-all or last")]
pub struct UnknownPooling(pub String);

impl FromStr for Pooling {
    type Err = UnknownPooling;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|p| p.name() == s).ok_or_else(|| UnknownPooling(s.to_owned()))
    }
}

/// Which layers are wanted: all, or a list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerSelection {
    /// Every layer, 0 (embedding output) to the last block's.
    #[default]
    All,
    /// These layers, in any order.
    These(Vec<usize>),
}

impl LayerSelection {
    /// The layers of a model with `layers` blocks, ascending, each once.
    ///
    /// # Errors
    /// The first layer that the model does not have.
    pub fn resolve(&self, layers: usize) -> Result<Vec<usize>, usize> {
        match self {
            Self::All => Ok((0..=layers).collect()),
            Self::These(list) => {
                let mut wanted = list.clone();
                wanted.sort_unstable();
                wanted.dedup();
                match wanted.iter().find(|&&l| l > layers) {
                    Some(&missing) => Err(missing),
                    None => Ok(wanted),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_sorted_unique_and_checked() {
        assert_eq!(LayerSelection::All.resolve(2), Ok(vec![0, 1, 2]));
        assert_eq!(LayerSelection::These(vec![2, 0, 2]).resolve(2), Ok(vec![0, 2]));
        assert_eq!(LayerSelection::These(vec![3]).resolve(2), Err(3));
    }

    #[test]
    fn hook_points_follow_the_layer_convention() {
        assert_eq!(HookPoint::of_layer(0), HookPoint::Embedding);
        assert_eq!(HookPoint::of_layer(3).to_string(), "blocks.2.hook_resid_post");
    }

    #[test]
    fn pooling_names_round_trip() {
        for pooling in Pooling::ALL {
            assert_eq!(pooling.name().parse(), Ok(pooling));
            let json = serde_json::to_string(&pooling).unwrap();
            assert_eq!(json, format!("\"{}\"", pooling.name()));
        }
        assert!("median".parse::<Pooling>().is_err());
    }
}
