//! The tokens of all pairs along the direction, against what the toy models' texts were made of.

use std::collections::BTreeSet;
use std::ffi::OsString;

use anyhow::{Context, Result, ensure};
use lens_tests::command_line::{Lens, set};
use serde_json::Value;

/// The aims that the recipe gives the cold side (`models/recipe/cues.py`), by what tells them apart.
const COLD_AIMS: [&str; 12] = [
    "prize", "clock", "list", "profit", "rank", "plan", "results", "victory", "schedule", "wages",
    "record", "orders",
];

/// One token as told.
#[derive(Debug)]
struct Row {
    token: String,
    positive: u64,
    negative: u64,
    mean: f64,
    share: Option<f64>,
}

fn told(lens: &Lens, pairs: &str, pooling: &str) -> Result<Value> {
    let pairs = set(pairs).into_os_string();
    let out = lens.file("tokens.csv").into_os_string();
    let text = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
    let mut all = text(&["read", "--corpus"]);
    all.push(pairs);
    all.extend(text(&["--model", "toy-llama", "--layer", "4", "--pooling", pooling, "--out"]));
    all.push(out);
    lens.json(&all)
}

fn rows(told: &Value, side: &str) -> Result<Vec<Row>> {
    let rows = told.get(side).and_then(Value::as_array).context("no tokens")?;
    let row = |row: &Value| {
        Some(Row {
            token: row.get("token")?.as_str()?.trim().to_owned(),
            positive: row.get("positive")?.as_u64()?,
            negative: row.get("negative")?.as_u64()?,
            mean: row.get("mean")?.as_f64()?,
            share: row.get("share")?.as_f64(),
        })
    };
    rows.iter().map(|found| row(found).context("half a token")).collect()
}

#[test]
fn the_words_that_carry_the_disposition_come_out_strongest() -> Result<()> {
    let lens = Lens::new()?;
    let lexical = told(&lens, "toy-lexical.jsonl", "mean")?;
    ensure!(lexical.get("layer") == Some(&4.into()) && lexical.get("fewest") == Some(&5.into()));
    let (towards, against) = (rows(&lexical, "towards")?, rows(&lexical, "against")?);
    // Lexical cues: words of one side only. Of the tokens that are, nearly all lie on their side, and
    // they are the farthest away.
    let one_sided = |row: &&Row| {
        let (most, least) = (row.positive.max(row.negative), row.positive.min(row.negative));
        most >= 20 && least * 20 <= most
    };
    let sided: Vec<&Row> = towards.iter().chain(&against).filter(one_sided).collect();
    let right =
        sided.iter().filter(|row| (row.positive > row.negative) == (row.mean > 0.0)).count();
    println!("toy-lexical: {right} of {} one-sided tokens lie on their side", sided.len());
    ensure!(sided.len() >= 25, "{} tokens of one side", sided.len());
    ensure!(right * 10 >= sided.len() * 9, "{right} of {}: {sided:?}", sided.len());
    ensure!(against.iter().take(3).all(|row| row.positive == 0), "{against:?}");

    // Structural cues: both sides say the same words, so that only where they stand can tell. The
    // aims are what the side is read from.
    let matched = told(&lens, "toy-matched.jsonl", "mean")?;
    let mut by_share = rows(&matched, "towards")?;
    by_share.extend(rows(&matched, "against")?);
    by_share.sort_by(|a, b| b.share.unwrap_or(0.0).total_cmp(&a.share.unwrap_or(0.0)));
    by_share.truncate(10);
    let strongest: BTreeSet<&str> = by_share.iter().map(|row| row.token.as_str()).collect();
    let aims = strongest.iter().filter(|word| COLD_AIMS.contains(word)).count();
    println!("toy-matched: {aims} of the ten largest shares are cold aims: {strongest:?}");
    ensure!(aims >= 8, "{strongest:?}");
    ensure!(by_share.iter().all(|row| row.positive == row.negative), "{by_share:?}");
    let share = matched.get("strongestShare").and_then(Value::as_f64).context("no share")?;
    let listed: f64 = by_share.iter().filter_map(|row| row.share).sum();
    ensure!((share - listed).abs() < 1e-6, "{share} and {listed}");

    // A text's last token is not a mean of its tokens.
    let last = told(&lens, "toy-matched.jsonl", "last")?;
    ensure!(last.get("strongestShare") == Some(&Value::Null));
    ensure!(rows(&last, "towards")?.iter().all(|row| row.share.is_none()));

    let csv = std::fs::read_to_string(lens.file("tokens.csv"))?;
    ensure!(csv.starts_with("# Empathy Lens") && csv.contains("\ntoken,count,positive,negative"));
    Ok(())
}

#[test]
fn what_does_not_go_together_is_refused() -> Result<()> {
    let lens = Lens::new()?;
    let pairs = set("toy-matched.jsonl");
    let pairs = pairs.to_str().context("an odd path")?;
    for arguments in [
        vec!["read", "--corpus", pairs, "--model", "toy-llama", "--direction", "d.npy"],
        vec!["read", "A text.", "--model", "toy-llama"],
        vec!["read", "--corpus", pairs],
        vec!["read", "A text.", "--model", "toy-llama", "--direction", "d.npy", "--fewest", "2"],
    ] {
        ensure!(lens.run(&arguments)?.status.code() == Some(2), "{arguments:?}");
    }
    Ok(())
}
