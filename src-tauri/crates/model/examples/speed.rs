//! How many tokens a second are read and written: `speed MODEL TEXTS.jsonl [stored|f32|bf16 [batch tokens]]`,
//! where every line of the texts is `{"text": ...}`. Capture: all layers, mean pooling, best of
//! three runs. Generation: one text at a time, the likeliest token after each, best of three runs.

use std::error::Error;
use std::time::Instant;

use lens_core::{CancelToken, Pooling, Silent, WeightsDtype};
use lens_model::{CaptureOptions, Interventions, LanguageModel, ModelError, NoHook};

const RUNS: usize = 3;
const WRITTEN: usize = 48;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "speed MODEL TEXTS.jsonl [stored|f32|bf16 [batch tokens]]";
    let (folder, file) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let held = arguments.next().map_or(Ok(WeightsDtype::Stored), |name| name.parse())?;
    let batch_tokens =
        arguments.next().map_or(Ok(CaptureOptions::BATCH_TOKENS), |tokens| tokens.parse())?;
    let mut texts = Vec::new();
    for line in std::fs::read_to_string(file)?.lines() {
        let row: serde_json::Value = serde_json::from_str(line)?;
        texts.push(row["text"].as_str().ok_or("a line without text")?.to_owned());
    }

    let start = Instant::now();
    let model = LanguageModel::load_as(folder, held)?;
    println!("loaded in {:.3} s", start.elapsed().as_secs_f64());
    let options = CaptureOptions {
        layers: (0..=model.layers()).collect(),
        pooling: Pooling::Mean,
        token_limit: CaptureOptions::TOKEN_LIMIT,
        batch_tokens,
        interventions: Interventions::default(),
    };
    let capture = || {
        let mut sink = |_| -> Result<(), ModelError> { Ok(()) };
        let read = model.capture(&texts, &options, &Silent, &CancelToken::default(), &mut sink)?;
        Ok(read.tokens as usize)
    };
    println!("read {}", best(capture)?);
    if model.has_logits() {
        let prompt = model.tokenise(texts.first().ok_or("no texts")?, 32)?.ids;
        println!("written {}", best(|| write(&model, &prompt))?);
    }
    Ok(())
}

/// The fastest of some runs, each of which gives its number of tokens.
fn best(run: impl Fn() -> Result<usize, Box<dyn Error>>) -> Result<String, Box<dyn Error>> {
    let (mut seconds, mut tokens) = (f64::INFINITY, 0);
    for _ in 0..RUNS {
        let start = Instant::now();
        tokens = run()?;
        seconds = seconds.min(start.elapsed().as_secs_f64());
    }
    Ok(format!("{tokens} tokens in {seconds:.3} s: {:.1} tokens/s", tokens as f64 / seconds))
}

fn write(model: &LanguageModel, prompt: &[u32]) -> Result<usize, Box<dyn Error>> {
    let cancel = CancelToken::default();
    let mut text = model.start(&[prompt])?;
    let mut logits = text.read_prompts(&mut NoHook, &cancel)?.ok_or("stopped")?;
    for _ in 0..WRITTEN {
        let next = logits.squeeze(0)?.argmax(0)?.to_scalar::<u32>()?;
        logits = text.step(&[next], &mut NoHook, &cancel)?.ok_or("stopped")?;
    }
    Ok(WRITTEN)
}
