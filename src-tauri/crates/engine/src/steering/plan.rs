//! What a person wants steered, checked.

use lens_core::Digest;
use lens_steering::FEWEST_RANDOM_DIRECTIONS;
use serde::{Deserialize, Serialize};

use super::scenarios::scenario_of;
use crate::EngineError;
use crate::contract::{
    CoefficientUnit, DirectionFileView, ModelOrigin, PromptStyle, ScenarioSetView,
    SteeredPositions, SteeringMode, SteeringPlanView,
};
use crate::models::ModelEntry;
use lens_steering::Scenario;

/// Most samples, coefficients and tokens: far beyond any use, short of what would never end.
const MOST_SAMPLES: u32 = 1_000;
const MOST_COEFFICIENTS: usize = 101;
const MOST_RANDOM: u32 = 100;
const MOST_TOKENS: u32 = 8_192;

/// What a study knows of steering.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct SteeringState {
    /// The plan; the default one where there is none.
    pub plan: Option<SteeringPlanView>,
    /// Scenario sets that were dropped.
    #[serde(default)]
    pub sets: Vec<ScenarioSetView>,
    /// The direction of the plan's file.
    #[serde(default)]
    pub direction: Option<FileDirection>,
}

/// A direction that was read from a file. It stays in the study when the file goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileDirection {
    /// The file it came from, and how its layers were counted.
    pub file: DirectionFileView,
    /// Layer of the residual stream.
    pub layer: usize,
    /// Components, of any length but 0.
    pub vector: Vec<f32>,
    /// Threshold of its scores, where the file has one.
    pub midpoint: Option<f64>,
    /// Why its layer is this one, in a sentence.
    pub because: String,
    /// The file's directions at the layers of a plan that steers several.
    #[serde(default)]
    pub several: Vec<LayerDirection>,
}

/// A direction of a file at one of its layers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerDirection {
    /// Layer of the residual stream.
    pub layer: usize,
    /// Components, of any length but 0.
    pub vector: Vec<f32>,
}

impl FileDirection {
    /// Whether it has a direction for every layer of a plan of several.
    pub(super) fn has_all(&self, layers: &[u32]) -> bool {
        layers.iter().all(|layer| self.several.iter().any(|d| d.layer == *layer as usize))
    }

    /// The one for a layer of such a plan.
    pub(super) fn at(&self, layer: usize) -> Option<Self> {
        let found = self.several.iter().find(|direction| direction.layer == layer)?;
        Some(Self { layer, vector: found.vector.clone(), several: Vec::new(), ..self.clone() })
    }
}

/// Digest of a vector's bytes.
pub(super) fn digest_of(vector: &[f32]) -> Digest {
    Digest::of(&vector.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())
}

/// The plan that a study begins with. The shipped models speak of their own world only, and have
/// no chat template; other models get situations in English.
#[must_use]
pub fn starting_plan(chosen: &[ModelEntry], sets: &[ScenarioSetView]) -> SteeringPlanView {
    // Encoders are not steered.
    let mut written_by = chosen.iter().filter(|m| m.info.as_ref().is_ok_and(|i| i.has_logits));
    let toy = written_by.all(|model| model.origin == ModelOrigin::Bundled);
    let wanted = if toy { "toy" } else { "agent" };
    let set = sets.iter().find(|set| set.key == wanted).or(sets.first());
    SteeringPlanView {
        scenario_set: set.map_or_else(|| wanted.to_owned(), |set| set.key.clone()),
        scenarios: Vec::new(),
        layer: None,
        layers: Vec::new(),
        direction: None,
        coefficients: vec![-0.4, -0.2, 0.0, 0.2, 0.4],
        unit: CoefficientUnit::Relative,
        mode: SteeringMode::Add,
        project_out: true,
        positions: SteeredPositions::Generated,
        prompt_style: PromptStyle::Chat,
        samples: if toy { 10 } else { 5 },
        random_directions: 5,
        temperature: 0.7,
        top_p: 1.0,
        top_k: 0,
        repetition_penalty: 1.0,
        max_tokens: if toy { 48 } else { 150 },
    }
}

/// The scenarios of a plan.
///
/// # Errors
/// A set that is not known, or a scenario that is not in it.
pub(super) fn scenarios_of(
    plan: &SteeringPlanView,
    sets: &[ScenarioSetView],
) -> Result<Vec<Scenario>, EngineError> {
    let set = sets.iter().find(|set| set.key == plan.scenario_set).ok_or_else(|| {
        bad(
            "These scenarios are not here.".into(),
            "Choose another set, or drop the file once more.",
        )
    })?;
    if let Some(id) = plan.scenarios.iter().find(|id| set.scenarios.iter().all(|s| s.id != **id)) {
        return Err(bad(
            format!("{} has no scenario \"{id}\".", set.name),
            "Choose from those it has.",
        ));
    }
    let wanted = |id: &String| plan.scenarios.is_empty() || plan.scenarios.contains(id);
    Ok(set.scenarios.iter().filter(|s| wanted(&s.id)).map(scenario_of).collect())
}

