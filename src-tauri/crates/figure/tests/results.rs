//! What the figures about results show, read back from their SVG.

#![allow(clippy::unwrap_used, reason = "a helper of a test asserts by unwrapping")]

use lens_figure::heat_map::HeatMapData;
use lens_figure::matrix::MatrixData;
use lens_figure::{
    Estimate, Figure, FigureError, Preset, Range, Style, Theme, calibration, heat_map, layer_sweep,
    matrix, regression_scatter, roc, score_distribution, transfer_bars,
};
use reading::{drawn_words, points, rectangles, stamps, with_tag};
use usvg::roxmltree::Document;

mod reading;
mod samples;

fn style() -> Style {
    samples::style(Preset::OneColumn, Theme::Light)
}

fn colour(name: &str) -> String {
    let file = std::fs::read_to_string("../../../ui/src/lib/design/plot-colours.json").unwrap();
    let colours: serde_json::Value = serde_json::from_str(&file).unwrap();
    colours["light"][name].as_str().unwrap().to_uppercase()
}

/// Path data with the fill and the stroke of every path that is drawn where it stands.
fn paths(figure: &Figure) -> Vec<(String, String, String)> {
    let document = Document::parse(&figure.svg).unwrap();
    with_tag(&document, "path")
        .filter(|path| path.attribute("id").is_none())
        .map(|path| {
            let of = |name: &str| path.attribute(name).unwrap_or("none").to_owned();
            (of("d"), of("fill"), of("stroke"))
        })
        .collect()
}

/// Values and heights lie on one line, higher values above.
fn assert_on_one_scale(pairs: &[(f64, f64)]) {
    let by_value = |a: &&(f64, f64), b: &&(f64, f64)| a.0.total_cmp(&b.0);
    let (low, high) =
        (pairs.iter().min_by(by_value).unwrap(), pairs.iter().max_by(by_value).unwrap());
    let scale = (low.1 - high.1) / (high.0 - low.0);
    assert!(scale > 0.0, "upwards");
    for (value, y) in pairs {
        assert!((low.1 - y - (value - low.0) * scale).abs() < 0.03, "{value} at {y}");
    }
}

#[test]
fn a_sweep_shows_what_its_controls_reach() {
    let data = samples::controlled_sweep(&[("toy-llama", 8)]);
    let figure = layer_sweep::draw(&data, &style()).unwrap();
    let words = drawn_words(&figure);
    for label in ["surface ceiling (bag of words)", "random directions (95 %)"] {
        assert!(words.contains(&label.to_owned()), "{label}");
    }
    let random = data.random.clone().unwrap();
    let paths = paths(&figure);
    let outline = paths
        .iter()
        .filter(|(_, fill, stroke)| fill != "none" && stroke == "none")
        .map(|(d, _, _)| points(d))
        .find(|outline| outline.len() == 18)
        .unwrap();
    // along the upper ends, and back along the lower ones; the ceiling on the same scale
    let ends = random.layers.iter().map(|layer| layer.high);
    let ends = ends.chain(random.layers.iter().rev().map(|layer| layer.low));
    let mut drawn: Vec<(f64, f64)> =
        ends.zip(&outline).map(|(value, (_, y))| (value, *y)).collect();
    let ceiling = paths
        .iter()
        .filter(|(_, _, stroke)| *stroke == colour("ink"))
        .map(|(d, _, _)| points(d))
        .find(|line| line.len() == 2 && line[0].1 == line[1].1 && line[1].0 - line[0].0 > 50.0);
    drawn.push((data.ceiling.clone().unwrap().value, ceiling.unwrap()[0].1));
    assert_on_one_scale(&drawn);

    let mut broken = data.clone();
    broken.random.as_mut().unwrap().layers[3].low = f64::NAN;
    let figure = layer_sweep::draw(&broken, &style()).unwrap();
    assert_eq!(figure.notes, ["1 layer is not drawn: the values are not finite numbers."]);
    let mut broken = data;
    broken.ceiling.as_mut().unwrap().value = f64::NAN;
    let error = layer_sweep::draw(&broken, &style()).unwrap_err();
    assert!(matches!(error, FigureError::NotFinite { what: "ceiling" }), "{error}");
}

