//! Draws sample figures of every kind into a folder, to be looked at:
//! `cargo run -p lens-figure --example gallery -- DIR`, all of them or those whose names hold one of
//! the words that follow DIR.

use std::path::Path;

use lens_figure::layer_sweep::ModelSweep;
use lens_figure::{
    Figure, FigureError, Preset, Range, Style, Theme, dose_response, heat_map, layer_sweep, matrix,
    multiples, regression_scatter, report, roc, scatter, score_distribution, transfer_bars,
};

#[path = "../tests/samples/mod.rs"]
mod samples;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("Name a folder to draw into.")?;
    let wanted: Vec<String> = arguments.collect();
    std::fs::create_dir_all(&folder)?;
    let folder = Path::new(&folder);
    for (preset, name) in
        [(Preset::OneColumn, "one"), (Preset::TwoColumns, "two"), (Preset::Slide, "slide")]
    {
        for (theme, shade) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            let style = samples::style(preset, theme);
            for (what, draw) in kinds() {
                let name = format!("{what}-{name}-{shade}");
                if wanted.is_empty() || wanted.iter().any(|wanted| name.contains(wanted)) {
                    save(folder, &name, &draw(&style)?)?;
                }
            }
        }
    }
    save_reports(folder, &wanted)
}

/// Reports of one model and of three, as HTML and PDF.
fn save_reports(folder: &Path, wanted: &[String]) -> Outcome {
    for names in [vec!["toy-llama"], vec!["toy-llama", "toy-gpt2", "Qwen2.5-0.5B-Instruct"]] {
        let name = format!("report{}", names.len());
        if !(wanted.is_empty() || wanted.iter().any(|wanted| name.contains(wanted))) {
            continue;
        }
        let mut data = samples::report(&names);
        let mut style = samples::style(Preset::TwoColumns, Theme::Light);
        style.caption = Some("Test AUROC by layer.".to_owned());
        let sweep = samples::controlled_sweep(&[("toy-llama", 8), ("toy-gpt2", 12)]);
        data.figure = Some(layer_sweep::draw(&sweep, &style)?);
        std::fs::write(folder.join(format!("{name}.html")), report::html(&data)?)?;
        std::fs::write(folder.join(format!("{name}.pdf")), report::pdf(&data)?)?;
    }
    Ok(())
}

type Draw = Box<dyn Fn(&Style) -> Result<Figure, FigureError>>;

