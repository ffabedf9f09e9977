use std::path::Path;

use anyhow::{Context, Result, ensure};
use lens_tests::desktop::{App, LONG, SHORT, with_window};
use lens_tests::files;
use serde_json::Value;

use super::steps::{LIMIT, choose, go, models, wait_sample};

/// Colours that the window and the figures share.
const COLOURS: &str = include_str!("../../../ui/src/lib/design/plot-colours.json");

/// Colour of the positive side, and of the first model's curve.
fn data_colour(theme: &str) -> Result<u32> {
    let colours: Value = serde_json::from_str(COLOURS)?;
    let colour = colours.pointer(&format!("/{theme}/positive")).and_then(Value::as_str);
    let hex = colour.and_then(|c| c.strip_prefix('#')).context("no colour")?;
    Ok(u32::from_str_radix(hex, 16)?)
}

/// One export as the dialog is asked for it.
struct Wanted {
    preset: &'static str,
    theme: &'static str,
    width_mm: f64,
    dpi: u32,
    /// Rows of the CSV, without its header.
    rows: usize,
    /// Words that its caption must have.
    words: &'static [&'static str],
}

/// Exports the figure on screen, and gives the caption that was drafted for it.
async fn export(app: &App, path: &Path, wanted: &Wanted) -> Result<String> {
    app.click("export-open").await?;
    app.wait_for("export-preview", SHORT).await?;
    choose(app, &format!("export-preset-{}", wanted.preset)).await?;
    choose(app, &format!("export-theme-{}", wanted.theme)).await?;
    app.fill("export-dpi", &wanted.dpi.to_string()).await?;
    // The preview is painted, in the colours of paper and data.
    let colour = data_colour(wanted.theme)?;
    app.until("the preview", SHORT, async || {
        let painted = app.pixels_near("export-preview", colour).await?.len();
        Ok((painted > 60).then_some(()))
    })
    .await?;
    let caption = app.wait_for("export-caption", SHORT).await?.prop("value").await?;
    app.fill("export-path", path.to_str().context("an odd path")?).await?;
    app.click("export-confirm").await?;
    let done = app.text_or_error("export-done", "export-error", LONG).await?;
    for format in ["pdf", "svg", "png", "csv"] {
        ensure!(
            done.contains(&format!(".{format}")),
            "the dialog does not name the {format}: {done}"
        );
    }
    Ok(caption.unwrap_or_default())
}

/// Opens all four files and compares them with what was asked for and with each other.
fn check(path: &Path, wanted: &Wanted, caption: &str) -> Result<()> {
    ensure!(wanted.words.iter().all(|w| caption.contains(w)), "the caption is {caption:?}");
    let file = |extension: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(extension);
        std::path::PathBuf::from(name)
    };
    let near = |a: f64, b: f64| (a - b).abs() < 0.2;

    let svg = files::svg(&file("svg"))?;
    ensure!(near(svg.width_mm, wanted.width_mm), "the SVG is {} mm wide", svg.width_mm);
    let stated = format!("width=\"{}mm\"", wanted.width_mm);
    ensure!(svg.source.contains(&stated), "the SVG does not state {stated}");
    ensure!(svg.nodes > wanted.rows, "the SVG has only {} parts", svg.nodes);
    ensure!(!svg.source.contains("<image"), "the SVG holds a bitmap");
    ensure!(svg.source.contains("@font-face"), "the SVG does not carry its font");
    for part in ["toy-llama", "seed", env!("CARGO_PKG_VERSION")] {
        ensure!(svg.metadata.contains(part), "the metadata lack {part:?}: {}", svg.metadata);
    }

    let pdf = files::pdf(&file("pdf"))?;
    ensure!(near(pdf.width_mm, wanted.width_mm), "the PDF is {} mm wide", pdf.width_mm);
    ensure!(near(pdf.height_mm, svg.height_mm), "the PDF is {} mm high", pdf.height_mm);
    ensure!(pdf.images == 0, "the PDF holds {} bitmaps", pdf.images);
    ensure!(!pdf.fonts.is_empty(), "the PDF has no font");
    ensure!(pdf.fonts.iter().all(|(_, embedded)| *embedded), "not embedded: {:?}", pdf.fonts);
    for word in wanted.words {
        ensure!(pdf.text.contains(word), "the PDF's text lacks {word:?}: {}", pdf.text);
    }

    ensure!(pdf.info.contains("toy-llama"), "the PDF does not say what it rests on: {}", pdf.info);

    let png = files::png(&file("png"))?;
    let pixels = |mm: f64| mm / 25.4 * f64::from(wanted.dpi);
    let width = pixels(wanted.width_mm).round();
    ensure!(f64::from(png.width) == width, "the PNG is {} pixels wide, not {width}", png.width);
    let off = f64::from(png.height) - pixels(svg.height_mm);
    ensure!(off.abs() <= 1.0, "the PNG is {off} pixels higher than the SVG");
    let dpi = png.dpi.context("the PNG states no resolution")?;
    ensure!(near(dpi, f64::from(wanted.dpi)), "the PNG states {dpi} dots per inch");
    ensure!(png.colours > 20, "the PNG has only {} colours", png.colours);
    ensure!(
        png.texts.iter().any(|(_, text)| text.contains("toy-llama")),
        "the PNG does not say what it rests on: {:?}",
        png.texts
    );

    let (header, rows) = files::csv(&file("csv"))?;
    ensure!(rows.len() == wanted.rows, "the CSV has {} rows, not {}", rows.len(), wanted.rows);
    ensure!(header.len() > 4, "the CSV's columns are {header:?}");
    let text = std::fs::read_to_string(file("csv"))?;
    let about = text.lines().next().unwrap_or_default();
    ensure!(about.starts_with("# ") && about.contains("toy-llama"), "the CSV begins {about:?}");
    Ok(())
}

