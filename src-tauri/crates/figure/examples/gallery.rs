//! Draws sample figures of every kind into a folder, to be looked at:
//! `cargo run -p lens-figure --example gallery -- DIR`.

use std::path::Path;

use lens_figure::layer_sweep::ModelSweep;
use lens_figure::{Figure, Preset, Range, Theme, layer_sweep, scatter};

#[path = "../tests/samples/mod.rs"]
mod samples;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let folder = std::env::args().nth(1).ok_or("Name a folder to draw into.")?;
    std::fs::create_dir_all(&folder)?;
    let folder = Path::new(&folder);
    for (preset, name) in
        [(Preset::OneColumn, "one"), (Preset::TwoColumns, "two"), (Preset::Slide, "slide")]
    {
        for (theme, shade) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            let style = samples::style(preset, theme);
            for (what, data) in scatters() {
                save(folder, &format!("{what}-{name}-{shade}"), &scatter::draw(&data, &style)?)?;
            }
            for (what, data) in sweeps() {
                save(
                    folder,
                    &format!("{what}-{name}-{shade}"),
                    &layer_sweep::draw(&data, &style)?,
                )?;
            }
        }
    }
    Ok(())
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
    vec![
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
    vec![("sweep1", one), ("sweep3", three), ("sweep-gaps", gaps), ("sweep-many", many)]
}

fn save(folder: &Path, name: &str, figure: &Figure) -> Outcome {
    std::fs::write(folder.join(format!("{name}.svg")), &figure.svg)?;
    std::fs::write(folder.join(format!("{name}.png")), figure.to_png(200)?)?;
    std::fs::write(folder.join(format!("{name}.pdf")), figure.to_pdf()?)?;
    println!("{name}: {} mm × {} mm", figure.width_mm, figure.height_mm);
    Ok(())
}
