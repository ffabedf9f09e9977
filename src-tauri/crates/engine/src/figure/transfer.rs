//! Directions carried from one model to another.

use lens_figure::transfer_bars::{self, ControlBand, TransferBar, TransferBarsData, TransferGroup};
use lens_figure::{Range, Style};

use super::{Drawing, estimate, file_safe};
use crate::EngineError;
use crate::contract::{AgreementView, AlignedTransferView, CarriedView, ModelsFigure};
use crate::session::Session;

pub(super) fn draw(
    session: &Session,
    request: &ModelsFigure,
    style: impl Fn(&str) -> Style,
) -> Result<Drawing, EngineError> {
    let view = session.agreement()?;
    let forth = carried(&view, &request.a, &request.b);
    let back = carried(&view, &request.b, &request.a);
    let (a, b) = (name(&view, &request.a), name(&view, &request.b));
    let ways = [(forth, &a, &b), (back, &b, &a)];
    let ways: Vec<(&AlignedTransferView, &String, &String)> =
        ways.into_iter().filter_map(|(found, from, to)| Some((found?, from, to))).collect();
    let first = ways.first().ok_or(EngineError::NotComputed("The carrying of these directions"))?;
    let caption = format!(
        "Test AUROC of directions carried between {a} and {b} by maps fitted on {} training texts, \
         beside the receiving model's own direction (\"native\"). Bands: the map fitted on shuffled \
         texts, and random directions carried the same way (95 %). Whiskers: 95 %, percentile \
         bootstrap over test pairs.",
        first.0.train_texts
    );
    let data = TransferBarsData {
        title: "Carried directions".to_owned(),
        y_label: "AUROC (test)".to_owned(),
        groups: ways.iter().map(|(found, from, to)| group(found, from, to)).collect(),
        chance: 0.5,
        best: 1.0,
        test_pairs: session.prepared()?.split_sizes().1,
        notes: Vec::new(),
        provenance: view.provenance.clone(),
    };
    Ok(Drawing {
        figure: transfer_bars::draw(&data, &style(&caption))?,
        caption,
        file_stem: format!("carried-{}-{}", file_safe(&a), file_safe(&b)),
        table: table(&ways),
    })
}

fn carried<'a>(view: &'a AgreementView, from: &str, to: &str) -> Option<&'a AlignedTransferView> {
    view.pairs.iter().find_map(|pair| {
        if pair.a == from && pair.b == to {
            pair.forth.as_ref()
        } else if pair.a == to && pair.b == from {
            pair.back.as_ref()
        } else {
            None
        }
    })
}

fn name(view: &AgreementView, id: &str) -> String {
    let model = view.models.iter().find(|m| m.id == id);
    model.map_or_else(|| id.to_owned(), |m| m.name.clone())
}

fn group(found: &AlignedTransferView, from: &str, to: &str) -> TransferGroup {
    let native = TransferBar {
        name: "native".to_owned(),
        value: estimate(&found.native_auroc),
        shuffled: None,
        random: None,
    };
    let carried = found.carried.iter().map(|c| TransferBar {
        name: label(c).to_owned(),
        value: estimate(&c.auroc),
        shuffled: Some(band(c.shuffled_mean, c.shuffled_low, c.shuffled_high)),
        random: Some(band(c.random_mean, c.random_low, c.random_high)),
    });
    TransferGroup {
        name: format!("{from} to {to}"),
        bars: std::iter::once(native).chain(carried).collect(),
    }
}

const fn band(mean: f64, low: f64, high: f64) -> ControlBand {
    ControlBand { mean, range: Range { low, high } }
}

fn label(carried: &CarriedView) -> &str {
    match carried.method.as_str() {
        "procrustes" => "Procrustes",
        "cca" => "CCA",
        other => other,
    }
}

fn table(ways: &[(&AlignedTransferView, &String, &String)]) -> Vec<Vec<String>> {
    let header = [
        "from",
        "to",
        "map",
        "setting",
        "cosine",
        "auroc",
        "auroc_low",
        "auroc_high",
        "shuffled_mean",
        "shuffled_low",
        "shuffled_high",
        "random_mean",
        "random_low",
        "random_high",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for (found, from, to) in ways {
        let native = &found.native_auroc;
        let words = [(*from).clone(), (*to).clone(), "native".to_owned(), String::new()];
        let numbers = [1.0, native.value, native.low, native.high].map(|n| n.to_string());
        let row = words.into_iter().chain(numbers);
        rows.push(row.chain(std::iter::repeat_n(String::new(), 6)).collect());
        for c in &found.carried {
            let words = [(*from).clone(), (*to).clone(), c.method.clone(), c.setting.clone()];
            let numbers = [
                c.cosine,
                c.auroc.value,
                c.auroc.low,
                c.auroc.high,
                c.shuffled_mean,
                c.shuffled_low,
                c.shuffled_high,
                c.random_mean,
                c.random_low,
                c.random_high,
            ];
            rows.push(words.into_iter().chain(numbers.map(|n| n.to_string())).collect());
        }
    }
    rows
}
