//! Steering in the window's session: planned, stopped, gone on with, looked at, taken back; texts
//! generated live and read token by token.

use std::fs;
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use lens_engine::Session;
use lens_engine::contract::{
    ApiError, CoefficientUnit, ErrorCode, JobEvent, LiveEvent, LiveRequest, LiveText, PromptStyle,
    SteeredPositions, SteeringMode, SteeringPlanView, SteeringView,
};
use lens_engine::steering::{live, run_steering};

use crate::common::{Bench, PATIENCE, events_of, read_to_end};

const MODEL: &str = "toy-llama";

/// A session whose pairs toy-llama alone has read.
fn read_session(bench: &Bench) -> Arc<Session> {
    let session = bench.session();
    session.import_pairs(&bench.pairs("steered", 12), None).unwrap();
    session.choose_models(vec![MODEL.into()]).unwrap();
    read_to_end(&session);
    session
}

fn small_plan(session: &Session) -> SteeringPlanView {
    SteeringPlanView {
        scenario_set: "toy".into(),
        scenarios: vec!["toy-maze".into(), "toy-duel".into()],
        coefficients: vec![-0.3, 0.0, 0.3],
        samples: 2,
        random_directions: 0,
        max_tokens: 40,
        ..session.steering().unwrap().plan
    }
}

fn run(session: &Arc<Session>, stop_after: Option<usize>) -> Vec<JobEvent> {
    let (sender, events) = channel();
    let (sender, told) = (Mutex::new(sender), Mutex::new(0));
    let shared = Arc::clone(session);
    run_steering(session, move |event| {
        if matches!(event, JobEvent::SteeringReady { .. }) {
            let mut told = told.lock().unwrap();
            *told += 1;
            if Some(*told) == stop_after {
                // the only job of its kind: its id is the first
                (0..9).for_each(|n| shared.cancel_job(&format!("reading-{n}")));
            }
        }
        drop(sender.lock().unwrap().send(event));
    })
    .unwrap();
    events_of(&events)
}

fn done(view: &SteeringView) -> (u32, u32) {
    (view.models[0].cells_done, view.models[0].cells_total)
}

#[test]
fn a_plan_is_sampled_stopped_and_gone_on_with() {
    let bench = Bench::new();
    let session = read_session(&bench);
    let before = session.steering().unwrap();
    assert!(before.pending && before.models[0].residual_norm.is_none());
    assert!(before.sets.iter().any(|set| set.key == "agent" && set.scenarios.len() == 5));

    let view = session.change_steering(&small_plan(&session)).unwrap();
    assert_eq!(view.plan.coefficients, [-0.3, 0.0, 0.3]);
    let early = session.steering_samples(MODEL, "toy-maze", Some(0.3)).unwrap_err();
    assert_eq!(ApiError::from(early).code, ErrorCode::NotReady);

    let events = run(&session, Some(3));
    assert!(matches!(events.last(), Some(JobEvent::Cancelled)), "{events:?}");
    let stopped = session.steering().unwrap();
    // two scenarios, three coefficients and the projection
    assert_eq!(done(&stopped), (3, 8));
    assert!(stopped.pending && stopped.models[0].overall.is_none());
    let rest = run(&session, None);
    let sampled = rest.iter().filter(|e| matches!(e, JobEvent::SteeringReady { .. })).count();
    assert_eq!(sampled, 5, "what was kept is not sampled again");
    let whole = session.steering().unwrap();
    assert!(!whole.pending);
    let model = &whole.models[0];
    assert_eq!(done(&whole), (8, 8));
    assert!(model.overall.is_some() && model.effect.is_some());
    assert!(model.project_out_change.is_some() && model.random_effects.is_empty());
    assert!(model.provenance.contains("temperature 0.7"), "{}", model.provenance);

    // more samples: those there are stay, and more are drawn beside them
    let first = session.steering_samples(MODEL, "toy-maze", Some(0.3)).unwrap();
    assert_eq!(first.samples.len(), 2);
    assert!(first.prompt.contains("maze"), "{}", first.prompt);
    let more = SteeringPlanView { samples: 3, ..small_plan(&session) };
    let more = session.change_steering(&more).unwrap();
    assert_eq!(done(&more), (0, 8));
    run(&session, None);
    let second = session.steering_samples(MODEL, "toy-maze", Some(0.3)).unwrap();
    assert_eq!(second.samples[..2], first.samples[..]);
    for sample in &second.samples {
        let stretches: String = sample.stretches.iter().map(|s| s.text.as_str()).collect();
        let tokens: String = sample.tokens.iter().map(|t| t.text.as_str()).collect();
        assert_eq!(stretches, tokens);
        assert!(sample.tokens.iter().all(|t| t.score.is_some()));
    }
    let unsteered = session.steering_samples(MODEL, "toy-maze", Some(0.0)).unwrap();
    assert!(unsteered.samples.iter().all(|s| s.kl == Some(0.0)));
    assert!(session.steering_samples(MODEL, "toy-maze", None).is_ok(), "projected out");
    assert!(session.steering_samples(MODEL, "toy-maze", Some(9.0)).is_err());

    // the last edit can be taken back, and what was sampled for it is still there
    session.undo().unwrap();
    assert_eq!(session.steering().unwrap().plan.samples, 2);
    assert!(!session.steering().unwrap().pending);
}

