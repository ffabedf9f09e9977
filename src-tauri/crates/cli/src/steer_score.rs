//! `lens steer-score`.

use std::path::PathBuf;

use clap::Args;
use lens_engine::steering::{
    Bound, Cell, ModelSamples, ScenarioSamples, Share, Slope, SuccessStrict, score_samples,
};
use serde::{Serialize, Serializer};

use crate::context::Context;
use crate::output;

/// Example: lens steer-score samples.json --json -
#[derive(Debug, Args)]
#[command(after_help = "Example: lens steer-score samples.json --json -")]
pub(crate) struct SteerScore {
    /// Steered samples as JSON: {"models": {NAME: {"layer_results": [{"layer", "experiments":
    /// [{"scenario", "conditions": [{"alpha", "samples": [text, ..]}]}]}]}}}, or one model's object.
    file: PathBuf,
}

#[derive(Debug, Serialize)]
struct Answer {
    models: Vec<ModelAnswer>,
}

#[derive(Debug, Serialize)]
struct ModelAnswer {
    model: String,
    key: Option<String>,
    layers: Vec<LayerAnswer>,
}

#[derive(Debug, Serialize)]
struct LayerAnswer {
    layer: u64,
    scenarios: Vec<ScenarioAnswer>,
}

#[derive(Debug, Serialize)]
struct ScenarioAnswer {
    scenario: String,
    /// Samples in all.
    samples: usize,
    /// Rate of the outcome at 0, over all samples.
    baseline: Option<f64>,
    as_published: Option<f64>,
    /// Coefficients that were counted.
    as_published_n: usize,
    strict: Option<f64>,
    /// Coefficients that could move the rate.
    strict_n: usize,
    strict_ci: Option<[f64; 2]>,
    ceiling: Option<Bound>,
    slope: Option<f64>,
    slope_ci: Option<[f64; 2]>,
    asymmetry: Option<f64>,
    empathy_rate: ByCoefficient,
    coherent_rate: ByCoefficient,
    remarks: Vec<String>,
    problem: Option<String>,
}

/// Rates under their coefficients, in ascending order.
#[derive(Debug)]
struct ByCoefficient(Vec<(f64, Option<f64>)>);

impl Serialize for ByCoefficient {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer
            .collect_map(self.0.iter().map(|(coefficient, rate)| (coefficient.to_string(), rate)))
    }
}

impl SteerScore {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<()> {
        let models = score_samples(&self.file, &context.progress, &context.cancel)?;
        context.progress.clear();
        if let Some(target) = &context.json {
            return output::json(target, &answer(models));
        }
        for model in &models {
            print!("{}", human(model));
        }
        Ok(())
    }
}

fn answer(models: Vec<ModelSamples>) -> Answer {
    let model = |found: ModelSamples| ModelAnswer {
        layers: found
            .layers
            .iter()
            .map(|layer| LayerAnswer {
                layer: layer.layer,
                scenarios: layer.scenarios.iter().map(scenario_answer).collect(),
            })
            .collect(),
        model: found.model,
        key: found.key,
    };
    Answer { models: models.into_iter().map(model).collect() }
}

fn scenario_answer(found: &ScenarioSamples) -> ScenarioAnswer {
    let rates = |of: fn(&_) -> Share| {
        ByCoefficient(found.cells.iter().map(|c| (c.coefficient, of(c).value())).collect())
    };
    let scores = found.scores.as_ref().ok();
    let strict = scores.map(|s| &s.strict);
    let slope_ci = scores.and_then(|s| match s.slope {
        Slope::Estimated { interval, .. } => Some([interval.low, interval.high]),
        _ => None,
    });
    let mut remarks = strict.map(SuccessStrict::remarks).unwrap_or_default();
    remarks.extend(scores.and_then(|s| s.slope.problem()).map(str::to_owned));
    ScenarioAnswer {
        scenario: found.scenario.clone(),
        samples: found.cells.iter().map(|cell| cell.n).sum(),
        baseline: at_zero(found, Cell::rate),
        as_published: scores.and_then(|s| s.as_published.share.value()),
        as_published_n: scores.map_or(0, |s| s.as_published.share.n),
        strict: strict.and_then(|s| s.share.value()),
        strict_n: strict.map_or(0, |s| s.share.n),
        strict_ci: strict.and_then(|s| s.share.wilson()).map(|i| [i.low, i.high]),
        ceiling: strict.and_then(|s| s.bound),
        slope: scores.and_then(|s| s.slope.value()),
        slope_ci,
        asymmetry: scores.and_then(|s| s.asymmetry.value),
        empathy_rate: rates(Cell::rate),
        coherent_rate: rates(Cell::coherent_rate),
        remarks,
        problem: found.scores.as_ref().err().cloned(),
    }
}

fn at_zero(found: &ScenarioSamples, of: fn(&Cell) -> Share) -> Option<f64> {
    of(found.cells.iter().find(|cell| cell.coefficient == 0.0)?).value()
}

fn human(model: &ModelSamples) -> String {
    let mut out = String::new();
    for layer in &model.layers {
        out.push_str(&format!("{}, layer {}\n", model.model, layer.layer));
        let header =
            ["scenario", "at 0", "as published", "strict", "n", "coherent at 0", "least coherent"];
        let mut lines = vec![header.map(str::to_owned).to_vec()];
        let mut notes = Vec::new();
        for found in &layer.scenarios {
            let told = scenario_answer(found);
            lines.push(row(found, &told));
            let remarks = told.remarks.into_iter().chain(told.problem);
            notes.extend(remarks.map(|remark| format!("  {}: {remark}\n", found.scenario)));
        }
        out.push_str(&output::table(&lines));
        out.extend(notes);
        out.push('\n');
    }
    out
}

fn row(found: &ScenarioSamples, told: &ScenarioAnswer) -> Vec<String> {
    let share = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.2}"));
    let interval =
        told.strict_ci.map_or_else(String::new, |[low, high]| format!(" [{low:.2}, {high:.2}]"));
    let bound = match told.ceiling {
        Some(Bound::Ceiling) => " (ceiling)",
        Some(Bound::Floor) => " (floor)",
        None => "",
    };
    let least = told.coherent_rate.0.iter().filter_map(|(_, rate)| *rate).reduce(f64::min);
    vec![
        found.scenario.clone(),
        format!("{}{bound}", share(told.baseline)),
        share(told.as_published),
        format!("{}{interval}", share(told.strict)),
        told.strict_n.to_string(),
        share(at_zero(found, Cell::coherent_rate)),
        share(least),
    ]
}
