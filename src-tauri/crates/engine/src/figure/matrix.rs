//! Agreement, model by model.

use lens_figure::matrix::{self, MatrixData, MatrixScale};
use lens_figure::{Estimate, Range, Style};

use super::{Drawing, estimate};
use crate::EngineError;
use crate::contract::{AgreementMeasure, AgreementView, EstimateView, ModelPairView};
use crate::session::Session;

/// What a measure is called, in figures and in file names, and the values at its ends and where it
/// says nothing.
struct Measure {
    label: &'static str,
    name: &'static str,
    scale: [f64; 3],
}

const fn measure(of: AgreementMeasure) -> Measure {
    let (label, name, scale) = match of {
        AgreementMeasure::Pearson => ("Pearson r of the scores", "pearson", [-1.0, 0.0, 1.0]),
        AgreementMeasure::Spearman => ("Spearman rho of the scores", "spearman", [-1.0, 0.0, 1.0]),
        AgreementMeasure::Kendall => ("Kendall tau-b of the scores", "kendall", [-1.0, 0.0, 1.0]),
        AgreementMeasure::SignAgreement => {
            ("Share of texts on the same side", "sign-agreement", [0.0, 0.5, 1.0])
        }
        AgreementMeasure::Kappa => ("Cohen's kappa of the decisions", "kappa", [-1.0, 0.0, 1.0]),
        AgreementMeasure::WithinClassPearson => {
            ("Pearson r within the sides", "within-class-pearson", [-1.0, 0.0, 1.0])
        }
        AgreementMeasure::Cka => {
            ("Linear CKA (debiased) at the chosen layers", "cka", [-1.0, 0.0, 1.0])
        }
    };
    Measure { label, name, scale }
}

pub(super) fn draw(
    session: &Session,
    of: AgreementMeasure,
    style: impl Fn(&str) -> Style,
) -> Result<Drawing, EngineError> {
    let view = session.agreement()?;
    let Measure { label, name, scale: [low, centre, high] } = measure(of);
    let names: Vec<String> =
        view.models.iter().map(|m| format!("{}, layer {}", m.name, m.layer)).collect();
    let texts = view.pairs.iter().find_map(|p| p.scores.as_ref().map(|s| s.texts));
    let caption = format!(
        "{label} between models; on the diagonal each model's own test AUROC. {} 95 % percentile \
         bootstrap intervals over pairs (2,000 draws).",
        view.convention
    );
    let data = MatrixData {
        title: "Agreement between models".to_owned(),
        measure: label.to_owned(),
        rows: names.clone(),
        columns: names,
        row_label: String::new(),
        column_label: String::new(),
        cells: cells(&view, of),
        diagonal: Some("the model's own test AUROC".to_owned()),
        scale: MatrixScale { range: Range { low, high }, centre },
        sample: texts.map_or_else(String::new, |n| format!("n = {n} test texts")),
        notes: Vec::new(),
        provenance: view.provenance.clone(),
    };
    Ok(Drawing {
        figure: matrix::draw(&data, &style(&caption))?,
        caption,
        file_stem: format!("agreement-{name}"),
        table: table(&view, of),
    })
}

fn cells(view: &AgreementView, of: AgreementMeasure) -> Vec<Vec<Option<Estimate>>> {
    let cell = |a: &str, b: &str| {
        let both = |p: &&ModelPairView| (p.a == a && p.b == b) || (p.a == b && p.b == a);
        value(view.pairs.iter().find(both)?, of)
    };
    let row = |a: &crate::contract::AgreementModelView| {
        let of_column = |b: &crate::contract::AgreementModelView| {
            if a.id == b.id { Some(estimate(&a.auroc)) } else { cell(&a.id, &b.id) }
        };
        view.models.iter().map(of_column).collect()
    };
    view.models.iter().map(row).collect()
}

fn value(pair: &ModelPairView, of: AgreementMeasure) -> Option<Estimate> {
    let scores = pair.scores.as_ref();
    let with_interval = |view: Option<EstimateView>| view.as_ref().map(estimate);
    match of {
        AgreementMeasure::Pearson => with_interval(scores.map(|s| s.pearson)),
        AgreementMeasure::Spearman => with_interval(scores.map(|s| s.spearman)),
        AgreementMeasure::Kendall => with_interval(scores.map(|s| s.kendall)),
        AgreementMeasure::SignAgreement => with_interval(scores.map(|s| s.sign_agreement)),
        AgreementMeasure::Kappa => with_interval(scores.and_then(|s| s.kappa)),
        AgreementMeasure::WithinClassPearson => {
            with_interval(scores.and_then(|s| s.within_class_pearson))
        }
        AgreementMeasure::Cka => pair.cka.map(|value| Estimate { value, interval: None }),
    }
}

fn table(view: &AgreementView, of: AgreementMeasure) -> Vec<Vec<String>> {
    let name = |id: &str| {
        let model = view.models.iter().find(|m| m.id == id);
        model.map_or_else(|| id.to_owned(), |m| m.name.clone())
    };
    let header = ["a", "b", "layer_a", "layer_b", "value", "low", "high"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for pair in &view.pairs {
        let mut row =
            vec![name(&pair.a), name(&pair.b), pair.layer_a.to_string(), pair.layer_b.to_string()];
        let found = value(pair, of);
        let interval = found.and_then(|f| f.interval);
        let numbers = [found.map(|f| f.value), interval.map(|i| i.low), interval.map(|i| i.high)];
        row.extend(numbers.map(|n| n.map_or_else(String::new, |n| n.to_string())));
        rows.push(row);
    }
    rows
}
