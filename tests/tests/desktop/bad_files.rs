use anyhow::{Result, ensure};
use fantoccini::Locator;
use lens_tests::desktop::{App, LONG, SHORT, with_window};
use serde_json::{Value, json};

use super::steps::{LIMIT, go, sample_pairs, wait_sample};

/// What must not change when a file is refused.
async fn study(app: &App) -> Result<Value> {
    let study = app.ask("study", json!({})).await?;
    Ok(json!([study.get("name"), study.pointer("/pairs/digest"), study.get("undo")]))
}

#[test]
fn bad_rows_are_listed_and_the_good_ones_go_on() -> Result<()> {
    with_window("bad-rows", LIMIT, async |desk, app| {
        wait_sample(app).await?;
        let file = desk.file("mixed.jsonl")?;
        let mut lines: Vec<String> = (0..12)
            .map(|i| {
                let (positive, negative, scenario) = lens_tests::pairs::pair(i, 1);
                json!({"positive": positive, "negative": negative, "scenario": scenario})
                    .to_string()
            })
            .collect();
        lines.insert(2, json!({"positive": "Only one side."}).to_string());
        lines.insert(5, json!({"positive": "The same.", "negative": "The same."}).to_string());
        lines.insert(8, "{\"positive\": \"cut off".to_owned());
        std::fs::write(&file, lines.join("\r\n"))?;

        desk.drag(&[&file])?.drop_it()?;
        app.wait_scatter(24, None, LONG).await?;
        go(app, "pairs").await?;
        let told = app.text("problem-list").await?;
        for part in ["3 rows left out", "mixed.jsonl, line 3", "line 6", "line 9"] {
            ensure!(told.contains(part), "the problems lack {part:?}: {told}");
        }
        app.screenshot("problems-light-1280x800").await
    })
}

#[test]
fn a_file_that_holds_no_pairs_is_refused_and_changes_nothing() -> Result<()> {
    with_window("no-pairs", LIMIT, async |desk, app| {
        wait_sample(app).await?;
        let before = study(app).await?;
        let refused: [(&str, &[u8]); 4] = [
            ("empty.jsonl", b""),
            ("latin.csv", b"positive,negative\nr\xe9sum\xe9,caf\xe9\n"),
            ("photo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
            ("hollow.jsonl", b"{\"positive\": \"\", \"negative\": \"\"}\n{\"positive\": 3}\n"),
        ];
        for (name, content) in refused {
            let file = desk.file(name)?;
            std::fs::write(&file, content)?;
            let drag = desk.drag(&[&file])?;
            app.wait_text("drop-overlay", name, SHORT).await?;
            if name == "photo.png" {
                app.wait_text("drop-overlay", "cannot be opened", SHORT).await?;
                app.screenshot("drop-overlay-refused-light-1280x800").await?;
            }
            drag.drop_it()?;
            app.wait_text("error-banner", name, SHORT).await?;
            if name == "photo.png" {
                app.screenshot("error-light-1280x800").await?;
            }
            let now = study(app).await?;
            ensure!(now == before, "{name} changed the study from {before} to {now}");
            dismiss(app).await?;
        }

        // A study that is none, and a folder without a model.
        let file = desk.file("broken.lens")?;
        std::fs::write(&file, "This is no study.")?;
        desk.drag(&[&file])?.drop_it()?;
        app.wait_text("error-banner", "study", SHORT).await?;
        ensure!(study(app).await? == before, "a broken study changed the one that is open");
        dismiss(app).await?;
        let folder = desk.file("not a model")?;
        std::fs::create_dir(&folder)?;
        desk.drag(&[&folder])?.drop_it()?;
        app.wait_text("error-banner", "not a model", SHORT).await?;
        ensure!(study(app).await? == before);
        dismiss(app).await?;
        app.wait_scatter(2 * sample_pairs()?, None, SHORT).await
    })
}

/// Closes every message.
async fn dismiss(app: &App) -> Result<()> {
    while app.is_there("error-banner").await? {
        app.wait_for_selector("[data-testid=error-banner] [aria-label=Dismiss]", SHORT)
            .await?
            .click()
            .await?;
    }
    Ok(())
}

#[test]
fn a_table_with_other_column_names_asks_which_two() -> Result<()> {
    with_window("columns", LIMIT, async |desk, app| {
        wait_sample(app).await?;
        let before = study(app).await?;
        let file = desk.file("survey.csv")?;
        let mut csv = "number,warm reply,cold reply,situation\n".to_owned();
        for i in 0..10 {
            let (positive, negative, scenario) = lens_tests::pairs::pair(i, 1);
            csv.push_str(&format!("{i},\"{positive}\",\"{negative}\",{scenario}\n"));
        }
        std::fs::write(&file, csv)?;

        desk.drag(&[&file])?.drop_it()?;
        let dialog = app.wait_text("column-dialog", "survey.csv", SHORT).await?;
        ensure!(dialog.contains("warm reply") && dialog.contains("cold reply"), "{dialog}");
        ensure!(study(app).await? == before, "the study changed before the person chose");
        let choices = [
            ("column-positive", "warm reply"),
            ("column-negative", "cold reply"),
            ("column-prompt", "situation"),
        ];
        for (select, column) in choices {
            let element = app.wait_for(select, SHORT).await?;
            element.select_by(Locator::XPath(&format!(".//option[text()='{column}']"))).await?;
        }
        app.screenshot("columns-light-1280x800").await?;
        app.click("column-confirm").await?;
        app.wait_scatter(20, None, LONG).await?;
        let detail = app.ask("pair_detail", json!({ "index": 3 })).await?;
        let (positive, _, scenario) = lens_tests::pairs::pair(3, 1);
        ensure!(detail.pointer("/row/positive") == Some(&json!(positive)), "{detail}");
        ensure!(detail.get("prompt") == Some(&json!(scenario)), "{detail}");
        Ok(())
    })
}
