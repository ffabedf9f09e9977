//! Directions in files: .npy, safetensors, and GGUF control vectors.
//!
//! Tools number layers differently; [`Convention`] is the one table between them. A file's convention
//! is recognised where the file tells it, and asked for where it does not. Pickles are never opened.

mod convention;
mod gguf;
mod npy;
mod safe;
mod write;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use lens_core::DirectionMethod;
use serde::Serialize;

use crate::SteeringError;

pub use convention::Convention;
pub use write::{Contents, Format, Mode, check_holds, to_bytes, write};

/// Bytes that a file of directions has at most. A hundred layers of width 65,536 have 26 million.
const MOST_BYTES: u64 = 1 << 28;

/// The content of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DirectionFile {
    /// What the file is.
    pub format: Format,
    /// How its layers are counted.
    pub convention: Convention,
    /// Why that is known, as a sentence.
    pub because: &'static str,
    /// Family or name of the model it was made for, where the file says.
    pub model: Option<String>,
    /// What is to be done with the directions: added, unless the file says otherwise.
    pub mode: Mode,
    /// How it was found, what it scores by, and what it rests on, where this program wrote the file.
    pub own: Option<Own>,
    /// By ascending layer.
    pub directions: Vec<StoredDirection>,
}

/// What only this program writes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Own {
    /// How the direction was found.
    pub method: DirectionMethod,
    /// Decision threshold of its scores.
    pub midpoint: f64,
    /// Spread of its scores within the classes.
    pub scale: f64,
    /// What it rests on.
    pub provenance: String,
}

/// A direction as it stands in a file, of any length but 0.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoredDirection {
    /// Layer of the residual stream, 0 being the embedding output.
    pub layer: usize,
    /// Its number in the file, where it has one.
    pub number: Option<usize>,
    /// Components.
    pub vector: Vec<f32>,
    /// Euclidean norm.
    pub norm: f64,
}

/// What a person says about a file that does not say it itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    /// How the file counts layers.
    pub convention: Option<Convention>,
    /// The layer of a file of one direction, as this program counts.
    pub layer: Option<usize>,
}

/// What a format's reader finds.
struct Raw {
    convention: Option<(Convention, &'static str)>,
    model: Option<String>,
    mode: Mode,
    own: Option<Own>,
    /// Number in the file, and components.
    directions: Vec<(Option<usize>, Vec<f32>)>,
}

/// Reads a file of directions. Its format is told by its first bytes.
///
/// # Errors
/// When the file cannot be read, is damaged or of another kind, holds a direction that is not finite
/// or has no length, or does not say its layers and `told` does not either.
pub fn read(path: &Path, told: Told) -> Result<DirectionFile, SteeringError> {
    let bytes = bounded(path)?;
    from_bytes(&bytes, told)
        .map_err(|message| SteeringError::BadDirection { path: path.to_path_buf(), message })
}

/// The whole file, if it is of a size that one of directions can have.
fn bounded(path: &Path) -> Result<Vec<u8>, SteeringError> {
    let io = |source| SteeringError::Io { path: path.to_path_buf(), source };
    let file = File::open(path).map_err(io)?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > MOST_BYTES {
        let message = "it is larger than any file of directions; is it a model?".to_owned();
        return Err(SteeringError::BadDirection { path: path.to_path_buf(), message });
    }
    Ok(bytes)
}

/// Reads the bytes of a file of directions.
///
/// # Errors
/// As [`read`], as a sentence that begins small.
pub fn from_bytes(bytes: &[u8], told: Told) -> Result<DirectionFile, String> {
    let (format, raw) = if bytes.starts_with(npy::MAGIC) {
        (Format::Npy, npy::read(bytes)?)
    } else if bytes.starts_with(gguf::MAGIC) {
        (Format::Gguf, gguf::read(bytes)?)
    } else if bytes.get(8) == Some(&b'{') {
        (Format::Safetensors, safe::read(bytes)?)
    } else if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\x80") {
        return Err(
            "it is a pickle or an archive (.pt, .pth, .npz), which can run code when it is \
                    opened and is therefore not opened here; save the direction as .npy or \
                    .safetensors"
                .to_owned(),
        );
    } else {
        return Err("it is none of .npy, .safetensors and GGUF".to_owned());
    };
    placed(format, raw, told)
}

