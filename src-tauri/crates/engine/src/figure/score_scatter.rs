//! Scores of one model against those of another.

use lens_core::{Side, Split};
use lens_figure::Style;
use lens_figure::regression_scatter::{self, Correlation, RegressionPoint, RegressionScatterData};

use super::{Drawing, estimate, file_safe};
use crate::EngineError;
use crate::contract::ModelsFigure;
use crate::session::Session;

pub(super) fn draw(
    session: &Session,
    request: &ModelsFigure,
    style: impl Fn(&str) -> Style,
) -> Result<Drawing, EngineError> {
    let (a, b) = (session.layer_sweep(&request.a)?, session.layer_sweep(&request.b)?);
    let of_a = session.scored_layer(&request.a, a.chosen_layer)?;
    let of_b = session.scored_layer(&request.b, b.chosen_layer)?;
    let pairs = session.prepared()?;
    let texts = pairs
        .pairs()
        .iter()
        .zip(pairs.splits())
        .flat_map(|(pair, split)| Side::BOTH.map(|side| (pair, *split, side)))
        .zip(of_a.z.iter().zip(&of_b.z));
    let mut points = Vec::new();
    let mut table = vec![["pair", "side", "z_a", "z_b"].map(str::to_owned).to_vec()];
    for ((pair, split, side), (&x, &y)) in texts {
        if split == Split::Test {
            points.push(RegressionPoint { x, y, second: side == Side::Negative });
            let names = [pair.id.clone(), side.name().to_owned()];
            table.push(names.into_iter().chain([x, y].map(|n| n.to_string())).collect());
        }
    }
    let view = session.agreement()?;
    let both = view
        .pairs
        .iter()
        .find(|p| (p.a == request.a && p.b == request.b) || (p.a == request.b && p.b == request.a));
    let scores = both.and_then(|p| p.scores.as_ref());
    let correlation = |name: &str, value| Correlation { name: name.to_owned(), value, p: None };
    let overall = scores.map(|s| correlation("r", estimate(&s.pearson)));
    let within = scores.and_then(|s| s.within_class_pearson);
    let within = within.map(|w| correlation("r within the sides", estimate(&w)));
    let caption = format!(
        "Scores z of the {} test texts by {} (layer {}) and {} (layer {}). Lines: the models' own \
         thresholds. Intervals: 95 %, percentile bootstrap over pairs (2,000 draws).",
        points.len(),
        a.model_name,
        a.chosen_layer,
        b.model_name,
        b.chosen_layer
    );
    let data = RegressionScatterData {
        title: "Scores of two models".to_owned(),
        x_label: format!("{}, layer {} (z)", a.model_name, a.chosen_layer),
        y_label: format!("{}, layer {} (z)", b.model_name, b.chosen_layer),
        points,
        classes: Some(["positive".to_owned(), "negative".to_owned()]),
        fit: None,
        correlations: overall.into_iter().chain(within).collect(),
        x_threshold: Some(0.0),
        y_threshold: Some(0.0),
        one_scale: true,
        notes: Vec::new(),
        provenance: format!("{} | {}", of_a.provenance, of_b.provenance),
    };
    Ok(Drawing {
        figure: regression_scatter::draw(&data, &style(&caption))?,
        caption,
        file_stem: format!("scores-{}-{}", file_safe(&a.model_name), file_safe(&b.model_name)),
        table,
    })
}
