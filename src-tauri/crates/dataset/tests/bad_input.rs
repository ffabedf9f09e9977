//! Files that are wrong in one way or another: good rows go on, nothing is lost without a word.

#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, their helpers too")]

mod common;

use common::{Folder, ids, parquet, problems, read, read_with};
use lens_core::CancelToken;
use lens_dataset::{DatasetError, ReadOptions, RecognitionKind, read_pairs, recognise};

const GOOD: &str = r#"{"id": "good", "positive": "a", "negative": "b"}"#;

fn refusal(name: &str, content: impl AsRef<[u8]>) -> (&'static str, String) {
    let error = read(name, content).unwrap_err();
    (error.code(), error.to_string())
}

#[test]
fn empty_files_and_folders_are_named_as_such() {
    for content in ["", "\n \r\n", "\u{feff}"] {
        for name in ["x.jsonl", "x.json", "x.csv", "x.parquet"] {
            let (code, message) = refusal(name, content);
            assert_eq!(code, "empty");
            assert!(message.starts_with(&format!("{name} is empty.")), "{message}");
        }
    }
    let folder = Folder::new();
    let error = read_with(folder.path(), &ReadOptions::default()).unwrap_err();
    assert_eq!(error.code(), "is-a-directory");
    let recognised = recognise(folder.path());
    assert_eq!(recognised.kind, RecognitionKind::NotPairs);
    assert!(recognised.sentence.contains("is a folder"), "{}", recognised.sentence);
    let missing = folder.path().join("none.jsonl");
    assert_eq!(read_with(&missing, &ReadOptions::default()).unwrap_err().code(), "io");
}

