//! PNG and PDF, read back.

#![allow(clippy::unwrap_used, reason = "a helper of a test asserts by unwrapping")]

use std::collections::BTreeSet;

use lens_figure::{
    Figure, FigureError, Preset, Style, Theme, calibration, dose_response, heat_map, layer_sweep,
    matrix, multiples, regression_scatter, roc, scatter, score_distribution, transfer_bars,
};

use document::{characters, objects};

mod document;
mod samples;

fn figure(preset: Preset, theme: Theme) -> Figure {
    scatter::draw(&samples::sides(20), &samples::style(preset, theme)).unwrap()
}

struct Png {
    width: u32,
    height: u32,
    per_metre: (u32, u32),
    texts: Vec<(String, String)>,
    rgb: Vec<u8>,
}

fn decode(bytes: &[u8]) -> Png {
    let mut reader = png::Decoder::new(bytes).read_info().unwrap();
    let mut rgb = vec![0; reader.output_buffer_size()];
    reader.next_frame(&mut rgb).unwrap();
    let info = reader.info();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    let dims = info.pixel_dims.unwrap();
    assert!(matches!(dims.unit, png::Unit::Meter));
    let texts = info.utf8_text.iter().map(|text| (text.keyword.clone(), text.get_text().unwrap()));
    Png {
        width: info.width,
        height: info.height,
        per_metre: (dims.xppu, dims.yppu),
        texts: texts.collect(),
        rgb,
    }
}

#[test]
fn a_picture_has_the_pixels_and_the_words_asked_for() {
    for (preset, dpi, width) in
        [(Preset::OneColumn, 300, 1004), (Preset::TwoColumns, 96, 658), (Preset::Slide, 150, 1500)]
    {
        let figure = figure(preset, Theme::Light);
        let png = decode(&figure.to_png(dpi).unwrap());
        assert_eq!(png.width, width, "{dpi} dpi");
        let height = (figure.height_mm / 25.4 * f64::from(dpi)).round() as u32;
        assert_eq!((png.width, png.height), figure.pixels(dpi).unwrap());
        assert_eq!(png.height, height);
        let per_metre = (f64::from(dpi) / 0.0254).round() as u32;
        assert_eq!(png.per_metre, (per_metre, per_metre));
        let text = |key: &str| {
            let found = png.texts.iter().find(|(keyword, _)| keyword == key);
            found.map(|(_, text)| text.as_str())
        };
        assert_eq!(text("Title"), Some("toy-llama, layer 4"));
        assert_eq!(text("Description"), Some(figure.caption.as_str()));
        assert_eq!(text("Source"), Some(samples::PROVENANCE));
        assert!(text("Software").unwrap().starts_with("Empathy Lens "));
    }
}

#[test]
fn a_picture_shows_the_themes_colours() {
    let file = std::fs::read_to_string("../../../ui/src/lib/design/plot-colours.json").unwrap();
    let colours: serde_json::Value = serde_json::from_str(&file).unwrap();
    for (theme, key) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        let png = decode(&figure(Preset::OneColumn, theme).to_png(300).unwrap());
        let pixels: Vec<&[u8]> = png.rgb.chunks_exact(3).collect();
        let colour = |name: &str| {
            let text = colours[key][name].as_str().unwrap();
            let value = u32::from_str_radix(text.trim_start_matches('#'), 16).unwrap();
            value.to_be_bytes()[1..].to_vec()
        };
        let share = |name: &str| {
            let wanted = colour(name);
            pixels.iter().filter(|pixel| **pixel == wanted).count() as f64 / pixels.len() as f64
        };
        assert_eq!(pixels[0], colour("paper"));
        assert!(share("paper") > 0.8, "{key}: mostly ground");
        assert!(share("positive") > 0.001 && share("negative") > 0.001, "{key}: points");
        assert!(share("ink") > 0.005, "{key}: text");
    }
}

#[test]
fn pictures_too_large_or_of_nothing_are_refused_with_a_way_out() {
    let figure = figure(Preset::Slide, Theme::Light);
    let error = figure.to_png(3000).unwrap_err();
    let FigureError::TooManyPixels { most, width: 30_000, .. } = error else {
        panic!("{error}");
    };
    assert!(figure.pixels(most).is_ok() && figure.pixels(most + 100).is_err());
    assert!(error.to_string().contains(&format!("at most {most} dpi")), "{error}");
    assert!(matches!(figure.to_png(0), Err(FigureError::NoPixels { dpi: 0 })));
    assert!(matches!(figure.pixels(u32::MAX), Err(FigureError::TooManyPixels { .. })));
}