/// The weights of the references' encoder with words for its tokens.
fn encoder(bench: &Bench) -> String {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/reference");
    let folder = bench.path("tiny-bert");
    fs::create_dir(&folder).unwrap();
    for name in ["config.json", "model.safetensors"] {
        fs::copy(reference.join("families/bert").join(name), folder.join(name)).unwrap();
    }
    let words = ["[UNK]", "anna", "stops", "to", "help", "the", "tired", "man", "walks", "past"];
    let words: Vec<String> =
        words.iter().enumerate().map(|(at, word)| format!("\"{word}\": {at}")).collect();
    let tokenizer = format!(
        r#"{{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": {{"type": "Lowercase"}}, "pre_tokenizer": {{"type": "Whitespace"}},
        "post_processor": null, "decoder": null,
        "model": {{"type": "WordLevel", "vocab": {{{}}}, "unk_token": "[UNK]"}}}}"#,
        words.join(", ")
    );
    fs::write(folder.join("tokenizer.json"), tokenizer).unwrap();
    folder.to_string_lossy().into_owned()
}

#[test]
fn an_encoder_is_told_beside_the_models_that_are_steered() {
    let bench = Bench::new();
    let session = bench.session();
    session.import_pairs(&bench.pairs("steered", 12), None).unwrap();
    let bert = encoder(&bench);
    session.add_model(Path::new(&bert)).unwrap();
    session.choose_models(vec![MODEL.into(), bert.clone()]).unwrap();
    read_to_end(&session);
    // the scenarios to begin with are those of the models that can be steered
    assert_eq!(session.steering().unwrap().plan.scenario_set, "toy");
    let view = session.change_steering(&small_plan(&session)).unwrap();
    let problem = |view: &SteeringView| {
        let model = view.models.iter().find(|model| model.model_id == bert).unwrap();
        model.problem.clone().unwrap_or_default()
    };
    assert!(problem(&view).starts_with("tiny-bert is an encoder"), "{}", problem(&view));
    let events = run(&session, None);
    assert!(matches!(events.last(), Some(JobEvent::Finished)), "{events:?}");
    let failed = events.iter().any(|event| matches!(event, JobEvent::ModelFailed { .. }));
    assert!(!failed, "it was run all the same: {events:?}");
    let view = session.steering().unwrap();
    assert!(!view.pending && view.models.iter().any(|m| m.problem.is_none() && m.cells_done == 8));
    // its tokens can be read all the same
    assert!(session.token_heat(&bert, None, "Anna stops").is_ok());

    // Alone it is refused before a job begins, and nothing stands in the next one's way.
    session.choose_models(vec![bert.clone()]).unwrap();
    let refused = run_steering(&session, |_| {}).unwrap_err();
    assert!(refused.to_string().contains("is an encoder"), "{refused}");
    let evidence = session.evidence().unwrap();
    let rungs = &evidence.models[0].rungs;
    let sixth = rungs.iter().find(|rung| rung.number == 6).unwrap();
    assert!(!sixth.parts.is_empty(), "{sixth:?}");
    session.choose_models(vec![MODEL.into()]).unwrap();
    assert!(matches!(run(&session, None).last(), Some(JobEvent::Finished)));
}