#[test]
fn files_without_a_row_say_so() {
    for (name, content) in [
        ("x.csv", "positive,negative\n"),
        ("x.json", "[]"),
        ("x.jsonl", "{\"positive\": \"a\"}\n"),
        ("x.csv", "positive,negative\n,\nx,x\n"),
    ] {
        let (code, message) = refusal(name, content);
        assert_eq!(code, "no-usable-row", "{content}");
        assert!(message.contains("holds no usable row"), "{message}");
    }
    match read("x.jsonl", "{\"positive\": \"a\"}\n{\"negative\": \"a\"}") {
        Err(DatasetError::NoUsableRow { problems, problem_count, .. }) => {
            assert_eq!((problems[1].line, problem_count), (2, 2));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn other_files_are_refused_with_the_reason() {
    assert_eq!(refusal("x.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").0, "unrecognised");
    assert_eq!(refusal("x.txt", "Dear all,\nthis is a letter.\n").0, "unrecognised");
    let (code, message) = refusal(
        "config.json",
        "{\n \"model_type\": \"llama\",\n \"dtype\": \"f32\",\n \"name\": \"x\"\n}",
    );
    assert_eq!(code, "unrecognised");
    assert!(message.contains("without a list of rows"), "{message}");
    assert_eq!(refusal("x.jsonl", "{\"text\": \"a\", \"n\": 1}\n").0, "unrecognised");
    assert_eq!(refusal("x.parquet", "PAR1 and nothing more").0, "unrecognised");
}

#[test]
fn text_in_another_encoding_is_found_line_by_line() {
    let latin = b"{\"positive\": \"Zo\xeb\", \"negative\": \"b\"}".as_slice();
    let mixed = [latin, b"\n", GOOD.as_bytes(), b"\n"].concat();
    let (pairs, report) = read("x.jsonl", &mixed).unwrap();
    assert_eq!((ids(&pairs), problems(&report)), (vec!["good"], vec![(1, "not-utf8", true)]));
    let list = [b"[".as_slice(), latin, b",\n", GOOD.as_bytes(), b"]"].concat();
    let (pairs, report) = read("x.json", &list).unwrap();
    assert_eq!((ids(&pairs), problems(&report)), (vec!["good"], vec![(1, "not-utf8", true)]));
    let (pairs, report) = read("x.csv", b"positive,negative\na,b\nZo\xeb,c\nd,e\n").unwrap();
    assert_eq!((pairs.len(), problems(&report)), (2, vec![(3, "not-utf8", true)]));
    // nothing but: the file as a whole
    assert_eq!(
        refusal("x.jsonl", latin),
        ("not-utf8", "x.jsonl is not UTF-8 text (line 1). Save it again as UTF-8.".into())
    );
    assert_eq!(refusal("x.csv", b"Zo\xeb,b\na,b\n").0, "not-utf8");
}

#[test]
fn json_that_ends_too_early_keeps_the_rows_before() {
    let (pairs, report) = read("x.jsonl", format!("{GOOD}\n{}", &GOOD[..20])).unwrap();
    assert_eq!((ids(&pairs), problems(&report)), (vec!["good"], vec![(2, "bad-json", true)]));
    for end in [&GOOD[..20], "{", "{\"a\": [1, 2"] {
        let (pairs, report) = read("x.json", format!("[\n{GOOD},\n{end}")).unwrap();
        assert_eq!((ids(&pairs), problems(&report)), (vec!["good"], vec![(3, "bad-json", true)]));
        assert!(report.problems[0].message.contains("ends in the middle"));
    }
    for end in ["", ",", "\n"] {
        let (pairs, report) = read("x.json", format!("{{\"data\": [{GOOD}{end}")).unwrap();
        assert_eq!(ids(&pairs), ["good"]);
        assert_eq!(report.problem_count, 1, "{end}");
        assert!(
            !report.problems[0].dropped && report.problems[0].message.contains("list is closed")
        );
    }
    // a single row, cut off in a field of its own
    assert_eq!(refusal("x.json", "{\n\"positive\": \"a\",\n\"negative\": \"b").0, "no-usable-row");
}

#[test]
fn broken_json_costs_one_row() {
    let text = format!(
        "{GOOD}\n{{\"positive\": \"a\" \"negative\": \"b\"}}\nplain text\n[1, 2]\n{}\n",
        GOOD.replace("good", "last")
    );
    let (pairs, report) = read("x.jsonl", text).unwrap();
    assert_eq!(ids(&pairs), ["good", "last"]);
    let expected = [(2, "bad-json", true), (3, "bad-json", true), (4, "not-a-row", true)];
    assert_eq!(problems(&report), expected);
    assert_eq!(
        report.problems[0].message,
        "The JSON of this row is broken at character 18: expected `,` or `}`."
    );
    assert_eq!(report.problems[0].file, "x.jsonl");

    let text = format!(
        "[{GOOD},\n{{\"positive\": \n oops}},\n 3, \"x\", [{GOOD}],\n{} }} ] tail {GOOD}",
        GOOD.replace("good", "last")
    );
    let (pairs, report) = read("x.json", text).unwrap();
    assert_eq!(ids(&pairs), ["good", "last", "good-2"]);
    let expected = [
        (2, "bad-json", true),
        (4, "not-a-row", true),
        (4, "not-a-row", true),
        (4, "not-a-row", true),
        (5, "bad-json", true),
        (5, "bad-json", true),
        (5, "duplicate-id", false),
    ];
    assert_eq!(problems(&report), expected);
    assert!(report.problems[0].message.contains("of line 3"), "{}", report.problems[0].message);
}

#[test]
fn sides_that_cannot_be_used_are_left_out_one_by_one() {
    let text = r#"{"positive": "a", "negative": "b"}
{"positive": "a"}
{"positive": "a", "negative": null}
{"positive": " \n", "negative": "b"}
{"positive": "same ", "negative": " same"}
{"positive": "a", "negative": 3}
{"positive": "a", "negative": "b", "prompt": {"x": 1}}
{"positive": "c", "negative": "d", "prompt": " "}
"#;
    let (pairs, report) = read("x.jsonl", text).unwrap();
    assert_eq!(ids(&pairs), ["x-1", "x-8"]);
    assert_eq!(pairs[1].prompt, None);
    let expected = [
        (2, "missing-side", true),
        (3, "missing-side", true),
        (4, "empty-side", true),
        (5, "identical-sides", true),
        (6, "not-text", true),
        (7, "not-text", true),
    ];
    assert_eq!(problems(&report), expected);
    assert_eq!((report.rows_read, report.pairs, report.dropped), (8, 2, 6));
    assert_eq!(report.problems[2].field.as_deref(), Some("positive"));
    let folder = Folder::new();
    let sentence = recognise(&folder.file("x.jsonl", text)).sentence;
    assert_eq!(sentence, "2 contrastive pairs, JSONL; 6 rows cannot be used");
}

#[test]
fn ten_megabytes_in_a_field_cost_that_row_only() {
    let giant = "x".repeat(10 << 20);
    let row = format!("{{\"positive\": \"{giant}\", \"negative\": \"b\"}}");
    for (name, content) in [
        ("x.jsonl", format!("{row}\n{GOOD}\n")),
        ("x.json", format!("[{row},\n{GOOD}]")),
        ("x.csv", format!("positive,negative\n{giant},b\na,b\n")),
        ("x.csv", format!("positive,negative\n\"{giant}\",b\na,b\n")),
    ] {
        let (pairs, report) = read(name, content).unwrap();
        assert_eq!(pairs.len(), 1);
        let problem = &report.problems[0];
        assert_eq!(
            (problem.code.name(), problem.field.as_deref()),
            ("field-too-long", Some("positive"))
        );
        assert_eq!(
            problem.message,
            "The field \"positive\" holds 10485760 bytes; 4 MiB is the most. Shorten it."
        );
    }
    let folder = Folder::new();
    let path = folder.path().join("x.parquet");
    parquet(
        &path,
        &["positive", "negative"],
        &[vec![Some(giant.as_str()), Some("b")], vec![Some("a"), Some("b")]],
        5,
    );
    let (pairs, report) = read_with(&path, &ReadOptions::default()).unwrap();
    assert_eq!((pairs.len(), problems(&report)), (1, vec![(1, "field-too-long", true)]));
    // in a field without meaning it is cut instead
    let (pairs, _) =
        read("x.jsonl", GOOD.replace("\"id\"", &format!("\"log\": \"{giant}\", \"id\""))).unwrap();
    assert!(pairs[0].metadata["log"].len() < 5000);
}

#[test]
fn a_row_of_65_mib_is_passed_over() {
    let giant = "x".repeat(65 << 20);
    for (name, content, line) in [
        ("x.jsonl", format!("{{\"positive\": \"{giant}\"}}\n{GOOD}\n"), 1),
        ("x.json", format!("[{{\"positive\": \"{giant}\"}},\n{GOOD}]"), 1),
        ("x.csv", format!("positive,negative\n{giant},b\na,b\n"), 2),
    ] {
        let (pairs, report) = read(name, content).unwrap();
        assert_eq!((pairs.len(), problems(&report)), (1, vec![(line, "line-too-long", true)]));
    }
}

#[test]
fn scores_that_are_no_numbers_are_left_off() {
    let scores = ["NaN", "Infinity", "-Infinity", "\"inf\"", "1e999", "\"high\"", "true"];
    let rows: Vec<String> = scores
        .iter()
        .enumerate()
        .map(|(i, s)| format!("{{\"positive\": \"a{i}\", \"negative\": \"b\", \"score\": {s}}}"))
        .collect();
    let (pairs, report) = read("x.json", format!("[{}]", rows.join(",\n"))).unwrap();
    assert!(pairs.iter().all(|p| p.score.is_none()));
    // JSON has no 1e999: that row is broken, the others are kept
    assert_eq!(pairs.len(), scores.len() - 1);
    let codes: Vec<_> = problems(&report).iter().map(|p| p.1).collect();
    let expected =
        ["bad-score", "bad-score", "bad-score", "bad-score", "bad-json", "bad-score", "bad-score"];
    assert_eq!(codes, expected);
    let (pairs, report) =
        read("x.csv", "positive,negative,score\na,b,nan\nc,d,\ne,f,-3\ng,h,1e999\n").unwrap();
    let found: Vec<_> = pairs.iter().map(|p| p.score).collect();
    assert_eq!(found, [None, None, Some(-3.0), None]);
    assert_eq!(problems(&report), [(2, "bad-score", false), (5, "bad-score", false)]);
}

#[test]
fn splits_that_are_none_are_left_off() {
    let (pairs, report) =
        read("x.csv", "positive,negative,split\na,b,train\nc,d,perhaps\ne,f,\n").unwrap();
    assert_eq!(pairs.iter().filter(|p| p.split.is_some()).count(), 1);
    assert_eq!(problems(&report), [(3, "bad-split", false)]);
}

#[test]
fn ids_that_come_twice_are_told_apart() {
    let text = "id,positive,negative\na,1,2\na,3,4\na-2,5,6\na,7,8\n,9,10\n";
    let (pairs, report) = read("x.csv", text).unwrap();
    assert_eq!(ids(&pairs), ["a", "a-2", "a-2-2", "a-3", "x-5"]);
    let expected = [3, 4, 5].map(|line| (line, "duplicate-id", false));
    assert_eq!(problems(&report), expected);
}

#[test]
fn a_quote_that_never_closes_costs_one_row() {
    let text = "positive,negative\na,b\nc,\"d\ne,f\ng,h\n";
    let (pairs, report) = read("x.csv", text).unwrap();
    let texts: Vec<_> = pairs.iter().map(|p| p.positive.as_str()).collect();
    assert_eq!((texts, problems(&report)), (vec!["a", "e", "g"], vec![(3, "bad-csv", true)]));
    // also where rows behind it have quotes of their own
    let text = "positive,negative\n\"a,b\n\"c\",d\n\"e\n\",f\ng,\"h";
    let (pairs, report) = read("x.csv", text).unwrap();
    assert!(pairs.len() + usize::try_from(report.dropped).unwrap() >= 3, "{pairs:?} {report:?}");
    assert!(report.problems.iter().any(|p| p.line == 6));
}

#[test]
fn problems_are_listed_up_to_a_limit_and_all_counted() {
    let text = format!("{GOOD}\n{}", "{}\n".repeat(5000));
    let (_, report) = read("x.jsonl", text).unwrap();
    assert_eq!((report.problems.len(), report.problem_count, report.dropped), (1000, 5000, 5000));
}

#[test]
fn damaged_parquet_keeps_what_can_be_read_and_never_panics() {
    let folder = Folder::new();
    let path = folder.path().join("x.parquet");
    let texts: Vec<String> = (0..400).map(|i| format!("text {} {i}", i * 7919 % 1013)).collect();
    let rows: Vec<_> = texts.iter().map(|t| vec![Some(t.as_str()), Some("other")]).collect();
    parquet(&path, &["positive", "negative"], &rows, 100);
    let whole = std::fs::read(&path).unwrap();
    let cut = folder.file("cut.parquet", &whole[..whole.len() / 2]);
    assert_eq!(read_with(&cut, &ReadOptions::default()).unwrap_err().code(), "unrecognised");
    let mut some_lost = false;
    for at in (4..whole.len() - 8).step_by(97) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x5A;
        let path = folder.file("damaged.parquet", &damaged);
        if let Ok((pairs, report)) = read_with(&path, &ReadOptions::default()) {
            some_lost |= pairs.len() < 400;
            assert!(pairs.len() == 400 || report.problem_count > 0, "rows lost without a word");
        }
    }
    assert!(some_lost);
}

#[test]
fn a_sink_that_fails_and_a_stop_end_the_reading() {
    let folder = Folder::new();
    let path = folder.file("x.jsonl", format!("{GOOD}\n").repeat(10));
    let options = ReadOptions::default();
    let token = CancelToken::default();
    let mut fail = |_| Err("disk full".into());
    let error = read_pairs(&path, &options, &token, &mut fail, &mut |_, _| {}).unwrap_err();
    assert_eq!(error.to_string(), "The pairs could not be taken over: disk full");
    let mut taken = 0;
    let mut stop = |_| {
        taken += 1;
        token.cancel();
        Ok(())
    };
    let error = read_pairs(&path, &options, &token, &mut stop, &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, DatasetError::Cancelled(_)));
    assert_eq!(taken, 1);
}
