//! What a plan steers along: directions, each at its layer.

use lens_core::Seed;

use super::along::{Along, along, check_writes};
use super::plan::{FileDirection, bad};
use crate::EngineError;
use crate::contract::SteeringPlanView;
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;

/// A direction at one layer, or one at each of several.
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

#[cfg(test)]
mod tests {
    use super::*;

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
