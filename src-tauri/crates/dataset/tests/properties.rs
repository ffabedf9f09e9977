//! What holds for any input.

#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, their helpers too")]

mod common;

use common::{Folder, read, read_with};
use lens_core::ContrastPair;
use lens_dataset::{ReadOptions, ReadReport, recognise, write_jsonl};
use proptest::prelude::*;

/// Pieces of the known formats.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    "\n",
    "\r\n",
    "\t",
    ";",
    " ",
    "PAR1",
    "\u{feff}",
    "positive",
    "negative",
    "\"positive\"",
    "\"negative\"",
    "\"a\"",
    "\"b\"",
    "id",
    "NaN",
    "1",
    "null",
    "\"data\":[",
    "\"instruction\":[",
    "\"questions\"",
    "\"pos\"",
    "\"neg\"",
    "é",
    "{\"positive\":\"a\",\"negative\":\"b\"}",
    "\n{\"positive\":\"a\",\"negative\":\"b\"}\n",
    "positive,negative\na,b\n",
];

/// Text near the known formats.
fn near_formats() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        12 => prop::sample::select(PIECES).prop_map(|s| s.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|v| v.concat())
}

fn is_accounted_for(report: &ReadReport, pairs: &[ContrastPair]) {
    assert_eq!(report.pairs, pairs.len() as u64);
    assert!(report.pairs > 0 && report.problem_count >= report.dropped);
    for pair in pairs {
        assert!(!pair.positive.trim().is_empty() && !pair.negative.trim().is_empty());
        assert_ne!(pair.positive.trim(), pair.negative.trim());
    }
    let ids: std::collections::HashSet<_> = pairs.iter().map(|p| &p.id).collect();
    assert_eq!(ids.len(), pairs.len());
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{1,20}", any::<String>(), "[a,\"\n\t; ]{1,12}"]
        .prop_filter("a text", |t| !t.trim().is_empty())
}

fn pairs() -> impl Strategy<Value = Vec<ContrastPair>> {
    let pair = (text(), text(), prop::option::of(text())).prop_filter_map(
        "two sides",
        |(a, b, prompt)| {
            (a.trim() != b.trim()).then(|| ContrastPair {
                positive: a,
                negative: b,
                prompt,
                ..ContrastPair::default()
            })
        },
    );
    prop::collection::vec(pair, 1..8).prop_map(|mut pairs| {
        for (i, pair) in pairs.iter_mut().enumerate() {
            pair.id = format!("p{i}");
        }
        pairs
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_taken_or_refused_without_panic(bytes in near_formats(), extension in 0..5_usize) {
        let name = ["x.jsonl", "x.json", "x.csv", "x.parquet", "x"][extension];
        let folder = Folder::new();
        let path = folder.file(name, bytes);
        let recognised = recognise(&path);
        match read_with(&path, &ReadOptions::default()) {
            Ok((pairs, report)) => {
                is_accounted_for(&report, &pairs);
                prop_assert_eq!(recognised.pairs, Some(report.pairs));
                prop_assert_eq!(recognised.format, Some(report.format));
            }
            Err(error) => {
                prop_assert_eq!(recognised.pairs, None);
                prop_assert!(error.to_string().ends_with('.'), "{}", error);
            }
        }
    }

    #[test]
    fn damaged_parquet_never_panics(tail in prop::collection::vec(any::<u8>(), 0..64), length: u16) {
        let mut bytes = b"PAR1".to_vec();
        bytes.extend(tail);
        bytes.extend(u32::from(length % 80).to_le_bytes());
        bytes.extend(b"PAR1");
        prop_assert!(read("x.parquet", bytes).is_err());
    }

    #[test]
    fn pairs_survive_jsonl(pairs in pairs()) {
        let mut bytes = Vec::new();
        write_jsonl(&pairs, &mut bytes).unwrap();
        prop_assert_eq!(read("x.jsonl", bytes).unwrap().0, pairs);
    }

    #[test]
    fn pairs_survive_a_json_list(pairs in pairs(), pretty: bool) {
        let bytes = if pretty { serde_json::to_vec_pretty(&pairs) } else { serde_json::to_vec(&pairs) };
        prop_assert_eq!(read("x", bytes.unwrap()).unwrap().0, pairs);
    }

    /// Written by the csv crate, with either delimiter.
    #[test]
    fn pairs_survive_tables(pairs in pairs(), tabs: bool) {
        let delimiter = if tabs { b'\t' } else { b',' };
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        writer.write_record(["id", "prompt", "positive", "negative"]).unwrap();
        for p in &pairs {
            let prompt = p.prompt.as_deref().unwrap_or_default();
            writer.write_record([&p.id, prompt, &p.positive, &p.negative]).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        prop_assume!(!bytes.contains(&0));
        prop_assert_eq!(read("x", bytes).unwrap().0, pairs);
    }

    /// Whatever happens to one byte, the rest is read and the loss is told.
    #[test]
    fn one_wrong_byte_costs_no_more_than_two_rows(at in 0_usize..2000, byte: u8) {
        let row = |i: usize| format!("{{\"id\": \"r{i}\", \"positive\": \"kind {i}\", \"negative\": \"curt {i}\"}}\n");
        let mut bytes: Vec<u8> = (0..40).flat_map(|i| row(i).into_bytes()).collect();
        let at = at % bytes.len();
        prop_assume!(byte != 0);
        bytes[at] = byte;
        let (pairs, report) = read("x.jsonl", bytes).unwrap();
        prop_assert!(pairs.len() >= 38);
        prop_assert!(pairs.len() == 40 || report.problem_count > 0);
    }
}
