use anyhow::{Context, Result, ensure};
use lens_tests::desktop::{App, LONG, SHORT, with_variables, with_window};
use lens_tests::programs;
use serde_json::{Value, json};

use super::hub::{COMMIT, ID, Served, Server};
use super::steps::{LIMIT, go, sample_pairs, theme, wait_sample};

/// A hub that has toy-qwen2 under a name of its own.
fn hub() -> Result<Server> {
    let server = Server::start();
    for file in ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"] {
        let content = std::fs::read(programs::models().join("toy-qwen2").join(file))?;
        let large = file == "model.safetensors";
        server.put(file, Served { content, large, ..Served::default() });
    }
    Ok(server)
}

async fn shelf(app: &App) -> Result<Value> {
    app.ask("shelf", json!({})).await
}

/// Types a model's id, and starts what the dialog plans.
async fn fetch(app: &App) -> Result<()> {
    app.wait_text_of_page("of memory is free", LONG).await?;
    app.wait_for("hub-id", SHORT).await?.send_keys(ID).await?;
    app.click("hub-id-go").await?;
    app.wait_text("plan-sentence", "4 files", SHORT).await?;
    Ok(())
}

#[test]
fn a_model_is_fetched_and_reads_the_pairs() -> Result<()> {
    let server = hub()?;
    // The line is cut once, in the middle of the weights.
    server.change("model.safetensors", |file| file.cut_at = Some(1_000_000));
    let endpoint = [("HF_ENDPOINT", server.endpoint.clone())];
    with_variables("fetch", LIMIT, &endpoint, async |desk, app| {
        wait_sample(app).await?;
        app.wait_gone("job-cancel", LONG).await?;
        go(app, "models").await?;
        ensure!(server.asked().is_empty(), "the hub was asked before anybody wished for it");

        fetch(app).await?;
        app.screenshot("plan-light-1280x800").await?;
        ensure!(server.fetched().is_empty(), "something was fetched before Start was pressed");
        app.click("plan-start").await?;
        app.wait_for("download-error", LONG).await?;
        app.screenshot("download-cut-light-1280x800").await?;
        ensure!(shelf(app).await?.pointer("/notes") == Some(&json!([])), "the rest is a damage");

        server.change("model.safetensors", |file| file.cut_at = None);
        app.click("download-continue").await?;
        app.wait_for("download-choose", LONG).await?;
        theme(app, "dark").await?;
        app.screenshot("download-done-dark-1280x800").await?;
        let ranges = server.fetched().iter().filter(|a| a.headers.contains_key("range")).count();
        ensure!(ranges > 0, "the download began anew instead of going on");

        app.click("download-choose").await?;
        let points = 2 * sample_pairs()?;
        app.until("the fetched model to have read the pairs", LONG, async || {
            let study = app.ask("study", json!({})).await?;
            let models = study.get("models").and_then(Value::as_array).cloned().unwrap_or_default();
            let ours = models.into_iter().find(|m| m.get("repo") == Some(&json!(ID)));
            Ok(ours.filter(|model| !model.get("reading").is_none_or(Value::is_null)))
        })
        .await?;
        go(app, "clusters").await?;
        app.wait_scatter(points, None, LONG).await?;

        // It lies where every tool of the hub looks for it.
        let cache = desk.home().join(".cache/huggingface/hub/models--org--model");
        let main = std::fs::read_to_string(cache.join("refs/main"))?;
        ensure!(main.trim() == COMMIT, "refs/main is {main:?}");
        let shipped = std::fs::read(programs::models().join("toy-qwen2/model.safetensors"))?;
        let fetched =
            std::fs::read(cache.join("snapshots").join(COMMIT).join("model.safetensors"))?;
        ensure!(fetched == shipped, "the weights are not what the hub has");

        // And it can be taken out again.
        go(app, "models").await?;
        app.click(&format!("model-remove-{ID}")).await?;
        app.until("the model to be gone from the study", SHORT, async || {
            let study = app.ask("study", json!({})).await?;
            let models = study.get("models").and_then(Value::as_array).context("no models")?;
            Ok((!models.iter().any(|m| m.get("repo") == Some(&json!(ID)))).then_some(()))
        })
        .await
    })
}

#[test]
fn a_gated_model_and_an_unknown_one_get_their_sentences() -> Result<()> {
    let server = hub()?;
    server.state.lock().map_err(|_| anyhow::anyhow!("the server fell over"))?.refuse =
        Some((403, "GatedRepo"));
    let endpoint = [("HF_ENDPOINT", server.endpoint.clone())];
    with_variables("gated", LIMIT, &endpoint, async |_, app| {
        wait_sample(app).await?;
        go(app, "models").await?;
        app.wait_text_of_page("of memory is free", LONG).await?;
        app.wait_for("hub-id", SHORT).await?.send_keys(ID).await?;
        app.click("hub-id-go").await?;
        app.wait_text("plan-error", "accept its terms", SHORT).await?;
        app.screenshot("gated-light-1280x800").await
    })
}

#[test]
fn offline_nothing_can_be_fetched_and_nothing_is_missing() -> Result<()> {
    with_variables("offline", LIMIT, &[("HF_HUB_OFFLINE", "1".to_owned())], async |_, app| {
        wait_sample(app).await?;
        go(app, "models").await?;
        app.wait_for("models-offline", SHORT).await?;
        app.wait_for("model-card-toy-llama", SHORT).await?;
        app.screenshot("models-offline-light-1280x800").await
    })
}

#[test]
fn models_are_searched_and_chosen() -> Result<()> {
    with_window("models", LIMIT, async |_, app| {
        wait_sample(app).await?;
        app.wait_gone("job-cancel", LONG).await?;
        go(app, "models").await?;
        app.wait_for("models-search", SHORT).await?.send_keys("phi3").await?;
        app.wait_gone("model-card-toy-llama", SHORT).await?;
        app.wait_for("model-card-toy-phi3", SHORT).await?;
        app.click("model-choose-toy-phi3").await?;
        app.until("toy-phi3 to be left out", SHORT, async || {
            let study = app.ask("study", json!({})).await?;
            let models = study.get("models").and_then(Value::as_array).context("no models")?;
            let chosen = models.iter().filter(|m| m.get("chosen") == Some(&json!(true))).count();
            Ok((chosen == models.len() - 1).then_some(()))
        })
        .await
    })
}