/// Puts layers to what was read, and checks the numbers.
fn placed(format: Format, raw: Raw, told: Told) -> Result<DirectionFile, String> {
    let (convention, because) = match (told.convention, raw.convention) {
        (Some(told), _) => (told, "It was said when the file was opened."),
        (None, Some(recognised)) => recognised,
        (None, None) if raw.directions.iter().all(|(number, _)| number.is_none()) => {
            (Convention::Residual, "The layer was given when the file was opened.")
        }
        (None, None) => {
            return Err(format!(
                "it does not say how its layers are counted; say which it is: {}",
                Convention::choices()
            ));
        }
    };
    let mut directions = Vec::new();
    for (number, vector) in raw.directions {
        let layer = match number {
            Some(number) => convention.layer_of(number).ok_or_else(|| {
                format!("it has a direction {number}, which {} does not have", convention.name())
            })?,
            None => {
                told.layer.ok_or("it does not say which layer it belongs to; give the layer")?
            }
        };
        directions.push(StoredDirection { layer, number, norm: norm(&vector, layer)?, vector });
    }
    directions.sort_by_key(|direction| direction.layer);
    let Some(first) = directions.first() else {
        return Err("it holds no direction".to_owned());
    };
    let width = first.vector.len();
    if let Some(other) = directions.iter().find(|d| d.vector.len() != width) {
        return Err(format!(
            "its directions have {width} components at layer {} and {} at layer {}; they cannot be \
             of one model",
            first.layer,
            other.vector.len(),
            other.layer
        ));
    }
    let Raw { model, mode, own, .. } = raw;
    Ok(DirectionFile { format, convention, because, model, mode, own, directions })
}

/// The length of a direction that can be steered by.
fn norm(vector: &[f32], layer: usize) -> Result<f64, String> {
    if let Some(at) = vector.iter().position(|value| !value.is_finite()) {
        return Err(format!(
            "component {at} of the direction at layer {layer} is {}, not a number to steer by",
            vector.get(at).copied().unwrap_or_default()
        ));
    }
    let norm = vector.iter().map(|&v| f64::from(v) * f64::from(v)).sum::<f64>().sqrt();
    if norm == 0.0 {
        return Err(format!("the direction at layer {layer} is all zeros and points nowhere"));
    }
    Ok(norm)
}

impl DirectionFile {
    /// Checks that every direction has a place in a model of `width` with layers 0 to `last`.
    ///
    /// # Errors
    /// [`SteeringError::DoesNotFit`].
    pub fn check_fits(&self, width: usize, last: usize) -> Result<(), SteeringError> {
        for direction in &self.directions {
            let (found, layer) = (direction.vector.len(), direction.layer);
            if found != width {
                return Err(SteeringError::DoesNotFit(format!(
                    "the direction has {found} components and the model's residual stream {width}; \
                     it was made for another model"
                )));
            }
            if layer > last {
                return Err(SteeringError::DoesNotFit(format!(
                    "the direction is for layer {layer} and the model has layers 0 to {last}; it was \
                     made for another model, or its file counts layers in another way"
                )));
            }
        }
        Ok(())
    }
}

/// f32 from their bytes, the lowest first.
fn f32_of(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

/// f16 from their bytes, the lowest first, widened.
fn f16_of(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<2>();
    numbers.iter().map(|b| half::f16::from_le_bytes(*b).to_f32()).collect()
}

/// The bytes of f32, the lowest first.
fn bytes_of(values: &[f32]) -> impl Iterator<Item = u8> {
    values.iter().flat_map(|value| value.to_le_bytes())
}
