//! `lens probe`.

use std::sync::Arc;

use clap::Args;
use lens_engine::contract::{EstimateView, LayerSweepView, LayerView, StatisticsView};
use lens_engine::probe::{sweep, sweep_view};
use serde::Serialize;

use crate::context::{Context, LayersArgument, PairsArguments, ReadingArguments};
use crate::output;

/// Example: lens probe pairs.jsonl --model toy-llama
#[derive(Debug, Args)]
#[command(after_help = "Example: lens probe pairs.jsonl --model toy-llama --json -")]
pub(crate) struct Probe {
    #[command(flatten)]
    pairs: PairsArguments,
    /// Bundled model or folder in the Hugging Face layout; may be given several times.
    #[arg(long, value_name = "MODEL", required = true)]
    model: Vec<String>,
    #[command(flatten)]
    layers: LayersArgument,
    #[command(flatten)]
    reading: ReadingArguments,
}

#[derive(Debug, Serialize)]
struct Answer {
    models: Vec<ModelAnswer>,
}

#[derive(Debug, Serialize)]
struct ModelAnswer {
    model: String,
    method: String,
    train_pairs: u32,
    test_pairs: u32,
    chosen_layer: u32,
    chosen_by: String,
    best_on_test_layer: u32,
    optimism: f64,
    layers: Vec<LayerAnswer>,
    /// The chosen layer's line again.
    test: Option<LayerAnswer>,
    provenance: String,
}

#[derive(Debug, Clone, Serialize)]
struct LayerAnswer {
    layer: u32,
    n: u32,
    auroc: f64,
    auroc_ci: [f64; 2],
    accuracy: f64,
    accuracy_ci: [f64; 2],
    paired_accuracy: f64,
    paired_accuracy_ci: [f64; 2],
    paired_accuracy_bound: Option<f64>,
    separation: f64,
    separation_ci: [f64; 2],
    cohens_d: Option<f64>,
    cohens_d_ci: Option<[f64; 2]>,
    std_positive: f64,
    std_negative: f64,
    cv_auroc: Option<f64>,
}

impl Probe {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<()> {
        let pairs = Arc::new(context.pairs(&self.pairs)?);
        let stored = context.store()?;
        let mut sweeps = Vec::new();
        for model in &self.model {
            let snapshot =
                context.read(model, &pairs, &self.layers.layers, &self.reading, &stored)?;
            let result = sweep(&snapshot, &stored.1, &context.progress, &context.cancel)?;
            sweeps.push(sweep_view(&result, &snapshot)?);
        }
        context.progress.clear();
        if let Some(target) = &context.json {
            let models = sweeps.iter().map(ModelAnswer::from).collect();
            return output::json(target, &Answer { models });
        }
        for sweep in &sweeps {
            print!("{}", human(sweep));
        }
        Ok(())
    }
}

impl From<&LayerSweepView> for ModelAnswer {
    fn from(sweep: &LayerSweepView) -> Self {
        let layers: Vec<LayerAnswer> = sweep.layers.iter().filter_map(layer_answer).collect();
        Self {
            model: sweep.model_name.clone(),
            method: sweep.method.clone(),
            train_pairs: sweep.train_pairs,
            test_pairs: sweep.test_pairs,
            chosen_layer: sweep.chosen_layer,
            chosen_by: sweep.chosen_by.clone(),
            best_on_test_layer: sweep.best_on_test_layer,
            optimism: sweep.optimism,
            test: layers.iter().find(|l| l.layer == sweep.chosen_layer).cloned(),
            layers,
            provenance: sweep.provenance.clone(),
        }
    }
}

fn layer_answer(view: &LayerView) -> Option<LayerAnswer> {
    let test: &StatisticsView = view.test.as_ref()?;
    Some(LayerAnswer {
        layer: view.layer,
        n: test.pairs,
        auroc: test.auroc.value,
        auroc_ci: interval(&test.auroc),
        accuracy: test.accuracy.value,
        accuracy_ci: interval(&test.accuracy),
        paired_accuracy: test.paired_accuracy.value,
        paired_accuracy_ci: interval(&test.paired_accuracy),
        paired_accuracy_bound: test.paired_accuracy_bound,
        separation: test.separation.value,
        separation_ci: interval(&test.separation),
        cohens_d: test.cohens_d.map(|d| d.value),
        cohens_d_ci: test.cohens_d.as_ref().map(interval),
        std_positive: test.std_positive,
        std_negative: test.std_negative,
        cv_auroc: view.cv_auroc,
    })
}

fn interval(estimate: &EstimateView) -> [f64; 2] {
    [estimate.low, estimate.high]
}

fn human(sweep: &LayerSweepView) -> String {
    let header =
        ["layer", "AUROC", "95 % interval", "accuracy", "paired", "separation", "Cohen's d", "CV"];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    let mut notes = String::new();
    for view in &sweep.layers {
        let mark = if view.layer == sweep.chosen_layer { "*" } else { "" };
        let layer = format!("{}{mark}", view.layer);
        lines.push(match layer_answer(view) {
            Some(l) => vec![
                layer,
                format!("{:.3}", l.auroc),
                format!("{:.3} to {:.3}", l.auroc_ci[0], l.auroc_ci[1]),
                format!("{:.3}", l.accuracy),
                format!("{:.3}", l.paired_accuracy),
                format!("{:.3}", l.separation),
                l.cohens_d.map_or_else(|| "-".to_owned(), |d| format!("{d:.2}")),
                l.cv_auroc.map_or_else(|| "-".to_owned(), |a| format!("{a:.3}")),
            ],
            None => {
                let reason = view.problem.as_deref().unwrap_or("no result");
                notes.push_str(&format!("layer {}: {reason}\n", view.layer));
                vec![layer, "-".to_owned()]
            }
        });
    }
    format!(
        "{}: {}, fitted on {} pairs, tested on {}\n{}* chosen by cross-validation on the training \
         pairs (grouped by {}); best on test: layer {}, optimism {:.3}\n{notes}",
        sweep.model_name,
        sweep.method,
        sweep.train_pairs,
        sweep.test_pairs,
        output::table(&lines),
        sweep.chosen_by,
        sweep.best_on_test_layer,
        sweep.optimism,
    )
}
