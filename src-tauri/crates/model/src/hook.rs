//! Reading and changing the residual stream during a forward pass.

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

    /// Is shown the residual stream at a point it wants, shape `[batch, position, width]`, f32.
    /// Positions past the end of a text are padding and hold numbers that mean nothing.
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
