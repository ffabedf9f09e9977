//! Steering in the window's session: planned, stopped, gone on with, looked at, taken back; texts
//! generated live and read token by token.

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
    std::fs::write(&path, npy).unwrap();
    assert!(session.import_direction(&path, None, None).is_err(), "its layer has to be said");
    let view = session.import_direction(&path, Some("residual"), Some(3)).unwrap();
    assert_eq!(view.plan.direction.as_ref().and_then(|d| d.layer), Some(3));
    assert_eq!((view.models[0].layer, view.models[0].problem.as_deref()), (3, None));
    // it stays in the study when the file goes
    std::fs::remove_file(&path).unwrap();
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