#[test]
fn scores_stand_at_their_heights_and_pairs_are_joined() {
    let mut data = samples::distribution(20);
    data.pairs[4].positive = -1.5;
    data.pairs[4].negative = 1.0;
    let figure = score_distribution::draw(&data, &style()).unwrap();
    let document = Document::parse(&figure.svg).unwrap();
    let stamps = stamps(&document);
    assert_eq!(stamps.len(), 40);
    // negative texts first, then positive ones, each in the order of the pairs
    let values = data.pairs.iter().map(|pair| pair.negative);
    let values = values.chain(data.pairs.iter().map(|pair| pair.positive));
    let drawn: Vec<(f64, f64)> = values.zip(&stamps).map(|(v, (_, y, _))| (v, *y)).collect();
    assert_on_one_scale(&drawn);
    assert!(stamps[..20].iter().all(|(x, _, _)| *x < stamps[20].0), "negative left of positive");

    let joined: Vec<(usize, String)> = paths(&figure)
        .iter()
        .filter(|(d, _, _)| d.split('M').skip(1).all(|line| line.split('L').count() == 2))
        .map(|(d, _, stroke)| {
            let ends = points(d);
            let at = |(x, y): (f64, f64), index: usize| {
                (stamps[index].0 - x).hypot(stamps[index].1 - y) < 0.03
            };
            let pairs = ends
                .chunks_exact(2)
                .filter(|line| (0..20).any(|pair| at(line[0], pair) && at(line[1], pair + 20)));
            (pairs.count(), stroke.clone())
        })
        .filter(|(count, _)| *count > 0)
        .collect();
    let wrong = data.pairs.iter().filter(|pair| pair.positive <= pair.negative).count();
    assert_eq!(joined.iter().map(|(count, _)| count).sum::<usize>(), 20);
    assert!(joined.contains(&(wrong, colour("ink"))), "those in the wrong order stand out");
    let words = drawn_words(&figure);
    assert!(words.contains(&format!("pair in the wrong order ({wrong})")));
    assert!(words.contains(&"AUROC 0.943 [0.903, 0.983], n = 20 test pairs".to_owned()));
}

#[test]
fn thousands_of_scores_stay_light_and_say_what_is_left_out() {
    let data = samples::distribution(5_000);
    let figure = score_distribution::draw(&data, &style()).unwrap();
    assert!(figure.svg.len() < 900_000, "{} bytes", figure.svg.len());
    assert_eq!(stamps(&Document::parse(&figure.svg).unwrap()).len(), 10_000);
    assert!(
        figure.notes[0].starts_with("Lines join ") && figure.notes[0].contains("of 5,000 pairs")
    );

    let mut data = samples::distribution(10);
    data.pairs[2].negative = f64::NAN;
    let figure = score_distribution::draw(&data, &style()).unwrap();
    assert_eq!(figure.notes, ["1 pair is not drawn: the scores are not finite numbers."]);
    assert!(drawn_words(&figure).iter().any(|text| text.ends_with("n = 9 test pairs")));
    for pair in &mut data.pairs {
        pair.positive = f64::NAN;
    }
    let error = score_distribution::draw(&data, &style()).unwrap_err();
    assert!(matches!(error, FigureError::NothingFinite { count: 10 }), "{error}");
    data.pairs.clear();
    let error = score_distribution::draw(&data, &style()).unwrap_err();
    assert!(matches!(error, FigureError::Empty), "{error}");
    // all alike, and one alone
    for pairs in [1, 30] {
        let mut alike = samples::distribution(pairs);
        let first = alike.pairs[0];
        alike.pairs.fill(first);
        assert!(!score_distribution::draw(&alike, &style()).unwrap().svg.contains("NaN"));
    }
}

