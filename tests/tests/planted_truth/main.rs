//! The shipped toy models against what their generator knows: probes find the disposition and not
//! the manner of telling, the act follows the cue, and the direction moves the act.
//!
//! Every target is tested on the bound of a 95 % interval where the sample allows it; the measured
//! values are printed (`cargo test --test planted_truth -- --nocapture`).

mod everyday;
mod toy;

use anyhow::{Context, Result, ensure};
use lens_analysis::{
    HeldOutScenarios, LayerSweep, ModelSide, PairScores, auroc, bootstrap, difference,
    held_out_scenarios, layer_sweep, probe_controls, project, surface_ceiling, transfer,
};
use lens_core::{
    ActivationMatrix, CancelToken, DirectionMethod, Pooling, Seed, Side, Silent, Split,
};
use lens_tests::programs;
use rand::Rng;
use serde_json::Value;

use toy::{MODELS, Mean, PairSet, Toy, ground_truth, mean_difference};

const LEXICAL: &str = "toy-lexical.jsonl";
const MATCHED: &str = "toy-matched.jsonl";
const NUISANCE: &str = "toy-nuisance.jsonl";

/// Random directions that steering is compared with.
const RANDOM_DIRECTIONS: usize = 6;

/// Where the model is about to say what is done.
const POOLING: Pooling = Pooling::Last;

fn sweep(set: &PairSet, layers: &[(usize, ActivationMatrix)]) -> Result<LayerSweep> {
    let cancel = CancelToken::default();
    let method = DirectionMethod::MeanDifference;
    Ok(layer_sweep(layers, &set.splits, &set.scenarios(), method, Seed(0), &Silent, &cancel)?)
}

/// Both sides' scores of some pairs along a direction.
fn scores(rows: &ActivationMatrix, pairs: &[usize], along: &[f32]) -> Result<[Vec<f64>; 2]> {
    let all = project(rows, &[along])?;
    Ok([0, 1].map(|side| pairs.iter().map(|&pair| all[2 * pair + side]).collect()))
}

#[test]
fn the_probe_finds_the_disposition_in_every_model() -> Result<()> {
    for name in MODELS {
        let toy = Toy::open(name)?;
        for (file, target) in [(MATCHED, 0.95), (LEXICAL, 0.95)] {
            let set = PairSet::open(file)?;
            let sweep = sweep(&set, &toy.read(&set, POOLING)?)?;
            let chosen = sweep.layers.iter().find(|l| l.layer == sweep.chosen_layer);
            let test = chosen.context("no chosen layer")?.test.auroc;
            println!(
                "{name} {file}: layer {} chosen, AUROC {:.3} [{:.3}, {:.3}]",
                sweep.chosen_layer, test.value, test.low, test.high
            );
            ensure!(test.value >= target, "{name} {file}: AUROC {test:?}");
            ensure!(test.low > 0.9, "{name} {file}: AUROC {test:?}");
        }
    }
    Ok(())
}

#[test]
fn the_probe_does_not_follow_the_manner_of_telling() -> Result<()> {
    let (matched, nuisance) = (PairSet::open(MATCHED)?, PairSet::open(NUISANCE)?);
    for name in MODELS {
        let toy = Toy::open(name)?;
        let fitted = sweep(&matched, &toy.read(&matched, POOLING)?)?;
        let chosen = fitted.layers.iter().find(|l| l.layer == fitted.chosen_layer);
        let direction = &chosen.context("no chosen layer")?.direction;
        let told = toy.read(&nuisance, POOLING)?;
        let (_, rows) = told.get(direction.layer).context("no such layer")?;
        let all: Vec<usize> = (0..nuisance.pairs.len()).collect();
        let [positive, negative] = scores(rows, &all, &direction.vector)?;
        let both =
            PairScores { positive: &positive, negative: &negative, threshold: direction.midpoint };
        let trace = bootstrap(&[both], Seed(0), &Silent, &CancelToken::default())?;
        let trace = trace.first().context("no statistics")?.auroc;

        // That there is something to follow: a mean over the tokens tells the manner at once.
        let manner = toy.read(&nuisance, Pooling::Mean)?;
        let (train, test) = (nuisance.of(Split::Train), nuisance.of(Split::Test));
        let own = manner.iter().skip(1).map(|(_, rows)| {
            let [formal, plain] = scores(rows, &test, &mean_difference(rows, &train))?;
            Ok(auroc(&formal, &plain)?)
        });
        let own = own.collect::<Result<Vec<f64>>>()?.into_iter().fold(0.0, f64::max);
        println!(
            "{name}: disposition's direction on the manner, layer {}: AUROC {:.3} [{:.3}, {:.3}]; \
             the manner's own direction (mean) reaches {own:.3}",
            direction.layer, trace.value, trace.low, trace.high
        );
        ensure!((0.4..=0.6).contains(&trace.value), "{name}: AUROC {trace:?} on the manner");
        ensure!(own > 0.8, "{name}: the manner is not to be found at all ({own})");
    }
    Ok(())
}

