//! What every command needs: where things are, the seed, the pairs, progress, and Ctrl-C.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use lens_core::{
    CancelToken, DirectionMethod, LayerSelection, Pooling, Progress, Reporter, Seed, Split,
    WeightsDtype,
};
use lens_engine::compute::{Compute, DeviceChoice};
use lens_engine::read::{ReadRequest, passages, read};
use lens_engine::store::ActivationStore;
use lens_engine::study::{PairSet, Settings};
use lens_engine::{
    EngineError, LoadedModels, ModelEntry, Places, PreparedPairs, Snapshot, read_scores,
};

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Shared {
    /// Seed of splits and intervals.
    #[arg(long, global = true, default_value_t = 0)]
    seed: u32,
    /// Write the result as JSON to FILE, or to the standard output for "-".
    #[arg(long, global = true, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Folder for what need not be computed again: activations, maps, steered responses.
    #[arg(long, global = true, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Refuse every connection; only `fetch` makes one.
    #[arg(long, global = true)]
    offline: bool,
    /// Threads to compute on; all cores when not given.
    #[arg(long, global = true, value_name = "N")]
    threads: Option<usize>,
}

/// The pairs files of a command.
#[derive(Debug, Args)]
pub(crate) struct PairsArguments {
    /// Pairs files: .jsonl, .json, .csv, .tsv or .parquet.
    #[arg(required = true, value_name = "PAIRS")]
    files: Vec<PathBuf>,
    /// Take all pairs of FILE as train or test, whatever they say themselves.
    #[arg(long, value_name = "FILE=train|test", value_parser = split_from)]
    split_from: Vec<(PathBuf, Split)>,
}

impl PairsArguments {
    /// Files that say themselves which pairs are for training.
    pub(crate) const fn of(files: Vec<PathBuf>) -> Self {
        Self { files, split_from: Vec::new() }
    }
}

/// How a command reads texts with a model.
#[derive(Debug, Args)]
pub(crate) struct ReadingArguments {
    /// How tokens become one row a text: mean, mean-all or last.
    #[arg(long, default_value_t = Pooling::Mean)]
    pub(crate) pooling: Pooling,
    /// Cut texts after this many tokens.
    #[arg(long, value_name = "N", default_value_t = 512)]
    pub(crate) token_limit: usize,
    /// Read through the model's own chat template, where it has one: the prompt as the user's turn,
    /// the text as the assistant's.
    #[arg(long)]
    pub(crate) chat_template: bool,
    /// How weights are held in memory: stored (as the file has them), f32 (the same numbers; quantised
    /// ones need not be widened again and again), or bf16 (rounded, half the memory of f32).
    #[arg(long, value_name = "DTYPE", default_value_t = WeightsDtype::Stored)]
    pub(crate) dtype: WeightsDtype,
    /// What random directions, permutations, neighbours and principal components are computed on: auto
    /// (the graphics card where it was measured to be faster), cpu, or wgpu (the best graphics adapter
    /// there is). Models are read on the processor.
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = device)]
    device: DeviceChoice,
}

impl ReadingArguments {
    /// What computes products of many rows.
    pub(crate) fn compute(&self, places: &Places) -> anyhow::Result<Compute> {
        Ok(Compute::new(self.device, &places.cache)?)
    }

    /// For commands that only read: there is nothing that a graphics card could take over.
    pub(crate) fn check_only_reads(&self) -> anyhow::Result<()> {
        if self.device == DeviceChoice::Gpu {
            let what = format!("Nothing here is for a graphics card: {}.", not_read_on("wgpu"));
            return Err(EngineError::BadValue { what, hint: "Use auto or cpu.".into() }.into());
        }
        Ok(())
    }
}

/// Which layers a command wants.
#[derive(Debug, Args)]
pub(crate) struct LayersArgument {
    /// Layers: "all", or numbers with commas between them (0 is the embedding output).
    #[arg(long, default_value = "all", value_parser = layers)]
    pub(crate) layers: LayerSelection,
}

