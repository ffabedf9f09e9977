//! Maps as the window asks for them: what shapes them, what they hold, and the job that draws them.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use lens_engine::contract::{
    ApiError, ClustersFigure, ColourBy, ErrorCode, ExportFormat, ExportRequest, FigurePreset,
    FigureRequest, FigureTheme, JobEvent, MapFit, MapLevel, MapMethod, MapMetric,
    ProjectionRequest, UmapSettingsView,
};
use lens_engine::{Session, draw_map};

use super::{Bench, PATIENCE, events_of, header, pca, start};

/// A layer in the middle of the shipped model.
const LAYER: u32 = 2;

fn request(method: MapMethod, level: MapLevel, fit: MapFit) -> ProjectionRequest {
    let few = UmapSettingsView { neighbors: 8, min_dist: 0.1, metric: MapMetric::Euclidean };
    let umap = (method == MapMethod::Umap).then_some(few);
    ProjectionRequest { method, level, fit, umap, ..pca(LAYER, 2) }
}

/// Pairs of which every third is held out, and says `ending` at its end.
fn split_pairs(bench: &Bench, name: &str, ending: &str) -> std::path::PathBuf {
    let rows: String = (0..24)
        .map(|i| {
            let (split, ending) = if i % 3 == 0 { ("test", ending) } else { ("train", "now") };
            format!(
                "{{\"id\":\"{i}\",\"scenario\":\"s{}\",\"split\":\"{split}\",\
                 \"positive\":\"Anna stops to help the tired man number {i} {ending}.\",\
                 \"negative\":\"Anna walks past the tired man number {i} {ending}.\"}}\n",
                i % 2
            )
        })
        .collect();
    bench.file(name, &rows)
}

/// A session whose model has read the pairs; the controls are not waited for.
fn read(bench: &Bench, pairs: &std::path::Path) -> Arc<Session> {
    let session = bench.session();
    session.import_pairs(pairs, None).unwrap();
    let (id, events) = start(&session);
    while !matches!(events.recv_timeout(PATIENCE).unwrap(), JobEvent::ModelReady { .. }) {}
    session.cancel_job(&id);
    let last = events_of(&events).pop();
    assert!(matches!(last, Some(JobEvent::Cancelled | JobEvent::Finished)), "{last:?}");
    session
}

fn begin(session: &Arc<Session>, request: &ProjectionRequest) -> (String, Receiver<JobEvent>) {
    let (sender, events) = channel();
    let sender = Mutex::new(sender);
    let tell = move |event| drop(sender.lock().unwrap().send(event));
    (draw_map(session, request, tell).unwrap(), events)
}

/// Draws a map to the end and gives its header, its coordinates and all its bytes.
fn drawn(
    session: &Arc<Session>,
    request: &ProjectionRequest,
) -> (serde_json::Value, Vec<f32>, Vec<u8>) {
    let (_, events) = begin(session, request);
    let seen = events_of(&events);
    assert!(
        matches!(seen.as_slice(), [.., JobEvent::MapReady, JobEvent::Finished]),
        "{:?}",
        seen.last()
    );
    shown(session, request)
}

fn shown(session: &Session, request: &ProjectionRequest) -> (serde_json::Value, Vec<f32>, Vec<u8>) {
    let packet = session.projection(request).unwrap();
    let bytes = packet.clone().into_bytes();
    let (head, body) = header(packet);
    let numbers = body.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect();
    (head, numbers, bytes)
}

