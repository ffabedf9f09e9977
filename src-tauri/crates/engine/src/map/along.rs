//! How far rows lie along a direction.

use lens_analysis::Run;
use lens_core::{ActivationMatrix, Direction};

use super::filed::Part;
use super::rows::Source;
use crate::EngineError;

/// The rows of a map along a direction, as far above its threshold.
pub(super) struct Along<'a> {
    pub(super) direction: &'a Direction,
    /// Of those that shape the map.
    pub(super) shaping: Vec<f64>,
    /// Of those laid over it.
    pub(super) over: Vec<f64>,
}

impl<'a> Along<'a> {
    /// Reads all rows once.
    ///
    /// # Errors
    /// A direction of another width, rows that cannot be read, or on cancel.
    pub(super) fn of(
        source: &mut Source,
        direction: &'a Direction,
        run: Run<'_>,
    ) -> Result<Self, EngineError> {
        let mut of_part = |part| -> Result<Vec<f64>, EngineError> {
            match (&mut *source, part) {
                (Source::Held { shaping, .. }, Part::Shaping) => distances(shaping, direction, run),
                (Source::Held { over, .. }, Part::Over) => distances(over, direction, run),
                (Source::Filed { rows, .. }, _) => {
                    let mut along = Vec::with_capacity(rows.rows(part));
                    rows.blocks(part, Some("Scoring tokens"), run).each(|_, block| {
                        along.extend(distances(&block, direction, run)?);
                        Ok(())
                    })?;
                    Ok(along)
                }
            }
        };
        Ok(Self { direction, shaping: of_part(Part::Shaping)?, over: of_part(Part::Over)? })
    }
}

/// In f64 on the processor; from a device, where one gains time, in f32.
fn distances(
    rows: &ActivationMatrix,
    direction: &Direction,
    run: Run<'_>,
) -> Result<Vec<f64>, EngineError> {
    if rows.rows() == 0 {
        return Ok(Vec::new());
    }
    let vector = direction.vector.as_slice();
    let of_device = match vector.len() == rows.width() {
        true => run.accelerator.scores(rows.values(), vector, rows.width()),
        false => None,
    };
    let scores = match of_device {
        Some(scores) => scores.into_iter().map(f64::from).collect(),
        None => lens_analysis::project(rows, &[vector])?,
    };
    Ok(scores.into_iter().map(|score| score - direction.midpoint).collect())
}
