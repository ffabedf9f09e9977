//! `lens fetch`, `lens models` and a model of the hub's cache, against a small server that speaks
//! the hub's HTTP.

use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use lens_tests::{pairs, programs};
use serde_json::Value;
use tempfile::TempDir;

#[path = "../../src-tauri/crates/hub/tests/common/mod.rs"]
#[allow(clippy::unwrap_used, reason = "what breaks in the test's own server ends the test")]
mod hub;

use hub::{COMMIT, ID, Served, Server};

fn lens(home: &TempDir, server: &Server, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(programs::built("lens")?);
    for name in ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE"] {
        command.env_remove(name);
    }
    Ok(command
        .args(arguments.iter().map(OsStr::new))
        .env("EMPATHY_LENS_HOME", home.path())
        .env("EMPATHY_LENS_MODELS", programs::models())
        .env("HF_HOME", home.path().join("hf"))
        .env("HF_ENDPOINT", &server.endpoint)
        .stdin(Stdio::null())
        .output()?)
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> Result<Value> {
    ensure!(output.status.success(), "{}: {}", output.status, told(output));
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[test]
fn a_model_is_fetched_listed_and_read() -> Result<()> {
    let (home, server) = (TempDir::new()?, Server::start());
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let content = std::fs::read(programs::models().join("toy-phi3").join(name))?;
        let large = name == "model.safetensors";
        server.put(name, Served { content, large, ..Served::default() });
    }

    // Reading never fetches.
    let file = home.path().join("some.jsonl");
    pairs::write_jsonl(&file, 20, 1)?;
    let file = file.to_str().context("an odd path")?;
    let probe = ["probe", file, "--model", ID, "--json", "-"];
    let refused = lens(&home, &server, &probe)?;
    ensure!(refused.status.code() == Some(2), "{}", told(&refused));
    ensure!(told(&refused).contains("lens fetch"), "{}", told(&refused));
    let offline = lens(&home, &server, &["fetch", ID, "--offline"])?;
    ensure!(offline.status.code() == Some(2), "{}", told(&offline));
    ensure!(server.asked().is_empty(), "the hub was asked: {:?}", server.asked());

    let answer = json(&lens(&home, &server, &["fetch", ID, "--json", "-"])?)?;
    ensure!(answer.get("revision").and_then(Value::as_str) == Some(COMMIT), "{answer}");
    let fetched = server.fetched().len();
    ensure!(fetched >= 3, "{fetched} files were fetched");
    json(&lens(&home, &server, &["fetch", ID, "--json", "-"])?)?;
    ensure!(server.fetched().len() == fetched, "what was here was fetched again");

    let models = json(&lens(&home, &server, &["models", "--json", "-"])?)?;
    let models = models.get("models").and_then(Value::as_array).context("no models")?;
    let named = |id: &str| models.iter().find(|m| m.get("id").and_then(Value::as_str) == Some(id));
    let ours = named(ID).with_context(|| format!("{ID} is not listed"))?;
    let text = |model: &Value, key: &str| model.get(key).and_then(Value::as_str).map(str::to_owned);
    ensure!(text(ours, "state").as_deref() == Some("cached"), "{ours}");
    ensure!(text(ours, "family").as_deref() == Some("phi3"), "{ours}");
    let bundled = named("toy-llama").context("toy-llama is not listed")?;
    ensure!(text(bundled, "state").as_deref() == Some("bundled"), "{bundled}");
    ensure!(models.iter().any(|m| text(m, "state").as_deref() == Some("catalogued")));

    // The same numbers as from the shipped folder, under the name it has on the hub.
    let cached = json(&lens(&home, &server, &probe)?)?;
    let shipped = ["probe", file, "--model", "toy-phi3", "--json", "-"];
    let shipped = json(&lens(&home, &server, &shipped)?)?;
    ensure!(cached.pointer("/models/0/layers") == shipped.pointer("/models/0/layers"));
    let name = cached.pointer("/models/0/model").and_then(Value::as_str);
    ensure!(name == Some(ID), "the model is called {name:?}");
    Ok(())
}
