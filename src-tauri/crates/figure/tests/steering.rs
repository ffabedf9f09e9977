//! Dose-responses, read back from their SVG.

#![allow(clippy::unwrap_used, reason = "a helper of a test asserts by unwrapping")]

use lens_figure::dose_response::{self, DosePoint, DoseResponseData, MOST_PANELS, Remark};
use lens_figure::{Estimate, Figure, FigureError, Preset, Style, Theme};
use reading::{drawn_words, points, stamps, with_tag};
use usvg::roxmltree::Document;

mod reading;
mod samples;

fn style() -> Style {
    samples::style(Preset::OneColumn, Theme::Light)
}

fn draw(data: &DoseResponseData) -> Figure {
    dose_response::draw(data, &style()).unwrap()
}

/// Lines with so many points in a colour, in drawing order.
fn lines(figure: &Figure, count: usize, colour: &str) -> Vec<Vec<(f64, f64)>> {
    let document = Document::parse(&figure.svg).unwrap();
    with_tag(&document, "path")
        .filter(|path| path.attribute("stroke") == Some(colour))
        .flat_map(|path| {
            let d = path.attribute("d").unwrap();
            d.split('M').skip(1).map(points).collect::<Vec<_>>()
        })
        .filter(|line| line.len() == count)
        .collect()
}

/// One model and scenario without a strip.
fn plain() -> DoseResponseData {
    let mut data = samples::steering::dose_response(&["toy-llama"], 1);
    data.coherence = false;
    data
}

#[test]
fn rates_intervals_and_bands_are_on_one_scale() {
    let data = plain();
    let curve = &data.panels[0].curves[0];
    let figure = draw(&data);
    let document = Document::parse(&figure.svg).unwrap();
    let mut drawn = stamps(&document);
    drawn.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert_eq!(drawn.len(), 8, "seven coefficients, and projected out");
    // two rates give the scale; an independent line through them foretells all the rest
    let rate = |point: &DosePoint| point.rate.unwrap();
    let value = |index: usize| rate(&curve.points[index]).value;
    let (top, foot) = (drawn[6].1, drawn[0].1);
    let scale = (foot - top) / (value(6) - value(0));
    let height = |rate: f64| foot - (rate - value(0)) * scale;
    let across = (drawn[6].0 - drawn[0].0) / 8.0;
    for (point, (x, y, mark)) in curve.points.iter().zip(&drawn) {
        assert!((y - height(rate(point).value)).abs() < 0.02);
        assert!((x - drawn[0].0 - (point.coefficient + 4.0) * across).abs() < 0.02);
        assert_eq!(mark.attribute("fill"), Some("#0072B2"));
    }
    let out = &drawn[7];
    assert!((out.1 - height(rate(&curve.projected_out.unwrap()).value)).abs() < 0.02);
    assert!(out.0 > drawn[6].0 + 5.0, "beyond all coefficients");
    assert_eq!(out.2.attribute("fill"), Some("#FFFFFF"), "hollow");

    // one whisker for each, from bound to bound
    let whiskers = with_tag(&document, "path")
        .filter_map(|path| path.attribute("d"))
        .map(|d| d.split('M').skip(1).map(points).collect::<Vec<_>>())
        .find(|lines| lines.len() == 8 && lines.iter().all(|l| l[0].0 == l[1].0))
        .unwrap();
    for (point, whisker) in curve.points.iter().chain(&curve.projected_out).zip(&whiskers) {
        let interval = rate(point).interval.unwrap();
        assert!((whisker[0].1 - height(interval.low)).abs() < 0.02);
        assert!((whisker[1].1 - height(interval.high)).abs() < 0.02);
    }
    // the band goes along its upper ends and back along the lower ones
    let band = with_tag(&document, "path")
        .filter(|path| path.attribute("id").is_none() && path.attribute("fill") != Some("none"))
        .map(|path| points(path.attribute("d").unwrap()))
        .find(|outline| outline.len() == 14)
        .unwrap();
    let ends = curve.random.iter().map(|dose| dose.range.high);
    let ends = ends.chain(curve.random.iter().rev().map(|dose| dose.range.low));
    for (end, (_, y)) in ends.zip(&band) {
        assert!((y - height(end)).abs() < 0.02);
    }
    // numbers stand at their heights
    let place = |word: &str| {
        let text = with_tag(&document, "text").find(|text| text.text() == Some(word)).unwrap();
        reading::number(&text, "y")
    };
    let step = place("0.5") - place("1.0");
    assert!((step - 0.5 * scale).abs() < 0.02);
}

#[test]
fn a_missing_rate_breaks_the_line_and_is_counted() {
    let mut data = plain();
    let curve = &mut data.panels[0].curves[0];
    curve.points[3].rate = None;
    curve.points[6].rate = Some(Estimate { value: f64::NAN, interval: None });
    let figure = draw(&data);
    assert_eq!(stamps(&Document::parse(&figure.svg).unwrap()).len(), 6);
    assert_eq!(lines(&figure, 3, "#0072B2").len(), 1, "-4, -2, -1");
    assert_eq!(lines(&figure, 7, "#0072B2").len(), 0);
    assert_eq!(
        figure.notes,
        [
            "1 point is not drawn: no sample there is coherent.",
            "1 point is not drawn: the rates are not finite numbers."
        ]
    );
}