#[test]
fn a_page_has_the_figures_size_its_words_and_its_fonts() {
    let figure = figure(Preset::OneColumn, Theme::Light);
    let pdf = figure.to_pdf().unwrap();
    assert!(pdf.starts_with(b"%PDF-1.7\n"));
    let objects = objects(&pdf);

    let pages: Vec<_> =
        objects.iter().filter(|(_, head, _)| head.contains("/Type /Page\n")).collect();
    assert_eq!(pages.len(), 1);
    let media: Vec<f64> = pages[0]
        .1
        .split("/MediaBox [")
        .nth(1)
        .unwrap()
        .split(']')
        .next()
        .unwrap()
        .split_whitespace()
        .map(|part| part.parse().unwrap())
        .collect();
    assert!((media[2] - figure.width_mm / 25.4 * 72.0).abs() < 1e-3, "{media:?}");
    assert!((media[3] - figure.height_mm / 25.4 * 72.0).abs() < 1e-3, "{media:?}");

    // both faces are inside, as outlines with a map back to characters
    let bases: BTreeSet<&str> = objects
        .iter()
        .filter(|(_, head, _)| head.contains("/Subtype /Type0"))
        .map(|(_, head, _)| head.split('+').nth(1).unwrap().split_whitespace().next().unwrap())
        .collect();
    assert_eq!(bases, BTreeSet::from(["Inter-Regular", "Inter-SemiBold"]));
    assert_eq!(objects.iter().filter(|(_, head, _)| head.contains("/FontFile2")).count(), 2);

    // every character of the caption and title can be read back, and each is shown as text
    let readable = characters(&objects);
    let words = format!("{}{}", figure.caption, figure.title);
    let unreadable: Vec<char> =
        words.chars().filter(|c| !c.is_whitespace() && !readable.contains(c)).collect();
    assert!(unreadable.is_empty(), "{unreadable:?}");
    let shown: usize = objects
        .iter()
        .map(|(_, _, stream)| stream.windows(3).filter(|window| window == b" Tj").count())
        .sum();
    let glyphs = words.chars().filter(|c| !c.is_whitespace()).count();
    assert!(shown >= glyphs, "{shown} of {glyphs}");

    // vectors, no pictures
    assert!(!objects.iter().any(|(_, head, _)| head.contains("/Subtype /Image")));
}

#[test]
fn a_document_says_what_it_is() {
    let mut data = samples::sides(10);
    data.title = "layer (4) \\ é→".to_owned();
    let style = Style {
        caption: Some("Plain (caption)".to_owned()),
        ..samples::style(Preset::OneColumn, Theme::Dark)
    };
    let pdf = scatter::draw(&data, &style).unwrap().to_pdf().unwrap();
    let objects = objects(&pdf);
    let info = &objects.last().unwrap().1;
    let utf16: String =
        "layer (4) \\ é→".encode_utf16().map(|unit| format!("{unit:04X}")).collect();
    assert!(info.contains(&format!("/Title <FEFF{utf16}>")), "{info}");
    assert!(info.contains("/Subject (Plain \\(caption\\))"));
    assert!(info.contains(&format!(
        "/Keywords ({})",
        samples::PROVENANCE.replace('(', "\\(").replace(')', "\\)")
    )));
    assert!(info.contains("/Creator (Empathy Lens ") && info.contains("/Producer (Empathy Lens "));
    assert!(!info.contains("Date"), "a date would make each export differ");
    let tail = String::from_utf8_lossy(&pdf[pdf.len() - 200..]).into_owned();
    assert!(tail.contains(&format!("/Info {} 0 R", objects.len())));
}

#[test]
fn the_same_figure_gives_the_same_bytes() {
    // the converter's own order changes from run to run
    let figure = figure(Preset::OneColumn, Theme::Light);
    let (pdf, png) = (figure.to_pdf().unwrap(), figure.to_png(100).unwrap());
    for _ in 0..12 {
        assert!(figure.to_pdf().unwrap() == pdf);
    }
    assert!(figure.to_png(100).unwrap() == png);
}

#[test]
fn every_kind_of_figure_converts() {
    let sweep = samples::sweep(&[("toy-llama", 8), ("Qwen2.5-0.5B", 24)]);
    let style = samples::style(Preset::TwoColumns, Theme::Dark);
    let mut foreign = samples::scenarios(20, 4);
    for (category, name) in foreign.legend.iter_mut().zip(["看护", "Ελπίδα", "עזרה", "🙂 emoji"])
    {
        category.label = name.to_owned();
    }
    let maps = samples::heat_map(80, 80);
    for figure in [
        score_distribution::draw(&samples::distribution(30), &style).unwrap(),
        roc::draw(&samples::roc(&["toy-llama", "toy-gpt2"], 15), &style).unwrap(),
        matrix::draw(&samples::matrix(&["toy-llama", "toy-gpt2"]), &style).unwrap(),
        heat_map::draw(&maps, &style).unwrap(),
        transfer_bars::draw(&samples::transfer("toy-llama", "toy-gpt2"), &style).unwrap(),
        regression_scatter::draw(&samples::regression(30), &style).unwrap(),
        calibration::draw(&samples::calibration(5), &style).unwrap(),
        scatter::draw(&samples::three_d(30), &style).unwrap(),
        scatter::draw(&foreign, &style).unwrap(),
        scatter::draw(&samples::maps::scored(30), &style).unwrap(),
        multiples::draw(&samples::maps::multiples(&["toy-llama"], 4), &style).unwrap(),
        dose_response::draw(&samples::steering::dose_response(&["toy-llama"], 4), &style).unwrap(),
        layer_sweep::draw(&sweep, &style).unwrap(),
    ] {
        assert!(objects(&figure.to_pdf().unwrap()).len() > 10);
        assert!(decode(&figure.to_png(72).unwrap()).width > 0);
    }
}
