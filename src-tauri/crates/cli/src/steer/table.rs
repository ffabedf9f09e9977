//! What a person is told of steering.

use lens_engine::contract::{
    CoefficientUnit, DoseBandView, DoseCellView, EstimateView, ModelSteeringView, ShareView,
    SteeringSuccessView,
};

use crate::output;

/// What has to be said beside a scenario's numbers.
pub(super) fn remarks(found: &SteeringSuccessView) -> Vec<String> {
    found.remarks.iter().chain(&found.slope_note).cloned().collect()
}

/// A table of the cells, what has to be said of them, and all scenarios together.
pub(super) fn human(told: &ModelSteeringView, unit: CoefficientUnit) -> String {
    let listed = |values: Vec<String>| values.join(", ");
    let norms = told.steered.iter().filter_map(|at| at.residual_norm);
    let norms = listed(norms.map(|norm| format!("{norm:.2}")).collect());
    let unit = match unit {
        CoefficientUnit::Relative => format!("residual norms ({norms})"),
        CoefficientUnit::Absolute => "absolute".to_owned(),
    };
    let layers = listed(told.steered.iter().map(|at| at.layer.to_string()).collect());
    let s = if told.steered.len() > 1 { "s" } else { "" };
    let mut out = format!("{}, layer{s} {layers}, coefficients: {unit}\n\n", told.model_name);
    let share = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.2}"));
    let header = ["scenario", "a", "n", "rate", "coherent", "perplexity", "KL", "random"];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    let mut enter = |scenario: &str, cell: &DoseCellView, random: &[DoseBandView]| {
        let band = random.iter().find(|p| Some(p.coefficient) == cell.coefficient);
        let band = band.and_then(|p| p.low.zip(p.high));
        lines.push(vec![
            scenario.to_owned(),
            cell.coefficient.map_or_else(|| "out".to_owned(), |a| a.to_string()),
            cell.n.to_string(),
            share(cell.coherent_rate_of_outcome.value),
            share(cell.coherent.value),
            cell.perplexity.map_or_else(|| "-".to_owned(), |p| format!("{p:.1}")),
            cell.kl.map_or_else(|| "-".to_owned(), |kl| format!("{kl:.3}")),
            band.map_or_else(|| "-".to_owned(), |(low, high)| format!("{low:.2}-{high:.2}")),
        ]);
    };
    let mut notes = Vec::new();
    for scenario in &told.scenarios {
        for cell in scenario.cells.iter().chain(&scenario.projected_out) {
            enter(&scenario.scenario, cell, &scenario.random);
        }
        let found = scenario.success.iter().flat_map(remarks);
        notes.extend(found.map(|remark| format!("  {}: {remark}\n", scenario.scenario)));
    }
    if told.scenarios.len() > 1 {
        for cell in told.pooled.cells.iter().chain(&told.pooled.projected_out) {
            enter("(all)", cell, &told.pooled.random);
        }
    }
    out.push_str(&output::table(&lines));
    out.extend(notes);
    out.push('\n');
    out.push_str(&overall(told));
    out
}

fn overall(told: &ModelSteeringView) -> String {
    let mut out = String::new();
    let estimate = |name: &str, e: &EstimateView| {
        format!("{name} {:.3} [{:.3}, {:.3}]\n", e.value, e.low, e.high)
    };
    if let Some(found) = &told.overall {
        let share = |s: &ShareView| match (s.value, s.low, s.high) {
            (Some(value), Some(low), Some(high)) => {
                format!("{value:.2} [{low:.2}, {high:.2}] of {}", s.n)
            }
            _ => "not countable".to_owned(),
        };
        out.push_str(&format!("success as published {}\n", share(&found.as_published)));
        out.push_str(&format!("success, strict {}\n", share(&found.strict)));
        out.push_str(&format!("moved the wrong way {}\n", share(&found.anti_steerable)));
        match &found.slope {
            Some(slope) => out.push_str(&estimate("slope (log-odds per coefficient)", slope)),
            None => out.extend(found.slope_note.iter().map(|note| format!("slope: {note}\n"))),
        }
        out.extend(found.remarks.iter().map(|remark| format!("{remark}\n")));
    }
    if let Some(effect) = &told.effect {
        out.push_str(&estimate("effect (rate above 0 minus rate below)", effect));
    }
    if let (Some(low), Some(high)) = (
        told.random_effects.iter().copied().reduce(f64::min),
        told.random_effects.iter().copied().reduce(f64::max),
    ) {
        let n = told.random_effects.len();
        out.push_str(&format!("the same along {n} random directions {low:.3} to {high:.3}\n"));
    }
    if let Some(change) = &told.project_out_change {
        out.push_str(&estimate("projected out, change of the rate", change));
    }
    out.push_str(&format!("{}\n", told.provenance));
    out
}
