//! The ROC curve of the test pairs.

use lens_figure::Style;
use lens_figure::roc::{self, RocCurve, RocData, RocPoint};

use super::{Drawing, file_safe};
use crate::EngineError;
use crate::contract::ModelLayerFigure;
use crate::probe::estimate;
use crate::session::Session;

pub(super) fn draw(
    session: &Session,
    request: &ModelLayerFigure,
    style: impl Fn(&str) -> Style,
) -> Result<Drawing, EngineError> {
    let sweep = session.layer_sweep(&request.model_id)?;
    let layer = request.layer.unwrap_or(sweep.chosen_layer);
    let found = session.scored_layer(&request.model_id, layer)?;
    let auroc = estimate(&found.auroc);
    let caption = format!(
        "ROC curve of the {} probe of {} at layer {layer} on {} test pairs. AUROC {:.3}, 95 % \
         interval {:.3} to {:.3} (percentile bootstrap over pairs, 2,000 draws).",
        sweep.method, sweep.model_name, sweep.test_pairs, auroc.value, auroc.low, auroc.high,
    );
    let points: Vec<RocPoint> = found
        .roc
        .iter()
        .map(|p| RocPoint {
            false_positives: p.false_positive_rate,
            true_positives: p.true_positive_rate,
        })
        .collect();
    let mut table = vec![["false_positive_rate", "true_positive_rate"].map(str::to_owned).to_vec()];
    table.extend(
        points.iter().map(|p| vec![p.false_positives.to_string(), p.true_positives.to_string()]),
    );
    let name = format!("{}, layer {layer}", sweep.model_name);
    let data = RocData {
        title: "ROC curve".to_owned(),
        curves: vec![RocCurve { name, points, auroc: super::estimate(&auroc) }],
        test_pairs: sweep.test_pairs as usize,
        notes: Vec::new(),
        provenance: found.provenance,
    };
    Ok(Drawing {
        figure: roc::draw(&data, &style(&caption))?,
        caption,
        file_stem: format!("roc-{}-layer-{layer}", file_safe(&sweep.model_name)),
        table,
    })
}
