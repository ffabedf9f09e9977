//! What the Steering room shows and changes.

use std::path::Path;

use lens_steering::Scenario;

use super::cells::{Condition, KeptSample};
use super::course::{Course, course};
use super::direction_in::{read_direction, read_directions};
use super::marked::stretches;
use super::measures::Measured;
use super::plan::{FileDirection, SteeringState, checked, scenarios_of, starting_plan};
use super::run::{Planned, empty};
use super::scenarios::{read_scenario_file, shipped_sets};
use super::view::judge;
use crate::EngineError;
use crate::contract::{
    ApiError, ModelSteeringView, ScenarioSetView, SteeringPlanView, SteeringSampleView,
    SteeringSamplesView, SteeringView, TokenScoreView,
};
use crate::session::Session;
use crate::snapshot::Snapshot;

impl Session {
    /// What the study knows of steering.
    pub(crate) fn steering_state(&self) -> Result<SteeringState, EngineError> {
        Ok(self.study()?.state().steering.clone())
    }

    /// Every scenario set: those that ship, then those that were dropped.
    fn scenario_sets(&self) -> Result<Vec<ScenarioSetView>, EngineError> {
        let mut sets = shipped_sets(self.places());
        sets.extend(self.steering_state()?.sets);
        Ok(sets)
    }

