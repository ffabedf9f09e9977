//! The numbers behind a dose-response.

use super::words::layers;
use super::{ALL, Chosen, drawn};
use crate::contract::{DoseBandView, DoseCellView, PooledDoseView, ShareView};

impl Chosen<'_> {
    /// A header, and a row for each model, scenario and cell.
    pub(super) fn table(&self) -> Vec<Vec<String>> {
        let header = [
            "model",
            "layer",
            "scenario",
            "title",
            "condition",
            "coefficient",
            "samples",
            "rate",
            "rate_low",
            "rate_high",
            "coherent_samples",
            "rate_among_coherent",
            "rate_among_coherent_low",
            "rate_among_coherent_high",
            "coherent_share",
            "coherent_share_low",
            "coherent_share_high",
            "empty_share",
            "perplexity",
            "kl_nats_per_token",
            "distinct2",
            "repetition",
            "score",
            "random_low",
            "random_mean",
            "random_high",
            "bound",
        ];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        for model in &self.models {
            let mut enter = |id: &str,
                             title: &str,
                             cell: &DoseCellView,
                             random: &[DoseBandView],
                             bound: &str| {
                let mut row = vec![model.model_name.clone(), layers(model)];
                row.extend([id, title].map(str::to_owned));
                row.extend(numbers(cell, random));
                row.push(bound.to_owned());
                rows.push(row);
            };
            if self.is_of_all() {
                let PooledDoseView { cells, projected_out, random } = &model.pooled;
                for cell in cells.iter().chain(projected_out) {
                    enter("", ALL, cell, random, "");
                }
            }
            for scenario in drawn(model, self.request) {
                let bound = scenario.success.as_ref().and_then(|s| s.bound.as_deref());
                for cell in scenario.cells.iter().chain(&scenario.projected_out) {
                    let (id, title) = (&scenario.scenario, &scenario.title);
                    enter(id, title, cell, &scenario.random, bound.unwrap_or_default());
                }
            }
        }
        rows
    }
}

/// A cell's part of a row of the table.
fn numbers(cell: &DoseCellView, random: &[DoseBandView]) -> Vec<String> {
    let written = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let share = |share: &ShareView| [share.value, share.low, share.high].map(written);
    let condition = if cell.coefficient.is_some() { "steered" } else { "projected out" };
    let band = random.iter().find(|band| Some(band.coefficient) == cell.coefficient);
    let mut row = vec![condition.to_owned(), written(cell.coefficient), cell.n.to_string()];
    row.extend(share(&cell.rate));
    row.push(cell.coherent_rate_of_outcome.n.to_string());
    row.extend(share(&cell.coherent_rate_of_outcome));
    row.extend(share(&cell.coherent));
    row.push(cell.empty_rate.to_string());
    row.extend(
        [cell.perplexity, cell.kl, cell.distinct2, cell.repetition, cell.score].map(written),
    );
    let of_band = [band.and_then(|b| b.low), band.and_then(|b| b.mean), band.and_then(|b| b.high)];
    row.extend(of_band.map(written));
    row
}