#[test]
fn greedy_acts_follow_the_disposition() -> Result<()> {
    for name in MODELS {
        let toy = Toy::open(name)?;
        for file in [MATCHED, LEXICAL] {
            let set = PairSet::open(file)?;
            let all: Vec<usize> = (0..set.pairs.len()).collect();
            let acts = |side| toy.greedy(&set.texts(&all, side));
            let (caring, task) = (acts(Side::Positive)?, acts(Side::Negative)?);
            let acted = caring.iter().chain(&task).flatten().count();
            ensure!(acted == 2 * all.len(), "{name} {file}: {acted} of {} acts", 2 * all.len());
            let gaps: Vec<f64> =
                caring.iter().flatten().zip(task.iter().flatten()).map(|(c, t)| c - t).collect();
            let gap = Mean::of(&gaps);
            println!("{name} {file}: greedy P(help) differs by {gap}");
            ensure!(gap.low >= 0.5, "{name} {file}: greedy P(help) differs by {gap}");
        }
    }
    Ok(())
}

#[test]
fn the_direction_moves_the_act_and_random_ones_do_not() -> Result<()> {
    let set = PairSet::open(MATCHED)?;
    let (train, test) = (set.of(Split::Train), set.of(Split::Test));
    let (caring, task) = (set.texts(&test, Side::Positive), set.texts(&test, Side::Negative));
    let mut moved = Vec::new();
    for name in MODELS {
        let toy = Toy::open(name)?;
        let layers = toy.read(&set, POOLING)?;
        let layer = sweep(&set, &layers)?.chosen_layer;
        let (_, rows) = layers.get(layer).context("no such layer")?;
        let direction = mean_difference(rows, &train);
        let before = [toy.p_help(&task, None)?, toy.p_help(&caring, None)?];
        let change = |texts: &[&str], before: &[f64], shift: &[f32]| -> Result<Mean> {
            let after = toy.p_help(texts, Some((layer, shift)))?;
            Ok(Mean::of(&after.iter().zip(before).map(|(a, b)| a - b).collect::<Vec<_>>()))
        };
        let up = change(&task, &before[0], &direction)?;
        let back: Vec<f32> = direction.iter().map(|v| -v).collect();
        let down = change(&caring, &before[1], &back)?;

        let mut random = Vec::new();
        for draw in 0..RANDOM_DIRECTIONS {
            let shift = random_direction(&direction, draw);
            for (texts, before) in [(&task, &before[0]), (&caring, &before[1])] {
                random.push(change(texts, before, &shift)?.value.abs());
            }
        }
        let random = Mean::of(&random);
        println!(
            "{name}, layer {layer}: added {up}, taken away {down}, random directions {random}"
        );
        if up.low >= 0.3 && down.high <= -0.3 && random.high < 0.1 {
            moved.push(name);
        }
    }
    ensure!(moved.len() >= 2, "only in {moved:?} does the direction move the act");
    Ok(())
}

/// A direction with the norm of another, drawn evenly from the sphere.
fn random_direction(like: &[f32], draw: usize) -> Vec<f32> {
    let mut rng = Seed(0).stream(&format!("random direction/{draw}"));
    let mut normal = || {
        // Box and Muller
        let (a, b): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    };
    let values: Vec<f64> = like.iter().map(|_| normal()).collect();
    let norm = |squares: f64| squares.sqrt();
    let mine = norm(values.iter().map(|v| v * v).sum());
    let theirs = norm(like.iter().map(|v| f64::from(*v).powi(2)).sum());
    values.iter().map(|v| (v * theirs / mine) as f32).collect()
}

