//! Human scores dropped beside the pairs of a study, and what a chat template does to a comparison.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests assert by unwrapping")]

mod common;

use std::fs;
use std::path::PathBuf;

use common::{Bench, read_to_end};
use lens_engine::Session;
use lens_engine::contract::{
    ApiError, ErrorCode, ExportFormat, ExportRequest, FigurePreset, FigureRequest, FigureTheme,
    ImportOutcome, ModelLayerFigure, Recognition, RecognitionKind, RungStatus,
};

const PAIRS: u32 = 30;

/// A score for every pair of `bench.pairs("mine", PAIRS)`, some unusable rows behind them.
fn table(bench: &Bench) -> PathBuf {
    let rows: String = (0..PAIRS).map(|i| format!("mine-{i},{}\n", (i * 7 + i * i) % 11)).collect();
    bench.file("scores.csv", &format!("id,human_score\n{rows}mine-3,9\nnobody,1\nmine-4,\n"))
}

fn told(session: &Session, path: &PathBuf) -> Recognition {
    session.recognise(std::slice::from_ref(path)).remove(0)
}

#[test]
fn scores_dropped_beside_the_pairs_are_theirs_until_undone() {
    let bench = Bench::new();
    let session = bench.session();
    session.import_pairs(&bench.pairs("mine", PAIRS as usize), None).unwrap();
    session.choose_models(vec!["toy-llama".into()]).unwrap();
    read_to_end(&session);
    let sweep = session.layer_sweep("toy-llama").unwrap();
    let nothing = ApiError::from(session.behaviour("toy-llama").unwrap_err());
    assert!(nothing.hint.unwrap().contains("Drop a table"));

    let path = table(&bench);
    let hovering = told(&session, &path);
    assert_eq!(hovering.kind, RecognitionKind::Scores);
    let expected = "Human scores for 30 of 30 pairs, CSV; 3 rows cannot be used";
    assert_eq!(hovering.sentence, expected);
    let ImportOutcome::Scored { pairs, sentence } = session.import_pairs(&path, None).unwrap()
    else {
        panic!("these are scores");
    };
    assert_eq!(sentence, expected);
    let scores = pairs.scores.unwrap();
    assert_eq!((scores.file.as_str(), scores.column.as_str()), ("scores.csv", "human_score"));
    assert_eq!((scores.scored, pairs.problem_count, pairs.dropped), (PAIRS, 3, 3));
    let problems: Vec<(u32, &str)> =
        pairs.problems.iter().map(|p| (p.line, p.code.as_str())).collect();
    assert_eq!(problems, [(32, "duplicate-id"), (33, "unknown-id"), (34, "bad-score")]);
    assert_eq!(session.pair_detail(5).unwrap().row.score, Some(f64::from((5 * 7 + 25) % 11)));

    // What does not rest on them is as it was; what does names them.
    let study = session.study_view().unwrap();
    assert!(!study.pending && study.models[0].reading.is_some());
    assert_eq!(study.undo.as_deref(), Some("import of scores.csv"));
    assert_eq!(session.layer_sweep("toy-llama").unwrap().provenance, sweep.provenance);
    let view = session.behaviour("toy-llama").unwrap();
    assert_eq!(view.n, sweep.test_pairs);
    let named = format!("human scores scores.csv ({})", &scores.digest[..12]);
    assert!(view.provenance.ends_with(&named), "{}", view.provenance);
    for bin in &view.calibration {
        let observed = bin.observed;
        assert!(observed.low <= observed.value && observed.value <= observed.high);
        assert!(observed.low < observed.high, "{observed:?}");
    }
    let ladder = session.evidence().unwrap().models.remove(0);
    assert!(ladder.provenance.contains(&named));
    let fifth = &ladder.rungs[4];
    assert_eq!(fifth.status, RungStatus::Failed, "{fifth:?}");
    assert!(fifth.parts[0].sentence.contains("r "), "{fifth:?}");

    // It is all there after the study was closed, and goes by undo.
    drop(session);
    let session = bench.session();
    assert_eq!(session.behaviour("toy-llama").unwrap().y, view.y);
    let back = session.undo().unwrap();
    assert!(back.pairs.unwrap().scores.is_none());
    assert!(session.behaviour("toy-llama").is_err());
    assert_eq!(session.pair_detail(5).unwrap().row.score, None);
}

#[test]
fn the_scores_of_a_study_are_from_one_table() {
    let bench = Bench::new();
    let session = bench.session();
    session.import_pairs(&bench.pairs("mine", PAIRS as usize), None).unwrap();
    session.import_pairs(&table(&bench), None).unwrap();
    let few = bench.file("few.jsonl", "{\"pair\": \"mine-2\", \"rating\": 4.5}\n");
    let said = told(&session, &few).sentence;
    assert_eq!(said, "Human scores for 1 of 30 pairs, JSONL, in place of those that 30 pairs had");
    session.import_pairs(&few, None).unwrap();
    let score = |index| session.pair_detail(index).unwrap().row.score;
    assert_eq!((score(2), score(3)), (Some(4.5), None));
    let summary = session.study_view().unwrap().pairs.unwrap();
    assert_eq!((summary.scores.unwrap().scored, summary.problem_count), (1, 0));
}