#[test]
fn a_roc_is_square_and_its_curves_are_the_data() {
    let data = samples::roc(&["toy-llama", "toy-gpt2", "toy-neox"], 15);
    for preset in [Preset::OneColumn, Preset::TwoColumns, Preset::Slide] {
        let figure = roc::draw(&data, &samples::style(preset, Theme::Light)).unwrap();
        let paths = paths(&figure);
        let curves: Vec<Vec<(f64, f64)>> = paths
            .iter()
            .map(|(d, _, _)| points(d))
            .filter(|line| line.len() == data.curves[0].points.len())
            .collect();
        assert_eq!(curves.len(), 3);
        let (start, end) = (curves[0][0], curves[0][curves[0].len() - 1]);
        let side = end.0 - start.0;
        assert!(side > 50.0 && (start.1 - end.1 - side).abs() < 0.02, "equal scales");
        for (curve, drawn) in data.curves.iter().zip(&curves) {
            for (point, (x, y)) in curve.points.iter().zip(drawn) {
                assert!((start.0 + point.false_positives * side - x).abs() < 0.02);
                assert!((start.1 - point.true_positives * side - y).abs() < 0.02);
            }
        }
        assert!(paths.iter().any(|(d, _, _)| points(d) == [start, end]), "the diagonal");
        let words = drawn_words(&figure).join(" ");
        assert!(words.contains("AUROC 0.890 [0.840, 0.940]"), "{words}");
    }
    // a name too long for its row loses letters, its number none
    let long = samples::long_name();
    let figure = roc::draw(&samples::roc(&["toy-llama", &long, &long], 15), &style()).unwrap();
    let words = drawn_words(&figure).join(" ");
    assert!(words.contains("…: AUROC 0.890 [0.840, 0.940]"), "{words}");
    assert!(words.contains("…: AUROC 0.820 [0.770, 0.870]"), "{words}");
    for wrong in [f64::NAN, 1.2, -0.1] {
        let mut broken = data.clone();
        broken.curves[1].points[3].true_positives = wrong;
        let error = roc::draw(&broken, &style()).unwrap_err();
        assert!(matches!(error, FigureError::NotFinite { .. }), "{error}");
    }
    let mut empty = data.clone();
    empty.curves[2].points.clear();
    assert!(matches!(roc::draw(&empty, &style()), Err(FigureError::Empty)));
    empty.curves.clear();
    assert!(matches!(roc::draw(&empty, &style()), Err(FigureError::Empty)));
}

/// Ground of each cell of a matrix, in order: cells are the only paths of one rectangle that have
/// a fill and are no part of the colour bar.
fn cell_fills(figure: &Figure, count: usize) -> Vec<(String, String)> {
    let single = paths(figure).into_iter().filter(|(d, _, _)| rectangles(d).len() == 1);
    single.take(count).map(|(_, fill, stroke)| (fill, stroke)).collect()
}

#[test]
fn a_matrix_has_its_numbers_on_their_colours() {
    let exactly = |value: f64| {
        let interval = Range { low: value - 0.1, high: value + 0.1 };
        Some(Estimate { value, interval: Some(interval) })
    };
    let mut data = samples::matrix(&["a", "b", "c"]);
    data.cells = vec![
        vec![exactly(0.9), exactly(1.0), exactly(0.0)],
        vec![exactly(-1.0), exactly(0.8), None],
        vec![exactly(1.7), exactly(-0.5), exactly(0.7)],
    ];
    let figure = matrix::draw(&data, &style()).unwrap();
    let fills = cell_fills(&figure, 9);
    let fill = |index: usize| fills[index].0.clone();
    assert_eq!(fill(1), colour("positive"));
    assert_eq!(fill(3), colour("negative"));
    assert_eq!(fill(6), colour("positive"), "beyond the scale: its end");
    for diagonal in [0, 4, 8] {
        assert_eq!(fills[diagonal], (colour("paper"), colour("muted")), "framed");
    }
    assert_eq!(fill(5), colour("paper"), "not measured");
    assert!(![colour("paper"), colour("negative")].contains(&fill(7)), "in between");
    let words = drawn_words(&figure);
    for text in ["0.90", "1.00", "0.00", "−1.00", "−0.50", "–", "[−0.60, −0.40]"] {
        assert!(words.contains(&text.to_owned()), "{text}");
    }
    assert_eq!(
        figure.notes,
        ["Framed cells on the diagonal: split-half reliability of the model's own scores."]
    );

    data.diagonal = None;
    let figure = matrix::draw(&data, &style()).unwrap();
    assert_ne!(cell_fills(&figure, 1)[0].0, colour("paper"), "a diagonal like the rest");
}

