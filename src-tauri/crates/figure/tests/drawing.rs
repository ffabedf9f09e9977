//! What the SVG of a figure holds, read back by an XML parser and by the SVG library that draws it.

#![allow(clippy::unwrap_used, reason = "a helper of a test asserts by unwrapping")]

use lens_figure::layer_sweep::LayerSweepData;
use lens_figure::scatter::{Point, ScatterData};
use lens_figure::{
    Figure, FigureError, Preset, Range, Style, Theme, calibration, dose_response, heat_map,
    layer_sweep, matrix, multiples, regression_scatter, roc, scatter, score_distribution,
    transfer_bars,
};
use reading::{collect_texts, drawn_words, parse, stamps, text_of, with_tag};
use usvg::roxmltree::Document;

mod reading;
mod samples;

const PRESETS: [Preset; 3] = [Preset::OneColumn, Preset::TwoColumns, Preset::Slide];

fn one_column() -> Style {
    samples::style(Preset::OneColumn, Theme::Light)
}

fn draw(data: &ScatterData) -> Figure {
    scatter::draw(data, &one_column()).unwrap()
}

/// Every kind of scatter.
fn scatters() -> Vec<ScatterData> {
    let mut long = samples::scenarios(30, 12);
    long.title = samples::long_name();
    long.x_label = samples::long_name();
    long.y_label = samples::long_name();
    for category in &mut long.legend {
        category.label = samples::long_name();
    }
    let mut selected = samples::sides(30);
    selected.points[4].selected = true;
    let mut tiny = samples::sides(20);
    for point in &mut tiny.points {
        (point.x, point.y) = (point.x * 1e-9, point.y * 1e-9);
    }
    let mut head_on = samples::three_d(20);
    for axis in &mut head_on.triad {
        (axis.dx, axis.dy) = (0.01, 0.6);
    }
    vec![
        samples::sides(50),
        samples::scenarios(60, 3),
        samples::scenarios(60, 15),
        samples::three_d(40),
        head_on,
        samples::maps::laid_over(40),
        samples::maps::scored(40),
        long,
        selected,
        tiny,
    ]
}

/// Every kind of sweep.
fn sweeps() -> Vec<LayerSweepData> {
    let mut marked = samples::sweep(&[("toy-llama", 8)]);
    marked.marked_layer = Some(0);
    let crowd: Vec<(String, u32)> =
        (0..12).map(|index| (format!("model number {index}"), 8)).collect();
    let crowd: Vec<(&str, u32)> = crowd.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    let long = samples::long_name();
    vec![
        marked,
        samples::sweep(&[("toy-llama", 8), ("Qwen2.5-0.5B", 24), ("Phi-3-mini-4k", 32)]),
        samples::sweep(&crowd),
        samples::sweep(&[(long.as_str(), 80)]),
    ]
}

