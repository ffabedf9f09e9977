use anyhow::{Context, Result, ensure};
use lens_tests::desktop::{App, LONG, SHORT, with_window};
use serde_json::{Value, json};

use super::steps::{LIMIT, choose, go, model, shortcut, wait_sample};

// WebDriver's names of keys.
const LEFT: &str = "\u{e012}";
const RIGHT: &str = "\u{e014}";
const DOWN: &str = "\u{e015}";
const HOME: &str = "\u{e011}";
const END: &str = "\u{e010}";
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

/// Points that are drawn, by colour: pixels of the plot that are near each side's colour.
async fn pixels(app: &App, side: &str) -> Result<Vec<(f64, f64)>> {
    let style = "return getComputedStyle(document.documentElement).getPropertyValue(arguments[0])";
    let script = style.replace("arguments[0]", &format!("'--plot-{side}'"));
    let colour = app.script(&script).await?;
    let hex = colour.as_str().unwrap_or_default().trim().trim_start_matches('#').to_owned();
    let wanted = u32::from_str_radix(&hex, 16).with_context(|| format!("{side} is {colour}"))?;
    app.pixels_near("scatter", wanted).await
}

/// The first pixel with pixels of the same colour all around it.
fn middle(pixels: &[(f64, f64)]) -> Option<(f64, f64)> {
    let is = |x: f64, y: f64| pixels.contains(&(x, y));
    let around = [(-2.0, 0.0), (2.0, 0.0), (0.0, -2.0), (0.0, 2.0), (1.0, 1.0), (-1.0, -1.0)];
    pixels.iter().copied().find(|&(x, y)| around.iter().all(|(dx, dy)| is(x + dx, y + dy)))
}

#[test]
fn the_sample_study_opens_and_its_layers_can_be_walked() -> Result<()> {
    with_window("layers", LIMIT, async |_, app| {
        let pairs = wait_sample(app).await?;
        ensure!(app.attribute("pairs-count", "data-count").await? == pairs.to_string());
        for side in ["positive", "negative"] {
            let drawn = pixels(app, side).await?.len();
            ensure!(drawn > pairs, "only {drawn} pixels have the colour of the {side} side");
        }

        // It opens at the layer that cross-validation chose.
        let model = model(app).await?;
        let id = model.get("id").context("no id")?;
        let last = model.get("layers").and_then(Value::as_u64).context("no layers")?;
        let sweep = app.ask("layer_sweep", json!({ "modelId": id })).await?;
        let chosen = sweep.get("chosenLayer").context("no chosen layer")?.to_string();
        ensure!(app.attribute("scatter", "data-layer").await? == chosen, "not at layer {chosen}");

        // The slider moves through all layers, and the points follow.
        app.keys("layer-slider", HOME).await?;
        app.wait_scatter(2 * pairs, Some(0), SHORT).await?;
        for layer in 1..=last {
            app.keys("layer-slider", RIGHT).await?;
            app.wait_scatter(2 * pairs, Some(u32::try_from(layer)?), SHORT).await?;
            ensure!(app.text("layer-value").await? == layer.to_string());
        }
        app.keys("layer-slider", RIGHT).await?;
        ensure!(app.text("layer-value").await? == last.to_string(), "there is a layer too many");
        app.keys("scatter", LEFT).await?;
        app.wait_scatter(2 * pairs, Some(u32::try_from(last - 1)?), SHORT).await?;

        // Sliding fast ends at the layer asked for last.
        app.keys("layer-slider", &[HOME, END, LEFT, HOME, RIGHT].concat()).await?;
        app.wait_scatter(2 * pairs, Some(1), SHORT).await
    })
}

#[test]
fn clusters_are_shown_in_many_ways_and_lead_to_the_texts() -> Result<()> {
    with_window("ways", LIMIT, async |_, app| {
        let pairs = wait_sample(app).await?;
        choose(app, "dims-3").await?;
        app.wait_text_of_page("three principal components", SHORT).await?;
        app.wait_scatter(2 * pairs, None, SHORT).await?;
        choose(app, "dims-2").await?;
        app.wait_text_of_page("two principal components", SHORT).await?;

        let study = app.ask("study", json!({})).await?;
        let scenario = study.pointer("/pairs/scenarios/0/name").and_then(Value::as_str);
        let scenario = scenario.context("the sample has no scenario")?.to_owned();
        choose(app, "colour-by-scenario").await?;
        app.wait_text("legend", &scenario, SHORT).await?;
        choose(app, "colour-by-side").await?;

        // The mouse over a point tells its text, and a click opens its pair.
        let drawn = pixels(app, "negative").await?;
        let (x, y) = middle(&drawn).context("no point has the colour of the negative side")?;
        app.hover(x, y).await?;
        let tip = app.wait_text("point-tip", "negative", SHORT).await?;
        app.press(x, y).await?;
        let index = app.attribute("pair-drawer", "data-index").await?;
        let detail = app.ask("pair_detail", json!({ "index": index.parse::<u32>()? })).await?;
        let id = detail.pointer("/row/id").and_then(Value::as_str).context("no id")?;
        ensure!(tip.contains(id), "pair {id} opened, but the mouse was over: {tip}");
        shortcut(app, ESCAPE).await?;
        app.wait_gone("pair-drawer", SHORT).await?;

        // A lasso around everything takes every pair.
        choose(app, "tool-lasso").await?;
        app.wait_scatter(2 * pairs, None, SHORT).await?;
        app.lasso_all("scatter").await?;
        let taken = app.attribute("selection", "data-count").await?;
        ensure!(taken == pairs.to_string(), "the lasso took {taken} of {pairs} pairs");

        // The same numbers as a table; a line of it opens its pair.
        app.click("clusters-table-toggle").await?;
        let rows = app.attribute("coordinate-table", "data-rows").await?;
        ensure!(rows == (2 * pairs).to_string(), "the table has {rows} rows");
        let body = app.wait_for_selector("[data-testid=coordinate-table] .body", SHORT).await?;
        body.send_keys(&[DOWN, DOWN, ENTER].concat()).await?;
        ensure!(app.attribute("pair-drawer", "data-index").await? == "1");
        shortcut(app, ESCAPE).await?;
        app.wait_gone("pair-drawer", SHORT).await
    })
}

