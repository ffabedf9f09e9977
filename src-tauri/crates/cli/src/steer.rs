//! `lens steer`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use lens_core::{DirectionMethod, LayerSelection};
use lens_engine::contract::{
    CoefficientUnit, DoseBandView, DoseCellView, EstimateView, ModelSteeringView, PromptStyle,
    ScenarioSetView, ShareView, SteeredPositions, SteeringMode, SteeringPlanView,
    SteeringSuccessView,
};
use lens_engine::steering::{
    SampleStore, SteeringRun, check_writes, read_direction, read_directions, read_scenario_file,
    shipped_sets, steer,
};
use lens_engine::{LoadedModels, ModelEntry, Places};
use serde::Serialize;

use crate::context::{Context, PairsArguments, ReadingArguments};
use crate::output;
use crate::probe::method;

/// Responses are kept in the cache as they are drawn, so the same command after a stop, or one that asks
/// for more, goes on where it was.
///
/// Example: lens steer --model toy-llama --pairs models/pairs/toy-matched.jsonl --pooling last
/// --scenarios toy --coefficients -1,-0.5,0,0.5,1 --relative
#[derive(Debug, Args)]
#[command(
    after_help = "Example: lens steer --model toy-llama --pairs models/pairs/toy-matched.jsonl --pooling last \
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

#[derive(Debug, Serialize)]
struct Answer {
    model: String,
    /// Where tokens are scored; the steered one unless several are.
    layer: u32,
    unit: CoefficientUnit,
    residual_norm: Option<f64>,
    steered: Vec<LayerAnswer>,
    cells: Vec<CellAnswer>,
    success: Option<SuccessAnswer>,
    slope: Option<EstimateView>,
    asymmetry: Option<f64>,
    effect: Option<EstimateView>,
    random_effects: Vec<f64>,
    project_out_change: Option<EstimateView>,
    random_band: Vec<BandAnswer>,
    all_scenarios: AllAnswer,
    scenarios: Vec<ScenarioAnswer>,
    provenance: String,
}

/// A layer that is steered.
#[derive(Debug, Serialize)]
struct LayerAnswer {
    layer: u32,
    residual_norm: Option<f64>,
}

/// The samples of all scenarios together.
#[derive(Debug, Serialize)]
struct AllAnswer {
    cells: Vec<CellAnswer>,
    random_band: Vec<DoseBandView>,
}

#[derive(Debug, Serialize)]
struct CellAnswer {
    /// Absent of all scenarios together.
    #[serde(skip_serializing_if = "Option::is_none")]
    scenario: Option<String>,
    /// Absent where the direction was projected out.
    coefficient: Option<f64>,
    n: u32,
    empathy_rate: Option<f64>,
    coherent_rate: Option<f64>,
    perplexity: Option<f64>,
    kl: Option<f64>,
    distinct_2: Option<f64>,
    empty_rate: f64,
}

#[derive(Debug, Serialize)]
struct SuccessAnswer {
    as_published: Option<f64>,
    strict: Option<f64>,
    /// Coefficients that could move the rate.
    n: u32,
    ci: Option<[f64; 2]>,
}

#[derive(Debug, Serialize)]
struct BandAnswer {
    scenario: String,
    #[serde(flatten)]
    point: DoseBandView,
}

