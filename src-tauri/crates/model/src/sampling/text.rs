//! A text that grows by tokens, told in whole characters.

use crate::ModelError;
use crate::tokens::TextTokenizer;

/// What stands for bytes that are no character yet.
const BROKEN: char = '\u{FFFD}';

/// The text that some tokens make.
#[derive(Debug, Default)]
pub(super) struct GrowingText {
    text: String,
    /// Bytes that have been told.
    told: usize,
}

impl GrowingText {
    /// Takes the tokens so far. Says whether the text has come to a stop text, where it then ends.
    ///
    /// All are decoded anew, since a token says different things in different company; that takes
    /// microseconds where drawing one takes milliseconds.
    pub(super) fn update(
        &mut self,
        tokenizer: &TextTokenizer,
        ids: &[u32],
        stop: &[String],
    ) -> Result<bool, ModelError> {
        self.text = tokenizer.decode(ids)?;
        let end = stop.iter().filter_map(|stop| self.text.find(stop.as_str())).min();
        if let Some(end) = end {
            self.text.truncate(end);
        }
        Ok(end.is_some())
    }

    /// What can be told now and has not been; once the text has ended, all of it.
    pub(super) fn tell(&mut self, ended: bool, stop: &[String]) -> &str {
        let end = if ended { self.text.len() } else { self.settled(stop) };
        let start = self.told;
        self.told = end.max(start);
        self.text.get(start..end).unwrap_or_default()
    }

    /// Length of what stays as it is, whatever follows.
    fn settled(&self, stop: &[String]) -> usize {
        let whole = self.text.trim_end_matches(BROKEN);
        let begun = |stop: &String| {
            let starts = stop.char_indices().map(|(at, _)| at).skip(1);
            starts.filter(|at| stop.get(..*at).is_some_and(|start| whole.ends_with(start))).max()
        };
        whole.len() - stop.iter().filter_map(begun).max().unwrap_or(0)
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}
