//! What the unsteered model makes of steered texts, and texts read token by token.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use common::families::{Family, numbers};
use common::sampling::{SamplingReference, score_direction};
use common::{Reference, repository};
use lens_core::{CancelToken, HookPoint};
use lens_model::{
    Assessment, ChatDate, ChatMessage, ChatTemplate, Continuation, Interventions, LanguageModel,
    ModelError, SpecialTokens,
};

fn no_stop() -> CancelToken {
    CancelToken::default()
}

#[test]
fn log_probabilities_and_divergences_are_those_of_torch() {
    let reference = SamplingReference::open();
    let ways: Vec<Interventions> =
        reference.cases.iter().map(|case| reference.interventions(case)).collect();
    let texts: Vec<Continuation<'_>> = reference
        .cases
        .iter()
        .zip(&ways)
        .map(|(case, interventions)| Continuation { ids: &case.ids, interventions })
        .collect();
    let model = &reference.model;
    let assessed = model.assess(&reference.prompt, &texts, &no_stop()).unwrap();
    for (case, assessment) in reference.cases.iter().zip(&assessed) {
        let name = &case.name;
        assert_eq!(assessment.log_probabilities.len(), case.ids.len());
        assert_eq!(assessment.divergences.len(), case.ids.len());
        for (mine, theirs) in assessment.log_probabilities.iter().zip(&case.log_probabilities) {
            assert!((mine - theirs).abs() < 1e-4, "{name}: {mine} {theirs}");
        }
        for (mine, theirs) in assessment.divergences.iter().zip(&case.divergences) {
            assert!((mine - theirs).abs() < 1e-4, "{name}: {mine} {theirs}");
            assert_eq!(*mine == 0.0, case.interventions.is_empty(), "{name}");
        }
        let mean = case.log_probabilities.iter().sum::<f64>() / case.ids.len() as f64;
        assert!((assessment.perplexity().unwrap() / (-mean).exp() - 1.0).abs() < 1e-4);
        let mean = case.divergences.iter().sum::<f64>() / case.ids.len() as f64;
        assert!((assessment.divergence().unwrap() - mean).abs() < 1e-4);
    }
    // neighbours change nothing, nor does a text without tokens
    for (i, text) in texts.iter().enumerate() {
        let empty = Continuation { ids: &[], interventions: text.interventions };
        let few = [empty, *text, Continuation { ids: &text.ids[..5], ..*text }];
        let alone = model.assess(&reference.prompt, &few, &no_stop()).unwrap();
        assert_eq!(alone[0], Assessment::default());
        assert!(alone[0].perplexity().is_none() && alone[0].divergence().is_none());
        assert_eq!(alone[1], assessed[i]);
        assert_eq!(alone[2].log_probabilities, assessed[i].log_probabilities[..5]);
        assert_eq!(alone[2].divergences, assessed[i].divergences[..5]);
    }
    assert!(model.assess(&reference.prompt, &[], &no_stop()).unwrap().is_empty());
}

/// Log-probabilities of the tokens from `prompt` on by the logits of a whole pass.
fn by_hand(model: &LanguageModel, text: &[u32], prompt: usize) -> Vec<f64> {
    let logits = numbers(&model.logits(text).unwrap());
    let vocab = logits.len() / text.len();
    let log_probability = |position: usize| {
        let row = &logits[(position - 1) * vocab..][..vocab];
        let sum: f64 = row.iter().map(|logit| f64::from(*logit).exp()).sum();
        f64::from(row[text[position] as usize]) - sum.ln()
    };
    (prompt..text.len()).map(log_probability).collect()
}

#[test]
fn every_family_is_assessed_as_its_logits_say() {
    for family in Family::all() {
        let model = family.model(candle_core::DType::F32);
        let texts = family.texts();
        let prompt = 5;
        let none = Interventions::default();
        let of = |text: usize| Continuation { ids: &texts[text][prompt..], interventions: &none };
        let assessed = model.assess(&texts[0][..prompt], &[of(0)], &no_stop());
        if !model.has_logits() {
            assert!(matches!(assessed, Err(ModelError::NoLogits)));
            continue;
        }
        let mine = &assessed.unwrap()[0].log_probabilities;
        let expected = by_hand(&model, &texts[0], prompt);
        assert_eq!(mine.len(), expected.len());
        for (mine, expected) in mine.iter().zip(&expected) {
            assert!((mine - expected).abs() < 1e-9, "{}: {mine} {expected}", family.name);
        }
    }
}

