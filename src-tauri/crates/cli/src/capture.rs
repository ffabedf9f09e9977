//! `lens capture`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use lens_core::DirectionMethod;
use lens_engine::LoadedModels;

use crate::context::{Context, LayersArgument, PairsArguments, ReadingArguments};
use crate::output;

/// Example: lens capture pairs.jsonl --model toy-llama --out activations
#[derive(Debug, Args)]
#[command(after_help = "Example: lens capture pairs.jsonl --model toy-llama --out activations")]
pub(crate) struct Capture {
    #[command(flatten)]
    pairs: PairsArguments,
    /// Bundled model or folder in the Hugging Face layout.
    #[arg(long, value_name = "MODEL")]
    model: String,
    #[command(flatten)]
    layers: LayersArgument,
    #[command(flatten)]
    reading: ReadingArguments,
    /// Folder to write one safetensors file a layer and index.json to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Capture {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<()> {
        let pairs = Arc::new(context.pairs(&self.pairs)?);
        let stored = context.store()?;
        self.reading.check_only_reads()?;
        let settings = context.settings(&self.reading, DirectionMethod::default());
        let mut models = LoadedModels::default();
        let snapshot = context.read(
            &self.model,
            &pairs,
            &self.layers.layers,
            &settings,
            &stored,
            &mut models,
        )?;
        let summary = lens_engine::write_activations(&snapshot, &stored.1, &self.out)?;
        match &context.json {
            Some(target) => output::json(target, &summary),
            None => {
                println!(
                    "{} texts, {} tokens, {} cut{}; {} files in {}",
                    summary.rows,
                    summary.tokens,
                    summary.truncated,
                    summary
                        .tokens_per_second
                        .map_or_else(String::new, |rate| format!(", {rate:.0} tokens/s")),
                    summary.files.len(),
                    self.out.display()
                );
                Ok(())
            }
        }
    }
}
