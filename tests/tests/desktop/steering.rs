//! The Steering room and the maps of the Clusters room, clicked through on the sample study.

use anyhow::{Context, Result, ensure};
use lens_tests::desktop::{App, LONG, SHORT, with_window};
use serde_json::{Value, json};

use super::results::wait_for_everything;
use super::steps::{LIMIT, choose, go, theme, wait_sample};

/// A plan small enough for a test: two scenarios, three coefficients, one model.
async fn small_plan(app: &App) -> Result<()> {
    app.ask("choose_models", json!({ "modelIds": ["toy-llama"] })).await?;
    let mut plan = app.ask("steering", json!({})).await?;
    let plan = plan.get_mut("plan").context("no plan")?;
    let smaller = json!({
        "scenarios": ["toy-maze", "toy-ferry"], "coefficients": [-0.6, 0.0, 0.6], "samples": 4,
        "maxTokens": 40,
    });
    let (Some(plan), Some(smaller)) = (plan.as_object_mut(), smaller.as_object()) else {
        anyhow::bail!("the plan is no object")
    };
    plan.extend(smaller.clone());
    app.ask("change_steering", json!({ "plan": plan })).await?;
    Ok(())
}

async fn count(app: &App, selector: &str) -> Result<usize> {
    let script = format!("return document.querySelectorAll('{selector}').length");
    let count = app.script(&script).await?;
    Ok(count.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or_default())
}

#[test]
fn steering_is_run_looked_at_and_lived() -> Result<()> {
    with_window("steering", LIMIT, async |_, app| {
        wait_for_everything(app).await?;
        small_plan(app).await?;
        go(app, "steering").await?;
        app.wait_for("before-run", LONG).await?;
        app.screenshot("steering-before").await?;
        app.click("before-run").await?;
        let view = app
            .until("the plan to be sampled", 2 * LONG, async || {
                let view = app.ask("steering", json!({})).await?;
                Ok((view.get("pending") == Some(&json!(false))).then_some(view))
            })
            .await?;
        let model = view.pointer("/models/0").context("no model")?;
        ensure!(model.get("cellsDone") == model.get("cellsTotal"), "{model}");
        let effect = model.pointer("/effect/low").and_then(Value::as_f64);
        ensure!(effect.is_some_and(|low| low > 0.0), "{model}");
        let bound = model.pointer("/scenarios/1/success/bound").and_then(Value::as_str);
        ensure!(bound == Some("ceiling"), "{model}");

        app.until("every scenario to have its panel, and all theirs", SHORT, async || {
            Ok((count(app, "[data-testid=dose-panel]").await? == 3).then_some(()))
        })
        .await?;
        app.wait_text_of_page("cannot move up", SHORT).await?;
        app.wait_for("success-table", SHORT).await?;
        for colours in ["light", "dark"] {
            theme(app, colours).await?;
            app.screenshot(&format!("steering-dose-{colours}")).await?;
        }
        app.click("steering-tab-responses").await?;
        app.wait_for("responses", SHORT).await?;
        app.until("the word that counted to be marked", SHORT, async || {
            let marked = count(app, "[data-testid=responses] .towards").await?;
            Ok((marked > 0).then_some(()))
        })
        .await?;
        app.screenshot("steering-responses-dark").await?;

        app.click("steering-tab-live").await?;
        // The prompt of the first scenario stands there to begin with.
        app.wait_for("live-prompt", SHORT).await?;
        app.click("live-start").await?;
        for column in ["live-unsteered", "live-steered"] {
            app.until(&format!("{column} to be written"), LONG, async || {
                let tokens = app.attribute(column, "data-tokens").await?;
                let ended = app.attribute(column, "data-end").await?;
                Ok((tokens.parse::<usize>()? > 0 && !ended.is_empty()).then_some(()))
            })
            .await?;
        }
        app.screenshot("steering-live-dark").await?;
        theme(app, "light").await?;
        app.screenshot("steering-live-light").await?;

        // What was measured decides the two highest rungs.
        let evidence = app.ask("evidence", json!({})).await?;
        let rung = evidence.pointer("/models/0/rungs/5/status").and_then(Value::as_str);
        ensure!(rung != Some("not-tested"), "{evidence}");
        go(app, "evidence").await?;
        app.wait_for("ladder", SHORT).await?;
        app.screenshot("evidence-steered-light").await
    })
}

#[test]
fn maps_are_drawn_and_say_what_they_are_worth() -> Result<()> {
    with_window("maps", LIMIT, async |_, app| {
        let points = 2 * wait_sample(app).await?;
        choose(app, "map-method-umap").await?;
        app.wait_text("map-facts", "rustworthiness", LONG).await?;
        app.wait_scatter(points, None, LONG).await?;
        app.wait_text_of_page("Distances between clusters", SHORT).await?;
        for colours in ["light", "dark"] {
            theme(app, colours).await?;
            app.screenshot(&format!("clusters-umap-{colours}")).await?;
        }
        choose(app, "map-method-probe").await?;
        app.wait_text_of_page("Distance along", LONG).await?;
        app.screenshot("clusters-probe-dark").await?;
        choose(app, "map-method-pca").await?;
        choose(app, "clusters-mode-layers").await?;
        app.wait_for("multiples", SHORT).await?;
        app.until("some panels to be there", LONG, async || {
            Ok((count(app, "[data-testid=panel]").await? >= 4).then_some(()))
        })
        .await?;
        app.screenshot("clusters-multiples-dark").await?;
        theme(app, "light").await?;
        app.screenshot("clusters-multiples-light").await
    })
}
