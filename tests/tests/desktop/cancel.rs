use anyhow::{Context, Result, ensure};
use lens_tests::desktop::{LONG, SHORT, with_window};
use lens_tests::pairs::write_jsonl;
use serde_json::{Value, json};

use super::steps::{LIMIT, go, wait_sample};

/// So many and so long that reading them takes a while.
const PAIRS: usize = 300;
const SENTENCES: usize = 24;

#[test]
fn a_reading_can_be_stopped_and_goes_on_where_it_stopped() -> Result<()> {
    with_window("cancel", LIMIT, async |desk, app| {
        wait_sample(app).await?;
        let file = desk.file("many.jsonl")?;
        write_jsonl(&file, PAIRS, SENTENCES)?;
        desk.drag(&[&file])?.drop_it()?;

        // Stopped in the middle. The window could be used all the while.
        app.wait_text("pairs-count", &format!("{PAIRS} pairs"), LONG).await?;
        app.wait_text("job-progress", "tokens", LONG).await?;
        go(app, "pairs").await?;
        ensure!(app.attribute("pairs-table", "data-rows").await? == PAIRS.to_string());
        go(app, "clusters").await?;
        app.until("a tenth of the work", LONG, async || {
            let share = app.script("return document.querySelector('progress')?.value ?? 0").await?;
            Ok(share.as_f64().is_some_and(|done| done > 0.1).then_some(()))
        })
        .await?;
        app.screenshot("reading-light-1280x800").await?;
        app.click("job-cancel").await?;
        app.wait_for_selector("[data-testid=job-panel][data-state=cancelled]", SHORT).await?;
        ensure!(!app.is_there("error-banner").await?, "a stop is told as an error");
        ensure!(!app.is_there("scatter").await?, "there are clusters of half the texts");
        let study = app.ask("study", json!({})).await?;
        ensure!(study.pointer("/models/0/reading") == Some(&Value::Null), "it was read to its end");
        app.screenshot("stopped-light-1280x800").await?;

        // Read on: what was read by then is not read again.
        app.click("job-continue").await?;
        app.wait_scatter(2 * PAIRS, None, 2 * LONG).await?;
        let study = app.ask("study", json!({})).await?;
        let kept = study.pointer("/models/0/reading/fromStore").and_then(Value::as_u64);
        let kept = kept.context("nothing was read")?;
        ensure!(kept > 0 && kept < 2 * PAIRS as u64, "{kept} texts came from the store");
        Ok(())
    })
}
