//! How many tokens a second are read: `capture_speed MODEL_FOLDER TEXTS.jsonl [batch tokens]`,
//! where every line of the texts is `{"text": ...}`. All layers, mean pooling, best of five runs.

use std::error::Error;
use std::time::Instant;

use lens_core::{CancelToken, Pooling, Silent};
use lens_model::{CaptureOptions, LanguageModel, ModelError};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "capture_speed MODEL_FOLDER TEXTS.jsonl [batch tokens]";
    let (folder, file) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let batch_tokens =
        arguments.next().map_or(Ok(CaptureOptions::BATCH_TOKENS), |tokens| tokens.parse())?;
    let mut texts = Vec::new();
    for line in std::fs::read_to_string(file)?.lines() {
        let row: serde_json::Value = serde_json::from_str(line)?;
        texts.push(row["text"].as_str().ok_or("a line without text")?.to_owned());
    }

    let start = Instant::now();
    let model = LanguageModel::load(folder)?;
    println!("loaded in {:.3} s", start.elapsed().as_secs_f64());
    let options = CaptureOptions {
        layers: (0..=model.layers()).collect(),
        pooling: Pooling::Mean,
        token_limit: CaptureOptions::TOKEN_LIMIT,
        batch_tokens,
    };
    let mut best = f64::INFINITY;
    let mut tokens = 0;
    for _ in 0..5 {
        let start = Instant::now();
        let mut sink = |_| -> Result<(), ModelError> { Ok(()) };
        let read = model.capture(&texts, &options, &Silent, &CancelToken::default(), &mut sink)?;
        best = best.min(start.elapsed().as_secs_f64());
        tokens = read.tokens;
    }
    println!("{tokens} tokens in {best:.3} s: {:.0} tokens/s", tokens as f64 / best);
    Ok(())
}
