//! Pairs files for tests.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use serde_json::json;

const SCENARIOS: [&str; 5] =
    ["the ferry", "the clinic", "the orchard", "the night bus", "the choir"];
const KIND: [&str; 4] = ["sat down beside", "listened to", "asked after", "walked home with"];
const CURT: [&str; 4] = ["walked past", "argued with", "ignored", "sent away"];
const PEOPLE: [&str; 7] =
    ["Mara", "the old man", "Oskar", "a stranger", "Ines", "the child", "Tom"];
const FILLER: [&str; 6] = [
    "The rain had stopped an hour before.",
    "Somebody had left the door open.",
    "There were still boxes to carry.",
    "The clock on the wall was slow.",
    "Nobody had eaten since the morning.",
    "A radio was playing two rooms away.",
];

/// One made-up pair. Every pair differs from every other in both texts; `sentences` sets how long
/// the texts are.
#[must_use]
pub fn pair(index: usize, sentences: usize) -> (String, String, &'static str) {
    let pick = |list: &[&'static str], n: usize| list.get(n % list.len()).copied().unwrap_or("");
    let scenario = pick(&SCENARIOS, index);
    let mut rest = String::new();
    for k in 0..sentences {
        // Writing to a string does not fail.
        let _ = write!(rest, " {} It was day {}.", pick(&FILLER, index + 5 * k), index * 31 + k);
    }
    let person = pick(&PEOPLE, index / 3);
    let side = |acts: &[&'static str]| {
        format!("At {scenario}, Lena {} {person} that evening.{rest}", pick(acts, index / 7))
    };
    (side(&KIND), side(&CURT), scenario)
}

/// Writes `count` pairs as JSONL with ids and scenarios.
///
/// # Errors
/// When the file cannot be written.
pub fn write_jsonl(path: &Path, count: usize, sentences: usize) -> Result<()> {
    let mut text = String::new();
    for index in 0..count {
        let (positive, negative, scenario) = pair(index, sentences);
        let id = format!("made-{index:04}");
        let row =
            json!({"id": id, "scenario": scenario, "positive": positive, "negative": negative});
        writeln!(text, "{row}")?;
    }
    Ok(std::fs::write(path, text)?)
}
