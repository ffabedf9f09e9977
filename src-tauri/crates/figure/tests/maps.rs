//! Maps: points laid over, lines of density, many points, colours by score, and panels beside each
//! other, read back from their SVG.

#![allow(clippy::unwrap_used, reason = "a helper of a test asserts by unwrapping")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lens_figure::multiples::{self, MOST_PANELS, MultiplesData};
use lens_figure::scatter::{MOST_VECTORS, Point, ScatterData};
use lens_figure::{Figure, FigureError, Preset, Range, Style, Theme, scatter};
use reading::{drawn_words, number, points, stamps, with_tag};
use usvg::roxmltree::Document;

mod reading;
mod samples;

fn style() -> Style {
    samples::style(Preset::OneColumn, Theme::Light)
}

fn draw(data: &ScatterData) -> Figure {
    scatter::draw(data, &style()).unwrap()
}

/// Closed lines that are not filled, by their width.
fn rings(figure: &Figure) -> Vec<(f64, Vec<(f64, f64)>)> {
    let document = Document::parse(&figure.svg).unwrap();
    let mut rings = Vec::new();
    for path in with_tag(&document, "path").filter(|path| path.attribute("fill") == Some("none")) {
        for part in path.attribute("d").unwrap().split('M').skip(1) {
            let line = points(part);
            if line.len() > 5 {
                rings.push((number(&path, "stroke-width"), line));
            }
        }
    }
    rings
}

/// Whether a place is inside a closed line (ray casting).
fn inside(ring: &[(f64, f64)], (x, y): (f64, f64)) -> bool {
    let crossed = |pair: &&[(f64, f64)]| {
        let (a, b) = (pair[0], pair[1]);
        (a.1 > y) != (b.1 > y) && x < a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0)
    };
    ring.windows(2).filter(crossed).count() % 2 == 1
}

#[test]
fn lines_hold_half_and_nine_tenths_of_each_side() {
    let mut data = samples::sides(1_000);
    (data.contours, data.pair_links) = (true, false);
    let figure = draw(&data);
    let rings = rings(&figure);
    let document = Document::parse(&figure.svg).unwrap();
    let stamps = stamps(&document);
    assert_eq!(stamps.len(), 2_000);
    let mut widths: Vec<f64> = rings.iter().map(|(width, _)| *width).collect();
    widths.sort_by(f64::total_cmp);
    widths.dedup();
    assert_eq!(widths.len(), 2, "one width for each share");
    for (width, share) in widths.iter().zip([0.9, 0.5]) {
        for circle in [true, false] {
            let of_side: Vec<(f64, f64)> = stamps
                .iter()
                .filter(|(_, _, mark)| mark.attribute("d").unwrap().contains('A') == circle)
                .map(|(x, y, _)| (*x, *y))
                .collect();
            let of_width = rings.iter().filter(|(other, _)| other == width);
            let held = of_width
                .map(|(_, ring)| of_side.iter().filter(|at| inside(ring, **at)).count())
                .max()
                .unwrap();
            // the kernel widens the cloud by a few hundredths
            let held = held as f64 / of_side.len() as f64;
            assert!((share - 0.02..share + 0.05).contains(&held), "{share}: {held}");
        }
    }
    assert!(figure.notes[0].contains("densest 50 % (thick) and 90 % (thin)"));
    assert!(drawn_words(&figure).contains(&"densest of negative".to_owned()));

    // all of the lines are within the axes, which are widened for them
    let all = rings.iter().flat_map(|(_, ring)| ring);
    let leftmost = all.clone().fold(f64::INFINITY, |low, p| low.min(p.0));
    let first = stamps.iter().fold(f64::INFINITY, |low, p| low.min(p.0));
    assert!(leftmost < first + 60.0 && rings.iter().all(|(_, r)| r.first() == r.last()));
}

#[test]
fn lines_need_ten_points_and_say_so() {
    let mut data = samples::sides(9);
    data.contours = true;
    let figure = draw(&data);
    assert!(rings(&figure).is_empty());
    assert_eq!(
        figure.notes,
        ["No such lines for positive and negative: fewer than 10 points, or all on one line."]
    );
    let mut flat = samples::three_d(40);
    flat.contours = true;
    let figure = scatter::draw(&flat, &style()).unwrap();
    assert!(rings(&figure).is_empty() && figure.notes.is_empty(), "in 2-D only");
}

