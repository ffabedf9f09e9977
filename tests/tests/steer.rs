//! Generation steered in the toy world, whose truth is known: the direction moves the act, random
//! ones do not, and where the act has nowhere to go that is said.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use lens_tests::command_line::{Lens, number, set};
use serde_json::Value;

/// Steers a shipped model in the shipped scenarios of its world.
fn steer(lens: &Lens, model: &str, more: &[&str]) -> Result<Value> {
    lens.json(&arguments(model, &set("toy-matched.jsonl"), more))
}

fn arguments(model: &str, pairs: &Path, more: &[&str]) -> Vec<OsString> {
    let mut all: Vec<OsString> = vec!["steer".into(), "--pairs".into(), pairs.into()];
    let usual = ["--model", model, "--pooling", "last", "--relative", "--max-tokens", "40"];
    all.extend(usual.iter().chain(more).map(OsString::from));
    all
}

fn scenario<'a>(answer: &'a Value, id: &str) -> Result<&'a Value> {
    let all = answer.pointer("/scenarios").and_then(Value::as_array).context("no scenarios")?;
    all.iter().find(|s| s.get("scenario").is_some_and(|s| s == id)).context("no such scenario")
}

fn cell<'a>(answer: &'a Value, id: &str, coefficient: &Value) -> Result<&'a Value> {
    let all = answer.pointer("/cells").and_then(Value::as_array).context("no cells")?;
    let wanted = |c: &&Value| {
        c.get("scenario").is_some_and(|s| s == id) && c.get("coefficient") == Some(coefficient)
    };
    all.iter().find(wanted).with_context(|| format!("no cell {id} {coefficient}"))
}

#[test]
fn the_direction_moves_the_act_and_random_ones_do_not() -> Result<()> {
    let lens = Lens::new()?;
    let mut moved = Vec::new();
    for model in ["toy-llama", "toy-qwen2", "toy-phi3"] {
        let more =
            ["--scenarios", "toy", "--coefficients=-0.6,0,0.6", "--samples", "8", "--project-out"];
        let answer = steer(&lens, model, &more)?;
        let strict = number(&answer, "/success/strict")?;
        let effect = number(&answer, "/effect/low")?;
        let random: Vec<f64> = answer
            .pointer("/random_effects")
            .and_then(Value::as_array)
            .context("no random directions")?
            .iter()
            .filter_map(Value::as_f64)
            .collect();
        ensure!(random.len() == 5, "{random:?}");
        let largest = random.iter().map(|e| e.abs()).fold(0.0, f64::max);
        println!(
            "{model}, layer {}: strict {strict:.2}, effect {:.2} (from {effect:.2}), random to \
             {largest:.2}",
            answer.get("layer").context("no layer")?,
            number(&answer, "/effect/value")?
        );
        if strict >= 0.8 && effect > largest && largest < 0.25 {
            moved.push(model);
        }

        // A caring cue: all help at 0, so that nothing can be added.
        let ferry = scenario(&answer, "toy-ferry")?;
        ensure!(ferry.get("bound").is_some_and(|b| b == "ceiling"), "{model}: {ferry}");
        ensure!(ferry.pointer("/cannot_move/0").and_then(Value::as_f64) == Some(0.6), "{ferry}");
        ensure!(number(ferry, "/success/n")? == 1.0, "{model}: {ferry}");
        // Half by the published rule, whatever the model does: "fails" above, "succeeds" below.
        ensure!(number(ferry, "/success/as_published")? == 0.5, "{model}: {ferry}");

        // Without the direction the two cues no longer decide the act.
        let rate = |id: &str, a: Value| number(cell(&answer, id, &a)?, "/empathy_rate");
        let gap = |a: &Value| {
            Ok::<f64, anyhow::Error>(rate("toy-ferry", a.clone())? - rate("toy-market", a.clone())?)
        };
        let (before, after) = (gap(&Value::from(0.0))?, gap(&Value::Null)?);
        println!("  caring minus task-bound: {before:.2} at 0, {after:.2} projected out");
        ensure!(before > 0.8, "{model}: the cues do not decide: {before}");
        if moved.last() == Some(&model) {
            ensure!(after < 0.4, "{model}: without the direction the gap is still {after}");
        }
    }
    ensure!(moved.len() >= 2, "only in {moved:?} does the direction move the act");
    Ok(())
}

#[test]
fn the_same_run_gives_the_same_answer_and_seeds_are_shared() -> Result<()> {
    let lens = Lens::new()?;
    let few = ["--scenarios", "toy", "--scenario", "toy-maze", "--samples", "3", "--random", "0"];
    let with = |coefficients: &str| {
        let mut more = few.to_vec();
        more.push(coefficients);
        steer(&lens, "toy-llama", &more)
    };
    let one = with("--coefficients=0,0.3")?;
    ensure!(one == with("--coefficients=0,0.3")?, "another answer the second time");
    // The samples at 0 do not depend on what else is sampled.
    let other = with("--coefficients=-0.3,0")?;
    let zero = Value::from(0.0);
    ensure!(cell(&one, "toy-maze", &zero)? == cell(&other, "toy-maze", &zero)?);
    ensure!(number(cell(&one, "toy-maze", &zero)?, "/kl")? == 0.0, "something was changed at 0");
    ensure!(number(cell(&one, "toy-maze", &Value::from(0.3))?, "/kl")? > 0.0, "nothing at 0.3");
    ensure!(one.pointer("/random_band").and_then(Value::as_array).is_some_and(Vec::is_empty));
    Ok(())
}