#[derive(Debug, Serialize)]
struct ScenarioAnswer {
    scenario: String,
    outcome: String,
    success: Option<SuccessAnswer>,
    bound: Option<String>,
    cannot_move: Vec<f64>,
    incoherent_unsteered: bool,
    slope: Option<EstimateView>,
    asymmetry: Option<f64>,
    anti_steerable: Option<ShareView>,
    remarks: Vec<String>,
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

fn answer(told: ModelSteeringView, unit: CoefficientUnit) -> Answer {
    let cells = told.scenarios.iter().flat_map(|scenario| {
        let cells = scenario.cells.iter().chain(&scenario.projected_out);
        cells.map(|cell| cell_answer(Some(&scenario.scenario), cell))
    });
    let pooled = &told.pooled;
    let all_cells = pooled.cells.iter().chain(&pooled.projected_out);
    let all_scenarios = AllAnswer {
        cells: all_cells.map(|cell| cell_answer(None, cell)).collect(),
        random_band: pooled.random.clone(),
    };
    let band = told.scenarios.iter().flat_map(|scenario| {
        let id = &scenario.scenario;
        scenario.random.iter().map(|&point| BandAnswer { scenario: id.clone(), point })
    });
    let overall = told.overall.as_ref();
    Answer {
        unit,
        cells: cells.collect(),
        random_band: band.collect(),
        all_scenarios,
        success: overall.map(success),
        slope: overall.and_then(|o| o.slope),
        asymmetry: overall.and_then(|o| o.asymmetry),
        scenarios: told
            .scenarios
            .iter()
            .map(|scenario| {
                let found = scenario.success.as_ref();
                ScenarioAnswer {
                    scenario: scenario.scenario.clone(),
                    outcome: scenario.outcome.clone(),
                    success: found.map(success),
                    bound: found.and_then(|s| s.bound.clone()),
                    cannot_move: found.map(|s| s.cannot_move.clone()).unwrap_or_default(),
                    incoherent_unsteered: found.is_some_and(|s| s.incoherent_unsteered),
                    slope: found.and_then(|s| s.slope),
                    asymmetry: found.and_then(|s| s.asymmetry),
                    anti_steerable: found.map(|s| s.anti_steerable),
                    remarks: found.map(remarks).unwrap_or_default(),
                }
            })
            .collect(),
        model: told.model_name,
        layer: told.layer,
        residual_norm: told.residual_norm,
        steered: told
            .steered
            .iter()
            .map(|at| LayerAnswer { layer: at.layer, residual_norm: at.residual_norm })
            .collect(),
        effect: told.effect,
        random_effects: told.random_effects,
        project_out_change: told.project_out_change,
        provenance: told.provenance,
    }
}

fn cell_answer(scenario: Option<&String>, cell: &DoseCellView) -> CellAnswer {
    CellAnswer {
        scenario: scenario.cloned(),
        coefficient: cell.coefficient,
        n: cell.n,
        empathy_rate: cell.rate.value,
        coherent_rate: cell.coherent.value,
        perplexity: cell.perplexity,
        kl: cell.kl,
        distinct_2: cell.distinct2,
        empty_rate: cell.empty_rate,
    }
}

fn success(found: &SteeringSuccessView) -> SuccessAnswer {
    SuccessAnswer {
        as_published: found.as_published.value,
        strict: found.strict.value,
        n: found.strict.n,
        ci: found.strict.low.zip(found.strict.high).map(|(low, high)| [low, high]),
    }
}

fn remarks(found: &SteeringSuccessView) -> Vec<String> {
    found.remarks.iter().chain(&found.slope_note).cloned().collect()
}

fn human(told: &ModelSteeringView, unit: CoefficientUnit) -> String {
    let listed = |values: Vec<String>| values.join(", ");
    let norms = told.steered.iter().filter_map(|at| at.residual_norm);
    let norms = listed(norms.map(|norm| format!("{norm:.2}")).collect());
    let unit = match unit {
        CoefficientUnit::Relative => format!("residual norms ({norms})"),
        CoefficientUnit::Absolute => "absolute".to_owned(),
    };
    let layers = listed(told.steered.iter().map(|at| at.layer.to_string()).collect());
    let s = if told.steered.len() > 1 { "s" } else { "" };
    let mut out = format!("{}, layer{s} {layers}, coefficients: {unit}\n\n", told.model_name);
    let share = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.2}"));
    let header = ["scenario", "a", "n", "rate", "coherent", "perplexity", "KL", "random"];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    let mut enter = |scenario: &str, cell: &DoseCellView, random: &[DoseBandView]| {
        let band = random.iter().find(|p| Some(p.coefficient) == cell.coefficient);
        let band = band.and_then(|p| p.low.zip(p.high));
        lines.push(vec![
            scenario.to_owned(),
            cell.coefficient.map_or_else(|| "out".to_owned(), |a| a.to_string()),
            cell.n.to_string(),
            share(cell.coherent_rate_of_outcome.value),
            share(cell.coherent.value),
            cell.perplexity.map_or_else(|| "-".to_owned(), |p| format!("{p:.1}")),
            cell.kl.map_or_else(|| "-".to_owned(), |kl| format!("{kl:.3}")),
            band.map_or_else(|| "-".to_owned(), |(low, high)| format!("{low:.2}-{high:.2}")),
        ]);
    };
    let mut notes = Vec::new();
    for scenario in &told.scenarios {
        for cell in scenario.cells.iter().chain(&scenario.projected_out) {
            enter(&scenario.scenario, cell, &scenario.random);
        }
        let found = scenario.success.iter().flat_map(remarks);
        notes.extend(found.map(|remark| format!("  {}: {remark}\n", scenario.scenario)));
    }
    if told.scenarios.len() > 1 {
        for cell in told.pooled.cells.iter().chain(&told.pooled.projected_out) {
            enter("(all)", cell, &told.pooled.random);
        }
    }
    out.push_str(&output::table(&lines));
    out.extend(notes);
    out.push('\n');
    out.push_str(&overall(told));
    out
}

fn overall(told: &ModelSteeringView) -> String {
    let mut out = String::new();
    let estimate = |name: &str, e: &EstimateView| {
        format!("{name} {:.3} [{:.3}, {:.3}]\n", e.value, e.low, e.high)
    };
    if let Some(found) = &told.overall {
        let share = |s: &ShareView| match (s.value, s.low, s.high) {
            (Some(value), Some(low), Some(high)) => {
                format!("{value:.2} [{low:.2}, {high:.2}] of {}", s.n)
            }
            _ => "not countable".to_owned(),
        };
        out.push_str(&format!("success as published {}\n", share(&found.as_published)));
        out.push_str(&format!("success, strict {}\n", share(&found.strict)));
        out.push_str(&format!("moved the wrong way {}\n", share(&found.anti_steerable)));
        match &found.slope {
            Some(slope) => out.push_str(&estimate("slope (log-odds per coefficient)", slope)),
            None => out.extend(found.slope_note.iter().map(|note| format!("slope: {note}\n"))),
        }
        out.extend(found.remarks.iter().map(|remark| format!("{remark}\n")));
    }
    if let Some(effect) = &told.effect {
        out.push_str(&estimate("effect (rate above 0 minus rate below)", effect));
    }
    if let (Some(low), Some(high)) = (
        told.random_effects.iter().copied().reduce(f64::min),
        told.random_effects.iter().copied().reduce(f64::max),
    ) {
        let n = told.random_effects.len();
        out.push_str(&format!("the same along {n} random directions {low:.3} to {high:.3}\n"));
    }
    if let Some(change) = &told.project_out_change {
        out.push_str(&estimate("projected out, change of the rate", change));
    }
    out.push_str(&format!("{}\n", told.provenance));
    out
}
