//! `lens read`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use lens_core::{DirectionMethod, LayerSelection};
use lens_engine::contract::{TokenAlongView, TokenHeatView, TokensAlongView};
use lens_engine::map::TokenStore;
use lens_engine::probe::sweep;
use lens_engine::steering::{read_direction, read_text};
use lens_engine::{LoadedModels, ModelEntry, corpus};

use crate::context::{Context, PairsArguments, ReadingArguments};
use crate::output;
use crate::probe::method;

/// Tokens of either side that are printed.
const PRINTED: usize = 15;

/// Example: lens read "I am sorry to hear that." --model toy-llama --direction care.safetensors
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lens read \"I am sorry to hear that.\" --model toy-llama --direction care.safetensors
  lens read --corpus pairs.jsonl --model toy-llama --out tokens.csv")]
pub(crate) struct Read {
    /// A text, or a file of text.
    #[arg(value_name = "TEXT|FILE", required_unless_present = "corpus")]
    text: Option<String>,
    /// Bundled model or folder in the Hugging Face layout.
    #[arg(long, value_name = "MODEL")]
    model: String,
    /// A direction: .npy, .safetensors, or a control vector (.gguf).
    #[arg(long, value_name = "FILE", required_unless_present = "corpus")]
    direction: Option<PathBuf>,
    /// How the file counts layers, where it does not say: residual, block or generator.
    #[arg(long, value_name = "CONVENTION", conflicts_with = "corpus")]
    convention: Option<String>,
    /// Layer to read at (0 is the embedding output), where the file of the direction has several or
    /// does not say. With --corpus the layer chosen by cross-validation when not given.
    #[arg(long, value_name = "L")]
    layer: Option<u32>,
    /// Pairs files whose tokens are read along their own probe, each different token with its mean
    /// score.
    #[arg(long, value_name = "PAIRS", num_args = 1.., conflicts_with_all = ["text", "direction"])]
    corpus: Vec<PathBuf>,
    #[command(flatten)]
    reading: ReadingArguments,
    /// How the direction of the pairs is found.
    #[arg(long, value_parser = method, default_value = "mean-difference", requires = "corpus")]
    method: DirectionMethod,
    /// How often a token has to occur in the pairs.
    #[arg(long, value_name = "N", default_value_t = 5, requires = "corpus")]
    fewest: u32,
    /// CSV file to write with --corpus: every token that occurs often enough, by falling mean.
    #[arg(long, value_name = "FILE", requires = "corpus")]
    out: Option<PathBuf>,
}

impl Read {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<()> {
        match (&self.text, &self.direction) {
            (Some(text), Some(direction)) => self.text(context, text, direction),
            _ => self.pairs(context),
        }
    }

    fn text(&self, context: &Context, text: &str, direction: &Path) -> anyhow::Result<()> {
        let path = Path::new(text);
        let text = if path.is_file() { std::fs::read_to_string(path)? } else { text.to_owned() };
        let (places, store) = context.store()?;
        let model = ModelEntry::resolve(&places, &self.model)?;
        let direction = read_direction(direction, self.convention.as_deref(), self.layer)?;
        let held = self.reading.dtype;
        let told = read_text(&model, &store, held, &direction, &text, &context.cancel)?;
        match &context.json {
            Some(target) => output::json(target, &told),
            None => {
                print!("{}", human(&told));
                Ok(())
            }
        }
    }

    fn pairs(&self, context: &Context) -> anyhow::Result<()> {
        let pairs = Arc::new(context.pairs(&PairsArguments::of(self.corpus.clone()))?);
        let stored = context.store()?;
        let settings = context.settings(&self.reading, self.method);
        let layers = match self.layer {
            Some(layer) => LayerSelection::These(vec![layer as usize]),
            None => LayerSelection::All,
        };
        let mut models = LoadedModels::default();
        let snapshot =
            context.read(&self.model, &pairs, &layers, &settings, &stored, &mut models)?;
        let (places, store) = &stored;
        let (progress, cancel) = (&context.progress, &context.cancel);
        let layer = match self.layer {
            Some(layer) => layer as usize,
            None => sweep(&snapshot, store, progress, cancel)?.chosen_layer,
        };
        let tokens = TokenStore::in_folder(places.cache.join("tokens"));
        let compute = self.reading.compute(places)?;
        let (models, fewest) = (&mut models, self.fewest as usize);
        let scored =
            corpus::score(&snapshot, store, &tokens, layer, models, &compute, progress, cancel)?;
        progress.clear();
        output::notices(&compute);
        if let Some(out) = &self.out {
            scored.write_csv(fewest, out)?;
        }
        let told = scored.view(&snapshot, fewest)?;
        match &context.json {
            Some(target) => output::json(target, &told),
            None => {
                print!("{}", of_pairs(&told));
                Ok(())
            }
        }
    }
}

fn human(told: &TokenHeatView) -> String {
    let mut lines = vec![["score", "mean so far", "token"].map(str::to_owned).to_vec()];
    let mut means = told.running_mean.iter();
    for token in &told.tokens {
        let number = |value: Option<f64>| value.map_or_else(|| "-".into(), |v| format!("{v:+.3}"));
        let mean = token.score.and_then(|_| means.next().copied());
        // line ends and spaces have to be seen
        lines.push(vec![number(token.score), number(mean), format!("{:?}", token.text)]);
    }
    let cut = if told.truncated { "the text was cut at the model's last position\n" } else { "" };
    format!("{}{cut}{}\n", output::columns(&lines), told.provenance)
}

fn of_pairs(told: &TokensAlongView) -> String {
    let mut out = format!(
        "{} tokens at layer {}, {} different ones, {} of them at least {} times\n",
        told.tokens, told.layer, told.distinct, told.counted, told.fewest
    );
    for (side, rows) in [("towards", &told.towards), ("against", &told.against)] {
        let header = ["mean", "sd", "positive", "negative", "share", side];
        let mut lines = vec![header.map(str::to_owned).to_vec()];
        lines.extend(rows.iter().take(PRINTED).map(cells));
        out.push_str(&format!("\n{}", output::columns(&lines)));
    }
    if let Some(share) = told.strongest_share {
        out.push_str(&format!(
            "\nthe {} tokens with the largest shares make up {:.0} % of the difference between the \
             sides\n",
            told.strongest,
            share * 100.0
        ));
    }
    format!("{out}{}\n", told.provenance)
}

fn cells(row: &TokenAlongView) -> Vec<String> {
    vec![
        format!("{:+.3}", row.mean),
        format!("{:.3}", row.sd),
        row.positive.to_string(),
        row.negative.to_string(),
        row.share.map_or_else(|| "-".into(), |share| format!("{:.1} %", share * 100.0)),
        format!("{:?}", row.token),
    ]
}
