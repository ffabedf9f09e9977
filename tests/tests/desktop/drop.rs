use anyhow::{Context, Result, ensure};
use lens_tests::desktop::{App, LONG, SHORT, with_window};
use lens_tests::pairs::{pair, write_jsonl};
use serde_json::{Value, json};

use super::steps::{LIMIT, go, sample_pairs, theme, wait_sample};

const PAIRS: usize = 60;

/// What came of reading, of the study's one model.
async fn reading(app: &App) -> Result<Value> {
    let study = app.ask("study", json!({})).await?;
    study.pointer("/models/0/reading").cloned().context("the pairs have not been read")
}

#[test]
fn a_dropped_file_of_pairs_becomes_clusters_and_stays() -> Result<()> {
    with_window("drop", LIMIT, async |desk, app| {
        wait_sample(app).await?;
        let file = desk.file("fährmann pairs.jsonl")?;
        write_jsonl(&file, PAIRS, 2)?;

        // While it hovers, the window says what it is; taken away, nothing has happened.
        let drag = desk.drag(&[&file])?;
        let told = app.wait_text("drop-overlay", "contrastive pairs", SHORT).await?;
        for part in ["fährmann pairs.jsonl", &format!("{PAIRS} contrastive pairs"), "JSONL"] {
            ensure!(told.contains(part), "the overlay lacks {part:?}: {told}");
        }
        drag.take_away()?;
        app.wait_gone("drop-overlay", SHORT).await?;
        ensure!(app.attribute("pairs-count", "data-count").await? == sample_pairs()?.to_string());

        // Let go, it is read, and each text is a point.
        theme(app, "dark").await?;
        let drag = desk.drag(&[&file])?;
        app.wait_text("drop-overlay", "Let go to open", SHORT).await?;
        drag.drop_it()?;
        app.wait_gone("drop-overlay", SHORT).await?;
        app.wait_scatter(2 * PAIRS, None, LONG).await?;
        ensure!(app.attribute("pairs-count", "data-count").await? == PAIRS.to_string());
        ensure!(!app.is_there("error-banner").await?, "{}", app.text("error-banner").await?);
        let read = reading(app).await?;
        ensure!(read.get("texts") == Some(&json!(2 * PAIRS)), "{read}");
        ensure!(read.get("fromStore") == Some(&json!(0)), "{read}");
        let detail = app.ask("pair_detail", json!({ "index": 7 })).await?;
        let (positive, negative, scenario) = pair(7, 2);
        ensure!(detail.pointer("/row/positive") == Some(&json!(positive)), "{detail}");
        ensure!(detail.pointer("/row/negative") == Some(&json!(negative)), "{detail}");
        ensure!(detail.pointer("/row/scenario") == Some(&json!(scenario)), "{detail}");

        // Closed and opened again, it is all there without the model reading anything.
        app.close().await?;
        *app = desk.open().await?;
        app.wait_scatter(2 * PAIRS, None, LONG).await?;
        let again = reading(app).await?;
        ensure!(again.get("fromStore") == Some(&json!(2 * PAIRS)), "{again}");
        ensure!(again.get("tokens") == read.get("tokens"), "{again} after {read}");
        ensure!(app.attribute("theme-toggle", "data-choice").await? == "dark", "the theme is lost");

        // And the pairs before it come back by undo.
        app.click("undo").await?;
        app.wait_scatter(2 * sample_pairs()?, None, LONG).await
    })
}

#[test]
fn a_dropped_study_and_a_dropped_model_folder_open() -> Result<()> {
    with_window("drop-study", LIMIT, async |desk, app| {
        wait_sample(app).await?;
        let (file, study) = (desk.file("few.jsonl")?, desk.file("kept.lens")?);
        write_jsonl(&file, PAIRS, 1)?;
        desk.drag(&[&file])?.drop_it()?;
        app.wait_scatter(2 * PAIRS, None, LONG).await?;
        app.ask("save_study_as", json!({ "path": study })).await?;
        app.click("study-menu").await?;
        app.click("open-sample").await?;
        wait_sample(app).await?;

        let drag = desk.drag(&[&study])?;
        app.wait_text("drop-overlay", "Empathy Lens study", SHORT).await?;
        drag.drop_it()?;
        app.wait_scatter(2 * PAIRS, None, LONG).await?;
        let opened = app.ask("study", json!({})).await?;
        ensure!(opened.get("path") == Some(&json!(study)), "{opened}");

        // The shipped model again, from a folder as someone would have downloaded it.
        let folder = desk.file("my model")?;
        std::fs::create_dir(&folder)?;
        for entry in std::fs::read_dir(lens_tests::programs::models().join("toy-llama"))? {
            let path = entry?.path();
            std::fs::copy(&path, folder.join(path.file_name().context("no name")?))?;
        }
        let drag = desk.drag(&[&folder])?;
        app.wait_text("drop-overlay", "llama", SHORT).await?;
        drag.drop_it()?;
        app.wait_for("cluster-model", LONG).await?;
        go(app, "probes").await?;
        app.wait_for_selector("[data-testid=sweep-facts]:nth-of-type(2)", LONG).await?;

        // And one that is a single file.
        let file = desk.file("small model.gguf")?;
        let reference =
            lens_tests::programs::models().with_file_name("tests/reference/gguf/qwen2.gguf");
        std::fs::copy(reference, &file)?;
        let drag = desk.drag(&[&file])?;
        app.wait_text("drop-overlay", "qwen2 model", SHORT).await?;
        drag.drop_it()?;
        app.until("the dropped file to have read the pairs", LONG, async || {
            let study = app.ask("study", json!({})).await?;
            let models = study.get("models").and_then(Value::as_array).cloned().unwrap_or_default();
            let ours = models.into_iter().find(|m| m.get("id") == Some(&json!(file)));
            Ok(ours.filter(|model| !model.get("reading").is_none_or(Value::is_null)))
        })
        .await?;
        Ok(())
    })
}