/// What every command works with.
pub(crate) struct Context {
    pub(crate) cancel: CancelToken,
    pub(crate) json: Option<PathBuf>,
    pub(crate) progress: BarReporter,
    pub(crate) offline: bool,
    cache: Option<PathBuf>,
    seed: Seed,
}

impl Context {
    /// Sets threads and Ctrl-C up.
    pub(crate) fn new(shared: Shared) -> anyhow::Result<Self> {
        let cancel = CancelToken::default();
        let on_interrupt = cancel.clone();
        ctrlc::set_handler(move || on_interrupt.cancel()).context("Ctrl-C cannot be caught")?;
        if let Some(threads) = shared.threads {
            lens_engine::use_threads(threads)?;
        }
        Ok(Self {
            cancel,
            json: shared.json,
            progress: BarReporter::new(),
            offline: shared.offline,
            cache: shared.cache,
            seed: Seed(shared.seed),
        })
    }

    /// Reads and prepares the pairs.
    pub(crate) fn pairs(&self, arguments: &PairsArguments) -> anyhow::Result<PreparedPairs> {
        Ok(PreparedPairs::as_given(Arc::new(self.pair_set(arguments)?), self.seed))
    }

    /// The same with the human scores of a table, where there is one. Rows of it without effect are told
    /// on the standard error.
    pub(crate) fn scored_pairs(
        &self,
        arguments: &PairsArguments,
        scores: Option<&Path>,
    ) -> anyhow::Result<PreparedPairs> {
        let mut set = self.pair_set(arguments)?;
        if let Some(file) = scores {
            let table = read_scores(file, &self.cancel)?;
            set = set.with_scores(&table)?;
            self.progress.clear();
            if let Some(scores) = &set.record.scores {
                let (scored, pairs) = (scores.scored, set.pairs.len());
                eprintln!("{}: human scores for {scored} of {pairs} pairs", scores.file);
                for problem in &scores.problems {
                    eprintln!("{}:{}: {} (left out)", problem.file, problem.line, problem.message);
                }
                let more = scores.problem_count as usize - scores.problems.len();
                if more > 0 {
                    eprintln!("... and {more} more problems");
                }
            }
        }
        Ok(PreparedPairs::as_given(Arc::new(set), self.seed))
    }

    fn pair_set(&self, arguments: &PairsArguments) -> anyhow::Result<PairSet> {
        for (file, _) in &arguments.split_from {
            if !arguments.files.contains(file) {
                bail!("--split-from names {}, which is not among the files", file.display());
            }
        }
        let files: Vec<(PathBuf, Option<Split>)> = arguments
            .files
            .iter()
            .map(|file| {
                let split = arguments.split_from.iter().find(|(f, _)| f == file).map(|(_, s)| *s);
                (file.clone(), split)
            })
            .collect();
        Ok(PairSet::from_files(&files, &self.progress, &self.cancel)?)
    }

    /// Where activations are kept.
    pub(crate) fn store(&self) -> anyhow::Result<(Places, ActivationStore)> {
        let mut places = Places::find(None)?;
        if let Some(cache) = &self.cache {
            places = places.with_cache(cache.clone());
        }
        let store = ActivationStore::open(&places.cache.join("activations"))?;
        Ok((places, store))
    }

    /// How texts are read and probed.
    pub(crate) fn settings(
        &self,
        arguments: &ReadingArguments,
        method: DirectionMethod,
    ) -> Settings {
        Settings {
            pooling: arguments.pooling,
            token_limit: arguments.token_limit,
            seed: self.seed,
            chat_template: arguments.chat_template,
            method,
            weights: arguments.dtype,
        }
    }