    /// The plan of the study, or the one it begins with.
    pub(crate) fn steering_plan(&self) -> Result<SteeringPlanView, EngineError> {
        if let Some(plan) = self.steering_state()?.plan {
            return Ok(plan);
        }
        let chosen = match self.chosen() {
            Ok((models, _)) => models,
            Err(EngineError::NoModels) => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(starting_plan(&chosen, &self.scenario_sets()?))
    }

    /// The plan, checked, with its scenarios.
    pub(super) fn steering_wanted(&self) -> Result<(SteeringPlanView, Vec<Scenario>), EngineError> {
        let plan = checked(self.steering_plan()?)?;
        let scenarios = scenarios_of(&plan, &self.scenario_sets()?)?;
        Ok((plan, scenarios))
    }

    pub(super) fn steered_along(
        &self,
        snapshot: &Snapshot,
        plan: &SteeringPlanView,
    ) -> Result<Course, EngineError> {
        let state = self.steering_state()?;
        let chosen = || Ok(self.layer_sweep(&snapshot.model.id)?.chosen_layer);
        course(snapshot, self.store(), plan, state.direction.as_ref(), chosen)
    }

    /// The Steering room: the plan, and what has been sampled of it.
    ///
    /// # Errors
    /// When the study cannot be read.
    pub fn steering(&self) -> Result<SteeringView, EngineError> {
        let sets = self.scenario_sets()?;
        let plan = self.steering_plan()?;
        let scenarios = scenarios_of(&plan, &sets)?;
        let models = match self.chosen() {
            Ok((models, _)) => models,
            Err(EngineError::NoModels) => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut views = Vec::new();
        for model in models {
            let snapshot = match self.snapshot(&model.id) {
                Ok(snapshot) => snapshot,
                // Told in the other rooms; here it has nothing to steer along.
                Err(EngineError::NotRead(_) | EngineError::NoPairs | EngineError::Model(_)) => {
                    continue;
                }
                Err(error) => return Err(error),
            };
            views.push(self.model_steering(&snapshot, &plan, &scenarios)?);
        }
        let pending = views.iter().any(|view| {
            view.problem.is_none()
                && (view.residual_norm.is_none() || view.cells_done < view.cells_total)
        });
        Ok(SteeringView { plan, sets, models: views, pending })
    }

    fn model_steering(
        &self,
        snapshot: &Snapshot,
        plan: &SteeringPlanView,
        scenarios: &[Scenario],
    ) -> Result<ModelSteeringView, EngineError> {
        let failed = |what: String| {
            Ok(ModelSteeringView { problem: Some(what), ..empty(snapshot, plan, None)? })
        };
        let course = match self.steered_along(snapshot, plan) {
            Ok(course) => course,
            Err(
                error @ (EngineError::BadValue { .. }
                | EngineError::UnknownLayer { .. }
                | EngineError::Analysis(_)),
            ) => return failed(ApiError::from(error).message),
            Err(error) => return Err(error),
        };
        let Some(measured) = Measured::known(self, snapshot, &course)? else {
            return empty(snapshot, plan, Some(&course));
        };
        Planned { snapshot, plan, scenarios, course: &course, measured: &measured }.view(self)
    }

    /// The responses of one model to one scenario; `coefficient` is absent where the direction was
    /// projected out.
    ///
    /// # Errors
    /// [`EngineError::NotComputed`] until they have been sampled.
    pub fn steering_samples(
        &self,
        model: &str,
        scenario: &str,
        coefficient: Option<f64>,
    ) -> Result<SteeringSamplesView, EngineError> {
        let snapshot = self.snapshot(model)?;
        let (plan, scenarios) = self.steering_wanted()?;
        let course = self.steered_along(&snapshot, &plan)?;
        let missing = || EngineError::NotComputed("This cell");
        let measured = Measured::known(self, &snapshot, &course)?.ok_or_else(missing)?;
        let planned = Planned {
            snapshot: &snapshot,
            plan: &plan,
            scenarios: &scenarios,
            course: &course,
            measured: &measured,
        };
        let wanted = coefficient.map_or(Condition::ProjectedOut, Condition::Coefficient);
        let known = planned.known(self)?;
        let found = known.into_iter().find(|(id, ..)| {
            id.random.is_none()
                && id.condition == wanted
                && scenarios.get(id.scenario).is_some_and(|s| s.id == scenario)
        });
        let (id, _, cell) = found.ok_or_else(missing)?;
        let (cell, scenario) = cell.zip(scenarios.get(id.scenario)).ok_or_else(missing)?;
        let samples = cell.samples.iter().take(plan.samples as usize);
        Ok(SteeringSamplesView {
            prompt: cell.prompt.clone(),
            samples: samples.map(|sample| sample_view(scenario, sample)).collect(),
            scale: measured.scored.score_spread,
        })
    }

    /// Says what is steered, how, and how often.
    ///
    /// # Errors
    /// A plan that cannot be; a sentence says why.
    pub fn change_steering(&self, plan: &SteeringPlanView) -> Result<SteeringView, EngineError> {
        let plan = checked(plan.clone())?;
        scenarios_of(&plan, &self.scenario_sets()?)?;
        let direction = self.direction_of(&plan)?;
        self.study()?.edit("change of the steering", |state| {
            state.steering.direction = direction;
            state.steering.plan = Some(plan);
        })?;
        self.steering()
    }

    /// The direction of a plan's file: the one that is there, read anew where the plan has layers that
    /// were not.
    fn direction_of(&self, plan: &SteeringPlanView) -> Result<Option<FileDirection>, EngineError> {
        let Some(file) = &plan.direction else { return Ok(None) };
        let Some(known) = self.steering_state()?.direction else { return Ok(None) };
        if known.has_all(&plan.layers) {
            return Ok(Some(known));
        }
        let convention = file.convention.as_deref();
        let read = read_directions(Path::new(&file.path), convention, &plan.layers)?;
        Ok(Some(FileDirection { several: read.several, ..known }))
    }

    /// Takes a file of scenarios into the study and chooses it.
    ///
    /// # Errors
    /// When it holds no scenarios that can be used.
    pub fn import_scenarios(&self, path: &Path) -> Result<SteeringView, EngineError> {
        let set = read_scenario_file(path)?;
        let key = set.key.clone();
        let plan = SteeringPlanView {
            scenario_set: key.clone(),
            scenarios: Vec::new(),
            ..self.steering_plan()?
        };
        let label = format!("import of {}", set.name);
        self.study()?.edit(&label, |state| {
            let steering = &mut state.steering;
            steering.sets.retain(|other| other.key != key);
            steering.sets.push(set);
            steering.plan = Some(plan);
        })?;
        self.steering()
    }

    /// Takes a direction from a file into the study and steers along it. Where the file does not say
    /// how it counts layers, or which layer it is of, the person does.
    ///
    /// # Errors
    /// A file that cannot be used, or one of several layers without `layer`; a sentence says which.
    pub fn import_direction(
        &self,
        path: &Path,
        convention: Option<&str>,
        layer: Option<u32>,
    ) -> Result<SteeringView, EngineError> {
        let direction = read_direction(path, convention, layer)?;
        let plan = SteeringPlanView {
            direction: Some(direction.file.clone()),
            layer: None,
            layers: Vec::new(),
            ..self.steering_plan()?
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.study()?.edit(&format!("import of {name}"), |state| {
            state.steering.direction = Some(direction);
            state.steering.plan = Some(plan);
        })?;
        self.steering()
    }
}

fn sample_view(scenario: &Scenario, sample: &KeptSample) -> SteeringSampleView {
    let judged = judge(scenario, sample);
    let scores = sample.scores.iter().map(|s| Some(f64::from(*s))).chain(std::iter::repeat(None));
    let pieces = sample.pieces.iter().zip(scores);
    SteeringSampleView {
        stretches: stretches(scenario, &sample.text),
        tokens: pieces.map(|(text, score)| TokenScoreView { text: text.clone(), score }).collect(),
        outcome: judged.outcome,
        coherent: judged.coherent,
        perplexity: sample.perplexity,
        kl: sample.divergence,
        end: sample.end.clone(),
    }
}
