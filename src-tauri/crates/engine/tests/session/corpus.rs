//! The tokens of all pairs as the window asks for them.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use lens_engine::Session;
use lens_engine::contract::{ApiError, ErrorCode, JobEvent, TokenAlongView};
use lens_engine::corpus::score_tokens;

use super::{Bench, PATIENCE, events_of, start};

const LAYER: u32 = 2;

fn scored(session: &Arc<Session>) -> Vec<JobEvent> {
    let (sender, events) = channel();
    let sender = Mutex::new(sender);
    let tell = move |event| drop(sender.lock().unwrap().send(event));
    score_tokens(session, "toy-llama", LAYER, tell).unwrap();
    events_of(&events)
}

#[test]
fn a_job_scores_the_tokens_of_all_pairs_which_are_kept_and_written_as_a_table() {
    let bench = Bench::new();
    let session = bench.session();
    session.import_pairs(&bench.pairs("mine", 24), None).unwrap();
    let (id, events) = start(&session);
    while !matches!(events.recv_timeout(PATIENCE).unwrap(), JobEvent::ModelReady { .. }) {}
    session.cancel_job(&id);
    events_of(&events);

    let early = session.tokens_along("toy-llama", LAYER, 5).unwrap_err();
    assert_eq!(ApiError::from(early).code, ErrorCode::NotReady);
    assert!(score_tokens(&session, "toy-llama", 99, |_| {}).is_err());
    let told = scored(&session);
    assert!(matches!(told.last(), Some(JobEvent::Finished)), "{:?}", told.last());
    assert!(told.iter().any(|event| matches!(event, JobEvent::Progress { .. })));

    let view = session.tokens_along("toy-llama", LAYER, 5).unwrap();
    assert!(view.provenance.contains("mean-difference direction of the training pairs, layer 2"));
    let rows: Vec<_> = view.towards.iter().chain(&view.against).collect();
    assert!(view.towards.windows(2).all(|rows| rows[0].mean >= rows[1].mean));
    assert!(view.against.windows(2).all(|rows| rows[0].mean <= rows[1].mean));
    assert_eq!(rows.len() as u32, view.counted);
    for row in &rows {
        assert!(row.count >= 5 && row.count == row.positive + row.negative, "{row:?}");
        assert_eq!(row.contexts.len(), 3);
        for context in &row.contexts {
            assert_eq!(context.token, row.token);
            let pair = session.pair_detail(context.pair).unwrap().row;
            let text = if context.positive { pair.positive } else { pair.negative };
            let shown = format!("{}{}{}", context.before, context.token, context.after);
            assert!(text.contains(shown.trim_matches(['…', ' '])), "{shown:?} in {text:?}");
        }
    }
    // What only one side says lies farther to that side.
    let mean = |side: &dyn Fn(&TokenAlongView) -> bool| {
        let of_side: Vec<f64> = rows.iter().filter(|row| side(row)).map(|row| row.mean).collect();
        assert!(of_side.len() >= 2, "{rows:?}");
        of_side.iter().sum::<f64>() / of_side.len() as f64
    };
    let positive = mean(&|row| row.positive == 24 && row.negative == 0);
    let negative = mean(&|row| row.negative == 24 && row.positive == 0);
    assert!(positive > 0.0 && negative < 0.0, "{positive} {negative}");

    // All tokens together make up the difference of the sides.
    let all = session.tokens_along("toy-llama", LAYER, 1).unwrap();
    let shares = all.towards.iter().chain(&all.against).map(|row| row.share.unwrap());
    assert_eq!(all.counted, all.distinct);
    assert!((shares.sum::<f64>() - 1.0).abs() < 1e-6);
    assert!(all.strongest_share.unwrap() > 0.5 && all.counted > view.counted);

    let path = bench.path("tokens.csv");
    session.export_tokens_along("toy-llama", LAYER, 5, &path).unwrap();
    let csv = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], format!("# {}", view.provenance));
    assert_eq!(lines[1], "token,count,positive,negative,mean,sd,share");
    assert_eq!(lines.len() as u32, 2 + view.counted);

    drop(session);
    let reopened = bench.session();
    let mine = bench.path("mine.jsonl");
    reopened.import_pairs(&mine, None).unwrap();
    assert_eq!(reopened.tokens_along("toy-llama", LAYER, 5).unwrap(), view, "kept");
    assert_eq!(scored(&reopened).len(), 1, "there at once");
}