#[test]
fn a_matrix_too_large_for_numbers_says_so() {
    let names: Vec<String> = (0..30).map(|index| format!("model {index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let notes = |names: &[&str]| matrix::draw(&samples::matrix(names), &style()).unwrap().notes;
    assert!(notes(&names[..3]).iter().all(|note| !note.contains("too small")));
    assert!(notes(&names[..9]).iter().any(|note| note.contains("too small for intervals")));
    assert!(notes(&names).iter().any(|note| note.contains("too small for numbers")));
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let refused = |change: &dyn Fn(&mut MatrixData)| {
        let mut data = samples::matrix(&["a", "b"]);
        change(&mut data);
        matrix::draw(&data, &style()).unwrap_err()
    };
    let error = refused(&|data| data.rows.push("c".to_owned()));
    assert!(matches!(error, FigureError::Mismatch { expected: 3, found: 2, .. }), "{error}");
    let error = refused(&|data| data.cells[1].truncate(1));
    assert!(matches!(error, FigureError::Mismatch { expected: 2, found: 1, .. }), "{error}");
    let error = refused(&|data| data.cells[0][1].as_mut().unwrap().value = f64::NAN);
    assert!(matches!(error, FigureError::NotFinite { .. }), "{error}");
    let error = refused(&|data| data.cells = vec![vec![None; 2]; 2]);
    assert!(matches!(error, FigureError::Empty), "{error}");
    let error = refused(&|data| data.scale.range.low = 1.0);
    assert!(matches!(error, FigureError::Range { axis: "colour", .. }), "{error}");
    let error = refused(&|data| data.scale.centre = 4.0);
    assert!(matches!(error, FigureError::Range { axis: "colour", .. }), "{error}");

    let refused = |change: &dyn Fn(&mut HeatMapData)| {
        let mut data = samples::heat_map(4, 6);
        change(&mut data);
        heat_map::draw(&data, &style()).unwrap_err()
    };
    let error = refused(&|data| drop(data.values.pop()));
    assert!(matches!(error, FigureError::Mismatch { expected: 5, found: 4, .. }), "{error}");
    let error = refused(&|data| data.values[2].truncate(6));
    assert!(matches!(error, FigureError::Mismatch { expected: 7, found: 6, .. }), "{error}");
    let error = refused(&|data| data.rows.sweep.as_mut().unwrap().truncate(4));
    assert!(matches!(error, FigureError::Mismatch { .. }), "{error}");
    let error = refused(&|data| data.columns.layers.swap(1, 2));
    assert!(matches!(error, FigureError::Mismatch { .. }), "{error}");
    let error = refused(&|data| data.values.iter_mut().for_each(|row| row.fill(f64::NAN)));
    assert!(matches!(error, FigureError::NothingFinite { count: 35 }), "{error}");
    let error = refused(&|data| data.rows.layers.clear());
    assert!(matches!(error, FigureError::Empty), "{error}");
}

#[test]
fn a_heat_map_covers_its_square_with_one_element_a_colour() {
    for (rows, columns) in [(8, 12), (32, 24), (80, 80)] {
        let data = samples::heat_map(rows, columns);
        let figure = heat_map::draw(&data, &style()).unwrap();
        assert!(figure.svg.len() < 500_000, "{} bytes", figure.svg.len());
        // cells come first, the bar's steps after the chosen layers' lines
        let cells: Vec<(Vec<[f64; 4]>, String)> = paths(&figure)
            .into_iter()
            .skip_while(|(d, _, _)| rectangles(d).is_empty())
            .take_while(|(d, _, _)| !rectangles(d).is_empty())
            .map(|(d, fill, _)| (rectangles(&d), fill))
            .collect();
        assert!(cells.len() <= 97, "{} colours", cells.len());
        let all = || cells.iter().flat_map(|(cells, _)| cells);
        let least = |index: usize| all().map(|cell| cell[index]).fold(f64::INFINITY, f64::min);
        let most =
            |index: usize| all().map(|cell| cell[index] + cell[index + 2]).fold(0.0, f64::max);
        let (left, top, right, foot) = (least(0), least(1), most(0), most(1));
        assert!((right - left - (foot - top)).abs() < 0.1, "a square");
        let covered: f64 = all().map(|cell| cell[2] * cell[3]).sum();
        let square = (right - left) * (foot - top);
        // neighbours overlap by 0.15 points
        assert!(covered >= square * 0.999 && covered < square * 1.35, "{covered} of {square}");
        // the colour at a cell's centre is the one of its value: equal values, equal colours
        let at = |row: u32, column: u32| {
            let x = left + (f64::from(column) + 0.5) / f64::from(columns + 1) * (right - left);
            let y = foot - (f64::from(row) + 0.5) / f64::from(rows + 1) * (foot - top);
            let holds = |cell: &[f64; 4]| {
                (cell[0]..cell[0] + cell[2]).contains(&x)
                    && (cell[1]..cell[1] + cell[3]).contains(&y)
            };
            let found: Vec<&String> =
                cells.iter().filter(|(cells, _)| cells.iter().any(holds)).map(|c| &c.1).collect();
            assert_eq!(found.len(), 1, "one colour a cell");
            found[0].clone()
        };
        let lightness = |colour: &str| {
            let value = u32::from_str_radix(colour.trim_start_matches('#'), 16).unwrap();
            value.to_be_bytes()[1..].iter().map(|byte| u32::from(*byte)).sum::<u32>()
        };
        let mut seen: Vec<(f64, u32)> = Vec::new();
        for (row, values) in data.values.iter().enumerate() {
            for (column, value) in values.iter().enumerate().step_by(3) {
                seen.push((*value, lightness(&at(row as u32, column as u32))));
            }
        }
        seen.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(seen.windows(2).all(|pair| pair[0].1 >= pair[1].1), "higher is darker");
    }
}

#[test]
fn cells_without_a_value_are_counted_and_left_empty() {
    let mut data = samples::heat_map(4, 4);
    data.values[1][2] = f64::NAN;
    data.values[2][2] = 1.5;
    let figure = heat_map::draw(&data, &style()).unwrap();
    assert_eq!(
        figure.notes,
        [
            "1 cell has no value and no colour.",
            "1 cell beyond the scale has the colour of its end."
        ]
    );
    let words = drawn_words(&figure);
    for word in ["Layer of toy-llama", "Layer of toy-gpt2", "linear CKA (debiased)", "AUROC (test)"]
    {
        assert!(words.contains(&word.to_owned()), "{word}");
    }
    // a sweep with a hole, and models of strided layers
    data.columns.sweep.as_mut().unwrap()[2] = f64::NAN;
    data.rows.layers = vec![0, 8, 16, 24, 30];
    data.rows.chosen_layer = Some(99);
    assert!(!heat_map::draw(&data, &style()).unwrap().svg.contains("NaN"));
}

#[test]
fn bars_stand_on_chance_and_controls_beside_them() {
    let data = samples::transfer("toy-llama", "toy-gpt2");
    let figure = transfer_bars::draw(&data, &style()).unwrap();
    let paths = paths(&figure);
    let boxes: Vec<([f64; 4], String)> = paths
        .iter()
        .filter(|(d, _, _)| rectangles(d).len() == 1)
        .map(|(d, fill, _)| (rectangles(d)[0], fill.clone()))
        .collect();
    // two patches in the key; then a bar, and its controls: 2 native with one, 6 carried with two
    let boxes = &boxes[2..];
    assert_eq!(boxes.len(), 2 * 2 + 6 * 3);
    let mut drawn: Vec<(f64, f64)> = Vec::new();
    let mut next = boxes.iter();
    for bar in data.groups.iter().flat_map(|group| &group.bars) {
        let ([left, top, width, height], _) = next.next().unwrap();
        let ends = if bar.value.value > 0.5 { (*top, top + height) } else { (top + height, *top) };
        drawn.extend([(bar.value.value, ends.0), (0.5, ends.1)]);
        for control in [bar.shuffled, bar.random].into_iter().flatten() {
            let ([beside, top, _, height], _) = next.next().unwrap();
            assert!(*beside >= left + width, "controls stand beside their bar");
            drawn.extend([(control.range.high, *top), (control.range.low, top + height)]);
        }
    }
    assert_on_one_scale(&drawn);
    let words = drawn_words(&figure);
    for word in ["native", "Procrustes", "toy-gpt2 to toy-llama", "chance", "random direction"] {
        assert!(words.contains(&word.to_owned()), "{word}");
    }

    let mut broken = data.clone();
    broken.groups[1].bars[2].shuffled.as_mut().unwrap().mean = f64::INFINITY;
    let error = transfer_bars::draw(&broken, &style()).unwrap_err();
    assert!(matches!(error, FigureError::NotFinite { .. }), "{error}");
    broken.groups.clear();
    assert!(matches!(transfer_bars::draw(&broken, &style()), Err(FigureError::Empty)));
}

#[test]
fn a_regression_shows_points_fit_and_what_was_found() {
    let data = samples::regression(12);
    let figure = regression_scatter::draw(&data, &style()).unwrap();
    let document = Document::parse(&figure.svg).unwrap();
    let stamps = stamps(&document);
    assert_eq!(stamps.len(), 12);
    let words = drawn_words(&figure);
    assert!(words.contains(&"r = 0.71 [0.49, 0.93], p = 0.009, n = 12 texts".to_owned()));
    assert!(words.contains(&"least squares, 95 % band".to_owned()));
    // the line and the points are on one scale
    let fit = data.fit.clone().unwrap();
    let line = paths(&figure)
        .into_iter()
        .map(|(d, fill, _)| (points(&d), fill))
        .find(|(line, fill)| line.len() == fit.points.len() && fill == "none");
    let line = line.unwrap().0;
    let mut drawn: Vec<(f64, f64)> =
        fit.points.iter().zip(&line).map(|(point, (_, y))| (point.y, *y)).collect();
    // stamps are shuffled: ordered by height, they are the points ordered by value
    let mut values: Vec<f64> = data.points.iter().map(|point| point.y).collect();
    let mut heights: Vec<f64> = stamps.iter().map(|(_, y, _)| *y).collect();
    values.sort_by(f64::total_cmp);
    heights.sort_by(|a, b| b.total_cmp(a));
    drawn.extend(values.into_iter().zip(heights));
    assert_on_one_scale(&drawn);

    let mut broken = data.clone();
    broken.points[0].x = f64::NAN;
    let figure = regression_scatter::draw(&broken, &style()).unwrap();
    assert_eq!(figure.notes, ["1 text is not drawn: the coordinates are not finite numbers."]);
    broken.correlations[0].p = Some(f64::NAN);
    let error = regression_scatter::draw(&broken, &style()).unwrap_err();
    assert!(matches!(error, FigureError::NotFinite { what: "correlation" }), "{error}");
    broken.points.clear();
    assert!(matches!(regression_scatter::draw(&broken, &style()), Err(FigureError::Empty)));

    let figure = regression_scatter::draw(&samples::two_models(60), &style()).unwrap();
    let words = drawn_words(&figure);
    for word in ["positive", "negative", "thresholds"] {
        assert!(words.contains(&word.to_owned()), "{word}");
    }
}

#[test]
fn a_calibration_shows_every_bin_with_its_interval_and_its_number() {
    let data = samples::calibration(5);
    for preset in [Preset::OneColumn, Preset::TwoColumns, Preset::Slide] {
        let figure = calibration::draw(&data, &samples::style(preset, Theme::Light)).unwrap();
        let document = Document::parse(&figure.svg).unwrap();
        let stamps = stamps(&document);
        assert_eq!(stamps.len(), 5);
        let lines: Vec<Vec<(f64, f64)>> =
            paths(&figure).iter().map(|(d, _, _)| points(d)).collect();
        let diagonal = lines.iter().find(|line| {
            matches!(line[..], [from, to] if (from.0 - to.0).abs() > 50.0 && (from.1 - to.1).abs() > 50.0)
        });
        let (start, end) = diagonal.map(|line| (line[0], line[1])).unwrap();
        let side = end.0 - start.0;
        assert!((start.1 - end.1 - side).abs() < 0.02, "equal scales");
        let at = |x: f64, y: f64| (start.0 + x * side, start.1 - y * side);
        let near = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).abs().max((a.1 - b.1).abs()) < 0.02;
        for bin in &data.bins {
            let place = at(bin.predicted, bin.observed.value);
            assert!(stamps.iter().any(|(x, y, _)| near((*x, *y), place)), "{bin:?}");
            let interval = bin.observed.interval.unwrap();
            let [low, high] = [interval.low, interval.high].map(|end| at(bin.predicted, end));
            let whisker = |line: &Vec<(f64, f64)>| matches!(line[..], [from, to] if near(from, low) && near(to, high));
            assert!(lines.iter().any(whisker), "{bin:?}");
        }
        let words = drawn_words(&figure);
        for word in ["8", "45", "82", "119", "156", "95 % interval", "predicted = observed"] {
            assert!(words.contains(&word.to_owned()), "{word}: {words:?}");
        }
        assert!(words.contains(&"n = 410 test pairs in 5 bins".to_owned()), "{words:?}");
    }
    for wrong in [f64::NAN, 1.2, -0.1] {
        let mut broken = data.clone();
        broken.bins[1].predicted = wrong;
        let error = calibration::draw(&broken, &style()).unwrap_err();
        assert!(matches!(error, FigureError::NotFinite { .. }), "{error}");
        let mut broken = data.clone();
        broken.bins[1].observed.value = wrong;
        assert!(calibration::draw(&broken, &style()).is_err());
    }
    let mut empty = data;
    empty.bins.clear();
    assert!(matches!(calibration::draw(&empty, &style()), Err(FigureError::Empty)));
}