#[test]
fn lines_are_cut_where_the_view_ends() {
    let mut data = samples::sides(200);
    (data.contours, data.pair_links) = (true, false);
    data.x_range = Some(Range { low: 0.0, high: 2.0 });
    data.y_range = Some(Range { low: 0.0, high: 1.5 });
    let figure = draw(&data);
    let document = Document::parse(&figure.svg).unwrap();
    let axis = with_tag(&document, "path")
        .filter_map(|path| path.attribute("d"))
        .find(|d| d.matches('M').count() > 6)
        .map(|d| points(d.trim_start_matches('M').split('M').next().unwrap()))
        .unwrap();
    let (left, top, foot) = (axis[0].0, axis[0].1.min(axis[1].1), axis[0].1.max(axis[1].1));
    let lines = rings(&figure);
    assert!(!lines.is_empty());
    for (x, y) in lines.iter().flat_map(|(_, line)| line) {
        assert!(*x >= left - 0.01 && *y >= top - 0.01 && *y <= foot + 0.01, "{x} {y}");
    }
}

#[test]
fn what_is_laid_over_is_above_hollow_and_counts_for_no_line() {
    let data = samples::maps::laid_over(100);
    let figure = draw(&data);
    let document = Document::parse(&figure.svg).unwrap();
    let stamps = stamps(&document);
    let hollow: Vec<bool> =
        stamps.iter().map(|(_, _, mark)| mark.attribute("fill") == Some("none")).collect();
    let held_out = data.points.iter().filter(|point| point.held_out).count();
    assert_eq!(hollow.iter().filter(|hollow| **hollow).count(), held_out);
    let first = hollow.iter().position(|hollow| *hollow).unwrap();
    assert!(hollow[first..].iter().all(|hollow| *hollow), "after all others");
    assert!(drawn_words(&figure).contains(&"test, laid over".to_owned()));

    // without the points laid over, the lines are the same as far as the axes are
    let mut alone = data.clone();
    alone.points.retain(|point| !point.held_out);
    let ends = |points: &[Point]| {
        let x = |f: fn(f64, f64) -> f64| points.iter().map(|p| p.x).reduce(f).unwrap();
        let y = |f: fn(f64, f64) -> f64| points.iter().map(|p| p.y).reduce(f).unwrap();
        (
            Range { low: x(f64::min), high: x(f64::max) },
            Range { low: y(f64::min), high: y(f64::max) },
        )
    };
    let (x, y) = ends(&data.points);
    let mut both = [data, alone];
    for data in &mut both {
        (data.x_range, data.y_range, data.legend) = (Some(x), Some(y), Vec::new());
        for point in &mut data.points {
            point.held_out = point.held_out && data.laid_over;
        }
    }
    let scaled = |data: &ScatterData| {
        let figure = draw(data);
        rings(&figure).into_iter().map(|(_, ring)| ring.len()).collect::<Vec<_>>()
    };
    assert_eq!(scaled(&both[0]), scaled(&both[1]));
}

#[test]
fn very_many_points_are_a_picture_that_shows_them() {
    let mut data = samples::maps::tokens(MOST_VECTORS + 2);
    data.contours = false;
    for point in data.points.iter_mut().take(3) {
        point.selected = true;
    }
    // one point alone in a corner
    (data.points[9].x, data.points[9].y) = (-9.0, 9.0);
    data.points[9].positive = true;
    data.points[9].held_out = false;
    data.points[9].category = 0;
    let figure = draw(&data);
    assert_eq!(
        figure.notes,
        ["The 20,002 tokens are a picture of 450 pixels per inch; all else is drawn as lines."]
    );
    let document = Document::parse(&figure.svg).unwrap();
    assert_eq!(stamps(&document).len(), 3, "what is selected stays drawn");
    let image = with_tag(&document, "image").next().unwrap();
    let data_of = image.attribute("href").unwrap();
    let bytes = STANDARD.decode(data_of.trim_start_matches("data:image/png;base64,")).unwrap();
    let mut reader = png::Decoder::new(bytes.as_slice()).read_info().unwrap();
    let mut rgb = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut rgb).unwrap();
    let (width, height) = (number(&image, "width"), number(&image, "height"));
    assert!((f64::from(info.width) / width - 450.0 / 72.0).abs() < 1e-2);
    assert!((f64::from(info.height) / height - 450.0 / 72.0).abs() < 1e-2);
    let pixel = |x: f64, y: f64| {
        let (column, row) = ((x * 6.25) as usize, (y * 6.25) as usize);
        let start = (row * info.width as usize + column) * 3;
        [rgb[start], rgb[start + 1], rgb[start + 2]]
    };
    // every point's own pixel is inked: the scale follows from two selected points
    let stamps = stamps(&document);
    let mut chosen: Vec<&Point> = data.points.iter().filter(|p| p.selected).collect();
    chosen.sort_by(|a, b| a.x.total_cmp(&b.x));
    let mut drawn: Vec<(f64, f64)> = stamps.iter().map(|(x, y, _)| (*x, *y)).collect();
    drawn.sort_by(|a, b| a.0.total_cmp(&b.0));
    let scale = (drawn[2].0 - drawn[0].0) / (chosen[2].x - chosen[0].x);
    let at = |point: &Point| {
        let x = drawn[0].0 + (point.x - chosen[0].x) * scale - number(&image, "x");
        let y = drawn[0].1 - (point.y - chosen[0].y) * scale - number(&image, "y");
        pixel(x, y)
    };
    // as many are selected, the others stand back: none is of the ground's white
    let inked = data.points.iter().filter(|p| !p.held_out && at(p) != [255; 3]).count();
    let filled = data.points.iter().filter(|p| !p.held_out).count();
    assert!(inked as f64 > 0.97 * filled as f64, "{inked} of {filled}");
    assert_eq!(at(&data.points[9]), [179, 213, 232], "the first colour with seven tenths of white");

    data.points.truncate(MOST_VECTORS);
    let figure = draw(&data);
    assert!(figure.notes.is_empty() && !figure.svg.contains("<image"));
}