#[test]
fn what_cannot_be_steered_is_refused_with_a_sentence() -> Result<()> {
    let lens = Lens::new()?;
    let pairs = lens.file("some.jsonl");
    lens_tests::pairs::write_jsonl(&pairs, 12, 1)?;
    let refused = |more: &[&str], part: &str| {
        let mut all = vec!["--random", "0", "--samples", "1"];
        all.extend(more);
        lens.refused(&arguments("toy-llama", &pairs, &all), part)
    };
    let toy = ["--scenarios", "toy"];
    let with = |more: &[&'static str]| [&toy, more].concat();
    refused(&with(&["--coefficients=1,2"]), "lack 0")?;
    refused(&with(&["--coefficients=0"]), "besides 0")?;
    refused(&with(&["--coefficients=0,nan"]), "NaN")?;
    refused(&with(&["--coefficients=0,1", "--layer", "99"]), "no layer 99")?;
    refused(&with(&["--coefficients=0,1", "--scenario", "none"]), "no scenario \"none\"")?;
    refused(&with(&["--coefficients=0,1", "--temperature=-1"]), "temperature")?;

    let file = |name: &str, text: &[u8]| -> Result<String> {
        let path = lens.file(name);
        std::fs::write(&path, text)?;
        Ok(path.to_string_lossy().into_owned())
    };
    let empty = file("empty.json", b"[]")?;
    refused(&["--scenarios", &empty, "--coefficients=0,1"], "empty")?;
    let table = file("table.json", b"a,b\n1,2\n")?;
    refused(&["--scenarios", &table, "--coefficients=0,1"], "not a list of scenarios")?;
    refused(&["--scenarios", "nowhere.json", "--coefficients=0,1"], "nowhere.json")?;

    let narrow = file("narrow.npy", &npy(&[1.0; 3]))?;
    let blank = file("blank.npy", &npy(&[0.0; 128]))?;
    let broken = file("broken.npy", &npy(&[f32::NAN; 128]))?;
    for (path, part) in [(narrow, "3 components"), (blank, "points nowhere"), (broken, "NaN")] {
        let along = ["--direction", path.as_str(), "--layer", "3", "--convention", "residual"];
        refused(&[&toy[..], &along, &["--coefficients=0,1"]].concat(), part)?;
    }
    Ok(())
}

/// A file of numpy: version 1.0, one dimension.
fn npy(values: &[f32]) -> Vec<u8> {
    let mut header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({},), }}", values.len());
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap_or_default().to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    bytes
}

#[test]
fn a_text_is_read_token_by_token_along_a_written_direction() -> Result<()> {
    let lens = Lens::new()?;
    let out = lens.file("care.safetensors");
    let pairs = set("toy-matched.jsonl");
    let mut write: Vec<OsString> = vec!["direction".into(), pairs.into()];
    write.extend(["--model", "toy-llama", "--layer", "6", "--pooling", "last"].map(OsString::from));
    write.extend(["--out".into(), out.clone().into_os_string()]);
    lens.json(&write)?;
    let read = |text: &str| {
        let mut all: Vec<OsString> = vec!["read".into(), text.into()];
        all.extend(["--model", "toy-llama", "--direction"].map(OsString::from));
        all.push(out.clone().into_os_string());
        lens.json(&all)
    };
    let text = "For Kaspar, friends came before rank.\nSo Kaspar";
    let answer = read(text)?;
    let tokens = answer.pointer("/tokens").and_then(Value::as_array).context("no tokens")?;
    let whole: String =
        tokens.iter().filter_map(|t| t.get("text").and_then(Value::as_str)).collect();
    ensure!(whole == text, "{whole:?}");
    ensure!(tokens.first().and_then(|t| t.get("score")) == Some(&Value::Null), "BOS has a score");
    let scores: Vec<f64> = tokens.iter().filter_map(|t| t.get("score")?.as_f64()).collect();
    ensure!(scores.len() == tokens.len() - 1);
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    let last = answer.pointer("/runningMean").and_then(Value::as_array).and_then(|m| m.last());
    let last = last.and_then(Value::as_f64).context("no running mean")?;
    ensure!((last - mean).abs() < 1e-9, "{last} {mean}");

    // The same from a file of text.
    let file = lens.file("text.txt");
    std::fs::write(&file, text)?;
    ensure!(read(&file.to_string_lossy())? == answer, "a file is read otherwise");
    Ok(())
}