#[test]
fn a_text_that_does_not_fit_is_refused() {
    let model = Family::open("gpt2").model(candle_core::DType::F32);
    let none = Interventions::default();
    let ids = vec![3; model.info().max_positions];
    let text = Continuation { ids: &ids, interventions: &none };
    let refusal = model.assess(&[4], &[text], &no_stop());
    assert!(matches!(refusal, Err(ModelError::TooLong { .. })));
    let cancel = CancelToken::default();
    cancel.cancel();
    let text = Continuation { ids: &ids[..4], interventions: &none };
    let cancelled = model.assess(&[4], &[text], &cancel);
    assert!(matches!(cancelled, Err(ModelError::Cancelled(_))));
}

#[test]
fn scores_of_tokens_are_products_with_the_states_of_transformers() {
    for variant in common::VARIANTS {
        let reference = Reference::open(variant);
        let model = reference.model();
        let width = model.width();
        let none = Interventions::default();
        for (i, text) in reference.texts.iter().enumerate() {
            let states = reference.values("states", i);
            let tokens = reference.ids[i].len();
            for layer in 0..=model.layers() {
                let direction = score_direction(&model, layer, 0.25);
                let reading = model.read_tokens(text, 512, &direction, &none, &no_stop()).unwrap();
                assert_eq!(reading.text, *text);
                assert!(!reading.truncated);
                assert_eq!(reading.tokens.len(), tokens);
                for (position, token) in reading.tokens.iter().enumerate() {
                    assert_eq!(token.id, reference.ids[i][position]);
                    let state = &states[(layer * tokens + position) * width..][..width];
                    let product: f64 = state
                        .iter()
                        .zip(&direction.vector)
                        .map(|(h, d)| f64::from(*h) * f64::from(*d))
                        .sum();
                    let expected = product - 0.25;
                    assert!((f64::from(token.score) - expected).abs() < 1e-4);
                }
            }
        }
    }
}

#[test]
fn the_tokens_of_a_text_lie_end_to_end() {
    let reference = Reference::open("scaled");
    let none = Interventions::default();
    for (model, pieces) in [
        (reference.model(), true),
        (LanguageModel::load(repository().join("models/toy-phi3")).unwrap(), false),
    ] {
        let direction = score_direction(&model, 1, 0.0);
        for text in &reference.texts {
            let reading = model.read_tokens(text, 512, &direction, &none, &no_stop()).unwrap();
            let mut end = 0;
            for token in &reading.tokens {
                assert_eq!(token.range.start, end);
                assert!(text.get(token.range.clone()).is_some(), "{text:?} {:?}", token.range);
                end = token.range.end;
            }
            assert_eq!(end, text.len());
            if pieces {
                // BOS and EOS are not in the text
                let special: Vec<bool> = reading.tokens.iter().map(|t| t.special).collect();
                assert_eq!(special.iter().filter(|special| **special).count(), 2);
                assert!(special[0] && special[special.len() - 1]);
                assert!(reading.tokens[0].range.is_empty());
            }
        }
        let cut = model.read_tokens(&reference.texts[2], 9, &direction, &none, &no_stop()).unwrap();
        assert!(cut.truncated);
        assert_eq!(cut.tokens.len(), 9);
    }
}

#[test]
fn a_conversation_is_read_as_the_template_writes_it() {
    let model = Reference::open("plain").model();
    let source = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}";
    let template = ChatTemplate::new(source, SpecialTokens::new(), ChatDate::default()).unwrap();
    let turns =
        [ChatMessage::new("user", "How was the day?"), ChatMessage::new("assistant", "Long")];
    let direction = score_direction(&model, 2, 0.0);
    let none = Interventions::default();
    let reading =
        model.read_chat_tokens((&template, &turns), 512, &direction, &none, &no_stop()).unwrap();
    assert_eq!(reading.text, "[user] How was the day?\n[assistant] Long\n");
    let said: String = reading
        .tokens
        .iter()
        .filter(|token| !token.special)
        .map(|token| &reading.text[token.range.clone()])
        .collect();
    assert_eq!(said.replace(' ', ""), "Howwastheday?Long");
    let ids: Vec<u32> = reading.tokens.iter().map(|token| token.id).collect();
    assert_eq!(ids, model.tokenise_chat(&template, &turns, false, 512).unwrap().ids);
    let whole = model.score_tokens(&ids, ids.len(), &direction, &none, &no_stop()).unwrap();
    assert_eq!(reading.tokens.iter().map(|token| token.score).collect::<Vec<_>>(), whole);
    // the layer is the one that hooks call so
    let record = common::families::Record::of(&model, &[ids.clone()]);
    let states = record.row(HookPoint::of_layer(2), 0, ids.len());
    let last = &states[states.len() - model.width()..];
    let product: f64 =
        last.iter().zip(&direction.vector).map(|(h, d)| f64::from(*h) * f64::from(*d)).sum();
    assert!((product - f64::from(whole[ids.len() - 1])).abs() < 1e-5);
}
