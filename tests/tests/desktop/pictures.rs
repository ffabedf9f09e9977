use anyhow::Result;
use lens_tests::desktop::{App, LONG, SHORT, with_window};

use super::steps::{LIMIT, choose, go, shortcut, theme, wait_sample};

const ESCAPE: &str = "\u{e00c}";

/// Every room in one size and theme.
async fn rooms(app: &App, points: usize, suffix: &str) -> Result<()> {
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

    go(app, "probes").await?;
    app.wait_for("sweep-facts", LONG).await?;
    app.screenshot(&format!("probes-{suffix}")).await
}

#[test]
fn every_room_has_its_picture_taken() -> Result<()> {
    with_window("pictures", LIMIT, async |_, app| {
        let points = 2 * wait_sample(app).await?;
        for (width, height) in [(1280, 800), (1920, 1080)] {
            app.resize(width, height).await?;
            for colours in ["light", "dark"] {
                theme(app, colours).await?;
                rooms(app, points, &format!("{colours}-{width}x{height}")).await?;
            }
        }
        // Nothing spills over at the smallest size.
        app.resize(960, 640).await?;
        for room in ["pairs", "clusters", "probes"] {
            go(app, room).await?;
            app.expect_no_spill().await?;
            app.screenshot(&format!("{room}-dark-960x640")).await?;
        }
        Ok(())
    })
}
