//! What a file is, told while it hovers over the window: quick, and never an error.

use std::path::Path;

use crate::contract::{Recognition, RecognitionKind};
use crate::models::ModelEntry;

/// Looks at a file or folder without opening it in earnest.
#[must_use]
pub fn recognise(path: &Path) -> Recognition {
    let ends_with = |ending: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending));
    let (kind, sentence) = if path.is_dir() || ends_with("gguf") {
        model(path)
    } else if ends_with("lens") {
        (RecognitionKind::Study, "Empathy Lens study".to_owned())
    } else {
        pairs(path)
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

fn pairs(path: &Path) -> (RecognitionKind, String) {
    use lens_dataset::RecognitionKind as Found;
    let found = lens_dataset::recognise(path);
    let kind = match found.kind {
        Found::Pairs => RecognitionKind::Pairs,
        Found::NeedsColumns => RecognitionKind::Columns,
        Found::NotPairs => RecognitionKind::Unknown,
    };
    (kind, found.sentence)
}