#[test]
fn a_map_of_neighbours_is_drawn_by_a_job_kept_and_the_same_wherever_it_is_drawn() {
    let (bench, other) = (Bench::new(), Bench::new());
    let wanted = request(MapMethod::Umap, MapLevel::Texts, MapFit::All);
    let bytes = {
        let session = read(&bench, &split_pairs(&bench, "map.jsonl", "now"));
        let early = ApiError::from(session.projection(&wanted).unwrap_err());
        assert_eq!(early.code, ErrorCode::NotReady);
        let (head, coordinates, bytes) = drawn(&session, &wanted);
        assert_eq!((head["rows"].as_u64(), head["axes"][1].as_str()), (Some(48), Some("UMAP 2")));
        assert!(head["quality"]["trustworthiness"].as_f64().unwrap() > 0.5);
        assert_eq!(coordinates.len(), 96);
        let means = [0, 1].map(|axis| coordinates.iter().skip(axis).step_by(2).sum::<f32>() / 48.);
        assert!(means.iter().all(|mean| mean.abs() < 1e-3), "around its middle: {means:?}");

        let mut odd = wanted.clone();
        odd.umap = odd.umap.map(|umap| UmapSettingsView { neighbors: 1, ..umap });
        assert_eq!(
            ApiError::from(draw_map(&session, &odd, |_| {}).unwrap_err()).code,
            ErrorCode::Input
        );
        bytes
    };
    let reopened = bench.session();
    assert_eq!(shown(&reopened, &wanted).2, bytes, "kept for the next start");
    let elsewhere = read(&other, &split_pairs(&other, "map.jsonl", "now"));
    assert!(elsewhere.projection(&wanted).is_err());
    assert_eq!(drawn(&elsewhere, &wanted).2, bytes, "same input, same bytes");
}

#[test]
fn held_out_pairs_do_not_move_a_map_that_the_training_pairs_shape() {
    let (bench, other) = (Bench::new(), Bench::new());
    let session = read(&bench, &split_pairs(&bench, "one.jsonl", "now"));
    let changed = read(&other, &split_pairs(&other, "two.jsonl", "while the rain falls on"));
    for method in [MapMethod::Pca, MapMethod::Probe, MapMethod::Umap] {
        for fit in [MapFit::All, MapFit::Train] {
            let wanted = request(method, MapLevel::Texts, fit);
            let [(head, a, _), (_, b, _)] = [&session, &changed].map(|session| match method {
                MapMethod::Umap => drawn(session, &wanted),
                _ => shown(session, &wanted),
            });
            assert!(head["quality"]["neighbors"].as_u64().is_some());
            // Pairs 0, 3, 6 ... are held out: two points of two coordinates each.
            let [held_out, training] = [true, false].map(|held_out| {
                let pairs = a.chunks_exact(4).zip(b.chunks_exact(4)).enumerate();
                pairs.filter(|(i, _)| (i % 3 == 0) == held_out).all(|(_, (a, b))| a == b)
            });
            assert!(!held_out, "{method:?} {fit:?}: other texts lie elsewhere");
            assert_eq!(training, fit == MapFit::Train, "{method:?} {fit:?}");
            let note = head["notes"].to_string();
            assert_eq!(note.contains("32 texts of the training pairs"), fit == MapFit::Train);
        }
    }
}

/// Coordinates, then the text, word, position and score of every token.
struct Tokens {
    points: Vec<[f32; 2]>,
    text: Vec<usize>,
    word: Vec<String>,
    position: Vec<u32>,
    score: Vec<f32>,
}

fn tokens(head: &serde_json::Value, body: &[f32]) -> Tokens {
    let rows = head["rows"].as_u64().unwrap() as usize;
    let words: Vec<String> = serde_json::from_value(head["words"].clone()).unwrap();
    assert_eq!(body.len(), 6 * rows);
    let whole = |at: usize| body[at * rows..(at + 1) * rows].iter().map(|v| v.to_bits());
    Tokens {
        points: body[..2 * rows].as_chunks().0.to_vec(),
        text: whole(2).map(|v| v as usize).collect(),
        word: whole(3).map(|v| words[v as usize].clone()).collect(),
        position: whole(4).collect(),
        score: body[5 * rows..].to_vec(),
    }
}