#[test]
fn several_layers_are_planned_with_the_probes_directions_or_those_of_a_file() {
    let bench = Bench::new();
    let session = read_session(&bench);
    let plan = SteeringPlanView { layers: vec![3, 2, 2], ..small_plan(&session) };
    let view = session.change_steering(&plan).unwrap();
    assert_eq!((view.plan.layer, view.plan.layers.as_slice()), (None, &[2, 3][..]));
    let layers = |view: &SteeringView| -> Vec<u32> {
        view.models[0].steered.iter().map(|at| at.layer).collect()
    };
    assert_eq!(layers(&view), [2, 3]);
    assert!(matches!(run(&session, None).last(), Some(JobEvent::Finished)));
    let whole = session.steering().unwrap();
    assert!(!whole.pending && whole.models[0].overall.is_some());
    let [two, three] = whole.models[0].steered.as_slice() else { panic!("two layers") };
    assert!(two.residual_norm.is_some() && two.residual_norm != three.residual_norm);
    assert_eq!(whole.models[0].layer, session.layer_sweep(MODEL).unwrap().chosen_layer);
    assert!(session.steering_samples(MODEL, "toy-maze", Some(0.3)).is_ok());

    let far = SteeringPlanView { layers: vec![2, 99], ..plan.clone() };
    let told = session.change_steering(&far).unwrap();
    assert!(told.models[0].problem.as_ref().is_some_and(|p| p.contains("no layer 99")));

    // A file of three layers: at one of them, then at two.
    let path = bench.path("three.safetensors");
    let entries: Vec<String> = (0..3)
        .map(|at| {
            let (number, from, to) = (at + 2, at * 512, (at + 1) * 512);
            format!(
                "\"direction.{number}\": {{\"dtype\": \"F32\", \"shape\": [128], \
                 \"data_offsets\": [{from}, {to}]}}"
            )
        })
        .collect();
    let header = format!("{{{}}}", entries.join(", "));
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    for at in 0..3 * 128 {
        bytes.extend((at as f32).sin().to_le_bytes());
    }
    fs::write(&path, bytes).unwrap();
    session.import_direction(&path, Some("residual"), Some(4)).unwrap();
    let view = session.steering().unwrap();
    assert_eq!((layers(&view), view.plan.layers.len()), (vec![4], 0));
    let plan = SteeringPlanView { layers: vec![2, 4], ..view.plan };
    let view = session.change_steering(&plan).unwrap();
    assert_eq!((layers(&view), view.models[0].problem.as_deref()), (vec![2, 4], None));
    let lacking = SteeringPlanView { layers: vec![2, 5], ..plan.clone() };
    let error = ApiError::from(session.change_steering(&lacking).unwrap_err());
    assert!(error.message.contains("no direction for layer 5"), "{error:?}");
    // What was read stays in the study when the file goes.
    fs::remove_file(&path).unwrap();
    assert_eq!(layers(&session.steering().unwrap()), [2, 4]);
    let single = SteeringPlanView { layers: Vec::new(), ..plan };
    assert_eq!(layers(&session.change_steering(&single).unwrap()), [4]);
}

