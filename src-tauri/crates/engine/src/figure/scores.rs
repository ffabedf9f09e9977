//! The test scores of both sides.

use lens_core::Split;
use lens_figure::Style;
use lens_figure::score_distribution::{self, PairScores, ScoreDistributionData};

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
    let pairs = session.prepared()?;
    let of_pairs = pairs.pairs().iter().zip(pairs.splits()).zip(found.z.chunks_exact(2));
    let test: Vec<(&str, PairScores)> = of_pairs
        .filter(|((_, split), _)| **split == Split::Test)
        .filter_map(|((pair, _), z)| {
            let (positive, negative) = (*z.first()?, *z.get(1)?);
            Some((pair.id.as_str(), PairScores { positive, negative }))
        })
        .collect();
    let auroc = estimate(&found.auroc);
    let caption = format!(
        "Scores of the {} test pairs by the {} probe of {} at layer {layer}, in standard deviations \
         of the training scores from their midpoint; a line joins the two texts of a pair. AUROC \
         {:.3}, 95 % interval {:.3} to {:.3} (percentile bootstrap over pairs, 2,000 draws).",
        test.len(),
        sweep.method,
        sweep.model_name,
        auroc.value,
        auroc.low,
        auroc.high,
    );
    let mut table =
        vec![["pair", "positive_z", "negative_z", "margin"].map(str::to_owned).to_vec()];
    table.extend(test.iter().map(|(id, s)| {
        let numbers = [s.positive, s.negative, s.positive - s.negative];
        [(*id).to_owned()].into_iter().chain(numbers.map(|n| n.to_string())).collect()
    }));
    let data = ScoreDistributionData {
        title: format!("{}, layer {layer}", sweep.model_name),
        y_label: "Score (z)".to_owned(),
        side_labels: ["positive".to_owned(), "negative".to_owned()],
        pairs: test.into_iter().map(|(_, scores)| scores).collect(),
        threshold: 0.0,
        auroc: super::estimate(&auroc),
        notes: Vec::new(),
        provenance: found.provenance,
    };
    Ok(Drawing {
        figure: score_distribution::draw(&data, &style(&caption))?,
        caption,
        file_stem: format!("scores-{}-layer-{layer}", file_safe(&sweep.model_name)),
        table,
    })
}
