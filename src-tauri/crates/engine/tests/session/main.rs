//! The session against the shipped model: what the window would ask for, in the order it asks.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests assert by unwrapping")]

#[path = "../common/mod.rs"]
mod common;
mod corpus;
mod importing;
mod maps;
mod roc;
mod steering;

use std::fs;

use common::{Bench, PATIENCE, events_of, read_to_end, start};

use lens_engine::contract::{
    ApiError, ClustersFigure, ColourBy, ColumnChoiceView, ErrorCode, ExportFormat, ExportRequest,
    FigurePreset, FigureRequest, FigureTheme, ImportOutcome, JobEvent, LayerSweepFigure, MapFit,
    MapLevel, MapMethod, MultiplePanel, MultiplesFigure, ProjectionRequest, Range, View3d,
};
use lens_engine::read_pairs;

fn header(packet: lens_engine::Packet) -> (serde_json::Value, Vec<u8>) {
    let bytes = packet.into_bytes();
    let length = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    let header = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    (header, bytes[8 + length..].to_vec())
}

/// The principal components of all texts.
fn pca(layer: u32, dims: u32) -> ProjectionRequest {
    ProjectionRequest {
        model_id: "toy-llama".into(),
        layer,
        dims,
        method: MapMethod::Pca,
        level: MapLevel::Texts,
        fit: MapFit::All,
        umap: None,
    }
}

#[test]
fn the_sample_study_opens_is_read_and_stays_as_it_is() {
    let bench = Bench::new();
    let session = bench.session();
    let view = session.start_view().unwrap().study;
    assert!(view.sample && view.path.is_none() && view.undo.is_none());
    let pairs = view.pairs.unwrap().count;
    let model = view.models.iter().find(|m| m.id == "toy-llama").unwrap();
    assert!(model.chosen && model.reading.is_none() && model.problem.is_none());
    let early = ApiError::from(session.projection(&pca(1, 2)).unwrap_err());
    assert_eq!(early.code, ErrorCode::NotReady);

    read_to_end(&session);
    let model = session.study_view().unwrap().models.remove(0);
    let reading = model.reading.unwrap();
    assert_eq!((reading.texts, reading.truncated), (2 * pairs, 0));
    assert!(reading.tokens > 20 * pairs && reading.from_store == 0);

    let (head, body) = header(session.projection(&pca(model.layers, 3)).unwrap());
    assert_eq!(head["rows"], 2 * pairs);
    assert_eq!(body.len() as u32, 2 * pairs * 3 * 4);
    let shares: Vec<f64> = serde_json::from_value(head["explainedVarianceRatio"].clone()).unwrap();
    assert!(shares.windows(2).all(|w| w[0] >= w[1]) && shares.iter().sum::<f64>() <= 1.0);
    assert!(session.projection(&pca(model.layers + 1, 2)).is_err());

    let sweep = session.layer_sweep("toy-llama").unwrap();
    assert_eq!(sweep.layers.len() as u32, model.layers + 1);
    assert_eq!(sweep.train_pairs + sweep.test_pairs, pairs);

    let other = bench.pairs("mine", 12);
    assert!(matches!(session.import_pairs(&other, None).unwrap(), ImportOutcome::Imported { .. }));
    let mine = session.study_view().unwrap();
    assert_eq!((mine.name.as_str(), mine.sample), ("mine", false));
    assert_eq!(mine.models[0].reading.as_ref().map(|r| r.texts), None);
    let sample = session.open_sample().unwrap();
    assert!(sample.sample);
    assert_eq!(sample.pairs.unwrap().count, pairs);
    assert!(sample.models[0].reading.is_some(), "its activations are still in the store");
}

#[test]
fn a_job_that_is_stopped_goes_on_where_it_was() {
    let bench = Bench::new();
    let session = bench.session();
    session.import_pairs(&bench.pairs("many", 2000), None).unwrap();
    let (id, events) = start(&session);
    let busy = read_pairs(&session, |_| {}).unwrap_err();
    assert_eq!(ApiError::from(busy).code, ErrorCode::Busy);
    loop {
        match events.recv_timeout(PATIENCE).unwrap() {
            JobEvent::Progress { progress } if progress.unit == "tokens" && progress.done > 0.0 => {
                break;
            }
            JobEvent::Progress { .. } => {}
            other => panic!("ended before it could be stopped: {other:?}"),
        }
    }
    session.cancel_job(&id);
    assert!(matches!(events_of(&events).pop(), Some(JobEvent::Cancelled)));
    assert!(session.study_view().unwrap().models[0].reading.is_none());

    read_to_end(&session);
    let reading = session.study_view().unwrap().models.remove(0).reading.unwrap();
    assert_eq!(reading.texts, 4000);
    assert!(reading.from_store > 0 && reading.from_store < 4000, "{}", reading.from_store);
}

