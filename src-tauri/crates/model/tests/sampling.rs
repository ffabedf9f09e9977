//! Texts that are drawn: against transformers, against the distribution, and where they end.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use std::fs;
use std::path::Path;

use common::families::{Family, numbers};
use common::sampling::{Case, SamplingReference};
use common::{Reference, max_difference, single_file_copy};
use lens_core::CancelToken;
use lens_model::{
    Change, Control, Draw, Intervention, Interventions, LanguageModel, ModelError, NoHook,
    Positions, Sample, SampleEnd, SampledToken, SamplingOptions, ScoreDirection,
};

fn no_stop() -> CancelToken {
    CancelToken::default()
}

fn draws(seeds: impl IntoIterator<Item = u64>) -> Vec<Draw> {
    seeds.into_iter().map(|seed| Draw { seed, ..Draw::default() }).collect()
}

fn sample(
    model: &LanguageModel,
    prompt: &[u32],
    draws: &[Draw],
    options: &SamplingOptions,
) -> Vec<Sample> {
    let mut go = |_: SampledToken<'_>| Control::Go;
    model.sample(prompt, draws, options, None, &mut go, &no_stop()).unwrap()
}

fn warm(max_tokens: usize) -> SamplingOptions {
    SamplingOptions { temperature: 1.0, max_tokens, ..SamplingOptions::default() }
}

#[test]
fn greedy_texts_and_their_logits_are_those_of_transformers_steered_or_not() {
    let reference = SamplingReference::open();
    let model = &reference.model;
    for case in &reference.cases {
        let Case { name, ids, .. } = case;
        let interventions = reference.interventions(case);
        let options = SamplingOptions {
            repetition_penalty: case.repetition_penalty,
            max_tokens: ids.len(),
            ..SamplingOptions::default()
        };
        let draw = Draw { seed: 0, interventions: interventions.clone() };
        let drawn = sample(model, &reference.prompt, &[draw], &options);
        assert_eq!(drawn[0].ids, *ids, "{name}");
        assert_eq!(drawn[0].text, case.text, "{name}");
        assert_eq!(drawn[0].end, SampleEnd::Length);

        let mut hook = interventions.hook(&[reference.prompt.len()]);
        let mut generation = model.start(&[&reference.prompt]).unwrap();
        let mut logits = generation.read_prompts(&mut hook, &no_stop()).unwrap().unwrap();
        let difference = max_difference(&numbers(&logits), &case.first_logits);
        assert!(difference < 1e-4, "{name}: {difference}");
        for id in &ids[..ids.len() - 1] {
            logits = generation.step(&[*id], &mut hook, &no_stop()).unwrap().unwrap();
        }
        let difference = max_difference(&numbers(&logits), &case.last_logits);
        assert!(difference < 1e-4, "{name}: {difference}");
    }
}

#[test]
fn a_sample_is_the_same_bits_whatever_is_drawn_beside_it() {
    let reference = SamplingReference::open();
    let model = &reference.model;
    let ways: Vec<Interventions> =
        reference.cases.iter().map(|case| reference.interventions(case)).collect();
    let direction = reference.score_direction(3);
    let draws: Vec<Draw> = (0..9)
        .map(|i| Draw { seed: 40 + i / 2, interventions: ways[i as usize % ways.len()].clone() })
        .collect();
    let options = SamplingOptions {
        temperature: 0.8,
        top_p: Some(0.9),
        repetition_penalty: 1.1,
        max_tokens: 30,
        stop: vec!["ing".to_owned(), "at".to_owned()],
        ..SamplingOptions::default()
    };
    for score in [None, Some(&direction)] {
        let draw = |draws: &[Draw]| {
            let mut tokens = vec![Vec::new(); draws.len()];
            let mut keep = |token: SampledToken<'_>| {
                tokens[token.sample].push((token.id, token.text.to_owned(), token.score));
                Control::Go
            };
            let samples = model
                .sample(&reference.prompt, draws, &options, score, &mut keep, &no_stop())
                .unwrap();
            samples.into_iter().zip(tokens).collect::<Vec<_>>()
        };
        let together = draw(&draws);
        assert!(together.iter().any(|(s, _)| s.end == SampleEnd::StopText));
        assert!(together.iter().any(|(s, _)| s.end != SampleEnd::StopText));
        assert_ne!(together[0].0.ids, together[2].0.ids);
        for (i, (sample, told)) in together.iter().enumerate() {
            let alone = draw(&draws[i..=i]);
            assert_eq!((sample, told), (&alone[0].0, &alone[0].1), "{i}");
            let ids: Vec<u32> = told.iter().map(|(id, ..)| *id).collect();
            assert_eq!(ids, sample.ids);
            let text: String = told.iter().map(|(_, text, _)| text.as_str()).collect();
            // the model may end a text within a character, or what might become a stop text
            let whole = text == sample.text;
            assert!(whole || sample.end == SampleEnd::StopToken && sample.text.starts_with(&text));
            assert!(!text.contains("ing") && !text.contains("at"));
            let scores: Vec<f32> = told.iter().filter_map(|(.., score)| *score).collect();
            assert_eq!(scores, sample.scores);
            assert_eq!(scores.len(), if score.is_some() { ids.len() } else { 0 });
        }
    }
}

