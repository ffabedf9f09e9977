//! Steering from the command line: samples made elsewhere are scored, and directions are written.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use lens_tests::command_line::{Lens, number};
use lens_tests::pairs;
use serde_json::{Value, json};

const KIND: &str =
    "I am so sorry, I care about how you feel and I will listen to you for as long as it takes.";
const COLD: &str =
    "We proceed with the objective: the optimal strategy is to win and to complete the task today.";

/// One scenario whose rate follows the coefficient, and one at the ceiling, some MB long.
fn samples(repeats: usize) -> Value {
    let condition = |alpha: i32, kind: usize| {
        let texts = (0..4 * repeats).map(|i| if i % 4 < kind { KIND } else { COLD });
        json!({"alpha": alpha, "samples": texts.collect::<Vec<_>>()})
    };
    let follows: Vec<Value> =
        [(-20, 0), (-10, 1), (0, 2), (10, 2), (20, 4)].map(|(a, k)| condition(a, k)).to_vec();
    let ceiling: Vec<Value> = [-20, 0, 20].map(|alpha| condition(alpha, 4)).to_vec();
    let experiments = json!([
        {"scenario": "follows", "conditions": follows},
        {"scenario": "ceiling", "conditions": ceiling},
        {"scenario": "bare", "conditions": [condition(20, 4)]},
    ]);
    json!({"models": {"one": {"model": "a/model", "layer_results": [
        {"layer": 7, "norm": 1.0, "experiments": experiments}]}}})
}

fn score(lens: &Lens, file: &Path) -> Result<Value> {
    lens.json(&[OsStr::new("steer-score"), file.as_os_str()])
}

#[test]
fn samples_of_some_megabytes_are_scored() -> Result<()> {
    let lens = Lens::new()?;
    let file = lens.file("samples.json");
    std::fs::write(&file, samples(1500).to_string())?;
    ensure!(std::fs::metadata(&file)?.len() > 4_000_000);
    let answer = score(&lens, &file)?;
    ensure!(answer == score(&lens, &file)?, "the second time differs");
    let layer = answer.pointer("/models/0/layers/0").context("no layer")?;
    ensure!(number(layer, "/layer")? == 7.0);
    let scenario = |at: usize, key: &str| {
        layer.pointer(&format!("/scenarios/{at}/{key}")).cloned().unwrap_or(Value::Null)
    };
    // down at -20 and -10, still at 10, up at 20
    ensure!(scenario(0, "baseline") == 0.5, "{answer}");
    ensure!(scenario(0, "as_published") == 0.75 && scenario(0, "strict") == 0.75, "{answer}");
    ensure!(scenario(0, "strict_n") == 4 && scenario(0, "ceiling").is_null(), "{answer}");
    ensure!(scenario(0, "coherent_rate/-20") == 1.0, "{answer}");
    ensure!(number(layer, "/scenarios/0/slope")? > 0.0);
    let keys: Vec<String> = scenario(0, "empathy_rate")
        .as_object()
        .into_iter()
        .flat_map(|rates| rates.keys().cloned())
        .collect();
    ensure!(keys.len() == 5, "{keys:?}");
    // nothing moves at the ceiling: half by the published rule, none by the strict one
    ensure!(scenario(1, "as_published") == 0.5 && scenario(1, "strict") == 0.0, "{answer}");
    ensure!(scenario(1, "ceiling") == "ceiling" && scenario(1, "strict_n") == 1, "{answer}");
    ensure!(scenario(2, "problem").to_string().contains("lack 0"), "{answer}");

    let output = lens.run(&[OsStr::new("steer-score"), file.as_os_str()])?;
    let told = String::from_utf8(output.stdout)?;
    ensure!(told.contains("a/model, layer 7") && told.contains("cannot move up"), "{told}");
    Ok(())
}

#[test]
fn damaged_samples_are_refused_with_their_place() -> Result<()> {
    let lens = Lens::new()?;
    let file = lens.file("Damaged.json");
    let whole = samples(1).to_string();
    let refused = |text: &str, part: &str| -> Result<()> {
        std::fs::write(&file, text)?;
        lens.refused(&[OsStr::new("steer-score"), file.as_os_str()], part)
    };
    refused(whole.get(..whole.len() / 2).context("half")?, "ends too early")?;
    refused(&whole.replacen("-20", "\"low\"", 1), "layer_results[0].experiments[0]")?;
    refused(&whole.replacen("layer_results", "results", 1), "no field `layer_results`")?;
    refused(r#"{"layer_results": []}"#, "no scenario can be scored")?;
    refused("positive,negative\n", "Damaged.json: expected value")?;
    lens.refused(&["steer-score", "none.json"], "none.json")
}

#[test]
fn a_direction_is_written_for_other_tools() -> Result<()> {
    let lens = Lens::new()?;
    let file = lens.file("some.jsonl");
    pairs::write_jsonl(&file, 20, 1)?;
    let arguments = |layer: &str, out: &Path| {
        let mut all = vec!["direction".into(), file.clone().into_os_string()];
        all.extend(["--model", "toy-llama", "--layer", layer, "--out"].map(Into::into));
        all.push(out.to_path_buf().into_os_string());
        all
    };
    let mut kept = Vec::new();
    for name in ["d.npy", "d.safetensors", "d.gguf"] {
        let out = lens.file(name);
        let answer = lens.json(&arguments("3", &out))?;
        ensure!(number(&answer, "/layer")? == 3.0, "{answer}");
        ensure!((number(&answer, "/norm")? - 1.0).abs() < 1e-6, "{answer}");
        kept.push(std::fs::read(&out)?);
        lens.json(&arguments("3", &out))?;
        ensure!(kept.last() == Some(&std::fs::read(&out)?), "{name} has other bytes a second time");
    }
    let [npy, safe, gguf] = kept.as_slice() else { anyhow::bail!("three files") };
    // the components are the same bytes in all three
    let components = npy.get(128..).context("behind numpy's header")?;
    ensure!(safe.ends_with(components), "safetensors");
    ensure!(gguf.windows(components.len()).any(|part| part == components), "GGUF");
    ensure!(gguf.windows(11).any(|part| part == b"direction.2"), "layer 3 is block 2");

    for layer in ["0", "1"] {
        let out = lens.file("early.gguf");
        lens.refused(&arguments(layer, &out), "cannot hold layer")?;
        ensure!(!out.exists(), "a file was written all the same");
    }
    lens.refused(&arguments("3", &lens.file("d.pt")), ".safetensors")?;
    lens.refused(&arguments("99", &lens.file("far.npy")), "no layer 99")?;
    let mut nowhere = std::fs::File::create(lens.file("a-file"))?;
    nowhere.write_all(b"x")?;
    let output = lens.run(&arguments("3", &lens.file("a-file").join("d.npy")))?;
    ensure!(!output.status.success(), "written below a file");
    Ok(())
}
