//! Changing the residual stream on its way: what steering is made of.

use std::ops::Range;
use std::sync::Arc;

use candle_core::Tensor;
use lens_core::HookPoint;

use crate::ModelError;
use crate::hook::{Hook, HookOutcome};
use crate::model::LanguageModel;

/// What is done to the residual stream at a position (METHODS, section 6).
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// h' = h + shift. The shift holds the coefficient already; of zeros alone it changes nothing.
    Add {
        /// As wide as the residual stream.
        shift: Vec<f32>,
    },
    /// h' = h - (h.d) d, with d the direction at length 1.
    ProjectOut {
        /// Of any length but 0.
        direction: Vec<f32>,
    },
    /// h' = h + (value - h.d) d, so that h'.d is the value, with d the direction at length 1.
    Clamp {
        /// Of any length but 0.
        direction: Vec<f32>,
        /// What h.d is set to.
        value: f32,
    },
}

/// At which positions of a text, of which a beginning is the prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Positions {
    /// Every position of the prompt, the last included.
    Prompt,
    /// Every position that a generated token is drawn after: the prompt's last and all that follow.
    Generated,
    /// Every position.
    Both,
}

impl Positions {
    /// Which they are after a prompt of so many tokens.
    #[must_use]
    pub const fn after(self, prompt: usize) -> Range<usize> {
        match self {
            Self::Prompt => 0..prompt,
            Self::Generated => prompt.saturating_sub(1)..usize::MAX,
            Self::Both => 0..usize::MAX,
        }
    }
}

/// A change of the residual stream at one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Intervention {
    /// Layer of the residual stream: 0 is the embedding output, l the stream after the l-th block.
    pub layer: usize,
    /// What is done there.
    pub change: Change,
    /// At which positions.
    pub positions: Positions,
}

/// Changes that fit a model, to be made together; those at the same layer in the order given. None
/// at all is the default. A clone shares what it holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Interventions(Arc<[Ready]>);

#[derive(Debug, PartialEq)]
struct Ready {
    layer: usize,
    positions: Positions,
    change: ReadyChange,
}

#[derive(Debug, PartialEq)]
enum ReadyChange {
    Add(Vec<f32>),
    /// h' = h + (value - h.d) d; the value 0 projects out.
    Set {
        unit: Vec<f64>,
        value: f64,
    },
}

impl Interventions {
    /// Checks that they fit the model.
    ///
    /// # Errors
    /// A layer that the model does not have, a direction of another width than its residual stream,
    /// with NaN or infinite numbers, or of length 0 where that is no direction.
    pub fn new(model: &LanguageModel, list: Vec<Intervention>) -> Result<Self, ModelError> {
        let mut ready = Vec::new();
        for Intervention { layer, change, positions } in list {
            let (Change::Add { shift: numbers }
            | Change::ProjectOut { direction: numbers }
            | Change::Clamp { direction: numbers, .. }) = &change;
            check_direction(model, layer, numbers)?;
            let change = match change {
                // at coefficient 0 a text has the very bits that it has without
                Change::Add { shift } if shift.iter().all(|number| *number == 0.0) => continue,
                Change::Add { shift } => ReadyChange::Add(shift),
                Change::ProjectOut { direction } => set(layer, &direction, 0.0)?,
                Change::Clamp { direction, value } => set(layer, &direction, value)?,
            };
            ready.push(Ready { layer, positions, change });
        }
        Ok(Self(ready.into()))
    }

    /// Whether nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A hook that makes these changes in every row of a batch, whose texts begin with prompts of so
    /// many tokens. A text that is only read is a prompt as a whole.
    #[must_use]
    pub fn hook(&self, prompts: &[usize]) -> Steering {
        Steering::new(prompts.iter().map(|prompt| (*prompt, self.clone())).collect())
    }

    /// Whether they were made for a model like this one.
    pub(crate) fn check(&self, model: &LanguageModel) -> Result<(), ModelError> {
        self.0.iter().try_for_each(|ready| {
            let width = match &ready.change {
                ReadyChange::Add(shift) => shift.len(),
                ReadyChange::Set { unit, .. } => unit.len(),
            };
            check_place(model, ready.layer, width)
        })
    }
}

fn set(layer: usize, direction: &[f32], value: f32) -> Result<ReadyChange, ModelError> {
    let norm = direction.iter().map(|d| f64::from(*d).powi(2)).sum::<f64>().sqrt();
    if norm == 0.0 {
        return Err(ModelError::ZeroDirection { layer });
    }
    if !value.is_finite() {
        return Err(ModelError::ClampValue { layer });
    }
    let unit = direction.iter().map(|d| f64::from(*d) / norm).collect();
    Ok(ReadyChange::Set { unit, value: f64::from(value) })
}

