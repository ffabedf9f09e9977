//! The ROC curves of the test pairs, of one model or of several laid over each other.

use lens_figure::Style;
use lens_figure::roc::{self, RocCurve, RocData, RocPoint};

use super::{Drawing, file_safe};
use crate::EngineError;
use crate::contract::{LayerSweepView, ModelLayerFigure, RocFigure};
use crate::probe::estimate;
use crate::session::Session;

/// A curve and what the words around it need.
struct Found {
    curve: RocCurve,
    sweep: LayerSweepView,
    layer: u32,
    provenance: String,
}

pub(super) fn draw(
    session: &Session,
    request: &RocFigure,
    style: impl Fn(&str) -> Style,
) -> Result<Drawing, EngineError> {
    let found: Vec<Found> =
        request.curves.iter().map(|wanted| find(session, wanted)).collect::<Result<_, _>>()?;
    let Some(first) = found.first() else {
        return Err(EngineError::BadValue {
            what: "The figure has no curve.".into(),
            hint: "Choose at least one model.".into(),
        });
    };
    let caption = caption(first, &found);
    let file_stem = match found.as_slice() {
        [only] => format!("roc-{}-layer-{}", file_safe(&only.sweep.model_name), only.layer),
        several => format!("roc-{}-models", several.len()),
    };
    let header = ["model", "layer", "false_positive_rate", "true_positive_rate"];
    let mut table = vec![header.map(str::to_owned).to_vec()];
    for Found { curve, sweep, layer, .. } in &found {
        table.extend(curve.points.iter().map(|point| {
            let rates = [point.false_positives, point.true_positives].map(|rate| rate.to_string());
            [vec![sweep.model_name.clone(), layer.to_string()], rates.to_vec()].concat()
        }));
    }
    let test_pairs = first.sweep.test_pairs as usize;
    let title = if found.len() == 1 { "ROC curve" } else { "ROC curves" };
    let provenance: Vec<String> = found.iter().map(|found| found.provenance.clone()).collect();
    let data = RocData {
        title: title.to_owned(),
        curves: found.into_iter().map(|found| found.curve).collect(),
        test_pairs,
        notes: Vec::new(),
        provenance: provenance.join(" | "),
    };
    Ok(Drawing { figure: roc::draw(&data, &style(&caption))?, caption, file_stem, table })
}

fn find(session: &Session, wanted: &ModelLayerFigure) -> Result<Found, EngineError> {
    let sweep = session.layer_sweep(&wanted.model_id)?;
    let layer = wanted.layer.unwrap_or(sweep.chosen_layer);
    let scored = session.scored_layer(&wanted.model_id, layer)?;
    let points = scored.roc.iter().map(|p| RocPoint {
        false_positives: p.false_positive_rate,
        true_positives: p.true_positive_rate,
    });
    let curve = RocCurve {
        name: format!("{}, layer {layer}", sweep.model_name),
        points: points.collect(),
        auroc: super::estimate(&estimate(&scored.auroc)),
    };
    Ok(Found { curve, sweep, layer, provenance: scored.provenance })
}

fn caption(first: &Found, found: &[Found]) -> String {
    let LayerSweepView { method, test_pairs, .. } = &first.sweep;
    let of = |found: &Found| format!("{} at layer {}", found.sweep.model_name, found.layer);
    let number = |found: &Found| {
        let auroc = &found.curve.auroc;
        let value = format!("AUROC {:.3}", auroc.value);
        auroc.interval.as_ref().map_or(value.clone(), |interval| {
            format!("{value}, 95 % interval {:.3} to {:.3}", interval.low, interval.high)
        })
    };
    let how = "percentile bootstrap over pairs, 2,000 draws";
    match found {
        [only] => format!(
            "ROC curve of the {method} probe of {} on {test_pairs} test pairs. {} ({how}).",
            of(only),
            number(only)
        ),
        several => {
            let each: Vec<String> =
                several.iter().map(|found| format!("{}: {}", of(found), number(found))).collect();
            format!(
                "ROC curves of the {method} probes of {} models on the same {test_pairs} test \
                 pairs. {} ({how}).",
                several.len(),
                each.join("; ")
            )
        }
    }
}