/// Every kind of figure with a name for its file.
fn kinds() -> Vec<(&'static str, Draw)> {
    let mut kinds: Vec<(&'static str, Draw)> = Vec::new();
    for (what, data) in scatters() {
        kinds.push((what, Box::new(move |style| scatter::draw(&data, style))));
    }
    for (what, data) in multiples() {
        kinds.push((what, Box::new(move |style| multiples::draw(&data, style))));
    }
    let three = ["toy-llama", "Qwen2.5-0.5B-Instruct", "gemma-2-2b"];
    for (what, models, scenarios, coherence) in [
        ("dose1", 1, 1, true),
        ("dose5", 1, 5, true),
        ("dose3", 3, 5, true),
        ("dose12", 3, 12, false),
    ] {
        let mut data = samples::steering::dose_response(&three[..models], scenarios);
        data.coherence = coherence;
        kinds.push((what, Box::new(move |style| dose_response::draw(&data, style))));
    }
    for (what, data) in sweeps() {
        kinds.push((what, Box::new(move |style| layer_sweep::draw(&data, style))));
    }
    for (what, pairs) in [("scores15", 15), ("scores200", 200), ("scores5000", 5_000)] {
        let data = samples::distribution(pairs);
        kinds.push((what, Box::new(move |style| score_distribution::draw(&data, style))));
    }
    let long = samples::long_name();
    for (what, names) in
        [("roc1", vec!["toy-llama"]), ("roc3", vec!["toy-llama", "Qwen2.5-0.5B-Instruct", &long])]
    {
        let data = samples::roc(&names, 15);
        kinds.push((what, Box::new(move |style| roc::draw(&data, style))));
    }
    let ten = [
        "toy-llama",
        "toy-gpt2",
        "toy-neox",
        "Qwen2.5-0.5B-Instruct",
        "Llama-3.2-1B",
        "Phi-3-mini-4k-instruct",
        "gemma-2-2b",
        "SmolLM2-360M",
        "Mistral-7B-v0.3",
        &long,
    ];
    for (what, names) in [("matrix2", &ten[..2]), ("matrix4", &ten[2..6]), ("matrix10", &ten[..])] {
        let data = samples::matrix(names);
        kinds.push((what, Box::new(move |style| matrix::draw(&data, style))));
    }
    for (what, rows, columns) in [("heat9", 8, 12), ("heat33", 32, 24), ("heat81", 80, 80)] {
        let data = samples::heat_map(rows, columns);
        kinds.push((what, Box::new(move |style| heat_map::draw(&data, style))));
    }
    for (what, second) in [("transfer", "toy-gpt2"), ("transfer-long", long.as_str())] {
        let data = samples::transfer("toy-llama", second);
        kinds.push((what, Box::new(move |style| transfer_bars::draw(&data, style))));
    }
    for (what, data) in [
        ("regression12", samples::regression(12)),
        ("regression800", samples::regression(800)),
        ("two-models", samples::two_models(60)),
    ] {
        kinds.push((what, Box::new(move |style| regression_scatter::draw(&data, style))));
    }
    kinds
}

fn scatters() -> Vec<(&'static str, scatter::ScatterData)> {
    let mut selected = samples::scenarios(50, 5);
    for point in selected.points.iter_mut().take(12) {
        point.selected = true;
    }
    let mut zoomed = samples::sides(400);
    zoomed.x_range = Some(Range { low: -1.0, high: 2.5 });
    zoomed.y_range = Some(Range { low: -1.0, high: 1.5 });
    let mut long = samples::scenarios(40, 4);
    long.title = samples::long_name();
    long.x_label = samples::long_name();
    for category in &mut long.legend {
        category.label = samples::long_name();
    }
    let mut large = samples::sides(10_000);
    large.pair_links = false;
    for point in &mut large.points {
        (point.x, point.y) = (point.x * 43_000.0, point.y * 43_000.0);
    }
    let mut by_scenario = samples::scenarios(150, 5);
    (by_scenario.contours, by_scenario.pair_links) = (true, false);
    vec![
        ("laid-over", samples::maps::laid_over(150)),
        ("scored", samples::maps::scored(150)),
        ("tokens200k", samples::maps::tokens(200_000)),
        ("densest", by_scenario),
        ("sides", samples::sides(50)),
        ("scenarios3", samples::scenarios(50, 3)),
        ("scenarios15", samples::scenarios(150, 15)),
        ("three-d", samples::three_d(80)),
        ("selected", selected),
        ("zoomed", zoomed),
        ("long", long),
        ("large", large),
    ]
}

fn multiples() -> Vec<(&'static str, multiples::MultiplesData)> {
    let mut selected = samples::maps::multiples(&["toy-llama", "Qwen2.5-0.5B-Instruct"], 3);
    for point in selected.panels.iter_mut().flat_map(|panel| panel.points.iter_mut().take(8)) {
        point.selected = true;
    }
    let mut lines = samples::maps::multiples(&["toy-llama"], 4);
    (lines.contours, lines.laid_over) = (true, true);
    vec![
        ("multiples6", selected),
        ("multiples4", lines),
        ("multiples36", samples::maps::multiples(&["toy-llama", "toy-gpt2", "gemma-2-2b"], 12)),
    ]
}

fn sweeps() -> Vec<(&'static str, layer_sweep::LayerSweepData)> {
    let mut one = samples::sweep(&[("toy-llama", 8)]);
    one.title = "toy-llama: mean-difference probe by layer".to_owned();
    one.marked_layer = Some(4);
    let mut three =
        samples::sweep(&[("toy-llama", 8), ("Qwen2.5-0.5B-Instruct", 24), ("Phi-3-mini-4k", 32)]);
    three.marked_layer = Some(30);
    let mut gaps = samples::sweep(&[("Llama-3.2-1B", 16), ("toy-llama", 8)]);
    gaps.models[0].points.retain(|point| ![3, 9].contains(&point.layer));
    let alike: Vec<ModelSweep> = (0..12)
        .map(|index| {
            let mut model = gaps.models[1].clone();
            model.name = format!("model number {index}");
            model
        })
        .collect();
    let mut many = gaps.clone();
    many.models = alike;
    let alone = samples::controlled_sweep(&[("toy-llama", 8)]);
    let beside = samples::controlled_sweep(&[("toy-llama", 8), ("Qwen2.5-0.5B", 24)]);
    vec![
        ("control1", alone),
        ("control2", beside),
        ("sweep1", one),
        ("sweep3", three),
        ("sweep-gaps", gaps),
        ("sweep-many", many),
    ]
}

fn save(folder: &Path, name: &str, figure: &Figure) -> Outcome {
    std::fs::write(folder.join(format!("{name}.svg")), &figure.svg)?;
    std::fs::write(folder.join(format!("{name}.png")), figure.to_png(200)?)?;
    std::fs::write(folder.join(format!("{name}.pdf")), figure.to_pdf()?)?;
    println!("{name}: {} mm × {} mm", figure.width_mm, figure.height_mm);
    Ok(())
}
