//! `lens direction`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use lens_core::{DirectionMethod, LayerSelection};
use lens_engine::LoadedModels;
use lens_engine::steering::{check_direction_file, write_direction};

use crate::context::{Context, PairsArguments, ReadingArguments};
use crate::output;
use crate::probe::method;

/// Example: lens direction pairs.jsonl --model toy-llama --layer 4 --out empathy.gguf
#[derive(Debug, Args)]
#[command(
    after_help = "Example: lens direction pairs.jsonl --model toy-llama --layer 4 --out empathy.gguf\n\n\
                  In a control vector (.gguf) layer L is direction.{L-1}: llama.cpp counts blocks from \
                  0, and layers here are counted by the blocks before them."
)]
pub(crate) struct Direction {
    #[command(flatten)]
    pairs: PairsArguments,
    /// Bundled model or folder in the Hugging Face layout.
    #[arg(long, value_name = "MODEL")]
    model: String,
    /// Layer of the residual stream (0 is the embedding output).
    #[arg(long, value_name = "L")]
    layer: usize,
    #[command(flatten)]
    reading: ReadingArguments,
    /// How the direction is found.
    #[arg(long, value_parser = method, default_value = "mean-difference")]
    method: DirectionMethod,
    /// File to write: .npy (components alone), .safetensors (with layer, threshold and provenance), or
    /// .gguf (a control vector of llama.cpp).
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Direction {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<()> {
        check_direction_file(&self.out, self.layer)?;
        let pairs = Arc::new(context.pairs(&self.pairs)?);
        let stored = context.store()?;
        let layer = LayerSelection::These(vec![self.layer]);
        self.reading.check_only_reads()?;
        let settings = context.settings(&self.reading, self.method);
        let mut models = LoadedModels::default();
        let snapshot =
            context.read(&self.model, &pairs, &layer, &settings, &stored, &mut models)?;
        let written = write_direction(&snapshot, &stored.1, self.layer, &self.out)?;
        match &context.json {
            Some(target) => output::json(target, &written),
            None => {
                println!(
                    "direction of {} at layer {} ({}, norm {:.3}) in {}",
                    written.model,
                    written.layer,
                    written.method,
                    written.norm,
                    written.file.display()
                );
                Ok(())
            }
        }
    }
}
