//! The report, read back as HTML and PDF.

#![allow(clippy::unwrap_used, reason = "a helper of a test asserts by unwrapping")]

use document::{characters, objects};
use lens_figure::report::{ReportData, Status};
use lens_figure::{Preset, Style, Theme, layer_sweep, report};

mod document;
mod samples;

const THREE: [&str; 3] = ["toy-llama", "toy-gpt2", "Qwen2.5-0.5B-Instruct"];

fn with_figure(mut data: ReportData) -> ReportData {
    // as the engine has it drawn: the report says in words what a caption would
    let style = Style { caption: None, ..samples::style(Preset::TwoColumns, Theme::Light) };
    let sweep = samples::controlled_sweep(&[("toy-llama", 8)]);
    data.figure = Some(layer_sweep::draw(&sweep, &style).unwrap());
    data
}

fn pages(pdf: &[u8]) -> usize {
    let objects = objects(pdf);
    let pages = objects.iter().filter(|(_, head, _)| head.contains("/Type /Page\n")).count();
    let list = objects.iter().find(|(_, head, _)| head.contains("/Type /Pages")).unwrap();
    assert!(list.1.contains(&format!("/Count {pages}\n")), "{}", list.1);
    assert_eq!(list.1.matches(" 0 R").count(), pages);
    // all of them name the one list as their parent
    let parent = format!("/Parent {} 0 R", list.0);
    assert_eq!(objects.iter().filter(|(_, head, _)| head.contains(&parent)).count(), pages);
    assert_eq!(objects.iter().filter(|(_, head, _)| head.contains("/Parent ")).count(), pages);
    pages
}

#[test]
fn a_page_in_html_fetches_nothing_and_holds_every_word() {
    let data = with_figure(samples::report(&THREE));
    let html = report::html(&data).unwrap();
    assert!(html.starts_with("<!doctype html>"));
    for fetching in ["http:", "https:", "<script", "<link", "@import"] {
        assert!(!html.contains(fetching), "{fetching}");
    }
    // the typeface is inside, in both weights, and a WOFF 2 file begins so
    let addresses: Vec<&str> = html.split("url(").skip(1).collect();
    assert_eq!(addresses.len(), 2);
    assert!(addresses.iter().all(|a| a.starts_with("data:font/woff2;base64,d09GMg")));
    assert!(html.contains("font-src data:"));
    assert!(html.contains("default-src 'none'"));
    assert!(html.contains("prefers-color-scheme:dark") && html.contains("@media print"));
    for model in &data.models {
        assert!(html.contains(&format!("<h2>{}</h2>", model.name)));
        assert!(html.contains(&model.provenance));
        for rung in &model.rungs {
            assert!(html.contains(&format!("{}. {}", rung.number, rung.title)));
            for part in &rung.parts {
                assert!(html.contains(&part.sentence), "{}", part.sentence);
            }
        }
    }
    // one mark with its word for every rung, and for every part where a rung has several
    let rungs = || data.models.iter().flat_map(|model| &model.rungs);
    for (status, class) in
        [(Status::Passed, "passed"), (Status::Failed, "failed"), (Status::NotTested, "not-tested")]
    {
        let parts = rungs().filter(|rung| rung.parts.len() > 1).flat_map(|rung| &rung.parts);
        let expected = rungs().filter(|rung| rung.status == status).count()
            + parts.filter(|part| part.status == status).count();
        let found = html.matches(&format!("class=\"status {class}\"")).count();
        assert_eq!(found, expected, "{class}");
    }
    assert_eq!(html.matches("<img src=\"data:image/svg+xml;base64,").count(), 1);
    assert!(!report::html(&samples::report(&THREE)).unwrap().contains("<img"));
}

#[test]
fn hostile_words_stay_words() {
    let mean = "</title></style><script>alert('x')</script>\u{202e}\" onload=\"x";
    let mut data = samples::report(&["toy-llama"]);
    data.title = mean.to_owned();
    data.concept = mean.to_owned();
    data.data = mean.to_owned();
    data.version = mean.to_owned();
    let model = &mut data.models[0];
    model.name = mean.to_owned();
    model.summary = mean.to_owned();
    model.provenance = mean.to_owned();
    for rung in &mut model.rungs {
        rung.title = mean.to_owned();
        for part in &mut rung.parts {
            part.name = mean.to_owned();
            part.sentence = mean.to_owned();
        }
    }
    let html = report::html(&data).unwrap();
    assert!(!html.contains("<script") && !html.contains("\" onload") && !html.contains('\u{202e}'));
    assert_eq!(html.matches("</title>").count(), 1);
    assert!(html.contains("&lt;script&gt;alert(&apos;x&apos;)&lt;/script&gt;"));
    assert!(report::pdf(&data).unwrap().starts_with(b"%PDF-1.7\n"));
}

#[test]
fn up_to_three_models_with_their_figure_fit_on_one_page_and_more_flow_on() {
    let one = report::pdf(&with_figure(samples::report(&THREE[..1]))).unwrap();
    assert_eq!(pages(&one), 1);
    let three = report::pdf(&with_figure(samples::report(&THREE))).unwrap();
    assert_eq!(pages(&three), 1);
    let names: Vec<String> = (0..12).map(|index| format!("model number {index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let twelve = report::pdf(&samples::report(&names)).unwrap();
    assert!((3..6).contains(&pages(&twelve)));

    let objects = objects(&three);
    let a4 = objects
        .iter()
        .filter(|(_, head, _)| head.contains("/Type /Page\n"))
        .all(|page| page.1.contains("/MediaBox [0 0 595.27") && page.1.contains(" 841.88"));
    assert!(a4, "{objects:?}");
    // every character can be read back
    let readable = characters(&objects);
    let said: String = samples::report(&THREE)
        .models
        .iter()
        .flat_map(|model| &model.rungs)
        .flat_map(|rung| rung.parts.iter().map(|part| part.sentence.clone()))
        .collect();
    let lost: Vec<char> =
        said.chars().filter(|c| !c.is_whitespace() && !readable.contains(c)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let info = &objects.last().unwrap().1;
    assert!(info.contains("/Title (Evidence for empathy)") && !info.contains("Date"), "{info}");
}

#[test]
fn a_report_of_nothing_says_so() {
    let mut data = samples::report(&["toy-llama"]);
    data.models[0].rungs.clear();
    assert!(report::html(&data).unwrap().contains("No rung was tested, so nothing is known."));
    assert_eq!(pages(&report::pdf(&data).unwrap()), 1);
    data.models.clear();
    assert!(report::html(&data).unwrap().contains("What is and is not shown"));
    assert_eq!(pages(&report::pdf(&data).unwrap()), 1);
}

#[test]
fn the_same_data_give_the_same_bytes() {
    let data = with_figure(samples::report(&THREE));
    let (html, pdf) = (report::html(&data).unwrap(), report::pdf(&data).unwrap());
    for _ in 0..6 {
        assert!(report::html(&data).unwrap() == html);
        assert!(report::pdf(&data).unwrap() == pdf);
    }
}
