//! What files are, told while they hover over the window: quick, and never an error.

use std::path::{Path, PathBuf};

use lens_core::ContrastPair;

use crate::contract::{ApiError, Recognition, RecognitionKind};
use crate::models::ModelEntry;
use crate::session::Session;
use crate::{EngineError, human_scores};

impl Session {
    /// Looks at files and folders without opening them in earnest. Human scores are held against the
    /// pairs of the study, unless pairs or a study come with them.
    #[must_use]
    pub fn recognise(&self, paths: &[PathBuf]) -> Vec<Recognition> {
        let set = self.study().ok().and_then(|study| study.pairs());
        let pairs = set.as_ref().map(|set| set.pairs.as_slice());
        let mut found: Vec<Recognition> = paths.iter().map(|path| recognise(path)).collect();
        let bring_pairs = found.iter().any(|file| {
            use RecognitionKind::{Columns, Pairs, Study};
            matches!(file.kind, Pairs | Columns | Study)
        });
        let scores = found.iter_mut().zip(paths).filter(|(f, _)| f.kind == RecognitionKind::Scores);
        for (file, path) in scores {
            match scores_sentence(path, pairs, bring_pairs) {
                Ok(sentence) => file.sentence = sentence,
                Err(error) => {
                    let ApiError { message, hint, .. } = ApiError::from(error);
                    file.kind = RecognitionKind::Unknown;
                    file.sentence = [message, hint.unwrap_or_default()].join(" ").trim().to_owned();
                }
            }
        }
        found
    }
}

fn scores_sentence(
    path: &Path,
    pairs: Option<&[ContrastPair]>,
    bring_pairs: bool,
) -> Result<String, EngineError> {
    let table = lens_dataset::recognise_scores(path)?;
    if bring_pairs {
        let least = if table.complete { "" } else { "at least " };
        return Ok(format!("{least}{} human scores, {}", table.len(), table.format));
    }
    let pairs = pairs.ok_or(EngineError::ScoresWithoutPairs)?;
    let found = human_scores::find(&table, pairs)?;
    Ok(human_scores::sentence(&table, &found, pairs))
}

fn recognise(path: &Path) -> Recognition {
    let ends_with = |ending: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending));
    let (kind, sentence) = if path.is_dir() || ends_with("gguf") {
        model(path)
    } else if ends_with("lens") {
        (RecognitionKind::Study, "Empathy Lens study".to_owned())
    } else {
        data(path)
    };
    Recognition {
        path: path.to_string_lossy().into_owned(),
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        kind,
        sentence,
    }
}

fn model(path: &Path) -> (RecognitionKind, String) {
    match ModelEntry::of_folder(path).usable() {
        Ok(info) => (
            RecognitionKind::Model,
            format!("{} model, {} layers, width {}", info.family, info.layers, info.width),
        ),
        Err(error) => (RecognitionKind::Unknown, error.to_string()),
    }
}

fn data(path: &Path) -> (RecognitionKind, String) {
    use lens_dataset::RecognitionKind as Found;
    let found = lens_dataset::recognise(path);
    let kind = match found.kind {
        Found::Pairs => RecognitionKind::Pairs,
        Found::NeedsColumns => RecognitionKind::Columns,
        Found::Scores => RecognitionKind::Scores,
        Found::NotPairs => RecognitionKind::Unknown,
    };
    (kind, found.sentence)
}