#[test]
fn streamed_scores_are_those_of_the_text_read_again() {
    let reference = SamplingReference::open();
    let model = &reference.model;
    for (case, layer) in reference.cases.iter().zip([0, 1, 2, 3, 4, 2, 3]) {
        let interventions = reference.interventions(case);
        let direction = reference.score_direction(layer);
        let draw = Draw { seed: 3, interventions: interventions.clone() };
        let mut go = |_: SampledToken<'_>| Control::Go;
        let drawn = model
            .sample(&reference.prompt, &[draw], &warm(12), Some(&direction), &mut go, &no_stop())
            .unwrap();
        let prompt = reference.prompt.len();
        let whole: Vec<u32> = reference.prompt.iter().chain(&drawn[0].ids).copied().collect();
        let scores =
            model.score_tokens(&whole, prompt, &direction, &interventions, &no_stop()).unwrap();
        assert_eq!(drawn[0].scores, scores[prompt..], "{}", case.name);
    }
}

/// Probabilities of the first token after the prompt, at a temperature.
fn probabilities(model: &LanguageModel, prompt: &[u32], temperature: f64) -> Vec<f64> {
    let logits = numbers(&model.logits(prompt).unwrap());
    let last = &logits[logits.len() - model.info().vocab..];
    let powers: Vec<f64> = last.iter().map(|l| (f64::from(*l) / temperature).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

/// Pearson's statistic of counts against probabilities, in standard deviations of its distribution
/// above its mean. Tokens that are expected fewer than five times are counted together.
fn surprise(counts: &[usize], probabilities: &[f64]) -> f64 {
    let n = counts.iter().sum::<usize>() as f64;
    let (mut statistic, mut bins, mut rest) = (0.0, 0.0, (0.0, 0.0));
    for (count, p) in counts.iter().zip(probabilities) {
        let (count, expected) = (*count as f64, n * p);
        if expected < 5.0 {
            rest = (rest.0 + count, rest.1 + expected);
        } else {
            statistic += (count - expected).powi(2) / expected;
            bins += 1.0;
        }
    }
    if rest.1 > 0.0 {
        statistic += (rest.0 - rest.1).powi(2) / rest.1;
        bins += 1.0;
    }
    let freedom: f64 = bins - 1.0;
    (statistic - freedom) / (2.0 * freedom).sqrt()
}

fn counts(model: &LanguageModel, prompt: &[u32], options: &SamplingOptions) -> Vec<usize> {
    let mut counts = vec![0; model.info().vocab];
    for drawn in sample(model, prompt, &draws(0..4000), options) {
        // a text that ends at once has no token
        let id = drawn.ids.first().copied().unwrap_or(model.stop_tokens()[0]);
        counts[id as usize] += 1;
    }
    counts
}

#[test]
fn first_tokens_are_as_frequent_as_their_probabilities() {
    let reference = SamplingReference::open();
    let (model, prompt) = (&reference.model, &reference.prompt);
    for temperature in [1.0, 0.6] {
        let expected = probabilities(model, prompt, temperature);
        let drawn = counts(model, prompt, &SamplingOptions { temperature, ..warm(1) });
        assert!(surprise(&drawn, &expected) < 3.5, "{}", surprise(&drawn, &expected));
        // the test would notice a temperature that is off
        let off = probabilities(model, prompt, 1.3 * temperature);
        assert!(surprise(&drawn, &off) > 3.5, "{}", surprise(&drawn, &off));
    }
}

#[test]
fn top_k_and_top_p_draw_among_the_likeliest_only() {
    let reference = SamplingReference::open();
    let (model, prompt) = (&reference.model, &reference.prompt);
    let all = probabilities(model, prompt, 1.0);
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by(|a, b| all[*b].total_cmp(&all[*a]));
    let reach = |p: f64| {
        let sums = order.iter().scan(0.0, |sum, token| {
            *sum += all[*token];
            Some(*sum)
        });
        sums.take_while(|sum| *sum < p).count() + 1
    };
    for (top_k, top_p, size) in [
        (Some(7), None, 7),
        (None, Some(0.5), reach(0.5)),
        (None, Some(0.97), reach(0.97)),
        (Some(40), Some(0.3), reach(0.3)),
        (Some(5), Some(0.999), 5),
    ] {
        let drawn = counts(model, prompt, &SamplingOptions { top_k, top_p, ..warm(1) });
        let mut kept = vec![0.0; all.len()];
        let sum: f64 = order[..size].iter().map(|token| all[*token]).sum();
        for token in &order[..size] {
            kept[*token] = all[*token] / sum;
        }
        assert!(drawn.iter().zip(&kept).all(|(count, p)| *count == 0 || *p > 0.0));
        assert!(surprise(&drawn, &kept) < 3.5, "{top_k:?} {top_p:?}");
    }
}

#[test]
fn a_penalty_counts_within_its_window_only() {
    let reference = SamplingReference::open();
    let (model, prompt) = (&reference.model, &reference.prompt);
    let ids = |repetition_penalty, repetition_window| {
        let options = SamplingOptions {
            repetition_penalty,
            repetition_window,
            max_tokens: 24,
            ..SamplingOptions::default()
        };
        sample(model, prompt, &draws([0]), &options)[0].ids.clone()
    };
    let plain = ids(1.0, usize::MAX);
    assert_eq!(ids(5.0, 0), plain);
    assert!(plain.windows(2).any(|pair| pair[0] == pair[1]));
    // a token may come back once another stands between
    let narrow = ids(1e6, 1);
    assert!(narrow.windows(2).all(|pair| pair[0] != pair[1]));
    let wide = ids(1e6, usize::MAX);
    assert!((1..wide.len()).all(|i| !wide[..i].contains(&wide[i]) && !prompt.contains(&wide[i])));
}

/// The tiny model with a file of its own about tokens that end texts.
fn with_file(name: &str, change: impl FnOnce(&mut serde_json::Value)) -> LanguageModel {
    let copy = single_file_copy(candle_core::DType::F32);
    edit(&copy.path().join(name), change);
    LanguageModel::load(copy.path()).unwrap()
}

fn edit(path: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    let old = fs::read_to_string(path).unwrap_or_else(|_| "{}".to_owned());
    let mut json = serde_json::from_str(&old).unwrap();
    change(&mut json);
    fs::write(path, json.to_string()).unwrap();
}

#[test]
fn a_stop_token_ends_a_sample_and_is_not_part_of_it() {
    let reference = SamplingReference::open();
    let case = &reference.cases[0];
    let stop = case.ids[6];
    let first = case.ids.iter().position(|id| *id == stop).unwrap();
    let config = |json: &mut serde_json::Value| json["eos_token_id"] = stop.into();
    let list = |json: &mut serde_json::Value| json["eos_token_id"] = serde_json::json!([319, stop]);
    for (model, stop_tokens) in [
        (with_file("config.json", config), vec![stop]),
        (with_file("generation_config.json", list), vec![stop, 319]),
    ] {
        assert_eq!(model.stop_tokens(), stop_tokens);
        let options = SamplingOptions::default();
        let drawn = sample(&model, &reference.prompt, &draws([0]), &options);
        assert_eq!(drawn[0].ids, case.ids[..first]);
        assert_eq!(drawn[0].end, SampleEnd::StopToken);
    }
    let named = |json: &mut serde_json::Value| json["eos_token"] = "<s>".into();
    assert_eq!(with_file("tokenizer_config.json", named).stop_tokens(), [0, 1]);
    let none = |json: &mut serde_json::Value| json["eos_token_id"] = serde_json::Value::Null;
    assert!(with_file("config.json", none).stop_tokens().is_empty());

    let copy = single_file_copy(candle_core::DType::F32);
    edit(&copy.path().join("generation_config.json"), |json| json["eos_token_id"] = "x".into());
    let error = LanguageModel::load(copy.path()).unwrap_err().to_string();
    assert!(error.contains("generation_config.json is neither a token's number"), "{error}");
}

#[test]
fn a_stop_text_ends_a_sample_before_it() {
    let reference = SamplingReference::open();
    let case = &reference.cases[1];
    let at = case.text.find("hing").unwrap();
    let options = SamplingOptions {
        repetition_penalty: case.repetition_penalty,
        stop: vec!["nothing like it".to_owned(), "hing".to_owned()],
        ..SamplingOptions::default()
    };
    let mut told = String::new();
    let mut listen = |token: SampledToken<'_>| {
        told.push_str(token.text);
        Control::Go
    };
    let drawn = reference
        .model
        .sample(&reference.prompt, &draws([0]), &options, None, &mut listen, &no_stop())
        .unwrap();
    assert_eq!(drawn[0].text, case.text[..at]);
    assert_eq!(told, case.text[..at]);
    assert_eq!(drawn[0].end, SampleEnd::StopText);
    assert_eq!(drawn[0].ids, case.ids[..drawn[0].ids.len()]);
}

#[test]
fn text_is_told_in_whole_characters() {
    let reference = SamplingReference::open();
    let (mut broken, mut held_back) = (0, 0);
    let samples = {
        let mut listen = |token: SampledToken<'_>| {
            broken += usize::from(token.text.ends_with('\u{FFFD}'));
            held_back += usize::from(token.text.is_empty());
            Control::Go
        };
        let options = warm(40);
        let model = &reference.model;
        model
            .sample(&reference.prompt, &draws(0..20), &options, None, &mut listen, &no_stop())
            .unwrap()
    };
    // a random model writes broken characters all the time; only at its end a text may have one
    assert!(samples.iter().any(|sample| sample.text.contains('\u{FFFD}')));
    let ends = samples.iter().filter(|sample| sample.text.ends_with('\u{FFFD}')).count();
    assert!(broken <= ends, "{broken} of {ends}");
    assert!(held_back > 0);
}

