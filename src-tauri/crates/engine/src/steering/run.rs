//! Steering one model through a plan: from the window's job, or the command line.

use lens_core::{CancelToken, Digest, Progress, Reporter};
use lens_steering::Scenario;

use super::cells::{Basis, CellId, KeptCell, cells};
use super::course::{Course, course};
use super::keep::{Keep, SampleStore};
use super::measures::Measured;
use super::plan::{FileDirection, checked, scenarios_of};
use super::prompt::Prompting;
use super::view::Sampled;
use crate::EngineError;
use crate::contract::{
    ModelSteeringView, PooledDoseView, PromptStyle, ScenarioSetView, SteeredLayerView,
    SteeringPlanView,
};
use crate::models::LoadedModels;
use crate::probe::small;
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;

/// A plan for one model, with everything that its samples rest on.
pub(super) struct Planned<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) plan: &'a SteeringPlanView,
    pub(super) scenarios: &'a [Scenario],
    pub(super) course: &'a Course,
    pub(super) measured: &'a Measured,
}

impl Planned<'_> {
    fn basis(&self) -> Basis<'_> {
        Basis {
            snapshot: self.snapshot,
            plan: self.plan,
            course: self.course,
            residual_norms: &self.measured.residual_norms,
        }
    }

    fn prompting(&self, scenario: &Scenario) -> Result<Prompting, EngineError> {
        let continued = scenario.prompt.is_some();
        Prompting::of(&self.snapshot.model, self.plan.prompt_style, continued)
    }

    /// The cells with what is kept of them, in the order of sampling.
    pub(super) fn known(
        &self,
        keep: &dyn Keep,
    ) -> Result<Vec<(CellId, Digest, Option<KeptCell>)>, EngineError> {
        let basis = self.basis();
        let prompting: Vec<Prompting> =
            self.scenarios.iter().map(|s| self.prompting(s)).collect::<Result<_, _>>()?;
        let mut known = Vec::new();
        for id in cells(self.plan, self.scenarios.len()) {
            let scenario = self.scenarios.get(id.scenario).zip(prompting.get(id.scenario));
            let Some((scenario, prompting)) = scenario else { continue };
            let key = basis.key(id, scenario, prompting);
            let cell = keep.find(&key)?;
            known.push((id, key, cell));
        }
        Ok(known)
    }

    /// Draws what is missing and keeps each cell as it is done. `told` is called after each.
    ///
    /// # Errors
    /// When the model fails, or on cancel; what is done is kept.
    pub(super) fn sample(
        &self,
        loaded: &mut LoadedModels,
        keep: &dyn Keep,
        told: &dyn Fn(),
        reporter: &dyn Reporter,
        cancel: &CancelToken,
    ) -> Result<(), EngineError> {
        let (basis, snapshot) = (self.basis(), self.snapshot);
        let known = self.known(keep)?;
        let name = &snapshot.model.usable()?.name;
        let each = u64::from(self.plan.samples);
        let missing = |cell: &Option<KeptCell>| {
            each.saturating_sub(cell.as_ref().map_or(0, |cell| cell.samples.len() as u64))
        };
        let total: u64 = known.iter().map(|(.., cell)| missing(cell)).sum();
        let mut done = 0;
        let stage = format!("Steering {name}");
        if total > 0 {
            reporter.report(Progress { stage: stage.clone(), done, total, unit: "responses" });
        }
        for (id, key, cell) in known {
            let wanted = missing(&cell);
            let Some(scenario) = self.scenarios.get(id.scenario).filter(|_| wanted > 0) else {
                continue;
            };
            cancel.check()?;
            let model = loaded.get(
                &snapshot.model,
                &snapshot.reading.key.model,
                snapshot.settings.weights,
            )?;
            let prompting = self.prompting(scenario)?;
            let cell = basis.sample(model, id, scenario, &prompting, cell, cancel)?;
            keep.keep(&key, &cell)?;
            done += wanted;
            reporter.report(Progress { stage: stage.clone(), done, total, unit: "responses" });
            told();
        }
        Ok(())
    }

    /// What the kept cells show.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn view(&self, keep: &dyn Keep) -> Result<ModelSteeringView, EngineError> {
        let wanted = self.plan.samples as usize;
        let whole = |cell: Option<KeptCell>| cell.filter(|cell| cell.samples.len() >= wanted);
        let known = self.known(keep)?;
        let cells: Vec<(CellId, Option<KeptCell>)> =
            known.into_iter().map(|(id, _, cell)| (id, whole(cell))).collect();
        let (total, done) = (cells.len(), cells.iter().filter(|(_, cell)| cell.is_some()).count());
        let seed = self.snapshot.settings.seed;
        let sampled = Sampled { plan: self.plan, scenarios: self.scenarios, cells, seed };
        let told = sampled.told();
        let measured = self.measured;
        let steered = self.course.steered.iter().zip(&measured.residual_norms);
        Ok(ModelSteeringView {
            residual_norm: Some(measured.scored.residual_norm),
            steered: steered
                .map(|(along, &norm)| SteeredLayerView {
                    layer: small(along.layer),
                    residual_norm: Some(norm),
                })
                .collect(),
            scenarios: told.scenarios,
            overall: told.overall,
            pooled: told.pooled,
            effect: told.effect,
            random_effects: told.random_effects,
            project_out_change: told.project_out_change,
            cells_done: small(done),
            cells_total: small(total),
            ..empty(self.snapshot, self.plan, Some(self.course))?
        })
    }
}

