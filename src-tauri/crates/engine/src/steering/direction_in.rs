//! A direction from a file, to steer along.

use std::path::Path;

use lens_steering::direction_file::{Convention, Told, read};

use super::plan::{FileDirection, bad};
use crate::EngineError;
use crate::contract::DirectionFileView;
use crate::probe::small;

/// Reads a direction from a file.
///
/// # Errors
/// A file that cannot be used, or from which it cannot be told what layer is meant.
pub fn read_direction(
    path: &Path,
    convention: Option<&str>,
    layer: Option<u32>,
) -> Result<FileDirection, EngineError> {
    let told_convention = convention
        .map(str::parse::<Convention>)
        .transpose()
        .map_err(|sentence| bad(format!("The convention {sentence}."), "Choose one of them."))?;
    let told = Told { convention: told_convention, layer: layer.map(|layer| layer as usize) };
    let file = read(path, told)?;
    let layers: Vec<usize> = file.directions.iter().map(|d| d.layer).collect();
    let found = match (layer, file.directions.as_slice()) {
        (None, [only]) => only,
        (None, _) => {
            let list: Vec<String> = layers.iter().map(usize::to_string).collect();
            return Err(bad(
                format!("This file has directions for the layers {}.", list.join(", ")),
                "Say which to steer along.",
            ));
        }
        (Some(wanted), all) => {
            all.iter().find(|d| d.layer == wanted as usize).ok_or_else(|| {
                let list: Vec<String> = layers.iter().map(usize::to_string).collect();
                bad(
                    format!("This file has no direction for layer {wanted}."),
                    &format!("It has them for {}.", list.join(", ")),
                )
            })?
        }
    };
    Ok(FileDirection {
        layer: found.layer,
        vector: found.vector.clone(),
        midpoint: file.own.as_ref().map(|own| own.midpoint),
        because: file.because.to_owned(),
        file: DirectionFileView {
            path: path.to_string_lossy().into_owned(),
            convention: Some(file.convention.name().to_owned()),
            layer: Some(small(found.layer)),
        },
    })
}
