//! safetensors: our own layout, and directions under their numbers.
//!
//! Our own: one tensor `direction`, F32, with metadata `format` = [`OWN`], `layer`, `method`,
//! `midpoint`, `scale`, `mode`, `model` and `provenance`. Of other tools: tensors `direction.N`, one
//! for each layer, as the names are in control vectors; how N is counted has to be told.

use std::collections::{BTreeMap, HashMap};

use lens_core::DirectionMethod;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::{Contents, Convention, Mode, Own, Raw, bytes_of, f16_of, f32_of};

/// What the metadata of our own files begin with.
const OWN: &str = "empathy-lens-direction/1";
/// Bytes that the header has at most; 100 directions need a hundredth of it.
const LONGEST_HEADER: u64 = 1 << 20;

pub(super) fn read(bytes: &[u8]) -> Result<Raw, String> {
    let length = bytes.first_chunk().map_or(0, |b| u64::from_le_bytes(*b));
    if length > LONGEST_HEADER {
        return Err(format!("its header claims {length} bytes, more than directions need"));
    }
    let damaged = |error| format!("it is not a whole safetensors file ({error})");
    let (_, about) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let about = about.metadata().clone().unwrap_or_default();
    if about.get("format").is_some_and(|format| format == OWN) {
        return own(&tensors, &about);
    }
    let mut directions = Vec::new();
    for (name, tensor) in tensors.tensors() {
        let number = match name.strip_prefix("direction.").map(str::parse) {
            Some(Ok(number)) => Some(number),
            None if name == "direction" => None,
            _ => {
                return Err(format!(
                    "it has a tensor {name:?}; directions are called \"direction\", or \"direction.N\" \
                     with N the layer"
                ));
            }
        };
        directions.push((number, vector(&name, &tensor)?));
    }
    if directions.len() > 1 && directions.iter().any(|(number, _)| number.is_none()) {
        return Err("it has both \"direction\" and \"direction.N\"".to_owned());
    }
    Ok(Raw { convention: None, model: None, mode: Mode::Add, own: None, directions })
}

fn own(tensors: &SafeTensors<'_>, about: &HashMap<String, String>) -> Result<Raw, String> {
    let entry = |key: &str| {
        about.get(key).map(String::as_str).ok_or_else(|| format!("its metadata lack `{key}`"))
    };
    let number = |key: &str| {
        let value: Option<f64> = entry(key)?.parse().ok();
        let value = value.filter(|value| value.is_finite());
        value.ok_or_else(|| format!("its `{key}` is not a number"))
    };
    let layer = entry("layer")?.parse().map_err(|_| "its `layer` is not a whole number")?;
    let method = DirectionMethod::ALL.into_iter().find(|m| entry("method") == Ok(m.name()));
    let mode = Mode::ALL.into_iter().find(|mode| entry("mode") == Ok(mode.name()));
    let tensor = tensors.tensor("direction").map_err(|_| "it has no tensor \"direction\"")?;
    Ok(Raw {
        convention: Some((Convention::Residual, "This program wrote the file.")),
        model: about.get("model").cloned(),
        mode: mode.ok_or("its `mode` is none that is known")?,
        own: Some(Own {
            method: method.ok_or("its `method` is none that is known")?,
            midpoint: number("midpoint")?,
            scale: number("scale")?,
            provenance: entry("provenance")?.to_owned(),
        }),
        directions: vec![(Some(layer), vector("direction", &tensor)?)],
    })
}

fn vector(name: &str, tensor: &TensorView<'_>) -> Result<Vec<f32>, String> {
    let shape = tensor.shape();
    if shape.len() != 1 {
        return Err(format!(
            "its tensor {name:?} has the shape {shape:?}; a direction is one list"
        ));
    }
    match tensor.dtype() {
        Dtype::F32 => Ok(f32_of(tensor.data())),
        Dtype::F16 => Ok(f16_of(tensor.data())),
        Dtype::BF16 => {
            // the upper half of an f32
            let (numbers, _) = tensor.data().as_chunks::<2>();
            Ok(numbers.iter().map(|&[low, high]| f32::from_le_bytes([0, 0, low, high])).collect())
        }
        other => {
            Err(format!("its tensor {name:?} is stored as {other:?}; save it as F32, F16 or BF16"))
        }
    }
}

/// The bytes of our own layout. Written here because the entries have to stand in one order.
pub(super) fn bytes(contents: &Contents<'_>) -> Vec<u8> {
    let direction = contents.direction;
    let about: BTreeMap<&str, String> = BTreeMap::from([
        ("format", OWN.to_owned()),
        ("layer", direction.layer.to_string()),
        ("method", direction.method.name().to_owned()),
        ("midpoint", direction.midpoint.to_string()),
        ("mode", contents.mode.name().to_owned()),
        ("model", contents.model.to_owned()),
        ("provenance", contents.provenance.to_owned()),
        ("scale", direction.scale.to_string()),
    ]);
    let width = direction.vector.len();
    let tensor =
        serde_json::json!({"dtype": "F32", "shape": [width], "data_offsets": [0, 4 * width]});
    let about = serde_json::json!(about);
    let mut header = format!("{{\"__metadata__\":{about},\"direction\":{tensor}}}").into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let length = (header.len() as u64).to_le_bytes();
    length.into_iter().chain(header).chain(bytes_of(&direction.vector)).collect()
}