#[test]
fn a_study_is_found_again_after_a_restart_and_undo_brings_the_last_pairs_back() {
    let bench = Bench::new();
    {
        let session = bench.session();
        session.import_pairs(&bench.pairs("first", 9), None).unwrap();
        session.import_pairs(&bench.pairs("second", 15), None).unwrap();
        read_to_end(&session);
    }
    let session = bench.session();
    let view = session.start_view().unwrap();
    assert_eq!(view.study.pairs.unwrap().count, 15);
    assert!(view.study.models[0].reading.is_some());
    assert_eq!(view.recent.len(), 1);
    let back = session.undo().unwrap();
    assert_eq!(back.pairs.unwrap().count, 9);

    let saved = bench.folder.path().join("kept");
    let placed = session.save_study_as(&saved).unwrap();
    assert!(placed.path.unwrap().ends_with("kept.lens"));
    assert_eq!(placed.name, "kept");
}

#[test]
fn useless_files_leave_the_study_alone_and_unknown_columns_are_asked_for() {
    let bench = Bench::new();
    let session = bench.session();
    session.import_pairs(&bench.pairs("first", 9), None).unwrap();
    for (name, content) in [
        ("empty.jsonl", ""),
        ("poem.txt", "Roses are red.\n"),
        ("one.jsonl", "{\"positive\":\"a\"}\n"),
    ] {
        let outcome = session.import_pairs(&bench.file(name, content), None);
        if let Ok(ImportOutcome::Imported { .. }) = outcome {
            panic!("{name} was taken");
        }
        assert_eq!(session.study_view().unwrap().pairs.unwrap().name, "first", "{name}");
    }
    let table = bench.file("table.csv", "kind,unkind,note\nI stay.,I leave.,x\nI wait.,I run.,y\n");
    let ImportOutcome::NeedsColumns { columns, sample, .. } =
        session.import_pairs(&table, None).unwrap()
    else {
        panic!("the columns should be asked for");
    };
    assert_eq!(columns, ["kind", "unkind", "note"]);
    assert_eq!(sample[1], ["I wait.", "I run.", "y"]);
    let choice =
        ColumnChoiceView { positive: "kind".into(), negative: "unkind".into(), prompt: None };
    session.import_pairs(&table, Some(choice)).unwrap();
    assert_eq!(session.pair_detail(0).unwrap().row.positive, "I stay.");
    assert_eq!(session.pair_rows(0, 10, "WAIT").unwrap().total, 1);
    read_to_end(&session);
    assert!(session.projection(&pca(1, 2)).is_ok(), "two pairs still make clusters");
    let sweep = ApiError::from(session.layer_sweep("toy-llama").unwrap_err());
    assert_eq!(sweep.code, ErrorCode::Input);
}

#[test]
fn figures_are_written_in_every_format_with_what_they_rest_on() {
    let bench = Bench::new();
    let session = bench.session();
    session.import_pairs(&bench.pairs("figure", 24), None).unwrap();
    read_to_end(&session);
    let clusters = ClustersFigure {
        model_id: "toy-llama".into(),
        layer: 3,
        colour_by: ColourBy::Scenario,
        pair_links: true,
        x: Some(Range { low: -1e3, high: 1e3 }),
        y: None,
        view_3d: None,
        selected: vec![2],
        method: MapMethod::Pca,
        level: MapLevel::Texts,
        fit: MapFit::All,
        umap: None,
        contours: false,
        by_score: false,
    };
    let turned = ClustersFigure {
        view_3d: Some(View3d { azimuth: 0.4, elevation: 0.2, zoom: 1.0 }),
        colour_by: ColourBy::Side,
        selected: Vec::new(),
        x: None,
        ..clusters.clone()
    };
    let probed = ClustersFigure {
        method: MapMethod::Probe,
        fit: MapFit::Train,
        contours: true,
        x: None,
        ..clusters.clone()
    };
    let panel = |layer| MultiplePanel { model_id: "toy-llama".into(), layer };
    let beside = MultiplesFigure {
        panels: vec![panel(0), panel(1), panel(3)],
        method: MapMethod::Pca,
        fit: MapFit::All,
        umap: None,
        colour_by: ColourBy::Side,
        selected: vec![1],
    };
    let sweep = LayerSweepFigure { model_ids: vec!["toy-llama".into()], layer: Some(3) };
    let figures = [
        FigureRequest::Clusters(clusters),
        FigureRequest::Clusters(turned),
        FigureRequest::Clusters(probed),
        FigureRequest::Multiples(beside),
        FigureRequest::LayerSweep(sweep),
    ];
    for (at, figure) in figures.into_iter().enumerate() {
        let mut request = ExportRequest {
            figure,
            preset: FigurePreset::OneColumn,
            theme: FigureTheme::Light,
            dpi: 300,
            caption: None,
            formats: vec![
                ExportFormat::Csv,
                ExportFormat::Png,
                ExportFormat::Svg,
                ExportFormat::Pdf,
            ],
            path: Some(bench.folder.path().join(format!("figure-{at}")).to_string_lossy().into()),
        };
        let preview = session.preview_figure(&request).unwrap();
        let written = session.export_figure(&request).unwrap();
        let contents: Vec<Vec<u8>> = written.files.iter().map(|f| fs::read(f).unwrap()).collect();
        let [pdf, svg, png, csv] = contents.as_slice() else { panic!("{:?}", written.files) };
        assert_eq!(*svg, preview.svg.into_bytes(), "what is seen is what is written");
        assert!(pdf.starts_with(b"%PDF") && png.starts_with(b"\x89PNG"));
        let width = u32::from_be_bytes(png[16..20].try_into().unwrap());
        assert_eq!(f64::from(width), (written.width_mm / 25.4 * 300.0).round());
        let csv = String::from_utf8(csv.clone()).unwrap();
        assert!(csv.starts_with("# Empathy Lens") && csv.contains("pooling mean"));
        assert!(csv.lines().count() > 5);
        let again = session.export_figure(&request).unwrap();
        assert_eq!(fs::read(&again.files[0]).unwrap(), *pdf, "same input, same bytes");
        let whole = request.path.replace("figure".into());
        assert!(session.export_figure(&request).is_err(), "a path without a folder");
        request.path = whole;
        request.formats.clear();
        assert!(session.export_figure(&request).is_err());
    }
}

