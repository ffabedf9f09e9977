//! Every format and every convention of field names.

#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, their helpers too")]

mod common;

use common::{Folder, ids, parquet, parquet_of_chat, problems, read, read_with};
use lens_core::{ContrastPair, Split};
use lens_dataset::{
    ColumnChoice, DataDigest, DatasetError, Format, Layout, ReadOptions, RecognitionKind,
    recognise, write_jsonl,
};

const A: &str = "I sit down beside her.";
const B: &str = "I walk on.";

fn one(name: &str, content: &str) -> (ContrastPair, Layout) {
    let (pairs, report) = read(name, content).unwrap();
    assert_eq!((pairs.len(), report.problem_count), (1, 0), "{content}\n{:?}", report.problems);
    (pairs[0].clone(), report.layout)
}

#[test]
fn every_pair_of_names_is_known_in_every_text_format() {
    for (positive, negative, layout) in [
        ("positive", "negative", Layout::PositiveNegative),
        ("Positive", "NEGATIVE", Layout::PositiveNegative),
        ("empathic_text", "non_empathic_text", Layout::EmpathicText),
        ("empathic", "non_empathic", Layout::Empathic),
        ("empathetic", "non_empathetic", Layout::Empathetic),
        ("chosen", "rejected", Layout::ChosenRejected),
        ("positive_str", "negative_str", Layout::PositiveStr),
    ] {
        let row = format!(r#"{{"{positive}": "{A}", "{negative}": "{B}"}}"#);
        for (file, content, format) in [
            ("x.jsonl", format!("{row}\n"), Format::Jsonl),
            ("x.json", format!("[{row}]"), Format::Json),
            ("x.json", format!(r#"{{"instances": [{row}]}}"#), Format::Json),
            ("x.json", format!("{{\"about\": {{\"data\": [\n{row}\n]}}, \"v\": 1}}"), Format::Json),
            ("x.csv", format!("{positive},{negative}\n{A},{B}\n"), Format::Csv),
            ("x.csv", format!("{positive};{negative}\n{A};{B}\n"), Format::Csv),
            ("x.tsv", format!("{negative}\t{positive}\n{B}\t{A}\n"), Format::Tsv),
        ] {
            let (pairs, report) = read(file, &content).unwrap();
            assert_eq!((report.format, report.layout), (format, layout), "{content}");
            assert_eq!((pairs[0].positive.as_str(), pairs[0].negative.as_str()), (A, B));
            assert_eq!(pairs[0].id, "x-1");
            assert_eq!(problems(&report), []);
        }
    }
}

#[test]
fn a_question_with_two_answers_is_prompt_and_sides() {
    let (pair, layout) = one(
        "x.jsonl",
        r#"{"question": "Stay?\n (A) Yes\n (B) No", "answer_matching_behavior": " (A)", "answer_not_matching_behavior": " (B)", "statement": "s"}"#,
    );
    assert_eq!(layout, Layout::AnswerMatching);
    assert_eq!(pair.prompt.as_deref(), Some("Stay?\n (A) Yes\n (B) No"));
    assert_eq!((pair.positive.as_str(), pair.negative.as_str()), (" (A)", " (B)"));
    assert_eq!(pair.metadata["statement"], "s");
}

#[test]
fn chat_messages_are_divided_where_they_part() {
    let says = |role: &str, text: &str| format!(r#"{{"role": "{role}", "content": "{text}"}}"#);
    let chat = |answer: &str| format!("[{}, {}]", says("user", "Hi"), says("assistant", answer));
    let (pair, layout) = one(
        "x.jsonl",
        &format!(
            r#"{{"prompt": "Hi", "chosen": {}, "rejected": {}, "score": 4.5}}"#,
            chat("kind"),
            chat("curt")
        ),
    );
    assert_eq!(layout, Layout::ChosenRejected);
    assert_eq!(pair.prompt.as_deref(), Some("Hi"));
    assert_eq!((pair.positive.as_str(), pair.negative.as_str()), ("kind", "curt"));
    assert_eq!((pair.score, pair.metadata.len()), (Some(4.5), 0));
    // without messages in common the prompt field counts, itself text or messages
    let (pair, _) = one(
        "x.jsonl",
        &format!(
            r#"{{"prompt": [{}], "chosen": [{}], "rejected": [{}]}}"#,
            says("user", "Hi"),
            says("assistant", "kind"),
            says("assistant", "curt")
        ),
    );
    assert_eq!((pair.prompt.as_deref(), pair.positive.as_str()), (Some("Hi"), "kind"));
    // a prompt that says something else is not lost
    let (pair, _) = one(
        "x.jsonl",
        &format!(r#"{{"prompt": "Other", "chosen": {}, "rejected": {}}}"#, chat("a"), chat("b")),
    );
    assert_eq!((pair.prompt.as_deref(), pair.metadata["prompt"].as_str()), (Some("Hi"), "Other"));
}

#[test]
fn instructions_are_pairs_and_are_crossed_with_questions() {
    let list = r#""instruction": [{"pos": "Be kind.", "neg": "Be curt."}, {"pos": "Care.", "neg": "Do not care."}]"#;
    let (pairs, report) = read("set.json", format!("{{{list}}}")).unwrap();
    assert_eq!((report.layout, report.format), (Layout::Instruction, Format::Json));
    assert_eq!(ids(&pairs), ["set-1.1", "set-1.2"]);
    assert_eq!((pairs[1].positive.as_str(), pairs[1].negative.as_str()), ("Care.", "Do not care."));

    let crossed = format!(
        "{{{list},\n \"questions\": [\"Why?\", \"How?\", \"When?\"], \"eval_prompt\": \"e\"}}"
    );
    let (pairs, report) = read("set.json", &crossed).unwrap();
    assert_eq!((pairs.len(), report.problem_count), (6, 0));
    assert_eq!(pairs[4].id, "set-1.2.2");
    assert_eq!(pairs[4].positive, "Care.\nHow?");
    assert_eq!(pairs[4].negative, "Do not care.\nHow?");
    assert_eq!(pairs[4].scenario.as_deref(), Some("How?"));
    assert_eq!(pairs[4].metadata["eval_prompt"], "e");
    let one_line = crossed.replace('\n', "");
    assert_eq!(read("set.jsonl", one_line).unwrap().0, pairs);

    let broken =
        r#"{"instruction": [{"pos": "a"}, {"pos": "a", "neg": "b"}], "questions": ["q", 1]}"#;
    let (pairs, report) = read("set.json", broken).unwrap();
    assert_eq!(pairs.len(), 1);
    assert_eq!(problems(&report), [(1, "missing-side", true), (1, "not-text", true)]);
    assert_eq!(report.problems[0].field.as_deref(), Some("instruction[0].neg"));
    assert_eq!(report.problems[1].field.as_deref(), Some("questions[1]"));
}

#[test]
fn optional_fields_are_read_and_the_rest_is_kept() {
    let (pair, _) = one(
        "x.jsonl",
        r#"{"id": 7, "positive": "a", "negative": "b", "prompt": "p", "scenario_id": "s", "scenario_title": "S", "split": "Validation", "source_model": "m", "score": "2.5", "positive_source": "ann", "tags": ["x", 1], "note": null, "metadata": {"run": 3}}"#,
    );
    assert_eq!((pair.id.as_str(), pair.prompt.as_deref()), ("7", Some("p")));
    assert_eq!((pair.scenario.as_deref(), pair.source.as_deref()), (Some("s"), Some("m")));
    assert_eq!((pair.split, pair.score), (Some(Split::Test), Some(2.5)));
    let metadata: Vec<_> = pair.metadata.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let expected =
        [("positive_source", "ann"), ("run", "3"), ("scenario_title", "S"), ("tags", r#"["x",1]"#)];
    assert_eq!(metadata, expected);
    // of two names for one thing the plain one counts, the other is kept
    let (pair, _) = one(
        "x.jsonl",
        r#"{"positive": "a", "negative": "b", "scenario_id": "s1", "scenario": "The well", "source_model": "m", "source": "ann"}"#,
    );
    assert_eq!(pair.scenario.as_deref(), Some("The well"));
    assert_eq!(pair.source.as_deref(), Some("ann"));
    assert_eq!(
        (pair.metadata["scenario_id"].as_str(), pair.metadata["source_model"].as_str()),
        ("s1", "m")
    );
}

#[test]
fn long_metadata_are_cut_with_a_note() {
    let long = "é".repeat(5000);
    let (pair, _) =
        one("x.jsonl", &format!(r#"{{"positive": "a", "negative": "b", "log": "{long}"}}"#));
    let kept = &pair.metadata["log"];
    assert!(kept.ends_with("… (cut, 10000 bytes in the file)"), "{}", &kept[kept.len() - 60..]);
    assert_eq!(kept.matches('é').count(), 2048);
}

#[test]
fn lists_called_train_and_test_say_the_split() {
    let content = r#"{"train": [{"positive": "a", "negative": "b"}],
        "test": [{"positive": "c", "negative": "d"}, {"positive": "e", "negative": "f", "split": "train"}]}"#;
    let (pairs, _) = read("x.json", content).unwrap();
    let splits: Vec<_> = pairs.iter().filter_map(|p| p.split).collect();
    assert_eq!(splits, [Split::Train, Split::Test, Split::Train]);
    assert_eq!(ids(&pairs), ["x-1", "x-2", "x-3"]);
}

#[test]
fn lists_of_other_things_are_passed_over_and_said() {
    let content = r#"{"models": [{"name": "a"}, {"name": "b"}],
        "pairs": [{"positive": "a", "negative": "b"}, {"negative": "b"}]}"#;
    let (pairs, report) = read("x.json", content).unwrap();
    assert_eq!(pairs.len(), 1);
    assert_eq!(problems(&report), [(2, "missing-side", true), (1, "other-list", true)]);
    assert_eq!(report.problems[1].field.as_deref(), Some("models"));
}

#[test]
fn parquet_is_read_over_row_groups_with_nulls_and_numbers_its_rows() {
    let folder = Folder::new();
    let path = folder.path().join("x.bin");
    let rows = [
        vec![Some("r1"), Some("kind"), Some("curt"), Some("s")],
        vec![Some("r2"), None, Some("curt"), Some("s")],
        vec![Some("r3"), Some("gentle"), Some("harsh"), None],
    ];
    parquet(&path, &["id", "empathic_text", "non_empathic_text", "scenario"], &rows, 2);
    let (pairs, report) = read_with(&path, &ReadOptions::default()).unwrap();
    assert_eq!((report.format, report.layout), (Format::Parquet, Layout::EmpathicText));
    assert_eq!(ids(&pairs), ["r1", "r3"]);
    assert_eq!(pairs[1].scenario, None);
    assert_eq!(problems(&report), [(2, "missing-side", true)]);
    let sentence = recognise(&path).sentence;
    assert_eq!(sentence, "2 contrastive pairs, 1 scenario, Parquet; 1 row cannot be used");
}

#[test]
fn parquet_holds_chat_messages() {
    let folder = Folder::new();
    let path = folder.path().join("x.parquet");
    parquet_of_chat(&path);
    let (pairs, report) = read_with(&path, &ReadOptions::default()).unwrap();
    assert_eq!(pairs.len(), 2);
    assert_eq!((pairs[0].prompt.as_deref(), pairs[0].score), (Some("Hi"), Some(0.5)));
    assert_eq!((pairs[1].positive.as_str(), pairs[1].negative.as_str()), ("kind two", "curt two"));
    assert_eq!(problems(&report), [(2, "bad-score", false)]);
}

#[test]
fn unknown_names_are_asked_for_and_then_read() {
    let folder = Folder::new();
    let long = "x".repeat(200);
    let mut text = format!("text one,text two,context,n\nkind,{long},c,1\n");
    text.push_str(&"a,b,c,2\n".repeat(8));
    let path = folder.file("x.csv", &text);
    match read_with(&path, &ReadOptions::default()) {
        Err(DatasetError::NeedsColumns { columns, sample, .. }) => {
            assert_eq!(columns, ["text one", "text two", "context", "n"]);
            assert_eq!(sample.len(), 5);
            assert_eq!(sample[1], ["a", "b", "c", "2"]);
            assert_eq!(sample[0][1], format!("{}…", "x".repeat(80)));
        }
        other => panic!("{other:?}"),
    }
    let choose = |positive: &str, prompt: Option<&str>| ReadOptions {
        columns: Some(ColumnChoice {
            positive: positive.into(),
            negative: "text two".into(),
            prompt: prompt.map(str::to_owned),
        }),
    };
    let (pairs, report) = read_with(&path, &choose("text one", Some("context"))).unwrap();
    assert_eq!((pairs.len(), report.layout), (9, Layout::Chosen));
    assert_eq!((pairs[1].positive.as_str(), pairs[1].negative.as_str()), ("a", "b"));
    assert_eq!((pairs[1].prompt.as_deref(), pairs[1].metadata["n"].as_str()), (Some("c"), "2"));
    assert_eq!(read_with(&path, &choose("text one", None)).unwrap().0[1].metadata["context"], "c");
    match read_with(&path, &choose("text", None)) {
        Err(DatasetError::NoSuchColumn { column, .. }) => assert_eq!(column, "text"),
        other => panic!("{other:?}"),
    }
    // a choice goes before known names
    let path = folder.file("y.csv", "positive,negative,text two\na,b,c\n");
    let (pairs, _) = read_with(&path, &choose("positive", None)).unwrap();
    assert_eq!((pairs[0].negative.as_str(), pairs[0].metadata["negative"].as_str()), ("c", "b"));
}

#[test]
fn byte_order_marks_crlf_and_utf16_are_taken() {
    let csv = "\u{feff}positive,negative\r\nZoë weeps,\"so\r\nwhat\"\r\n";
    let (pairs, report) = read("x.csv", csv).unwrap();
    assert_eq!(
        (pairs[0].positive.as_str(), pairs[0].negative.as_str()),
        ("Zoë weeps", "so\r\nwhat")
    );
    assert_eq!(report.problem_count, 0);
    let jsonl = "\u{feff}{\"positive\": \"ü\", \"negative\": \"b\"}\r\n\r\n{\"positive\": \"c\", \"negative\": \"d\"}\r\n";
    assert_eq!(read("x.jsonl", jsonl).unwrap().0.len(), 2);
    for text in [csv, jsonl, "\u{feff}[{\"positive\": \"ü\", \"negative\": \"b\"}]"] {
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read("x.txt", utf16).unwrap().0, read("x.txt", text).unwrap().0);
    }
}

#[test]
fn lines_are_counted_through_quoted_breaks() {
    let text = "id,positive,negative\n1,\"a\nb\n\nc\",d\n\n2,e,\n3,\"f \"\"g\"\"\",h\n4,i\n";
    let (pairs, report) = read("x.csv", text).unwrap();
    assert_eq!((pairs[0].positive.as_str(), pairs[1].positive.as_str()), ("a\nb\n\nc", "f \"g\""));
    assert_eq!(problems(&report), [(7, "empty-side", true), (9, "bad-csv", true)]);
    assert_eq!(report.rows_read, 4);
}

#[test]
fn what_is_written_reads_back_the_same() {
    let mut pair = ContrastPair {
        id: "a b".into(),
        positive: "x\n\"y\"\u{2028}".into(),
        negative: " z".into(),
        prompt: Some("p".into()),
        scenario: Some("s".into()),
        split: Some(Split::Train),
        source: Some("me".into()),
        score: Some(-1.25),
        ..ContrastPair::default()
    };
    pair.metadata.insert("positive_source".into(), "ann".into());
    let bare = ContrastPair {
        id: "2".into(),
        positive: "p".into(),
        negative: "n".into(),
        ..ContrastPair::default()
    };
    let pairs = [pair, bare];
    let mut bytes = Vec::new();
    write_jsonl(&pairs, &mut bytes).unwrap();
    let (again, report) = read("x.jsonl", bytes).unwrap();
    assert_eq!(again, pairs);
    assert_eq!(report.digest, DataDigest::of(&pairs));
}

#[test]
fn a_file_is_recognised_with_its_counts() {
    let folder = Folder::new();
    let rows = |n: usize| -> String {
        let row = |i| {
            format!(
                "{{\"positive\": \"a{i}\", \"negative\": \"b\", \"scenario\": \"s{}\"}}\n",
                i % 5
            )
        };
        (0..n).map(row).collect()
    };
    let found = recognise(&folder.file("x.txt", rows(50)));
    assert_eq!(found.sentence, "50 contrastive pairs, 5 scenarios, JSONL");
    assert_eq!((found.kind, found.pairs, found.scenarios), (RecognitionKind::Pairs, Some(50), 5));
    assert_eq!((found.layout, found.at_least), (Some(Layout::PositiveNegative), false));
    let found = recognise(&folder.file("x.txt", rows(1)));
    assert_eq!(found.sentence, "1 contrastive pair, 1 scenario, JSONL");
    // above 8 MiB only the beginning is read
    let found = recognise(&folder.file("x.txt", rows(200_000)));
    assert!(found.at_least && found.pairs > Some(10_000) && found.pairs < Some(50_000));
    let count = found.pairs.unwrap();
    let expected = format!(
        "at least {},{:03} contrastive pairs, 5 scenarios, JSONL",
        count / 1000,
        count % 1000
    );
    assert_eq!(found.sentence, expected);
    let found = recognise(&folder.file("x.csv", "good,bad\na,b\n"));
    assert_eq!((found.kind, found.format), (RecognitionKind::NeedsColumns, Some(Format::Csv)));
    assert_eq!(found.columns, ["good", "bad"]);
    assert!(found.sentence.contains("Choose which column"), "{}", found.sentence);
}