#[test]
fn a_picture_converts_and_a_view_of_few_points_is_drawn() {
    let mut data = samples::maps::tokens(30_000);
    let figure = draw(&data);
    assert!(figure.svg.len() < 1_500_000, "{} bytes", figure.svg.len());
    assert!(String::from_utf8_lossy(&figure.to_pdf().unwrap()).contains("/Subtype /Image"));
    assert_eq!(figure.to_pdf().unwrap(), figure.to_pdf().unwrap());
    assert!(!figure.to_png(72).unwrap().is_empty());
    data.x_range = Some(Range { low: 2.0, high: 2.5 });
    data.y_range = Some(Range { low: 0.0, high: 0.5 });
    let figure = draw(&data);
    assert!(!figure.svg.contains("<image"));
    assert!(figure.notes.last().unwrap().ends_with("tokens lie outside the part shown."));
}

#[test]
fn scores_have_their_colours_and_a_bar() {
    let data = samples::maps::scored(60);
    for preset in [Preset::OneColumn, Preset::TwoColumns, Preset::Slide] {
        let figure = scatter::draw(&data, &samples::style(preset, Theme::Light)).unwrap();
        let document = Document::parse(&figure.svg).unwrap();
        let colour_of = |x: f64| {
            let mut sorted: Vec<f64> = data.points.iter().map(|p| p.x).collect();
            sorted.sort_by(f64::total_cmp);
            let rank = sorted.iter().position(|other| *other == x).unwrap();
            let mut stamps = stamps(&document);
            stamps.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mark = stamps[rank].2;
            [mark.attribute("fill").unwrap(), mark.attribute("stroke").unwrap()].join(" ")
        };
        let by = |of: fn(f64, f64) -> f64| data.points.iter().map(|p| p.x).reduce(of).unwrap();
        assert!(colour_of(by(f64::max)).contains("#0072B2"), "{}", colour_of(by(f64::max)));
        assert!(colour_of(by(f64::min)).contains("#C94F00"), "{}", colour_of(by(f64::min)));
        let words = drawn_words(&figure);
        for word in ["Score along the probe", "no score", "threshold", "positive", "negative"] {
            assert!(words.contains(&word.to_owned()), "{word} {words:?}");
        }
    }
    let mut short = data.clone();
    short.scores.as_mut().unwrap().values.pop();
    let error = scatter::draw(&short, &style()).unwrap_err();
    assert!(matches!(error, FigureError::Mismatch { what: "scores", .. }), "{error}");
    let mut broken = data.clone();
    broken.scores.as_mut().unwrap().scale.high = f64::NAN;
    let error = scatter::draw(&broken, &style()).unwrap_err();
    assert!(matches!(error, FigureError::Range { axis: "colour", .. }), "{error}");
    let mut broken = data;
    broken.scores.as_mut().unwrap().centre = f64::NAN;
    let error = scatter::draw(&broken, &style()).unwrap_err();
    assert!(matches!(error, FigureError::NotFinite { what: "threshold" }), "{error}");
}

