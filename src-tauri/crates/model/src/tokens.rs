//! Text to tokens, by the model's own tokenizer.

use std::collections::HashSet;

use tokenizers::{Encoding, Tokenizer, TruncationDirection};

use crate::ModelError;
use crate::chat::RenderedChat;
use crate::folder::ModelFolder;
use crate::gguf;

/// The tokens of one text, special tokens included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenisedText {
    /// Token ids in order.
    pub ids: Vec<u32>,
    /// For each token, whether it is special (BOS, EOS ..., the words of a chat template) rather
    /// than content.
    pub special: Vec<bool>,
    /// Whether the text was longer than the limit and lost its end.
    pub truncated: bool,
}

impl TokenisedText {
    /// Positions of the content tokens, ascending.
    pub fn content(&self) -> impl DoubleEndedIterator<Item = usize> {
        self.special.iter().enumerate().filter(|(_, special)| !**special).map(|(i, _)| i)
    }
}

/// Tokens, and for each the byte of the text at which it ends; 0 for those that are not in it.
pub(crate) type LocatedTokens = (TokenisedText, Vec<usize>);

/// A model's tokenizer. Truncation and padding stored in the file are set aside: cutting is done
/// here and counted, padding belongs to the batch.
#[derive(Debug)]
pub(crate) struct TextTokenizer {
    tokenizer: Tokenizer,
    special: HashSet<u32>,
    vocab: usize,
}

impl TextTokenizer {
    /// Reads tokenizer.json, or what a GGUF file has instead. `vocab` is the number of embeddings the model has.
    pub(crate) fn open(folder: &ModelFolder, vocab: usize) -> Result<Self, ModelError> {
        let path = folder.tokenizer_file()?;
        let unusable = |message: String| ModelError::Tokenizer { path: path.clone(), message };
        let mut tokenizer = match folder.gguf() {
            Some(file) => gguf::tokenizer(file)?,
            None => Tokenizer::from_file(&path).map_err(|e| unusable(e.to_string()))?,
        };
        tokenizer.with_truncation(None).map_err(|e| unusable(e.to_string()))?;
        tokenizer.with_padding(None);
        let special = tokenizer
            .get_added_tokens_decoder()
            .into_iter()
            .filter(|(_, token)| token.special)
            .map(|(id, _)| id)
            .collect();
        Ok(Self { tokenizer, special, vocab })
    }

    /// Tokens of `text`, at most `limit` of them with the special ones. A longer text is cut at
    /// its end as transformers does: special tokens the template puts there stay.
    ///
    /// A token is special when the template added it, or when the tokenizer lists it as special
    /// and it stands in the text.
    pub(crate) fn tokenise(&self, text: &str, limit: usize) -> Result<TokenisedText, ModelError> {
        let encode = |special| self.tokenizer.encode_fast(text, special);
        let (encoding, truncated) = self.cut(&encode, limit)?;
        self.plain(&encoding, truncated)
    }

    /// The same, with the byte at which each token ends.
    pub(crate) fn tokenise_located(
        &self,
        text: &str,
        limit: usize,
    ) -> Result<LocatedTokens, ModelError> {
        let encode = |special| self.tokenizer.encode(text, special);
        let (encoding, truncated) = self.cut(&encode, limit)?;
        Ok((self.plain(&encoding, truncated)?, ends(&encoding)))
    }

    /// What `encode` gives with special tokens, at most `limit` tokens, and whether that was cut.
    fn cut(
        &self,
        encode: &dyn Fn(bool) -> tokenizers::Result<Encoding>,
        limit: usize,
    ) -> Result<(Encoding, bool), ModelError> {
        let failed = |e: tokenizers::Error| ModelError::Tokenise(e.to_string());
        let encoding = encode(true).map_err(failed)?;
        if encoding.len() <= limit {
            return Ok((encoding, false));
        }
        let mut bare = encode(false).map_err(failed)?;
        let added = encoding.len().saturating_sub(bare.len());
        if limit <= added {
            return Err(ModelError::LimitTooSmall { limit, special: added });
        }
        bare.truncate(limit - added, 0, TruncationDirection::Right);
        bare.take_overflowing();
        let encoding = self.tokenizer.post_process(bare, None, true).map_err(failed)?;
        Ok((encoding, true))
    }

    fn plain(&self, encoding: &Encoding, truncated: bool) -> Result<TokenisedText, ModelError> {
        let ids = self.checked_ids(encoding)?;
        let special = encoding
            .get_special_tokens_mask()
            .iter()
            .zip(&ids)
            .map(|(mask, id)| *mask == 1 || self.special.contains(id))
            .collect();
        Ok(TokenisedText { ids, special, truncated })
    }

    /// Tokens of a conversation that a chat template has written out, at most `limit` of them.
    ///
    /// The template has put the special tokens in, so none are added. Content is what the messages
    /// say; the template's own words count as special. With the byte at which each token ends.
    pub(crate) fn tokenise_chat(
        &self,
        chat: &RenderedChat,
        limit: usize,
    ) -> Result<LocatedTokens, ModelError> {
        if limit == 0 {
            return Err(ModelError::LimitTooSmall { limit, special: 0 });
        }
        let failed = |e: tokenizers::Error| ModelError::Tokenise(e.to_string());
        let mut encoding = self.tokenizer.encode(chat.text.as_str(), false).map_err(failed)?;
        let truncated = encoding.len() > limit;
        encoding.truncate(limit, 0, TruncationDirection::Right);
        let ids = self.checked_ids(&encoding)?;
        let said = |&(start, end): &(usize, usize)| {
            // a token of white space alone may have no width
            let end = end.max(start + 1);
            chat.contents.iter().flatten().any(|c| start < c.end && c.start < end)
        };
        let special = encoding
            .get_offsets()
            .iter()
            .zip(&ids)
            .map(|(offsets, id)| self.special.contains(id) || !said(offsets))
            .collect();
        Ok((TokenisedText { ids, special, truncated }, ends(&encoding)))
    }

    /// The text of some tokens without the special ones, as transformers' `decode` has it.
    pub(crate) fn decode(&self, ids: &[u32]) -> Result<String, ModelError> {
        self.tokenizer.decode(ids, true).map_err(|e| ModelError::Decode(e.to_string()))
    }

    /// The number of a token.
    pub(crate) fn id(&self, token: &str) -> Option<u32> {
        self.tokenizer.token_to_id(token)
    }

    /// What a token writes within a text: " man". Half a character is a replacement mark.
    pub(crate) fn piece(&self, id: u32) -> Result<String, ModelError> {
        let failed = |e: tokenizers::Error| ModelError::Decode(e.to_string());
        let once = self.tokenizer.decode(&[id], false).map_err(failed)?;
        // A decoder drops the space before the first token, and only there.
        let twice = self.tokenizer.decode(&[id, id], false).map_err(failed)?;
        Ok(twice.strip_prefix(&once).unwrap_or(&once).to_owned())
    }

    fn checked_ids(&self, encoding: &Encoding) -> Result<Vec<u32>, ModelError> {
        let ids = encoding.get_ids().to_vec();
        match ids.iter().find(|&&id| id as usize >= self.vocab) {
            Some(&token) => Err(ModelError::TokenOutsideVocabulary { token, vocab: self.vocab }),
            None => Ok(ids),
        }
    }
}

fn ends(encoding: &Encoding) -> Vec<usize> {
    encoding.get_offsets().iter().map(|(_, end)| *end).collect()
}
