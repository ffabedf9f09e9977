//! The tokenizer that a file holds, as the same model's tokenizer.json would give it.

use std::collections::HashMap;

use tokenizers::decoders::byte_level::ByteLevel;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::{NFC, Prepend, Replace, Sequence};
use tokenizers::processors::template::{SpecialToken, TemplateProcessing};
use tokenizers::{AddedToken, NormalizerWrapper, Tokenizer};

use super::GgufFile;
use super::pre_tokenizer::Division;
use crate::ModelError;

/// Entries of `tokenizer.ggml.token_type`.
const UNKNOWN: u64 = 2;
const CONTROL: u64 = 3;
const USER_DEFINED: u64 = 4;
const BYTE: u64 = 6;

/// What SentencePiece writes for a space.
const SPACE: &str = "\u{2581}";

/// Builds it.
///
/// # Errors
/// No tokenizer, one of another kind, or one that makes no sense.
pub(crate) fn tokenizer(file: &GgufFile) -> Result<Tokenizer, ModelError> {
    let kind = file.text("tokenizer.ggml.model")?.ok_or_else(|| missing(file, "model"))?;
    let tokens = file.texts("tokenizer.ggml.tokens")?.ok_or_else(|| missing(file, "tokens"))?;
    let types = file.wholes("tokenizer.ggml.token_type")?.unwrap_or_default();
    if !types.is_empty() && types.len() != tokens.len() {
        return Err(unusable(file, &format!("{} tokens have {} types", tokens.len(), types.len())));
    }
    let vocabulary = Vocabulary { file, tokens, types };
    let (mut tokenizer, begins) = match kind.as_str() {
        "gpt2" => vocabulary.byte_level()?,
        "llama" => (vocabulary.sentence_piece()?, true),
        other => {
            return Err(unusable(
                file,
                &format!("it is of the kind {other:?}; supported are gpt2 and llama"),
            ));
        }
    };
    vocabulary.add_tokens(&mut tokenizer, kind == "llama")?;
    let ends = file.flag("tokenizer.ggml.add_eos_token")?.unwrap_or(false);
    let begins = file.flag("tokenizer.ggml.add_bos_token")?.unwrap_or(begins);
    vocabulary.frame(&mut tokenizer, begins, ends)?;
    Ok(tokenizer)
}

fn missing(file: &GgufFile, entry: &str) -> ModelError {
    file.bad(format!("it has no tokenizer (no tokenizer.ggml.{entry})"))
}

fn unusable(file: &GgufFile, message: &impl ToString) -> ModelError {
    file.bad(format!("its tokenizer cannot be used: {}", message.to_string()))
}

struct Vocabulary<'a> {
    file: &'a GgufFile,
    tokens: Vec<String>,
    /// One for each token, or none at all.
    types: Vec<u64>,
}

