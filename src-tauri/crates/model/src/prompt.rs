//! One prompt that several texts go on from, each steered in its own way.

use candle_core::Tensor;
use lens_core::CancelToken;

use crate::ModelError;
use crate::generation::Generation;
use crate::intervene::{Interventions, Steering};
use crate::model::LanguageModel;

/// A prompt that was read once for each way of steering.
pub(crate) struct SharedPrompt<'a> {
    /// For each text that is to go on from it, its way and the row it was read in.
    ways: Vec<(&'a Interventions, usize)>,
    length: usize,
    read: Generation<'a>,
    /// The stream after the final norm at the prompt's last position, `[rows, width]`.
    states: Tensor,
}

impl<'a> SharedPrompt<'a> {
    /// Reads it; `ways` has one for each text.
    ///
    /// # Errors
    /// An encoder, no prompt, one that is too long, changes made for another model, or a pass that
    /// fails or is cancelled.
    pub(crate) fn read(
        model: &'a LanguageModel,
        prompt: &[u32],
        ways: impl Iterator<Item = &'a Interventions>,
        cancel: &CancelToken,
    ) -> Result<Self, ModelError> {
        let (positions, tokens) = (model.info().max_positions, prompt.len());
        if tokens > positions {
            return Err(ModelError::TooLong { tokens, positions });
        }
        let mut distinct: Vec<&Interventions> = Vec::new();
        let mut row_of = |way: &'a Interventions| {
            let known = distinct.iter().position(|other| *other == way);
            let row = known.unwrap_or(distinct.len());
            if known.is_none() {
                way.check(model)?;
                distinct.push(way);
            }
            Ok((way, row))
        };
        let ways = ways.map(&mut row_of).collect::<Result<Vec<_>, ModelError>>()?;
        let rows = distinct.iter().map(|way| (tokens, (*way).clone())).collect();
        let mut read = model.start(&vec![prompt; distinct.len()])?;
        let states = read.read_states(&mut Steering::new(rows), cancel)?;
        let states = states.ok_or(lens_core::Cancelled)?;
        Ok(Self { ways, length: tokens, read, states })
    }

    /// Some of the texts, by their indices, with the hook that steers them and the state that their
    /// first tokens are predicted from, `[texts, width]`.
    pub(crate) fn texts(
        &self,
        which: impl Iterator<Item = usize>,
    ) -> Result<(Generation<'a>, Steering, Tensor), ModelError> {
        let ways: Vec<_> = which.filter_map(|text| self.ways.get(text)).collect();
        let rows: Vec<usize> = ways.iter().map(|(_, row)| *row).collect();
        let states = rows.iter().map(|row| self.states.get(*row)).collect::<Result<Vec<_>, _>>()?;
        let steering = ways.iter().map(|(way, _)| (self.length, (*way).clone())).collect();
        Ok((self.read.share_out(&rows), Steering::new(steering), Tensor::stack(&states, 0)?))
    }
}