/// A plan with its coefficients and layers in order, each once.
///
/// # Errors
/// Values that cannot be used, a sentence each.
pub(super) fn checked(mut plan: SteeringPlanView) -> Result<SteeringPlanView, EngineError> {
    if let Some(odd) = plan.coefficients.iter().find(|a| !a.is_finite()) {
        return Err(bad(
            format!("A coefficient is {odd}."),
            "Coefficients have to be finite numbers.",
        ));
    }
    plan.layers.sort_unstable();
    plan.layers.dedup();
    match plan.layers.as_slice() {
        [] => {}
        [only] if plan.direction.is_none() => {
            plan.layer = Some(*only);
            plan.layers = Vec::new();
        }
        _ => plan.layer = None,
    }
    // -0 is 0
    plan.coefficients.iter_mut().filter(|a| **a == 0.0).for_each(|a| *a = 0.0);
    plan.coefficients.sort_by(f64::total_cmp);
    plan.coefficients.dedup();
    if !plan.coefficients.contains(&0.0) {
        return Err(bad(
            "The coefficients lack 0, so there would be nothing to compare with.".into(),
            "Add 0 to them.",
        ));
    }
    if plan.coefficients.len() < 2 {
        return Err(bad(
            "There is no coefficient besides 0.".into(),
            "Add at least one, such as 0.5.",
        ));
    }
    if plan.coefficients.len() > MOST_COEFFICIENTS {
        return Err(bad(
            format!("{} coefficients are too many.", plan.coefficients.len()),
            &format!("Give {MOST_COEFFICIENTS} at most."),
        ));
    }
    if plan.mode == SteeringMode::ProjectOut {
        return Err(bad(
            "Projecting out has no coefficients, so there is no dose.".into(),
            "Add or clamp, and project out as well.",
        ));
    }
    let random = plan.random_directions;
    if random != 0 && (random as usize) < FEWEST_RANDOM_DIRECTIONS || random > MOST_RANDOM {
        return Err(bad(
            format!("{random} random directions make no band."),
            &format!("Ask for 0, or for {FEWEST_RANDOM_DIRECTIONS} to {MOST_RANDOM}."),
        ));
    }
    count("samples", plan.samples, MOST_SAMPLES)?;
    count("tokens", plan.max_tokens, MOST_TOKENS)?;
    drawing(plan.temperature, plan.top_p)?;
    if !(plan.repetition_penalty.is_finite() && plan.repetition_penalty > 0.0) {
        return Err(bad(
            format!("A repetition penalty of {} cannot be used.", plan.repetition_penalty),
            "1 is none; 1.1 is usual.",
        ));
    }
    Ok(plan)
}

/// Whether tokens can be drawn so.
pub(super) fn drawing(temperature: f64, top_p: f64) -> Result<(), EngineError> {
    if !(temperature.is_finite() && temperature >= 0.0) {
        return Err(bad(
            format!("A temperature of {temperature} cannot be used."),
            "0 takes the likeliest token; 0.7 and 1 are usual.",
        ));
    }
    if !(top_p > 0.0 && top_p <= 1.0) {
        return Err(bad(
            format!("A top-p of {top_p} cannot be used."),
            "Give a share above 0, up to 1 for all.",
        ));
    }
    Ok(())
}

/// Whether there is something to do that ends.
pub(super) fn count(what: &str, found: u32, most: u32) -> Result<(), EngineError> {
    if found == 0 || found > most {
        return Err(bad(
            format!("{found} {what} cannot be asked for."),
            &format!("Ask for 1 to {most}."),
        ));
    }
    Ok(())
}

pub(super) fn bad(what: String, hint: &str) -> EngineError {
    EngineError::BadValue { what, hint: hint.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> SteeringPlanView {
        starting_plan(&[], &[])
    }

    #[test]
    fn coefficients_are_put_in_order_and_need_zero() {
        let coefficients = vec![2.0, -0.0, 1.0, 2.0];
        let found = checked(SteeringPlanView { coefficients, ..plan() }).unwrap();
        assert_eq!(found.coefficients, [0.0, 1.0, 2.0]);
        assert!(found.coefficients[0].is_sign_positive());
        for (coefficients, said) in [
            (vec![1.0, 2.0], "lack 0"),
            (vec![0.0], "besides 0"),
            (vec![], "lack 0"),
            (vec![0.0, f64::NAN], "NaN"),
            (vec![0.0, f64::INFINITY], "inf"),
        ] {
            let error = checked(SteeringPlanView { coefficients, ..plan() }).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
    }

    #[test]
    fn layers_are_put_in_order_and_one_is_not_several() {
        let layers = |layers: &[u32]| {
            let plan = SteeringPlanView { layer: Some(1), layers: layers.to_vec(), ..plan() };
            let plan = checked(plan).unwrap();
            (plan.layer, plan.layers)
        };
        assert_eq!(layers(&[]), (Some(1), vec![]));
        assert_eq!(layers(&[4, 2, 4, 3]), (None, vec![2, 3, 4]));
        assert_eq!(layers(&[5, 5]), (Some(5), vec![]));
    }

    #[test]
    fn values_out_of_range_are_refused() {
        assert!(checked(plan()).is_ok());
        for odd in [
            SteeringPlanView { samples: 0, ..plan() },
            SteeringPlanView { max_tokens: 0, ..plan() },
            SteeringPlanView { random_directions: 3, ..plan() },
            SteeringPlanView { temperature: -1.0, ..plan() },
            SteeringPlanView { temperature: f64::NAN, ..plan() },
            SteeringPlanView { top_p: 0.0, ..plan() },
            SteeringPlanView { top_p: 1.5, ..plan() },
            SteeringPlanView { repetition_penalty: 0.0, ..plan() },
            SteeringPlanView { mode: SteeringMode::ProjectOut, ..plan() },
        ] {
            assert!(matches!(checked(odd), Err(EngineError::BadValue { .. })));
        }
    }
}