impl Vocabulary<'_> {
    fn unusable(&self, message: &impl ToString) -> ModelError {
        unusable(self.file, message)
    }

    fn numbered(&self) -> impl Iterator<Item = (u32, &String)> {
        (0..).zip(&self.tokens)
    }

    fn is(&self, token: u32, kinds: &[u64]) -> bool {
        self.types.get(token as usize).is_some_and(|kind| kinds.contains(kind))
    }

    /// Byte-level BPE, and whether a text begins with BOS unless the file says so.
    fn byte_level(&self) -> Result<(Tokenizer, bool), ModelError> {
        let rule = self.file.text("tokenizer.ggml.pre")?;
        let division = Division::of_name(rule.as_deref().unwrap_or("default"));
        let division = division.map_err(|message| self.unusable(&message))?;
        let merges = self.file.texts("tokenizer.ggml.merges")?;
        let merges = merges.ok_or_else(|| missing(self.file, "merges"))?;
        let merges = merges.into_iter().map(|merge| {
            // a token may itself begin with a space
            let at = merge.char_indices().skip(1).find(|(_, c)| *c == ' ').map(|(at, _)| at);
            let halves = at.and_then(|at| Some((merge.get(..at)?, merge.get(at + 1..)?)));
            let (left, right) = halves
                .ok_or_else(|| self.unusable(&format!("{merge:?} is not a merge of two tokens")))?;
            Ok((left.to_owned(), right.to_owned()))
        });
        let merges = merges.collect::<Result<Vec<_>, ModelError>>()?;
        let model = BPE::builder()
            .vocab_and_merges(self.vocab(), merges)
            .ignore_merges(division.takes_whole_words)
            .build()
            .map_err(|error| self.unusable(&error))?;
        let mut tokenizer = Tokenizer::new(model);
        let pre_tokenizer = division.pre_tokenizer().map_err(|error| self.unusable(&error))?;
        tokenizer.with_pre_tokenizer(Some(pre_tokenizer));
        tokenizer.with_decoder(Some(ByteLevel::default()));
        if division.composes {
            tokenizer.with_normalizer(Some(NFC)).map_err(|error| self.unusable(&error))?;
        }
        Ok((tokenizer, division.begins))
    }

    fn vocab(&self) -> Vocab {
        self.numbered().map(|(id, token)| (token.clone(), id)).collect()
    }

    /// SentencePiece BPE: characters, spaces among them, are merged by the scores of what they
    /// make, and what is in no token is taken byte by byte.
    fn sentence_piece(&self) -> Result<Tokenizer, ModelError> {
        let scores = self.file.numbers("tokenizer.ggml.scores")?;
        let scores = scores.ok_or_else(|| missing(self.file, "scores"))?;
        if scores.len() != self.tokens.len() {
            let message = format!("{} tokens have {} scores", self.tokens.len(), scores.len());
            return Err(self.unusable(&message));
        }
        let vocab: HashMap<&str, u32> = self.numbered().map(|(id, t)| (t.as_str(), id)).collect();
        let unknown = self.id("unknown_token_id")?;
        let unknown = unknown.or_else(|| {
            let mut numbered = self.numbered();
            numbered.find(|(id, _)| self.is(*id, &[UNKNOWN])).map(|(id, _)| id)
        });
        let mut model = BPE::builder()
            .vocab_and_merges(self.vocab(), self.merges(&vocab, &scores))
            .byte_fallback(true)
            .fuse_unk(true);
        if let Some(unknown) = unknown.and_then(|id| self.tokens.get(id as usize)) {
            model = model.unk_token(unknown.clone());
        }
        let mut tokenizer = Tokenizer::new(model.build().map_err(|error| self.unusable(&error))?);
        let mut steps: Vec<NormalizerWrapper> = Vec::new();
        if self.file.flag("tokenizer.ggml.add_space_prefix")?.unwrap_or(true) {
            steps.push(Prepend::new(SPACE.to_owned()).into());
        }
        steps.push(Replace::new(" ", SPACE).map_err(|error| self.unusable(&error))?.into());
        let steps = Sequence::new(steps);
        tokenizer.with_normalizer(Some(steps)).map_err(|error| self.unusable(&error))?;
        Ok(tokenizer)
    }

    /// Every way in which two tokens make a third, best score first, in the order that transformers
    /// gives them.
    fn merges(&self, vocab: &HashMap<&str, u32>, scores: &[f64]) -> Vec<(String, String)> {
        let mut merges = Vec::new();
        for ((id, token), score) in self.numbered().zip(scores) {
            if self.is(id, &[UNKNOWN, CONTROL, USER_DEFINED, BYTE]) {
                continue;
            }
            let mut ways: Vec<_> = token
                .char_indices()
                .skip(1)
                .filter_map(|(at, _)| {
                    let (left, right) = token.split_at(at);
                    Some((*vocab.get(left)?, *vocab.get(right)?, left, right))
                })
                .collect();
            ways.sort_by_key(|(left, right, ..)| (*left, *right));
            let lengths = |(_, _, left, right): &(u32, u32, &str, &str)| {
                (left.chars().count(), right.chars().count())
            };
            merges.extend(ways.iter().map(|way| (*score, lengths(way), way.2, way.3)));
        }
        merges.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| b.1.cmp(&a.1)));
        merges.into_iter().map(|(_, _, left, right)| (left.to_owned(), right.to_owned())).collect()
    }

    /// Tokens that are found in a text as they stand, before anything else.
    fn add_tokens(
        &self,
        tokenizer: &mut Tokenizer,
        sentence_piece: bool,
    ) -> Result<(), ModelError> {
        // Phi-3's take the white space after them, which the file does not say
        let phi3 = self.file.text("general.architecture")?.as_deref() == Some("phi3");
        let plain_in_phi3 = ["<unk>", "<s>", "<|endoftext|>"];
        let special = [self.id("bos_token_id")?, self.id("eos_token_id")?];
        let mut added = Vec::new();
        for (id, token) in self.numbered() {
            let control = self.is(id, &[CONTROL, UNKNOWN]) || special.contains(&Some(id));
            if control || self.is(id, &[USER_DEFINED]) {
                let strips = phi3 && sentence_piece && !plain_in_phi3.contains(&token.as_str());
                let token = AddedToken::from(token.clone(), control).normalized(false);
                added.push(token.rstrip(strips));
            }
        }
        tokenizer.add_tokens(added).map_err(|error| self.unusable(&error))?;
        Ok(())
    }

    /// Puts BOS before each text and EOS after it, where wanted.
    fn frame(&self, tokenizer: &mut Tokenizer, begins: bool, ends: bool) -> Result<(), ModelError> {
        let special = |wanted: bool, entry: &str| {
            let id = if wanted { self.id(entry)? } else { None };
            let token = id.and_then(|id| Some((id, self.tokens.get(id as usize)?)));
            if wanted && token.is_none() {
                return Err(self.unusable(&format!("it has no token for {entry}")));
            }
            let special = token.map(|(id, token)| {
                SpecialToken::new(entry.to_owned(), vec![id], vec![token.clone()])
            });
            special.transpose().map_err(|error| self.unusable(&error))
        };
        let (bos, eos) = (special(begins, "bos_token_id")?, special(ends, "eos_token_id")?);
        if bos.is_none() && eos.is_none() {
            return Ok(());
        }
        let mut single = vec!["$A"];
        if bos.is_some() {
            single.insert(0, "bos_token_id");
        }
        if eos.is_some() {
            single.push("eos_token_id");
        }
        let specials: Vec<SpecialToken> = bos.into_iter().chain(eos).collect();
        let template = TemplateProcessing::builder()
            .try_single(single)
            .map_err(|error| self.unusable(&error))?
            .special_tokens(specials)
            .build()
            .map_err(|error| self.unusable(&error))?;
        tokenizer.with_post_processor(Some(template));
        Ok(())
    }

    /// The number of a token that an entry names.
    fn id(&self, entry: &str) -> Result<Option<u32>, ModelError> {
        let id = self.file.whole(&format!("tokenizer.ggml.{entry}"))?;
        Ok(id.and_then(|id| u32::try_from(id).ok()))
    }
}