#[test]
fn scores_that_fit_no_pair_are_refused_with_the_reason() {
    let bench = Bench::new();
    let session = bench.session();
    session.import_pairs(&bench.pairs("mine", 9), None).unwrap();
    let strange = bench.file("strange.csv", "id,score\nrow 1,3\n");
    let unknown = told(&session, &strange);
    assert_eq!(unknown.kind, RecognitionKind::Unknown);
    let reason = "begins with \"row 1\", the pairs with \"mine-0\"";
    assert!(unknown.sentence.contains(reason), "{}", unknown.sentence);
    let error = ApiError::from(session.import_pairs(&strange, None).unwrap_err());
    assert_eq!(error.code, ErrorCode::Input);
    assert!(error.message.contains(reason), "{}", error.message);
    let blank = told(&session, &bench.file("blank.csv", "id,score\nmine-1,\nmine-2,?\n"));
    assert_eq!(blank.kind, RecognitionKind::Unknown);
    assert!(blank.sentence.contains("line 2: There is no number."), "{}", blank.sentence);
    let undo = session.study_view().unwrap().undo;
    assert_eq!(undo.as_deref(), Some("import of mine"), "nothing was changed");

    // Beside pairs that come with them, it is not the study's pairs that count.
    let both = session.recognise(&[bench.pairs("other", 4), strange]);
    let kinds: Vec<RecognitionKind> = both.iter().map(|file| file.kind).collect();
    assert_eq!(kinds, [RecognitionKind::Pairs, RecognitionKind::Scores]);
    assert_eq!(both[1].sentence, "1 human scores, CSV");
}

#[test]
fn the_sample_study_stays_without_scores() {
    let bench = Bench::new();
    let session = bench.session();
    let sample = session.study_view().unwrap();
    let first = session.pair_detail(0).unwrap().row.id;
    let path = bench.file("scores.csv", &format!("id,score\n{first},3\n"));
    session.import_pairs(&path, None).unwrap();
    let scored = session.study_view().unwrap();
    assert_eq!((scored.name.as_str(), scored.sample), ("Sample study with human scores", false));
    assert_eq!(scored.settings, sample.settings);
    assert_eq!(session.pair_detail(0).unwrap().row.score, Some(3.0));
    session.open_sample().unwrap();
    assert_eq!(session.pair_detail(0).unwrap().row.score, None);
}

#[test]
fn a_calibration_is_exported_with_its_intervals() {
    let bench = Bench::new();
    let session = bench.session();
    session.import_pairs(&bench.pairs("mine", PAIRS as usize), None).unwrap();
    session.import_pairs(&table(&bench), None).unwrap();
    session.choose_models(vec!["toy-llama".into()]).unwrap();
    read_to_end(&session);
    let view = session.behaviour("toy-llama").unwrap();
    let path = bench.path("calibration");
    let request = ExportRequest {
        figure: FigureRequest::Calibration(ModelLayerFigure {
            model_id: "toy-llama".into(),
            layer: None,
        }),
        preset: FigurePreset::OneColumn,
        theme: FigureTheme::Light,
        dpi: 100,
        caption: None,
        formats: vec![ExportFormat::Csv, ExportFormat::Pdf],
        path: Some(path.to_string_lossy().into_owned()),
    };
    let written = session.export_figure(&request).unwrap();
    assert!(written.caption.contains("Wilson"), "{}", written.caption);
    let csv = fs::read_to_string(&written.files[1]).unwrap();
    assert!(csv.starts_with("# Empathy Lens") && csv.contains("human scores scores.csv"));
    let rows: Vec<&str> = csv.lines().skip(2).collect();
    assert_eq!(rows.len(), view.calibration.len());
    for (row, bin) in rows.iter().zip(&view.calibration) {
        let numbers: Vec<f64> = row.split(',').map(|number| number.parse().unwrap()).collect();
        let observed = bin.observed;
        let expected =
            [bin.predicted, observed.value, observed.low, observed.high, f64::from(bin.n)];
        assert_eq!(numbers, expected);
    }
}

/// The only thing that can differ between the models of one study: whether a model has a template.
#[test]
fn a_model_with_a_chat_template_is_not_compared_with_one_that_has_none() {
    let bench = Bench::new();
    let folder = bench.path("chatty");
    fs::create_dir(&folder).unwrap();
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        fs::copy(bench.places().models.join("toy-llama").join(name), folder.join(name)).unwrap();
    }
    let template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}";
    fs::write(folder.join("chat_template.jinja"), template).unwrap();
    let session = bench.session();
    session.import_pairs(&bench.pairs("mine", 12), None).unwrap();
    session.add_model(&folder).unwrap();
    let id = folder.to_string_lossy().into_owned();
    session.choose_models(vec!["toy-llama".into(), id]).unwrap();
    let compare = |chat_template: bool| {
        let mut settings = session.study_view().unwrap().settings;
        settings.chat_template = chat_template;
        session.change_settings(&settings).unwrap();
        read_to_end(&session);
        session.agreement().unwrap().pairs.remove(0)
    };
    let through = compare(true);
    assert!(through.scores.is_none());
    let problem = through.problem.unwrap();
    assert!(problem.contains("texts were read") && problem.contains("template"), "{problem}");
    assert!(compare(false).scores.is_some());
}
