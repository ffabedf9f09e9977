//! How many tokens a second a model writes: `writing MODEL TEXT PROMPT_TOKENS NEW_TOKENS`. The prompt
//! is the text's beginning, each token the likeliest. Prints JSON, tokens a second in each of some
//! rounds: one text (`plain`), one text steered at one layer (`steered`), and five at once (`five`).
//! Times hold the reading of the prompt, but not the first use of the model.

use std::error::Error;
use std::time::Instant;

use lens_core::CancelToken;
use lens_model::{
    Change, Control, Draw, Intervention, Interventions, LanguageModel, Positions, SamplingOptions,
};

const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, text, prompt, new] = arguments.as_slice() else {
        return Err("writing MODEL TEXT PROMPT_TOKENS NEW_TOKENS".into());
    };
    let model = LanguageModel::load(model)?;
    let prompt = model.tokenise(text, prompt.parse()?)?.ids;
    let new: usize = new.parse()?;
    // small against the stream, so that the text is about as long; what it costs is the same
    let shift: Vec<f32> = (0..model.width()).map(|i| (i as f32).sin() * 1e-3).collect();
    let change = Intervention {
        layer: model.layers() / 2,
        change: Change::Add { shift },
        positions: Positions::Generated,
    };
    let steered = Interventions::new(&model, vec![change])?;
    let draw =
        |interventions: &Interventions| Draw { seed: 0, interventions: interventions.clone() };
    let plain = Interventions::default();
    let kinds = [
        ("plain", vec![draw(&plain)]),
        ("steered", vec![draw(&steered)]),
        ("five", vec![draw(&plain); 5]),
    ];
    write(&model, &prompt, &kinds[0].1, 2)?;
    let mut rates = kinds.each_ref().map(|_| Vec::new());
    // in turn, so that what else the machine does falls on all
    for _ in 0..ROUNDS {
        for ((_, draws), rates) in kinds.iter().zip(&mut rates) {
            rates.push(write(&model, &prompt, draws, new)?);
        }
    }
    let fields = kinds.iter().zip(&rates);
    let fields: Vec<String> =
        fields.map(|((name, _), rates)| format!("\"{name}\": {rates:.3?}")).collect();
    println!("{{\"prompt_tokens\": {}, {}}}", prompt.len(), fields.join(", "));
    Ok(())
}

/// Tokens a second, all texts together.
fn write(
    model: &LanguageModel,
    prompt: &[u32],
    draws: &[Draw],
    max_tokens: usize,
) -> Result<f64, Box<dyn Error>> {
    let options = SamplingOptions { max_tokens, ..SamplingOptions::default() };
    let start = Instant::now();
    let samples = model.sample(
        prompt,
        draws,
        &options,
        None,
        &mut |_| Control::Go,
        &CancelToken::default(),
    )?;
    let tokens: usize = samples.iter().map(|sample| sample.ids.len()).sum();
    if tokens < max_tokens * draws.len() {
        return Err("the model ended a text before it was long enough".into());
    }
    Ok(tokens as f64 / start.elapsed().as_secs_f64())
}
