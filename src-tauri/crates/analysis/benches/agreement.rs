//! Seconds for comparing three models of random rows: all layers with all layers by CKA and RSA, one
//! direction carried by every map, its reliability, and the agreement of scores.
//!
//!     cargo bench -p lens-analysis --bench agreement [-- TEXTS [WIDTH [LAYERS]]]

use std::error::Error;
use std::time::Instant;

use lens_analysis::{
    Convention, Form, LayerChoice, ModelScores, ModelSide, PairScores, Representation,
    agreement_matrix, mean_difference, similarity, split_digest, split_half_reliability, transfer,
};
use lens_core::{
    ActivationMatrix, CancelToken, Digest, DirectionMethod, Pooling, Seed, Silent, Split,
};
use rand::Rng;

const MODELS: u32 = 3;

/// Rows with a part that all models share, so that there is something to find.
fn rows(texts: usize, width: usize, name: &str) -> Result<ActivationMatrix, Box<dyn Error>> {
    let mut own = Seed(1).stream(name);
    let mut shared = Seed(1).stream("shared");
    let mut values = Vec::with_capacity(texts * width);
    for text in 0..texts {
        let common: f32 = shared.random_range(-1.0..1.0);
        let side = if text % 2 == 0 { 0.2 } else { 0.0 };
        values.extend((0..width).map(|_| common + side + own.random_range(-1.0_f32..1.0)));
    }
    Ok(ActivationMatrix::new(texts, width, values)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let mut number = |default: usize| arguments.next().map_or(Ok(default), |n| n.parse());
    let (texts, width, layers) = (number(1_000)?, number(4_096)?, number(33)?);
    let form = Form::for_shape(texts, width);
    println!("{MODELS} models of {layers} layers, {texts} texts x {width}, {form:?}");

    let (mut making, mut preparing) = (0.0, 0.0);
    let mut models = Vec::new();
    for model in 0..MODELS {
        let mut prepared = Vec::with_capacity(layers);
        for layer in 0..layers {
            let start = Instant::now();
            let rows = rows(texts, width, &format!("{model}/{layer}"))?;
            making += start.elapsed().as_secs_f64();
            let start = Instant::now();
            prepared.push(Representation::of(&rows, form)?);
            preparing += start.elapsed().as_secs_f64();
        }
        models.push(prepared);
    }
    println!("rows made in {making:.1} s (not counted), prepared in {preparing:.1} s");
    let start = Instant::now();
    let mut sum = 0.0;
    for (at, second) in models.iter().enumerate() {
        for first in models.iter().take(at) {
            let found = similarity(first, second, &Silent, &CancelToken::default())?;
            sum += found.cka.iter().flatten().sum::<f64>() / found.cka.len() as f64;
        }
    }
    let comparing = start.elapsed().as_secs_f64();
    println!("compared in {comparing:.1} s (mean CKA {:.3})", sum / 3.0);
    println!("similarity: {:.1} s", preparing + comparing);
    drop(models);

    let pairs = texts / 2;
    let (a, b) = (rows(2 * pairs, width, "a")?, rows(2 * pairs, width, "b")?);
    let splits: Vec<Split> =
        (0..pairs).map(|i| if i % 10 < 7 { Split::Train } else { Split::Test }).collect();
    let train: Vec<usize> = (0..pairs).filter(|i| i % 10 < 7).collect();
    let (from, to) = (mean_difference(&a, &train, 0)?, mean_difference(&b, &train, 0)?);
    let start = Instant::now();
    let found = transfer(
        &ModelSide { rows: &a, direction: &from.vector },
        &ModelSide { rows: &b, direction: &to.vector },
        &splits,
        &vec![None; pairs],
        Seed(0),
        &Silent,
        &CancelToken::default(),
    )?;
    println!("transfer of one direction: {:.1} s", start.elapsed().as_secs_f64());
    for map in found.maps {
        println!("  {:?}: cosine {:.3}, AUROC {:.3}", map.settings, map.cosine, map.auroc.value);
    }

    let start = Instant::now();
    let test: Vec<usize> = (0..pairs).filter(|i| i % 10 >= 7).collect();
    let fit = |rows: &ActivationMatrix, train: &[usize]| mean_difference(rows, train, 0);
    let cancel = CancelToken::default();
    let repeats = split_half_reliability(&a, &train, &test, Seed(0), &fit, &cancel)?;
    println!("reliability {:.3?}: {:.2} s", repeats.overall, start.elapsed().as_secs_f64());

    let start = Instant::now();
    let convention = Convention {
        layer_choice: LayerChoice::Given,
        method: DirectionMethod::MeanDifference,
        pooling: Pooling::Mean,
        token_limit: 512,
        chat_template: false,
        data: Digest::of(b"random rows"),
        split: split_digest(&splits),
        part: None,
    };
    let mut random = Seed(2).stream("scores");
    let mut side = || -> Vec<f64> { (0..pairs).map(|_| random.random()).collect() };
    let sides: Vec<(Vec<f64>, Vec<f64>)> = (0..MODELS).map(|_| (side(), side())).collect();
    let scores: Vec<ModelScores<'_>> = sides
        .iter()
        .map(|(positive, negative)| ModelScores {
            name: "random",
            convention: &convention,
            scores: PairScores { positive, negative, threshold: 0.5 },
            reliability: None,
        })
        .collect();
    let cells = agreement_matrix(&scores, Seed(0), &Silent, &cancel)?;
    let seconds = start.elapsed().as_secs_f64();
    println!("agreement of {MODELS} models, {} cells: {seconds:.2} s", cells.len());
    Ok(())
}