#[test]
fn words_alone_tell_the_sides_apart_only_where_they_may() -> Result<()> {
    let matched = everyday::bag_of_words_auroc(&PairSet::open(MATCHED)?)?;
    let lexical = everyday::bag_of_words_auroc(&PairSet::open(LEXICAL)?)?;
    println!("bag of words: matched {matched:.3}, lexical {lexical:.3}");
    ensure!(matched <= 0.6, "bag-of-words AUROC {matched} on {MATCHED}");
    ensure!(lexical >= 0.9, "bag-of-words AUROC {lexical} on {LEXICAL}");
    Ok(())
}

#[test]
fn the_files_hold_the_latents_that_the_truth_speaks_of() -> Result<()> {
    let truth = ground_truth()?;
    for file in [LEXICAL, MATCHED, NUISANCE] {
        let set = PairSet::open(file)?;
        ensure!(set.pairs.len() == 200, "{file} has {} pairs", set.pairs.len());
        for pair in &set.pairs {
            for side in Side::BOTH {
                let latent = |name: &str| {
                    let key = format!("{}_{name}", side.name());
                    pair.metadata.get(&key).with_context(|| format!("{} lacks {key}", pair.id))
                };
                let disposition = latent("disposition")?;
                let pressure = pair.metadata.get("pressure").context("no pressure")?;
                let told: f64 = latent("p_help")?.parse()?;
                let known = truth.pointer(&format!("/p_help/not_careful/{disposition}/{pressure}"));
                ensure!(
                    known.and_then(Value::as_f64) == Some(told),
                    "{}: {told} {known:?}",
                    pair.id
                );
            }
        }
    }
    Ok(())
}

#[test]
fn every_shipped_model_is_small() -> Result<()> {
    for name in MODELS {
        let path = programs::models().join(name).join("model.safetensors");
        let bytes = std::fs::metadata(&path)?.len();
        ensure!(bytes <= 12_000_000, "{name} has {bytes} bytes");
    }
    Ok(())
}

/// Where the sides of every pair are called by the toss of a coin there is no concept to find.
#[test]
fn nothing_is_shown_where_the_sides_are_called_by_chance() -> Result<()> {
    const SEEDS: u32 = 100;
    // At a level of 5 %, more than 11 of 100 happen once in a hundred times.
    const MOST: usize = 11;
    let set = PairSet::open(MATCHED)?;
    let toy = Toy::open("toy-llama")?;
    let layers = toy.read(&set, POOLING)?;
    let (scenarios, cancel) = (set.scenarios(), CancelToken::default());
    let mut passed = [0; 3];
    let (mut any, mut alone) = (0, 0);
    for seed in 0..SEEDS {
        let mut coin = Seed(seed).stream("labels");
        let swap: Vec<bool> = set.pairs.iter().map(|_| coin.random()).collect();
        let order: Vec<usize> = swap
            .iter()
            .enumerate()
            .flat_map(|(pair, &swap)| {
                let [first, second] = [2 * pair, 2 * pair + 1];
                if swap { [second, first] } else { [first, second] }
            })
            .collect();
        let called: Vec<(usize, ActivationMatrix)> =
            layers.iter().map(|(layer, rows)| (*layer, rows.select(&order))).collect();
        let sweep = sweep(&set, &called)?;
        let found =
            probe_controls(&called, &set.splits, &scenarios, &sweep, Seed(0), &Silent, &cancel)?;

        let texts: Vec<[&str; 2]> = set
            .pairs
            .iter()
            .zip(&swap)
            .map(|(pair, &swap)| {
                let [a, b] = [pair.positive.as_str(), pair.negative.as_str()];
                if swap { [b, a] } else { [a, b] }
            })
            .collect();
        let surface = surface_ceiling(&texts, &set.splits, Seed(0), &Silent, &cancel)?;
        let (_, ceiling) = surface.ceiling().and_then(|c| c.tested()).context("no ceiling")?;
        let chosen = sweep.layers.iter().find(|l| l.layer == sweep.chosen_layer);
        let direction = &chosen.context("no chosen layer")?.direction;
        let (_, rows) = called.iter().find(|(l, _)| *l == direction.layer).context("no rows")?;
        let [positive, negative] = scores(rows, &set.of(Split::Test), &direction.vector)?;
        let probe =
            PairScores { positive: &positive, negative: &negative, threshold: direction.midpoint };
        let above = difference(probe, ceiling.as_pair_scores(), Seed(0))?;
        let method = DirectionMethod::MeanDifference;
        let held_out = held_out_scenarios(
            rows,
            direction.layer,
            &scenarios,
            method,
            Seed(0),
            &Silent,
            &cancel,
        )?;
        let HeldOutScenarios::Tested(held_out) = held_out else {
            anyhow::bail!("the scenarios of {MATCHED} are not tested");
        };
        // As the evidence ladder judges them: the others only where the first is passed.
        let separable = found.permutation.p_corrected < 0.05;
        let p = held_out.p.context("no p of the held-out scenarios")?;
        let rungs = [
            separable,
            separable && above.low > 0.0,
            separable && held_out.macro_auroc.low > 0.5 && p < 0.05,
        ];
        alone += usize::from(p < 0.05);
        for (count, passes) in passed.iter_mut().zip(rungs) {
            *count += usize::from(passes);
        }
        any += usize::from(rungs.contains(&true));
    }
    println!(
        "labels by chance, {SEEDS} seeds: separable {}, beats the ceiling {}, transfers {} ({alone} by \
         its p alone); any of them {any}",
        passed[0], passed[1], passed[2]
    );
    ensure!(any <= MOST, "{any} of {SEEDS} seeds show a concept that is not there");
    Ok(())
}