/// The frames of panels: left, top, width and height.
fn frames(figure: &Figure) -> Vec<[f64; 4]> {
    let document = Document::parse(&figure.svg).unwrap();
    with_tag(&document, "path")
        .filter(|path| path.attribute("fill") == Some("none"))
        .filter_map(|path| path.attribute("d"))
        .flat_map(reading::rectangles)
        .collect()
}

#[test]
fn panels_have_ranges_of_their_own_and_one_scale() {
    let data = samples::maps::multiples(&["toy-llama", "toy-gpt2"], 3);
    let figure = multiples::draw(&data, &style()).unwrap();
    let frames = frames(&figure);
    assert_eq!(frames.len(), 6);
    let document = Document::parse(&figure.svg).unwrap();
    let stamps = stamps(&document);
    assert_eq!(stamps.len(), 6 * 80);
    for (panel, [left, top, width, height]) in data.panels.iter().zip(&frames) {
        let mut inside: Vec<(f64, f64)> = stamps
            .iter()
            .map(|(x, y, _)| (*x, *y))
            .filter(|(x, y)| (*left..left + width).contains(x) && (*top..top + height).contains(y))
            .collect();
        assert_eq!(inside.len(), 80);
        let span = |values: Vec<f64>| {
            let high = values.iter().copied().fold(f64::MIN, f64::max);
            high - values.iter().copied().fold(f64::MAX, f64::min)
        };
        inside.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut wanted: Vec<(f64, f64)> = panel.points.iter().map(|p| (p.x, p.y)).collect();
        wanted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let scale =
            span(inside.iter().map(|p| p.0).collect()) / span(wanted.iter().map(|p| p.0).collect());
        for (drawn, wanted_at) in inside.iter().zip(&wanted) {
            let (x, y) = ((wanted_at.0 - wanted[0].0) * scale, (wanted_at.1 - wanted[0].1) * scale);
            assert!((drawn.0 - inside[0].0 - x).abs() < 0.03);
            assert!((inside[0].1 - drawn.1 - y).abs() < 0.03);
        }
        // it fills its frame in one direction
        let up = span(inside.iter().map(|p| p.1).collect());
        let across = span(inside.iter().map(|p| p.0).collect());
        assert!(across > 0.85 * width || up > 0.85 * height);
    }
    let words = drawn_words(&figure);
    for word in ["layer 1", "layer 3", "toy-gpt2", "PC1", "PC2"] {
        assert_eq!(words.iter().filter(|w| *w == word).count(), 1, "{word} is told once");
    }
    assert!(figure.notes.contains(&"Each panel has ranges of its own.".to_owned()));
}

#[test]
fn selected_points_stand_out_in_every_panel() {
    let mut data = samples::maps::multiples(&["toy-llama"], 2);
    for panel in &mut data.panels {
        panel.points[5].selected = true;
    }
    let figure = multiples::draw(&data, &style()).unwrap();
    let document = Document::parse(&figure.svg).unwrap();
    let ringed = stamps(&document)
        .iter()
        .filter(|(_, _, mark)| mark.attribute("stroke") == Some("#1B1F24"))
        .count();
    assert_eq!(ringed, 2);
    assert!(drawn_words(&figure).contains(&"selected".to_owned()));
}

#[test]
fn panels_without_points_say_so_and_too_many_are_refused() {
    let mut data = samples::maps::multiples(&["toy-llama"], 4);
    data.contours = true;
    data.panels[2].points.clear();
    data.panels[3].points.truncate(6);
    let figure = multiples::draw(&data, &style()).unwrap();
    assert!(drawn_words(&figure).contains(&"no points".to_owned()));
    assert!(
        figure.notes.contains(
            &"No such lines for a side of 1 panel: fewer than 10 points, or all on one line."
                .to_owned()
        )
    );
    let refused = |data: &MultiplesData| multiples::draw(data, &style()).unwrap_err();
    for panel in &mut data.panels {
        for point in &mut panel.points {
            point.x = f64::NAN;
        }
    }
    assert!(matches!(refused(&data), FigureError::NothingFinite { count: 166 }));
    data.panels.clear();
    assert!(matches!(refused(&data), FigureError::Empty));
    let crowd = samples::maps::multiples(&["a"], 37);
    let error = refused(&crowd);
    assert!(matches!(error, FigureError::TooManyPanels { count: 37, most: MOST_PANELS }));
    assert!(error.to_string().contains("at most 36"), "{error}");
}