#[test]
fn pairs_are_read_side_by_side_and_rooms_change_by_key() -> Result<()> {
    with_window("rooms", LIMIT, async |_, app| {
        let pairs = wait_sample(app).await?;
        shortcut(app, "1").await?;
        ensure!(app.attribute("rail-pairs", "aria-current").await? == "page");
        ensure!(app.attribute("pairs-table", "data-rows").await? == pairs.to_string());
        ensure!(!app.text("checks").await?.is_empty(), "no check is told");
        app.wait_text("problem-list", "Every row of the file could be read", SHORT).await?;

        // Both texts of the first pair, whole.
        app.wait_for_selector("[data-testid=pairs-table] .body", SHORT)
            .await?
            .send_keys(ENTER)
            .await?;
        let detail = app.ask("pair_detail", json!({ "index": 0 })).await?;
        for side in ["positive", "negative"] {
            let text = detail.pointer(&format!("/row/{side}")).and_then(Value::as_str);
            let text = text.context("the pair lacks a side")?;
            let words: Vec<&str> = text.split_whitespace().collect();
            app.wait_text("pair-drawer", &words.join(" "), SHORT).await?;
        }
        shortcut(app, ESCAPE).await?;
        app.wait_gone("pair-drawer", SHORT).await?;

        let id = detail.pointer("/row/id").and_then(Value::as_str).context("no id")?;
        app.fill("pairs-search", id).await?;
        app.wait_text("pairs-found", &format!("1 of {pairs} pairs"), SHORT).await?;

        go(app, "probes").await?;
        app.wait_text("sweep-facts", "by cross-validation on train", LONG).await?;
        app.click("probes-table-toggle").await?;
        app.wait_text("sweep-table", "0 (embedding)", SHORT).await?;
        shortcut(app, "3").await?;
        app.wait_scatter(2 * pairs, None, SHORT).await
    })
}

#[test]
fn settings_change_what_is_read_and_undo_takes_them_back() -> Result<()> {
    with_window("settings", LIMIT, async |_, app| {
        let pairs = wait_sample(app).await?;
        let read = async || -> Result<Value> {
            model(app).await?.get("reading").cloned().context("the model has no reading")
        };
        let first = read().await?;
        app.wait_text("settings", "last", SHORT).await?;
        app.click("settings").await?;
        app.click("pooling-mean").await?;
        app.wait_text("settings", "mean", SHORT).await?;
        app.wait_text_of_page("mean pooling", LONG).await?;
        app.wait_scatter(2 * pairs, None, LONG).await?;
        let mean = read().await?;
        ensure!(
            mean.get("fromStore") == Some(&json!(0)),
            "a new pooling came from the store: {mean}"
        );

        // A token limit that cuts texts says how many.
        app.fill("token-limit", "20").await?;
        app.keys("token-limit", ENTER).await?;
        let cut = format!("{} cut at 20 tokens", 2 * pairs);
        app.wait_text("job-panel", &cut, LONG).await?;
        app.click("settings").await?;

        // Two steps back: everything is there already.
        for (field, before) in [("tokenLimit", json!(512)), ("pooling", json!("last"))] {
            app.control('z').await?;
            app.until(&format!("{field} to be {before} again"), SHORT, async || {
                let study = app.ask("study", json!({})).await?;
                Ok((study.pointer(&format!("/settings/{field}")) == Some(&before)).then_some(()))
            })
            .await?;
        }
        app.wait_text_of_page(", last token", SHORT).await?;
        app.wait_scatter(2 * pairs, None, LONG).await?;
        let again = read().await?;
        ensure!(again.get("tokens") == first.get("tokens"), "{again} after {first}");
        Ok(())
    })
}
