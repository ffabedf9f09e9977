//! `lens models`.

use lens_core::WeightsDtype;
use lens_engine::contract::CatalogueState;
use lens_engine::{ModelEntry, Places, Shelf};
use serde::Serialize;

use crate::context::Context;
use crate::output;

#[derive(Debug, Serialize)]
struct Answer {
    models: Vec<AnswerModel>,
}

/// A model as `--model` takes it, or as `lens fetch` does.
#[derive(Debug, Serialize)]
struct AnswerModel {
    id: String,
    family: String,
    layers: Option<usize>,
    width: Option<usize>,
    /// Number type of the stored weights; of those to be fetched, none is known yet.
    dtype: Option<String>,
    bytes: u64,
    /// `bundled`, `cached`, `partial` or `catalogued`.
    state: &'static str,
    licence: Option<String>,
    /// Why it cannot be used, where that is so.
    problem: Option<String>,
}

/// Lists bundled, cached and catalogued models.
pub(crate) fn run(context: &Context) -> anyhow::Result<()> {
    let places = Places::find(None)?;
    let shelf = Shelf::look(&places, WeightsDtype::Stored)?;
    let bundled = ModelEntry::bundled(&places);
    let here = bundled.iter().map(|entry| on_disk(entry, entry.id.clone(), "bundled"));
    let cached = shelf.cached();
    let cached = cached
        .iter()
        .map(|entry| on_disk(entry, entry.repo().unwrap_or_else(|| entry.id.clone()), "cached"));
    let known = shelf.catalogue().into_iter().filter_map(|entry| {
        let state = match entry.state {
            CatalogueState::Complete => return None,
            CatalogueState::Partial { .. } => "partial",
            CatalogueState::Absent => "catalogued",
        };
        Some(AnswerModel {
            id: entry.repo,
            family: entry.family,
            layers: entry.layers.map(|n| n as usize),
            width: entry.width.map(|n| n as usize),
            dtype: None,
            #[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "a size")]
            bytes: (entry.megabytes * 1e6) as u64,
            state,
            licence: Some(entry.licence),
            problem: None,
        })
    });
    let answer = Answer { models: here.chain(cached).chain(known).collect() };
    if let Some(target) = &context.json {
        return output::json(target, &answer);
    }
    let head = ["id", "family", "layers", "width", "dtype", "MB", "state", "licence"];
    let mut lines = vec![head.map(str::to_owned).to_vec()];
    lines.extend(answer.models.iter().map(line));
    print!("{}", output::table(&lines));
    for model in &answer.models {
        if let Some(problem) = &model.problem {
            println!("{}: {problem}", model.id);
        }
    }
    Ok(())
}

fn on_disk(entry: &ModelEntry, id: String, state: &'static str) -> AnswerModel {
    let info = entry.info.as_deref();
    AnswerModel {
        id,
        family: info.map_or_else(|_| String::new(), |info| info.family.clone()),
        layers: info.ok().map(|info| info.layers),
        width: info.ok().map(|info| info.width),
        dtype: info.ok().map(|info| info.weights_dtype.clone()),
        bytes: info.map_or(0, |info| info.bytes),
        state,
        licence: info.ok().and_then(|info| info.licence.clone()),
        problem: info.err().map(ToString::to_string),
    }
}

fn line(model: &AnswerModel) -> Vec<String> {
    let number = |n: Option<usize>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
    vec![
        model.id.clone(),
        model.family.clone(),
        number(model.layers),
        number(model.width),
        model.dtype.clone().unwrap_or_else(|| "-".to_owned()),
        format!("{:.0}", model.bytes as f64 / 1e6),
        model.state.to_owned(),
        model.licence.clone().unwrap_or_else(|| "-".to_owned()),
    ]
}