#[test]
fn a_full_context_ends_a_sample() {
    let family = Family::open("gpt2");
    let model = family.model(candle_core::DType::F32);
    let positions = model.info().max_positions;
    let prompt = vec![5_u32; positions - 3];
    let drawn = sample(&model, &prompt, &draws([1, 2]), &warm(10));
    for sample in &drawn {
        let full = sample.ids.len() == 3 && sample.end == SampleEnd::Context;
        assert!(full || sample.end == SampleEnd::StopToken, "{sample:?}");
    }
    assert!(drawn.iter().any(|sample| sample.end == SampleEnd::Context));
    let whole = vec![5; positions];
    assert!(sample(&model, &whole, &draws([1]), &warm(10))[0].ids.is_empty());
    let mut go = |_: SampledToken<'_>| Control::Go;
    let longer = vec![5; positions + 1];
    let refusal = model.sample(&longer, &draws([1]), &warm(1), None, &mut go, &no_stop());
    assert!(matches!(refusal, Err(ModelError::TooLong { .. })));
}

#[test]
fn samples_can_be_ended_and_steered_while_they_are_drawn() {
    let reference = SamplingReference::open();
    let (model, prompt) = (&reference.model, &reference.prompt);
    let shift: Vec<f32> = reference.directions[2].iter().map(|d| 3.0 * d).collect();
    let change =
        Intervention { layer: 2, change: Change::Add { shift }, positions: Positions::Generated };
    let steered = Interventions::new(model, vec![change]).unwrap();
    let options = SamplingOptions { max_tokens: 16, ..SamplingOptions::default() };
    let mut counts = [0; 3];
    let mut control = |token: SampledToken<'_>| {
        counts[token.sample] += 1;
        match (token.sample, counts[token.sample]) {
            (0, 4) => Control::End,
            (1, 6) => Control::Steer(steered.clone()),
            _ => Control::Go,
        }
    };
    let drawn =
        model.sample(prompt, &draws([0, 0, 0]), &options, None, &mut control, &no_stop()).unwrap();
    assert_eq!((drawn[0].end, drawn[0].ids.len()), (SampleEnd::Stopped, 4));
    assert_eq!(drawn[2].end, SampleEnd::Length);
    assert_eq!(drawn[0].ids, drawn[2].ids[..4]);
    assert_eq!(drawn[1].ids[..6], drawn[2].ids[..6]);
    assert_ne!(drawn[1].ids, drawn[2].ids);

    // the same by hand: the first passes without, the others with the change
    let mut generation = model.start(&[prompt]).unwrap();
    let mut logits = generation.read_prompts(&mut NoHook, &no_stop()).unwrap().unwrap();
    for step in 0..16 {
        let values = numbers(&logits);
        let best = (0..values.len()).max_by(|a, b| values[*a].total_cmp(&values[*b])).unwrap();
        assert_eq!(drawn[1].ids[step] as usize, best, "{step}");
        let mut hook =
            if step < 5 { Interventions::default() } else { steered.clone() }.hook(&[prompt.len()]);
        logits = generation.step(&[best as u32], &mut hook, &no_stop()).unwrap().unwrap();
    }
}

