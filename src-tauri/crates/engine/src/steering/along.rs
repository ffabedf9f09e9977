//! The direction that a model is steered along.

use lens_core::{Digest, Seed};
use rand::Rng;

use super::keep::Keep;
use super::measures::{TokenMeasures, token_measures};
use super::plan::{FileDirection, bad, digest_of};
use crate::EngineError;
use crate::contract::{CoefficientUnit, SteeringPlanView};
use crate::models::{LoadedModels, ModelEntry};
use crate::probe::layer_scores;
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;
use lens_core::{CancelToken, Reporter};

/// A unit direction at a layer, and what coefficients along it are measured by.
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
    fn random(&self, seed: Seed, index: u32, stream: &str) -> Self {
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

/// What a plan steers along: a direction at one layer, or one at each of several.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Course {
    /// By which tokens are scored: the steered direction, or the probe's at the layer that it chose
    /// where several layers are steered.
    pub(super) scored: Along,
    /// By ascending layer.
    pub(super) steered: Vec<Along>,
}

impl Course {
    /// One direction.
    pub(super) fn of(along: Along) -> Self {
        Self { steered: vec![along.clone()], scored: along }
    }

    pub(super) fn is_of_several(&self) -> bool {
        self.steered.len() > 1
    }

    /// Random directions in place of those that are steered, draw `index`: for each of several layers
    /// one of its own.
    pub(super) fn random(&self, seed: Seed, index: u32) -> Self {
        let several = self.is_of_several();
        let random = |along: &Along| {
            let one = format!("steering/random direction/{index}");
            let layer = along.layer;
            let stream = if several { format!("{one}/layer {layer}") } else { one };
            along.random(seed, index, &stream)
        };
        Self { steered: self.steered.iter().map(random).collect(), ..self.clone() }
    }

    /// What is steered, and where, for readers.
    pub(super) fn told(&self) -> String {
        match self.steered.as_slice() {
            [only] => format!("{}, layer {}", only.told, only.layer),
            all => {
                let told = all.first().map(|along| along.told.as_str()).unwrap_or_default();
                let layers = layer_list(all.iter().map(|along| along.layer));
                let scored = self.scored.layer;
                format!("{told} at each of the layers {layers} (tokens scored at layer {scored})")
            }
        }
    }
}

/// "2-5, 8": three neighbours or more as a range.
pub(crate) fn layer_list(layers: impl IntoIterator<Item = usize>) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for layer in layers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == layer => *last = layer,
            _ => ranges.push((layer, layer)),
        }
    }
    let written = ranges.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}-{last}"),
    });
    written.collect::<Vec<_>>().join(", ")
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
fn along(
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

/// What a plan steers along in one model; `chosen` is asked for the probe's layer where it is needed.
///
/// # Errors
/// A model that writes nothing, pairs that allow no probe at a layer, or a file's direction that does
/// not fit.
pub(super) fn course(
    snapshot: &Snapshot,
    store: &ActivationStore,
    plan: &SteeringPlanView,
    file: Option<&FileDirection>,
    chosen: impl FnOnce() -> Result<u32, EngineError>,
) -> Result<Course, EngineError> {
    check_writes(&snapshot.model)?;
    if plan.layers.is_empty() {
        return Ok(Course::of(along(snapshot, store, plan, file, chosen)?));
    }
    let file = file.filter(|_| plan.direction.is_some());
    let direction_at = |layer: u32| -> Result<Along, EngineError> {
        let one = SteeringPlanView { layer: Some(layer), ..plan.clone() };
        let of_file = match file {
            None => None,
            Some(file) => Some(file.at(layer as usize).ok_or_else(|| {
                bad(
                    format!("The direction was not read at layer {layer}."),
                    "Choose its file once more.",
                )
            })?),
        };
        along(snapshot, store, &one, of_file.as_ref(), || Ok(layer))
    };
    let steered = plan.layers.iter().map(|&layer| direction_at(layer));
    let steered = steered.collect::<Result<Vec<Along>, EngineError>>()?;
    if let [only] = steered.as_slice() {
        return Ok(Course::of(only.clone()));
    }
    Ok(Course { steered, scored: Along::of_probe(snapshot, store, chosen()? as usize)? })
}

/// What coefficients and colours of a course count in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    /// Mean norm of the residual stream at each steered layer.
    pub(super) residual_norms: Vec<f64>,
    /// At the layer where tokens are scored.
    pub(super) scored: TokenMeasures,
}

