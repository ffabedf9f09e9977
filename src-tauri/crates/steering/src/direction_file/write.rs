//! Writing a direction.

use std::path::Path;

use lens_core::Direction;
use serde::Serialize;

use super::{Convention, gguf, norm, npy, safe};
use crate::SteeringError;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// NumPy's: the components alone.
    Npy,
    /// Components with layer, method, threshold, spread and provenance.
    Safetensors,
    /// A control vector of llama.cpp.
    Gguf,
}

impl Format {
    /// The format that a file's name asks for.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "npy" => Some(Self::Npy),
            "safetensors" => Some(Self::Safetensors),
            "gguf" => Some(Self::Gguf),
            _ => None,
        }
    }
}

/// What a direction does to the residual stream (METHODS, section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// It is added, times a coefficient.
    #[default]
    Add,
    /// The stream's part along it is taken away.
    ProjectOut,
    /// The stream's part along it is set to a value.
    Clamp,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 3] = [Self::Add, Self::ProjectOut, Self::Clamp];

    /// `add`, `project-out` or `clamp`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::ProjectOut => "project-out",
            Self::Clamp => "clamp",
        }
    }
}

/// What is written.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'a> {
    /// The direction.
    pub direction: &'a Direction,
    /// What it is for.
    pub mode: Mode,
    /// Name of the model.
    pub model: &'a str,
    /// Family of the model, as `llama` or `qwen2`: the hint of a control vector.
    pub family: &'a str,
    /// What the direction rests on.
    pub provenance: &'a str,
}

/// The bytes of a file; the same for the same contents.
///
/// # Errors
/// [`SteeringError::CannotHold`] where the format has no place for the layer or the mode, or the
/// direction is not finite or has no length.
pub fn to_bytes(contents: &Contents<'_>, format: Format) -> Result<Vec<u8>, SteeringError> {
    let layer = contents.direction.layer;
    let number = check_holds(format, layer, contents.mode)?;
    norm(&contents.direction.vector, layer).map_err(SteeringError::CannotHold)?;
    Ok(match format {
        Format::Npy => npy::bytes(&contents.direction.vector),
        Format::Safetensors => safe::bytes(contents),
        Format::Gguf => gguf::bytes(contents, number),
    })
}

/// The number of a layer in a file, if the format has a place for it and for the mode.
///
/// # Errors
/// [`SteeringError::CannotHold`], which says what else to save it as.
pub fn check_holds(format: Format, layer: usize, mode: Mode) -> Result<usize, SteeringError> {
    if mode != Mode::Add && format != Format::Safetensors {
        let what = if format == Format::Npy { "a .npy file holds" } else { "llama.cpp adds" };
        return Err(SteeringError::CannotHold(format!(
            "{what} a direction to be added and cannot say {}; save it as .safetensors",
            mode.name()
        )));
    }
    if format != Format::Gguf {
        return Ok(layer);
    }
    // llama.cpp knows no direction.0
    let number = Convention::Block.number_of(layer).filter(|number| *number > 0);
    number.ok_or_else(|| {
        SteeringError::CannotHold(format!(
            "a control vector cannot hold layer {layer}: llama.cpp adds nothing before the output of \
             its second block, which is layer 2; save it as .safetensors"
        ))
    })
}

/// Writes a file in the format that its name asks for.
///
/// # Errors
/// As [`to_bytes`], when the name ends in none of .npy, .safetensors and .gguf, or the file cannot be
/// written.
pub fn write(path: &Path, contents: &Contents<'_>) -> Result<Format, SteeringError> {
    let format = Format::of_path(path).ok_or_else(|| SteeringError::BadDirection {
        path: path.to_path_buf(),
        message: "its name ends in none of .npy, .safetensors and .gguf".to_owned(),
    })?;
    let bytes = to_bytes(contents, format)?;
    let io = |source| SteeringError::Io { path: path.to_path_buf(), source };
    std::fs::write(path, bytes).map_err(io)?;
    Ok(format)
}
