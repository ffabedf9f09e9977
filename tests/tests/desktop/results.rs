use anyhow::{Context, Result, ensure};
use lens_tests::desktop::{App, LONG, SHORT, with_window};
use lens_tests::files;
use serde_json::{Value, json};

use super::steps::{LIMIT, go, models, shortcut, wait_sample};

const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

/// Waits until the job has computed everything there is to compute for the sample study.
pub(crate) async fn wait_for_everything(app: &App) -> Result<()> {
    wait_sample(app).await?;
    wait_for_the_job(app).await
}

async fn wait_for_the_job(app: &App) -> Result<()> {
    app.until("nothing to be left to compute", 3 * LONG, async || {
        let study = app.ask("study", json!({})).await?;
        Ok((study.get("pending") == Some(&json!(false))).then_some(()))
    })
    .await
}

fn number(value: &Value, at: &str) -> Result<f64> {
    value.pointer(at).and_then(Value::as_f64).with_context(|| format!("no number at {at}: {value}"))
}

#[test]
fn a_probe_is_shown_with_what_it_has_to_beat() -> Result<()> {
    with_window("controls", LIMIT, async |_, app| {
        wait_for_everything(app).await?;
        go(app, "probes").await?;
        app.click("probes-tab-controls").await?;
        app.wait_for("controls-table", SHORT).await?;
        let model = models(app).await?.into_iter().next().context("no model")?;
        let id = model.get("id").context("no id")?;
        let controls = app.ask("probe_controls", json!({ "modelId": id })).await?;
        // The pairs of the sample hold the same words on both sides.
        ensure!((number(&controls, "/aboveCeiling/value")? - 0.5).abs() < 1e-9, "{controls}");
        app.wait_text("controls-table", "Bag of words", SHORT).await?;
        app.wait_text("controls-table", "0.50", SHORT).await?;

        // The pairs by margin, the worst first; one key from their texts.
        app.click("probes-tab-pairs").await?;
        let body = app.wait_for_selector("[data-testid=margin-table] .body", SHORT).await?;
        body.send_keys(ENTER).await?;
        app.wait_for("pair-drawer", SHORT).await?;
        shortcut(app, ESCAPE).await?;
        app.wait_gone("pair-drawer", SHORT).await
    })
}

#[test]
fn another_split_is_probed_again_and_can_be_taken_back() -> Result<()> {
    with_window("split", LIMIT, async |_, app| {
        wait_for_everything(app).await?;
        go(app, "pairs").await?;
        let before = app.ask("study", json!({})).await?;
        app.click("pairs-tab-split").await?;
        app.wait_for_selector("label:has([data-testid=split-by-scenario])", SHORT)
            .await?
            .click()
            .await?;
        let study = app
            .until("the split to be by scenario", SHORT, async || {
                let study = app.ask("study", json!({})).await?;
                let kind = study.pointer("/split/kind").and_then(Value::as_str);
                Ok((kind == Some("by-scenario")).then_some(study))
            })
            .await?;
        // No scenario is in both parts, so pairs moved.
        ensure!(study.pointer("/pairs/train") != before.pointer("/pairs/train"), "nothing moved");
        wait_for_the_job(app).await?;
        app.click("undo").await?;
        app.until("the split to be as before", SHORT, async || {
            let study = app.ask("study", json!({})).await?;
            Ok((study.pointer("/split") == before.pointer("/split")).then_some(()))
        })
        .await
    })
}

#[test]
fn models_are_compared_and_the_ladder_says_what_is_shown() -> Result<()> {
    with_window("evidence", LIMIT, async |desk, app| {
        wait_for_everything(app).await?;
        let models = models(app).await?;
        go(app, "agreement").await?;
        app.wait_for("model-matrix", SHORT).await?;
        let view = app.ask("agreement", json!({})).await?;
        let pairs = view.get("pairs").and_then(Value::as_array).context("no pairs of models")?;
        ensure!(pairs.len() == models.len() * (models.len() - 1) / 2, "{view}");
        let first = pairs.first().context("no pair of models")?;
        ensure!(number(first, "/scores/pearson/value")? > 0.5, "{first}");

        go(app, "evidence").await?;
        app.wait_for("ladder", SHORT).await?;
        let evidence = app.ask("evidence", json!({})).await?;
        let ladders = evidence.get("models").and_then(Value::as_array).context("no ladders")?;
        ensure!(ladders.len() == models.len(), "{evidence}");
        for ladder in ladders {
            let statuses: Vec<&str> = ladder
                .get("rungs")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|rung| rung.get("status")?.as_str())
                .collect();
            ensure!(statuses.starts_with(&["passed"; 4]), "{ladder}");
            ensure!(statuses.get(4..) == Some(&["not-tested"; 3][..]), "{ladder}");
        }
        let shown = app.script(
            "return [...document.querySelectorAll('[data-testid=rung]')].map((r) => r.dataset.status)",
        );
        let shown = shown.await?;
        let shown = shown.as_array().context("no rung is shown")?.len();
        ensure!(shown >= 7 * models.len(), "{shown} rungs are shown for {} models", models.len());

        let report = desk.file("evidence.pdf")?;
        let answer = app.ask("export_report", json!({ "path": report, "format": "pdf" })).await?;
        ensure!(answer.as_str() == report.to_str(), "{answer}");
        let pdf = files::pdf(&report)?;
        ensure!(pdf.text.contains("Beats the surface ceiling"), "{}", pdf.text);
        ensure!(pdf.fonts.iter().all(|(_, embedded)| *embedded), "{:?}", pdf.fonts);
        Ok(())
    })
}
