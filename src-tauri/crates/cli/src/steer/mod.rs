//! `lens steer`.

mod answer;
mod table;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use lens_core::{DirectionMethod, LayerSelection};
use lens_engine::contract::{
    CoefficientUnit, PromptStyle, ScenarioSetView, SteeredPositions, SteeringMode, SteeringPlanView,
};
use lens_engine::steering::{
    SampleStore, SteeringRun, check_writes, read_direction, read_directions, read_scenario_file,
    shipped_sets, steer,
};
use lens_engine::{LoadedModels, ModelEntry, Places};

use crate::context::{Context, PairsArguments, ReadingArguments};
use crate::output;
use crate::probe::method;

use answer::answer;
use table::human;

/// Example: lens steer --model toy-llama --pairs models/pairs/toy-matched.jsonl --pooling last
/// --scenarios toy --coefficients -1,-0.5,0,0.5,1 --relative
#[derive(Debug, Args)]
#[command(
    after_help = "Responses are kept in the cache as they are drawn: after a stop the same command goes on \
                  where it was, and one that asks for more draws what is new.\n\n\
                  Example: lens steer --model toy-llama --pairs models/pairs/toy-matched.jsonl --pooling last \
                  --scenarios toy --coefficients=-1,-0.5,0,0.5,1 --relative"
)]
pub(crate) struct Steer {
    /// Bundled model or folder in the Hugging Face layout.
    #[arg(long, value_name = "MODEL")]
    model: String,
    /// Pairs files: .jsonl, .json, .csv, .tsv or .parquet.
    #[arg(long, required = true, value_name = "PAIRS")]
    pairs: Vec<PathBuf>,
    /// A file of scenarios, or those that ship: agent, or toy.
    #[arg(long, value_name = "FILE|NAME")]
    scenarios: String,
    /// Ids of scenarios; all when not given.
    #[arg(long, value_name = "ID")]
    scenario: Vec<String>,
    /// Layer of the residual stream (0 is the embedding output); that chosen by the probe when not
    /// given.
    #[arg(long, value_name = "L")]
    layer: Option<u32>,
    /// Several layers with commas between them (2,3,4), each steered along its own direction of the same
    /// method; of a file, along its direction for that layer.
    #[arg(long, value_delimiter = ',', conflicts_with = "layer", value_name = "L,..,M")]
    layers: Vec<u32>,
    /// Steer along a direction from a file (.npy, .safetensors, .gguf) instead of the probe's.
    #[arg(long, value_name = "FILE")]
    direction: Option<PathBuf>,
    /// How that file counts layers, where it does not say: residual, block or generator.
    #[arg(long, value_name = "CONVENTION", requires = "direction")]
    convention: Option<String>,
    /// Coefficients with commas between them; 0 has to be among them.
    #[arg(
        long,
        value_delimiter = ',',
        allow_hyphen_values = true,
        default_value = "-20,-10,-5,0,5,10,20",
        value_name = "A,..,B"
    )]
    coefficients: Vec<f64>,
    /// Coefficients count the norm of the residual stream instead of units of the stream.
    #[arg(long)]
    relative: bool,
    /// Samples of each scenario at each coefficient.
    #[arg(long, default_value_t = 5, value_name = "N")]
    samples: u32,
    /// Random directions to compare with: 0, or at least 5.
    #[arg(long, default_value_t = 5, value_name = "N")]
    random: u32,
    /// What is done to the stream.
    #[arg(long, value_enum, default_value_t = Mode::Add)]
    mode: Mode,
    /// Also sample with the direction projected out.
    #[arg(long)]
    project_out: bool,
    /// At which positions the stream is changed.
    #[arg(long, value_enum, default_value_t = At::Generated)]
    positions: At,
    /// Ask every model with plain text, also one that has a chat template.
    #[arg(long)]
    plain: bool,
    /// 0 takes the likeliest token.
    #[arg(long, default_value_t = 0.7, value_name = "T")]
    temperature: f64,
    /// Share of the probability that is drawn from.
    #[arg(long, default_value_t = 1.0, value_name = "P")]
    top_p: f64,
    /// Tokens that are drawn from; 0 is all.
    #[arg(long, default_value_t = 0, value_name = "K")]
    top_k: u32,
    /// 1 is none.
    #[arg(long, default_value_t = 1.0, value_name = "R")]
    repetition_penalty: f64,
    /// Tokens of a response at most.
    #[arg(long, default_value_t = 150, value_name = "N")]
    max_tokens: u32,
    #[command(flatten)]
    reading: ReadingArguments,
    /// How the direction is found.
    #[arg(long, value_parser = method, default_value = "mean-difference")]
    method: DirectionMethod,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// h + a d
    Add,
    /// h.d is set to a
    Clamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum At {
    /// Where a generated token is drawn
    Generated,
    /// Those of the prompt
    Prompt,
    /// All
    Both,
}