/// A model of which nothing is sampled yet.
pub(super) fn empty(
    snapshot: &Snapshot,
    plan: &SteeringPlanView,
    course: Option<&Course>,
) -> Result<ModelSteeringView, EngineError> {
    let steered = course.map(|course| course.steered.as_slice()).unwrap_or_default();
    let told = course.map_or_else(|| "no direction".to_owned(), Course::told);
    Ok(ModelSteeringView {
        model_id: snapshot.model.id.clone(),
        model_name: snapshot.model.usable()?.name.clone(),
        layer: course.map_or(0, |course| small(course.scored.layer)),
        residual_norm: None,
        steered: steered
            .iter()
            .map(|along| SteeredLayerView { layer: small(along.layer), residual_norm: None })
            .collect(),
        scenarios: Vec::new(),
        overall: None,
        pooled: PooledDoseView::default(),
        effect: None,
        random_effects: Vec::new(),
        project_out_change: None,
        cells_done: 0,
        cells_total: 0,
        problem: None,
        provenance: provenance(snapshot, plan, &told)?,
    })
}

/// What a plan's samples rest on, in one line.
fn provenance(
    snapshot: &Snapshot,
    plan: &SteeringPlanView,
    along: &str,
) -> Result<String, EngineError> {
    let mode = match plan.mode {
        crate::contract::SteeringMode::Clamp => "clamped",
        _ => "added",
    };
    let prompt = match plan.prompt_style {
        PromptStyle::Chat => "chat template where there is one",
        PromptStyle::Plain => "plain prompts",
    };
    let positions = match plan.positions {
        crate::contract::SteeredPositions::Generated => "generated positions",
        crate::contract::SteeredPositions::Prompt => "the prompt's positions",
        crate::contract::SteeredPositions::Both => "all positions",
    };
    let top_k = if plan.top_k == 0 { String::new() } else { format!(", top-k {}", plan.top_k) };
    let penalty = plan.repetition_penalty;
    let penalty =
        if penalty == 1.0 { String::new() } else { format!(", repetition penalty {penalty}") };
    Ok(format!(
        "{along}, {mode} at {positions}; temperature {}, top-p {}{top_k}{penalty}, at most \
         {} tokens, {} samples, {} random directions; {prompt}; {}",
        plan.temperature,
        plan.top_p,
        plan.max_tokens,
        plan.samples,
        plan.random_directions,
        snapshot.provenance()?.summary()
    ))
}

/// What a command is asked to steer.
#[derive(Debug, Clone)]
pub struct SteeringRun<'a> {
    /// Pairs, model and reading that the direction comes from.
    pub snapshot: &'a Snapshot,
    /// The plan.
    pub plan: &'a SteeringPlanView,
    /// The scenario sets that it may name.
    pub sets: &'a [ScenarioSetView],
    /// A direction to use instead of the probe's.
    pub direction: Option<&'a FileDirection>,
    /// Where samples are kept: what is there is not drawn again.
    pub kept: &'a SampleStore,
}

/// Steers a model through a plan, from what is kept to its end.
///
/// # Errors
/// A plan that cannot be, a model that writes nothing, a direction that does not fit, a model that
/// fails, or on cancel; what was sampled is kept.
pub fn steer(
    run: &SteeringRun<'_>,
    loaded: &mut LoadedModels,
    store: &ActivationStore,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<ModelSteeringView, EngineError> {
    let plan = checked(run.plan.clone())?;
    let scenarios = scenarios_of(&plan, run.sets)?;
    let chosen = || {
        let sweep = crate::probe::sweep(run.snapshot, store, reporter, cancel)?;
        Ok(small(sweep.chosen_layer))
    };
    let course = course(run.snapshot, store, &plan, run.direction, chosen)?;
    let measured = Measured::all(run.kept, run.snapshot, &course, loaded, reporter, cancel)?;
    let planned = Planned {
        snapshot: run.snapshot,
        plan: &plan,
        scenarios: &scenarios,
        course: &course,
        measured: &measured,
    };
    planned.sample(loaded, run.kept, &|| {}, reporter, cancel)?;
    planned.view(run.kept)
}
