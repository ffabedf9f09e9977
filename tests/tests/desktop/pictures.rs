use anyhow::{Context, Result};
use lens_tests::desktop::{App, Desk, LONG, SHORT, with_window};
use lens_tests::pairs::write_jsonl;

use serde_json::Value;

use super::steps::{LIMIT, choose, go, models, shortcut, theme, wait_sample};

const ESCAPE: &str = "\u{e00c}";

/// Every room in one size and theme.
async fn rooms(desk: &Desk, app: &App, points: usize, suffix: &str) -> Result<()> {
    go(app, "pairs").await?;
    app.wait_for("pairs-table", SHORT).await?;
    app.screenshot(&format!("pairs-{suffix}")).await?;
    app.wait_for_selector("[data-testid=pairs-table] .body", SHORT)
        .await?
        .send_keys("\u{e007}")
        .await?;
    app.wait_text("pair-drawer", "Underlined words", SHORT).await?;
    app.screenshot(&format!("pair-{suffix}")).await?;
    shortcut(app, ESCAPE).await?;

    app.click("study-menu").await?;
    app.wait_for("shipped-pairs", SHORT).await?;
    app.screenshot(&format!("study-menu-{suffix}")).await?;
    app.click("study-menu").await?;
    app.click("settings").await?;
    app.wait_for("chat-template", SHORT).await?;
    app.screenshot(&format!("settings-{suffix}")).await?;
    app.click("settings").await?;

    go(app, "models").await?;
    app.wait_for("models-hub", SHORT).await?;
    app.screenshot(&format!("models-{suffix}")).await?;

    go(app, "clusters").await?;
    app.wait_scatter(points, None, SHORT).await?;
    app.screenshot(&format!("clusters-2d-{suffix}")).await?;
    choose(app, "dims-3").await?;
    choose(app, "colour-by-scenario").await?;
    app.wait_text_of_page("three principal components", SHORT).await?;
    app.wait_scatter(points, None, SHORT).await?;
    app.screenshot(&format!("clusters-3d-{suffix}")).await?;
    choose(app, "dims-2").await?;
    choose(app, "colour-by-side").await?;
    app.wait_scatter(points, None, SHORT).await?;

    app.click("export-open").await?;
    app.wait_for("export-preview", SHORT).await?;
    app.screenshot(&format!("export-dialog-{suffix}")).await?;
    app.wait_for_selector("[data-testid=export-dialog] [aria-label=Close]", SHORT)
        .await?
        .click()
        .await?;

    let file = desk.file("rivals.jsonl")?;
    write_jsonl(&file, 50, 2)?;
    let drag = desk.drag(&[&file])?;
    app.wait_text("drop-overlay", "50 contrastive pairs", SHORT).await?;
    app.screenshot(&format!("drop-overlay-{suffix}")).await?;
    drag.take_away()?;
    app.wait_gone("drop-overlay", SHORT).await?;

    go(app, "probes").await?;
    app.wait_for("sweep-facts", LONG).await?;
    app.screenshot(&format!("probes-{suffix}")).await?;
    app.click("probes-table-toggle").await?;
    app.wait_for("sweep-table", SHORT).await?;
    app.screenshot(&format!("probes-table-{suffix}")).await?;
    app.click("probes-table-toggle").await?;
    for tab in ["scores", "controls", "pairs", "words"] {
        app.click(&format!("probes-tab-{tab}")).await?;
        app.wait_gone("controls-waiting", 3 * LONG).await?;
        app.screenshot(&format!("probes-{tab}-{suffix}")).await?;
    }
    app.click("probes-tab-layers").await?;
    go(app, "pairs").await?;
    for tab in ["split", "keywords", "table"] {
        app.click(&format!("pairs-tab-{tab}")).await?;
        app.screenshot(&format!("pairs-{tab}-{suffix}")).await?;
    }

    go(app, "agreement").await?;
    app.wait_for("model-matrix", 3 * LONG).await?;
    app.screenshot(&format!("agreement-{suffix}")).await?;
    let cell = "[data-testid=model-matrix] [role=gridcell]:nth-of-type(2)";
    app.wait_for_selector(cell, SHORT).await?.click().await?;
    app.wait_for("agreement-pair", SHORT).await?;
    for tab in ["scores", "layers", "transfer", "numbers"] {
        choose(app, &format!("agreement-tab-{tab}")).await?;
        app.screenshot(&format!("agreement-{tab}-{suffix}")).await?;
    }
    go(app, "behaviour").await?;
    app.screenshot(&format!("behaviour-{suffix}")).await?;
    go(app, "evidence").await?;
    app.wait_for("ladder", SHORT).await?;
    app.screenshot(&format!("evidence-{suffix}")).await
}

#[test]
fn every_room_has_its_picture_taken() -> Result<()> {
    with_window("pictures", LIMIT, async |desk, app| {
        let points = 2 * wait_sample(app).await?;
        for (width, height) in [(1280, 800), (1920, 1080)] {
            app.resize(width, height).await?;
            for colours in ["light", "dark"] {
                theme(app, colours).await?;
                rooms(desk, app, points, &format!("{colours}-{width}x{height}")).await?;
            }
        }
        // Nothing spills over at the smallest size.
        app.resize(960, 640).await?;
        for room in [
            "pairs",
            "models",
            "clusters",
            "probes",
            "agreement",
            "behaviour",
            "steering",
            "evidence",
        ] {
            go(app, room).await?;
            app.expect_no_spill().await?;
            app.screenshot(&format!("{room}-dark-960x640")).await?;
        }
        Ok(())
    })
}

#[test]
fn a_study_with_nothing_in_it_says_what_to_do() -> Result<()> {
    with_window("empty", LIMIT, async |desk, app| {
        let points = 2 * wait_sample(app).await?;

        // No model: every room says so, and choosing one brings the clusters back.
        app.wait_gone("job-cancel", LONG).await?;
        app.click("model-picker").await?;
        for model in models(app).await? {
            let name = model.get("name").and_then(Value::as_str).context("no name")?;
            app.click(&format!("model-option-{name}")).await?;
        }
        app.wait_text_of_page("No model is chosen", SHORT).await?;
        app.screenshot("no-model-light-1280x800").await?;
        app.click("model-option-toy-llama").await?;
        app.wait_scatter(points, None, LONG).await?;

        // No pairs: a new study file.
        let study = desk.file("new.lens")?;
        std::fs::write(&study, "")?;
        desk.drag(&[&study])?.drop_it()?;
        app.wait_text("empty-study", "Drop a file of contrastive pairs", SHORT).await?;
        for colours in ["light", "dark"] {
            theme(app, colours).await?;
            app.screenshot(&format!("empty-{colours}-1280x800")).await?;
        }
        let file = desk.file("first.jsonl")?;
        write_jsonl(&file, 20, 1)?;
        desk.drag(&[&file])?.drop_it()?;
        app.wait_gone("empty-study", SHORT).await?;
        app.wait_text("pairs-count", "20 pairs", SHORT).await?;
        Ok(())
    })
}
