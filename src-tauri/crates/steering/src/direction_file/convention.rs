//! How tools count layers: the one table between them.
//!
//! | tool | its number | what it names | layer here |
//! | --- | --- | --- | --- |
//! | this program | l >= 0 | the residual stream after l blocks, 0 being the embedding output | l |
//! | Hugging Face `hidden_states` | l >= 0 | the same, but for the last, which is after the final norm | l |
//! | llama.cpp, when it steers: `direction.N` | N >= 1 | the output of block N, counted from 0 | N + 1 |
//! | repeng, EasySteer: key of `directions` | k >= 0 | the output of block k, counted from 0 | k + 1 |
//! | TransformerLens `blocks.k.hook_resid_post` | k >= 0 | the same | k + 1 |
//! | `llama-cvector-generator`: `direction.N` | N >= 1 | made from the output of block N - 1 | N |
//!
//! The last row contradicts the third: llama.cpp adds what its own generator made one block later
//! than where it was measured. Here such a file is put where it was measured, which the sentence to
//! it says; give [`Convention::Block`] to steer where llama.cpp does.
//!
//! Where the numbers come from: llama.cpp `common_control_vector_load_one` (stores `direction.N` at
//! row N - 1) with `llama_adapter_cvec::apply` (fills block `il` from row `il - 1`, from block 1 on);
//! repeng `batched_get_hiddens` (key k from `hidden_states[k + 1]`) and `export_gguf` (`direction.k`);
//! `llama-cvector-generator` (`l_out` of block `il` as `direction.{il + 1}`).

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A way of counting layers; the table is that of the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Convention {
    /// Number l is the residual stream after l blocks: this program's, and `hidden_states`.
    Residual,
    /// Number k is the output of block k, counted from 0: llama.cpp, repeng, EasySteer.
    Block,
    /// Number N is the output of block N - 1, counted from 0: `llama-cvector-generator`.
    Generator,
}

impl Convention {
    /// Every convention.
    pub const ALL: [Self; 3] = [Self::Residual, Self::Block, Self::Generator];

    /// The layer, as this program counts, of a number in a file; `None` where there is none.
    #[must_use]
    pub const fn layer_of(self, number: usize) -> Option<usize> {
        match self {
            Self::Residual => Some(number),
            Self::Block => number.checked_add(1),
            Self::Generator if number == 0 => None,
            Self::Generator => Some(number),
        }
    }

    /// The number in a file of a layer, as this program counts; `None` where there is none.
    #[must_use]
    pub const fn number_of(self, layer: usize) -> Option<usize> {
        match self {
            Self::Residual => Some(layer),
            Self::Block => layer.checked_sub(1),
            Self::Generator if layer == 0 => None,
            Self::Generator => Some(layer),
        }
    }

    /// `residual`, `block` or `generator`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Residual => "residual",
            Self::Block => "block",
            Self::Generator => "generator",
        }
    }

    /// All names with what they mean, for whoever has to choose.
    pub(super) const fn choices() -> &'static str {
        "residual (l is the residual stream after l blocks, as hidden_states), block (k is the output \
         of block k counted from 0, as llama.cpp, repeng and EasySteer), or generator (N was made from \
         the output of block N - 1, as llama-cvector-generator)"
    }
}

impl fmt::Display for Convention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Convention {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|convention| convention.name() == name);
        found.ok_or_else(|| format!("{name:?} is none of {}", Self::choices()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads_the_same_both_ways() {
        for convention in Convention::ALL {
            for number in 0..50 {
                if let Some(layer) = convention.layer_of(number) {
                    assert_eq!(convention.number_of(layer), Some(number), "{convention}");
                }
            }
            assert_eq!(convention.name().parse(), Ok(convention));
        }
        // direction.1 of a file: after the second block; made after the first
        assert_eq!(Convention::Block.layer_of(1), Some(2));
        assert_eq!(Convention::Generator.layer_of(1), Some(1));
        assert_eq!(Convention::Block.number_of(0), None);
        assert_eq!(Convention::Block.layer_of(usize::MAX), None);
        assert!("ours".parse::<Convention>().is_err());
    }
}