/// What is linear stays so: the mean score of a text's tokens is the score of its mean.
#[test]
fn the_probes_axis_holds_the_scores_of_texts_and_tokens() {
    let bench = Bench::new();
    let session = read(&bench, &split_pairs(&bench, "probe.jsonl", "now"));
    let (head, texts, _) =
        shown(&session, &request(MapMethod::Probe, MapLevel::Texts, MapFit::All));
    assert_eq!(head["axes"][0], "Distance along the probe");
    let along: Vec<f32> = texts.iter().step_by(2).copied().collect();

    let (_, body) = header(session.scores("toy-llama", LAYER).unwrap());
    let z = body.as_chunks().0.iter().take(48).map(|&b| f32::from_le_bytes(b));
    let ratios: Vec<f32> = along.iter().zip(z).map(|(x, z)| x / z).collect();
    assert!(ratios[0] > 0.0);
    for ratio in &ratios {
        assert!((ratio / ratios[0] - 1.0).abs() < 1e-3, "one scale for all: {ratios:?}");
    }

    let wanted = request(MapMethod::Probe, MapLevel::Tokens, MapFit::Train);
    let early = ApiError::from(session.projection(&wanted).unwrap_err());
    assert_eq!(early.code, ErrorCode::NotReady);
    let (head, body, bytes) = drawn(&session, &wanted);
    let found = tokens(&head, &body);
    assert!(found.points.iter().zip(&found.score).all(|(point, score)| point[0] == *score));
    for (text, along) in along.iter().enumerate() {
        let of_text: Vec<usize> =
            (0..found.text.len()).filter(|&at| found.text[at] == text).collect();
        let mean = of_text.iter().map(|&at| found.score[at]).sum::<f32>() / of_text.len() as f32;
        assert!((mean - along).abs() < 1e-4 * (1.0 + along.abs()), "text {text}: {mean}, {along}");
        assert!(of_text.windows(2).all(|at| found.position[at[0]] < found.position[at[1]]));
        let joined: String = of_text.iter().map(|&at| found.word[at].as_str()).collect();
        let pair = session.pair_detail(text as u32 / 2).unwrap().row;
        let written = if text % 2 == 0 { pair.positive } else { pair.negative };
        assert_eq!(joined.trim(), written);
    }
    assert_eq!(drawn(&session, &wanted).2, bytes);

    let map = drawn(&session, &request(MapMethod::Umap, MapLevel::Tokens, MapFit::All));
    assert_eq!(tokens(&map.0, &map.1).score, found.score);
}

/// The models are busy with the controls, so the tokens wait; a stop does not.
#[test]
fn a_map_of_tokens_can_be_stopped_while_it_waits_for_the_models() {
    let bench = Bench::new();
    let session = bench.session();
    session.import_pairs(&bench.pairs("many", 300), None).unwrap();
    let (reading, events) = start(&session);
    while !matches!(events.recv_timeout(PATIENCE).unwrap(), JobEvent::ModelReady { .. }) {}
    let wanted = request(MapMethod::Pca, MapLevel::Tokens, MapFit::All);
    let (id, told) = begin(&session, &wanted);
    let busy = draw_map(&session, &wanted, |_| {}).unwrap_err();
    assert_eq!(ApiError::from(busy).code, ErrorCode::Busy);
    session.cancel_job(&id);
    assert!(matches!(events_of(&told).pop(), Some(JobEvent::Cancelled)));
    let still = ApiError::from(session.projection(&wanted).unwrap_err());
    assert_eq!(still.code, ErrorCode::NotReady);
    session.cancel_job(&reading);
    let last = events_of(&events).pop();
    assert!(matches!(last, Some(JobEvent::Cancelled)), "the reading went on meanwhile: {last:?}");
    let (head, ..) = drawn(&session, &wanted);
    assert!(head["rows"].as_u64().unwrap() > 600);
}

