//! A direction that a model is steered along.

use lens_core::{Digest, Seed};
use rand::Rng;

use super::plan::{FileDirection, bad, digest_of};
use crate::EngineError;
use crate::contract::{CoefficientUnit, SteeringPlanView};
use crate::models::ModelEntry;
use crate::probe::layer_scores;
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;

/// A unit direction at a layer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Along {
    /// Layer of the residual stream.
    pub(super) layer: usize,
    /// Unit vector.
    pub(super) vector: Vec<f32>,
    /// Threshold of scores along it.
    pub(super) midpoint: f64,
    /// How it was found, for readers.
    pub(super) told: String,
}

impl Along {
    /// The probe's direction at `layer`.
    ///
    /// # Errors
    /// When the pairs allow no probe there.
    pub(super) fn of_probe(
        snapshot: &Snapshot,
        store: &ActivationStore,
        layer: usize,
    ) -> Result<Self, EngineError> {
        let direction = layer_scores(snapshot, store, layer)?.direction;
        Ok(Self {
            layer,
            told: format!("{} direction of the probe", direction.method.name()),
            midpoint: direction.midpoint,
            vector: direction.vector,
        })
    }

    /// A direction from a file, for a model of `layers` blocks and a stream of `width`.
    ///
    /// # Errors
    /// One that does not fit, is not of numbers, or points nowhere.
    pub(super) fn of_file(
        direction: &FileDirection,
        model: &str,
        layers: usize,
        width: usize,
    ) -> Result<Self, EngineError> {
        let (found, layer) = (direction.vector.len(), direction.layer);
        if found != width {
            return Err(bad(
                format!("The direction has {found} components; {model} has a stream of {width}."),
                "Choose a direction that was made for this model.",
            ));
        }
        if layer > layers {
            return Err(EngineError::UnknownLayer { model: model.into(), layer, last: layers });
        }
        let norm = direction.vector.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        if !norm.is_finite() {
            return Err(bad(
                "The direction holds a component that is no number.".into(),
                "Write the file anew.",
            ));
        }
        if norm == 0.0 {
            return Err(bad(
                "All components of the direction are 0: it points nowhere.".into(),
                "Choose another direction.",
            ));
        }
        #[expect(clippy::cast_possible_truncation, reason = "components of a unit vector")]
        let vector = direction.vector.iter().map(|v| (f64::from(*v) / norm) as f32).collect();
        let name = std::path::Path::new(&direction.file.path).file_name().unwrap_or_default();
        Ok(Self {
            layer,
            vector,
            midpoint: direction.midpoint.unwrap_or(0.0),
            told: format!("direction of {}", name.to_string_lossy()),
        })
    }

    /// Direction `index` of those drawn evenly from all directions, at the same layer; `stream` names
    /// where it is drawn from.
    pub(super) fn random(&self, seed: Seed, index: u32, stream: &str) -> Self {
        let mut random = seed.stream(stream);
        let mut normal = || {
            // Box and Muller
            let (a, b): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
            (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
        };
        let values: Vec<f64> = self.vector.iter().map(|_| normal()).collect();
        let norm = values.iter().map(|v| v * v).sum::<f64>().sqrt();
        #[expect(clippy::cast_possible_truncation, reason = "components of a unit vector")]
        let vector = values.iter().map(|v| (v / norm) as f32).collect();
        Self { vector, told: format!("random direction {}", index + 1), ..self.clone() }
    }

    /// Digest of the vector.
    pub(super) fn digest(&self) -> Digest {
        digest_of(&self.vector)
    }

    /// The vector at a coefficient's length.
    pub(super) fn shift(&self, length: f64) -> Vec<f32> {
        #[expect(clippy::cast_possible_truncation, reason = "the stream is f32")]
        self.vector.iter().map(|v| (f64::from(*v) * length) as f32).collect()
    }
}

/// How far a coefficient goes along a unit vector.
pub(super) fn length(coefficient: f64, unit: CoefficientUnit, residual_norm: f64) -> f64 {
    match unit {
        CoefficientUnit::Relative => coefficient * residual_norm,
        CoefficientUnit::Absolute => coefficient,
    }
}

/// Whether a model can be steered at all: one that writes nothing cannot. To be asked before anything
/// is read with it.
///
/// # Errors
/// An encoder, or a model whose files cannot be used.
pub fn check_writes(model: &ModelEntry) -> Result<(), EngineError> {
    let info = model.usable()?;
    if info.has_logits {
        return Ok(());
    }
    Err(bad(
        format!(
            "{} is an encoder: it reads texts but writes none, so it cannot be steered.",
            info.name
        ),
        "Choose a model that writes.",
    ))
}

/// The direction of a plan for one model; `chosen` is asked for the probe's layer where the plan
/// names none.
///
/// # Errors
/// Pairs that allow no probe at the layer, or a file's direction that does not fit.
pub(super) fn along(
    snapshot: &Snapshot,
    store: &ActivationStore,
    plan: &SteeringPlanView,
    file: Option<&FileDirection>,
    chosen: impl FnOnce() -> Result<u32, EngineError>,
) -> Result<Along, EngineError> {
    let info = snapshot.model.usable()?;
    if let (Some(_), Some(file)) = (&plan.direction, file) {
        return Along::of_file(file, &info.name, info.layers, info.width);
    }
    let layer = match plan.layer {
        Some(layer) => layer,
        None => chosen()?,
    } as usize;
    if layer > info.layers {
        let (model, last) = (info.name.clone(), info.layers);
        return Err(EngineError::UnknownLayer { model, layer, last });
    }
    Along::of_probe(snapshot, store, layer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::DirectionFileView;

    fn file(vector: Vec<f32>, layer: usize) -> FileDirection {
        let file =
            DirectionFileView { path: "/a/care.npy".into(), convention: None, layer: Some(1) };
        let because = String::new();
        FileDirection { file, layer, vector, midpoint: None, because, several: Vec::new() }
    }

    #[test]
    fn a_direction_that_does_not_fit_is_refused_with_a_sentence() {
        let said = |vector, layer| {
            Along::of_file(&file(vector, layer), "toy", 6, 2).unwrap_err().to_string()
        };
        assert!(said(vec![1.0; 3], 1).contains("3 components"));
        assert!(said(vec![1.0; 2], 7).contains("layers 0 to 6"));
        assert!(said(vec![f32::NAN, 1.0], 1).contains("no number"));
        assert!(said(vec![f32::INFINITY, 1.0], 1).contains("no number"));
        assert!(said(vec![0.0; 2], 1).contains("nowhere"));
        let fits = Along::of_file(&file(vec![3.0, 4.0], 6), "toy", 6, 2).unwrap();
        assert_eq!((fits.vector, fits.layer), (vec![0.6, 0.8], 6));
    }
}
