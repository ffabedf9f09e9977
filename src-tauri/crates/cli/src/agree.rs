//! `lens agree`.

use std::sync::Arc;

use clap::Args;
use lens_core::DirectionMethod;
use lens_engine::LoadedModels;
use lens_engine::agreement::{Probed, compare};
use lens_engine::contract::{
    AgreementView, AlignedTransferView, EstimateView, ModelPairView, ScoreAgreementView,
};
use lens_engine::probe::{sweep, sweep_view};
use serde::Serialize;

use crate::context::{Context, LayersArgument, PairsArguments, ReadingArguments};
use crate::output;

/// Example: lens agree pairs.jsonl --model toy-llama --model toy-qwen2
#[derive(Debug, Args)]
#[command(
    after_help = "Example: lens agree pairs.jsonl --model toy-llama --model toy-qwen2 --json -"
)]
pub(crate) struct Agree {
    #[command(flatten)]
    pairs: PairsArguments,
    /// Bundled model or folder in the Hugging Face layout; at least two.
    #[arg(long, value_name = "MODEL", required = true)]
    model: Vec<String>,
    #[command(flatten)]
    layers: LayersArgument,
    #[command(flatten)]
    reading: ReadingArguments,
}

#[derive(Debug, Serialize)]
struct Answer {
    pairs_of_models: Vec<PairAnswer>,
    convention: String,
    provenance: String,
}

#[derive(Debug, Serialize)]
struct PairAnswer {
    a: String,
    b: String,
    layer_a: u32,
    layer_b: u32,
    #[serde(flatten)]
    scores: Option<Scores>,
    cka: Option<f64>,
    /// Directions carried from a to b.
    transfer: Option<Transfer>,
    /// Directions carried from b to a.
    transfer_back: Option<Transfer>,
    problem: Option<String>,
}