#[test]
fn a_cancellation_ends_it_at_the_next_token() {
    let reference = SamplingReference::open();
    let cancel = CancelToken::default();
    let mut told = 0;
    let mut listen = |_: SampledToken<'_>| {
        told += 1;
        if told == 5 {
            cancel.cancel();
        }
        Control::Go
    };
    let drawn = reference.model.sample(
        &reference.prompt,
        &draws([0]),
        &SamplingOptions::default(),
        None,
        &mut listen,
        &cancel,
    );
    assert!(matches!(drawn, Err(ModelError::Cancelled(_))));
    assert_eq!(told, 5);
}

#[test]
fn what_cannot_be_drawn_is_refused_in_a_sentence() {
    let reference = SamplingReference::open();
    let refused = |options: SamplingOptions| options.check().unwrap_err().to_string();
    let plain = SamplingOptions::default;
    for temperature in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(refused(SamplingOptions { temperature, ..plain() }).contains("temperature"));
    }
    for p in [0.0, 1.5, f64::NAN] {
        assert!(refused(SamplingOptions { top_p: Some(p), ..plain() }).contains("top-p"));
    }
    assert!(refused(SamplingOptions { top_k: Some(0), ..plain() }).contains("top-k"));
    for repetition_penalty in [0.0, -1.0, f32::NAN] {
        assert!(refused(SamplingOptions { repetition_penalty, ..plain() }).contains("penalty"));
    }
    assert!(refused(SamplingOptions { stop: vec![String::new()], ..plain() }).contains("empty"));

    let encoder = Family::open("bert").model(candle_core::DType::F32);
    let mut go = |_: SampledToken<'_>| Control::Go;
    let refusal = encoder.sample(&[2, 3], &draws([0]), &plain(), None, &mut go, &no_stop());
    assert!(matches!(refusal, Err(ModelError::NoLogits)));
    let model = &reference.model;
    let refusal = model.sample(&[], &draws([0]), &plain(), None, &mut go, &no_stop());
    assert!(matches!(refusal, Err(ModelError::NoTokens)));
    let none = model.sample(&reference.prompt, &[], &plain(), None, &mut go, &no_stop());
    assert!(none.unwrap().is_empty());
    let no_tokens = SamplingOptions { max_tokens: 0, ..plain() };
    assert!(sample(model, &reference.prompt, &draws([0]), &no_tokens)[0].ids.is_empty());
    let score = ScoreDirection { layer: 9, vector: vec![0.0; model.width()], midpoint: 0.0 };
    let refusal =
        model.sample(&reference.prompt, &draws([0]), &plain(), Some(&score), &mut go, &no_stop());
    assert!(matches!(refusal, Err(ModelError::NoSuchLayer { layer: 9, layers: 4 })));
}

#[test]
fn predictions_that_are_not_numbers_are_named() {
    let reference = Reference::open("plain");
    let model = reference.model();
    let change = Intervention {
        layer: 4,
        change: Change::Add { shift: vec![f32::MAX; model.width()] },
        positions: Positions::Generated,
    };
    let interventions = Interventions::new(&model, vec![change.clone(), change]).unwrap();
    let mut go = |_: SampledToken<'_>| Control::Go;
    let draws = [Draw::default(), Draw { seed: 0, interventions }];
    let refusal =
        model.sample(&reference.ids[0], &draws, &warm(3), None, &mut go, &no_stop()).unwrap_err();
    let sentence = refusal.to_string();
    assert!(sentence.contains("after 0 tokens of sample 1; where it is steered"), "{sentence}");
}
