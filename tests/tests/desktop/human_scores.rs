use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use lens_tests::desktop::{LONG, SHORT, with_window};
use lens_tests::programs;
use serde_json::{Value, json};

use super::results::wait_for_everything;
use super::steps::{LIMIT, go, sample_pairs, theme};

/// A rating of every pair of the sample study, and one of a pair that it does not have.
fn ratings() -> Result<String> {
    let pairs = std::fs::read_to_string(programs::models().join("pairs/toy-matched.jsonl"))?;
    let mut rows = "pair_id;rating\n".to_owned();
    for (index, line) in pairs.lines().enumerate() {
        let pair: Value = serde_json::from_str(line)?;
        let id = pair.get("id").and_then(Value::as_str).context("a pair without an id")?;
        writeln!(rows, "{id};{}", index * 7919 % 101 % 7)?;
    }
    rows.push_str("toy-matched-999;3\n");
    Ok(rows)
}

#[test]
fn human_scores_dropped_beside_the_pairs_are_compared_with() -> Result<()> {
    with_window("human-scores", LIMIT, async |desk, app| {
        wait_for_everything(app).await?;
        let pairs = sample_pairs()?;
        go(app, "behaviour").await?;
        app.wait_for("behaviour-none", SHORT).await?;
        let file = desk.file("ratings.csv")?;
        std::fs::write(&file, ratings()?)?;

        let drag = desk.drag(&[&file])?;
        let told = app.wait_text("drop-overlay", "Human scores", SHORT).await?;
        let says = format!("for {pairs} of {pairs} pairs, CSV; 1 row cannot be used");
        ensure!(told.contains(&says), "{told}");
        app.screenshot("drop-scores").await?;
        drag.drop_it()?;
        app.wait_gone("drop-overlay", SHORT).await?;
        app.wait_text("behaviour-scores", "ratings.csv", LONG).await?;

        // The models read and probed the same pairs before: nothing is computed again.
        let study = app.ask("study", json!({})).await?;
        ensure!(study.get("pending") == Some(&json!(false)), "{study}");
        ensure!(study.get("undo") == Some(&json!("import of ratings.csv")), "{study}");
        let test = study.pointer("/pairs/test").context("no test pairs")?.to_string();
        ensure!(app.attribute("behaviour-scatter", "data-points").await? == test);
        for colours in ["light", "dark"] {
            theme(app, colours).await?;
            app.wait_for("calibration-plot", SHORT).await?;
            app.expect_no_spill().await?;
            app.screenshot(&format!("behaviour-scored-{colours}")).await?;
        }
        app.click("calibration-export").await?;
        app.wait_for("export-preview", SHORT).await?;
        app.screenshot("calibration-export").await?;
        app.wait_for_selector("[data-testid=export-dialog] [aria-label=Close]", SHORT)
            .await?
            .click()
            .await?;
        go(app, "pairs").await?;
        app.wait_text("pairs-scores", "ratings.csv", SHORT).await?;
        app.wait_text("problem-list", "toy-matched-999", SHORT).await?;
        app.screenshot("pairs-scored").await?;

        // Taken back, the pairs are as they were.
        app.click("undo").await?;
        app.wait_gone("pairs-scores", SHORT).await?;
        go(app, "behaviour").await?;
        app.wait_for("behaviour-none", SHORT).await?;
        Ok(())
    })
}