impl Measured {
    /// Those that are kept; none unless all are.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn known(
        keep: &dyn Keep,
        snapshot: &Snapshot,
        course: &Course,
    ) -> Result<Option<Self>, EngineError> {
        Self::of(course, |along| keep.find_measures(&super::measures::key(snapshot, along)))
    }

    /// Those that are kept, and the others measured.
    ///
    /// # Errors
    /// When the model fails, or on cancel.
    pub(super) fn all(
        keep: &dyn Keep,
        snapshot: &Snapshot,
        course: &Course,
        loaded: &mut LoadedModels,
        reporter: &dyn Reporter,
        cancel: &CancelToken,
    ) -> Result<Self, EngineError> {
        let measured = Self::of(course, |along| {
            kept_measures(keep, snapshot, along, loaded, reporter, cancel).map(Some)
        })?;
        measured.ok_or(EngineError::NotComputed("The norm of the residual stream"))
    }

    fn of(
        course: &Course,
        mut measures: impl FnMut(&Along) -> Result<Option<TokenMeasures>, EngineError>,
    ) -> Result<Option<Self>, EngineError> {
        let mut residual_norms = Vec::new();
        for along in &course.steered {
            let Some(found) = measures(along)? else { return Ok(None) };
            residual_norms.push(found.residual_norm);
        }
        let scored = measures(&course.scored)?;
        Ok(scored.map(|scored| Self { residual_norms, scored }))
    }
}

/// [`token_measures`], kept.
///
/// # Errors
/// When the model fails, or on cancel.
pub(super) fn kept_measures(
    keep: &dyn Keep,
    snapshot: &Snapshot,
    along: &Along,
    loaded: &mut LoadedModels,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<TokenMeasures, EngineError> {
    let key = super::measures::key(snapshot, along);
    if let Some(kept) = keep.find_measures(&key)? {
        return Ok(kept);
    }
    let found = token_measures(snapshot, along, loaded, reporter, cancel)?;
    keep.keep_measures(&key, &found)?;
    Ok(found)
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

    fn dot(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn random_directions_are_units_of_their_own() {
        let at = |layer| Along { layer, vector: vec![0.0; 64], midpoint: 0.0, told: String::new() };
        let course = Course::of(at(1));
        let [a, b] = [0, 1].map(|index| course.random(Seed(0), index).steered.remove(0).vector);
        assert!((dot(&a, &a) - 1.0).abs() < 1e-5);
        assert!(dot(&a, &b).abs() < 0.5);
        assert_eq!(a, course.random(Seed(0), 0).steered[0].vector);

        // of several layers each has its own, and what tokens are scored by stays
        let several = Course { scored: at(2), steered: vec![at(1), at(2), at(3)] };
        let drawn = several.random(Seed(0), 0);
        assert_eq!(drawn.scored, several.scored);
        assert_eq!(drawn.steered.iter().map(|along| along.layer).collect::<Vec<_>>(), [1, 2, 3]);
        for (one, other) in [(0, 1), (0, 2), (1, 2)] {
            let [one, other] = [one, other].map(|at: usize| &drawn.steered[at].vector);
            assert!(dot(one, other).abs() < 0.5);
        }
    }

    #[test]
    fn layers_are_listed_in_ranges() {
        assert_eq!(layer_list([4]), "4");
        assert_eq!(layer_list([2, 3, 4, 5, 8]), "2-5, 8");
        assert_eq!(layer_list([0, 1, 3, 4]), "0, 1, 3, 4");
        assert_eq!(layer_list([]), "");
    }
}
