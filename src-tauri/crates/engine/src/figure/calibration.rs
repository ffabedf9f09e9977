//! Whether what a model's scores predict of human scores happens as often.

use lens_figure::Style;
use lens_figure::calibration::{self, CalibrationBin, CalibrationData};

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
    let name = session.layer_sweep(&request.model_id)?.model_name;
    let caption = format!(
        "Calibration on {} test pairs with a human score, by {name} at layer {}. Across: 1 / (1 + exp(-z)) \
         of the positive texts; up: the share of them with a human score above {}; in bins of nearly \
         equal numbers. Bars: Wilson's 95 % intervals of the shares.",
        view.n, view.layer, view.human_threshold
    );
    let header = ["predicted", "observed", "low", "high", "n"];
    let mut table = vec![header.map(str::to_owned).to_vec()];
    for bin in &view.calibration {
        let shares = [bin.predicted, bin.observed.value, bin.observed.low, bin.observed.high];
        let mut row: Vec<String> = shares.iter().map(f64::to_string).collect();
        row.push(bin.n.to_string());
        table.push(row);
    }
    let data = CalibrationData {
        title: "Calibration".to_owned(),
        x_label: "Predicted share above the threshold".to_owned(),
        y_label: "Observed share".to_owned(),
        bins: view
            .calibration
            .iter()
            .map(|bin| CalibrationBin {
                n: bin.n as usize,
                predicted: bin.predicted,
                observed: estimate(&bin.observed),
            })
            .collect(),
        notes: Vec::new(),
        provenance: view.provenance.clone(),
    };
    Ok(Drawing {
        figure: calibration::draw(&data, &style(&caption))?,
        caption,
        file_stem: format!("calibration-{}", file_safe(&name)),
        table,
    })
}