#[test]
fn a_broken_chat_template_is_the_trouble_of_its_model_alone() {
    let bench = Bench::new();
    let folder = bench.folder.path().join("broken");
    fs::create_dir(&folder).unwrap();
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        fs::copy(bench.places().models.join("toy-llama").join(name), folder.join(name)).unwrap();
    }
    fs::write(folder.join("chat_template.jinja"), "{% if %}").unwrap();
    let session = bench.session();
    session.add_model(&folder).unwrap();
    let mut settings = session.study_view().unwrap().settings;
    settings.chat_template = true;
    let view = session.change_settings(&settings).unwrap();
    let problem = |view: &lens_engine::contract::StudyView, id: &str| {
        view.models.iter().find(|model| model.id == id).unwrap().problem.clone()
    };
    let id = folder.to_string_lossy();
    assert!(problem(&view, &id).unwrap().contains("template"));
    assert_eq!(problem(&view, "toy-llama"), None);
    settings.chat_template = false;
    assert_eq!(problem(&session.change_settings(&settings).unwrap(), &id), None);
}

/// toy-llama is stored in bf16: what rounding changes can be seen on a copy with more digits only.
#[test]
fn weights_held_otherwise_are_read_anew_only_where_that_changes_numbers() {
    let bench = Bench::new();
    let session = bench.session();
    session.import_pairs(&bench.pairs("few", 12), None).unwrap();
    session.choose_models(vec!["toy-llama".into()]).unwrap();
    read_to_end(&session);
    let hold = |weights: &str| {
        let mut settings = session.study_view().unwrap().settings;
        settings.weights = weights.into();
        session.change_settings(&settings).unwrap().models.remove(0)
    };
    let (wide, stored) = (hold("f32"), hold("stored"));
    assert!(wide.reading.is_some() && stored.reading.is_some());
    let needs = |view: &lens_engine::contract::ModelView| view.memory.unwrap().needs_megabytes;
    let more = needs(&wide) - needs(&stored);
    assert!((more - 2.0 * stored.parameters_millions).abs() < 1e-6, "{more}");
    assert!(hold("bf16").reading.is_none());
    read_to_end(&session);
    assert!(hold("bf16").reading.is_some() && hold("stored").reading.is_some());
    let mut settings = session.study_view().unwrap().settings;
    settings.weights = "f16".into();
    assert!(session.change_settings(&settings).is_err());
}

#[test]
fn settings_and_models_are_checked() {
    let bench = Bench::new();
    let session = bench.session();
    let mut settings = session.study_view().unwrap().settings;
    settings.pooling = "median".into();
    assert!(session.change_settings(&settings).is_err());
    settings.pooling = "last".into();
    settings.token_limit = 0;
    assert!(session.change_settings(&settings).is_err());
    settings.token_limit = 12;
    session.change_settings(&settings).unwrap();
    read_to_end(&session);
    let view = session.study_view().unwrap();
    assert_eq!(view.models[0].reading.as_ref().unwrap().truncated, 2 * view.pairs.unwrap().count);
    assert!(session.choose_models(vec!["gpt-9".into()]).is_err());
    session.choose_models(Vec::new()).unwrap();
    assert!(read_pairs(&session, |_| {}).is_err());
    let nothing = ApiError::from(session.add_model(bench.folder.path()).unwrap_err());
    assert_eq!(nothing.code, ErrorCode::Model);
}
