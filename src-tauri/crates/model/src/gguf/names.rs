//! Tensors' names, and what a file stores differently from a model folder.

use super::GgufFile;
use crate::ModelError;

/// How the tensors of a model folder are found in a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    /// Whether blocks have norms before and after each half, the gains of which are stored whole
    /// rather than less one (Gemma).
    gemma: bool,
    /// Heads of queries and of keys, where their rows are stored in pairs.
    pairs: Option<(usize, usize)>,
}

/// Parts of a block, with the name in a folder first.
const PARTS: [(&str, &str); 14] = [
    ("input_layernorm", "attn_norm"),
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.qkv_proj", "attn_qkv"),
    ("self_attn.o_proj", "attn_output"),
    ("self_attn.q_norm", "attn_q_norm"),
    ("self_attn.k_norm", "attn_k_norm"),
    ("pre_feedforward_layernorm", "ffn_norm"),
    ("post_feedforward_layernorm", "post_ffw_norm"),
    ("mlp.gate_proj", "ffn_gate"),
    ("mlp.up_proj", "ffn_up"),
    ("mlp.gate_up_proj", "ffn_up"),
    ("mlp.down_proj", "ffn_down"),
];

/// Tensors outside the blocks.
const OUTSIDE: [(&str, &str); 3] = [
    ("model.embed_tokens.weight", "token_embd.weight"),
    ("model.norm.weight", "output_norm.weight"),
    ("lm_head.weight", "output.weight"),
];

/// Factors of the rotary frequencies, which the configuration has taken up.
pub(super) const FACTORS: [&str; 3] =
    ["rope_freqs.weight", "rope_factors_short.weight", "rope_factors_long.weight"];

impl Names {
    pub(crate) fn of(file: &GgufFile) -> Result<Self, ModelError> {
        let architecture = file.text("general.architecture")?.unwrap_or_default();
        let heads = |key: &str| {
            let heads = file.whole(&format!("{architecture}.attention.{key}"))?;
            Ok::<_, ModelError>(heads.and_then(|heads| usize::try_from(heads).ok()))
        };
        let pairs = if architecture == "llama" {
            let queries = heads("head_count")?;
            queries.zip(heads("head_count_kv")?.or(queries))
        } else {
            None
        };
        Ok(Self { gemma: architecture.starts_with("gemma"), pairs })
    }

    /// The name in the file of a tensor of a model folder.
    pub(crate) fn stored(&self, name: &str) -> String {
        if let Some((_, stored)) = OUTSIDE.iter().find(|(outside, _)| *outside == name) {
            return (*stored).to_owned();
        }
        let in_block = || {
            let (block, part) = name.strip_prefix("model.layers.")?.split_once('.')?;
            let (part, kind) = part.rsplit_once('.')?;
            let stored = if part == "post_attention_layernorm" {
                if self.gemma { "post_attention_norm" } else { "ffn_norm" }
            } else {
                PARTS.iter().find(|(known, _)| *known == part)?.1
            };
            Some(format!("blk.{block}.{stored}.{kind}"))
        };
        in_block().unwrap_or_else(|| name.to_owned())
    }

    /// Heads of a tensor, by its name in the file, whose rows are stored in pairs: dimensions `i` and
    /// `i + half` of a head, which are rotated together, one below the other. llama.cpp's converter
    /// stores queries and keys of Llama so, and of no other family read here.
    pub(crate) fn paired_heads(&self, stored: &str) -> Option<usize> {
        let (queries, keys) = self.pairs?;
        match stored.strip_prefix("blk.")?.split('.').nth(1)? {
            "attn_q" => Some(queries),
            "attn_k" => Some(keys),
            _ => None,
        }
    }

    /// Whether the gains of norms are stored whole, in families whose folders have them less one.
    pub(crate) const fn gains_are_whole(&self) -> bool {
        self.gemma
    }

    /// Whether a tensor is something that the configuration has taken up.
    pub(crate) fn is_configuration(stored: &str) -> bool {
        FACTORS.contains(&stored)
    }
}
