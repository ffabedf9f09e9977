//! `lens evidence`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use lens_core::{DirectionMethod, LayerSelection};
use lens_engine::contract::{
    ApiError, EvidenceView, LadderView, ReportFormat, RungStatus, ScenarioSetView, SteeringPlanView,
};
use lens_engine::controls::controls;
use lens_engine::evidence::{Findings, behaviour_finding, ladder, write_report};
use lens_engine::probe::{sweep, sweep_view};
use lens_engine::steering::{
    SampleStore, SteeringRun, check_writes, shipped_sets, starting_plan, steer,
};
use lens_engine::{LoadedModels, ModelEntry, Places, shipped_keywords, surface_view};

use crate::context::{Context, PairsArguments, ReadingArguments};
use crate::output;
use crate::steer::scenario_sets;

/// Example: lens evidence pairs.jsonl --model toy-llama --report evidence.pdf
#[derive(Debug, Args)]
#[command(
    after_help = "Example: lens evidence pairs.jsonl --model toy-llama --report evidence.pdf"
)]
pub(crate) struct Evidence {
    #[command(flatten)]
    pairs: PairsArguments,
    /// Bundled model or folder in the Hugging Face layout; may be given several times.
    #[arg(long, value_name = "MODEL", required = true)]
    model: Vec<String>,
    /// Human scores of the pairs: a table with the columns id and score, in place of scores of their own.
    #[arg(long, value_name = "FILE")]
    scores: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingArguments,
    /// Also steer each model along its probe's direction, for the last two rungs, in a file of scenarios
    /// or those that ship (agent, toy); without a name those that fit the models. The plan is the one
    /// that the window begins with. Takes minutes to hours; goes on where it was stopped.
    #[arg(
        long,
        value_name = "FILE|NAME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ""
    )]
    steer: Option<String>,
    /// Write the report to FILE: .html or .pdf.
    #[arg(long, value_name = "FILE", value_parser = report)]
    report: Option<(PathBuf, ReportFormat)>,
}

impl Evidence {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<()> {
        let pairs = Arc::new(context.scored_pairs(&self.pairs, self.scores.as_deref())?);
        let stored = context.store()?;
        let store = &stored.1;
        let steering = self.steering(&stored.0)?;
        let (progress, cancel) = (&context.progress, &context.cancel);
        let keywords = shipped_keywords()?;
        let compute = self.reading.compute(&stored.0)?;
        let settings = context.settings(&self.reading, DirectionMethod::default());
        let mut models = LoadedModels::default();
        let mut ladders = Vec::new();
        let mut sweeps = Vec::new();
        let mut held_against = Vec::new();
        for model in &self.model {
            let layers = LayerSelection::All;
            let snapshot = context.read(model, &pairs, &layers, &settings, &stored, &mut models)?;
            let found = sweep(&snapshot, store, progress, cancel)?;
            let view = sweep_view(&found, &snapshot)?;
            let controls =
                controls(&snapshot, &keywords, &mut models, store, &compute, progress, cancel)?;
            let behaviour = behaviour_finding(&snapshot, store, view.chosen_layer)?;
            let steered = match (&steering, check_writes(&snapshot.model)) {
                (None, _) => Err("This command steers only where it is asked to (--steer).".into()),
                (Some(_), Err(error)) => Err(ApiError::from(error).message),
                (Some((plan, sets)), Ok(())) => {
                    let plan = SteeringPlanView { layer: Some(view.chosen_layer), ..plan.clone() };
                    let run = SteeringRun {
                        snapshot: &snapshot,
                        plan: &plan,
                        sets,
                        direction: None,
                        kept: &SampleStore::of(&stored.0),
                    };
                    Ok(Box::new(steer(&run, &mut models, store, progress, cancel)?))
                }
            };
            let findings = Findings {
                behaviour,
                sweep: Some(&view),
                controls: Some(&controls),
                steering: steered,
            };
            ladders.push(ladder(&snapshot, &findings)?);
            sweeps.push(view);
            held_against.push(controls);
        }
        progress.clear();
        output::notices(&compute);
        let summary = pairs.summary();
        let view = EvidenceView {
            concept: summary.concept,
            data: summary.name,
            train_pairs: summary.train,
            test_pairs: summary.test,
            models: ladders,
        };
        if let Some((path, format)) = &self.report {
            let surface = surface_view(&pairs, &*pairs.surface(progress, cancel)?);
            write_report(&view, &sweeps, &held_against, Some(&surface), path, *format)?;
        }
        if let Some(target) = &context.json {
            return output::json(target, &view);
        }
        for ladder in &view.models {
            print!("{}", human(ladder));
        }
        Ok(())
    }
}

/// What is steered, where it is asked for, and the scenario sets that it may name.
type Steering = (SteeringPlanView, Vec<ScenarioSetView>);

impl Evidence {
    /// The plan that the window begins with for these models.
    fn steering(&self, places: &Places) -> anyhow::Result<Option<Steering>> {
        let Some(named) = &self.steer else { return Ok(None) };
        let entries = self.model.iter().map(|model| ModelEntry::resolve(places, model));
        let entries: Vec<ModelEntry> = entries.collect::<Result<_, _>>()?;
        let shipped = shipped_sets(places);
        let plan = starting_plan(&entries, &shipped);
        if named.is_empty() {
            return Ok(Some((plan, shipped)));
        }
        let (sets, scenario_set) = scenario_sets(places, named)?;
        Ok(Some((SteeringPlanView { scenario_set, ..plan }, sets)))
    }
}

fn human(ladder: &LadderView) -> String {
    let mut out = format!("{}\n", ladder.model_name);
    for rung in &ladder.rungs {
        out.push_str(&format!("{} {:<10} {}\n", rung.number, word(rung.status), rung.title));
        for part in &rung.parts {
            out.push_str(&format!(
                "    {} ({}): {}\n",
                part.name,
                word(part.status),
                part.sentence
            ));
        }
    }
    out.push_str(&format!("{}\n\n", ladder.summary));
    out
}

const fn word(status: RungStatus) -> &'static str {
    match status {
        RungStatus::Passed => "passed",
        RungStatus::Failed => "failed",
        RungStatus::NotTested => "not tested",
    }
}

fn report(argument: &str) -> Result<(PathBuf, ReportFormat), String> {
    let path = PathBuf::from(argument);
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("html") => Ok((path, ReportFormat::Html)),
        Some("pdf") => Ok((path, ReportFormat::Pdf)),
        _ => Err(format!("{argument:?} ends neither in .html nor in .pdf")),
    }
}