fn check_place(model: &LanguageModel, layer: usize, width: usize) -> Result<(), ModelError> {
    if layer > model.layers() {
        return Err(ModelError::NoSuchLayer { layer, layers: model.layers() });
    }
    if width != model.width() {
        return Err(ModelError::DirectionWidth { width, model: model.width() });
    }
    Ok(())
}

/// That a direction has the model's width and numbers one can calculate with.
pub(crate) fn check_direction(
    model: &LanguageModel,
    layer: usize,
    numbers: &[f32],
) -> Result<(), ModelError> {
    check_place(model, layer, numbers.len())?;
    if numbers.iter().all(|number| number.is_finite()) {
        Ok(())
    } else {
        Err(ModelError::NonFiniteDirection { layer })
    }
}

/// h.d, summed upwards in f64: the same bits wherever the position is.
pub(crate) fn along(position: &[f32], unit: &[f64]) -> f64 {
    position.iter().zip(unit).map(|(h, d)| f64::from(*h) * d).sum()
}

impl ReadyChange {
    fn apply(&self, position: &mut [f32]) {
        match self {
            Self::Add(shift) => {
                for (h, s) in position.iter_mut().zip(shift) {
                    *h += s;
                }
            }
            Self::Set { unit, value } => {
                let missing = value - along(position, unit);
                for (h, d) in position.iter_mut().zip(unit) {
                    *h = (f64::from(*h) + missing * d) as f32;
                }
            }
        }
    }
}

/// The hook that makes changes, for each row of a batch its own.
#[derive(Debug, Clone)]
pub struct Steering {
    /// For each row the length of its prompt and its changes.
    rows: Vec<(usize, Interventions)>,
    /// The positions that each row holds in this pass.
    places: Vec<Range<usize>>,
}

impl Steering {
    /// For each row of the batch the number of tokens of its prompt, and the changes.
    #[must_use]
    pub const fn new(rows: Vec<(usize, Interventions)>) -> Self {
        Self { rows, places: Vec::new() }
    }

    /// From the next pass on, other changes in one of the rows. What has been computed stays.
    pub(crate) fn steer(&mut self, row: usize, interventions: Interventions) {
        if let Some((_, old)) = self.rows.get_mut(row) {
            *old = interventions;
        }
    }

    /// Goes on with the rows for whose index `keep` is true.
    pub(crate) fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        let mut index = 0..;
        self.rows.retain(|_| index.next().is_some_and(&keep));
    }

    /// The changes at a point, with the row and the columns they are made in.
    fn changes(
        &self,
        point: HookPoint,
    ) -> impl Iterator<Item = (usize, Range<usize>, &ReadyChange)> {
        let rows = self.rows.iter().zip(&self.places).enumerate();
        rows.flat_map(move |(row, ((prompt, interventions), place))| {
            let here =
                interventions.0.iter().filter(move |r| HookPoint::of_layer(r.layer) == point);
            here.map(move |ready| {
                let wanted = ready.positions.after(*prompt);
                let first = wanted.start.clamp(place.start, place.end) - place.start;
                let end = wanted.end.clamp(place.start, place.end) - place.start;
                (row, first..end, &ready.change)
            })
        })
    }
}

impl Hook for Steering {
    fn wants(&self, point: HookPoint) -> bool {
        self.rows.iter().any(|(_, interventions)| {
            interventions.0.iter().any(|ready| HookPoint::of_layer(ready.layer) == point)
        })
    }

    fn begins(&mut self, rows: &[Range<usize>]) {
        self.places = rows.to_vec();
    }

    /// # Errors
    /// A batch of another number of rows, or a model of another width.
    fn at(&mut self, point: HookPoint, residual: &Tensor) -> Result<HookOutcome, ModelError> {
        let (batch, columns, width) = residual.dims3()?;
        if self.rows.len() != batch || self.places.len() != batch {
            return Err(ModelError::InterventionRows { rows: self.rows.len(), batch });
        }
        if self.changes(point).all(|(_, columns, _)| columns.is_empty()) {
            return Ok(HookOutcome::Keep);
        }
        let mut values = residual.flatten_all()?.to_vec1::<f32>()?;
        for (row, wanted, change) in self.changes(point) {
            let start = (row * columns + wanted.start) * width;
            let positions = values.get_mut(start..start + wanted.len() * width);
            for position in positions.into_iter().flat_map(|p| p.chunks_exact_mut(width)) {
                change.apply(position);
            }
        }
        let changed = Tensor::from_vec(values, residual.shape(), residual.device())?;
        Ok(HookOutcome::Replace(changed))
    }
}
