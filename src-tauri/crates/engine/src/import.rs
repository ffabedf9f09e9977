//! Pairs from a file into a study, and what is said when that does not work at once.

use std::path::Path;

use lens_core::{CancelToken, DirectionMethod, Reporter, Seed};
use lens_dataset::{ColumnChoice, DatasetError, ReadOptions};

use crate::EngineError;
use crate::contract::{ColumnChoiceView, ImportOutcome, SettingsView};
use crate::models::ModelEntry;
use crate::study::{Settings, Study};

/// Fewest and most tokens that a limit can be set to.
const TOKEN_LIMITS: std::ops::RangeInclusive<u32> = 8..=1_000_000;

/// Who is told of an import, and what stops it.
pub(crate) struct Watch<'a> {
    pub(crate) reporter: &'a dyn Reporter,
    pub(crate) cancel: &'a CancelToken,
}

/// Imports a file into a study that takes the name of the file where it has no place of its own
/// (`placed` is false). A study that has chosen no model gets the bundled ones, so that dropped
/// pairs are read.
pub(crate) fn into(
    study: &mut Study,
    path: &Path,
    options: &ReadOptions,
    placed: bool,
    bundled: &[ModelEntry],
    watch: &Watch<'_>,
) -> Result<(), EngineError> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    study.import(path, options, watch.reporter, watch.cancel, |state| {
        // Another study begins as every study does, not as the sample was set up.
        if std::mem::take(&mut state.sample) {
            state.settings = Settings::default();
        }
        if !placed {
            state.name = stem;
        }
        if state.chosen_models.is_empty() {
            state.chosen_models = bundled.iter().map(|m| m.id.clone()).collect();
        }
    })
}

/// Turns the one error that is a question into a question.
pub(crate) fn needs_columns(path: &Path, error: EngineError) -> Result<ImportOutcome, EngineError> {
    match error {
        EngineError::Dataset(DatasetError::NeedsColumns { columns, sample, .. }) => {
            let path = path.to_string_lossy().into_owned();
            Ok(ImportOutcome::NeedsColumns { path, columns, sample })
        }
        other => Err(other),
    }
}

pub(crate) fn column_choice(view: ColumnChoiceView) -> ColumnChoice {
    ColumnChoice { positive: view.positive, negative: view.negative, prompt: view.prompt }
}

/// Settings from the window, checked.
pub(crate) fn settings(view: &SettingsView) -> Result<Settings, EngineError> {
    let pooling = view.pooling.parse().map_err(|e: lens_core::UnknownPooling| {
        EngineError::BadValue { what: e.to_string(), hint: "Choose one of them.".into() }
    })?;
    if !TOKEN_LIMITS.contains(&view.token_limit) {
        return Err(EngineError::BadValue {
            what: format!("A token limit of {} cannot be used.", view.token_limit),
            hint: format!("Choose one from {} to {}.", TOKEN_LIMITS.start(), TOKEN_LIMITS.end()),
        });
    }
    let known = DirectionMethod::ALL.into_iter().find(|method| method.name() == view.method);
    let method = known.ok_or_else(|| EngineError::BadValue {
        what: format!("There is no way to find a direction called \"{}\".", view.method),
        hint: format!(
            "Choose one of {}.",
            DirectionMethod::ALL.map(DirectionMethod::name).join(", ")
        ),
    })?;
    let weights = view.weights.parse().map_err(|e: lens_core::UnknownWeightsDtype| {
        EngineError::BadValue { what: e.to_string(), hint: "Choose one of them.".into() }
    })?;
    Ok(Settings {
        pooling,
        token_limit: view.token_limit as usize,
        seed: Seed(view.seed),
        chat_template: view.chat_template,
        method,
        weights,
    })
}