#[test]
fn scenarios_and_directions_come_from_files() {
    let bench = Bench::new();
    let session = read_session(&bench);
    let file = bench.file("mine.json", r#"[{"id": "a", "prompt": "So Ada"}]"#);
    let view = session.import_scenarios(&file).unwrap();
    assert_eq!(view.sets.last().map(|set| set.name.as_str()), Some("mine.json"));
    assert_eq!(view.plan.scenario_set, view.sets.last().unwrap().key);
    let empty = bench.file("empty.json", "[]");
    let error = ApiError::from(session.import_scenarios(&empty).unwrap_err());
    assert!(error.message.contains("empty") && error.code == ErrorCode::Input, "{error:?}");

    let vector: Vec<u8> =
        [3.0_f32].iter().chain(&[0.0; 127]).flat_map(|v| v.to_le_bytes()).collect();
    let mut npy = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    let head = "{'descr': '<f4', 'fortran_order': False, 'shape': (128,), }";
    npy.extend(format!("{head:<117}\n").as_bytes());
    npy.extend(vector);
    let path = bench.file("care.npy", "");
    fs::write(&path, npy).unwrap();
    assert!(session.import_direction(&path, None, None).is_err(), "its layer has to be said");
    let view = session.import_direction(&path, Some("residual"), Some(3)).unwrap();
    assert_eq!(view.plan.direction.as_ref().and_then(|d| d.layer), Some(3));
    assert_eq!((view.models[0].layer, view.models[0].problem.as_deref()), (3, None));
    // it stays in the study when the file goes
    fs::remove_file(&path).unwrap();
    assert_eq!(session.steering().unwrap().models[0].layer, 3);
    session.undo().unwrap();
    assert!(session.steering().unwrap().plan.direction.is_none());

    let mut odd = small_plan(&session);
    odd.coefficients = vec![1.0];
    let error = ApiError::from(session.change_steering(&odd).unwrap_err());
    assert!(error.message.contains("lack 0"), "{error:?}");
}

#[test]
fn a_text_is_generated_live_and_steered_meanwhile() {
    let bench = Bench::new();
    let session = read_session(&bench);
    let request = LiveRequest {
        model_id: MODEL.into(),
        prompt: "Ada was a clerk in Gildern. So Ada".into(),
        prompt_style: PromptStyle::Chat,
        layer: None,
        coefficient: 0.0,
        unit: CoefficientUnit::Relative,
        mode: SteeringMode::Add,
        positions: SteeredPositions::Generated,
        temperature: 0.0,
        top_p: 1.0,
        max_tokens: 24,
        seed: 1,
    };
    let blank = LiveRequest { prompt: " \n".into(), ..request.clone() };
    assert!(live(&session, blank, |_| {}).is_err());
    let odd = LiveRequest { coefficient: f64::NAN, ..request.clone() };
    assert!(live(&session, odd, |_| {}).is_err());

    let generate = |steer: Option<f64>| {
        let (sender, events) = channel();
        let shared = Arc::clone(&session);
        let sender = Mutex::new(sender);
        let id = Mutex::new(None::<String>);
        let id = Arc::new(id);
        let known = Arc::clone(&id);
        let started = live(&session, request.clone(), move |event| {
            if let (LiveEvent::Token { .. }, Some(to)) = (&event, steer) {
                // the id is known by the first token, or by the next
                if let Some(id) = known.lock().unwrap().as_deref() {
                    shared.steer_live(id, to).unwrap();
                }
            }
            drop(sender.lock().unwrap().send(event));
        })
        .unwrap();
        *id.lock().unwrap() = Some(started);
        let mut seen = Vec::new();
        loop {
            let event = events.recv_timeout(PATIENCE).expect("it says how it ended");
            let last = matches!(event, LiveEvent::Finished | LiveEvent::Failed { .. });
            seen.push(event);
            if last {
                return seen;
            }
        }
    };
    let text = |events: &[LiveEvent], wanted: LiveText| -> String {
        let pieces = events.iter().filter_map(|event| match event {
            LiveEvent::Token { of, token, .. } if *of == wanted => Some(token.text.as_str()),
            _ => None,
        });
        pieces.collect()
    };
    let still = generate(None);
    assert!(matches!(still.last(), Some(LiveEvent::Finished)), "{still:?}");
    assert!(matches!(still.first(), Some(LiveEvent::Begun { scale }) if *scale > 0.0));
    let unsteered = text(&still, LiveText::Unsteered);
    assert!(!unsteered.is_empty());
    assert_eq!(unsteered, text(&still, LiveText::Steered), "at 0 nothing is changed");

    let moved = generate(Some(3.0));
    assert_eq!(text(&moved, LiveText::Unsteered), unsteered);
    assert_ne!(text(&moved, LiveText::Steered), unsteered);
    let coefficients: Vec<f64> = moved
        .iter()
        .filter_map(|event| match event {
            LiveEvent::Token { of: LiveText::Steered, coefficient, .. } => Some(*coefficient),
            _ => None,
        })
        .collect();
    assert_eq!(coefficients.first(), Some(&0.0));
    assert_eq!(coefficients.last(), Some(&3.0));

    let heat = session.token_heat(MODEL, None, "Ada was kind. So Ada").unwrap();
    let whole: String = heat.tokens.iter().map(|t| t.text.as_str()).collect();
    assert_eq!(whole, "Ada was kind. So Ada");
    assert_eq!(heat.running_mean.len(), heat.tokens.iter().filter(|t| t.score.is_some()).count());
    assert!(heat.scale > 0.0 && !heat.truncated);
    assert!(session.token_heat(MODEL, Some(99), "Ada").is_err());
    assert!(session.token_heat("nobody", None, "Ada").is_err());
}
