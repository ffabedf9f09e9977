//! Samples that were generated elsewhere, scored while they are read.
//!
//! The file is JSON: `{"models": {KEY: {"model", "layer_results": [{"layer", "experiments":
//! [{"scenario", "conditions": [{"alpha", "samples": [text, ..]}]}]}]}}}`, or one model's object
//! alone. Other fields are passed over. The texts go by in batches and only their counts stay, so a
//! file of hundreds of MB takes no more memory than a small one.

mod shape;
mod tally;
mod watched;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use lens_core::{CancelToken, Reporter};
use serde::de::DeserializeSeed;

use crate::SteeringError;
use crate::dose::{Cell, Dose};
use crate::slope::{Asymmetry, Slope, asymmetry, slope};
use crate::success::{SuccessAsPublished, SuccessStrict, success_as_published, success_strict};
use shape::{Node, Walk, WholeFile};
use watched::Watched;

/// Bytes read at a time.
const CHUNK: usize = 256 * 1024;

/// The samples of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelSamples {
    /// Its name: the field `model`, or else its key.
    pub model: String,
    /// Its key in `models`, where the file has that.
    pub key: Option<String>,
    /// In the order of the file.
    pub layers: Vec<LayerSamples>,
}

/// The samples of one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerSamples {
    /// As the file counts layers.
    pub layer: u64,
    /// In the order of the file; experiments of the same name are one.
    pub scenarios: Vec<ScenarioSamples>,
}

/// The samples of one scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioSamples {
    /// Its name.
    pub scenario: String,
    /// The counts at each coefficient.
    pub cells: Vec<Cell>,
    /// What they say, or why they cannot be scored.
    pub scores: Result<ScenarioScores, String>,
}

/// What the samples of a scenario say.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioScores {
    /// Success by the published rule.
    pub as_published: SuccessAsPublished,
    /// Success by the strict rule.
    pub strict: SuccessStrict,
    /// Slope of the outcome on the coefficient.
    pub slope: Slope,
    /// Difference between the slopes on either side of 0.
    pub asymmetry: Asymmetry,
}

/// Reads a file of samples and scores it by language.
///
/// # Errors
/// When the file cannot be read, has another shape, holds nothing that can be scored, or on cancel.
pub fn score_samples(
    path: &Path,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<Vec<ModelSamples>, SteeringError> {
    let io = |source| SteeringError::Io { path: path.to_path_buf(), source };
    let file = File::open(path).map_err(io)?;
    let about = file.metadata().map_err(io)?;
    if about.is_dir() {
        return Err(bad(path, "", "it is a folder, not a file of samples"));
    }
    let models = score_samples_from(file, about.len(), path, reporter, cancel)?;
    let scenarios = || models.iter().flat_map(|m| &m.layers).flat_map(|l| &l.scenarios);
    let reason = scenarios().find_map(|scenario| scenario.scores.as_ref().err());
    if scenarios().all(|scenario| scenario.scores.is_err()) {
        let reason = reason.map_or("it holds none", String::as_str).to_owned();
        return Err(SteeringError::NothingScored { path: path.to_path_buf(), reason });
    }
    Ok(models)
}

/// The same from a stream of `length` bytes; `path` names it in errors.
///
/// # Errors
/// When it cannot be read, has another shape, or on cancel.
pub fn score_samples_from(
    source: impl Read,
    length: u64,
    path: &Path,
    reporter: &dyn Reporter,
    cancel: &CancelToken,
) -> Result<Vec<ModelSamples>, SteeringError> {
    let mut source =
        BufReader::with_capacity(CHUNK, Watched::new(source, length, reporter, cancel));
    let io = |source| match cancel.check() {
        Ok(()) => SteeringError::Io { path: path.to_path_buf(), source },
        Err(stop) => stop.into(),
    };
    // a byte order mark, as some editors write
    if source.fill_buf().map_err(io)?.starts_with(b"\xef\xbb\xbf") {
        source.consume(3);
    }
    let mut json = serde_json::Deserializer::from_reader(source);
    let mut walk = Walk::default();
    let read = WholeFile(&mut walk).deserialize(&mut json);
    let read = read.and_then(|file| json.end().map(|()| file));
    let file = read.map_err(|error| {
        if error.is_io() {
            return io(error.into());
        }
        let ending = "the file ends too early; it was cut, or is still being written";
        let message = if error.is_eof() { ending.to_owned() } else { error.to_string() };
        bad(path, &walk.place(), &message)
    })?;
    let cells = walk.into_cells();
    let alone = file.alone.has_items().then_some((None, file.alone));
    let named = file.models.into_iter().flatten().map(|(key, model)| (Some(key), model));
    Ok(named.chain(alone).map(|(key, model)| scored(key, &model, &cells)).collect())
}

fn bad(path: &Path, at: &str, message: &str) -> SteeringError {
    SteeringError::BadSamples {
        path: path.to_path_buf(),
        at: at.to_owned(),
        message: message.to_owned(),
    }
}

fn scored(key: Option<String>, model: &Node, cells: &[Cell]) -> ModelSamples {
    let layers = model.nodes().iter().map(|layer| {
        let mut scenarios: Vec<(&str, Vec<Cell>)> = Vec::new();
        for experiment in layer.nodes() {
            let conditions = experiment.nodes().iter().filter_map(|condition| {
                let cell = cells.get(condition.cell()?)?;
                Some(Cell { coefficient: condition.number()?, ..*cell })
            });
            let name = experiment.text().unwrap_or_default();
            match scenarios.iter_mut().find(|(known, _)| *known == name) {
                Some((_, cells)) => cells.extend(conditions),
                None => scenarios.push((name, conditions.collect())),
            }
        }
        let scenarios = scenarios.into_iter();
        let scenarios = scenarios.map(|(name, cells)| scored_scenario(name.to_owned(), cells));
        LayerSamples { layer: layer.whole().unwrap_or_default(), scenarios: scenarios.collect() }
    });
    let layers = layers.collect();
    let model = model.text().map(str::to_owned).or_else(|| key.clone()).unwrap_or_default();
    ModelSamples { model, key, layers }
}

fn scored_scenario(scenario: String, cells: Vec<Cell>) -> ScenarioSamples {
    match Dose::new(cells.clone()) {
        Ok(dose) => ScenarioSamples {
            scenario,
            cells: dose.cells().to_vec(),
            scores: Ok(ScenarioScores {
                as_published: success_as_published(&dose),
                strict: success_strict(&dose),
                slope: slope(&dose),
                asymmetry: asymmetry(&dose),
            }),
        },
        Err(problem) => ScenarioSamples { scenario, cells, scores: Err(problem.to_string()) },
    }
}