/// A file of the cache that was cut, or is not what it should be, is read again.
#[test]
fn tokens_whose_file_is_damaged_are_read_again() {
    let bench = Bench::new();
    let session = read(&bench, &split_pairs(&bench, "damaged.jsonl", "now"));
    let (_, _, bytes) = drawn(&session, &request(MapMethod::Pca, MapLevel::Tokens, MapFit::All));
    let file = || {
        let files = std::fs::read_dir(bench.path("cache/tokens")).unwrap();
        files.map(|file| file.unwrap().path()).next().unwrap()
    };
    let whole = std::fs::read(file()).unwrap();
    let renamed = |from: &str, to: &str| {
        let at = whole.windows(from.len()).position(|bytes| bytes == from.as_bytes()).unwrap();
        [&whole[..at], to.as_bytes(), &whole[at + from.len()..]].concat()
    };
    let damaged = [
        whole[..whole.len() - 100].to_vec(),
        renamed("position", "positiom"),
        renamed("[\\\"", "{\\\""),
        Vec::new(),
    ];
    for damaged in damaged {
        std::fs::write(file(), damaged).unwrap();
        std::fs::remove_dir_all(bench.path("cache/maps")).unwrap();
        let again = drawn(&session, &request(MapMethod::Pca, MapLevel::Tokens, MapFit::All));
        assert_eq!(again.2, bytes);
        assert!(std::fs::read(file()).unwrap() == whole);
    }
}

/// A figure shows what was drawn, with all of it in the table behind, and nothing that was not.
#[test]
fn figures_show_the_maps_that_were_drawn() {
    let bench = Bench::new();
    let session = read(&bench, &split_pairs(&bench, "figure.jsonl", "now"));
    let figure = |method, level, fit| ExportRequest {
        figure: FigureRequest::Clusters(ClustersFigure {
            model_id: "toy-llama".into(),
            layer: LAYER,
            colour_by: ColourBy::Side,
            pair_links: true,
            x: None,
            y: None,
            view_3d: None,
            selected: Vec::new(),
            method,
            level,
            fit,
            umap: request(method, level, fit).umap,
            contours: true,
            by_score: level == MapLevel::Tokens && method == MapMethod::Umap,
        }),
        preset: FigurePreset::TwoColumns,
        theme: FigureTheme::Light,
        dpi: 150,
        caption: None,
        formats: vec![ExportFormat::Csv],
        path: Some(bench.file("figure", "").to_string_lossy().into()),
    };
    for (method, level, said) in [
        (MapMethod::Umap, MapLevel::Texts, "mean nothing"),
        (MapMethod::Umap, MapLevel::Tokens, "content tokens of 48 texts"),
        (MapMethod::Probe, MapLevel::Tokens, "(mean-difference) fitted on the training pairs"),
    ] {
        let wanted = figure(method, level, MapFit::Train);
        let early = ApiError::from(session.preview_figure(&wanted).unwrap_err());
        assert_eq!(early.code, ErrorCode::NotReady);
        let (head, ..) = drawn(&session, &request(method, level, MapFit::Train));
        let preview = session.preview_figure(&wanted).unwrap();
        assert!(preview.caption.contains(said), "{}", preview.caption);
        assert!(preview.caption.contains("Trustworthiness "), "{}", preview.caption);
        assert!(!preview.caption.contains("Lines join") || level == MapLevel::Texts);
        let written = session.export_figure(&wanted).unwrap();
        let csv = std::fs::read_to_string(&written.files[0]).unwrap();
        let lines: Vec<&str> = csv.lines().skip(1).collect();
        assert_eq!(lines.len() as u64, head["rows"].as_u64().unwrap() + 1);
        assert!(lines[0].starts_with("pair,side,scenario,source,split,overlaid"), "{}", lines[0]);
        assert_eq!(lines[0].contains("position,token,score"), level == MapLevel::Tokens);
        assert!(lines[1].starts_with("0,positive,s0,,test,true"), "{}", lines[1]);
        assert!(lines.last().unwrap().contains(",train,false"));
    }
}
