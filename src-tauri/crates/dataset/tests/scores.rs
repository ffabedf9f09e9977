//! Tables of human scores: which files are taken for one, and what becomes of each row.

#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, their helpers too")]

mod common;

use common::{Folder, read};
use lens_core::{CancelToken, ContrastPair};
use lens_dataset::{
    Format, RecognitionKind, ScoreMatch, ScoreTable, holds_scores, read_scores, recognise,
    recognise_scores,
};
use proptest::prelude::*;

fn table(name: &str, content: &str) -> ScoreTable {
    let folder = Folder::new();
    read_scores(&folder.file(name, content), None, &CancelToken::default()).unwrap()
}

fn pairs(ids: &[&str]) -> Vec<ContrastPair> {
    ids.iter().map(|id| ContrastPair { id: (*id).to_owned(), ..ContrastPair::default() }).collect()
}

/// `(line, code)` of every problem; all of them cost a row.
fn problems(found: &ScoreMatch) -> Vec<(u32, &'static str)> {
    assert!(found.problems.iter().all(|problem| problem.dropped));
    found.problems.iter().map(|problem| (problem.line, problem.code.name())).collect()
}

#[test]
fn every_format_and_every_usual_name_is_read() {
    let expected = [Some(1.5), None, Some(-3.0)];
    for (name, content, format) in [
        ("a.csv", "pair_id,human_score\nx,1.5\nz,-3\n", Format::Csv),
        ("a.csv", "Pair ID;Rating\nx;1.5\nz;-3\n", Format::Csv),
        ("a.tsv", "id\thuman\nx\t1.5\nz\t-3\n", Format::Tsv),
        ("a.json", r#"[{"pair": "x", "score": 1.5}, {"pair": "z", "score": "-3"}]"#, Format::Json),
        (
            "a.jsonl",
            "{\"id\": \"x\", \"score\": 1.5}\n{\"id\": \"z\", \"score\": -3}",
            Format::Jsonl,
        ),
        // a model's score, the row's own number, remarks and one text beside what is wanted
        (
            "a.csv",
            "id,pair_id,score,human,text,comment\n1,x,9,1.5,I stay.,not sure\n2,z,9,-3,We go.,ok so\n",
            Format::Csv,
        ),
    ] {
        let table = table(name, content);
        assert_eq!((table.format, table.len(), table.complete), (format, 2, true), "{content}");
        let found = table.for_pairs(&pairs(&["x", "y", "z"]));
        assert_eq!(found.scores, expected, "{content}");
        assert_eq!((found.scored(), found.problem_count), (2, 0));
    }
    // a number is an id too
    let found = table("a.json", r#"[{"id": 7, "rating": 2}]"#).for_pairs(&pairs(&["7"]));
    assert_eq!(found.scores, [Some(2.0)]);
}

#[test]
fn the_digest_is_of_ids_and_scores_in_order() {
    let digest = |name: &str, content: &str| table(name, content).digest;
    let one = digest("a.csv", "id,score\nx,1\ny,2\n");
    assert_eq!(
        one,
        digest("b.jsonl", "{\"pair\":\"x\",\"human\":1.0}\n{\"pair\":\"y\",\"human\":2}\n")
    );
    assert_ne!(one, digest("a.csv", "id,score\ny,2\nx,1\n"));
    assert_ne!(one, digest("a.csv", "id,score\nx,1\ny,2.5\n"));
}

#[test]
fn texts_of_two_columns_are_pairs_whatever_stands_beside_them() {
    let folder = Folder::new();
    let kind = |name: &str, content: &str| {
        let path = folder.file(name, content);
        let found = recognise(&path);
        assert_eq!(found.kind == RecognitionKind::Scores, holds_scores(&path), "{content}");
        found.kind
    };
    let known = "id,score,positive,negative\na,1,I stay here.,I go away.\n";
    assert_eq!(kind("known.csv", known), RecognitionKind::Pairs);
    let unknown = "id,score,kind,unkind\na,1,I stay here.,I go away.\n";
    assert_eq!(kind("unknown.csv", unknown), RecognitionKind::NeedsColumns);
    assert_eq!(kind("scores.csv", "id,score\na,1\n"), RecognitionKind::Scores);
    assert_eq!(kind("text.csv", "id,score,text\na,1,I stay here.\n"), RecognitionKind::Scores);
    // ids alone, or numbers that belong to nothing
    assert_eq!(kind("ids.csv", "id,scenario\na,b\n"), RecognitionKind::NotPairs);
    assert_eq!(kind("numbers.csv", "score,human\n1,2\n"), RecognitionKind::NotPairs);
    let sentence = recognise(&folder.file("scores.csv", "id,score\na,1\n")).sentence;
    assert!(sentence.contains("Open the pairs first"), "{sentence}");
    assert_eq!(read("scores.csv", "id,score\na,1\n").unwrap_err().code(), "scores");
}

#[test]
fn rows_without_effect_are_named_one_by_one() {
    let content = "id,score,side\n\
                   x,1,positive\n\
                   ,2,\n\
                   y,,\n\
                   z,high,\n\
                   z,inf,\n\
                   unknown,3,\n\
                   x,4,\n\
                   y,5,negative\n\
                   z,6,left\n\
                   z,7\n\
                   z ,-8,Positive\n";
    let found = table("scores.csv", content).for_pairs(&pairs(&["x", "y", " z"]));
    assert_eq!(found.scores, [Some(1.0), None, Some(-8.0)]);
    let expected = [
        (3, "missing-id"),
        (4, "bad-score"),
        (5, "bad-score"),
        (6, "bad-score"),
        (7, "unknown-id"),
        (8, "duplicate-id"),
        (9, "other-side"),
        (10, "other-side"),
        (11, "bad-csv"),
    ];
    assert_eq!((problems(&found), found.problem_count), (expected.to_vec(), 9));
    let said: Vec<&str> = found.problems.iter().map(|p| p.message.as_str()).collect();
    assert_eq!(said[1], "There is no number.");
    assert_eq!(said[2], "\"high\" is not a finite number.");
    assert!(said[5].contains("from line 2"), "{}", said[5]);
    assert!(said[6].contains("negative text"), "{}", said[6]);
    assert_eq!(found.problems[3].field.as_deref(), Some("score"));
    assert!(found.problems.iter().all(|problem| problem.file == "scores.csv"));
}

#[test]
fn a_table_without_a_number_or_of_something_else_is_an_error() {
    let folder = Folder::new();
    let error = |name: &str, content: &str| {
        read_scores(&folder.file(name, content), None, &CancelToken::default()).unwrap_err()
    };
    let nothing = error("scores.csv", "id,score\nx,\ny,?\n");
    assert_eq!(nothing.code(), "no-usable-row");
    assert!(nothing.to_string().contains("line 2: There is no number."), "{nothing}");
    let texts = "positive,negative\nI stay.,I go.\n";
    assert_eq!(error("pairs.csv", texts).code(), "unrecognised");
    assert_eq!(error("empty.csv", "").code(), "empty");
    assert!(!holds_scores(&folder.path().join("absent.csv")) && !holds_scores(folder.path()));
}

#[test]
fn a_long_table_is_looked_at_in_part_and_read_whole() {
    let folder = Folder::new();
    let rows: String = (0..700_000).map(|i| format!("pair-{i:07},{}\n", i % 7)).collect();
    let path = folder.file("long.csv", format!("id,score\n{rows}"));
    assert!(std::fs::metadata(&path).unwrap().len() > 8 << 20);
    let some = recognise_scores(&path).unwrap();
    assert!(!some.complete && some.len() > 10_000 && some.len() < 200_000, "{}", some.len());
    let all = read_scores(&path, None, &CancelToken::default()).unwrap();
    assert_eq!((all.complete, all.len()), (true, 700_000));
    let found = all.for_pairs(&pairs(&["pair-0699999"]));
    assert_eq!(found.scores, [Some(f64::from(699_999 % 7))]);
    assert_eq!((found.problems.len(), found.problem_count), (1000, 699_999));
    let stopped = CancelToken::default();
    stopped.cancel();
    assert_eq!(read_scores(&path, None, &stopped).unwrap_err().code(), "cancelled");
}

proptest! {
    /// Every row of a table either scores a pair or is a problem.
    #[test]
    fn no_row_is_lost(rows in prop::collection::vec(("[a-f ]{0,3}", "[0-9.x-]{0,4}"), 1..30)) {
        let content: String =
            rows.iter().map(|(id, score)| format!("\"{id}\",\"{score}\"\n")).collect();
        let folder = Folder::new();
        let path = folder.file("scores.csv", format!("pair,rating\n{content}"));
        if let Ok(table) = read_scores(&path, None, &CancelToken::default()) {
            let found = table.for_pairs(&pairs(&["a", "b", "ab", "f", "cde"]));
            prop_assert_eq!(found.scored() as u64 + found.problem_count, rows.len() as u64);
            prop_assert_eq!(found.problems.len() as u64, found.problem_count);
        }
    }
}
