//! A model's scores against human scores.

use lens_figure::regression_scatter::{
    self, Correlation, Fit, FitPoint, RegressionPoint, RegressionScatterData,
};
use lens_figure::{Estimate, Range, Style};

use super::{Drawing, estimate, file_safe};
use crate::EngineError;
use crate::contract::ModelLayerFigure;
use crate::session::Session;

pub(super) fn draw(
    session: &Session,
    request: &ModelLayerFigure,
    style: impl Fn(&str) -> Style,
) -> Result<Drawing, EngineError> {
    let view = session.behaviour(&request.model_id)?;
    let sweep = session.layer_sweep(&request.model_id)?;
    let pairs = session.prepared()?;
    let name = &sweep.model_name;
    let caption = format!(
        "Human scores of {} test pairs against the score z of their positive texts by {name} at \
         layer {}. Line: least squares, with the 95 % band of the mean. r = {:.3} [{:.3}, {:.3}], \
         p = {:.3}.",
        view.n, view.layer, view.pearson.value, view.pearson.low, view.pearson.high, view.pearson_p
    );
    let mut table = vec![["pair", "z", "human_score"].map(str::to_owned).to_vec()];
    for ((&pair, &x), &y) in view.pairs.iter().zip(&view.x).zip(&view.y) {
        let id = pairs.pairs().get(pair as usize).map_or_else(String::new, |p| p.id.clone());
        table.push(vec![id, x.to_string(), y.to_string()]);
    }
    let rho = Estimate { value: view.spearman, interval: None };
    let data = RegressionScatterData {
        title: "Score and human score".to_owned(),
        x_label: format!("{name}, layer {} (z)", view.layer),
        y_label: "Human score".to_owned(),
        points: view
            .x
            .iter()
            .zip(&view.y)
            .map(|(&x, &y)| RegressionPoint { x, y, second: false })
            .collect(),
        classes: None,
        fit: Some(Fit {
            label: "least squares".to_owned(),
            points: view
                .fit
                .iter()
                .map(|p| FitPoint {
                    x: p.x,
                    y: p.y,
                    band: Some(Range { low: p.low, high: p.high }),
                })
                .collect(),
        }),
        correlations: vec![
            Correlation {
                name: "r".to_owned(),
                value: estimate(&view.pearson),
                p: Some(view.pearson_p),
            },
            Correlation { name: "rho".to_owned(), value: rho, p: Some(view.spearman_p) },
        ],
        x_threshold: Some(0.0),
        y_threshold: None,
        one_scale: false,
        notes: Vec::new(),
        provenance: view.provenance.clone(),
    };
    Ok(Drawing {
        figure: regression_scatter::draw(&data, &style(&caption))?,
        caption,
        file_stem: format!("behaviour-{}", file_safe(name)),
        table,
    })
}