/// Every kind of figure about results.
fn results(style: &Style) -> Vec<Figure> {
    let long = samples::long_name();
    let four = ["toy-llama", "Qwen2.5-0.5B-Instruct", "Phi-3-mini-4k-instruct", long.as_str()];
    let many: Vec<String> = (0..14).map(|index| format!("model number {index}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let mut worded = samples::matrix(&four);
    (worded.row_label, worded.column_label) = ("fitted on".to_owned(), long.clone());
    worded.measure = long.clone();
    let mut named = samples::distribution(40);
    (named.title, named.side_labels) = (long.clone(), [long.clone(), "negative".to_owned()]);
    let mut lone = samples::heat_map(8, 30);
    (lone.rows.sweep, lone.rows.model) = (None, long.clone());
    let mut stated = samples::two_models(30);
    stated.title = long.clone();
    stated.classes = Some([long.clone(), long.clone()]);
    let mut bare = samples::regression(8);
    bare.fit = None;
    let mut tall = samples::sweep(&[("toy-llama", 8)]);
    (tall.ceiling, tall.random) = {
        let controlled = samples::controlled_sweep(&[("toy-llama", 8)]);
        (controlled.ceiling, controlled.random)
    };
    if let Some(ceiling) = &mut tall.ceiling {
        ceiling.label = long.clone();
    }
    let scores =
        [samples::distribution(1), samples::distribution(15), samples::distribution(1_000)];
    let rocs = [samples::roc(&["toy-llama"], 15), samples::roc(&four, 30), samples::roc(&many, 15)];
    let matrices = [samples::matrix(&four[..2]), worded, samples::matrix(&many)];
    let maps = [samples::heat_map(8, 12), samples::heat_map(80, 80), lone];
    let bars = [samples::transfer("toy-llama", "toy-gpt2"), samples::transfer("toy-llama", &long)];
    let calibrations = [samples::calibration(1), samples::calibration(5), samples::calibration(30)];
    let regressions = [samples::regression(12), samples::two_models(60), stated, bare];
    let mut crowded = samples::steering::dose_response(&four, 12);
    for title in crowded.panels.iter_mut().map(|panel| &mut panel.title) {
        *title = long.clone();
    }
    (crowded.x_label, crowded.y_label) = (long.clone(), long.clone());
    let doses = [
        samples::steering::dose_response(&four[..1], 1),
        samples::steering::dose_response(&four[..3], 7),
        crowded,
    ];
    let mut named_maps = samples::maps::multiples(&four[3..], 5);
    (named_maps.x_label, named_maps.y_label) = (long.clone(), long.clone());
    let grids = [
        samples::maps::multiples(&four[..3], 12),
        samples::maps::multiples(&four[..2], 3),
        named_maps,
    ];
    let mut figures = vec![
        layer_sweep::draw(&tall, style).unwrap(),
        layer_sweep::draw(&samples::controlled_sweep(&[("a", 8), ("b", 24), ("c", 32)]), style)
            .unwrap(),
        score_distribution::draw(&named, style).unwrap(),
    ];
    figures.extend(doses.iter().map(|data| dose_response::draw(data, style).unwrap()));
    figures.extend(grids.iter().map(|data| multiples::draw(data, style).unwrap()));
    figures.extend(scores.iter().map(|data| score_distribution::draw(data, style).unwrap()));
    figures.extend(rocs.iter().map(|data| roc::draw(data, style).unwrap()));
    figures.extend(matrices.iter().map(|data| matrix::draw(data, style).unwrap()));
    figures.extend(maps.iter().map(|data| heat_map::draw(data, style).unwrap()));
    figures.extend(bars.iter().map(|data| transfer_bars::draw(data, style).unwrap()));
    figures.extend(calibrations.iter().map(|data| calibration::draw(data, style).unwrap()));
    figures.extend(regressions.iter().map(|data| regression_scatter::draw(data, style).unwrap()));
    figures
}

/// All of them on all papers.
fn gallery() -> Vec<Figure> {
    let mut figures = Vec::new();
    for preset in PRESETS {
        let style = samples::style(preset, Theme::Light);
        figures.extend(scatters().iter().map(|data| scatter::draw(data, &style).unwrap()));
        figures.extend(sweeps().iter().map(|data| layer_sweep::draw(data, &style).unwrap()));
        figures.extend(results(&style));
    }
    figures
}

#[test]
fn papers_have_their_size_in_millimetres() {
    for (preset, width, height) in [
        (Preset::OneColumn, 85.0, None),
        (Preset::TwoColumns, 174.0, None),
        (Preset::Slide, 254.0, Some(143.0)),
    ] {
        let style = samples::style(preset, Theme::Light);
        for figure in [
            scatter::draw(&samples::sides(50), &style).unwrap(),
            layer_sweep::draw(&samples::sweep(&[("toy-llama", 8)]), &style).unwrap(),
        ] {
            assert_eq!(figure.width_mm, width);
            assert!(height.is_none_or(|height| figure.height_mm == height));
            assert!((40.0..200.0).contains(&figure.height_mm), "{}", figure.height_mm);
            let size = parse(&figure.svg).size();
            assert!((f64::from(size.width()) - width / 25.4 * 96.0).abs() < 1e-3);
            assert!((f64::from(size.height()) - figure.height_mm / 25.4 * 96.0).abs() < 1e-3);
            // lengths inside count in points
            let document = Document::parse(&figure.svg).unwrap();
            let view = document.root_element().attribute("viewBox").unwrap();
            let view: Vec<f64> = view.split(' ').map(|part| part.parse().unwrap()).collect();
            assert!((view[2] - width / 25.4 * 72.0).abs() < 0.01);
            assert!((view[3] - figure.height_mm / 25.4 * 72.0).abs() < 0.01);
        }
    }
}

#[test]
fn no_two_texts_overlap_and_none_leaves_the_paper() {
    for figure in gallery() {
        let tree = parse(&figure.svg);
        let mut boxes = Vec::new();
        collect_texts(tree.root(), &mut boxes);
        assert!(boxes.len() > 10);
        for (index, (text, a)) in boxes.iter().enumerate() {
            assert!(
                a.left() >= 0.0
                    && a.top() >= 0.0
                    && a.right() <= tree.size().width()
                    && a.bottom() <= tree.size().height(),
                "{text:?} leaves the paper of {:?}",
                figure.title
            );
            for (other, b) in &boxes[index + 1..] {
                let apart = a.left() >= b.right()
                    || b.left() >= a.right()
                    || a.top() >= b.bottom()
                    || b.top() >= a.bottom();
                assert!(
                    apart,
                    "{text:?} and {other:?} overlap in {:?}, {} mm: {a:?} {b:?}",
                    figure.title, figure.width_mm
                );
            }
        }
    }
}

#[test]
fn the_typeface_is_inside() {
    use base64::Engine;
    let figure = draw(&samples::sides(10));
    let style = text_of(&Document::parse(&figure.svg).unwrap(), "style");
    for (weight, file) in [(400, "fonts/Inter-Regular.woff2"), (600, "fonts/Inter-SemiBold.woff2")]
    {
        let face = style.split("@font-face").find(|face| {
            face.contains("\"Inter\"") && face.contains(&format!("font-weight:{weight}"))
        });
        let data = face.unwrap().split("base64,").nth(1).unwrap().split(')').next().unwrap();
        let bytes = base64::engine::general_purpose::STANDARD.decode(data).unwrap();
        assert!(bytes.starts_with(b"wOF2"));
        assert_eq!(bytes, std::fs::read(file).unwrap());
    }
    let document = Document::parse(&figure.svg).unwrap();
    assert!(with_tag(&document, "g").any(|group| {
        group.attribute("font-family").is_some_and(|family| family.starts_with("Inter"))
    }));
}

#[test]
fn hostile_words_stay_words() {
    let mean = "</svg><script>alert('x')</script>\u{0}\u{1b}[2J & \"quoted\" \u{202e}turned";
    let shown = "</svg><script>alert('x')</script> [2J & \"quoted\" turned";
    let mut data = samples::scenarios(30, 3);
    data.title = mean.to_owned();
    data.x_label = mean.to_owned();
    data.provenance = mean.to_owned();
    data.legend[0].label = mean.to_owned();
    let figure = scatter::draw(&data, &Style { caption: Some(mean.to_owned()), ..one_column() });
    let figure = figure.unwrap();
    let document = Document::parse(&figure.svg).unwrap();
    assert_eq!(document.root_element().tag_name().name(), "svg");
    assert_eq!(with_tag(&document, "script").count(), 0);
    for tag in ["title", "desc", "source", "description"] {
        assert_eq!(text_of(&document, tag), shown, "{tag}");
    }
    assert_eq!((figure.title.as_str(), figure.caption.as_str()), (shown, shown));
    assert_eq!(figure.provenance, shown);
    assert!(drawn_words(&figure).iter().any(|text| text.starts_with("</svg><script>")));

    let mut sweep = samples::sweep(&[(mean, 8)]);
    sweep.y_label = mean.to_owned();
    let figure = layer_sweep::draw(&sweep, &one_column()).unwrap();
    assert!(Document::parse(&figure.svg).is_ok());
    assert!(figure.to_pdf().is_ok());
}

#[test]
fn both_axes_have_one_scale_and_points_stand_where_the_data_say() {
    let mut data = samples::sides(40);
    data.pair_links = false;
    for point in &mut data.points {
        // a depth for each point makes the drawing order known
        point.depth = point.x;
    }
    let figure = draw(&data);
    let document = Document::parse(&figure.svg).unwrap();
    let stamps = stamps(&document);
    assert_eq!(stamps.len(), data.points.len());
    let mut points = data.points.clone();
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    let (first, last) = (points[0], points[points.len() - 1]);
    let scale = (stamps[stamps.len() - 1].0 - stamps[0].0) / (last.x - first.x);
    for (point, (x, y, _)) in points.iter().zip(&stamps) {
        assert!((x - stamps[0].0 - (point.x - first.x) * scale).abs() < 0.02);
        assert!(
            (stamps[0].1 - y - (point.y - first.y) * scale).abs() < 0.02,
            "upwards, same scale"
        );
    }
}

#[test]
fn side_split_and_category_show_in_shape_fill_and_colour() {
    for (theme, key) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        let file = std::fs::read_to_string("../../../ui/src/lib/design/plot-colours.json").unwrap();
        let colours: serde_json::Value = serde_json::from_str(&file).unwrap();
        let colour = |name: &str| colours[key][name].as_str().unwrap().to_uppercase();
        let data = samples::sides(10);
        let figure = scatter::draw(&data, &samples::style(Preset::OneColumn, theme)).unwrap();
        let document = Document::parse(&figure.svg).unwrap();
        let ground = with_tag(&document, "rect").next().unwrap();
        assert_eq!(ground.attribute("fill").unwrap(), colour("paper"));
        let mut counts = [0; 4];
        for (_, _, mark) in stamps(&document) {
            let circle = mark.attribute("d").unwrap().contains('A');
            let side = if circle { colour("positive") } else { colour("negative") };
            let filled = mark.attribute("fill") == Some(side.as_str());
            assert!(filled || mark.attribute("stroke") == Some(side.as_str()));
            assert!(filled || mark.attribute("fill") == Some(colour("paper").as_str()));
            counts[usize::from(circle) * 2 + usize::from(filled)] += 1;
        }
        // 10 pairs, every 8th to 10th held out
        assert_eq!(counts, [3, 7, 3, 7]);
    }
}

#[test]
fn pairs_are_joined_as_asked() {
    let segments = |links| {
        let mut data = samples::sides(17);
        data.pair_links = links;
        let figure = draw(&data);
        let document = Document::parse(&figure.svg).unwrap();
        let ends: Vec<(f64, f64)> = stamps(&document).iter().map(|(x, y, _)| (*x, *y)).collect();
        let near = |x: f64, y: f64| ends.iter().any(|(a, b)| (a - x).hypot(b - y) < 0.02);
        let mut joined = 0;
        for path in with_tag(&document, "path").filter(|path| path.attribute("id").is_none()) {
            for line in path.attribute("d").unwrap().split('M').skip(1) {
                let ends: Vec<f64> =
                    line.split(['L', ' ']).map(|part| part.parse().unwrap()).collect();
                joined += usize::from(near(ends[0], ends[1]) && near(ends[2], ends[3]));
            }
        }
        (joined, drawn_words(&figure).contains(&"same pair".to_owned()))
    };
    assert_eq!(segments(true), (17, true));
    assert_eq!(segments(false), (0, false));
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let mut data = samples::sides(10);
    data.points[3].x = f64::NAN;
    data.points[8].y = f64::INFINITY;
    let figure = draw(&data);
    assert_eq!(stamps(&Document::parse(&figure.svg).unwrap()).len(), 18);
    assert_eq!(figure.notes, ["2 texts are not drawn: the coordinates are not finite numbers."]);
    assert!(figure.caption.ends_with(&figure.notes[0]));
    assert!(drawn_words(&figure).join(" ").contains(&figure.notes[0]));

    for point in &mut data.points {
        point.x = f64::NAN;
    }
    let error = scatter::draw(&data, &one_column()).unwrap_err();
    assert!(matches!(error, FigureError::NothingFinite { count: 20 }), "{error}");
    data.points.clear();
    let error = scatter::draw(&data, &one_column()).unwrap_err();
    assert!(matches!(error, FigureError::Empty), "{error}");
}

#[test]
fn a_range_shows_its_part_and_counts_the_rest() {
    let mut data = samples::sides(50);
    data.x_range = Some(Range { low: 0.5, high: 3.0 });
    data.y_range = Some(Range { low: -0.2, high: 0.2 });
    let within = |p: &&Point| (0.5..=3.0).contains(&p.x) && (-0.2..=0.2).contains(&p.y);
    let asked_for = data.points.iter().filter(within).count();
    for preset in PRESETS {
        let figure = scatter::draw(&data, &samples::style(preset, Theme::Light)).unwrap();
        let drawn = stamps(&Document::parse(&figure.svg).unwrap()).len();
        // one scale for both axes: more is shown than was asked for, and the note counts the rest
        assert!(drawn > asked_for && drawn < 100, "{drawn}");
        assert_eq!(figure.notes, [format!("{} texts lie outside the part shown.", 100 - drawn)]);
        assert!(drawn_words(&figure).join(" ").contains("outside the part shown."));
    }

    data.y_range = Some(Range { low: 1.0, high: 1.0 });
    let error = scatter::draw(&data, &one_column()).unwrap_err();
    assert!(matches!(error, FigureError::Range { axis: "vertical", .. }), "{error}");
}

#[test]
fn coordinates_of_any_size_can_be_drawn() {
    for factor in [1e-300, 1e-12, 1e12, 1e300] {
        let mut data = samples::sides(10);
        for point in &mut data.points {
            (point.x, point.y) = (point.x * factor, point.y * factor);
        }
        let figure = draw(&data);
        assert!(!figure.svg.contains("NaN") && !figure.svg.contains("inf"), "{factor}");
        assert_eq!(stamps(&Document::parse(&figure.svg).unwrap()).len(), 20);
    }
    // one place for all, and a single text
    let mut data = samples::sides(1);
    data.points[1] = data.points[0];
    assert!(scatter::draw(&data, &one_column()).is_ok());
    data.points.truncate(1);
    assert!(scatter::draw(&data, &one_column()).is_ok());
}

#[test]
fn twenty_thousand_points_are_all_there() {
    let mut data = samples::sides(10_000);
    data.pair_links = false;
    let figure = draw(&data);
    assert!(figure.svg.len() < 1_500_000, "{} bytes", figure.svg.len());
    let document = Document::parse(&figure.svg).unwrap();
    let plotted = with_tag(&document, "use")
        .filter(|node| node.attribute("href").is_some_and(|href| href.starts_with("#m")));
    assert_eq!(plotted.count(), 20_000);
}

#[test]
fn the_key_names_what_is_used_and_folds_what_has_no_colour() {
    let words = |data: &ScatterData| drawn_words(&draw(data));
    let many = words(&samples::scenarios(60, 15));
    assert!(many.contains(&"5 others".to_owned()) && many.contains(&"New baby".to_owned()));
    assert!(!many.contains(&"Broken friendship".to_owned()));
    assert!(many.contains(&"test".to_owned()) && many.contains(&"positive".to_owned()));

    let eleven = words(&samples::scenarios(60, 11));
    assert!(eleven.contains(&"Broken friendship".to_owned()), "one alone keeps its name");

    let mut train_only = samples::sides(10);
    for point in &mut train_only.points {
        point.held_out = false;
    }
    let words = words(&train_only);
    assert!(!words.contains(&"test".to_owned()) && !words.contains(&"selected".to_owned()));
    assert_eq!(words.iter().filter(|word| *word == "positive").count(), 1);
}

#[test]
fn a_sweep_shows_every_value_interval_and_name() {
    let mut data = samples::sweep(&[("toy-llama", 8), ("Qwen2.5-0.5B", 24)]);
    data.models[1].points[5].value = f64::NAN;
    data.marked_layer = Some(12);
    let figure = layer_sweep::draw(&data, &one_column()).unwrap();
    assert_eq!(figure.notes, ["1 layer is not drawn: the values are not finite numbers."]);
    let document = Document::parse(&figure.svg).unwrap();
    let stamps = stamps(&document);
    assert_eq!(stamps.len(), 9 + 24);
    // one vertical line per value
    let bars: usize = with_tag(&document, "path")
        .filter(|path| path.attribute("id").is_none())
        .map(|path| path.attribute("d").unwrap().split('M').count() - 1)
        .sum();
    assert!(bars >= 33);
    // higher values stand higher: pixel distance is proportional to the difference
    let mut of_first: Vec<_> =
        stamps.iter().filter(|(_, _, mark)| mark.attribute("d").unwrap().contains('A')).collect();
    of_first.sort_by(|a, b| a.0.total_cmp(&b.0));
    let values: Vec<f64> = data.models[0].points.iter().map(|point| point.value).collect();
    let scale = (of_first[0].1 - of_first[8].1) / (values[8] - values[0]);
    for (value, (_, y, _)) in values.iter().zip(&of_first) {
        assert!((of_first[0].1 - y - (value - values[0]) * scale).abs() < 0.02);
    }
    let words = drawn_words(&figure);
    for word in ["toy-llama", "Qwen2.5-0.5B", "chance", "layer 12", "n = 15 test pairs", "Layer"] {
        assert!(words.contains(&word.to_owned()), "{word}");
    }
    for (name, wrong) in [("none", vec![]), ("empty", vec![data.models[0].clone()])] {
        let mut nothing = LayerSweepData { models: wrong, ..data.clone() };
        for model in &mut nothing.models {
            model.points.clear();
        }
        let error = layer_sweep::draw(&nothing, &one_column()).unwrap_err();
        assert!(matches!(error, FigureError::Empty), "{name}");
    }
}

#[test]
fn a_caption_too_long_for_a_slide_is_whole_in_the_metadata() {
    let long = "A sentence that goes on and on. ".repeat(100);
    let style = Style { caption: Some(long.clone()), ..samples::style(Preset::Slide, Theme::Dark) };
    let figure = scatter::draw(&samples::sides(20), &style).unwrap();
    assert_eq!(figure.height_mm, 143.0);
    assert_eq!(figure.caption, long.trim());
    assert_eq!(text_of(&Document::parse(&figure.svg).unwrap(), "desc"), long.trim());
    assert!(drawn_words(&figure).iter().any(|line| line.ends_with('…')));

    let bare = Style { caption: None, ..one_column() };
    let figure = scatter::draw(&samples::sides(20), &bare).unwrap();
    assert_eq!(figure.caption, "");
    assert!(figure.height_mm < draw(&samples::sides(20)).height_mm);
}

#[test]
fn the_same_data_give_the_same_bytes() {
    for (first, second) in gallery().iter().zip(gallery()) {
        assert_eq!(first, &second);
    }
}