#[test]
fn the_strip_shows_coherence_on_a_scale_of_its_own() {
    let mut data = plain();
    data.coherence = true;
    let figure = draw(&data);
    let both = lines(&figure, 7, "#0072B2");
    assert_eq!(both.len(), 2);
    let (rates, strip) = (&both[0], &both[1]);
    let lowest_rate = rates.iter().fold(f64::MIN, |low, p| low.max(p.1));
    assert!(strip.iter().all(|p| p.1 > lowest_rate), "beneath");
    let shares: Vec<f64> =
        data.panels[0].curves[0].points.iter().map(|point| point.coherent.unwrap()).collect();
    let scale = (strip[0].1 - strip[3].1) / (shares[3] - shares[0]);
    assert!(scale > 0.0);
    for (share, (_, y)) in shares.iter().zip(strip) {
        assert!((strip[0].1 - y - (share - shares[0]) * scale).abs() < 0.02);
    }
    let words = drawn_words(&figure);
    assert!(words.contains(&"strip: share coherent".to_owned()));
    data.coherence = false;
    assert!(!drawn_words(&draw(&data)).contains(&"strip: share coherent".to_owned()));
}

#[test]
fn panels_share_axes_and_name_what_cannot_move() {
    let data = samples::steering::dose_response(&["toy-llama", "gemma-2-2b"], 5);
    for preset in [Preset::OneColumn, Preset::TwoColumns, Preset::Slide] {
        let figure = dose_response::draw(&data, &samples::style(preset, Theme::Dark)).unwrap();
        let words = drawn_words(&figure);
        let count = |word: &str| words.iter().filter(|w| *w == word).count();
        for (word, times) in [("ceiling", 1), ("floor", 1), ("incoherent", 1), ("Grief", 1)] {
            assert_eq!(count(word), times, "{word}");
        }
        assert_eq!(count("Coefficient (residual norms)"), 1);
        // numbers below the last panel of each column only, and beside the first of each row
        let columns = count("out");
        assert!(count("−4") == columns && count("4") == columns && columns < 6);
        assert_eq!(count("0.5"), 5_usize.div_ceil(columns));
    }
    let figure = draw(&data);
    let document = Document::parse(&figure.svg).unwrap();
    let mut names: Vec<&str> =
        with_tag(&document, "path").filter_map(|path| path.attribute("id")).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "no name is given twice");
    for sentence in [
        "Ceiling: every coherent sample at 0 has the outcome, so the rate cannot move up.",
        "Floor: no coherent sample at 0 has the outcome, so the rate cannot move down.",
    ] {
        assert!(figure.notes.contains(&sentence.to_owned()), "{sentence}");
    }
    let mut free = data;
    for curve in free.panels.iter_mut().flat_map(|panel| &mut panel.curves) {
        curve.remarks = vec![Remark::Floor];
    }
    assert!(!draw(&free).caption.contains("Ceiling:"));
}

#[test]
fn models_differ_in_colour_and_shape_and_in_their_bands() {
    let data = samples::steering::dose_response(&["a", "b", "c", "d", "e"], 1);
    let figure = draw(&data);
    let document = Document::parse(&figure.svg).unwrap();
    let mut looks: Vec<(String, String)> = stamps(&document)
        .iter()
        .filter(|(_, _, mark)| mark.attribute("fill") != Some("#FFFFFF"))
        .map(|(_, _, mark)| {
            let of = |name: &str| mark.attribute(name).unwrap().to_owned();
            (of("fill"), of("d"))
        })
        .collect();
    looks.sort();
    looks.dedup();
    assert_eq!(looks.len(), 5);
    let dashed = with_tag(&document, "path")
        .filter(|path| path.attribute("stroke-dasharray").is_some())
        .filter(|path| points(path.attribute("d").unwrap()).len() == 15)
        .count();
    assert_eq!(dashed, 5, "every band has an edge that no other hides");
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let refused = |data: &DoseResponseData| dose_response::draw(data, &style()).unwrap_err();
    let mut data = plain();
    data.models.push("another".to_owned());
    let error = refused(&data);
    assert!(
        matches!(error, FigureError::Mismatch { what: "curves", expected: 2, found: 1 }),
        "{error}"
    );
    let crowd = samples::steering::dose_response(&["a"], MOST_PANELS + 1);
    assert!(matches!(refused(&crowd), FigureError::TooManyPanels { count: 37, .. }));
    let mut none = plain();
    for point in &mut none.panels[0].curves[0].points {
        point.rate = None;
    }
    none.panels[0].curves[0].projected_out = None;
    assert!(matches!(refused(&none), FigureError::NothingFinite { count: 7 }));
    none.panels[0].curves[0].points.clear();
    assert!(matches!(refused(&none), FigureError::Empty));

    // one coefficient, and none but projected out
    let mut one = plain();
    one.panels[0].curves[0].points.truncate(1);
    one.panels[0].curves[0].random.truncate(1);
    assert!(!draw(&one).svg.contains("NaN"));
    one.panels[0].curves[0].points.clear();
    one.panels[0].curves[0].random.clear();
    let figure = draw(&one);
    assert_eq!(stamps(&Document::parse(&figure.svg).unwrap()).len(), 1);
    for factor in [1e-12, 1e12] {
        let mut scaled = plain();
        for point in &mut scaled.panels[0].curves[0].points {
            point.coefficient *= factor;
        }
        scaled.panels[0].curves[0].random.clear();
        let figure = draw(&scaled);
        assert!(drawn_words(&figure).iter().any(|word| word.contains(", in 10")), "{factor}");
    }
}
