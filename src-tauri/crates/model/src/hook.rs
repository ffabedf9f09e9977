//! Reading and changing the residual stream during a forward pass.

use std::ops::Range;

use candle_core::Tensor;
use lens_core::HookPoint;

use crate::ModelError;

/// What a hook wants done with the residual stream it was shown.
#[derive(Debug)]
pub enum HookOutcome {
    /// Go on with it as it is.
    Keep,
    /// Go on with this instead; same shape.
    Replace(Tensor),
    /// End the forward pass here: what comes after is not computed.
    Stop,
}

/// Listens at named points of a forward pass.
pub trait Hook {
    /// Whether this point is listened to. A point nobody listens to costs nothing.
    fn wants(&self, point: HookPoint) -> bool;

    /// Is told, when a pass begins, which positions of its text each row of the batch holds: from
    /// 0 on in a pass over whole texts, the new ones only in a [`Generation`](crate::Generation).
    fn begins(&mut self, _rows: &[Range<usize>]) {}

    /// Is shown the residual stream at a point it wants, shape `[batch, position, width]`, f32: the
    /// positions that [`Self::begins`] told, from the first column on. Columns past the end of a
    /// row are padding and hold numbers that mean nothing.
    ///
    /// # Errors
    /// Whatever the hook cannot do ends the forward pass.
    fn at(&mut self, point: HookPoint, residual: &Tensor) -> Result<HookOutcome, ModelError>;
}

/// Listens nowhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHook;

impl Hook for NoHook {
    fn wants(&self, _point: HookPoint) -> bool {
        false
    }

    fn at(&mut self, _point: HookPoint, _residual: &Tensor) -> Result<HookOutcome, ModelError> {
        Ok(HookOutcome::Keep)
    }
}

/// Two hooks in one pass: the second is shown what the first has made of the stream.
pub(crate) struct InTurn<'a> {
    pub(crate) first: &'a mut dyn Hook,
    pub(crate) second: &'a mut dyn Hook,
}

impl Hook for InTurn<'_> {
    fn wants(&self, point: HookPoint) -> bool {
        self.first.wants(point) || self.second.wants(point)
    }

    fn begins(&mut self, rows: &[Range<usize>]) {
        self.first.begins(rows);
        self.second.begins(rows);
    }

    fn at(&mut self, point: HookPoint, residual: &Tensor) -> Result<HookOutcome, ModelError> {
        let changed = if self.first.wants(point) {
            match self.first.at(point, residual)? {
                HookOutcome::Stop => return Ok(HookOutcome::Stop),
                HookOutcome::Keep => None,
                HookOutcome::Replace(changed) => Some(changed),
            }
        } else {
            None
        };
        let seen = changed.as_ref().unwrap_or(residual);
        let outcome =
            if self.second.wants(point) { self.second.at(point, seen)? } else { HookOutcome::Keep };
        Ok(match (outcome, changed) {
            (HookOutcome::Keep, Some(changed)) => HookOutcome::Replace(changed),
            (outcome, _) => outcome,
        })
    }
}
