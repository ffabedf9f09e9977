//! What a person does again and again.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lens_tests::desktop::{App, LONG, SHORT};
use lens_tests::programs;
use serde_json::{Value, json};

/// Longest time for one test.
pub(crate) const LIMIT: Duration = Duration::from_secs(300);

/// Pairs in the sample study: the lines of its file.
pub(crate) fn sample_pairs() -> Result<usize> {
    let file = programs::models().join("pairs/toy-matched.jsonl");
    Ok(std::fs::read_to_string(file)?.lines().count())
}

/// Waits until the sample study's clusters are on screen, and gives the number of its pairs.
pub(crate) async fn wait_sample(app: &App) -> Result<usize> {
    let pairs = sample_pairs()?;
    app.wait_scatter(2 * pairs, None, LONG).await?;
    Ok(pairs)
}

/// The models of the study, each with its `id`, `name` and `layers`; the first is the one shown.
pub(crate) async fn models(app: &App) -> Result<Vec<Value>> {
    let study = app.ask("study", json!({})).await?;
    study.get("models").and_then(Value::as_array).cloned().context("the study has no models")
}

/// The model that is shown first.
pub(crate) async fn model(app: &App) -> Result<Value> {
    models(app).await?.into_iter().next().context("the study has no model")
}

/// Goes to a room and sees that the rail says so.
pub(crate) async fn go(app: &App, room: &str) -> Result<()> {
    let rail = format!("rail-{room}");
    app.click(&rail).await?;
    let here = app.attribute(&rail, "aria-current").await?;
    ensure!(here == "page", "the rail does not mark {room}");
    Ok(())
}

/// Chooses one of a row of joined buttons.
pub(crate) async fn choose(app: &App, testid: &str) -> Result<()> {
    // The radio button itself is there for the keyboard and screen readers; people see its label.
    let css = format!("label:has(> [data-testid=\"{testid}\"])");
    let looks =
        format!("return document.querySelector('[data-testid=\"{testid}\"]:checked') !== null");
    app.until(&format!("{testid} to be chosen"), SHORT, async || {
        // A preview that arrives may move what is being clicked: then a person clicks again.
        app.wait_for_selector(&css, SHORT).await?.click().await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
        Ok((app.script(&looks).await? == json!(true)).then_some(()))
    })
    .await
}

/// Presses the button for colours until they are `theme`.
pub(crate) async fn theme(app: &App, theme: &str) -> Result<()> {
    for _ in 0..3 {
        if app.attribute("theme-toggle", "data-choice").await? == theme {
            break;
        }
        app.click("theme-toggle").await?;
    }
    let shown = app.script("return document.documentElement.dataset.theme").await?;
    ensure!(shown == theme, "the window is {shown} after {theme} was chosen");
    Ok(())
}

/// Presses a key as a shortcut of the window.
pub(crate) async fn shortcut(app: &App, key: &str) -> Result<()> {
    Ok(app.wait_for_selector("body", SHORT).await?.send_keys(key).await?)
}
