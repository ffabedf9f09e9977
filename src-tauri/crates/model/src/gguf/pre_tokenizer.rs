//! How byte-level tokenizers divide a text into words before they merge bytes.

use tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior::Isolated;

/// What `tokenizer.ggml.pre` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Division {
    names: &'static [&'static str],
    words: Words,
    /// Whether texts are brought to Unicode's form NFC first.
    pub(super) composes: bool,
    /// Whether a word that is a token is taken whole, whatever merges would make of it.
    pub(super) takes_whole_words: bool,
    /// Whether a text begins with BOS where the file does not say.
    pub(super) begins: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    /// As GPT-2 does.
    Gpt2,
    /// The same, with digits one by one.
    Gpt2Digits,
    /// What this expression matches.
    Expression(&'static str),
}

const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

const GPT_4O: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

const fn plain(names: &'static [&'static str], words: Words) -> Division {
    Division { names, words, composes: false, takes_whole_words: false, begins: false }
}

const fn whole(names: &'static [&'static str], words: Words) -> Division {
    Division { takes_whole_words: true, begins: true, ..plain(names, words) }
}

const DIVISIONS: [Division; 8] = [
    plain(&["default", "gpt-2"], Words::Gpt2),
    whole(&["llama-bpe", "llama3", "llama-v3", "falcon3"], Words::Expression(LLAMA3)),
    plain(&["dbrx", "smaug-bpe"], Words::Expression(LLAMA3)),
    Division { composes: true, ..plain(&["qwen2"], Words::Expression(QWEN2)) },
    plain(&["deepseek-r1-qwen"], Words::Expression(QWEN2)),
    plain(&["smollm", "starcoder"], Words::Gpt2Digits),
    whole(&["tekken"], Words::Expression(TEKKEN)),
    plain(&["gpt-4o", "llama4"], Words::Expression(GPT_4O)),
];

impl Division {
    /// By its name, or why it cannot be.
    pub(super) fn of_name(name: &str) -> Result<Self, String> {
        DIVISIONS.iter().find(|division| division.names.contains(&name)).copied().ok_or_else(|| {
            let known: Vec<&str> = DIVISIONS.iter().flat_map(|d| d.names).copied().collect();
            format!(
                "it divides texts into words by the rule {name:?}, which is not supported; \
                 supported are {}",
                known.join(", ")
            )
        })
    }

    pub(super) fn pre_tokenizer(self) -> tokenizers::Result<PreTokenizerWrapper> {
        let bytes = |words| ByteLevel::new(false, true, words);
        Ok(match self.words {
            Words::Gpt2 => bytes(true).into(),
            Words::Gpt2Digits => {
                Sequence::new(vec![Digits::new(true).into(), bytes(true).into()]).into()
            }
            Words::Expression(expression) => {
                let expression = SplitPattern::Regex(expression.to_owned());
                let split = Split::new(expression, Isolated, false)?;
                Sequence::new(vec![split.into(), bytes(false).into()]).into()
            }
        })
    }
}