impl Steer {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<()> {
        let stored = context.store()?;
        check_writes(&ModelEntry::resolve(&stored.0, &self.model)?)?;
        let (sets, named) = scenario_sets(&stored.0, &self.scenarios)?;
        let plan = self.plan(named);
        let direction = match &self.direction {
            Some(path) if self.layers.is_empty() => {
                Some(read_direction(path, self.convention.as_deref(), self.layer)?)
            }
            Some(path) => Some(read_directions(path, self.convention.as_deref(), &self.layers)?),
            None => None,
        };
        let plan =
            SteeringPlanView { direction: direction.as_ref().map(|d| d.file.clone()), ..plan };
        let pairs = Arc::new(context.pairs(&PairsArguments::of(self.pairs.clone()))?);
        self.reading.check_only_reads()?;
        let settings = context.settings(&self.reading, self.method);
        let mut models = LoadedModels::default();
        let layers = LayerSelection::All;
        let snapshot =
            context.read(&self.model, &pairs, &layers, &settings, &stored, &mut models)?;
        let run = SteeringRun {
            snapshot: &snapshot,
            plan: &plan,
            sets: &sets,
            direction: direction.as_ref(),
            kept: &SampleStore::of(&stored.0),
        };
        let told = steer(&run, &mut models, &stored.1, &context.progress, &context.cancel)?;
        context.progress.clear();
        match &context.json {
            Some(target) => output::json(target, &answer(told, plan.unit)),
            None => {
                print!("{}", human(&told, plan.unit));
                Ok(())
            }
        }
    }

    fn plan(&self, scenario_set: String) -> SteeringPlanView {
        SteeringPlanView {
            scenario_set,
            scenarios: self.scenario.clone(),
            layer: self.layer,
            layers: self.layers.clone(),
            direction: None,
            coefficients: self.coefficients.clone(),
            unit: if self.relative { CoefficientUnit::Relative } else { CoefficientUnit::Absolute },
            mode: match self.mode {
                Mode::Add => SteeringMode::Add,
                Mode::Clamp => SteeringMode::Clamp,
            },
            project_out: self.project_out,
            positions: match self.positions {
                At::Generated => SteeredPositions::Generated,
                At::Prompt => SteeredPositions::Prompt,
                At::Both => SteeredPositions::Both,
            },
            prompt_style: if self.plain { PromptStyle::Plain } else { PromptStyle::Chat },
            samples: self.samples,
            random_directions: self.random,
            temperature: self.temperature,
            top_p: self.top_p,
            top_k: self.top_k,
            repetition_penalty: self.repetition_penalty,
            max_tokens: self.max_tokens,
        }
    }
}

/// The scenario sets to choose from for what a person named, and the key of the one that is meant.
pub(crate) fn scenario_sets(
    places: &Places,
    named: &str,
) -> anyhow::Result<(Vec<ScenarioSetView>, String)> {
    let shipped = shipped_sets(places);
    if shipped.iter().any(|set| set.key == named) {
        return Ok((shipped, named.to_owned()));
    }
    let set = read_scenario_file(Path::new(named))?;
    let key = set.key.clone();
    Ok((vec![set], key))
}