    /// Reads the pairs with a model.
    pub(crate) fn read(
        &self,
        model: &str,
        pairs: &Arc<PreparedPairs>,
        layers: &LayerSelection,
        settings: &Settings,
        (places, store): &(Places, ActivationStore),
        models: &mut LoadedModels,
    ) -> anyhow::Result<Snapshot> {
        let model = ModelEntry::resolve(places, model)?;
        let request = ReadRequest { model: &model, layers, settings };
        let texts = passages(pairs.pairs());
        let reading = read(&request, &texts, models, store, &self.progress, &self.cancel)?;
        self.progress.clear();
        let cut = reading.truncated();
        if cut > 0 {
            eprintln!("{cut} of {} texts were cut at {} tokens", texts.len(), settings.token_limit);
        }
        Ok(Snapshot { pairs: Arc::clone(pairs), model, reading, settings: *settings })
    }
}

/// A bar on the standard error, only when that is a terminal (indicatif sees to it).
pub(crate) struct BarReporter(ProgressBar);

impl BarReporter {
    fn new() -> Self {
        let bar = ProgressBar::new(0);
        let style = "{msg} [{bar:30}] {human_pos}/{human_len} {per_sec} {eta}";
        bar.set_style(
            ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        Self(bar)
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

impl Reporter for BarReporter {
    fn report(&self, progress: Progress) {
        if self.0.message() != progress.stage {
            self.0.reset();
            self.0.set_message(progress.stage);
        }
        self.0.set_length(progress.total);
        self.0.set_position(progress.done);
    }
}

fn split_from(argument: &str) -> Result<(PathBuf, Split), String> {
    let (file, split) = argument.rsplit_once('=').ok_or("expected FILE=train or FILE=test")?;
    let split = split.parse().map_err(|e: lens_core::UnknownSplit| e.to_string())?;
    Ok((PathBuf::from(file), split))
}

/// Models are read on the processor; the other names are known so that they can be answered.
fn device(argument: &str) -> Result<DeviceChoice, String> {
    match argument {
        "auto" => Ok(DeviceChoice::Auto),
        "cpu" => Ok(DeviceChoice::Cpu),
        "wgpu" => Ok(DeviceChoice::Gpu),
        "cuda" | "metal" => Err(format!("{}; use auto, cpu or wgpu", not_read_on(argument))),
        _ => Err("use auto, cpu or wgpu".to_owned()),
    }
}

/// Why models are not read on a device.
fn not_read_on(device: &str) -> String {
    format!(
        "models are read on the processor in this version: products on {device} sum in an order that \
         depends on the batch, and a text's activations are to be the same bits every time"
    )
}

fn layers(argument: &str) -> Result<LayerSelection, String> {
    if argument == "all" {
        return Ok(LayerSelection::All);
    }
    let numbers: Result<Vec<usize>, _> = argument.split(',').map(|n| n.trim().parse()).collect();
    numbers.map(LayerSelection::These).map_err(|_| {
        format!("{argument:?} is neither \"all\" nor numbers with commas between them")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_that_models_are_not_read_on_are_refused_with_the_reason() {
        assert_eq!(device("auto"), Ok(DeviceChoice::Auto));
        assert_eq!(device("cpu"), Ok(DeviceChoice::Cpu));
        assert_eq!(device("wgpu"), Ok(DeviceChoice::Gpu));
        for other in ["cuda", "metal"] {
            assert!(device(other).is_err_and(|why| why.contains("on the processor")));
        }
        assert!(device("tpu").is_err());
    }

    #[test]
    fn layer_lists_and_split_files_are_read_or_refused() {
        assert_eq!(layers("all"), Ok(LayerSelection::All));
        assert_eq!(layers("0, 8"), Ok(LayerSelection::These(vec![0, 8])));
        assert!(layers("0-8").is_err());
        assert_eq!(split_from("a=b.jsonl=test"), Ok(("a=b.jsonl".into(), Split::Test)));
        assert!(split_from("a.jsonl").is_err() && split_from("a.jsonl=half").is_err());
    }
}