#[derive(Debug, Serialize)]
struct Scores {
    texts: u32,
    pearson: f64,
    pearson_ci: [f64; 2],
    spearman: f64,
    spearman_ci: [f64; 2],
    kendall: f64,
    kendall_ci: [f64; 2],
    sign_agreement: f64,
    kappa: Option<f64>,
    within_class_pearson: Option<f64>,
    within_class_pearson_ci: Option<[f64; 2]>,
    within_class_spearman: Option<f64>,
    disattenuated: Option<f64>,
    reliability_a: Option<f64>,
    reliability_b: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Transfer {
    native_auroc: f64,
    procrustes: Option<Carried>,
    ridge: Option<Carried>,
    cca: Option<Carried>,
    /// Mean AUROC over maps fitted on shuffled texts, by the first method there is.
    shuffled: Option<f64>,
    /// Mean AUROC of random directions carried the same way.
    random: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Carried {
    setting: String,
    cosine: f64,
    auroc: f64,
    auroc_ci: [f64; 2],
    shuffled: [f64; 3],
    random: [f64; 3],
}

impl Agree {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<()> {
        if self.model.len() < 2 {
            anyhow::bail!("agreement is between models: give --model at least twice");
        }
        let pairs = Arc::new(context.pairs(&self.pairs)?);
        let stored = context.store()?;
        self.reading.check_only_reads()?;
        let settings = context.settings(&self.reading, DirectionMethod::default());
        let mut models = LoadedModels::default();
        let mut probed = Vec::new();
        for model in &self.model {
            let layers = &self.layers.layers;
            let snapshot = context.read(model, &pairs, layers, &settings, &stored, &mut models)?;
            let found = sweep(&snapshot, &stored.1, &context.progress, &context.cancel)?;
            probed.push(Probed { sweep: sweep_view(&found, &snapshot)?, snapshot });
        }
        drop(models);
        let view =
            compare(&probed, &stored.1, &mut |_, _| Ok(()), &context.progress, &context.cancel)?;
        context.progress.clear();
        if let Some(target) = &context.json {
            return output::json(target, &answer(&view));
        }
        print!("{}", human(&view));
        Ok(())
    }
}

fn answer(view: &AgreementView) -> Answer {
    Answer {
        pairs_of_models: view.pairs.iter().map(|pair| pair_answer(view, pair)).collect(),
        convention: view.convention.clone(),
        provenance: view.provenance.clone(),
    }
}

fn pair_answer(view: &AgreementView, pair: &ModelPairView) -> PairAnswer {
    PairAnswer {
        a: name(view, &pair.a),
        b: name(view, &pair.b),
        layer_a: pair.layer_a,
        layer_b: pair.layer_b,
        scores: pair.scores.as_ref().map(scores),
        cka: pair.cka,
        transfer: pair.forth.as_ref().map(transfer),
        transfer_back: pair.back.as_ref().map(transfer),
        problem: pair.problem.clone(),
    }
}

fn scores(view: &ScoreAgreementView) -> Scores {
    Scores {
        texts: view.texts,
        pearson: view.pearson.value,
        pearson_ci: interval(&view.pearson),
        spearman: view.spearman.value,
        spearman_ci: interval(&view.spearman),
        kendall: view.kendall.value,
        kendall_ci: interval(&view.kendall),
        sign_agreement: view.sign_agreement.value,
        kappa: view.kappa.map(|k| k.value),
        within_class_pearson: view.within_class_pearson.map(|r| r.value),
        within_class_pearson_ci: view.within_class_pearson.as_ref().map(interval),
        within_class_spearman: view.within_class_spearman.map(|r| r.value),
        disattenuated: view.disattenuated,
        reliability_a: view.reliability_a,
        reliability_b: view.reliability_b,
    }
}

fn transfer(view: &AlignedTransferView) -> Transfer {
    let by = |method: &str| view.carried.iter().find(|c| c.method == method);
    let carried = |method: &str| {
        by(method).map(|c| Carried {
            setting: c.setting.clone(),
            cosine: c.cosine,
            auroc: c.auroc.value,
            auroc_ci: interval(&c.auroc),
            shuffled: [c.shuffled_mean, c.shuffled_low, c.shuffled_high],
            random: [c.random_mean, c.random_low, c.random_high],
        })
    };
    Transfer {
        native_auroc: view.native_auroc.value,
        procrustes: carried("procrustes"),
        ridge: carried("ridge"),
        cca: carried("cca"),
        shuffled: view.carried.first().map(|c| c.shuffled_mean),
        random: view.carried.first().map(|c| c.random_mean),
    }
}

fn human(view: &AgreementView) -> String {
    let mut out = format!("{}\n\n", view.convention);
    for pair in &view.pairs {
        let (a, b) = (name(view, &pair.a), name(view, &pair.b));
        out.push_str(&format!("{a} (layer {}) and {b} (layer {})\n", pair.layer_a, pair.layer_b));
        if let Some(s) = &pair.scores {
            let optional =
                |e: &Option<EstimateView>| e.as_ref().map_or_else(|| "-".to_owned(), plain);
            for (what, value) in [
                ("Pearson r", plain(&s.pearson)),
                ("Spearman rho", plain(&s.spearman)),
                ("Kendall tau-b", plain(&s.kendall)),
                ("same side", plain(&s.sign_agreement)),
                ("Cohen's kappa", optional(&s.kappa)),
                ("r within the sides", optional(&s.within_class_pearson)),
            ] {
                out.push_str(&format!("  {what:<20} {value}  ({} texts)\n", s.texts));
            }
        }
        if let Some(cka) = pair.cka {
            out.push_str(&format!("  {:<20} {cka:.3}\n", "CKA"));
        }
        let ways = [(&pair.forth, &a, &b), (&pair.back, &b, &a)];
        for (found, from, to) in ways.into_iter().filter_map(|(f, a, b)| Some((f.as_ref()?, a, b)))
        {
            out.push_str(&carried_lines(found, from, to));
        }
        if let Some(problem) = &pair.problem {
            out.push_str(&format!("  {problem}\n"));
        }
        out.push('\n');
    }
    out
}

fn carried_lines(found: &AlignedTransferView, from: &str, to: &str) -> String {
    let native = plain(&found.native_auroc);
    let mut out = format!("  carried from {from} to {to}, whose own direction reaches {native}\n");
    for c in &found.carried {
        out.push_str(&format!(
            "    {:<12} AUROC {}, cosine {:.3} ({}); shuffled {:.3} [{:.3}, {:.3}], random {:.3} \
             [{:.3}, {:.3}]\n",
            c.method,
            plain(&c.auroc),
            c.cosine,
            c.setting,
            c.shuffled_mean,
            c.shuffled_low,
            c.shuffled_high,
            c.random_mean,
            c.random_low,
            c.random_high,
        ));
    }
    out
}

fn name(view: &AgreementView, id: &str) -> String {
    let model = view.models.iter().find(|model| model.id == id);
    model.map_or_else(|| id.to_owned(), |model| model.name.clone())
}

fn interval(e: &EstimateView) -> [f64; 2] {
    [e.low, e.high]
}

fn plain(e: &EstimateView) -> String {
    format!("{:.3} [{:.3}, {:.3}]", e.value, e.low, e.high)
}
