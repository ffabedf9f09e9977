//! `lens probe`.

mod answer;
mod human;

use std::sync::Arc;

use clap::Args;
use lens_core::DirectionMethod;
use lens_engine::LoadedModels;
use lens_engine::contract::{LayerSweepView, ProbeControlsView};
use lens_engine::controls::controls;
use lens_engine::probe::{sweep, sweep_view};
use lens_engine::{shipped_keywords, surface_view};

use crate::context::{Context, LayersArgument, PairsArguments, ReadingArguments};
use crate::output;

/// Example: lens probe pairs.jsonl --model toy-llama
#[derive(Debug, Args)]
#[command(after_help = "Example: lens probe pairs.jsonl --model toy-llama --json -")]
pub(crate) struct Probe {
    #[command(flatten)]
    pairs: PairsArguments,
    /// Bundled model or folder in the Hugging Face layout; may be given several times.
    #[arg(long, value_name = "MODEL", required = true)]
    model: Vec<String>,
    #[command(flatten)]
    layers: LayersArgument,
    #[command(flatten)]
    reading: ReadingArguments,
    /// How the direction is found.
    #[arg(long, value_parser = method, default_value = "mean-difference")]
    method: DirectionMethod,
    /// Show the figures as the published study computed them beside ours: all tokens in the mean, the
    /// best layer on test, the threshold at the midpoint of the test scores.
    #[arg(long)]
    as_published: bool,
}

/// One model's sweep with its controls.
struct Probed {
    sweep: LayerSweepView,
    controls: ProbeControlsView,
}

impl Probe {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<()> {
        let pairs = Arc::new(context.pairs(&self.pairs)?);
        let stored = context.store()?;
        let (progress, cancel) = (&context.progress, &context.cancel);
        let keywords = shipped_keywords()?;
        let compute = self.reading.compute(&stored.0)?;
        let mut models = LoadedModels::default();
        let mut probed = Vec::new();
        for model in &self.model {
            let settings = context.settings(&self.reading, self.method);
            let snapshot = context.read(
                model,
                &pairs,
                &self.layers.layers,
                &settings,
                &stored,
                &mut models,
            )?;
            let found = sweep(&snapshot, &stored.1, progress, cancel)?;
            let view = sweep_view(&found, &snapshot)?;
            let store = &stored.1;
            let controls =
                controls(&snapshot, &keywords, &mut models, store, &compute, progress, cancel)?;
            probed.push(Probed { sweep: view, controls });
        }
        let surface = surface_view(&pairs, &*pairs.surface(progress, cancel)?);
        progress.clear();
        output::notices(&compute);
        if let Some(target) = &context.json {
            return output::json(target, &answer::of(&probed, &surface, self.as_published));
        }
        for found in &probed {
            print!("{}", human::sweep(&found.sweep));
            print!("{}", human::controls(found, &surface, self.as_published));
        }
        Ok(())
    }
}

pub(crate) fn method(argument: &str) -> Result<DirectionMethod, String> {
    let found = DirectionMethod::ALL.into_iter().find(|method| method.name() == argument);
    let names = || DirectionMethod::ALL.map(DirectionMethod::name).join(", ");
    found.ok_or_else(|| format!("{argument:?} is none of {}", names()))
}
