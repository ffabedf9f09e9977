//! Generation steered in the toy world, whose truth is known: the direction moves the act, random
//! ones do not, and where the act has nowhere to go that is said.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use lens_tests::command_line::{Lens, number, set};
use lens_tests::programs;
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

        // All scenarios together: their samples, and each random direction over all of them.
        let all = answer.pointer("/all_scenarios").context("nothing of all scenarios")?;
        let cells = answer.pointer("/cells").and_then(Value::as_array).context("no cells")?;
        for (at, a) in [-0.6, 0.0, 0.6].into_iter().enumerate() {
            let of =
                cells.iter().filter(|c| c.get("coefficient").and_then(Value::as_f64) == Some(a));
            let rates: Vec<f64> = of.map(|c| number(c, "/empathy_rate")).collect::<Result<_>>()?;
            let pooled = number(all, &format!("/cells/{at}/empathy_rate"))?;
            let mean = rates.iter().sum::<f64>() / rates.len() as f64;
            ensure!(rates.len() == 7 && (pooled - mean).abs() < 1e-9, "{a}: {pooled}, not {mean}");
            let n = number(all, &format!("/cells/{at}/n"))?;
            ensure!(n == 7.0 * 8.0, "{n} samples at {a}");
            let [low, high] = ["low", "high"]
                .map(|end| number(all, &format!("/random_band/{at}/{end}")).unwrap_or(f64::NAN));
            // A direction's rate over all scenarios lies between its rates in them.
            let bands = answer.pointer("/random_band").and_then(Value::as_array);
            let bands = bands.into_iter().flatten();
            let bands = bands.filter(|p| p.get("coefficient").and_then(Value::as_f64) == Some(a));
            let bands: Vec<&Value> = bands.collect();
            let ends = |end: &'static str| bands.iter().filter_map(move |p| p.get(end)?.as_f64());
            let (least, most) = (ends("low").fold(1.0, f64::min), ends("high").fold(0.0, f64::max));
            ensure!(least <= low && low <= high && high <= most, "{low} to {high} at {a}");
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

/// The files of what was drawn, with the time at which each was written.
fn drawn(lens: &Lens) -> Result<BTreeMap<PathBuf, SystemTime>> {
    let mut files = BTreeMap::new();
    let Ok(folders) = std::fs::read_dir(lens.home().join("cache/steering")) else {
        return Ok(files);
    };
    for folder in folders {
        for file in std::fs::read_dir(folder?.path())? {
            let file = file?;
            // one that is being written has another name
            if file.path().extension().is_some_and(|e| e == "json") {
                files.insert(file.path(), file.metadata()?.modified()?);
            }
        }
    }
    Ok(files)
}

const RESUMED: [&str; 9] = [
    "--scenarios",
    "toy",
    "--scenario",
    "toy-maze",
    "--scenario",
    "toy-duel",
    "--coefficients=-0.3,0,0.3",
    "--random",
    "5",
];

#[test]
fn what_was_drawn_is_not_drawn_again() -> Result<()> {
    let lens = Lens::new()?;
    let run = |samples: &str| {
        steer(&lens, "toy-llama", &[&RESUMED[..], &["--samples", samples]].concat())
    };
    let answer = run("2")?;
    let first = drawn(&lens)?;
    // the measures, and for two scenarios three coefficients and two along each random direction
    ensure!(first.len() == 1 + 2 * (3 + 2 * 5), "{} files", first.len());
    ensure!(run("2")? == answer, "another answer the second time");
    ensure!(drawn(&lens)? == first, "something was drawn the second time");

    // What is lacking is drawn, and nothing else.
    let lost: Vec<&PathBuf> = first.keys().step_by(3).collect();
    lost.iter().try_for_each(std::fs::remove_file)?;
    let damaged = first.keys().nth(1).context("a second file")?;
    std::fs::write(damaged, "{\"prompt\"")?;
    ensure!(run("2")? == answer, "another answer after a part was lost");
    let mended = drawn(&lens)?;
    for (file, time) in &first {
        let again = lost.contains(&file) || file == damaged;
        ensure!((mended.get(file) != Some(time)) == again, "{}", file.display());
    }

    // A third sample is drawn beside the two of every cell.
    let more = run("3")?;
    ensure!(drawn(&lens)?.len() == first.len(), "other cells for more samples");
    let fresh = Lens::new()?;
    let at_once = steer(&fresh, "toy-llama", &[&RESUMED[..], &["--samples", "3"]].concat())?;
    ensure!(more == at_once, "samples drawn in two goes are others");
    Ok(())
}

#[test]
fn several_layers_are_steered_along_directions_of_their_own() -> Result<()> {
    let lens = Lens::new()?;
    let likeliest = ["--scenarios", "toy", "--coefficients=-0.3,0,0.3", "--random", "0"];
    let likeliest = [&likeliest[..], &["--samples", "1", "--temperature", "0"]].concat();
    let run = |more: &[&str]| steer(&lens, "toy-llama", &[&likeliest[..], more].concat());
    let one = run(&["--layer", "4"])?;
    let files = drawn(&lens)?;
    ensure!(run(&["--layers", "4"])? == one && drawn(&lens)? == files, "one of several is another");

    let chosen = run(&[])?;
    let before = drawn(&lens)?.len();
    let several = run(&["--layers", "4,2,3", "--project-out"])?;
    let layers = several.pointer("/steered").and_then(Value::as_array).context("no layers")?;
    let numbers: Vec<_> = layers.iter().filter_map(|l| l.get("layer")?.as_u64()).collect();
    ensure!(numbers == [2, 3, 4], "{layers:?}");
    ensure!(number(&several, "/layer")? == number(&chosen, "/layer")?, "tokens scored elsewhere");
    let norm = number(&one, "/residual_norm")?;
    ensure!(number(&several, "/steered/2/residual_norm")? == norm, "a norm of layer 4");
    let told = several.pointer("/provenance").and_then(Value::as_str).unwrap_or_default();
    ensure!(told.contains("at each of the layers 2-4 (tokens scored"), "{told}");
    // Two norms that were not measured, and of seven scenarios what is steered: at 0 nothing is.
    let mut new = drawn(&lens)?.len() - before;
    new -= usize::from(numbers.contains(&2)) + usize::from(numbers.contains(&3));
    ensure!(new == 7 * 3, "{new} new cells");
    let cells = |answer: &Value, a: f64| -> Vec<Value> {
        let all = answer.pointer("/cells").and_then(Value::as_array).into_iter().flatten();
        let at = all.filter(|c| c.get("coefficient").and_then(Value::as_f64) == Some(a));
        at.cloned().collect()
    };
    ensure!(cells(&several, 0.0) == cells(&chosen, 0.0), "at 0 something was changed");

    // Steering at three layers pushes further than at one of them, in the same direction.
    let kl = |answer: &Value, a: f64| -> Result<f64> {
        let all: Vec<f64> =
            cells(answer, a).iter().map(|c| number(c, "/kl")).collect::<Result<_>>()?;
        Ok(all.iter().sum::<f64>() / all.len() as f64)
    };
    for a in [-0.3, 0.3] {
        let (one, three) = (kl(&one, a)?, kl(&several, a)?);
        println!("a = {a}: KL {one:.3} at one layer, {three:.3} at three");
        ensure!(three > one, "a = {a}: KL {one} at one layer, {three} at three");
    }
    ensure!(number(&several, "/effect/value")? > 0.0, "{}", several["effect"]);

    // The same directions from a file of three.
    let pairs = set("toy-matched.jsonl");
    let mut tensors = Vec::new();
    for layer in ["2", "3", "4"] {
        let out = lens.file(&format!("{layer}.npy"));
        let mut write: Vec<OsString> = vec!["direction".into(), pairs.clone().into()];
        let more = ["--model", "toy-llama", "--pooling", "last", "--layer", layer, "--out"];
        write.extend(more.map(OsString::from));
        write.push(out.clone().into());
        lens.json(&write)?;
        tensors.push((layer, std::fs::read(&out)?.split_off(128)));
    }
    let file = lens.file("three.safetensors");
    std::fs::write(&file, safetensors(&tensors))?;
    let file = file.to_str().context("a path")?;
    let along = ["--direction", file, "--convention", "residual", "--layers"];
    let from_file = run(&[&along[..], &["2,3,4", "--project-out"]].concat())?;
    let rates = |answer: &Value| -> Vec<Option<f64>> {
        let all = answer.pointer("/cells").and_then(Value::as_array).into_iter().flatten();
        all.map(|c| c.get("empathy_rate")?.as_f64()).collect()
    };
    ensure!(rates(&from_file) == rates(&several), "{:?}", rates(&from_file));
    let refused = |more: &[&str], part: &str| {
        lens.refused(&arguments("toy-llama", &pairs, &[&likeliest[..], more].concat()), part)
    };
    refused(&[&along[..], &["2,5"]].concat(), "no direction for layer 5")?;
    refused(&["--layers", "3,99"], "no layer 99")
}

/// A safetensors file of directions by their layers.
fn safetensors(directions: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    let mut data: Vec<u8> = Vec::new();
    for (layer, bytes) in directions {
        let offsets = [data.len(), data.len() + bytes.len()];
        let entry = serde_json::json!({
            "dtype": "F32", "shape": [bytes.len() / 4], "data_offsets": offsets
        });
        header.insert(format!("direction.{layer}"), entry);
        data.extend(bytes);
    }
    let header = Value::Object(header).to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(data);
    file
}

#[test]
#[cfg(target_os = "linux")]
fn a_stop_loses_no_cell_that_was_done() -> Result<()> {
    use rustix::process::{Pid, Signal, kill_process};
    use std::process::{Command, Stdio};

    let lens = Lens::new()?;
    let more = [&RESUMED[..], &["--samples", "6"]].concat();
    let mut running = Command::new(programs::built("lens")?)
        .args(arguments("toy-llama", &set("toy-matched.jsonl"), &more))
        .env("EMPATHY_LENS_HOME", lens.home())
        .env("EMPATHY_LENS_MODELS", programs::models())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    // the measures and three cells
    while drawn(&lens)?.len() < 4 && running.try_wait()?.is_none() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    kill_process(Pid::from_child(&running), Signal::INT)?;
    let ended = running.wait_with_output()?;
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    ensure!(ended.status.code() == Some(1) && told.contains("cancelled"), "{told}");
    let kept = drawn(&lens)?;
    ensure!((4..27).contains(&kept.len()), "{} files of 27", kept.len());

    let answer = steer(&lens, "toy-llama", &more)?;
    let whole = drawn(&lens)?;
    ensure!(kept.iter().all(|(file, time)| whole.get(file) == Some(time)), "drawn again");
    ensure!(answer == steer(&Lens::new()?, "toy-llama", &more)?, "the stop changed the answer");
    Ok(())
}

#[test]
fn an_encoder_is_refused_before_anything_is_read() -> Result<()> {
    let lens = Lens::new()?;
    let bert = lens_tests::encoder::write(lens.home(), "so")?;
    let bert = bert.to_str().context("a path")?;
    // the pairs are not there: they are not looked at
    let more = ["--scenarios", "toy", "--coefficients=0,1"];
    lens.refused(&arguments(bert, Path::new("nowhere.jsonl"), &more), "tiny-bert is an encoder")?;
    ensure!(!lens.home().join("cache/steering").exists());
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
