//! `lens read`.

use std::path::{Path, PathBuf};

use clap::Args;
use lens_core::WeightsDtype;
use lens_engine::ModelEntry;
use lens_engine::contract::TokenHeatView;
use lens_engine::steering::{read_direction, read_text};

use crate::context::Context;
use crate::output;

/// Example: lens read "I am sorry to hear that." --model toy-llama --direction care.safetensors
#[derive(Debug, Args)]
#[command(
    after_help = "Example: lens read \"I am sorry to hear that.\" --model toy-llama --direction care.safetensors"
)]
pub(crate) struct Read {
    /// A text, or a file of text.
    #[arg(value_name = "TEXT|FILE")]
    text: String,
    /// Bundled model or folder in the Hugging Face layout.
    #[arg(long, value_name = "MODEL")]
    model: String,
    /// A direction: .npy, .safetensors, or a control vector (.gguf).
    #[arg(long, value_name = "FILE")]
    direction: PathBuf,
    /// How the file counts layers, where it does not say: residual, block or generator.
    #[arg(long, value_name = "CONVENTION")]
    convention: Option<String>,
    /// Layer to read at, where the file has several or does not say (0 is the embedding output).
    #[arg(long, value_name = "L")]
    layer: Option<u32>,
    /// How weights are held in memory: stored, f32 or bf16.
    #[arg(long, value_name = "DTYPE", default_value_t = WeightsDtype::Stored)]
    dtype: WeightsDtype,
}

impl Read {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<()> {
        let path = Path::new(&self.text);
        let text = if path.is_file() { std::fs::read_to_string(path)? } else { self.text.clone() };
        let (places, store) = context.store()?;
        let model = ModelEntry::resolve(&places, &self.model)?;
        let direction = read_direction(&self.direction, self.convention.as_deref(), self.layer)?;
        let told = read_text(&model, &store, self.dtype, &direction, &text, &context.cancel)?;
        match &context.json {
            Some(target) => output::json(target, &told),
            None => {
                print!("{}", human(&told));
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