#[test]
fn figures_are_exported_as_files_that_open() -> Result<()> {
    with_window("export", LIMIT, async |desk, app| {
        let pairs = wait_sample(app).await?;
        let clusters = Wanted {
            preset: "one-column",
            theme: "light",
            width_mm: 85.0,
            dpi: 300,
            rows: 2 * pairs,
            words: &["toy-llama", "contrastive", "Variance"],
        };
        let path = desk.file("clusters figure")?;
        let caption = export(app, &path, &clusters).await?;
        app.screenshot("export-light-1280x800").await?;
        check(&path, &clusters, &caption)?;

        // The same again is the same, byte for byte.
        let first = std::fs::read(path.with_extension("pdf"))?;
        app.click("export-confirm").await?;
        app.text_or_error("export-done", "export-error", LONG).await?;
        ensure!(std::fs::read(path.with_extension("pdf"))? == first, "the PDF changed");

        // A place that cannot be written to is told, and the dialog stays.
        let nowhere = path.with_extension("pdf").join("figure");
        app.fill("export-path", nowhere.to_str().context("an odd path")?).await?;
        app.click("export-confirm").await?;
        app.wait_for("export-error", SHORT).await?;
        app.wait_for_selector("[data-testid=export-dialog] [aria-label=Close]", SHORT)
            .await?
            .click()
            .await?;

        choose(app, "dims-3").await?;
        app.wait_scatter(2 * pairs, None, SHORT).await?;
        let slide =
            Wanted { preset: "slide", theme: "dark", width_mm: 254.0, dpi: 150, ..clusters };
        let path = desk.file("slide")?;
        let caption = export(app, &path, &slide).await?;
        check(&path, &slide, &caption)?;
        app.wait_for_selector("[data-testid=export-dialog] [aria-label=Close]", SHORT)
            .await?
            .click()
            .await?;

        go(app, "probes").await?;
        app.wait_gone("job-cancel", LONG).await?;
        app.wait_for("sweep-facts", LONG).await?;
        let layers: u64 = models(app)
            .await?
            .iter()
            .filter_map(|model| Some(model.get("layers")?.as_u64()? + 1))
            .sum();
        let sweep = Wanted {
            preset: "two-columns",
            theme: "light",
            width_mm: 174.0,
            dpi: 600,
            rows: usize::try_from(layers)?,
            words: &["AUROC", "toy-llama", "cross-validation", "intervals"],
        };
        let path = desk.file("layer sweep")?;
        let caption = export(app, &path, &sweep).await?;
        check(&path, &sweep, &caption)
    })
}