/// Orthonormal rows: random ones, each without what it shares with those before it.
fn rotation(width: usize, seed: Seed) -> Vec<Vec<f64>> {
    let mut random = seed.stream("rotation");
    let mut rows: Vec<Vec<f64>> = Vec::new();
    while rows.len() < width {
        let mut row: Vec<f64> = (0..width).map(|_| random.random_range(-1.0..1.0)).collect();
        // Twice, because once leaves the rounding of the first.
        for _ in 0..2 {
            for other in &rows {
                let shared: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
                row.iter_mut().zip(other).for_each(|(a, b)| *a -= shared * b);
            }
        }
        let norm = row.iter().map(|v| v * v).sum::<f64>().sqrt();
        rows.push(row.into_iter().map(|v| v / norm).collect());
    }
    rows
}

/// A copy of a model whose residual stream is turned has the same concept in other coordinates.
#[test]
fn a_direction_is_carried_into_a_rotated_copy() -> Result<()> {
    let set = PairSet::open(MATCHED)?;
    let toy = Toy::open("toy-llama")?;
    let layers = toy.read(&set, POOLING)?;
    let fitted = sweep(&set, &layers)?;
    let (_, rows) = layers.get(fitted.chosen_layer).context("no such layer")?;
    let turn = rotation(rows.width(), Seed(3));
    let values: Vec<f32> = rows
        .iter_rows()
        .flat_map(|row| {
            turn.iter().map(|axis| {
                row.iter().zip(axis).map(|(&v, a)| f64::from(v) * a).sum::<f64>() as f32
            })
        })
        .collect();
    let turned = ActivationMatrix::new(rows.rows(), rows.width(), values)?;
    let train = set.of(Split::Train);
    let (own, other) = (mean_difference(rows, &train), mean_difference(&turned, &train));
    let found = transfer(
        &ModelSide { rows, direction: &own },
        &ModelSide { rows: &turned, direction: &other },
        &set.splits,
        &set.scenarios(),
        Seed(0),
        &Silent,
        &CancelToken::default(),
    )?;
    let raw = found.raw_cosine.context("no raw cosine")?;
    println!("rotated copy: raw cosine {raw:.3}");
    ensure!(raw.abs() < 0.3, "the raw cosine is {raw}");
    for map in &found.maps {
        let name = map.settings.kind().name();
        println!("  {name}: cosine {:.4}, AUROC {:.3}", map.cosine, map.auroc.value);
        println!("    shuffled: cosine {:?}, AUROC {:?}", map.shuffled.cosine, map.shuffled.auroc);
        ensure!(map.auroc.value > 0.95, "{name}: AUROC {:?}", map.auroc);
        ensure!((0.3..0.7).contains(&map.shuffled.auroc.mean), "{name}: {:?}", map.shuffled);
    }
    let best = found.maps.iter().map(|map| map.cosine).fold(0.0, f64::max);
    ensure!(best > 0.99, "no map carries the direction: cosine {best}");
    Ok(())
}
