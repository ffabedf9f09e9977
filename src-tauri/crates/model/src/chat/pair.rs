//! A contrastive pair as a conversation.

use lens_core::{ContrastPair, Side};

use super::ChatMessage;

impl ChatMessage {
    /// How one side of a pair is read through a template: the prompt is the user's turn, the text
    /// the assistant's, and no generation prompt follows.
    ///
    /// Without a prompt the user's turn is empty. The text then still stands where the model's own
    /// words stand, pairs with and without a prompt can be read together, and templates that want
    /// turns to alternate take it.
    #[must_use]
    pub fn of_pair(pair: &ContrastPair, side: Side) -> [Self; 2] {
        let prompt = pair.prompt.as_deref().unwrap_or_default();
        [Self::new("user", prompt), Self::new("assistant", pair.text(side))]
    }
}
